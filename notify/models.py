"""Who is told what: copies of people and orders, deliveries, in-app messages, preferences."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from shared.database.amounts import AmountField
from shared.database.constraints import worded
from shared.events.ids import uuid7


class Channel(models.TextChoices):
    MAIL = "mail"
    INBOX = "inbox", "in-app inbox"


class Recipient(models.Model):
    """Copy of a person. The row of an erased one stays, empty, so that no late fact revives it."""

    user_id = models.UUIDField(primary_key=True)
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=8, default="en")
    version = models.BigIntegerField(default=0)
    erased = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.email or str(self.user_id)


class OrderWatch(models.Model):
    """Copy of what a stream and a late mail need of an order."""

    order_id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20)
    customer_id = models.UUIDField(null=True, blank=True, db_index=True)
    email = models.EmailField(blank=True)
    status = models.CharField(max_length=20)
    total = AmountField(null=True)
    version = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["order_id"],
                condition=Q(email="", customer_id=None),
                name="order_watch_forgotten_idx",
            )
        ]

    def __str__(self) -> str:
        return self.number


class MessageTemplate(models.Model):
    """The merchant's own words for a topic; without a row the shop's files speak. `html` is for
    mails only; an inbox message is `subject` and `text`."""

    topic = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.MAIL)
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField(blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "channel"],
                **worded("template_once_per_channel", "This topic and channel have words already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} ({self.channel})"


class Delivery(models.Model):
    """One message to one recipient about one fact: the unique constraint makes it exactly one.

    pending -> sending (claimed by one worker) -> sent | failed | pending again. A suppressed one
    is never sent; `error` says why."""

    class Status(models.TextChoices):
        PENDING = "pending"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        SUPPRESSED = "suppressed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event_id = models.UUIDField()
    topic = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.MAIL)
    recipient = models.CharField(max_length=254)
    user_id = models.UUIDField(null=True, blank=True)
    order_id = models.UUIDField(null=True, blank=True)
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    provider_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    useful_until = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "recipient", "channel"], name="delivery_once_per_fact"
            ),
            models.CheckConstraint(
                condition=~Q(status="sent") | Q(sent_at__isnull=False),
                name="delivery_sent_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=["pending", "sending"]),
                name="delivery_waiting_idx",
            ),
            models.Index(fields=["-created_at"], name="delivery_created_idx"),
            models.Index(fields=["order_id"], name="delivery_order_idx"),
            models.Index(fields=["user_id"], name="delivery_user_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} to {self.recipient}"


class InboxMessage(models.Model):
    """A message inside the shop; without a user it is for the staff. `url` is a path of ours."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event_id = models.UUIDField()
    user_id = models.UUIDField(null=True, blank=True)
    topic = models.CharField(max_length=40)
    title = models.CharField(max_length=255)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "user_id"],
                nulls_distinct=False,
                name="inbox_message_once_per_fact",
            )
        ]
        indexes = [
            models.Index(fields=["user_id", "-created_at"], name="inbox_message_user_idx"),
            models.Index(
                fields=["user_id"], condition=Q(read_at=None), name="inbox_message_unread_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Preference(models.Model):
    """A person's choice for a topic and a channel; without a row the answer is yes."""

    user_id = models.UUIDField()
    topic = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    enabled = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "topic", "channel"], name="preference_once_per_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} by {self.channel}: {'on' if self.enabled else 'off'}"
