"""How a list is found. What is not long is read whole, by one query in a small shop. Of a long list
a sample is counted, and what filters leave too little of in the sample is read itself."""

from dataclasses import replace

from catalog.queries.search import statements
from catalog.queries.search.conditions import MAX_LEVEL, choose_level
from catalog.queries.search.facets import list_counted
from catalog.queries.search.statements import ALL, MAX_READ, Found, Selection, read
from catalog.queries.search.words import Query, correct, list_frequent
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
    query = Query.of(filters.search) if filters.search else None
    selection = Selection(filters, first, most, query)
    found = _find(selection)
    if found.hits or not (query and query.meant):
        return found
    meant = correct(query)
    return replace(_find(replace(selection, query=meant)) if meant else found, is_fuzzy=True)


def _find(selection: Selection) -> Found:
    if not selection.query and not selection.filters.scope:
        return _complete(selection, _read(selection, _choose(shop_size)))
    if shop_size <= LARGE_SHOP:
        return _complete(selection, _read(selection, 0))
    if not selection.query or not selection.query.meant:
        return _complete(selection, _read(selection, LEVEL))
    return _search_large_shop(selection, selection.query)


def _search_large_shop(selection: Selection, query: Query) -> Found:
    """To collect all places of all words that begin so takes too long where there are many: whole
    words will do where they are plenty, and frequent words for a beginning."""
    last = query.meant[-1][0]
    whole = replace(selection, query=replace(query, ending=""))
    measured = _read(whole, LEVEL)
    if measured.hits >= PLENTY:
        return _complete(whole, measured)
    if query.ending and (known := list_frequent(last)):
        frequent = replace(selection, query=replace(query, ending=known))
        measured = _read(frequent, LEVEL)
        if measured.hits >= COMMON:
            return _complete(frequent, measured)
    rare = whole if len(last) < SHORTEST_BEGINNING else selection
    return _complete(rare, _read(rare, 0))


def _read(selection: Selection, level: int) -> Found:
    filters = selection.filters
    source = Filters(search=filters.search, scope=filters.scope)
    return read(selection, source, list_counted(filters), level)


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
        shop_size = statements.read_shop_size()
    while found.hits > MAX_READ and level < MAX_LEVEL:
        level += 1
        found = _read(selection, level)
    for name in reversed(found.counts):
        if found.counts[name].level and found.counts[name].size < ENOUGH:
            _read_itself(selection, found, name)
    return _add_page(selection, found)


def _read_itself(selection: Selection, found: Found, name: str) -> None:
    """One of the lists; that of all filters is within it."""
    filters = list_counted(selection.filters)[name]
    lists = {ALL: selection.filters, name: filters}
    own = read(selection, filters, lists, _choose(found.counts[name].estimate))
    if own.hits <= MAX_READ:
        found.brands |= own.brands
        found.counts[name] = own.counts[name]
        if own.cards is not None:
            found.counts[ALL], found.cards = own.counts[ALL], own.cards


def _add_page(selection: Selection, found: Found) -> Found:
    """The page and how long the list is, as far as they are not known yet. No query, or one."""
    counts = found.counts[ALL]
    if found.cards is not None:
        return replace(found, count=counts.size)
    if selection.is_ranked:
        cards, count = statements.rank(selection, counts)
        return replace(found, cards=cards, count=count, is_capped=True)
    # What is far too long is not counted.
    is_long = counts.estimate >= 2 * MAX_READ
    cards, count = statements.read_page(selection, 0 if is_long else MAX_READ + 1)
    is_capped = is_long or count > MAX_READ
    return replace(found, cards=cards, count=MAX_READ if is_capped else count, is_capped=is_capped)
