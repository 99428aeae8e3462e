"""The words of a search, as PostgreSQL asks for them, and what was meant by mistyped ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
# What is no word of the index, being too common, and what is no word of the vocabulary, being too
# short, is nearest to itself.
NEAREST = """
    SELECT CASE WHEN length(asked.word) < 3 OR numnode(plainto_tsquery('english', asked.word)) = 0
        THEN ARRAY[asked.word]
        ELSE ARRAY(SELECT DISTINCT word FROM (SELECT word FROM catalog_searchword
            ORDER BY word <-> asked.word LIMIT %(most)s) AS near) END
    FROM unnest(%(words)s::text[]) WITH ORDINALITY AS asked (word, place) ORDER BY place"""


@dataclass(frozen=True)
class Query:
    """What is searched for: all of the words, each of which may stand for any of `meant`; instead
    of the last one `ending` will do, which is a tsquery."""

    text: str
    meant: tuple[tuple[str, ...], ...]
    ending: str = ""

    @classmethod
    def of(cls, text: str) -> "Query":
        """The last word may be a beginning. Words are letters and digits only, so that nothing in
        them can mean anything to PostgreSQL."""
        words = search_words(text)
        return cls(text, tuple((word,) for word in words), f"{words[-1]}:*" if words else "")

    def as_sql(self, params: Params) -> str:
        found = []
        for number, words in enumerate(self.meant, start=1):
            either = [f"plainto_tsquery('english', {params.add(word)})" for word in words]
            if self.ending and number == len(self.meant):
                either.insert(0, f"{params.add(self.ending)}::tsquery")
            found.append(f"({' || '.join(either)})")
        return f"({' && '.join(found)})" if found else "''::tsquery"

    def rank_sql(self, params: Params) -> str:
        """How well a product is found. What may be a code is asked for whole, too, so that who has
        it comes first."""
        rank, code = f"ts_rank(search_vector, {self.as_sql(params)})", squeeze(self.text)
        if not any(sign.isdigit() for sign in code):
            return rank
        return f"{rank} + ts_rank(search_vector, plainto_tsquery('simple', {params.add(code)}))"


def list_frequent(beginning: str) -> str:
    """Words of many products that begin so, as the server's statistics know them, as PostgreSQL
    writes a tsquery; empty without any. One query."""
    sql = "SELECT coalesce(catalog_words_begun(%(begin)s, %(most)s)::text, '')"
    return str(fetch(sql, {"begin": beginning, "most": MAX_PREFIXED})[0][0])


def correct(query: Query) -> Query | None:
    """The search with the words of products in place of those that nobody uses; None where a word
    is like none of them. Codes are not guessed. One query: the nearest by trigrams, then those with
    the fewest typos."""
    words = [word for word, *_ in query.meant]
    found = fetch(NEAREST, {"words": words, "most": MAX_COMPARED})
    meant = tuple(
        (word,) if any(sign.isdigit() for sign in word) else _list_closest(word, near)
        for word, (near,) in zip(words, found, strict=True)
    )
    is_other = all(meant) and meant != query.meant
    return replace(query, meant=meant, ending="") if is_other else None


def _list_closest(word: str, near: list[str]) -> tuple[str, ...]:
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
