"""Lists of products. What is not long is read whole and counted. Of a large shop a pool is read at
random, from an index alone, and every list is looked for in it; only a list that the pool has too
little of is read itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.queries.search.conditions import VISIBLE, Params, list_conditions, rows_of
from catalog.queries.search.facets import Counting, list_countings
from catalog.queries.search.statements import (
    COLUMNS,
    MAX_READ,
    NEWEST,
    ORDERS,
    POOL,
    SAMPLE,
    SHOP_SIZE,
    Row,
    Statement,
    count_rows,
    make_shop_pool,
)
from catalog.rules.filters import Filters

# A list has to have so many products in the pool to be judged by them.
ENOUGH = 50
# All of an end of an id, as a number.
ENDS = 16**8
SHOP_POOL = make_shop_pool(POOL)
# The number of products as it was last known. A hint what to try first: answers are right anyway.
shop_size = 0


@dataclass(frozen=True)
class Selection:
    """A page of a list: `most` products from `first` on, which is 0."""

    filters: Filters
    first: int
    most: int

    @property
    def order(self) -> str:
        return ORDERS.get(self.filters.ordering, NEWEST)

    def conditions(self, filters: Filters, params: Params) -> list[str]:
        return [VISIBLE, *list_conditions(filters, params, of_table=True)]

    def columns(self, params: Params) -> str:
        return COLUMNS

    def source(self, params: Params) -> list[str]:
        """What is searched for and within which category, whatever the filters are."""
        return self.conditions(
            Filters(search=self.filters.search, scope=self.filters.scope), params
        )

    def own(self, params: Params) -> list[str]:
        return self.conditions(self.filters, params)

    @property
    def slice(self) -> str:
        return f"ORDER BY {self.order} LIMIT {self.most:d} OFFSET {self.first:d}"

    def page(self, rows: Sequence[Row]) -> list[str]:
        return [row.id for row in rows[self.first : self.first + self.most]]


@dataclass(frozen=True)
class Found:
    """The products that were read of each list of `countings`, the first of which is the list
    itself: all of those in `whole`, of the others those in a `share` of the shop. `hits` is how
    many there are without filters, if that is known; `ids` are those of the page."""

    countings: Sequence[Counting]
    lists: Sequence[list[Row]]
    whole: frozenset[int]
    ids: Sequence[str]
    count: int | None = None
    share: float = 1
    hits: int | None = None
    is_capped: bool = False
    is_fuzzy: bool = False

    @property
    def size(self) -> float:
        """Roughly how long the list is; one of which more than a sample is there is longer."""
        return len(self.lists[0]) / self.share

    @property
    def is_sampled(self) -> bool:
        return len(self.whole) < len(self.lists)


def browse(filters: Filters, first: int, most: int) -> Found:
    """One query in a small shop, up to three in a large one."""
    selection = Selection(filters, first, most)
    found = read_all(selection) if shop_size <= MAX_READ else None
    return found or _browse_pool(selection)


def read_all(selection: Selection) -> Found | None:
    """What filters leave of the source, which is found once; None where it is long. One query."""
    global shop_size
    statement = Statement()
    params = statement.params
    rows = rows_of("catalog_product", *selection.source(params))
    columns = selection.columns(params)
    statement.parts["source"] = f"SELECT {columns} FROM {rows} LIMIT {MAX_READ + 1}"
    statement.numbers = {"hits": "(SELECT count(*) FROM source)", "size": SHOP_SIZE}
    countings = list_countings(selection.filters)
    is_short = f"(SELECT count(*) FROM source) <= {MAX_READ}"
    for number, counting in enumerate(countings):
        own = list_conditions(counting.filters, params, of_table=False)
        statement.selects[f"list{number}"] = rows_of("source", is_short, *own)
    statement.selects["list0"] += f" ORDER BY {selection.order}"
    found, numbers = statement.run()
    shop_size, hits = numbers["size"] or 0, numbers["hits"] or 0
    if hits > MAX_READ:
        return None
    lists, whole = list(found.values()), frozenset(range(len(found)))
    return Found(countings, lists, whole, selection.page(lists[0]), len(lists[0]), hits=hits)


def _browse_pool(selection: Selection) -> Found:
    statement = Statement()
    own = rows_of("catalog_product", *selection.own(statement.params))
    statement.parts["pool"] = SHOP_POOL
    statement.selects["page"] = f"{own} {selection.slice}"
    # Where the pool ends tells its share of the shop; asked only if all of it was read.
    statement.numbers["end"] = (
        f"(SELECT ('x' || random)::bit(32)::bigint FROM pool WHERE {{is_read}} OFFSET {POOL - 1}"
        " LIMIT 1)"
    )
    found = read_pool(selection, statement, most=SAMPLE)
    return count_list(selection, read_poor(selection, found))


def read_pool(selection: Selection, statement: Statement, *, most: int, share: float = 1) -> Found:
    """Looks for each list in the part `pool`, of which a list has `most` products. One query."""
    countings, params = list_countings(selection.filters), statement.params
    for number, counting in enumerate(countings):
        own = list_conditions(counting.filters, params, of_table=False)
        statement.parts[f"list{number}"] = f"SELECT * FROM {rows_of('pool', *own)} LIMIT {most + 1}"
        statement.selects[f"list{number}"] = f"list{number}"
    totals = ", ".join(f"(SELECT count(*) FROM list{number})" for number in range(len(countings)))
    if "end" in statement.numbers:
        is_read = f"least({totals}) <= {most}"
        statement.numbers["end"] = statement.numbers["end"].format(is_read=is_read)
    is_long = f"(SELECT count(*) FROM list0) > {most}"
    rows = rows_of("catalog_product", is_long, *selection.own(params))
    statement.numbers["count"] = (
        f"(SELECT count(*) FROM (SELECT FROM {rows} LIMIT {MAX_READ + 1}) AS found)"
    )
    found, numbers = statement.run()
    end = numbers.get("end")
    share = (end + 1) / ENDS if end is not None else share
    lists = [found[f"list{number}"] for number in range(len(countings))]
    whole = frozenset(n for n, rows in enumerate(lists) if share == 1 and len(rows) <= most)
    ids = [row.id for row in found.get("page", ())]
    return Found(countings, lists, whole, ids, numbers["count"] or None, share)


def read_poor(selection: Selection, found: Found) -> Found:
    """Reads those lists themselves of which the pool has too little. No query, or one."""
    poor = [n for n, rows in enumerate(found.lists) if found.share < 1 and len(rows) < ENOUGH]
    if not poor:
        return found
    statement = Statement()
    columns = selection.columns(statement.params)
    for number in poor:
        own = selection.conditions(found.countings[number].filters, statement.params)
        rows = f"SELECT {columns} FROM {rows_of('catalog_product', *own)} LIMIT {MAX_READ + 1}"
        statement.parts[f"list{number}"] = rows
        statement.selects[f"list{number}"] = f"list{number} AS product"
    if 0 in poor:
        statement.selects["list0"] += f" ORDER BY {selection.order}"
    read, _ = statement.run()
    lists = list(found.lists)
    short = [number for number in poor if len(read[f"list{number}"]) <= MAX_READ]
    for number in short:
        lists[number] = read[f"list{number}"]
    ids = found.ids or (selection.page(lists[0]) if 0 in short else [])
    return replace(found, lists=lists, whole=found.whole | set(short), ids=ids)


def count_list(selection: Selection, found: Found) -> Found:
    """How long the list is, up to its last page. No query, or one."""
    if 0 in found.whole:
        return replace(found, count=len(found.lists[0]))
    if found.count is None and found.size >= 2 * MAX_READ:
        return replace(found, count=MAX_READ, is_capped=True)
    if found.count is None:
        params = Params()
        found = replace(found, count=count_rows(params, *selection.own(params)))
    count = found.count or 0
    return replace(found, count=min(count, MAX_READ), is_capped=count > MAX_READ)
