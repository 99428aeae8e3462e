"""Searching. A word that everybody uses is looked for in bands of the shop, which the index of the
words knows, so that neither all who have it are read nor all places of it in the index."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import F, Func, IntegerField, TextField
from django.db.models.functions import Cast, Least

from catalog.models import Bands, Product
from catalog.queries.scouting import (
    COMMON,
    LAST_RING,
    PLENTY,
    SCOUTED_RING,
    Question,
    Scouts,
    in_rings,
    scout,
)
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
from catalog.queries.vocabulary import Words
from catalog.rules.filters import Filters, search_words
from catalog.rules.text import squeeze

SIMILAR_ENOUGH = 0.3
# As many of the best known are compared word by word while somebody waits.
MAX_COMPARED = 1000
# So many hits are ranked for a list, and some more to choose them from.
MAX_RANKED = 600
CANDIDATES = 900
# What is fewer is read whole.
MANY = 2000
# Of so many hits of a common word facets are counted, or up to four times as many.
DRAWN_HITS = 600
# From how many ratings on a product is in the next band of those that are known.
KNOWN_FROM = (1, 4, 16, 64, 256, 1024, 4096)
# One text instead of some hundred rows, of which a page needs the keys of a few.
AS_TEXT = "SELECT array_to_string(ARRAY(SELECT id FROM ({}) best), ' ')"


class OwnWords(Func):
    """The words of a product without those of its description, as a text."""

    template = "strip(ts_filter(%(expressions)s, '{a,b}'))::text"
    output_field: Any = TextField()


@dataclass(frozen=True)
class Match:
    """What a search found. `rank` says how well, None where nothing was searched for; `is_fuzzy`
    when similar words are meant. Of a common word `known` has how many hits each band of the
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
    by itself; or the best known ones with similar words, so that a slip of the finger finds some.
    Of all words that begin so those that many have will do where they make a common find: all
    places of all of them would have to be collected. One query."""
    words = tuple(search_words(text))
    if not words:
        return Match(Base(shop.products.none()) if text else shop)
    question = Question(shop, words)
    found = scout(question)
    if len(found["whole"]) >= PLENTY:
        rank = _rank(question.whole, text)
        return _match(question, question.whole, found["whole"], "whole", rank)
    if found.is_nobody:
        return _search_alike(shop.products, words)
    rank = _rank(question.begun, text)
    if found.words:
        query = question.begun_by(Words(found.words))
        return _match(question, query, found["often"], found.words, rank)
    if question.before is not None and len(found["before"]) < COMMON:
        return Match(Base(question.find_few()), rank)
    return _match(question, question.begun, found["begun"], "begun", rank)


def _match(question: Question, query: Any, scouts: Scouts, name: str, rank: Any) -> Match:
    """Of words that few have nothing is kept: they are not asked for again so soon."""
    products = question.find(query)
    if len(scouts) < COMMON:
        return Match(Base(products), rank)
    known, share = Counter(_known(*one) for one in scouts), 4**SCOUTED_RING
    sizes = {band: number * share for band, number in known.items()}
    return Match(Base(products, (question, name)), rank, known=sizes)


def _rank(query: Any, text: str) -> Any:
    """What may be a code is asked for whole, too, so that who has it comes first."""
    rank = SearchRank(F("search_vector"), query)
    code = squeeze(text)
    if not any(sign.isdigit() for sign in code):
        return rank
    return rank + SearchRank(F("search_vector"), SearchQuery(code, config="simple"))


def _known(in_stock: bool, rating_count: int) -> int:
    """The number of the band `known…`."""
    return 1 + sum(rating_count >= least for least in KNOWN_FROM) if in_stock else 0


def _search_alike(products: Products, words: tuple[str, ...]) -> Match:
    """Each of the words is like one of the product's."""
    each = [TrigramWordSimilarity(word, OwnWords("search_vector")) for word in words]
    alike = Least(*each) if len(each) > 1 else each[0]
    best = products.order_by(*BEST_KNOWN).values("pk")[:MAX_COMPARED]
    known = Product.objects.filter(pk__in=best).alias(alike=alike)
    return Match(Base(known.filter(alike__gt=SIMILAR_ENOUGH)), alike, is_fuzzy=True)


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
