"""Every API reads a body by a shape that refuses what it does not know."""

import ast
from collections.abc import Iterator

import pytest

from shared.services import SERVICES
from tests.layout.test_anatomy import ROOT, tree

WRITES = {"post", "put", "patch", "delete"}
READERS = {"read", "read_nothing"}
# These hand the body on to another library, which reads it.
HANDED_ON = {("payments", "StripeWebhookView")}


def api_modules(service: str) -> Iterator[ast.Module]:
    room = ROOT / service / "api"
    for path in sorted(room.rglob("*.py")) if room.is_dir() else [room.with_suffix(".py")]:
        yield tree(path)


def calls(node: ast.AST) -> set[str]:
    named = (call.func for call in ast.walk(node) if isinstance(call, ast.Call))
    return {name.id for name in named if isinstance(name, ast.Name)}


def calls_with_those_of(functions: dict[str, ast.FunctionDef], method: ast.AST) -> set[str]:
    direct = calls(method)
    return direct.union(*(calls(functions[name]) for name in direct & functions.keys()))


@pytest.mark.parametrize("service", SERVICES)
def test_every_write_reads_its_body_by_a_strict_shape(service):
    loose = []
    for module in api_modules(service):
        functions = {x.name: x for x in module.body if isinstance(x, ast.FunctionDef)}
        for view in (x for x in module.body if isinstance(x, ast.ClassDef)):
            for method in view.body:
                if isinstance(method, ast.FunctionDef) and method.name in WRITES:
                    called = calls_with_those_of(functions, method)
                    if not called & READERS and (service, view.name) not in HANDED_ON:
                        loose.append(f"{view.name}.{method.name}")

    assert not loose


@pytest.mark.parametrize("service", SERVICES)
def test_no_shape_of_a_body_is_a_plain_serializer(service):
    plain = [
        shape.name
        for module in api_modules(service)
        for shape in ast.walk(module)
        if isinstance(shape, ast.ClassDef)
        and shape.name.endswith("Input")
        and any("serializers." in ast.unparse(base) for base in shape.bases)
    ]

    assert not plain
