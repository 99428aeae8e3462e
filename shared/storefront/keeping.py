"""Parts of a page that depend on settings and language alone are rendered once in a process."""

from django.conf import settings
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
