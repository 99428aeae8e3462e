"""The category tree."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef

from catalog.models import Category
from catalog.queries.products import Link, category_link, visible_products


@dataclass(frozen=True)
class CategoryNode(Link):
    """A category of the tree with the number of visible products in and under it."""

    count: int
    depth: int
    parent: str


def list_categories(*, max_depth: int = 99) -> list[CategoryNode]:
    """The tree in its order. Two queries."""
    counts = dict(
        visible_products()
        .order_by()
        .filter(category__isnull=False)
        .values_list("category_id")
        .annotate(total=Count("*"))
    )
    nodes = list(Category.objects.order_by("path"))
    slugs = {node.path: node.slug for node in nodes}
    paths = {node.pk: node.path for node in nodes}
    return [
        CategoryNode(
            **vars(category_link(node.slug, node.title)),
            count=sum(n for pk, n in counts.items() if paths.get(pk, "").startswith(node.path)),
            depth=node.depth,
            parent=slugs.get(node.path[: -Category.steplen], ""),
        )
        for node in nodes
        if node.depth <= max_depth
    ]


@dataclass(frozen=True)
class TreeNode(Link):
    """A category of the tree. `is_filled` when something visible is in it or under it."""

    parent: str
    is_filled: bool


def list_tree(*, max_depth: int = 99) -> list[TreeNode]:
    """The tree in its order, without counting what is in it. One query."""
    in_it = visible_products().filter(category=OuterRef("pk"))
    nodes = list(Category.objects.annotate(has_products=Exists(in_it)).order_by("path"))
    slugs = {node.path: node.slug for node in nodes}
    filled = {
        node.path[:end]
        for node in nodes
        if node.has_products
        for end in range(Category.steplen, len(node.path) + 1, Category.steplen)
    }
    return [
        TreeNode(
            **vars(category_link(node.slug, node.title)),
            parent=slugs.get(node.path[: -Category.steplen], ""),
            is_filled=node.path in filled,
        )
        for node in nodes
        if node.depth <= max_depth
    ]
