"""From an order that awaits payment to a payment at the provider, its confirmation and its end.
Everything that talks to the provider runs outside transactions and may run twice."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from payments import clients
from payments.models import (
    CancelledOrder,
    ClaimedOrder,
    ForgottenOrder,
    Payment,
    PaymentEvent,
    Status,
    next_check,
)
from payments.operations.outcomes import (
    get_payment,
    record_creation,
    record_intent,
    record_refusal,
    write_audit,
)
from payments.queries import REFUSED
from shared.auth.erasure import (
    ERASED_EMAIL,
    by_address,
    forget_account,
    is_erased,
    scrub_failed_events,
)
from shared.contracts.orders import OrderAwaitingPayment
from shared.database.locks import lock_until_commit
from shared.errors import Conflict
from shared.events.publishing import enqueue

log = structlog.get_logger(__name__)
FIRST_CHECK = timedelta(seconds=15)
AFTER_CONFIRMATION = timedelta(seconds=5)


class NotPayable(Conflict):
    code = "not_payable"
    title = "This order cannot be paid any more"


class NeverPayable(NotPayable):
    code = "payment_refused"
    title = "The payment provider does not take this payment; nothing was charged"


class AlreadyPaid(NotPayable):
    code = "already_paid"
    title = "This order is paid already"


class PaymentExpired(NotPayable):
    code = "payment_expired"
    title = "The time to pay this order is over"


@transaction.atomic(savepoint=False)
def open_payment(*, fact: OrderAwaitingPayment, now: datetime) -> Payment:
    """The order may be paid from now on; once, however often it is told."""
    _take_turn(fact.order_id)
    if known := Payment.objects.filter(order_id=fact.order_id).first():
        return known
    ended = CancelledOrder.objects.filter(pk=fact.order_id).exists()
    payment = Payment.objects.create(
        order_id=fact.order_id,
        number=fact.number,
        **_payer_of(fact),
        amount=fact.amount.amount,
        currency=fact.amount.currency,
        expires_at=fact.expires_at,
        created_at=now,
        status=Status.CANCELLED if ended else Status.PENDING,
        cancel_wanted=ended,
        check_at=None if ended else now + FIRST_CHECK,
    )
    write_audit(payment, "cancelled" if ended else "opened", "orders", now)
    if not ended:
        transaction.on_commit(lambda: begin_intent(order_id=fact.order_id, now=now), robust=True)
    return payment


def _payer_of(fact: OrderAwaitingPayment) -> dict[str, Any]:
    """The account that has claimed a guest's order since; nobody where the person was erased before
    the fact came."""
    claims = ClaimedOrder.objects.filter(pk=fact.order_id)
    customer_id = fact.customer_id or claims.values_list("customer_id", flat=True).first()
    is_forgotten = ForgottenOrder.objects.filter(pk=fact.order_id).exists()
    if is_forgotten or is_erased(customer_id):
        return {"customer_id": None, "email": ERASED_EMAIL}
    return {"customer_id": customer_id, "email": fact.email}


@transaction.atomic
def take_claim(*, order_id: UUID, customer_id: UUID, now: datetime) -> None:
    """A guest's order is an account's from now on, also where it does not await payment yet."""
    if is_erased(customer_id):
        return
    _take_turn(order_id)
    payments = Payment.objects.filter(order_id=order_id)
    if not payments.update(customer_id=customer_id):
        claim = ClaimedOrder(pk=order_id, customer_id=customer_id, at=now)
        ClaimedOrder.objects.bulk_create([claim], ignore_conflicts=True)


def begin_intent(*, order_id: UUID, now: datetime) -> None:
    """What follows the commit of an opened payment, in its thread. Where it fails a job tries
    again, and shows the error if it stays; where we die the sweeper or the shopper's click does."""
    try:
        create_intent(order_id=order_id, now=now)
    except Exception as error:
        log.warning("intent_postponed", order_id=str(order_id), error=repr(error))
        with transaction.atomic():
            enqueue("create_intent", order_id=str(order_id))


@transaction.atomic
def want_cancellation(*, order_id: UUID, now: datetime) -> None:
    """The order ended: nobody shall pay it any more. A payment that succeeds first stays; orders
    asks for its money back."""
    _take_turn(order_id)
    ended = CancelledOrder(pk=order_id, at=now)
    CancelledOrder.objects.bulk_create([ended], ignore_conflicts=True)
    payment = Payment.objects.select_for_update().filter(order_id=order_id).first()
    if payment is None or not payment.is_open or payment.cancel_wanted:
        return
    payment.cancel_wanted = True
    payment.save(update_fields=["cancel_wanted"])
    write_audit(payment, "cancel_wanted", "orders", now)
    enqueue("cancel_intent", order_id=str(order_id))


def _take_turn(order_id: UUID) -> None:
    """Facts about one order wait for each other, also while it has no row to lock."""
    lock_until_commit(f"payment of {order_id}")


