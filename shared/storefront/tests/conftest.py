from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory


@pytest.fixture
def render() -> Callable[..., str]:
    """`render('{{ x|money }}', x=…)`: the template's text with the tags loaded, for a stranger."""

    def to_text(source: str, path: str = "/", **context: Any) -> str:
        template = engines["django"].from_string("{% load storefront %}" + source)
        request: HttpRequest = RequestFactory().get(path)
        return template.render(context, request)

    return to_text
