"""The statements of a list. One answers all in a small shop; of a long list it counts a sample, and
the page is read by another."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from catalog.queries.products import CARD_COLUMNS
from catalog.queries.search import conditions
from catalog.queries.search.conditions import BUCKETS, Params, in_sample, list_conditions
from catalog.queries.search.words import Query, fetch
from catalog.rules.filters import Filters
from catalog.rules.product import PAIR_SEPARATOR

# So many products are read at most. Of a longer list a sample is.
MAX_READ = 2400
# So many hits of common words are ranked, chosen from some more: the best known ones.
MAX_RANKED = 600
CANDIDATES = 700
MAX_POPULARITY = 8
NEWEST = "published_at DESC, id DESC"
ORDERS = {
    "price": f"min_price, {NEWEST}",
    "-price": f"min_price DESC, {NEWEST}",
    "rating": f"rating_average DESC NULLS LAST, rating_count DESC, {NEWEST}",
    "title": "title, id",
}
RELEVANCE = f"in_stock DESC, rank DESC, rating_count DESC, {NEWEST}"
COLUMNS = """id, slug, title, min_price, max_price, compare_at_price, image_url, in_stock,
    rating_average, rating_count, category_id, brand_id, attributes, published_at"""
CARDS = f"(SELECT json_agg(json_build_array({CARD_COLUMNS})) FROM page)"
# Products are read once, with the numbers of the lists that they are in: the list that is shown
# is number 0. What facets count of them is joined, because that takes less than to group it here.
READ = f"""
    WITH source AS MATERIALIZED (
        SELECT {{columns}}, {{popularity}} AS popularity,
            array_remove(ARRAY[{{lists}}], NULL) AS lists
        FROM catalog_product AS product WHERE {{where}} LIMIT {{limit}}
    ), page AS (SELECT * FROM source WHERE 0 = ANY(lists) {{slice}})
    SELECT
        (SELECT json_agg(counted) FROM (
            SELECT lists, count(*) AS size, min(min_price)::text AS lowest,
                max(min_price)::text AS highest,
                string_agg(concat_ws(chr(30), 'category' || category_id, 'brand' || brand_id,
                    'rating' || floor(rating_average), 'in_stock' || in_stock, popularity,
                    array_to_string(attributes, chr(30))), chr(30)) AS keys
            FROM source GROUP BY lists) AS counted),
        {CARDS},
        (SELECT json_agg(json_build_array(id, path, depth, slug, title) ORDER BY path)
            FROM catalog_category),
        (SELECT json_object_agg(id, json_build_array(slug, title)) FROM catalog_brand
            WHERE id IN (SELECT brand_id FROM source {{chosen}}))"""
CHOSEN = "UNION ALL SELECT id FROM catalog_brand WHERE slug = ANY({})"
PAGE = f"""
    WITH page AS (SELECT {COLUMNS} FROM catalog_product AS product WHERE {{where}} {{slice}})
    SELECT {CARDS}, (SELECT count(*) FROM (
        SELECT FROM catalog_product AS product WHERE {{where}} LIMIT {{limit}}) AS listed)"""
RANK = f"""
    WITH best AS MATERIALIZED (
        SELECT * FROM ({{candidates}}) AS found ORDER BY {RELEVANCE} LIMIT {MAX_RANKED}
    ), page AS (SELECT * FROM best {{slice}})
    SELECT {CARDS}, (SELECT count(*) FROM best)"""
# The name of the list that all filters leave.
ALL = ""
Cards = list[list[Any]]


@dataclass
class Counts:
    """What is in a list, or in a sample of it: in one product of 4 ** `level`. `keys` has how many
    of them have a category, a brand, an option …; `prices` the lowest and the highest."""

    level: int
    size: int = 0
    keys: Counter[str] = field(default_factory=Counter)
    prices: list[Decimal] = field(default_factory=list)

    @property
    def estimate(self) -> int:
        return self.size << 2 * self.level

    def count(self, key: str) -> int:
        """About how many products of the list have it."""
        return self.keys[key] << 2 * self.level


@dataclass
class Found:
    """What was read: `hits` is how many products there are in the source or its sample, `counts`
    those of the list and, by the name of each filter that is set, of the list without it, and
    `cards` the rows of the page, None as long as they are not known. So many as `count` can be
    shown; of more than are there it `is_capped`."""

    counts: dict[str, Counts]
    hits: int
    cards: Cards | None
    tree: list[list[Any]]
    brands: dict[str, list[str]]
    count: int = 0
    is_capped: bool = False
    is_fuzzy: bool = False

    def without(self, name: str) -> Counts:
        return self.counts.get(name, self.counts[ALL])


@dataclass(frozen=True)
class Selection:
    """A page of a list: `most` products from `first` on, which is 0."""

    filters: Filters
    first: int
    most: int
    query: Query | None = None

    @property
    def is_ranked(self) -> bool:
        is_by_rank = self.filters.ordering in ("", "relevance")
        return bool(self.query and self.query.meant) and is_by_rank

    @property
    def slice(self) -> str:
        order = RELEVANCE if self.is_ranked else ORDERS.get(self.filters.ordering, NEWEST)
        return f"ORDER BY {order} LIMIT {self.most:d} OFFSET {self.first:d}"

    def where(self, filters: Filters, params: Params, *more: str) -> str:
        words = [f"search_vector @@ {self.query.as_sql(params)}"] if self.query else []
        own = list_conditions(filters, params, by_bucket=bool(words))
        return " AND ".join((conditions.VISIBLE, *own, *words, *more))

    def columns(self, params: Params, shown: str = "true") -> str:
        """With the rank of what is shown, where it is needed: to find it takes longest of all."""
        if self.query and self.is_ranked:
            return f"{COLUMNS}, CASE WHEN {shown} THEN {self.query.rank_sql(params)} END AS rank"
        return COLUMNS


def read(selection: Selection, source: Filters, lists: Mapping[str, Filters], level: int) -> Found:
    """Counts lists within the source, or within a sample of it. One query."""
    params, chosen = Params(), selection.filters.brands
    # All of the source are within its category.
    within = [
        " AND ".join(list_conditions(replace(own, scope=""), params)) or "true"
        for own in lists.values()
    ]
    sql = READ.format(
        columns=COLUMNS if level else selection.columns(params, within[0]),
        popularity=f"({BUCKETS})[2]" if level else "NULL",
        lists=", ".join(f"CASE WHEN {own} THEN {n} END" for n, own in enumerate(within)),
        where=selection.where(source, params, *in_sample(level)),
        limit=MAX_READ + 1,
        slice="LIMIT 0" if level else selection.slice,
        chosen=CHOSEN.format(params.add(list(chosen))) if chosen else "",
    )
    groups, cards, tree, brands = fetch(sql, params)[0]
    counts = [Counts(level) for _ in lists]
    for group in groups or ():
        keys = Counter(group["keys"].split(PAIR_SEPARATOR))
        for number in group["lists"]:
            counts[number].size += group["size"]
            counts[number].prices += [Decimal(group["lowest"]), Decimal(group["highest"])]
            counts[number].keys.update(keys)
    hits = sum(group["size"] for group in groups or ())
    cards = None if level else cards or []
    return Found(dict(zip(lists, counts, strict=True)), hits, cards, tree or [], brands or {})


def read_page(selection: Selection, most: int) -> tuple[Cards, int]:
    """A page in an order that the table is read in, and how long the list is; counted up to so
    many. One query."""
    params = Params()
    where = selection.where(selection.filters, params)
    cards, count = fetch(PAGE.format(where=where, slice=selection.slice, limit=most), params)[0]
    return cards or [], count


def rank(selection: Selection, counts: Counts) -> tuple[Cards, int]:
    """A page of the best of the best known hits, and how many those are: buckets of popularity are
    taken whole from the top on, and of the last one as large a sample as is needed. One query."""
    names: list[str] = []
    wanted = CANDIDATES
    for number in range(MAX_POPULARITY, -1, -1):
        names.append(f"popularity{number}")
        if (size := counts.count(names[-1])) >= wanted:
            break
        wanted -= size
    params, parts = Params(), []
    for buckets, level in ((names[:-1], 0), (names[-1:], conditions.choose_level(size, wanted))):
        bucket = f"{BUCKETS} && {params.add(buckets)}::text[]"
        where = selection.where(selection.filters, params, bucket, *in_sample(level))
        columns = selection.columns(params)
        parts.append(f"SELECT {columns} FROM catalog_product AS product WHERE {where}")
    sql = RANK.format(candidates=" UNION ALL ".join(parts), slice=selection.slice)
    cards, count = fetch(sql, params)[0]
    return cards or [], count


def read_shop_size() -> int:
    """As the planner has it."""
    sql = "SELECT reltuples::int FROM pg_class WHERE oid = 'catalog_product'::regclass"
    return int(fetch(sql, {})[0][0])