def create_intent(*, order_id: UUID, now: datetime) -> Payment:
    """Makes the payment at the provider unless it is made; where the provider will never take it
    the payment ends. Raises ProviderUnavailable.
    Of two who come at once the provider lets the second one wait or come again, because both name
    the same idempotency key: there is one payment, which nobody has paid by that."""
    payment = get_payment(order_id)
    if payment.provider_intent_id or not payment.is_open:
        return payment
    try:
        intent = clients.create_intent(
            order_id=order_id, number=payment.number, amount=payment.money
        )
    except clients.ProviderRefused as refusal:
        log.error("payment_refused", order_id=str(order_id), error=refusal.detail)
        return record_refusal(order_id=order_id, message=refusal.detail, now=now)
    return record_creation(order_id=order_id, intent=intent, now=now)


def confirm_payment(*, order_id: UUID, payment_method: str, now: datetime) -> Payment:
    """Pays with a payment method of the provider. The outcome is recorded at once.
    Raises NotPayable, CardDeclined, PaymentMethodInvalid and ProviderUnavailable."""
    payment = get_payment(order_id)
    _demand_payable(payment, now)
    if not payment.provider_intent_id:
        payment = create_intent(order_id=order_id, now=now)
        _demand_payable(payment, now)
    # Should we not live to hear the answer, the sweeper asks soon.
    _check_at(payment, now + AFTER_CONFIRMATION)
    try:
        intent = clients.confirm_intent(str(payment.provider_intent_id), payment_method)
    except clients.CardDeclined as declined:
        if declined.intent:
            record_intent(order_id=order_id, intent=declined.intent, source="api", now=now)
        raise
    except clients.ProviderConflict:
        _demand_payable(sync_intent(order_id=order_id, now=now), now)
        raise
    return record_intent(order_id=order_id, intent=intent, source="api", now=now)


def _check_at(payment: Payment, when: datetime) -> None:
    """When the sweeper is to ask about a payment that is not settled."""
    Payment.objects.filter(pk=payment.pk, check_at__isnull=False).update(check_at=when)


def _demand_payable(payment: Payment, now: datetime) -> None:
    if payment.status == Status.SUCCEEDED:
        raise AlreadyPaid()
    if payment.last_error_code == REFUSED:
        raise NeverPayable()
    if payment.status == Status.CANCELLED or payment.cancel_wanted:
        raise NotPayable()
    if payment.expires_at <= now:
        raise PaymentExpired()


def cancel_intent(*, order_id: UUID, now: datetime) -> Payment:
    """Ends the payment at the provider. Where the shopper was quicker the success is recorded.
    One that we may have made without hearing of it is found by its idempotency key."""
    payment = create_intent(order_id=order_id, now=now)
    if not payment.is_open:
        return payment
    intent_id = str(payment.provider_intent_id)
    try:
        intent = clients.cancel_intent(intent_id)
    except clients.ProviderConflict:
        intent = clients.get_intent(intent_id)
    return record_intent(order_id=order_id, intent=intent, source="provider", now=now)


def sync_intent(*, order_id: UUID, now: datetime) -> Payment:
    """Asks the provider how the payment stands."""
    payment = get_payment(order_id)
    if not payment.provider_intent_id:
        return create_intent(order_id=order_id, now=now)
    intent = clients.get_intent(payment.provider_intent_id)
    return record_intent(order_id=order_id, intent=intent, source="sync", now=now)


def advance_payment(*, order_id: UUID, now: datetime) -> Payment:
    """Does whatever the payment still waits for; asks again later while it is not settled."""
    payment = get_payment(order_id)
    _check_at(payment, next_check(since=payment.created_at, now=now))
    if payment.cancel_wanted:
        return cancel_intent(order_id=order_id, now=now)
    return sync_intent(order_id=order_id, now=now)


@transaction.atomic
def forget_customer(*, customer_id: UUID, emails: Collection[str], now: datetime) -> None:
    """Payments stay for the books; who paid, or sent money back again, does not."""
    known = forget_account(account_id=customer_id, emails=emails, now=now)
    theirs = by_address("detail", [str(customer_id), *known])
    PaymentEvent.objects.filter(theirs, source="staff").update(detail="erased")
    Payment.objects.filter(customer_id=customer_id).update(customer_id=None, email=ERASED_EMAIL)
    ClaimedOrder.objects.filter(customer_id=customer_id).delete()


@transaction.atomic
def forget_order(*, order_id: UUID, now: datetime) -> None:
    """The same for an order that became a guest's when its person was erased."""
    _take_turn(order_id)
    ForgottenOrder.objects.bulk_create([ForgottenOrder(pk=order_id, at=now)], ignore_conflicts=True)
    Payment.objects.filter(order_id=order_id).update(customer_id=None, email=ERASED_EMAIL)
    scrub_failed_events(order_id)
