"""The tests of a service's authorisation matrix."""

import logging
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client

from shared.auth.accounts import shadow_account
from shared.events.ids import uuid7
from shared.events.models import FailedEvent, InboxEntry, OutboxMessage
from shared.observability.logs import hide_secrets
from shared.testing.access.backoffice import BackofficeRules
from shared.testing.access.caller import Caller, Scene
from shared.testing.access.routes import METHODS, walk
from shared.testing.access.rows import (
    Rows,
    planted_fields,
    read_rows,
    undone,
    with_planted,
    without_chance,
)
from shared.testing.access.table import (
    COMMON,
    PERSONAS,
    STAFF,
    Rule,
    answer_of,
    fits,
    is_refusal,
    read_table,
)
from shared.testing.tokens import TestIssuer

# Who may never see or change what is Alice's.
OTHERS = ("nobody", "bob")
# Parameters of routes that give nothing to whoever reads them; any other may be a secret.
PLAIN = re.compile(r"<(?:\w+_id|pk|uuid|sku|slug|app_label|url)>")
# Not an id that a checkout chose just now: those may be awaited by whoever may own them.
MISSING = UUID("00000000-0000-4000-8000-00000000dead")


class AccessMatrix(BackofficeRules):
    """Subclass it as `TestAccess` with a `table` and a fixture `scene`."""

    table: ClassVar[str]

    def rules(self) -> list[Rule]:
        return read_table(COMMON.replace("{s}", settings.SERVICE)) + read_table(self.table)

    @pytest.fixture
    def client_as(self, token_issuer: TestIssuer) -> Callable[[str], Client]:
        """A client of the persona; a bug is an answer of 500."""

        @cache
        def headers(persona: str) -> dict[str, str]:
            if (person := PERSONAS[persona]) is None:
                return {}
            return {"Authorization": f"Bearer {token_issuer.access_token(person)}"}

        return lambda persona: Client(raise_request_exception=False, headers=headers(persona))

    @pytest.fixture
    def caller(self, scene: Scene, client_as: Callable[[str], Client]) -> Iterator[Caller]:
        """The scene, with a row for the admin of each messaging table, and the staff's shadow
        accounts as they are after their first visit. Refusals are not logged."""
        if settings.AUTH_USER_MODEL == "auth.User":
            for person in STAFF.values():
                shadow_account(person)
        event = {"event_id": uuid7(), "envelope": {}}
        OutboxMessage.objects.create(exchange="jobs", routing_key="x", task="job.none", **event)
        FailedEvent.objects.create(handler="none", error="none", **event)
        InboxEntry.objects.create(handler="none", event_id=uuid7())
        logging.disable(logging.CRITICAL)
        yield Caller(scene, client_as)
        logging.disable(logging.NOTSET)

    def test_every_route_has_exactly_one_row(self) -> None:
        names = [(rule.method, rule.path) for rule in self.rules()]
        routes = walk()

        fail_with(
            [f"no row for {x}" for x in sorted(routes - set(names))]
            + [f"no route for {x}" for x in sorted(set(names) - routes)]
            + [f"two rows for {x}" for x in sorted({x for x in names if names.count(x) > 1})]
        )

    def test_no_secret_in_a_path_is_logged(self) -> None:
        paths = sorted({re.sub(r"<\w+>", "hush", PLAIN.sub("x", path)) for _, path in walk()})

        fail_with(
            f"{shown['path']} shows its key"
            for path in paths
            for shown in [hide_secrets(None, "info", {"path": f"/{path}"})]
            if "hush" in shown["path"]
        )

    def test_everybody_gets_the_answer_that_is_written(self, caller: Caller) -> None:
        before = read_rows()

        fail_with(
            f"{rule.name} as {persona}: {trouble}"
            for rule in self.rules()
            for persona in rule.answers
            for trouble in troubles(caller, rule, persona, before)
        )

    def test_what_is_hidden_answers_as_if_it_were_not_there(self, caller: Caller) -> None:
        fail_with(
            f"{rule.name} as {persona}: {real[:200]} but {missing[:200]}"
            for rule in self.rules()
            for persona, expected in rule.answers.items()
            if "<" in rule.path and is_refusal(expected) and persona != "alice"
            if not caller.how(rule).known
            # Django looks for the row of a history first: staff may learn that there is one.
            if not (persona in STAFF and rule.path.endswith("/history/"))
            for real, missing in [both_answers(caller, rule, persona)]
            if real != missing
        )

    def test_fields_that_nobody_asked_for_have_no_effect(self, caller: Caller) -> None:
        fail_with(
            f"{rule.name} as {persona}: {line}"
            for rule in self.rules()
            if rule.method != "GET" and "/admin/" not in rule.path
            for persona in [who_may(rule)]
            if persona
            for line in effects_of_planting(caller, rule, persona)
        )

    def test_other_methods_are_refused_or_have_no_effect(self, caller: Caller) -> None:
        named = {(rule.method, rule.path) for rule in self.rules()}
        paths = {path for _, path in named}
        # The views of the admin, of health and of metrics name no methods.
        strict = [path for path in paths if not re.search("/(admin|health|metrics)", path)]
        others = {(method, path) for method in METHODS for path in strict} - named

        before = read_rows()
        fail_with(
            f"{method} {path}: {response.status_code}"
            for method, path in sorted(others)
            for response, after in [tried(caller, Rule(method, path, {}), "otto")]
            # allauth answers some before it looks at the method.
            if response.status_code != 405 and (after != before or "/api/" in path)
        )


