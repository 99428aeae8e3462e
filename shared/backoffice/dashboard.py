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
    handled, failed = InboxEntry.objects.filter(handled_at__gte=today).count(), count_failed()
    context["event_counts"] = [
        {
            "title": title,
            "number": number,
            "url": reverse(f"admin:souk_events_{model}_changelist"),
            "alarming": title == "Failed" and number > 0,
        }
        for title, number, model in (
            ("Waiting to be sent", OutboxMessage.objects.count(), "outboxmessage"),
            ("Handled today", handled, "inboxentry"),
            ("Failed", failed, "failedevent"),
        )
    ]
    return context
