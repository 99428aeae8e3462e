"""How a list is found. What is not long is read whole, by one query in a small shop. Of a long list
a sample is counted, and of those that filters leave too little of in the sample they are read
themselves."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from catalog.queries.search.conditions import MAX_LEVEL, choose_level
from catalog.queries.search.facets import list_counted
from catalog.queries.search.statements import (
    ALL,
    MAX_READ,
    RELEVANCE,
    Found,
    Selection,
    count_up_to,
    rank,
    read,
    read_page,
    read_shop_size,
)  # fmt: skip
from catalog.queries.search.words import Condition, Query, correct, list_frequent
from catalog.rules.filters import Filters

# A sample has so many products at least; so many will do for a list that filters leave of it.
SAMPLE = 200
ENOUGH = 50
# In a larger shop it is measured first how long a list is: on one product of 4 ** LEVEL.
LARGE_SHOP = 20_000
LEVEL = 4
# How many of those make the last word plenty by itself, and words common.
PLENTY = 4
COMMON = 8
# A shorter last word is no beginning in a large shop unless frequent words begin so.
SHORTEST_BEGINNING = 3
# The number of products, once there were too many. A hint what to try first: answers are right
# anyway.
shop_size = 0


def find(filters: Filters, first: int, most: int) -> Found:
    """Where nothing is found and words are like words of products, those are looked for."""
    selection = Selection(filters, first, most)
    if not filters.search:
        return _browse(selection)
    query = Query.of(filters.search)
    found = _search(selection, query)
    if found.hits or not query.words:
        return found
    meant = correct(query)
    return replace(_search(selection, meant) if meant else found, is_fuzzy=True)


def _browse(selection: Selection) -> Found:
    size = shop_size
    if selection.filters.scope:
        return _complete(selection, _read(selection, LEVEL if size > LARGE_SHOP else 0))
    return _complete(selection, _read(selection, _choose(size)))


def _search(selection: Selection, query: Query) -> Found:
    """Few hits are found at once. In a large shop common words are not asked for as beginnings."""
    selection = replace(selection, query=query, condition=query.anything)
    if shop_size > LARGE_SHOP and query.words:
        for condition, least in _list_conditions(query):
            chosen = replace(selection, condition=condition)
            measured = _read(chosen, LEVEL)
            if measured.hits >= least:
                return _complete(chosen, measured)
        if len(query.words[-1]) < SHORTEST_BEGINNING:
            selection = replace(selection, condition=query.whole)
    return _complete(selection, _read(selection, 0))


def _list_conditions(query: Query) -> Iterator[tuple[Condition, int]]:
    """What may be asked for instead of a beginning, and how many hits of a sample it needs."""
    yield query.whole, PLENTY
    if not query.meant and (known := list_frequent(query.words[-1])):
        yield partial(query.frequent, known), COMMON


def _read(selection: Selection, level: int) -> Found:
    filters = selection.filters
    source = Filters(search=filters.search, scope=filters.scope)
    return read(selection, source, list_counted(filters), level=level)


def _choose(size: int) -> int:
    """The level at which a list of this size is read."""
    return choose_level(size, SAMPLE) if size > MAX_READ else 0


def _complete(selection: Selection, found: Found) -> Found:
    """Reads the source anew if its sample turns out too small or too large, then what filters leave
    too little of, then the page unless it was among it."""
    global shop_size
    level = found.counts[ALL].level
    if level and found.hits < SAMPLE:
        level = _choose(found.hits * 4**level)
        found = _read(selection, level)
    if found.hits > MAX_READ:
        shop_size = read_shop_size()
    while found.hits > MAX_READ and level < MAX_LEVEL:
        level += 1
        found = _read(selection, level)
    for name in reversed(found.counts):
        _read_itself(selection, found, name)
    return _add_page(selection, found)


def _read_itself(selection: Selection, found: Found, name: str) -> None:
    """Reads a list of which the sample has too little, and the whole list is within it."""
    counts = found.counts[name]
    if not counts.level or counts.size >= ENOUGH:
        return
    filters = list_counted(selection.filters)[name]
    lists = {ALL: selection.filters, name: filters}
    own = read(selection, filters, lists, level=_choose(counts.estimate))
    if own.hits <= MAX_READ:
        found.brands |= own.brands
        found.counts[name] = own.counts[name]
        if own.cards is not None:
            found.counts[ALL], found.cards = own.counts[ALL], own.cards


def _add_page(selection: Selection, found: Found) -> Found:
    """The page and how long the list is, as far as they are not known yet. No query, or two."""
    counts = found.counts[ALL]
    if found.cards is not None:
        return replace(found, count=counts.size)
    if selection.order == RELEVANCE:
        sizes = {key: total * 4**counts.level for key, total in counts.keys.items()}
        cards, count = rank(selection, sizes)
        return replace(found, cards=cards, count=count, is_capped=True)
    count = counts.estimate
    if count < 2 * MAX_READ:
        count = count_up_to(selection, MAX_READ)
    cards, is_capped = read_page(selection), count > MAX_READ
    return replace(found, cards=cards, count=min(count, MAX_READ), is_capped=is_capped)
