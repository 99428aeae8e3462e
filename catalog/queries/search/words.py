"""The words of a search, as PostgreSQL asks for them, and what was meant by mistyped ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from catalog.queries.search.conditions import Params
from catalog.rules.filters import search_words
from catalog.rules.text import count_typos, squeeze

# Of the words that begin alike so many are looked for in a large shop, the most frequent first.
MAX_PREFIXED = 16
# So many words of the vocabulary are compared letter by letter, and so many may be meant.
MAX_COMPARED = 60
MAX_MEANT = 5
NEAREST = """
    SELECT asked.word, near.word
    FROM unnest(%(words)s::text[]) AS asked (word),
        LATERAL (
            SELECT DISTINCT word FROM (
                SELECT word FROM catalog_searchword ORDER BY word <-> asked.word LIMIT %(most)s
            ) AS known
        ) AS near"""


Condition = Callable[[Params], str]


@dataclass(frozen=True)
class Query:
    """What is searched for. `meant` has for each word those that it may stand for; without them
    the words are asked for as they are, the last one as a beginning, too."""

    text: str
    words: tuple[str, ...]
    meant: tuple[tuple[str, ...], ...] = field(default=())

    @classmethod
    def of(cls, text: str) -> "Query":
        return cls(text, tuple(search_words(text)))

    def anything(self, params: Params) -> str:
        """All of the words, the last one as a whole word or as a beginning."""
        if not self.words:
            return "''::tsquery"
        if self.meant:
            alike = (" || ".join(_word(word, params) for word in words) for words in self.meant)
            return f"({' && '.join(f'({either})' for either in alike)})"
        # Words are \w+ only, so nothing in them can mean anything to to_tsquery.
        last = self.words[-1]
        beginning = f"to_tsquery('simple', {params.add(last + ':*')})"
        return self._ending(f"({beginning} || {_word(last, params)})", params)

    def whole(self, params: Params) -> str:
        """All of the words as they are."""
        if self.meant:
            return self.anything(params)
        return self._ending(_word(self.words[-1], params), params)

    def frequent(self, known: str, params: Params) -> str:
        """The last one as a whole word or any of these. To collect all places of all words that
        begin so takes too long in a large shop."""
        either = f"({params.add(known)}::tsquery || {_word(self.words[-1], params)})"
        return self._ending(either, params)

    def rank(self, condition: str, params: Params) -> str:
        """How well a product is found. What may be a code is asked for whole, too, so that who has
        it comes first."""
        rank, code = f"ts_rank(search_vector, {condition})", squeeze(self.text)
        if not any(sign.isdigit() for sign in code):
            return rank
        return f"{rank} + ts_rank(search_vector, plainto_tsquery('simple', {params.add(code)}))"

    def _ending(self, last: str, params: Params) -> str:
        before = " ".join(self.words[:-1])
        return f"({_word(before, params)} && {last})" if before else last


def _word(text: str, params: Params) -> str:
    return f"plainto_tsquery('english', {params.add(text)})"


def list_frequent(beginning: str) -> str:
    """Words of many products that begin so, as the server's statistics know them, as PostgreSQL
    writes a tsquery; empty without any. One query."""
    sql = "SELECT coalesce(catalog_words_begun(%(begin)s, %(most)s)::text, '')"
    return str(fetch(sql, {"begin": beginning, "most": MAX_PREFIXED})[0][0])


def correct(query: Query) -> Query | None:
    """The search with the words of products in place of those that nobody uses; None where a word
    is like none of them. One query: the nearest by trigrams, then those with the fewest typos."""
    words = [word for word in query.words if not any(sign.isdigit() for sign in word)]
    rows = fetch(NEAREST, {"words": words, "most": MAX_COMPARED}) if words else []
    # Codes are not guessed.
    near: dict[str, list[str]] = {word: [] for word in words}
    for word, other in rows:
        near[word].append(other)
    meant = tuple(_closest(word, near[word]) if word in near else (word,) for word in query.words)
    return Query(query.text, query.words, meant) if words and all(meant) else None


def _closest(word: str, near: list[str]) -> tuple[str, ...]:
    """Those with the fewest typos, one in three letters and two at most."""
    typos = {other: count_typos(word, other) for other in near}
    allowed = max(1, min(2, len(word) // 3))
    least = min(typos.values(), default=allowed + 1)
    closest = sorted(other for other, count in typos.items() if count == least)
    return tuple(closest[:MAX_MEANT]) if least <= allowed else ()


def fetch(sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
