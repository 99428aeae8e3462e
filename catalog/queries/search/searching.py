"""Lists of what a search finds. What few have is found once for everything. How common words are
in a large shop is measured on a sample of it first; then facets are counted on a sample of the hits
and the best known of them are ranked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from catalog.queries.search import browsing
from catalog.queries.search.browsing import (
    Found,
    Selection,
    count_list,
    read_all,
    read_pool,
    read_poor,
)
from catalog.queries.search.conditions import (
    BUCKETS,
    Params,
    choose_level,
    in_sample,
    rows_of,
)
from catalog.queries.search.statements import (
    COLUMNS,
    POOL,
    RELEVANCE,
    SAMPLE,
    Statement,
    fetch,
)
from catalog.queries.search.words import Query, correct, list_frequent
from catalog.rules.filters import Filters

# In a larger shop it is measured first how common words are: on one product of 4 ** LEVEL.
LARGE_SHOP = 20_000
LEVEL = 4
MAX_MEASURED = 1000
# How many of those make the last word plenty by itself, and words common.
PLENTY = 4
COMMON = 8
# A shorter last word is no beginning in a large shop unless frequent words begin so.
SHORTEST_BEGINNING = 3
# So many hits of common words are ranked, chosen from some more: the best known ones.
MAX_RANKED = 600
CANDIDATES = 700
MAX_POPULARITY = 8
Condition = Callable[[Params], str]


@dataclass(frozen=True)
class Search(Selection):
    """The same of what meets a condition, which gives the tsquery."""

    query: Query
    condition: Condition

    @property
    def order(self) -> str:
        is_ranked = self.filters.ordering in ("", "relevance") and self.query.words
        return RELEVANCE if is_ranked else super().order

    def conditions(self, filters: Filters, params: Params) -> list[str]:
        return [
            *super().conditions(filters, params),
            f"search_vector @@ {self.condition(params)}",
        ]

    def columns(self, params: Params) -> str:
        return f"{COLUMNS}, {self.query.rank(self.condition(params), params)} AS rank"


def search(filters: Filters, first: int, most: int) -> Found:
    """Where nothing is found and words are like words of products, those are looked for. One query
    in a small shop, up to four in a large one, and as many more where words are corrected."""
    query = Query.of(filters.search)
    found = _search(query, filters, first, most)
    if found.hits != 0 or not query.words:
        return found
    meant = correct(query)
    found = _search(meant, filters, first, most) if meant else found
    return replace(found, is_fuzzy=True)


def _search(query: Query, filters: Filters, first: int, most: int) -> Found:
    chosen = Search(filters, first, most, query, query.anything)
    if browsing.shop_size > LARGE_SHOP and query.words:
        wanted = [(query.whole, PLENTY)]
        if not query.meant and (known := list_frequent(query.words[-1])):
            wanted.append((partial(query.frequent, known), COMMON))
        chosen, sizes = _measure(chosen, *wanted)
        if sum(sizes.values()) >= COMMON * 4**LEVEL:
            return _search_common(chosen, sizes)
        if not sizes and not query.meant and len(query.words[-1]) < SHORTEST_BEGINNING:
            chosen = replace(chosen, condition=query.whole)
    return read_all(chosen) or _search_common(*_measure(chosen, (chosen.condition, 0)))


def _measure(search: Search, *wanted: tuple[Condition, int]) -> tuple[Search, dict[str, float]]:
    """The search by the first condition that enough products of a sample meet, and how many of
    them are in each bucket of popularity; without one the search as it is. One query."""
    params, parts, selects, before = Params(), [], [], ["true"]
    for number, (condition, least) in enumerate(wanted):
        source = replace(search, condition=condition).source(params)
        rows = rows_of("catalog_product", *before, *source, *in_sample(LEVEL))
        parts.append(
            f"part{number} AS MATERIALIZED (SELECT ({BUCKETS})[2] AS popularity FROM {rows}"
            f" LIMIT {MAX_MEASURED})"
        )
        selects.append(f"SELECT {number}, popularity, count(*) FROM part{number} GROUP BY 2")
        before.append(f"(SELECT count(*) FROM part{number}) < {least}")
    found = fetch(f"WITH {', '.join(parts)} {' UNION ALL '.join(selects)}", params)
    for number, (condition, least) in enumerate(wanted):
        sizes = {name: count * 4.0**LEVEL for part, name, count in found if part == number}
        if sum(sizes.values()) >= least * 4**LEVEL:
            return replace(search, condition=condition), sizes
    return search, {}


def _search_common(search: Search, sizes: Mapping[str, float]) -> Found:
    """Facets are counted on a sample of the hits. Two queries or three."""
    statement, size = Statement(), sum(sizes.values())
    level = choose_level(size, SAMPLE)
    rows = rows_of("catalog_product", *search.source(statement.params), *in_sample(level))
    statement.parts["pool"] = f"SELECT {COLUMNS} FROM {rows} LIMIT {POOL}"
    found = read_poor(search, read_pool(search, statement, share=4.0**-level, most=POOL))
    if 0 in found.whole:
        return count_list(search, found) if found.ids else _add_page(search, found)
    if search.order != RELEVANCE:
        return count_list(search, _add_page(search, found))
    share = found.size / size if size else 1
    return _rank(search, found, {name: number * share for name, number in sizes.items()})


def _add_page(search: Search, found: Found) -> Found:
    """In an order that the table is read in."""
    statement = Statement()
    rows = rows_of("catalog_product", *search.own(statement.params))
    statement.selects["page"] = f"{rows} {search.slice}"
    read, _ = statement.run()
    return replace(found, ids=[row.id for row in read["page"]])


def _rank(search: Search, found: Found, sizes: Mapping[str, float]) -> Found:
    """A page of the best of the best known hits, of which `sizes` are in each bucket of popularity:
    buckets are taken whole from the top on, and of the last one as large a sample as is needed."""
    whole, last, level = choose_buckets(sizes)
    statement, parts = Statement(), []
    params = statement.params
    for names, sample in ((whole, []), ([last], in_sample(level))):
        own = [*search.own(params), f"{BUCKETS} && {params.add(names)}::text[]", *sample]
        parts.append(f"SELECT {search.columns(params)} FROM {rows_of('catalog_product', *own)}")
    statement.parts["candidates"] = " UNION ALL ".join(parts if whole else parts[1:])
    statement.parts["best"] = f"SELECT * FROM candidates ORDER BY {RELEVANCE} LIMIT {MAX_RANKED}"
    statement.numbers["count"] = "(SELECT count(*) FROM best)"
    statement.selects["page"] = f"best {search.slice}"
    read, numbers = statement.run()
    ids = [row.id for row in read["page"]]
    return replace(found, ids=ids, count=numbers["count"], is_capped=True)


def choose_buckets(sizes: Mapping[str, float]) -> tuple[list[str], str, int]:
    """The buckets that are wanted whole, the last one, and of which sample."""
    whole: list[str] = []
    enough = float(CANDIDATES)
    for number in range(MAX_POPULARITY, 0, -1):
        name = f"popularity{number}"
        if (size := sizes.get(name, 0)) >= enough:
            return whole, name, choose_level(size, enough)
        whole.append(name)
        enough -= size
    return whole, "popularity0", choose_level(sizes.get("popularity0", 0), enough)