def fail_with(troubles: Iterator[str] | list[str]) -> None:
    found = list(troubles)
    if found:
        pytest.fail(f"{len(found)} times:\n" + "\n".join(found), pytrace=False)


def who_may(rule: Rule) -> str | None:
    """The first for whom the route does its work."""
    return next((who for who, answer in rule.answers.items() if not is_refusal(answer)), None)


def tried(caller: Caller, rule: Rule, persona: str) -> tuple[Any, Rows]:
    """The response and the rows after it; then it is undone."""
    with undone():
        response, _ = caller.ask(rule, persona)
        return response, read_rows()


def troubles(caller: Caller, rule: Rule, persona: str, before: Rows) -> Iterator[str]:
    """What is wrong with one cell of the table."""
    expected = rule.answers[persona]
    response, after = tried(caller, rule, persona)
    path = response.wsgi_request.path
    answer = answer_of(response, path)
    if not fits(answer, expected, path):
        yield f"expected {expected}, got {answer}"
    if (is_refusal(answer) or rule.method == "GET") and after != before:
        yield f"changed {set(before) ^ set(after)}"
    if persona in OTHERS:
        yield from harm_to_alice(caller, rule, response, set(before) - set(after))


def harm_to_alice(caller: Caller, rule: Rule, response: Any, gone: set[str]) -> Iterator[str]:
    """What of hers the others saw or changed."""
    text = "" if response.streaming else response.content.decode(errors="replace")
    for secret in caller.scene.secrets:
        if secret in text:
            yield f"shows {secret}"
    for row in gone:
        if not caller.how(rule).touches and any(mark in row for mark in caller.scene.marks):
            yield f"changed {row}"


def both_answers(caller: Caller, rule: Rule, persona: str) -> tuple[str, str]:
    """The answers for Alice's object and for one that does not exist, without ids in them."""
    hers = caller.values(rule)
    none = {name: missing_like(value) for name, value in hers.items() if f"<{name}>" in rule.path}
    return neutral_answer(caller, rule, persona, {}), neutral_answer(caller, rule, persona, none)


def missing_like(value: Any) -> Any:
    if isinstance(value, UUID):
        return MISSING
    return 987654 if isinstance(value, int) else "missing"


def neutral_answer(caller: Caller, rule: Rule, persona: str, values: dict[str, Any]) -> str:
    with undone():
        response, path = caller.ask(rule, persona, values=values)
    text = response.content.decode(errors="replace") if not response.streaming else ""
    return re.sub(rf"[0-9a-f]{{32}}|{path}", "", f"{answer_of(response, path)} {text}")


def effects_of_planting(caller: Caller, rule: Rule, persona: str) -> Iterator[str]:
    """What planted fields changed beyond the good body's own effect; a refusal changes nothing."""
    known = "\n".join(read_rows())
    body = caller.how(rule).body or {}
    _, honest = outcome(caller, rule, persona, body, known)
    for other in (False, True):
        planted = with_planted(body, planted_fields(other))
        answer, rows = outcome(caller, rule, persona, planted, known)
        expected = without_chance(known.split("\n"), known) if is_refusal(answer) else honest
        yield from sorted(set(rows) - set(expected))


def outcome(caller: Caller, rule: Rule, persona: str, body: Any, known: str) -> tuple[str, Rows]:
    """The answer, and the rows as they are then."""
    with undone():
        response, path = caller.ask(rule, persona, body=body)
        return answer_of(response, path), without_chance(read_rows(), known)
