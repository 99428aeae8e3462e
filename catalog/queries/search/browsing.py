"""Lists of products by category and filters alone. Of a large shop a pool is read at random, from
an index alone, and every list is looked for in it. Only a list that the pool has too little of is
read itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from catalog.queries.search.conditions import VISIBLE, Params, list_conditions, rows_of
from catalog.queries.search.facets import list_countings
from catalog.queries.search.statements import (
    CATEGORIES,
    FACET_COLUMNS,
    MAX_COUNTED,
    NEWEST,
    ORDERS,
    POOL,
    RANDOM,
    SHOP,
    SHOP_POOL,
    Counting,
    Statement,
)
from catalog.rules.filters import Filters

# A list has to have so many products in the pool to be judged by them.
ENOUGH = 50
# All of an end of an id, as a number.
ENDS = 16**8


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
        """What is read of a list that is counted itself."""
        return FACET_COLUMNS

    def add_page(self, statement: Statement, rows: str = "") -> None:
        """Of rows that the statement has, or else of the table."""
        if not rows:
            own = self.conditions(self.filters, statement.params)
            rows = rows_of("catalog_product", *own)
        statement.add_page(rows, self.order, self.first, self.most)


@dataclass(frozen=True)
class Found:
    """What a statement told: its `answer`, of which `list0` is the list itself and the others are
    counted for facets, in a `share` of the products. `exact` are those that were read whole;
    `most` is how many products are shown at most."""

    answer: Mapping[str, Any]
    countings: Sequence[Counting]
    share: float = 1
    exact: frozenset[int] = frozenset()
    most: int = MAX_COUNTED
    is_fuzzy: bool = False

    def size(self, number: int) -> float:
        """Roughly how many products a list has; of a long one at least more than MAX_COUNTED."""
        total: int = self.answer[f"list{number}"]["total"]
        return total if number in self.exact else total / self.share

    def is_known(self, number: int) -> bool:
        """Whether all products of a list were counted."""
        return self.size(number) <= MAX_COUNTED and (self.share == 1 or number in self.exact)

    def is_poor(self, number: int) -> bool:
        """Whether the pool has too few of a list, or it is likely to be a short one; what is shown
        shall not be called long without being so."""
        total = self.answer[f"list{number}"]["total"]
        limit = MAX_COUNTED if number else 2 * MAX_COUNTED
        return self.share < 1 and (total < ENOUGH or self.size(number) < limit)

    @property
    def count(self) -> int:
        """Up to the last page."""
        return int(min(self.size(0), self.most))

    @property
    def is_capped(self) -> bool:
        return not self.is_known(0)

    @property
    def is_sampled(self) -> bool:
        return not all(map(self.is_known, range(len(self.countings))))

    @property
    def counts(self) -> dict[str, Any]:
        lists = (self.answer[f"list{number}"] for number in range(len(self.countings)))
        return {key: value for one in lists for key, value in one.items()}


def browse(filters: Filters, first: int, most: int) -> Found:
    """One query, or two."""
    selection, statement = Selection(filters, first, most), Statement()
    countings = list_countings(filters)
    statement.parts["pool"] = SHOP_POOL
    for number, counting in enumerate(countings):
        statement.add_sample(f"list{number}", counting, "pool", total=SHOP)
    selection.add_page(statement)
    statement.fields["categories"] = CATEGORIES
    # Where the pool ends, which tells its share of the shop; asked only if all of it was read.
    totals = ", ".join(f"(SELECT n FROM list{n}_total)" for n in range(len(countings)))
    statement.fields["end"] = (
        f"CASE WHEN least({totals}) <= {MAX_COUNTED} THEN"
        f" (SELECT {RANDOM} FROM pool OFFSET {POOL - 1} LIMIT 1) END"
    )
    answer = statement.run()
    share = (int(answer["end"], 16) + 1) / ENDS if answer["end"] else 1
    return complete(Found(answer, countings, share), selection)


def complete(found: Found, selection: Selection, *, has_page: bool = True) -> Found:
    """Reads those lists themselves of which the pool has too little; and the page of the list
    itself if it is one of those and was not read yet. No query, or one."""
    poor = [number for number in range(len(found.countings)) if found.is_poor(number)]
    if not poor:
        return found
    statement = Statement()
    columns = selection.columns(statement.params)
    for number in poor:
        counting = found.countings[number]
        own = selection.conditions(counting.filters, statement.params)
        rows = f"SELECT {columns} FROM {rows_of('catalog_product', *own)}"
        statement.add_list(f"list{number}", counting, rows)
    if 0 in poor and not has_page:
        selection.add_page(statement, "list0")
    answer = statement.run()
    short = [n for n in poor if answer[f"list{n}"]["total"] <= MAX_COUNTED]
    cards = {"cards": answer["cards"]} if 0 in short and not has_page else {}
    read = {f"list{number}": answer[f"list{number}"] for number in short}
    return replace(found, answer={**found.answer, **read, **cards}, exact=frozenset(short))
