"""The widest facts there can be: what a producer may send, a consumer can keep whole."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from shared.contracts.base import Event, Fact
from shared.contracts.limits import LIMITS, limit_of
from shared.errors import DomainError
from shared.events.consuming import load_handlers
from shared.money import Money
from shared.testing.events import deliver

SAMPLES = Path(__file__).resolve().parents[1] / "contracts" / "samples"
ANY_LENGTH = 5000
# What is chosen from a list stays what the sample has.
CHOSEN = {"status", "kind", "language", "country", "tax_class"}


def text_fields(cls: Any) -> Iterator[str]:
    """The fields that hold a text or several."""
    for name, hint in get_type_hints(cls).items():
        is_field = any(spec.name == name for spec in fields(cls))
        if is_field and (hint is str or str in get_args(hint)):
            yield name


def carried_by(cls: Any) -> set[type]:
    """The class and all that its values are of."""
    found: set[type] = {cls}
    for hint in get_type_hints(cls).values():
        for inner in (hint, *get_args(hint)):
            if isinstance(inner, type) and is_dataclass(inner) and inner is not Money:
                found |= carried_by(inner)
    return found


def widen(value: Any) -> Any:
    """The same fact, or value of one, with the longest texts there can be."""
    if isinstance(value, tuple):
        # One is enough, and two would be of the same SKU.
        return tuple(widen(each) for each in value[:1])
    if not is_dataclass(value) or isinstance(value, type | Money):
        return value
    cls = type(value)
    texts = {
        name: _longest(cls, name, getattr(value, name))
        for name in text_fields(cls)
        if name not in CHOSEN
    }
    others = {
        spec.name: widen(getattr(value, spec.name))
        for spec in fields(cls)
        if spec.name not in texts
    }
    return replace(value, **others, **texts)


def _longest(cls: type, name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return tuple(_longest(cls, name, each) for each in value)
    longest = limit_of(cls, name).longest or ANY_LENGTH
    end = "@souk.example" if name in ("email", "recipient") else ""
    assert longest > len(name) + len(end), f"{name} is too short to widen: name it in CHOSEN"
    return f"{name}~{'x' * (longest - len(name) - 1 - len(end))}{end}"


def consumed() -> list[Fact]:
    """The newest sample of each fact that this service consumes, at its widest."""
    found = []
    for name, consumer in load_handlers()[0].items():
        files = [SAMPLES / f"{name}.json", *sorted(SAMPLES.glob(f"{name}.[0-9].json"))]
        event = Event.from_envelope(json.loads(files[-1].read_text()))
        found.append(widen(consumer.fact.from_payload(event.payload)))
    return found


def assert_everything_fits() -> None:
    """Every consumer of this service takes the widest facts, and its tables hold no shortened
    text. What it refuses by a rule of its own is none of this."""
    for fact in consumed():
        try:
            with transaction.atomic():
                deliver(fact, times=1, version=1)
        except DomainError:
            continue
    cut = sorted(set(_shortened()))
    assert cut == [], cut


def _shortened() -> Iterator[str]:
    for model in apps.get_app_config(settings.SERVICE).get_models():
        columns = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
        ]
        for row in model._default_manager.values(*columns) if columns else ():
            for column, text in row.items():
                yield from (f"{model.__name__}.{column}: {x}" for x in _cut(text or ""))


def _cut(text: str) -> Iterator[str]:
    """The names of fields whose text stands here, and not to its end."""
    for name, run in re.findall(r"(?<![a-z0-9_])([a-z0-9_]+)~(x*)", text):
        limits = [x for key, x in LIMITS.items() if key.rpartition(".")[2] == name]
        whole = {(x.longest or ANY_LENGTH) - len(name) - 1 for x in limits}
        if len(run) not in whole | {length - len("@souk.example") for length in whole}:
            yield name


def assert_limits_are_the_columns() -> None:
    """What this service produces is no longer than the limits say."""
    for key, limit in LIMITS.items():
        service, _, rest = limit.source.partition(".")
        if service == settings.SERVICE:
            model, _, field = rest.partition(".")
            column = apps.get_model(service, model)._meta.get_field(field)
            assert column.max_length == limit.longest, f"{key}: {column.max_length}"
