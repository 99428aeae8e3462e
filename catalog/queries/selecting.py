"""Which products a list holds, and in what order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, product, starmap
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from catalog.models import Bands, Product, Variant
from catalog.queries.products import CategoryNotFound
from catalog.queries.statements import Statement
from catalog.rules.filters import Filters, search_words
from catalog.rules.product import PAIR_SEPARATOR, list_attributes

NEWEST = ("-published_at", "-id")
BEST_KNOWN = ("-in_stock", "-rating_count", *NEWEST)
Products = QuerySet[Product]


@dataclass(frozen=True)
class Base:
    """What lists are made of. The name says all that the products depend on: statements about them
    are kept under it. Without a name they are not."""

    products: Products = field(compare=False)
    name: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Ranking:
    """That the best hits of a list are wanted in order, and how well each is found, which depends
    on what the list is made of."""

    filters: Filters
    rank: Any = field(compare=False)


class Node(NamedTuple):
    """A category, as far as lists need it."""

    pk: int
    path: str
    depth: int
    slug: str
    title: str


class Shelves:
    """The category tree, read once."""

    def __init__(self, tree: Sequence[Node], scope: str) -> None:
        self.tree = tree
        self.by_slug = {node.slug: node for node in tree}
        if scope and scope not in self.by_slug:
            raise CategoryNotFound(f"There is no category {scope[:100]}")
        self.scope = self.by_slug.get(scope)
        self.scope_path: str = self.scope.path if self.scope else ""

    def under(self, nodes: Iterable[Node]) -> list[int]:
        """The ids of categories and of all below them."""
        paths = tuple(node.path for node in nodes)
        return [node.pk for node in self.tree if node.path.startswith(paths)]

    def within(self, products: Products) -> Products:
        """Those of the page's category and of all below it."""
        return products.filter(category__in=self.under([self.scope])) if self.scope else products

    def choices(self, selected: Sequence[str]) -> list[Node]:
        """What the filter offers: the shelves right under the scope, and what is chosen already."""
        depth = self.scope.depth + 1 if self.scope else 1
        return [
            node
            for node in self.tree
            if node.path.startswith(self.scope_path)
            and (node.depth == depth or node.slug in selected)
        ]


TREE = "SELECT id, path, depth, slug, title FROM catalog_category ORDER BY path"


def read_shelves(scope: str) -> Shelves:
    """One query. As long as the tree is the same they are the same object. Raises
    CategoryNotFound when the scope is unknown."""
    return _shelves(tuple(starmap(Node, Statement(TREE).rows())), scope)


@lru_cache(maxsize=32)
def _shelves(tree: tuple[Node, ...], scope: str) -> Shelves:
    return Shelves(tree, scope)


def counting_up_to(products: Products, limit: int) -> Statement:
    """Its count is one more than the limit when there are more. Never ask for the first one only:
    the planner would read the whole table for a word that nothing has."""
    return Statement.of(products.order_by().values("pk")[: limit + 1])


def narrow(
    products: Products, filters: Filters, shelves: Shelves, *, paired: bool = True
) -> Products:
    """The products that the filters leave. Where pairs of options are not known, as in a pool,
    variants are asked instead."""
    if filters.categories:
        nodes = [shelves.by_slug[slug] for slug in filters.categories if slug in shelves.by_slug]
        keys = shelves.under(nodes)
        if filters.search and paired:
            # The index of the words knows it; told twice, the planner asks two indexes.
            bands = [f"shelf{key}" for key in keys]
            products = products.alias(shelf=Bands()).filter(shelf__overlap=bands)
        else:
            products = products.filter(category__in=keys)
    if filters.brands:
        products = products.filter(brand__slug__in=filters.brands)
    products = _with_options(products, filters.attributes, paired)
    if filters.in_stock:
        products = products.filter(in_stock=True)
    if filters.rating_min is not None:
        products = products.filter(rating_average__gte=filters.rating_min)
    return products.filter(_price_filter(filters))


def _with_options(
    products: Products, wanted: Mapping[str, Sequence[str]], paired: bool
) -> Products:
    """One variant has to have all of the options: a red M and a blue L are no red L."""
    chosen = [list_attributes({name: value} for value in values) for name, values in wanted.items()]
    if len(chosen) == 1 or not paired:
        for one in chosen:
            products = products.filter(attributes__overlap=one)
    else:
        for one, other in combinations(chosen, 2):
            pairs = [PAIR_SEPARATOR.join(sorted(pair)) for pair in product(one, other)]
            products = products.filter(option_pairs__overlap=pairs)
    is_told = len(chosen) < 2 or (paired and len(chosen) == 2)
    return products if is_told else products.filter(_has_variant_with(wanted))


def _has_variant_with(wanted: Mapping[str, Sequence[str]]) -> Exists:
    """Three options may come two by two from several variants."""
    variants = Variant.objects.filter(product_id=OuterRef("pk"))
    for index, (name, values) in enumerate(wanted.items()):
        variants = variants.alias(**{f"option{index}": KeyTextTransform(name, "options")})
        variants = variants.filter(**{f"option{index}__in": values})
    return Exists(variants)


def _price_filter(filters: Filters) -> Q:
    condition = Q()
    if filters.min_price is not None:
        condition &= Q(max_price__gte=filters.min_price)
    if filters.max_price is not None:
        condition &= Q(min_price__lte=filters.max_price)
    return condition


def is_ranked(filters: Filters) -> bool:
    """Whether the list is in the order of relevance."""
    return filters.ordering in ("", "relevance") and bool(search_words(filters.search))


def put_in_order(products: Products, filters: Filters) -> Products:
    orders: dict[str, list[Any]] = {
        "price": ["min_price", *NEWEST],
        "-price": ["-min_price", *NEWEST],
        "rating": [F("rating_average").desc(nulls_last=True), "-rating_count", *NEWEST],
        "title": ["title", "id"],
    }
    return products.order_by(*orders.get(filters.ordering, NEWEST))
