"""Messages inside the shop."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from notify.clients.live import inbox_channel, publish_live
from notify.models import Channel, InboxMessage, OrderWatch
from notify.queries import MessageNotFound, count_unread, render_message
from notify.rules import REFUND_FAILED, STOCK_LOW


def put_in_inbox(*, message: InboxMessage) -> None:
    """Stores the message, once per fact and person, and updates the person's open pages."""
    InboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    if message.user_id is not None:
        _announce(message.user_id)


def _announce(user_id: UUID) -> None:
    event = {"type": "inbox", "unread": count_unread(user_id)}
    transaction.on_commit(lambda: publish_live(inbox_channel(user_id), event), robust=True)


@transaction.atomic
def notify_staff_about_low_stock(
    *, event_id: UUID, sku: str, available: int, threshold: int, now: datetime
) -> None:
    """A message for the staff, shown in the admin."""
    context = {"sku": sku, "available": str(available), "threshold": str(threshold)}
    url = f"/inventory/admin/inventory/stockitem/?q={sku}"
    _notify_staff(STOCK_LOW, context, InboxMessage(event_id=event_id, url=url, created_at=now))


@transaction.atomic
def notify_staff_about_failed_refund(
    *, event_id: UUID, order_id: UUID, amount: str, message: str, now: datetime
) -> None:
    """A message for the staff: money that is owed has not gone back."""
    numbers = OrderWatch.objects.filter(pk=order_id).values_list("number", flat=True)
    context = {"number": numbers.first() or str(order_id), "amount": amount, "message": message}
    url = f"/orders/admin/orders/order/{order_id}/change/"
    _notify_staff(REFUND_FAILED, context, InboxMessage(event_id=event_id, url=url, created_at=now))


def _notify_staff(topic: str, context: Mapping[str, str], message: InboxMessage) -> None:
    rendered = render_message(topic, Channel.INBOX, context)
    message.topic, message.title, message.body = topic, rendered.subject, rendered.text.strip()
    put_in_inbox(message=message)


@transaction.atomic
def mark_read(*, user_id: UUID | None, message_id: UUID, now: datetime) -> InboxMessage:
    """Reading again keeps the first time. Raises MessageNotFound for another person's message;
    the staff's ones belong to user None."""
    mine = InboxMessage.objects.filter(pk=message_id, user_id=user_id)
    changed = mine.filter(read_at=None).update(read_at=now)
    message = mine.first()
    if message is None:
        raise MessageNotFound()
    if changed and user_id is not None:
        _announce(user_id)
    return message


@transaction.atomic
def mark_all_read(*, user_id: UUID, now: datetime) -> int:
    """How many were unread until now."""
    changed = InboxMessage.objects.filter(user_id=user_id, read_at=None).update(read_at=now)
    if changed:
        _announce(user_id)
    return changed
