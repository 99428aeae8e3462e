"""The event cockpit: what waits, what was handled, what failed and what to do about it."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

# Registers its models when imported, which has to be before they are taken away below.
import django.contrib.auth.admin  # noqa: F401
import structlog
from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.decorators import display

from shared.auth.masking import mask_secrets, masked
from shared.backoffice.base import ReadOnlyModelAdmin
from shared.backoffice.words import Named
from shared.backoffice.work import Work
from shared.errors import DomainError, NotFound
from shared.events.failures import discard_failed_event, replay_failed_event
from shared.events.models import FailedEvent, InboxEntry, OutboxMessage

log = structlog.get_logger(__name__)

# Shadow accounts and groups follow the roles of the tokens; to edit them here would change nothing.
for model in (User, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


def pretty(value: Any) -> SafeString:
    """JSON or a text in a box of its own, as it is but for secrets."""
    value = masked(value)
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="souk-source" tabindex="0">{}</pre>', text)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyModelAdmin):
    list_display = ["task", "event_id", "exchange", "created_at"]
    list_filter = ["exchange", "task"]
    search_fields = ["event_id__exact", "task"]
    ordering = ["id"]
    fields = ["task", "event_id", "exchange", "routing_key", "created_at", "message"]
    readonly_fields = ["message"]

    @admin.display(description="Message")
    def message(self, row: OutboxMessage) -> SafeString:
        return pretty(row.envelope)


@admin.register(InboxEntry)
class InboxEntryAdmin(ReadOnlyModelAdmin):
    list_display = ["handler", "event_id", "handled_at"]
    list_filter = ["handler"]
    search_fields = ["event_id__exact", "handler"]
    ordering = ["-handled_at"]
    fields = ["handler", "event_id", "handled_at"]


@admin.register(FailedEvent)
class FailedEventAdmin(ReadOnlyModelAdmin):
    list_display = ["handler", "event_id", "cause", "attempts", "state", "failed_at"]
    list_filter = ["status", "handler", "failed_at"]
    # Not the error: it is shown without the secrets in it, which a search would find.
    search_fields = ["event_id__exact", "handler"]
    ordering = ["-failed_at"]
    work = (Work("failed", "Failed events", Q(status=FailedEvent.Status.FAILED), urgent=True),)
    actions = ["replay_selected", "discard_selected"]
    change_form_outer_before_template = "backoffice/failed_event.html"
    fields = [
        ("handler", "event_id"),
        ("status", "attempts"),
        ("failed_at", "resolved_at"),
        "shown_error",
        "message",
        "trace",
    ]
    readonly_fields = ["shown_error", "message", "trace"]

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        """To replay or discard is to change a failed event."""
        return request.user.has_perm("souk_events.change_failedevent")

    @admin.display(description="Cause")
    def cause(self, row: FailedEvent) -> str:
        error = mask_secrets(row.error)
        return error if len(error) <= 100 else f"{error[:99]}…"

    @admin.display(description="Error")
    def shown_error(self, row: FailedEvent) -> str:
        return mask_secrets(row.error)

    @display(
        description="Status",
        ordering="status",
        label={"failed": "danger", "replayed": "success", "discarded": "warning"},
    )
    def state(self, row: FailedEvent) -> Named:
        return Named(row.status, row.get_status_display())

    @admin.display(description="Event")
    def message(self, row: FailedEvent) -> SafeString:
        return pretty(row.envelope)

    @admin.display(description="Traceback")
    def trace(self, row: FailedEvent) -> SafeString:
        return pretty(row.traceback or "None was kept.")

    @admin.action(description="Replay the chosen events", permissions=["resolve"])
    def replay_selected(self, request: HttpRequest, rows: QuerySet[FailedEvent]) -> None:
        for row in rows.order_by("failed_at"):
            self._replay(request, row)

    @admin.action(description="Discard the chosen events", permissions=["resolve"])
    def discard_selected(self, request: HttpRequest, rows: QuerySet[FailedEvent]) -> None:
        for row in rows:
            self._discard(request, row)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self._press))
        own = [
            path(f"<uuid:pk>/{name}/", view, {"act": act}, name=f"souk_events_failedevent_{name}")
            for name, act in (("replay", self._replay), ("discard", self._discard))
        ]
        return [*own, *super().get_urls()]

    def _press(
        self, request: HttpRequest, pk: UUID, act: Callable[[HttpRequest, FailedEvent], None]
    ) -> HttpResponse:
        """A button of the page of a failed event."""
        if not self.has_resolve_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise NotFound("There is no such failed event")
        act(request, row)
        return HttpResponseRedirect(reverse("admin:souk_events_failedevent_change", args=[pk]))

    def _replay(self, request: HttpRequest, row: FailedEvent) -> None:
        try:
            replay_failed_event(failed_event_id=row.pk)
        except DomainError as refusal:
            messages.error(request, f"{row}: {refusal.detail}")
        except Exception as error:
            # Whatever a handler raises is kept in the row; here it becomes a message.
            log.warning("event_replay_failed", failed_event=str(row.pk), error=str(error))
            messages.error(request, f"{row} failed again: {type(error).__name__}: {error}"[:500])
        else:
            self.log_change(request, row, "Replayed")
            messages.success(request, f"{row} was replayed")

    def _discard(self, request: HttpRequest, row: FailedEvent) -> None:
        try:
            discard_failed_event(failed_event_id=row.pk)
        except DomainError as refusal:
            messages.error(request, f"{row}: {refusal.detail}")
        else:
            self.log_change(request, row, "Discarded")
            messages.success(request, f"{row} was discarded")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_resolve"] = self.has_resolve_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)
