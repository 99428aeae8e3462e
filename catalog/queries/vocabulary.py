"""Words that many products have, as the server's own statistics know them: what ANALYZE saw in a
sample of the shop, which autovacuum repeats as the shop changes. Nothing is written for them."""

from typing import Any

from django.contrib.postgres.search import SearchQueryCombinable, SearchQueryField
from django.db.models import Func, Value

from catalog.queries.statements import Statement

# Of the words that begin alike so many are looked for, those first that most products have.
MAX_BEGUN = 16


class Words(SearchQueryCombinable, Func):  # type: ignore[misc]
    """Any of some words, each as it is in the index, as PostgreSQL writes a tsquery."""

    template = "%(expressions)s::tsquery"
    output_field: Any = SearchQueryField()
    config = None

    def __init__(self, query: str) -> None:
        super().__init__(Value(query))


class WordsOf(SearchQueryCombinable, Func):  # type: ignore[misc]
    """The same, as another part of the statement has found them: a row of `query`."""

    template = "(SELECT query FROM %(part)s)"
    output_field: Any = SearchQueryField()
    config = None

    def __init__(self, part: str) -> None:
        super().__init__(part=part)


def selecting_begun(beginning: str) -> Statement:
    """One row of a tsquery: any of the words that begin so, of those that many have; NULL where
    there is none."""
    return Statement("SELECT catalog_words_begun(%s, %s)", (beginning, MAX_BEGUN))
