"""What the back office of a service must not tell, whichever admins it has."""

import re
from collections import deque
from collections.abc import Callable, Collection, Iterator
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib import admin
from django.db.models.expressions import OrderBy
from django.test import Client
from django.urls import reverse
from unfold.admin import ModelAdmin

from shared.backoffice.base import BackofficeModelAdmin
from shared.backoffice.elsewhere import WELCOME
from shared.testing.access.caller import Caller
from shared.testing.access.table import STAFF

# Columns that are hidden, or shown without the secrets in them.
SECRET = re.compile(r"secret|token|password|envelope|error|traceback|private|^(text|html|data)$")
PAGE = re.compile(r"/((?!static/)\w+/)?admin/")
ENDINGS = ("exact", "startswith", "icontains", "regex", "gt")


class BackofficeRules:
    """The part of the matrix that walks through all registered admins."""

    def test_every_admin_has_the_defaults_of_the_back_office(self) -> None:
        others = [each for each in admins() if not isinstance(each, BackofficeModelAdmin)]

        assert not others

    def test_a_list_is_filtered_by_what_it_offers_only(
        self, caller: Caller, client_as: Callable[[str], Client]
    ) -> None:
        otto = client_as("otto")
        leaks = [
            f"{path}?{lookup}"
            for each in admins()
            for path in [list_of(each)]
            for lookup in lookups_besides_filters(each)
            if otto.get(path, {lookup: "a"}).status_code != 400
        ]

        assert not leaks

    def test_no_search_or_order_tells_of_what_is_hidden(self) -> None:
        found = [
            f"{each}: {name}"
            for each in admins()
            for name in [*columns_searched(each), *columns_ordered(each), *columns_filtered(each)]
            if SECRET.search(name)
        ]

        assert not found

    @pytest.mark.parametrize("role", STAFF)
    def test_no_link_in_the_back_office_leads_to_a_refusal(
        self, role: str, caller: Caller, client_as: Callable[[str], Client]
    ) -> None:
        refused = list(walk_links(client_as(role), role))

        assert not refused, refused

    def test_other_services_link_for_those_who_are_welcome(
        self, caller: Caller, client_as: Callable[[str], Client]
    ) -> None:
        for page in filter(is_own, WELCOME):
            welcome = {role for role in STAFF if client_as(role).get(page).status_code == 200}
            assert welcome == named(WELCOME[page]), page


def walk_links(client: Client, role: str) -> Iterator[str]:
    """Goes to every page of the back office that one comes to from its first ones, and tells of
    the links that are refused."""
    waiting = deque((reverse(name), "") for name in ("admin:index", "admin:work_fragment"))
    seen = {page for page, _ in waiting}
    while waiting:
        page, origin = waiting.popleft()
        if not is_own(page):
            if not is_welcome(page, role):
                yield f"{origin} links to {page}"
            continue
        response = client.get(page, follow=True)
        if response.status_code == 403:
            yield f"{origin} links to {page}"
        new = links_of(response) - seen
        seen |= new
        waiting.extend((link, page) for link in sorted(new))


def links_of(response: Any) -> set[str]:
    """The pages of an admin that a page links to; nothing for what is no page."""
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    if response.status_code != 200 or not is_html:
        return set()
    found = (unescape(link) for link in re.findall(r'href="([^"#]+)', response.text))
    # Filters and orders of a list need no right of their own.
    paths = {urlsplit(urljoin(response.request["PATH_INFO"], link)).path for link in found}
    return {path for path in paths if PAGE.match(path) and not path.endswith("/logout/")}


def is_own(link: str) -> bool:
    return link.startswith(reverse("admin:index"))


def is_welcome(link: str, role: str) -> bool:
    """Elsewhere. Whoever is staff may open the first page of every admin."""
    is_first = PAGE.fullmatch(link) is not None
    return is_first or any(link.startswith(x) and role in named(WELCOME[x]) for x in WELCOME)


def named(roles: Collection[str]) -> set[str]:
    """By the names that the personas of the staff have."""
    return {name for name, person in STAFF.items() if person.roles & set(roles)}


def admins() -> list[ModelAdmin]:
    return list(admin.site._registry.values())


def list_of(each: ModelAdmin) -> str:
    meta = each.model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")


def lookups_besides_filters(each: ModelAdmin) -> Iterator[str]:
    """How somebody may ask for each column of the row and of the rows that belong to it."""
    offered = set(columns_filtered(each))
    for name in columns_of(each.model):
        if name not in offered:
            yield from (f"{name}__{ending}" for ending in ENDINGS)
    for field in each.model._meta.get_fields():
        if field.is_relation and field.related_model:
            keys = {"pk", "id"} if field.name in offered else set()
            for name in columns_of(field.related_model):
                if name not in keys:
                    yield f"{field.name}__{name}__startswith"


def columns_of(model: Any) -> list[str]:
    return [field.name for field in model._meta.concrete_fields]


def columns_filtered(each: ModelAdmin) -> list[str]:
    items = [one[0] if isinstance(one, (list, tuple)) else one for one in each.list_filter]
    return [name for name in [*items, each.date_hierarchy] if isinstance(name, str)]


def columns_searched(each: ModelAdmin) -> list[str]:
    return [name.lstrip("^=@").removesuffix("__exact") for name in each.search_fields]


def columns_ordered(each: ModelAdmin) -> list[str]:
    """Those that a click on a heading orders by."""
    orders = [order_of(each, name) for name in each.list_display]
    return [name for name in orders if name]


def order_of(each: ModelAdmin, name: Any) -> str:
    if isinstance(name, str) and name in columns_of(each.model):
        return name
    shown = name if callable(name) else getattr(each, str(name), None)
    order = getattr(shown, "admin_order_field", "")
    order = order.expression if isinstance(order, OrderBy) else order
    # An expression over a column names it, as F does.
    return str(getattr(order, "name", order) or "").lstrip("-")
