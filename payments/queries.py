"""Reads of payments: who may see one, and what the API and the page show of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from payments.models import Payment, PaymentEvent, Refund, Status
from shared.auth.capabilities import holds_capability, may_await_order
from shared.auth.principal import Principal
from shared.errors import Conflict, NotFound
from shared.events.statements import just_settled, turn_of_day
from shared.money import Money

# The code of a payment that the provider will never take.
REFUSED = "refused"


class PaymentNotFound(NotFound):
    code = "payment_not_found"
    title = "No such payment"


class PaymentNotReady(Conflict):
    code = "payment_not_ready"
    title = "The order is still being prepared; try again in a moment"


@dataclass(frozen=True)
class PaymentView:
    """A payment as its owner sees it. `state` is preparing, payable, processing, paid, refused,
    cancelled or expired: what the page shows. `status` is the finer word of the API."""

    order_id: UUID
    publishable_key: str
    number: str = ""
    status: str = Status.PENDING
    state: str = "preparing"
    amount: Money | None = None
    client_secret: str | None = None
    email: str = ""
    last_error: str = ""
    expires_at: datetime | None = None


def get_payment_for(order_id: UUID, principal: Principal | None, token: str | None) -> Payment:
    """Raises PaymentNotFound for a stranger's payment too, PaymentNotReady where the caller's
    order has only just been checked out."""
    payment = Payment.objects.filter(order_id=order_id).first()
    if payment is not None and _may_see(payment, principal, token):
        return payment
    if payment is None and may_await_order(order_id, principal, token, datetime.now(UTC)):
        raise PaymentNotReady()
    raise PaymentNotFound()


def _may_see(payment: Payment, principal: Principal | None, token: str | None) -> bool:
    if principal is not None and payment.customer_id == principal.user_id:
        return True
    return holds_capability("order", payment.order_id, token)


def view_payment(payment: Payment, now: datetime) -> PaymentView:
    """No query."""
    return PaymentView(
        order_id=payment.order_id,
        number=payment.number,
        status=payment.status,
        state=_state(payment, now),
        amount=payment.money,
        client_secret=payment.client_secret or None,
        publishable_key=settings.STRIPE_PUBLIC_KEY,
        email=payment.email,
        last_error=payment.last_error,
        expires_at=payment.expires_at,
    )


def view_arriving(order_id: UUID) -> PaymentView:
    """What there is to say about a payment that has not reached us."""
    return PaymentView(order_id=order_id, publishable_key=settings.STRIPE_PUBLIC_KEY)


def _state(payment: Payment, now: datetime) -> str:
    if payment.status == Status.SUCCEEDED:
        return "paid"
    if payment.status == Status.PROCESSING:
        return "processing"
    if payment.status == Status.CANCELLED or payment.cancel_wanted:
        return "refused" if payment.last_error_code == REFUSED else "cancelled"
    if payment.expires_at <= now:
        return "expired"
    return "payable" if payment.client_secret else "preparing"


def list_due_payments(now: datetime, limit: int) -> QuerySet[Payment]:
    """Longest due first."""
    return Payment.objects.filter(check_at__lte=now).order_by("check_at")[:limit]


def list_due_refunds(now: datetime, limit: int) -> QuerySet[Refund]:
    """Longest due first, with their payments."""
    due = Refund.objects.filter(check_at__lte=now).select_related("payment")
    return due.order_by("check_at")[:limit]


def list_order_ids_to_state(now: datetime) -> set[UUID]:
    """The orders whose payments changed of late, and those that have their turn today."""
    since, until = just_settled(now)
    changed = PaymentEvent.objects.filter(at__gte=since, at__lt=until)
    first = Payment.objects.order_by("created_at").values_list("created_at", flat=True).first()
    begin, end = turn_of_day(first, now)
    turn = Payment.objects.filter(created_at__gte=begin, created_at__lt=end)
    return {
        *changed.values_list("payment__order_id", flat=True),
        *turn.values_list("order_id", flat=True),
    }


def list_payments_of(order_ids: Iterable[UUID]) -> QuerySet[Payment]:
    """With their audits and refunds: three queries for any number."""
    payments = Payment.objects.filter(order_id__in=order_ids).order_by("order_id")
    return payments.prefetch_related("events", "refunds")
