"""What is rendered once in a process: parts of a page that depend on settings and language alone,
and whole pages until something else is read for them."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.loader_tags import BlockNode
from django.utils.translation import get_language

from shared.storefront.context import shop_values


class KeptNode(Node):
    """`{% kept %}`. Its content sees `shop_values` and nothing else of the page: what is personal
    is not there to be kept for others. Each language and each set of values has a text of its own;
    with DEBUG nothing is kept, because static files change."""

    def __init__(self, nodelist: NodeList) -> None:
        if nodelist.get_nodes_by_type(BlockNode):
            raise TemplateSyntaxError("A block differs from page to page and cannot be kept")
        self.nodelist = nodelist
        self.texts: dict[tuple[object, ...], str] = {}

    def render(self, context: Context) -> str:
        values = shop_values()
        key = (get_language(), settings.STATIC_URL, *values.values())
        text = None if settings.DEBUG else self.texts.get(key)
        if text is None:
            text = self.texts[key] = self.nodelist.render(context.new(values))
        return text


class KeptPages:
    """Public pages beside what was read for them. It is read for each answer, but the page is
    rendered only if that differs from the last time, by value. Of `most` addresses: then the
    first one makes room. What is asked with a principal is not kept, nor anything with DEBUG."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pages: dict[tuple[object, ...], tuple[object, bytes]] = {}

    def show(
        self,
        request: HttpRequest,
        template: str,
        source: object,
        make_context: Callable[[], dict[str, Any]],
    ) -> HttpResponse:
        """`make_context` uses nothing but the request's address and `source`."""
        if settings.DEBUG or getattr(request, "principal", None):
            return render(request, template, make_context())
        address = request.get_full_path()
        name = (template, address, get_language(), *shop_values().values())
        known = self._pages.get(name)
        if known is None or known[0] != source:
            known = (source, render(request, template, make_context()).content)
            self._keep(name, known)
        return HttpResponse(known[1])

    def _keep(self, name: tuple[object, ...], known: tuple[object, bytes]) -> None:
        self._pages[name] = known
        while len(self._pages) > self._most:
            self._pages.pop(next(iter(self._pages)), None)
