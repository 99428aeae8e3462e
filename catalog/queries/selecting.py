"""Which products a list holds, and in what order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import combinations, product, starmap
from operator import and_
from typing import Any, NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from catalog.models import Product, Variant
from catalog.queries.products import CategoryNotFound
from catalog.queries.statements import Statement
from catalog.rules.filters import Filters, search_words
from catalog.rules.product import PAIR_SEPARATOR, list_attributes
from catalog.rules.text import fold

SIMILAR_ENOUGH = 0.3
# What everybody's word finds is ranked no further than this: the best known ones that are there.
MAX_RANKED = 600
NEWEST = ("-published_at", "-id")
BEST_KNOWN = ("-in_stock", "-rating_count", *NEWEST)
Products = QuerySet[Product]


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


@dataclass(frozen=True)
class Match:
    """What a search found. `rank` says how well, None where nothing was searched for; `is_fuzzy`
    when similar titles are meant."""

    products: Products
    rank: Any = None
    is_fuzzy: bool = False


def search(products: Products, text: str) -> Match:
    """The products that have all the words, the last one as a beginning."""
    words = search_words(text)
    if not words:
        return Match(products.none() if text else products)
    query = _search_query(words)
    return Match(products.filter(search_vector=query), SearchRank(F("search_vector"), query))


def search_alike(products: Products, text: str) -> Match:
    """The best known products with a similar title, so that a slip of the finger finds some."""
    alike = TrigramWordSimilarity(fold(text), "title")
    known = _best_known(products).alias(alike=alike)
    return Match(known.filter(alike__gt=SIMILAR_ENOUGH), alike, True)


def counting_up_to(products: Products, limit: int) -> Statement:
    """Its count is one more than the limit when there are more. Never ask for the first one only:
    the planner would read the whole table for a word that nothing has."""
    return Statement.of(products.order_by().values("pk")[: limit + 1])


def _best_known(products: Products) -> Products:
    """As many as can be ranked one by one while somebody waits."""
    chosen = products.order_by(*BEST_KNOWN).values("pk")[:MAX_RANKED]
    return Product.objects.filter(pk__in=chosen)


def _search_query(words: Sequence[str]) -> Any:
    *whole, last = words
    # Words are \w+ only, so nothing in them can mean anything to to_tsquery.
    beginning = SearchQuery(f"'{last}':*", config="simple", search_type="raw")
    parts = [SearchQuery(word, config="english") for word in whole]
    return reduce(and_, [*parts, beginning | SearchQuery(last, config="english")])


def narrow(products: Products, filters: Filters, shelves: Shelves) -> Products:
    if filters.categories:
        nodes = [shelves.by_slug[slug] for slug in filters.categories if slug in shelves.by_slug]
        products = products.filter(category__in=shelves.under(nodes))
    if filters.brands:
        products = products.filter(brand__slug__in=filters.brands)
    products = _with_options(products, filters.attributes)
    if filters.in_stock:
        products = products.filter(in_stock=True)
    if filters.rating_min is not None:
        products = products.filter(rating_average__gte=filters.rating_min)
    return products.filter(_price_filter(filters))


def _with_options(products: Products, wanted: Mapping[str, Sequence[str]]) -> Products:
    """One variant has to have all of the options: a red M and a blue L are no red L."""
    chosen = [list_attributes({name: value} for value in values) for name, values in wanted.items()]
    if len(chosen) == 1:
        return products.filter(attributes__overlap=chosen[0])
    for one, other in combinations(chosen, 2):
        pairs = [PAIR_SEPARATOR.join(sorted(pair)) for pair in product(one, other)]
        products = products.filter(option_pairs__overlap=pairs)
    return products.filter(_has_variant_with(wanted)) if len(chosen) > 2 else products


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


def put_in_order(products: Products, match: Match, filters: Filters) -> Products:
    if is_ranked(filters):
        ranked = _best_known(products).annotate(rank=match.rank)
        return ranked.order_by("-in_stock", "-rank", "-rating_count", *NEWEST)
    orders: dict[str, list[Any]] = {
        "price": ["min_price", *NEWEST],
        "-price": ["-min_price", *NEWEST],
        "rating": [F("rating_average").desc(nulls_last=True), "-rating_count", *NEWEST],
        "title": ["title", "id"],
    }
    return products.order_by(*orders.get(filters.ordering, NEWEST))
