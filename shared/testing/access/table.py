"""The table of expected answers: a small language, read into rules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from shared.auth.principal import Principal
from shared.events.ids import uuid7
from shared.testing.access.routes import METHODS
from shared.testing.users import ALICE, BOB, OTTO

STAFF: dict[str, Principal] = {
    role: Principal(uuid7(), f"{role}@souk.example", role.title(), frozenset({role}))
    for role in ("catalogue", "fulfilment", "support", "analyst")
} | {"otto": OTTO}
PERSONAS: dict[str, Principal | None] = {
    "nobody": None,
    "guest": None,
    "alice": ALICE,
    "bob": BOB,
    **STAFF,
}
USUAL_CODES = {"401": "not_authenticated", "404": "not_found"}

COMMON = """
way = 302>…admin%2F
                                              nobody guest alice bob  cata fulf supp anal otto
GET,POST {s}/health/live                        200
GET,POST {s}/health/ready                       200
GET,POST {s}/metrics                            200
GET  {s}/api/v1/schema/                         200
GET  {s}/fragments/public/api-reference/        200
GET,POST {s}/admin/                             login login login login 200 200 200 200 200
GET,POST {s}/admin/search/                      login login login login 200 200 200 200 200
GET,POST {s}/admin/login/                       way   way   403   403   302 302 302 302 302
GET,POST {s}/admin/logout/                      302
GET,POST {s}/admin/password_change/             login login login login 302 302 302 302 302
GET  {s}/admin/password_change/done/            login login login login 200 200 200 200 200
POST {s}/admin/password_change/done/            login login login login 405 405 405 405 405
GET  {s}/admin/autocomplete/                    login login login login 403 403 403 403 403
POST {s}/admin/autocomplete/                    login login login login 405 405 405 405 405
GET  {s}/admin/jsi18n/                          login login login login 200 200 200 200 200
POST {s}/admin/jsi18n/                          login login login login 405 405 405 405 405
GET  {s}/admin/fragments/tasks/                  403   403   403   403 200 200 200 200 200
POST {s}/admin/fragments/tasks/                  405
GET,POST {s}/admin/r/<content_type_id>/<object_id>/ login login login login 404 404 404 404 404
GET,POST {s}/admin/<url>                        login login login login 404 404 404 404 404
"""


@dataclass(frozen=True)
class Rule:
    method: str
    path: str
    answers: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def read_table(text: str) -> list[Rule]:
    """The rules of a table, `rights` written out."""
    words: dict[str, str] = {}
    people: list[str] = []
    rules: list[Rule] = []
    for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
        cells = line.split()
        if len(cells) > 1 and cells[1] == "=":
            words[cells[0]] = cells[2]
        elif not people:
            people = [next(x for x in PERSONAS if x.startswith(cell)) for cell in cells]
        elif cells[0] == "rights":
            rules += _rights(cells[1], dict(zip(STAFF, cells[2:], strict=True)))
        else:
            rules += _rules(cells, people, words)
    return rules


def _rules(cells: list[str], people: list[str], words: dict[str, str]) -> list[Rule]:
    methods, path, *answers = cells
    answers = [words.get(answer, answer) for answer in answers]
    if len(answers) == 1:
        answers *= len(people)
    given = dict(zip(people, answers, strict=True))
    return [Rule(method, path, given) for method in methods.split(",")]


def _rights(model: str, rights: Mapping[str, str]) -> list[Rule]:
    """What Django's admin answers by the rights, on each of a model's routes."""
    app, _, name = model.partition(".")
    base = f"{settings.SERVICE}/admin/{app}/{name}/"

    def rules(methods: str, path: str, needed: str, good: str) -> list[Rule]:
        answers = {
            role: good if not needed or set(needed) & set(has) else "403"
            for role, has in rights.items()
        }
        people = {**dict.fromkeys(("nobody", "guest", "alice", "bob"), "login"), **answers}
        return [Rule(method, base + path, people) for method in methods.split(",")]

    return [
        *rules("GET,POST", "", "vc", "200"),
        *rules("GET,POST", "add/", "a", "200"),
        *rules("GET,POST", "<object_id>/history/", "vc", "200"),
        *rules("GET", "<object_id>/change/", "vc", "200"),
        *rules("POST", "<object_id>/change/", "c", "200|302"),
        *rules("GET,POST", "<object_id>/delete/", "d", "200|302"),
        *rules(",".join(METHODS), "<object_id>/", "", "302>…change/"),
    ]


def answer_of(response: Any, path: str) -> str:
    """A response in the words of a table."""
    if location := response.headers.get("Location"):
        target = urlsplit(location)
        back = parse_qs(target.query).get("next", [""])[0]
        if target.path.endswith("/login/") and urlsplit(back).path == path:
            return "login"
        return f"{response.status_code}>{location}"
    if "problem+json" in response.headers.get("Content-Type", ""):
        return f"{response.status_code}:{json.loads(response.content)['code']}"
    return str(response.status_code)


def fits(answer: str, expected: str, path: str) -> bool:
    """True when the answer is one of the expected ones."""
    return any(_fits(answer, one, path) for one in expected.split("|"))


def _fits(answer: str, expected: str, path: str) -> bool:
    if expected.endswith(":"):
        return answer == expected[:-1]
    if expected == "403":
        expected = "403:permission_denied" if "/api/" in path else "403:forbidden"
    elif expected in USUAL_CODES:
        expected = f"{expected}:{USUAL_CODES[expected]}"
    status, arrow, target = expected.partition(">")
    if arrow and target.startswith("…"):
        return answer.startswith(status + arrow) and answer.endswith(target[1:])
    return answer == expected or (expected < "400" and answer.startswith(f"{expected}>"))


def is_refusal(answer: str) -> bool:
    return answer == "login" or answer >= "400"
