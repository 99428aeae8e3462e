"""The first page of every admin says how the service's events are doing."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from shared.backoffice.navigation import count_failed
from shared.events.models import InboxEntry, OutboxMessage


def add_event_counts(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's DASHBOARD_CALLBACK: adds `event_counts` to the context of the index page."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    failed = count_failed()
    context["event_counts"] = [
        _count("Waiting to be sent", OutboxMessage.objects.count(), "outboxmessage"),
        _count(
            "Handled today", InboxEntry.objects.filter(handled_at__gte=today).count(), "inboxentry"
        ),
        {**_count("Failed", failed, "failedevent"), "alarming": failed > 0},
    ]
    return context


def _count(title: str, number: int, model: str) -> dict[str, Any]:
    url = reverse(f"admin:souk_events_{model}_changelist")
    return {"title": title, "number": number, "url": url}
