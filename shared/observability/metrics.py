"""Messaging metrics that are read from the tables when Prometheus asks."""

from collections.abc import Iterator

from django.db import Error
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.events.models import FailedEvent, OutboxMessage


class MessagingCollector(Collector):
    """Outbox length and age, failed events. Nothing is exported while the database is away."""

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            waiting = OutboxMessage.objects.count()
            oldest = (
                OutboxMessage.objects.order_by("id").values_list("created_at", flat=True).first()
            )
            failed = FailedEvent.objects.filter(status=FailedEvent.Status.FAILED).count()
        except Error:
            return
        age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
        for name, text, value in (
            ("souk_outbox_messages", "Messages that wait for the broker", waiting),
            ("souk_outbox_oldest_seconds", "Age of the oldest waiting message", age),
            ("souk_failed_events", "Events that a person has to look at", failed),
        ):
            yield GaugeMetricFamily(name, text, value=value)
