"""The statements of a list. Each is one row of one JSON value: it finds products once and tells
of them how many there are, what the facets count and which cards a page shows."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalog.queries.products import CARDS_AS_JSON
from catalog.queries.search.conditions import VISIBLE, Params, list_conditions, rows_of
from catalog.rules.filters import Filters

# Of a list of more products than this so many are counted, at random.
MAX_COUNTED = 2400
SAMPLE = 600
# So many products of the shop a sample is looked for in. So an id ends, which is random.
POOL = 10_000
RANDOM = "right(id::text, 8)"
# So many values of a filter are offered.
MAX_CHOICES = 30
FACET_COLUMNS = (
    "id, category_id, brand_id, rating_average, in_stock, attributes, min_price, max_price"
)
COLUMNS = f"{FACET_COLUMNS}, option_pairs, rating_count, published_at, title"
NEWEST = "published_at DESC, id DESC"
ORDERS = {
    "price": f"min_price, {NEWEST}",
    "-price": f"min_price DESC, {NEWEST}",
    "rating": f"rating_average DESC NULLS LAST, rating_count DESC, {NEWEST}",
    "title": "title, id",
}
# All products of the shop, until it is known that there are many.
SHOP = f"SELECT FROM catalog_product WHERE {VISIBLE} LIMIT {MAX_COUNTED + 1}"
SHOP_SIZE = "(SELECT reltuples FROM pg_class WHERE oid = 'catalog_product'::regclass)"
# Products at random, by an index that holds all of these columns where the options fit into it.
SHOP_POOL = " UNION ALL ".join(
    f"(SELECT {FACET_COLUMNS}, {RANDOM} AS random FROM catalog_product WHERE {VISIBLE}"
    f" AND {fits} ORDER BY random LIMIT {POOL})"
    for fits in ("catalog_fits_an_entry(attributes)", "NOT catalog_fits_an_entry(attributes)")
)
SHOP_POOL = f"SELECT * FROM ({SHOP_POOL}) AS pools ORDER BY random LIMIT {POOL}"
RELEVANCE = f"in_stock DESC, rank DESC, rating_count DESC, {NEWEST}"
CATEGORIES = """(SELECT json_agg(json_build_array(id, path, depth, slug, title) ORDER BY path)
    FROM catalog_category)"""
# What is counted of the products of a list {0}; {1} are the brands that are chosen. Of the brands
# of a large shop those that are chosen and the most frequent ones will do.
COUNTS = {
    "category": "(SELECT json_object_agg(category_id, n) FROM (SELECT category_id, count(*) AS n"
    " FROM {0} WHERE category_id IS NOT NULL GROUP BY 1) AS counted)",
    "brand": "(SELECT json_agg(json_build_array(brand.slug, brand.title, n)) FROM ("
    "(SELECT brand_id, count(*) AS n FROM {0} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {2}) UNION"
    " SELECT brand_id, count(*) FROM {0} WHERE brand_id = ANY(ARRAY("
    "SELECT id FROM catalog_brand WHERE slug = ANY({1}))) GROUP BY 1"
    ") AS counted JOIN catalog_brand AS brand ON brand.id = brand_id)",
    "rating": "(SELECT json_object_agg(stars, n) FROM (SELECT floor(rating_average) AS stars,"
    " count(*) AS n FROM {0} WHERE rating_average IS NOT NULL GROUP BY 1) AS counted)",
    "in_stock": "(SELECT count(*) FROM {0} WHERE in_stock)",
    "attributes": "(SELECT json_object_agg(value, n) FROM (SELECT unnest(attributes) AS value,"
    " count(*) AS n FROM {0} GROUP BY 1) AS counted)",
    "price": "(SELECT json_build_array(min(min_price)::text, max(min_price)::text) FROM {0})",
}


@dataclass(frozen=True)
class Counting:
    """A list whose products are counted, and what of them: kinds of COUNTS by the facet's name.
    `brands` are those that are chosen on the page, which are counted however few they have."""

    filters: Filters
    kinds: dict[str, str]
    brands: tuple[str, ...]


class Statement:
    """One in the making: parts of its WITH, and fields of the JSON object that it gives."""

    def __init__(self) -> None:
        self.params = Params()
        self.parts: dict[str, str] = {}
        self.fields: dict[str, str] = {}

    def run(self) -> dict[str, Any]:
        parts = ",\n".join(f"{n} AS MATERIALIZED ({sql})" for n, sql in self.parts.items())
        pairs = ",\n".join(f"'{name}', {sql}" for name, sql in self.fields.items())
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {parts}\nSELECT json_build_object({pairs})", self.params)
            found: dict[str, Any] = cursor.fetchone()[0]
        return found

    def add_list(self, name: str, counting: Counting, rows: str) -> None:
        """Counts the rows of a list, which are found as `rows` says: all of up to MAX_COUNTED."""
        self.parts[name] = f"{rows} LIMIT {MAX_COUNTED + 1}"
        self._add_counts(name, counting, f"(SELECT count(*) FROM {name})")

    def add_sample(self, name: str, counting: Counting, source: str, *, total: str = "") -> None:
        """The same of a list in rows that come at random: of a long one the first will do. `total`
        counts its rows where that is quicker than reading them."""
        own = list_conditions(counting.filters, self.params, of_table=False)
        rows = f"FROM {rows_of(source, *own)}"
        total = "" if own else total
        counted = total or f"SELECT {rows} LIMIT {MAX_COUNTED + 1}"
        self.parts[f"{name}_total"] = f"SELECT count(*) AS n FROM ({counted}) AS found"
        most = f"SELECT CASE WHEN n > {MAX_COUNTED} THEN {SAMPLE} ELSE n END FROM {name}_total"
        self.parts[name] = f"SELECT * {rows} LIMIT ({most})"
        self._add_counts(name, counting, f"(SELECT n FROM {name}_total)")

    def _add_counts(self, name: str, counting: Counting, total: str) -> None:
        brands = self.params.add(list(counting.brands))
        counts = "".join(
            f", '{key}', {COUNTS[kind].format(name, brands, MAX_CHOICES)}"
            for key, kind in counting.kinds.items()
        )
        self.fields[name] = f"json_build_object('total', {total}{counts})"

    def add_page(self, rows: str, order: str, first: int, most: int) -> None:
        """The cards of some of the rows, which are all that follows FROM, in their order."""
        best = f"SELECT id FROM {rows} ORDER BY {order} LIMIT {most:d} OFFSET {first:d}"
        self.parts["page"] = f"SELECT id, row_number() OVER () AS place FROM ({best}) AS best"
        self.fields["cards"] = CARDS_AS_JSON
