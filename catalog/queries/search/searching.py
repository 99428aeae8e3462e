"""Lists of what a search finds. What few have is found once for everything. How common words are
in a large shop is measured on a sample of it first; then facets are counted on a sample of the hits
and the best known of them are ranked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from catalog.queries.search.browsing import Found, Selection, complete
from catalog.queries.search.conditions import (
    BUCKETS,
    Params,
    choose_level,
    in_sample,
    list_conditions,
    rows_of,
)
from catalog.queries.search.facets import list_countings
from catalog.queries.search.statements import (
    CATEGORIES,
    COLUMNS,
    MAX_COUNTED,
    POOL,
    RELEVANCE,
    SAMPLE,
    SHOP_SIZE,
    Statement,
)
from catalog.queries.search.words import Query, correct
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
CANDIDATES = 900
MAX_POPULARITY = 8
Condition = Callable[[Params], str]
# As the server's statistics had it last. A hint: answers are right either way.
shop_size = 0.0


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

    def hits(self, params: Params) -> list[str]:
        """Whatever the filters are."""
        scope = Filters(search=self.filters.search, scope=self.filters.scope)
        return self.conditions(scope, params)


def search(filters: Filters, first: int, most: int) -> Found:
    """Where nothing is found and words are like words of products, those are looked for. One query
    in a small shop, up to four in a large one, and up to five more where words are corrected."""
    query = Query.of(filters.search)
    found = _search(query, filters, first, most)
    if found.answer.get("hits") != 0 or not query.words:
        return found
    meant = correct(query)
    found = _search(meant, filters, first, most) if meant else found
    return replace(found, is_fuzzy=True)


def _search(query: Query, filters: Filters, first: int, most: int) -> Found:
    chosen = Search(filters, first, most, query, query.anything)
    if shop_size > LARGE_SHOP and query.words:
        chosen, sizes = _measure(chosen, (query.whole, PLENTY), (query.frequent, COMMON))
        if sum(sizes.values()) >= COMMON:
            return _search_common(chosen, sizes)
        if not sizes and len(query.words[-1]) < SHORTEST_BEGINNING:
            chosen = replace(chosen, condition=query.whole)
    return _search_all(chosen) or _search_common(*_measure(chosen, (chosen.condition, 0)))


def _search_all(search: Search) -> Found | None:
    """Hits are found once for everything; None where there are too many. One query."""
    global shop_size
    statement = Statement()
    columns, hits = search.columns(statement.params), search.hits(statement.params)
    rows = rows_of("catalog_product", *hits)
    statement.parts["hits"] = f"SELECT {columns} FROM {rows} LIMIT {MAX_COUNTED + 1}"
    are_few = f"(SELECT count(*) FROM hits) <= {MAX_COUNTED}"
    countings = list_countings(search.filters)
    for number, counting in enumerate(countings):
        own = list_conditions(counting.filters, statement.params, of_table=False)
        rows = f"SELECT * FROM {rows_of('hits', are_few, *own)}"
        statement.add_list(f"list{number}", counting, rows)
    search.add_page(statement, "list0")
    statement.fields["categories"] = CATEGORIES
    statement.fields["hits"] = "(SELECT count(*) FROM hits)"
    statement.fields["size"] = SHOP_SIZE
    answer = statement.run()
    shop_size = answer["size"]
    return Found(answer, countings) if answer["hits"] <= MAX_COUNTED else None


def _measure(search: Search, *wanted: tuple[Condition, int]) -> tuple[Search, dict[str, int]]:
    """The search by the first condition that enough products of a sample meet, and how many of
    them are in each bucket of popularity; without one the search as it is. One query."""
    statement, before = Statement(), []
    for number, (condition, least) in enumerate(wanted):
        hits = replace(search, condition=condition).hits(statement.params)
        rows = rows_of("catalog_product", *before, *hits, *in_sample(LEVEL))
        statement.parts[f"part{number}"] = (
            f"SELECT ({BUCKETS})[2] AS popularity FROM {rows} LIMIT {MAX_MEASURED}"
        )
        statement.fields[f"part{number}"] = (
            "(SELECT json_object_agg(popularity, n) FROM (SELECT popularity, count(*) AS n"
            f" FROM part{number} GROUP BY 1) AS counted)"
        )
        before.append(f"(SELECT count(*) FROM part{number}) < {least}")
    answer = statement.run()
    for number, (condition, least) in enumerate(wanted):
        sizes = answer[f"part{number}"] or {}
        if sum(sizes.values()) >= least:
            return replace(search, condition=condition), sizes
    return search, {}


def _search_common(search: Search, sizes: Mapping[str, int]) -> Found:
    """Facets are counted on a sample of the hits. Two queries or three."""
    statement = Statement()
    level = choose_level(sum(sizes.values()) * 4**LEVEL, SAMPLE)
    rows = rows_of("catalog_product", *search.hits(statement.params), *in_sample(level))
    statement.parts["pool"] = f"SELECT {COLUMNS} FROM {rows} LIMIT {POOL}"
    countings = list_countings(search.filters)
    for number, counting in enumerate(countings):
        statement.add_sample(f"list{number}", counting, "pool")
    statement.fields["categories"] = CATEGORIES
    found = complete(Found(statement.run(), countings, 4.0**-level), search, has_page=False)
    if "cards" in found.answer:
        return found
    page = Statement()
    if search.order == RELEVANCE:
        shown = found.size(0) / (sum(sizes.values()) * 4**LEVEL)
        _rank(page, search, {name: n * 4**LEVEL * shown for name, n in sizes.items()})
    else:
        search.add_page(page)
    answer = page.run()
    most = answer.get("ranked", found.most)
    return replace(found, answer={**found.answer, **answer}, most=most)


def _rank(statement: Statement, search: Search, sizes: Mapping[str, float]) -> None:
    """A page of the best of the best known hits, of which `sizes` are in each bucket of popularity:
    buckets are taken whole from the top on, and of the last one as large a sample as is needed."""
    whole, last, level = choose_buckets(sizes)
    params, parts = statement.params, []
    for names, sample in ((whole, []), ([last], in_sample(level))):
        own = [*search.conditions(search.filters, params), f"{BUCKETS} && {params.add(names)}"]
        rows = rows_of("catalog_product", *own, *sample)
        parts.append(f"SELECT {search.columns(params)} FROM {rows}")
    statement.parts["candidates"] = " UNION ALL ".join(parts if whole else parts[1:])
    best = f"SELECT * FROM candidates ORDER BY {RELEVANCE} LIMIT {MAX_RANKED}"
    statement.parts["best"] = best
    statement.fields["ranked"] = "(SELECT count(*) FROM best)"
    search.add_page(statement, "best")


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
