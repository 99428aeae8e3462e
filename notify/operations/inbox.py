"""Messages inside the shop."""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from notify.clients.live import inbox_channel, publish_live
from notify.models import Channel, InboxMessage
from notify.queries import MessageNotFound, count_unread, render_message
from notify.rules import STOCK_LOW
from shared.database.rows import add


@transaction.atomic
def put_in_inbox(*, message: InboxMessage) -> None:
    """Stores the message, once per fact and person, and moves the person's open pages."""
    add(message)
    if message.user_id is not None:
        _announce(message.user_id)


def _announce(user_id: UUID) -> None:
    event = {"type": "inbox", "unread": count_unread(user_id)}
    transaction.on_commit(partial(publish_live, inbox_channel(user_id), event), robust=True)


@transaction.atomic
def tell_staff_about_low_stock(
    *, event_id: UUID, sku: str, available: int, threshold: int, now: datetime
) -> None:
    """A message for the staff, shown in the admin."""
    context = {"sku": sku, "available": str(available), "threshold": str(threshold)}
    told = render_message(STOCK_LOW, Channel.INBOX, context)
    message = InboxMessage(
        event_id=event_id,
        topic=STOCK_LOW,
        title=told.subject,
        body=told.text.strip(),
        url=f"/inventory/admin/inventory/stockitem/?q={sku}",
        created_at=now,
    )
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
