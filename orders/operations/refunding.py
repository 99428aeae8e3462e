"""Money that goes back, whoever sent it, and money that a bank disputes."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Sum

from orders.models import Dispute, Order, Refund, Return, Status
from orders.operations.erasing import forget_if_ended
from orders.operations.facts import base, cancelled_fact, failed_fact, refund_fact
from orders.operations.transitions import SYSTEM, lock_order, restore, save, transition_to
from orders.rules.returns import price_due
from shared.contracts.orders import OrderRefunded
from shared.database.idempotency import find_repeated
from shared.errors import Conflict, InvalidInput
from shared.events.publishing import publish
from shared.money import Money, describe_step, is_payable


class RefundTooLarge(Conflict):
    code = "refund_too_large"
    title = "More than what is left of the payment cannot go back"


class RefundDisputed(Conflict):
    code = "payment_disputed"
    title = "The shopper's bank disputes the payment: nothing can go back until it has decided"


class RefundOutdated(Conflict):
    code = "refund_outdated"
    title = "Something else went back since"


class NotPaidYet(Conflict):
    """The payment's own fact has not arrived yet; the event is tried again."""

    code = "not_paid_yet"
    title = "More went back than was paid"


def asked_back(order: Order) -> Decimal:
    """What has gone back or is on its way; a refund that failed is neither."""
    asked = order.refunds.filter(failed_at=None).aggregate(total=Sum("amount"))
    total: Decimal | None = asked["total"]
    return total or Decimal(0)


def left_to_refund(order: Order) -> Decimal:
    """What of the paid money neither was asked back nor taken by the bank; nothing where more was
    asked for, here and at the provider, than is there."""
    left: Decimal = order.paid - order.charged_back - asked_back(order)
    return max(left, Decimal(0))


def ask_for_refund(
    order: Order, amount: Decimal, reason: str, now: datetime, refund_id: UUID | None = None
) -> Refund:
    """Its id, if it has none, follows from the order and how often was asked before."""
    refund = Refund.objects.create(
        id=refund_id or uuid5(order.id, f"refund {order.refunds.count()}"),
        order=order,
        amount=amount,
        reason=reason[:100],
        requested_at=now,
    )
    publish(refund_fact(order, refund), version=order.version, now=now)
    return refund


def refund_rest(order: Order, reason: str, now: datetime) -> None:
    """Asks for all that is left. What a bank disputes waits for its decision."""
    remaining = left_to_refund(order)
    if remaining and order.dispute != Dispute.OPEN:
        ask_for_refund(order, remaining, reason, now)


def refund_goods(order: Order, value: Decimal, now: datetime) -> None:
    """Asks for the price of goods that are back, as far as it has not gone back otherwise."""
    goods, gone = order.subtotal - order.discount, asked_back(order) + order.charged_back
    if due := price_due(value, goods=goods, gone=gone, paid=order.paid):
        ask_for_refund(order, due, "return", now)


def end_order(order: Order, reason: str, actor: str, now: datetime) -> None:
    """Cancels an order that is locked and may be cancelled: its stock is for others, and whatever
    was paid goes back."""
    order.cancel_reason = reason
    transition_to(order, Status.CANCELLED, actor, now, note=reason)
    publish(cancelled_fact(order), version=order.version, now=now)
    refund_rest(order, f"cancelled_{reason}", now)


@transaction.atomic
def refund_order(
    *,
    order_id: UUID,
    amount: Decimal,
    reason: str,
    now: datetime,
    refund_id: UUID | None = None,
    actor: str = SYSTEM,
    left: Decimal | None = None,
) -> Refund:
    """A merchant sends money back, all or part; once for a `refund_id`, if the caller has chosen
    one, and only while exactly `left` can go back, if that is said. All of it, before the parcel
    left, is a cancellation: the goods are for others. Raises RefundTooLarge, RefundDisputed,
    RefundOutdated, InvalidInput, and IdempotencyKeyReused for an id that is another refund's."""
    order = lock_order(order_id)
    asked = {"order_id": order_id, "amount": amount, "reason": reason[:100]}
    if refund_id and (earlier := find_repeated(Refund.objects.filter(pk=refund_id), **asked)):
        return earlier
    if amount <= 0:
        raise InvalidInput(amount=["More than nothing has to go back"])
    if not is_payable(amount, order.currency):
        raise InvalidInput(amount=[describe_step(order.currency)])
    _demand_as_seen(order, left)
    _demand_left(order, amount)
    refund = ask_for_refund(order, amount, reason, now, refund_id)
    if order.status == Status.PAID and asked_back(order) == order.paid:
        end_order(order, "refunded", actor, now)
    return refund


