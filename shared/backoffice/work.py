"""What waits for the staff: said once by an admin, counted on the first page, and a filter of the
list that shows it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

WAITS = "waits"
EVENTS_APP = "souk_events"


@dataclass(frozen=True)
class Work:
    """Rows that somebody has to look at. `urgent` where something went wrong."""

    code: str
    title: str
    where: Q
    urgent: bool = False


class WorkFilter(admin.SimpleListFilter):
    title = "what waits"
    parameter_name = WAITS

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Model],
        model_admin: Any,
    ) -> None:
        self.work: tuple[Work, ...] = model_admin.work
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one.code, one.title) for one in self.work]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = next((one for one in self.work if one.code == self.value()), None)
        return queryset.filter(chosen.where) if chosen else queryset


def list_work(request: HttpRequest) -> list[dict[str, Any]]:
    """Title, number and list of everything that this person may see and that may wait here: the
    service's own first."""
    own = sorted(admin.site._registry.items(), key=lambda one: one[0]._meta.app_label == EVENTS_APP)
    return [
        _count(request, model_admin, one)
        for _, model_admin in own
        if model_admin.has_view_permission(request)
        for one in getattr(model_admin, "work", ())
    ]


def _count(request: HttpRequest, model_admin: Any, work: Work) -> dict[str, Any]:
    meta = model_admin.model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    number = model_admin.get_queryset(request).filter(work.where).count()
    return {
        "title": work.title,
        "number": number,
        "url": f"{url}?{urlencode({WAITS: work.code})}",
        "alarming": work.urgent and number > 0,
    }
