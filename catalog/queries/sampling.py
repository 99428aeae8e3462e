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
from catalog.queries.scouting import in_rings
from catalog.queries.searching import MAX_RANKED
from catalog.queries.selecting import Base, Products, Ranking, Shelves, narrow
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
POOLED = ("shuffled", *DRAWN)
# What the best hits are chosen by besides.
RANKED = ("rank", "rating_count", "published_at")
TABLE = Product._meta.db_table
# So many values of a filter are offered.
MAX_CHOICES = 30
# Each gives rows of (list, kind, key, count, lowest price, highest price) about the sample {0}.
COUNTS = {
    "all": "SELECT '{0}', '{1}', NULL, count(*), min(min_price), max(min_price) FROM {0}",
    "category": "SELECT '{0}', '{1}', category_id::text, count(*), NULL, NULL FROM {0} GROUP BY 3",
    # Not of all makers of a large shop: of those that are chosen, and of the most frequent ones.
    "brand": "SELECT '{0}', '{1}', b.slug || chr(31) || b.title, number, NULL, NULL FROM ("
    "(SELECT brand_id, count(*) AS number FROM {0} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {3}) UNION"
    " SELECT brand_id, count(*) FROM {0} WHERE brand_id IN"
    " (SELECT id FROM {2} WHERE slug = ANY(%s)) GROUP BY 1"
    ") made JOIN {2} b ON b.id = brand_id",
    "rating": "SELECT '{0}', '{1}', floor(rating_average)::text, count(*), NULL, NULL"
    " FROM {0} GROUP BY 3",
    "in_stock": "SELECT '{0}', '{1}', in_stock::text, count(*), NULL, NULL FROM {0} GROUP BY 3",
    "attributes": "SELECT '{0}', '{1}', unnest(attributes), count(*), NULL, NULL"
    " FROM {0} GROUP BY 3",
}
# How far a pool that is full goes; asked only when a list has been looked for in all of it. A part
# of a statement keeps its order.
REACH = (
    "SELECT 'pool', '', (SELECT shuffled FROM {pool} OFFSET {last} LIMIT 1), 0, NULL::numeric,"
    " NULL::numeric WHERE least({totals}) <= {limit}"
)
# The best hits of the list {0}, {1} at most.
BEST = (
    "SELECT 'ranked', '', array_to_string(ARRAY(SELECT id FROM all_{0} ORDER BY in_stock DESC,"
    " rank DESC, rating_count DESC, published_at DESC, id DESC LIMIT {1}), ' '), 0, NULL, NULL"
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

    base: Base
    wanted: tuple[Wanted, ...]
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

    def total(self, filters: Filters, found: Sequence[Counted]) -> int:
        """How many products of a list were counted in `found`, which is what `complete` gives."""
        lists = zip(self.wanted, found, strict=True)
        return next(counted.total for one, counted in lists if one.filters == filters)

    def _total(self, filters: Filters) -> int:
        return self.total(filters, self.found)

    def is_told(self, filters: Filters) -> bool:
        """Whether one of the lists is long enough to be judged by the pool."""
        return self.reach == 1 or not self._is_poor(self._total(filters))

    def complete(
        self, exact: Filters | None = None, ranking: Ranking | None = None
    ) -> tuple[list[Counted], list[str]]:
        """One query if the pool says too little of some lists, else none. `exact` are the filters
        of a list that is short enough to be counted whole. The keys are those of `ranking`, whose
        list has to be one that the pool says too little of."""
        if self.reach == 1:
            return self.found, []
        found = [Counted(**{**vars(one), "is_sampled": True}) for one in self.found]
        again = [
            number
            for number, one in enumerate(self.wanted)
            if one.filters == exact or self._is_poor(self.found[number].total)
        ]
        if not again:
            return found, []
        lists = tuple(self.wanted[number] for number in again)
        whole, keys = count_matches(self.base, lists, self.shelves, ranking)
        for number, counted in zip(again, whole, strict=True):
            found[number] = counted
        return found, keys

    def _is_poor(self, total: int) -> bool:
        """Whether the pool has too few of a list, or the list is likely to be a short one."""
        return total < ENOUGH or total / self.reach < MAX_COUNTED


def draw_lists(wanted: tuple[Wanted, ...], shelves: Shelves) -> Drawn:
    """Of lists of products that nothing was searched for in. One query."""
    rows = make_drawing(wanted, shelves).rows()
    shop = whole_shop(shelves)
    return Drawn(shop, wanted, shelves, _read_all(wanted, rows), _reach(rows))


@lru_cache(maxsize=128)
def make_drawing(wanted: tuple[Wanted, ...], shelves: Shelves) -> Statement:
    """Kept for the lists that are asked for most."""
    pooled = shelves.within(Product.objects.all())
    return _drawing(wanted, shelves, pooled, _pool(visible_products()))


@lru_cache(maxsize=32)
def whole_shop(shelves: Shelves) -> Base:
    """What is visible on the page's shelf, to ask further of it."""
    return Base(shelves.within(visible_products()), (shelves,))


def draw_hits(base: Base, ring: int, wanted: tuple[Wanted, ...], shelves: Shelves) -> Drawn:
    """Of lists of what a search found, which is `base`: the pool is a ring of it. One query."""
    rows = make_drawing_of_hits(base, ring, wanted, shelves).rows()
    return Drawn(base, wanted, shelves, _read_all(wanted, rows), 4.0**-ring)


@lru_cache(maxsize=128)
def make_drawing_of_hits(
    base: Base, ring: int, wanted: tuple[Wanted, ...], shelves: Shelves
) -> Statement:
    """Kept for the common words that are asked for most."""
    rows = in_rings(base.products, ring).annotate(shuffled=SHUFFLED).values_list(*POOLED)
    pool = _materialized(TABLE, POOLED, Statement.of(rows.order_by()[:POOL]))
    return _drawing(wanted, shelves, Product.objects.all(), pool)


def count_matches(
    base: Base, wanted: tuple[Wanted, ...], shelves: Shelves, ranking: Ranking | None = None
) -> tuple[list[Counted], list[str]]:
    """The same of whatever `base` is, read from the table itself; and the keys of the best hits of
    one of the lists, in order. One query."""
    reading = make_reading if base.name else _reading
    rows = reading(base, wanted, shelves, ranking).rows()
    keys = " ".join(key or "" for name, _, key, *_ in rows if name == "ranked")
    return _read_all(wanted, rows), keys.split()


def _pool(base: Products) -> Statement:
    """Under the table's own name, so that the filters of products can be put to the pool."""
    rows = base.annotate(shuffled=SHUFFLED).values_list(*POOLED)
    fitting, others = (
        rows.filter(FitsAnEntry("attributes")),
        rows.exclude(FitsAnEntry("attributes")),
    )
    parts = [part.order_by("shuffled")[:POOL] for part in (fitting, others)]
    both = parts[0].union(parts[1], all=True).order_by("shuffled")[:POOL]
    return _materialized(TABLE, POOLED, Statement.of(both))


def _drawing(
    wanted: Sequence[Wanted], shelves: Shelves, pooled: Products, pool: Statement
) -> Statement:
    """Counts each of the lists in the pool."""
    lists = {}
    for name, one in _named(wanted):
        rows = narrow(pooled, one.filters, shelves, paired=False).order_by()
        lists[name] = Statement.of(rows.values_list(*COUNTED)[: MAX_COUNTED + 1])
    totals = ", ".join(f"(SELECT count(*) FROM {name})" for name, rows in lists.items() if rows.sql)
    reach = REACH.format(pool=TABLE, last=POOL - 1, totals=totals, limit=MAX_COUNTED)
    parts = {name: _materialized(name, (), rows) for name, rows in lists.items()}
    return _counting(wanted, parts, pool, reach)


def _reading(
    base: Base, wanted: tuple[Wanted, ...], shelves: Shelves, ranking: Ranking | None
) -> Statement:
    """Counts each of the lists in the table itself. A list that another one holds is looked for in
    what was read of that."""
    held = {name: _holder(one, wanted, ranking) for name, one in _named(wanted)}
    parts, best = {}, ""
    for name, one in sorted(_named(wanted), key=lambda pair: held[pair[0]]):
        if held[name]:
            pooled = narrow(Product.objects.all(), one.filters, shelves, paired=False)
            parts[name] = _whole(name, pooled, within=held[name])
        elif ranking and ranking.filters == one.filters:
            ranked = narrow(base.products, one.filters, shelves).annotate(rank=ranking.rank)
            parts[name], best = _whole(name, ranked, RANKED), BEST.format(name, MAX_RANKED + 1)
        else:
            parts[name] = _whole(name, narrow(base.products, one.filters, shelves))
    return _counting(wanted, parts, None, best)


@lru_cache(maxsize=128)
def make_reading(
    base: Base, wanted: tuple[Wanted, ...], shelves: Shelves, ranking: Ranking | None
) -> Statement:
    """Kept for the lists and the common words that are asked for most."""
    return _reading(base, wanted, shelves, ranking)


def _named(wanted: Sequence[Wanted]) -> list[tuple[str, Wanted]]:
    return [(f"s{number}", one) for number, one in enumerate(wanted)]


def _holder(one: Wanted, wanted: Sequence[Wanted], ranking: Ranking | None) -> str:
    """The name of a list that lacks one of the filters. Which of several options one variant has
    is not told by what is read."""
    if len(one.filters.attributes) > 1 or (ranking and ranking.filters == one.filters):
        return ""
    wider = one.filters.each_without_one()
    return next((name for name, other in _named(wanted) if other.filters in wider), "")


def _whole(name: str, rows: Products, more: Sequence[str] = (), within: str = "") -> Statement:
    """What is read itself is read whole before it is put in order: there is little of it, but the
    planner may take it for much and go through the shop in that order."""
    shuffled = rows.order_by().annotate(shuffled=SHUFFLED)
    columns = ("shuffled", *DRAWN, *more)
    source = Statement.of(shuffled.values_list(*columns))
    if not source.sql:
        return source
    around = f"WITH {TABLE} AS (SELECT * FROM all_{within}) " if within else ""
    whole = _materialized(f"all_{name}", columns, Statement(f"{around}{source.sql}", source.values))
    sample = f"SELECT * FROM all_{name} ORDER BY shuffled LIMIT {MAX_COUNTED + 1}"
    return Statement(f"{whole.sql}, {name} AS MATERIALIZED ({sample})", whole.values)


def _materialized(name: str, columns: Sequence[str], rows: Statement) -> Statement:
    """A part of a statement; nothing where there are no rows."""
    named = f"{name} ({', '.join(columns)})" if columns else name
    return Statement(f"{named} AS MATERIALIZED ({rows.sql})" if rows.sql else "", rows.values)


def _counting(
    wanted: Sequence[Wanted], parts: Mapping[str, Statement], pool: Statement | None, more: str
) -> Statement:
    """Counts the lists that the parts are named after; `more` is one select besides."""
    found = {name: part for name, part in parts.items() if part.sql}
    if not found:
        return Statement("")
    selects, chosen = [], []
    for name, one in _named(wanted):
        for kind, key in one.counts if name in found else ():
            selects.append(COUNTS[kind].format(name, key, Brand._meta.db_table, MAX_CHOICES))
            chosen += [list(one.brands)] if kind == "brand" else []
    used = [*([pool] if pool else ()), *found.values()]
    values = [value for part in used for value in part.values]
    selects += [more] if more else []
    sql = f"WITH {', '.join(part.sql for part in used)} {' UNION ALL '.join(selects)}"
    return Statement(sql, (*values, *chosen))


def _read_all(wanted: Sequence[Wanted], rows: Rows) -> list[Counted]:
    """What was counted of each list."""
    return [_read(name, rows) for name, _ in _named(wanted)]


def _reach(rows: Rows) -> float:
    """Of a pool that is full: where the ends of ids lie, its last one tells its share."""
    for name, _, last, *_ in rows:
        if name == "pool" and last is not None:
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
