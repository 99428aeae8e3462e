"""Counting of some of the products, so that it takes no longer in a large catalogue. First a pool
of the shop's products is drawn, from an index alone, and every list is looked for in it. Only a
list that it holds too little of, or that is short enough to be counted whole, is read itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast, Right

from catalog.models import Brand, FitsAnEntry, Product
from catalog.queries.products import visible_products
from catalog.queries.searching import in_rings
from catalog.queries.selecting import Products, Shelves, narrow
from catalog.queries.statements import Statement
from catalog.rules.filters import Filters

# Of more products than this so many (and one) are counted, at random: so an id ends.
MAX_COUNTED = 2400
SHUFFLED = Right(Cast("id", TextField()), 8)
# All of an end of an id, as a number.
ENDS = 16**8
POOL = 10_000
# A list has to have so many products in the pool to be judged by them.
ENOUGH = 50
DRAWN = (
    *("id", "category_id", "brand_id", "rating_average", "in_stock"),
    *("attributes", "min_price", "max_price"),
)
COUNTED = ("category_id", "brand_id", "rating_average", "in_stock", "attributes", "min_price")
# So many values of a filter are offered.
MAX_CHOICES = 30
# Each gives rows of (list, kind, key, count, lowest price, highest price) about the sample {0}.
COUNTS = {
    "all": "SELECT '{0}', '{1}', NULL, count(*), min(min_price), max(min_price) FROM {0}",
    "category": "SELECT '{0}', '{1}', category_id::text, count(*), NULL, NULL FROM {0} GROUP BY 3",
    # Not of all makers of a large shop: of those that are chosen, and of the most frequent ones.
    "brand": "(SELECT '{0}', '{1}', b.slug || chr(31) || b.title, number, NULL, NULL"
    " FROM (SELECT brand_id, count(*) AS number FROM {0} GROUP BY 1) made"
    " JOIN {2} b ON b.id = brand_id"
    " ORDER BY b.slug = ANY(%s) DESC, number DESC, lower(b.title) LIMIT {3})",
    "rating": "SELECT '{0}', '{1}', floor(rating_average)::text, count(*), NULL, NULL"
    " FROM {0} GROUP BY 3",
    "in_stock": "SELECT '{0}', '{1}', in_stock::text, count(*), NULL, NULL FROM {0} GROUP BY 3",
    "attributes": "SELECT '{0}', '{1}', unnest(attributes), count(*), NULL, NULL"
    " FROM {0} GROUP BY 3",
}
# How far the pool goes; asked only when a list has been looked for in all of it.
REACH = (
    "SELECT 'pool', '', max(shuffled), count(*), NULL::numeric, NULL::numeric FROM {pool}"
    " WHERE least({totals}) <= {limit}"
)


@dataclass(frozen=True)
class Wanted:
    """A list whose products are counted: its filters, and the counts as (kind, name). `brands` are
    those that are chosen on the page, which are counted however few they have."""

    filters: Filters
    counts: tuple[tuple[str, str], ...]
    brands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counted:
    """What was counted of one list. `of` is name -> key -> number; `total` the number of products
    that were looked at, which is all of them unless `is_sampled`."""

    of: Mapping[str, Mapping[str, int]]
    total: int
    lowest: Decimal | None
    highest: Decimal | None
    is_sampled: bool = False


Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Drawn:
    """What a pool tells of lists. `reach` is the part of the shop that is in it, from 0 to 1."""

    base: Products
    wanted: Sequence[Wanted]
    shelves: Shelves
    found: list[Counted]
    reach: float

    def count(self, filters: Filters, limit: int) -> int | None:
        """How many products one of the lists has, `limit` + 1 for more than `limit`; None when the
        pool cannot tell. Twice as many as the limit in the pool's measure are surely more."""
        total = self._total(filters)
        if total > limit or (total >= ENOUGH and total / self.reach > 2 * limit):
            return limit + 1
        return total if self.reach == 1 and total <= MAX_COUNTED else None

    def size(self, filters: Filters) -> float:
        """Roughly how many products one of the lists has, at most MAX_COUNTED in the pool."""
        return self._total(filters) / self.reach

    def _total(self, filters: Filters) -> int:
        lists = zip(self.wanted, self.found, strict=True)
        return next(counted.total for one, counted in lists if one.filters == filters)

    def complete(self, exact: Filters | None) -> list[Counted]:
        """One query if the pool says too little of some lists, else none. `exact` are the filters
        of a list that is short enough to be counted whole."""
        if self.reach == 1:
            return self.found
        found = [Counted(**{**vars(one), "is_sampled": True}) for one in self.found]
        again = [
            number
            for number, one in enumerate(self.wanted)
            if one.filters == exact or self._is_poor(self.found[number].total)
        ]
        lists = [self.wanted[number] for number in again]
        whole = count_matches(self.base, lists, self.shelves) if again else []
        for number, counted in zip(again, whole, strict=True):
            found[number] = counted
        return found

    def _is_poor(self, total: int) -> bool:
        """Whether the pool has too few of a list, or the list is likely to be a short one."""
        return total < ENOUGH or total / self.reach < MAX_COUNTED


