"""Statements that the server reads and plans once for a connection, not each time: for the paths
that every order and every page takes. Reading and planning a single row's statement takes the
server longer than finding the row."""

import hashlib
import re

PLACE = re.compile(r"%(?:%|s|\((\w+)\)s)")


class Prepared(str):
    """SQL with `%s` or `%(name)s` in it, for statements that are asked all the time and whose best
    plan does not depend on the values. Cursors of `shared.database` prepare it; for every other it
    is the SQL that it is.

    `name` is the server's, `definition` makes it known, `call` asks it, with the same values.
    With `is_whole` the values are in the SQL already, and a `%` in it is one."""

    name: str
    definition: str
    call: str

    def __new__(cls, sql: str, *, is_whole: bool = False) -> "Prepared":
        made = super().__new__(cls, sql)
        made.name = f"souk_{hashlib.sha256(sql.encode()).hexdigest()[:24]}"
        text, places = (sql, []) if is_whole else _numbered(sql)
        made.definition = f"PREPARE {made.name} AS {text}"
        made.call = (
            f"EXECUTE {made.name}({', '.join(places)})" if places else f"EXECUTE {made.name}"
        )
        return made


def _numbered(sql: str) -> tuple[str, list[str]]:
    """The SQL with $1, $2 … in it, and what has to be filled in for each."""
    places: list[str] = []

    def number(found: re.Match[str]) -> str:
        place = found[0]
        if place == "%%":
            return "%"
        if place == "%s" or place not in places:
            places.append(place)
        return f"${len(places) if place == '%s' else places.index(place) + 1}"

    return PLACE.sub(number, sql), places
