"""Searching. A word that everybody uses is looked for in bands of the shop, which the index of the
words knows, so that neither all who have it are read nor all places of it in the index."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from operator import and_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.contrib.postgres.search import SearchVectorField as Vector
from django.db.models import F, Func, IntegerField, Value
from django.db.models.functions import Cast

from catalog.models import Bands, Product
from catalog.queries.selecting import (
    BEST_KNOWN,
    NEWEST,
    Base,
    Products,
    Ranking,
    Shelves,
    narrow,
)
from catalog.queries.statements import Statement
from catalog.queries.vocabulary import Words, WordsOf, selecting_begun
from catalog.rules.filters import Filters, search_words
from catalog.rules.text import fold

SIMILAR_ENOUGH = 0.3
# So many hits are ranked for a list, and some more to choose them from.
MAX_RANKED = 600
CANDIDATES = 900
# What is fewer is read whole.
MANY = 2000
LAST_RING = 5
# How many products of one in 256 make a word common, and where counting them ends.
SCOUTED_RING = 4
COMMON = 8
# How many make a last word plenty by itself, so that it is not taken for a beginning.
PLENTY = 4
MAX_SCOUTED = 1000
# Of so many hits of a common word facets are counted, or up to four times as many.
DRAWN_HITS = 600
# From how many ratings on a product is in the next band of those that are known.
KNOWN_FROM = (1, 4, 16, 64, 256, 1024, 4096)
# One text instead of some hundred rows, of which a page needs the keys of a few.
AS_TEXT = "SELECT array_to_string(ARRAY(SELECT id FROM ({}) best), ' ')"
Scouts = list[tuple[bool, int]]


@dataclass(frozen=True)
class Match:
    """What a search found. `rank` says how well, None where nothing was searched for; `is_fuzzy`
    when similar titles are meant. Of a common word `known` has how many hits each band of the
    best known has, roughly; it is empty otherwise."""

    base: Base
    rank: Any = None
    is_fuzzy: bool = False
    known: Mapping[int, int] = field(default_factory=dict)

    @property
    def products(self) -> Products:
        return self.base.products

    @property
    def size(self) -> int:
        """Roughly how many products have a common word."""
        return sum(self.known.values())


def search(shop: Base, text: str) -> Match:
    """The products that have all the words, the last one as a beginning unless it finds plenty
    by itself; or the best known ones with a similar title, so that a slip of the finger finds some.
    Of all words that begin so those that many have will do where they make a common find: all
    places of all of them would have to be collected. One query."""
    products, words = shop.products, search_words(text)
    if not words:
        return Match(Base(products.none()) if text else shop)
    *rest, last = words
    whole, before = _all(words), _all(rest) if rest else None
    query = _with(before, _beginning(last))
    few = _few(products, before, last) if before is not None else None
    found, often = _scout(products, whole, before, last, few)
    if len(found["whole"]) >= PLENTY:
        named = Base(products.filter(search_vector=whole), (*shop.name, text))
        return _match(named, whole, found["whole"])
    if not any(rows for name, rows in found.items() if name != "before"):
        return _search_alike(products, text)
    if often:
        any_of = _with(before, Words(often) | _word(last))
        named = Base(products.filter(search_vector=any_of), (*shop.name, text, often))
        return _match(named, query, found["often"])
    if few is not None and len(found["before"]) < COMMON:
        return _match(Base(few), query, [])
    begun = Base(products.filter(search_vector=query), (*shop.name, text, "begun"))
    return _match(begun, query, found["begun"])


def _few(products: Products, before: Any, last: str) -> Products:
    """Where few have the other words: each of them is looked at rather than all that begin so."""
    return (
        products.filter(search_vector=before)
        .alias(words=_unindexed())
        .filter(words=_beginning(last))
    )


def _match(base: Base, query: Any, scouts: Scouts) -> Match:
    """Of words that few have nothing is kept: they are not asked for again so soon."""
    is_common = len(scouts) >= COMMON
    known = Counter(_known(*scout) for scout in scouts) if is_common else {}
    share = 4**SCOUTED_RING
    sizes = {band: number * share for band, number in known.items()}
    rank = SearchRank(F("search_vector"), query)
    return Match(base if is_common else Base(base.products), rank, known=sizes)


def _known(in_stock: bool, rating_count: int) -> int:
    """The number of the band `known…`."""
    return 1 + sum(rating_count >= least for least in KNOWN_FROM) if in_stock else 0


def _search_alike(products: Products, text: str) -> Match:
    alike = TrigramWordSimilarity(fold(text), "title")
    # As many as can be compared one by one while somebody waits.
    best = products.order_by(*BEST_KNOWN).values("pk")[:MAX_RANKED]
    known = Product.objects.filter(pk__in=best).alias(alike=alike)
    return Match(Base(known.filter(alike__gt=SIMILAR_ENOUGH)), alike, is_fuzzy=True)


def _all(words: Sequence[str]) -> Any:
    return reduce(and_, map(_word, words))


def _word(word: str) -> Any:
    return SearchQuery(word, config="english")


def _beginning(word: str) -> Any:
    # Words are \w+ only, so nothing in them can mean anything to to_tsquery.
    return SearchQuery(f"'{word}':*", config="simple", search_type="raw") | _word(word)


def _with(before: Any, last: Any) -> Any:
    return last if before is None else before & last


def _unindexed() -> Any:
    """The words of a product, for a condition that shall not be asked of the index."""
    return Func(
        F("search_vector"), Value(""), template="(%(expressions)s::tsvector)", arg_joiner=" || ",
        output_field=Vector(),
    )  # fmt: skip


def in_rings(products: Products, first: int) -> Products:
    """One of 4 ** `first` products, at random."""
    rings = [f"ring{number}" for number in range(first, LAST_RING + 1)]
    return products.alias(ring=Bands()).filter(ring__overlap=rings) if first else products


def _scout(
    products: Products, whole: Any, before: Any, last: str, few: Products | None
) -> tuple[dict[str, Scouts], str]:
    """Who has the words in a small part of the shop, as (in stock, number of ratings): all of the
    words as they are (`whole`), all but the last (`before`), all with the last as a beginning of a
    word that many have (`often`) or of any (`begun`), which is asked only when it can be read in
    reason. `any` is not empty when that finds nobody there, and somebody in the shop. And the words
    of `often` if that makes a common find, else nothing."""
    part = in_rings(products, SCOUTED_RING)
    is_rare = f"(SELECT count(*) FROM whole_) < {PLENTY}"
    is_nobody = "NOT EXISTS (SELECT FROM whole_)"
    asked = {"whole": (part.filter(search_vector=whole), "true")}
    often = _with(before, WordsOf("words_") | _word(last))
    asked["often"] = (part.filter(search_vector=often), is_rare)
    is_often = f"(SELECT count(*) FROM often_) >= {COMMON}"
    wanted = f"{is_rare} AND {is_often}"
    is_rare = f"{is_rare} AND NOT {is_often}"
    if before is not None and few is not None:
        asked["before"] = (part.filter(search_vector=before), is_rare)
        is_long = f"(SELECT count(*) FROM before_) >= {COMMON}"
        asked["few"] = (few, f"{is_rare} AND {is_nobody} AND NOT {is_long}")
        is_rare = f"{is_rare} AND {is_long}"
    query = _with(before, _beginning(last))
    asked["begun"] = (part.filter(search_vector=query), is_rare)
    is_nobody = f"{is_rare} AND {is_nobody} AND NOT EXISTS (SELECT FROM begun_)"
    asked["any"] = (products.filter(search_vector=query), is_nobody)
    return _ask(asked, selecting_begun(last), wanted)


def _ask(
    asked: Mapping[str, tuple[Products, str]], words: Statement, is_wanted: str
) -> tuple[dict[str, Scouts], str]:
    """Each of the products only where its condition holds, which may look at the ones before. And
    the words where `is_wanted`, which the products may look at too."""
    parts = [f"words_ (query) AS MATERIALIZED ({words.sql})"]
    selects = [
        f"SELECT 'words', NULL::boolean, NULL::int, 1, query::text FROM words_ WHERE {is_wanted}"
    ]
    values = list(words.values)
    for name, (products, condition) in asked.items():
        rows = products.order_by().values_list("in_stock", "rating_count")[:MAX_SCOUTED]
        sql, used = rows.query.sql_with_params()
        parts.append(f"{name}_ (in_stock, rating_count) AS MATERIALIZED ({sql})")
        selects.append(
            f"SELECT '{name}', in_stock, rating_count, count(*), '' FROM {name}_"
            f" WHERE {condition} GROUP BY 2, 3"
        )
        values += used
    found: dict[str, Scouts] = {name: [] for name in asked}
    often = ""
    scouting = Statement(f"WITH {', '.join(parts)} {' UNION ALL '.join(selects)}", tuple(values))
    for name, in_stock, rating_count, number, text in scouting.rows():
        if name == "words":
            often = text or ""
        else:
            found[name] += [(in_stock, rating_count)] * number
    return found, often


def rank_hits(match: Match, filters: Filters, shelves: Shelves, share: float = 1) -> list[str]:
    """The keys of the best hits, in order, of a list of the match, which is roughly a `share` of
    it; one more than MAX_RANKED when there are more. Many hits are not all ranked: those that are
    best known are, and of those that are known alike some at random. One query."""
    ranking = Ranking(filters, match.rank)
    if match.known and match.size * share >= MANY:
        keys = make_ranking(match.base, ranking, shelves, *_bands(match.known, share))
    else:
        chosen = narrow(match.products, filters, shelves)
        if not match.is_fuzzy:
            # Written otherwise than the index of the best known has it: there are so few hits
            # that the planner must not go through the shop for them.
            known_order = (Cast("in_stock", IntegerField()).desc(), *BEST_KNOWN[1:])
            best = chosen.order_by(*known_order).values("pk")[: MAX_RANKED + 1]
            chosen = Product.objects.filter(pk__in=best)
        keys = _in_order(_ranked(ranking, chosen))
    found: str = keys.rows()[0][0] if keys.sql else ""
    return found.split()


@lru_cache(maxsize=128)
def make_ranking(
    base: Base, ranking: Ranking, shelves: Shelves, upper: tuple[str, ...], last: str, ring: int
) -> Statement:
    """Kept for the common words that are asked for most."""
    banded = narrow(base.products, ranking.filters, shelves).alias(band=Bands())
    whole = [last] if ring else [*upper, last]
    ranked = _ranked(ranking, in_rings(banded.filter(band__overlap=whole), ring))
    if upper and ring:
        best = _ranked(ranking, banded.filter(band__overlap=list(upper)))
        ranked = best.union(ranked, all=True)
    return _in_order(ranked)


def _in_order(ranked: Any) -> Statement:
    order = ("-in_stock", "-rank", "-rating_count", *NEWEST)
    keys = Statement.of(ranked.order_by(*order)[: MAX_RANKED + 1])
    return Statement(AS_TEXT.format(keys.sql) if keys.sql else "", keys.values)


def _ranked(ranking: Ranking, products: Products) -> Any:
    columns = ("id", "in_stock", "rank", "rating_count", "published_at")
    return products.order_by().annotate(rank=ranking.rank).values_list(*columns)


def _bands(known: Mapping[int, int], share: float) -> tuple[tuple[str, ...], str, int]:
    """The bands of the best known until there are enough hits in them: those that are wanted
    whole, the last one, and of which ring on that is wanted."""
    upper: list[str] = []
    enough = float(CANDIDATES)
    for band in range(len(KNOWN_FROM) + 1, 0, -1):
        size = known.get(band, 0) * share
        if size >= enough:
            return tuple(upper), f"known{band}", ring_of(size, enough)
        upper.append(f"known{band}")
        enough -= size
    return tuple(upper), "known0", ring_of(known.get(0, 0) * share, enough)


def ring_of(size: float, least: float) -> int:
    """The first of the rings that have at least so many of so many products together."""
    return next((n for n in range(LAST_RING, 0, -1) if size / 4**n >= least), 0)
