"""What runs after a commit and may fail on its own."""

import ast

import pytest

from shared.services import SERVICES
from tests.layout.test_anatomy import sources, tree


@pytest.mark.parametrize("folder", [*SERVICES, "shared"])
def test_a_hook_that_may_fail_has_a_name(folder):
    """Django logs a robust hook's error by its `__qualname__`, which a `partial` has not: the log
    line would raise in whoever has just committed."""
    nameless = [
        f"{path}:{call.lineno}"
        for path in sources(folder)
        for call in ast.walk(tree(path))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).endswith("on_commit")
        and any(word.arg == "robust" for word in call.keywords)
        and not isinstance(call.args[0], ast.Lambda | ast.Attribute)
    ]

    assert nameless == []
