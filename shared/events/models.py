"""The tables of reliable messaging: outbox, inbox and the events that could not be handled."""

import uuid

from django.db import models
from django.utils import timezone


class OutboxMessage(models.Model):
    """A fact or a job that committed and still has to reach the broker. Gone once confirmed.

    An insert wakes the relay by NOTIFY (a trigger of the first migration)."""

    event_id = models.UUIDField(unique=True)
    exchange = models.CharField(max_length=20)
    routing_key = models.CharField(max_length=100)
    task = models.CharField(max_length=120)
    envelope = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "events_outbox"
        verbose_name = "waiting message"

    def __str__(self) -> str:
        return f"{self.task} {self.event_id}"


class InboxEntry(models.Model):
    """An event that a handler has taken effect of. Its existence makes a redelivery do nothing."""

    event_id = models.UUIDField()
    handler = models.CharField(max_length=120)
    handled_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        db_table = "events_inbox"
        verbose_name = "handled event"
        verbose_name_plural = "handled events"
        constraints = [
            models.UniqueConstraint(fields=["event_id", "handler"], name="inbox_handled_once")
        ]

    def __str__(self) -> str:
        return f"{self.handler} {self.event_id}"


class FailedEvent(models.Model):
    """An event that a handler gave up on, until a person replays or discards it."""

    class Status(models.TextChoices):
        FAILED = "failed"
        REPLAYED = "replayed"
        DISCARDED = "discarded"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event_id = models.UUIDField()
    handler = models.CharField(max_length=120)
    envelope = models.JSONField()
    error = models.TextField()
    traceback = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.FAILED)
    failed_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "events_failed"
        constraints = [
            models.UniqueConstraint(fields=["event_id", "handler"], name="failed_event_once")
        ]
        indexes = [models.Index(fields=["status", "failed_at"], name="failed_status_idx")]

    def __str__(self) -> str:
        return f"{self.handler} {self.event_id}"
