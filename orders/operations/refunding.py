"""Money that goes back, whoever sent it, and money that a bank disputes."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from orders.models import Dispute, Order, Refund, Status
from orders.operations.buying import end_order
from orders.operations.story import (
    SYSTEM,
    ask_for_refund,
    asked_back,
    base,
    become,
    left_to_refund,
    lock_order,
    restore,
    save,
)
from shared.contracts.orders import OrderRefunded
from shared.database.rows import find
from shared.errors import Conflict, IdempotencyKeyReused, InvalidInput
from shared.events.publishing import publish
from shared.money import Money, describe_step, is_payable


class RefundTooLarge(Conflict):
    code = "refund_too_large"
    title = "More than what is left of the payment cannot go back"


class NotPaidYet(Conflict):
    """The payment's own fact has not arrived yet; the event is tried again."""

    code = "not_paid_yet"
    title = "More went back than was paid"


@transaction.atomic
def refund_order(
    *,
    order_id: UUID,
    amount: Decimal,
    reason: str,
    now: datetime,
    refund_id: UUID | None = None,
    actor: str = SYSTEM,
) -> Refund:
    """A merchant sends money back, all or part; once for a `refund_id`, if the caller has chosen
    one. All of it, before the parcel left, is a cancellation: the goods are for others. Raises
    RefundTooLarge, InvalidInput, and IdempotencyKeyReused for an id that is another refund's."""
    order = lock_order(order_id)
    earlier = find(Refund, pk=refund_id) if refund_id else None
    if earlier is not None:
        if (earlier.order_id, earlier.amount, earlier.reason) != (order_id, amount, reason[:100]):
            raise IdempotencyKeyReused()
        return earlier
    if amount <= 0:
        raise InvalidInput(amount=["More than nothing has to go back"])
    if not is_payable(amount, order.currency):
        raise InvalidInput(amount=[describe_step(order.currency)])
    if amount > left_to_refund(order):
        raise RefundTooLarge()
    refund = ask_for_refund(order, amount, reason, now, refund_id)
    if order.status == Status.PAID and asked_back(order) == order.paid:
        end_order(order, "refunded", actor, now)
    return refund


@transaction.atomic
def record_refund(
    *,
    order_id: UUID,
    refund_id: UUID,
    amount: Money,
    now: datetime,
    foreign: bool = False,
    version: int | None = None,
) -> None:
    """The provider took a refund; a `foreign` one was made there and is noted first. The order is
    REFUNDED once all its money is back, and before that cancelled where its parcel has not left.
    A newer word of payments counts, by its `version`; the state it is in (None) always does. Raises
    NotPaidYet."""
    order = lock_order(order_id)
    if foreign:
        _note_foreign(order, refund_id, amount, now)
    if not _is_news(order, refund_id, version):
        return
    first = Refund.objects.filter(pk=refund_id, order=order, refunded_at=None).update(
        refunded_at=now, failed_at=None, amount=amount.amount
    )
    if not first:
        return
    order.refunded += amount.amount
    if order.refunded > order.paid:
        raise NotPaidYet(f"{order.number}: {amount} went back")
    is_all = order.refunded == order.paid
    if is_all and order.status == Status.PAID:
        end_order(order, "refunded", SYSTEM, now)
    if is_all and order.may_become(Status.REFUNDED):
        become(order, Status.REFUNDED, SYSTEM, now, note=str(amount))
    else:
        save(order)
    fact = OrderRefunded(
        **base(order), amount=order.money(order.refunded), paid=order.money(order.paid)
    )
    publish(fact, version=order.version, now=now)


def _is_news(order: Order, refund_id: UUID, version: int | None) -> bool:
    if version is None:
        return True
    older = order.refunds.filter(pk=refund_id, told__lte=version)
    return bool(older.update(told=version))


@transaction.atomic
def note_refund(*, order_id: UUID, refund_id: UUID, amount: Money, now: datetime) -> None:
    """Somebody began a refund at the provider: it counts as asked for until its end is told."""
    _note_foreign(lock_order(order_id), refund_id, amount, now)


def _note_foreign(order: Order, refund_id: UUID, amount: Money, now: datetime) -> None:
    fields = {"order": order, "amount": amount.amount, "reason": "made at the provider"}
    fields["foreign"] = True
    Refund.objects.get_or_create(pk=refund_id, defaults={**fields, "requested_at": now})


@transaction.atomic
def record_failed_refund(
    *, order_id: UUID, refund_id: UUID, amount: Money, now: datetime, version: int | None = None
) -> None:
    """A refund will not arrive, perhaps after it was said to have: its money is with the shop
    again and may be asked for anew. A newer word of payments counts, as in `record_refund`."""
    order = lock_order(order_id)
    # One that was made at the provider may not have been told of yet.
    _note_foreign(order, refund_id, amount, now)
    if not _is_news(order, refund_id, version):
        return
    refund = order.refunds.filter(pk=refund_id, failed_at=None).first()
    if refund is None:
        return
    was_taken = refund.refunded_at is not None
    Refund.objects.filter(pk=refund_id).update(refunded_at=None, failed_at=now)
    if not was_taken:
        return
    order.refunded -= refund.amount
    if order.status == Status.REFUNDED:
        restore(order, now, note=f"the refund of {order.money(refund.amount)} failed")
    else:
        save(order)


@transaction.atomic
def record_dispute(*, order_id: UUID, status: str) -> None:
    """A bank disputes the payment, or has decided; a decision stays."""
    order = lock_order(order_id)
    if status == Dispute.OPEN and order.dispute:
        return
    Order.objects.filter(pk=order.pk).update(dispute=status)
