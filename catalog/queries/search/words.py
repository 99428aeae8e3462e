"""The words of a search, as PostgreSQL asks for them, and what was meant by mistyped ones."""

from dataclasses import dataclass, field

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
    SELECT asked.number, near.word
    FROM unnest(%(words)s::text[]) WITH ORDINALITY AS asked (word, number),
        LATERAL (
            SELECT DISTINCT word FROM (
                SELECT word FROM catalog_searchword ORDER BY word <-> asked.word LIMIT %(most)s
            ) AS known
        ) AS near"""


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
        return self._ending(_word(self.words[-1], params), params)

    def frequent(self, params: Params) -> str:
        """The last one as one of the frequent words that begin so, as the server's statistics know
        them: to collect all places of all words that begin so takes too long in a large shop."""
        known = f"catalog_words_begun({params.add(self.words[-1])}, {MAX_PREFIXED})"
        last = f"coalesce({known} || {_word(self.words[-1], params)}, ''::tsquery)"
        return self._ending(last, params)

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


def correct(query: Query) -> Query | None:
    """The search with the words of products in place of those that nobody uses; None where a word
    is like none of them. One query: the nearest by trigrams, then those with the fewest typos."""
    with connection.cursor() as cursor:
        cursor.execute(NEAREST, {"words": list(query.words), "most": MAX_COMPARED})
        rows = cursor.fetchall()
    meant = []
    for number, word in enumerate(query.words, start=1):
        near = [other for place, other in rows if place == number]
        meant.append(_closest(word, near))
    return Query(query.text, query.words, tuple(meant)) if all(meant) else None


def _closest(word: str, near: list[str]) -> tuple[str, ...]:
    """Those with the fewest typos, one in four letters at most. Codes are not guessed."""
    if any(sign.isdigit() for sign in word):
        return (word,)
    typos = {other: count_typos(word, other) for other in near}
    allowed = max(1, min(2, len(word) // 3))
    least = min(typos.values(), default=allowed + 1)
    closest = sorted(other for other, count in typos.items() if count == least)
    return tuple(closest[:MAX_MEANT]) if least <= allowed else ()
