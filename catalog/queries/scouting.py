"""Who has the words of a search, asked of a small part of the shop before anything is found."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.contrib.postgres.search import SearchVectorField as Vector
from django.db.models import F, Func, Value

from catalog.models import Bands
from catalog.queries.selecting import Base, Products
from catalog.queries.statements import Statement
from catalog.queries.vocabulary import Words, WordsOf, selecting_begun

LAST_RING = 5
# How many products of one in 256 make a word common, and where counting them ends.
SCOUTED_RING = 4
COMMON = 8
# How many make a last word plenty by itself, so that it is not taken for a beginning.
PLENTY = 4
MAX_SCOUTED = 1000
# For so long it is known how common a word is, of so many questions.
KEPT_SECONDS = 60
MAX_KEPT = 128
# In stock, and the number of ratings.
Scouts = list[tuple[bool, int]]


@dataclass(frozen=True)
class Question:
    """The words of a search, one at least, folded, and where they are looked for."""

    shop: Base
    words: tuple[str, ...]

    @property
    def whole(self) -> Any:
        """All of the words as they are."""
        return reduce(and_, map(_word, self.words))

    @property
    def before(self) -> Any:
        """All but the last; None where there is one only."""
        return reduce(and_, map(_word, self.words[:-1])) if self.words[1:] else None

    @property
    def begun(self) -> Any:
        """All of them, the last as a beginning."""
        # Words are \w+ only, so nothing in them can mean anything to to_tsquery.
        beginning = SearchQuery(f"'{self.words[-1]}':*", config="simple", search_type="raw")
        return self._ending(beginning)

    def begun_by(self, words: Words | WordsOf) -> Any:
        """The last as one of these words."""
        return self._ending(words)

    def find(self, query: Any) -> Products:
        return self.shop.products.filter(search_vector=query)

    def find_few(self) -> Products:
        """Where few have the words before the last: each of them is looked at rather than all that
        begin so."""
        return self.find(self.before).alias(words=_unindexed()).filter(words=self.begun)

    def _ending(self, last: Any) -> Any:
        either = last | _word(self.words[-1])
        return either if self.before is None else self.before & either


def _word(word: str) -> Any:
    return SearchQuery(word, config="english")


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


@dataclass(frozen=True)
class Found:
    """Who has the words in a small part of the shop: all of the words as they are (`whole`), all
    but the last (`before`), all with the last as a beginning of a word that many have (`often`) or
    of any (`begun`), which is asked only when it can be read in reason; those with the rare words
    before a beginning (`few`) and anybody in the shop (`any`) where nobody else has them. `words`
    are those of `often` if that makes a common find, else nothing."""

    by: Mapping[str, Scouts]
    words: str

    def __getitem__(self, name: str) -> Scouts:
        return self.by.get(name, [])

    @property
    def is_nobody(self) -> bool:
        return not any(scouts for name, scouts in self.by.items() if name != "before")

    @property
    def is_common(self) -> bool:
        return any(len(self[name]) >= COMMON for name in ("whole", "often", "begun"))


# What was found of common words, and until when that will do.
kept: dict[Question, tuple[float, Found]] = {}


def scout(question: Question) -> Found:
    """One query; none where a common word was asked for a short time ago: how many have it, about,
    is the same still. Who has it is read anew by whoever asks that."""
    now = time.monotonic()
    until, found = kept.get(question, (now, None))
    if found is None or until <= now:
        found = _scout(question)
        if found.is_common:
            if len(kept) >= MAX_KEPT:
                kept.clear()
            kept[question] = (now + KEPT_SECONDS, found)
    return found


def _scout(question: Question) -> Found:
    found: dict[str, Scouts] = {}
    words = ""
    for name, in_stock, rating_count, number, text in make_scouting(question).rows():
        if name == "words":
            words = text or ""
        else:
            found.setdefault(name, []).extend([(in_stock, rating_count)] * number)
    return Found(found, words)


@lru_cache(maxsize=128)
def make_scouting(question: Question) -> Statement:
    """Kept for the words that are asked for most. Each part is read only where its condition
    holds, which may look at the ones before."""
    part = Question(Base(in_rings(question.shop.products, SCOUTED_RING)), question.words)
    is_rare = f"(SELECT count(*) FROM whole_) < {PLENTY}"
    is_nobody = "NOT EXISTS (SELECT FROM whole_)"
    asked = {"whole": (part.find(part.whole), "true")}
    asked["often"] = (part.find(part.begun_by(WordsOf("words_"))), is_rare)
    is_often = f"(SELECT count(*) FROM often_) >= {COMMON}"
    wanted = f"{is_rare} AND {is_often}"
    is_rare = f"{is_rare} AND NOT {is_often}"
    if question.before is not None:
        asked["before"] = (part.find(part.before), is_rare)
        is_long = f"(SELECT count(*) FROM before_) >= {COMMON}"
        asked["few"] = (question.find_few(), f"{is_rare} AND {is_nobody} AND NOT {is_long}")
        is_rare = f"{is_rare} AND {is_long}"
    asked["begun"] = (part.find(part.begun), is_rare)
    is_nobody = f"{is_rare} AND {is_nobody} AND NOT EXISTS (SELECT FROM begun_)"
    asked["any"] = (question.find(question.begun), is_nobody)
    return _asking(asked, selecting_begun(question.words[-1]), wanted)


def _asking(
    asked: Mapping[str, tuple[Products, str]], words: Statement, is_wanted: str
) -> Statement:
    """The words are told where `is_wanted`; the products may look at them too."""
    parts = [f"words_ (query) AS MATERIALIZED ({words.sql})"]
    selects = [
        f"SELECT 'words', NULL::boolean, NULL::int, 1, query::text FROM words_ WHERE {is_wanted}"
    ]
    values = list(words.values)
    for name, (products, condition) in asked.items():
        rows = Statement.of(
            products.order_by().values_list("in_stock", "rating_count")[:MAX_SCOUTED]
        )
        parts.append(f"{name}_ (in_stock, rating_count) AS MATERIALIZED ({rows.sql})")
        selects.append(
            f"SELECT '{name}', in_stock, rating_count, count(*), '' FROM {name}_"
            f" WHERE {condition} GROUP BY 2, 3"
        )
        values += rows.values
    return Statement(f"WITH {', '.join(parts)} {' UNION ALL '.join(selects)}", tuple(values))
