"""Asking the routes of a service in a scene that it sets."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from shared.testing.access.table import Rule
from shared.testing.users import ALICE

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Ask:
    """How a route is asked: a body that is good, with every field that the route takes."""

    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    # Others may change rows of Alice's by this one; the row's comment says why.
    touches: bool = False
    # That the object exists is no secret; the row's comment says why.
    known: bool = False


@dataclass(frozen=True)
class Scene:
    """Alice's things. `values` fill the routes' parameters, `asks` are by "POST orders/…/",
    `guest` gives what a guest shows for such values, `marks` are texts of Alice's rows in the
    database, `secrets` texts that no page may show to anybody else."""

    values: Values = field(default_factory=dict)
    asks: Mapping[str, Ask] = field(default_factory=dict)
    guest: Callable[[Values], Ask] = lambda values: Ask()
    marks: Sequence[str] = (str(ALICE.user_id),)
    secrets: Sequence[str] = (ALICE.email,)


@dataclass
class Caller:
    """Asks a service's routes in a scene."""

    scene: Scene
    client_as: Callable[[str], Client]

    def ask(self, rule: Rule, persona: str, **changes: Any) -> tuple[Any, str]:
        """The response and the path that was asked; `values` and `body` of the rule's Ask can be
        changed."""
        asked = self.how(rule)
        values = {**self.values(rule), **changes.get("values", {})}
        shown = self.scene.guest(values) if persona == "guest" else Ask()
        path = re.sub(r"<(\w+)>", lambda x: str(values[x[1]]), f"/{rule.path.lstrip('/')}")
        query = urlencode({**asked.query, **shown.query})
        data, content_type = self._encode(rule, changes.get("body", asked.body))
        response = self.client_as(persona).generic(
            rule.method,
            f"{path}?{query}" if query else path,
            data,
            content_type,
            headers={"Accept": "application/json, */*", **asked.headers, **shown.headers},
        )
        return response, path

    def how(self, rule: Rule) -> Ask:
        return self.scene.asks.get(rule.name, Ask())

    def values(self, rule: Rule) -> Values:
        usual: dict[str, Any] = {"app_label": settings.SERVICE, "url": "no-such-page"}
        usual["content_type_id"] = 999999
        if "/admin/" in rule.path:
            usual["object_id"] = usual["pk"] = _first_key(rule.path)
        return {**self.scene.values, **usual, **self.how(rule).values}

    def _encode(self, rule: Rule, body: Any) -> tuple[Any, str]:
        files = [x for x in body.values() if hasattr(x, "seek")] if isinstance(body, dict) else []
        if rule.method == "GET" or isinstance(body, str):
            return body or "", "text/plain"
        if "/api/" in rule.path and not files:
            return json.dumps({} if body is None else body), "application/json"
        if "/admin/" in rule.path:
            body = body or {"post": "yes"}
        for file in files:
            file.seek(0)
        flat = {k: v for k, v in (body or {}).items() if not isinstance(v, dict)}
        return encode_multipart(BOUNDARY, flat), MULTIPART_CONTENT


def _first_key(path: str) -> Any:
    """The key of a row of the model whose admin the path is in."""
    found = re.match(r"\w+/admin/(\w+)/(\w+)/<", path)
    if found is None:
        return "1"
    row = apps.get_model(found[1], found[2])._default_manager.order_by("pk").first()
    assert row is not None, f"The scene has no row for {path}"
    return row.pk