def draw_lists(wanted: tuple[Wanted, ...], shelves: Shelves) -> Drawn:
    """Of lists of products that nothing was searched for in. One query."""
    found, reach = _read_all(wanted, make_drawing(wanted, shelves))
    return Drawn(shelves.within(visible_products()), wanted, shelves, found, reach)


@lru_cache(maxsize=128)
def make_drawing(wanted: tuple[Wanted, ...], shelves: Shelves) -> Statement:
    """Kept for the lists that are asked for most."""
    pooled = shelves.within(Product.objects.all())
    return _counting(wanted, shelves, pooled, _pool(visible_products()))


def draw_hits(base: Products, ring: int, wanted: Sequence[Wanted], shelves: Shelves) -> Drawn:
    """Of lists of what a search found, which is `base`: the pool is a ring of it. One query."""
    rows = in_rings(base, ring).annotate(shuffled=SHUFFLED).values_list("shuffled", *DRAWN)
    pool = _named(Statement.of(rows.order_by()[:POOL]))
    counting = _counting(wanted, shelves, Product.objects.all(), pool)
    found = _read_all(wanted, counting)[0]
    return Drawn(base, wanted, shelves, found, 4.0**-ring)


def count_matches(base: Products, wanted: Sequence[Wanted], shelves: Shelves) -> list[Counted]:
    """The same of whatever `base` is, read from the table itself. One query."""
    return _read_all(wanted, _counting(wanted, shelves, base))[0]


def _pool(base: Products) -> Statement:
    """Under the table's own name, so that the filters of products can be put to the pool."""
    rows = base.annotate(shuffled=SHUFFLED).values_list("shuffled", *DRAWN)
    fitting, others = (
        rows.filter(FitsAnEntry("attributes")),
        rows.exclude(FitsAnEntry("attributes")),
    )
    parts = [part.order_by("shuffled")[:POOL] for part in (fitting, others)]
    return _named(Statement.of(parts[0].union(parts[1], all=True).order_by("shuffled")[:POOL]))


def _named(pool: Statement) -> Statement:
    columns = ", ".join(("shuffled", *DRAWN))
    sql = f"{Product._meta.db_table} ({columns}) AS MATERIALIZED ({pool.sql})"
    return Statement(sql, pool.values)


def _counting(
    wanted: Sequence[Wanted], shelves: Shelves, base: Products, pool: Statement | None = None
) -> Statement:
    """Counts each of the lists in the pool, without one in the table itself."""
    parts, values = ([pool.sql], list(pool.values)) if pool else ([], [])
    selects, chosen, totals = [], [], []
    for number, one in enumerate(wanted):
        name = f"s{number}"
        sample = _sample(narrow(base, one.filters, shelves, paired=not pool), bool(pool))
        if not sample.sql:
            continue
        parts.append(_list(name, sample.sql, bool(pool)))
        values += sample.values
        totals.append(f"(SELECT count(*) FROM {name})")
        for kind, key in one.counts:
            selects.append(COUNTS[kind].format(name, key, Brand._meta.db_table, MAX_CHOICES))
            chosen += [list(one.brands)] if kind == "brand" else []
    if not totals:
        return Statement("")
    if pool:
        table = Product._meta.db_table
        selects.append(REACH.format(pool=table, totals=", ".join(totals), limit=MAX_COUNTED))
    return Statement(f"WITH {', '.join(parts)} {' UNION ALL '.join(selects)}", (*values, *chosen))


def _sample(products: Products, is_pool: bool) -> Statement:
    rows = products.order_by()
    if is_pool:
        return Statement.of(rows.values_list(*COUNTED)[: MAX_COUNTED + 1])
    return Statement.of(rows.annotate(shuffled=SHUFFLED).values_list("shuffled", *COUNTED))


def _list(name: str, sql: str, is_pool: bool) -> str:
    """What is read itself is read whole before it is put in order: there is little of it, but the
    planner may take it for much and go through the shop in that order."""
    if is_pool:
        return f"{name} AS MATERIALIZED ({sql})"
    columns = ", ".join(COUNTED)
    return (
        f"all_{name} (shuffled, {columns}) AS MATERIALIZED ({sql}), {name} AS MATERIALIZED"
        f" (SELECT {columns} FROM all_{name} ORDER BY shuffled LIMIT {MAX_COUNTED + 1})"
    )


def _read_all(wanted: Sequence[Wanted], counting: Statement) -> tuple[list[Counted], float]:
    """What was counted of each list and which part of the shop was looked at, from 0 to 1."""
    rows = counting.rows()
    return [_read(f"s{number}", rows) for number in range(len(wanted))], _reach(rows)


def _reach(rows: Rows) -> float:
    """Of a pool that is full: where the ends of ids lie, its last one tells its share."""
    for name, _, last, total, _, _ in rows:
        if name == "pool" and last is not None and total == POOL:
            return (int(last, 16) + 1) / ENDS
    return 1


def _read(name: str, rows: Rows) -> Counted:
    counts: dict[str, dict[str, int]] = {}
    total, lowest, highest = 0, None, None
    for _, kind, key, number, low, high in (row for row in rows if row[0] == name):
        if kind == "":
            total, lowest, highest = number, low, high
        elif key is not None:
            counts.setdefault(kind, {})[key] = number
    return Counted(counts, total, lowest, highest, total > MAX_COUNTED)