def _demand_as_seen(order: Order, left: Decimal | None) -> None:
    now = left_to_refund(order)
    if left is not None and left != now:
        raise RefundOutdated(
            f"{order.money(left)} could go back when the page was shown,"
            f" and {order.money(now)} can now: look at the order again"
        )


def _demand_left(order: Order, amount: Decimal) -> None:
    if order.dispute == Dispute.OPEN:
        raise RefundDisputed()
    left = left_to_refund(order)
    if amount <= left:
        return
    if order.charged_back:
        taken = order.money(order.charged_back)
        raise RefundDisputed(f"The bank took {taken} back; {order.money(left)} can still go back")
    raise RefundTooLarge()


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
    if is_all and order.may_transition_to(Status.REFUNDED):
        transition_to(order, Status.REFUNDED, SYSTEM, now, note=str(amount))
    else:
        save(order)
    fact = OrderRefunded(
        **base(order), amount=order.money(order.refunded), paid=order.money(order.paid)
    )
    publish(fact, version=order.version, now=now)
    forget_if_ended(order, now)


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
    values = {**fields, "requested_at": now}
    if Refund.objects.get_or_create(pk=refund_id, defaults=values)[1]:
        _ask_for_remainder(order, now)


@transaction.atomic
def record_failed_refund(
    *, order_id: UUID, refund_id: UUID, amount: Money, now: datetime, version: int | None = None
) -> None:
    """A refund will not arrive, perhaps after it was said to have: its money is with the shop
    again and may be asked for anew. A newer word of payments counts, as in `record_refund`.
    Publishes OrderRefundFailed where it was said to have arrived."""
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
        _ask_for_remainder(order, now)
        return
    order.refunded -= refund.amount
    if order.status == Status.REFUNDED:
        restore(order, now, note=f"the refund of {order.money(refund.amount)} failed")
    else:
        save(order)
    publish(failed_fact(order, refund), version=order.version, now=now)


def _ask_for_remainder(order: Order, now: datetime) -> None:
    """The refund of a cancelled order is refused where somebody sent part of it back at the
    provider: the rest is owed all the same. What has just failed waits for staff."""
    failed = order.refunds.filter(foreign=False).exclude(failed_at=None)
    amounts = set(failed.values_list("amount", flat=True))
    if order.status == Status.CANCELLED and amounts and left_to_refund(order) not in amounts:
        refund_rest(order, f"cancelled_{order.cancel_reason}", now)


@transaction.atomic
def record_dispute(
    *,
    order_id: UUID,
    status: str,
    charged_back: Money | None,
    now: datetime,
    version: int | None = None,
) -> None:
    """How the bank's disputes of the payment stand, and what it took for good (None: nothing). Once
    it has decided, what is owed meanwhile is asked for. A newer word of payments counts, as in
    `record_refund`."""
    order = lock_order(order_id)
    if version is not None and version < order.dispute_told:
        return
    was = (order.dispute, order.charged_back)
    order.dispute = status
    order.charged_back = charged_back.amount if charged_back else Decimal(0)
    Order.objects.filter(pk=order.pk).update(
        dispute=order.dispute,
        charged_back=order.charged_back,
        dispute_told=order.dispute_told if version is None else version,
    )
    if status != Dispute.OPEN and (order.dispute, order.charged_back) != was:
        _ask_for_owed(order, now)


def _ask_for_owed(order: Order, now: datetime) -> None:
    if order.status == Status.CANCELLED:
        refund_rest(order, f"cancelled_{order.cancel_reason}", now)
    for waiting in order.returns.filter(owed__gt=0).order_by("received_at", "pk"):
        Return.objects.filter(pk=waiting.pk).update(owed=0)
        refund_goods(order, waiting.owed, now)
