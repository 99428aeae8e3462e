"""The statements of a list, and the rows of products that they read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from catalog.queries.products import CARD_COLUMNS
from catalog.queries.search.conditions import VISIBLE, Params, rows_of

# Products of one list that are read. Of a longer list in a large shop a sample of so many is.
MAX_READ = 2400
SAMPLE = 400
# The products of a large shop in which samples are looked for. So an id ends, which is random.
POOL = 10_000
RANDOM = "right(id::text, 8)"
NEWEST = "published_at DESC, id DESC"
ORDERS = {
    "price": f"min_price, {NEWEST}",
    "-price": f"min_price DESC, {NEWEST}",
    "rating": f"rating_average DESC NULLS LAST, rating_count DESC, {NEWEST}",
    "title": "title, id",
}
RELEVANCE = f"in_stock DESC, rank DESC, rating_count DESC, {NEWEST}"
# What an index holds beside the ends of ids, where the options of a product fit into it.
POOL_COLUMNS = (
    "id, category_id, brand_id, rating_average, in_stock, attributes, min_price, max_price"
)
COLUMNS = f"{POOL_COLUMNS}, option_pairs, rating_count, published_at, title"
# The number of products as the planner has it.
SHOP_SIZE = "(SELECT reltuples FROM pg_class WHERE oid = 'catalog_product'::regclass)::int"
ROW = (
    "id::text AS key, category_id, brand_id, floor(rating_average)::int, in_stock,"
    " array_to_string(attributes, chr(30)), min_price"
)
LABELS = f"""
    SELECT
        (SELECT json_agg(json_build_array(id, path, depth, slug, title) ORDER BY path)
            FROM catalog_category),
        (SELECT json_agg(json_build_array(id, slug, title)) FROM catalog_brand
            WHERE id = ANY(%(brands)s) OR slug = ANY(%(chosen)s)),
        (SELECT json_agg(json_build_array({CARD_COLUMNS}))
            FROM catalog_product p LEFT JOIN catalog_brand b ON b.id = p.brand_id
                LEFT JOIN catalog_category c ON c.id = p.category_id
            WHERE p.id = ANY(%(ids)s))"""


class Row(NamedTuple):
    """A product of a part of the statement, as far as facets are counted of it; `options` are
    joined by chr(30)."""

    part: str
    id: str
    category: int | None
    brand: int | None
    stars: int | None
    in_stock: bool
    options: str
    price: Decimal


class Labels(NamedTuple):
    """What is shown of categories, all of them, of brands, and of the products of a page."""

    categories: list[list[Any]] | None
    brands: list[list[Any]] | None
    cards: list[list[Any]] | None


@dataclass
class Statement:
    """One in the making: the parts of its WITH, its selects of rows of products, each under a
    name, and single numbers."""

    params: Params = field(default_factory=Params)
    parts: dict[str, str] = field(default_factory=dict)
    selects: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)

    def run(self) -> tuple[dict[str, list[Row]], dict[str, int | None]]:
        """The rows of each select, and the numbers."""
        parts = ",\n".join(f"{n} AS MATERIALIZED ({sql})" for n, sql in self.parts.items())
        rest = "NULL::bigint, NULL::int, NULL::boolean, NULL, NULL::numeric"
        selects = [f"SELECT '{n}', NULL, {sql}, {rest}" for n, sql in self.numbers.items()]
        selects += [f"(SELECT '{n}', {ROW} FROM {sql})" for n, sql in self.selects.items()]
        rows: dict[str, list[Row]] = {name: [] for name in (*self.numbers, *self.selects)}
        sql = f"WITH {parts}\n" if parts else ""
        for row in map(Row._make, fetch(sql + "\nUNION ALL ".join(selects), self.params)):
            rows[row.part].append(row)
        return rows, {name: rows.pop(name)[0].category for name in self.numbers}


def make_shop_pool(most: int) -> str:
    """So many products at random: from an index that has all of these columns, and the few whose
    options do not fit into it from the table."""
    parts = " UNION ALL ".join(
        f"(SELECT {POOL_COLUMNS}, {RANDOM} AS random FROM catalog_product WHERE {VISIBLE}"
        f" AND {fits} ORDER BY random LIMIT {most:d})"
        for fits in ("catalog_fits_an_entry(attributes)", "NOT catalog_fits_an_entry(attributes)")
    )
    return f"SELECT * FROM ({parts}) AS pools ORDER BY random LIMIT {most:d}"


def count_rows(params: Params, *conditions: str) -> int:
    """How many products meet conditions; one more than MAX_READ stands for more than it."""
    rows = f"SELECT FROM {rows_of('catalog_product', *conditions)} LIMIT {MAX_READ + 1}"
    return int(fetch(f"SELECT count(*) FROM ({rows}) AS found", params)[0][0])


def read_labels(ids: Iterable[str], brands: Iterable[int], chosen: Iterable[str]) -> Labels:
    """One query."""
    keys = [UUID(key) for key in ids]
    params = {"ids": keys, "brands": list(brands), "chosen": list(chosen)}
    return Labels(*fetch(LABELS, params)[0])


def fetch(sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
