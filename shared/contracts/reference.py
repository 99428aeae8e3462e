"""Prints the reference of all facts as Markdown, from the contracts themselves.

python -m shared.contracts.reference > docs/events.md
"""

import ast
import sys
from dataclasses import MISSING, Field, fields, is_dataclass
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args, get_type_hints

import shared.contracts
from shared.contracts.base import Event, Fact
from shared.contracts.limits import limit_of
from shared.money import Money

ROOT = Path(__file__).resolve().parents[2]
NO_PRODUCERS = {"base", "limits", "parts", "reference", "tests"}
HEAD = """\
# Events

Every fact that the services tell each other. Written by `python -m shared.contracts.reference`
from the classes in `shared/contracts/`; do not edit by hand.

A fact travels as JSON in the envelope below. Consumers ignore fields that they do not know, and a
fact may arrive more than once, late or out of order. UUID, Decimal and datetime (ISO 8601) are
strings; Money is `{"amount": "19.99", "currency": "EUR"}`.

A fact gets a new field with a default, because older ones are still on their way. A sample in
`shared/contracts/samples/` that was once sent is never edited: the field goes into a new one
(`product.changed.3.json`). A text has its longest length in `shared/contracts/limits.py`, and one
that is chosen from a list its name in `CHOSEN` (`shared/testing/widths.py`). What was sent once
keeps its meaning: another meaning is another field, or another fact.
"""


def producers() -> dict[str, list[type[Fact]]]:
    """Service -> the facts that it publishes, in the order of its file."""
    names = [module.name for module in iter_modules(shared.contracts.__path__)]
    return {name: _facts_of(name) for name in sorted(set(names) - NO_PRODUCERS)}


def _facts_of(service: str) -> list[type[Fact]]:
    module = import_module(f"shared.contracts.{service}")
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Fact)
        and value.__module__ == module.__name__
        and hasattr(value, "name")
    ]


def consumers() -> dict[str, list[str]]:
    """Class name of a fact -> the services that consume it, read from their sources."""
    found: dict[str, list[str]] = {}
    for path in sorted([*ROOT.glob("*/consumers.py"), *ROOT.glob("*/consumers/*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="consumes"), args=[ast.Name(id=name), *_]):
                    found.setdefault(name, []).append(path.relative_to(ROOT).parts[0])
    return found


def write_reference() -> str:
    """The whole document."""
    listeners = consumers()
    parts: dict[str, type] = {}
    blocks = [HEAD, _contents(listeners), _value("Envelope", Event, parts)]
    for service, facts in producers().items():
        blocks.append(f"## {service}\n")
        blocks += [_fact(fact, listeners.get(fact.__name__, []), parts) for fact in facts]
    blocks.append("## Values that facts carry\n")
    blocks += _values(parts)
    return "\n".join(blocks)


def _values(parts: dict[str, type]) -> list[str]:
    """A block for each value, with those that values carry themselves."""
    blocks: dict[str, str] = {}
    while waiting := sorted(set(parts) - set(blocks)):
        blocks[waiting[0]] = _value(waiting[0], parts[waiting[0]], parts, level=3)
    return [blocks[name] for name in sorted(blocks)]


def _contents(listeners: dict[str, list[str]]) -> str:
    lines = ["| fact | from | to |", "| --- | --- | --- |"]
    for service, facts in producers().items():
        for fact in facts:
            to = " ".join(listeners.get(fact.__name__, [])) or "-"
            lines.append(f"| [`{fact.name}`](#{fact.name.replace('.', '')}) | {service} | {to} |")
    return "\n".join(lines) + "\n"


def _fact(fact: type[Fact], to: list[str], parts: dict[str, type]) -> str:
    lines = [f"### {fact.name}", "", _text(fact), ""]
    lines.append(f"`{fact.__name__}`, version {fact.schema_version}, about `{fact.aggregate}`.")
    lines.append(f"Consumed by: {', '.join(to) or 'nobody yet'}.")
    return "\n".join([*lines, "", *_fields(fact, parts)]) + "\n"


def _value(title: str, cls: type, parts: dict[str, type], level: int = 2) -> str:
    return "\n".join(["#" * level + f" {title}", "", _text(cls), "", *_fields(cls, parts)]) + "\n"


def _text(cls: type) -> str:
    return getdoc(cls) or ""


def _fields(cls: Any, parts: dict[str, type]) -> list[str]:
    hints = get_type_hints(cls)
    lines = ["| field | type | default |", "| --- | --- | --- |"]
    for spec in fields(cls):
        _collect(hints[spec.name], parts)
        kind = _type(hints[spec.name]) + _length(cls, spec.name, hints[spec.name])
        lines.append(f"| `{spec.name}` | {kind} | {_default(spec)} |")
    return lines


def _length(cls: type, field: str, hint: Any) -> str:
    is_text = hint is str or str in get_args(hint)
    if not is_text or cls is Event:
        return ""
    longest = limit_of(cls, field).longest
    return f", up to {longest:,} characters" if longest else ""


def _collect(hint: Any, parts: dict[str, type]) -> None:
    for inner in (hint, *get_args(hint)):
        if isinstance(inner, type) and is_dataclass(inner) and inner is not Money:
            parts[inner.__name__] = inner


def _type(hint: Any) -> str:
    arguments = get_args(hint)
    if type(None) in arguments:
        return " or ".join("null" if one is type(None) else _type(one) for one in arguments)
    if Ellipsis in arguments:
        return f"list of {_type(arguments[0])}"
    if arguments:
        return "object of " + " to ".join(_type(one) for one in arguments)
    return "anything" if hint is Any else str(hint.__name__)


def _default(spec: "Field[Any]") -> str:
    if spec.default_factory is not MISSING:
        return f"`{spec.default_factory()!r}`"
    if spec.default is MISSING:
        return "required"
    return "null" if spec.default is None else f"`{str(spec.default) or chr(34) * 2}`"


if __name__ == "__main__":
    sys.stdout.write(write_reference())
