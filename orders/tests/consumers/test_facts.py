import pytest

from orders.models import Discrepancy, Order
from orders.tests.conftest import HOUR, NOW, eur, make_checkout
from shared.contracts.inventory import (
    ReservationsStated,
    StatedReservation,
    StockRejected,
    StockReleased,
    StockReserved,
)
from shared.contracts.orders import OrderCancelled
from shared.contracts.payments import (
    PaymentRefunded,
    PaymentRefused,
    PaymentsStated,
    PaymentSucceeded,
    StatedPayment,
)
from shared.contracts.users import UserDeleted
from shared.events.ids import uuid7
from shared.testing.events import deliver, published, published_names
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db


def status(order_id):
    return Order.objects.values_list("status", flat=True).get(pk=order_id)


def test_the_purchase_runs_from_checkout_to_paid():
    checkout = make_checkout()
    order_id = checkout.order_id

    deliver(checkout)
    deliver(StockReserved(order_id=order_id, expires_at=NOW + HOUR))
    deliver(PaymentSucceeded(order_id=order_id, payment_id=uuid7(), amount=eur("24.90")))

    assert status(order_id) == "paid"
    assert published_names() == ["order.placed", "order.awaiting_payment", "order.paid"]


def test_a_rejected_order_is_cancelled(order_in):
    order = order_in("placed")

    deliver(StockRejected(order_id=order.id, shortages=()))

    assert status(order.id) == "cancelled"


@pytest.mark.parametrize(("reason", "ends"), [("expired", "cancelled"), ("cancelled", "placed")])
def test_only_an_expired_hold_cancels(order_in, reason, ends):
    order = order_in("placed")

    deliver(StockReleased(order_id=order.id, reason=reason))

    assert status(order.id) == ends


def test_a_confirmed_refund_ends_a_cancelled_order(order_in):
    order = order_in("cancelled")
    deliver(PaymentSucceeded(order_id=order.id, payment_id=uuid7(), amount=eur("24.90")))
    refund = order.refunds.get()

    deliver(
        PaymentRefunded(
            order_id=order.id,
            payment_id=uuid7(),
            refund_id=refund.id,
            amount=eur("24.90"),
            total_refunded=eur("24.90"),
        )
    )

    assert status(order.id) == "refunded"


def test_an_erased_person_is_forgotten(order_in):
    order = order_in("paid")

    deliver(UserDeleted(user_id=ALICE.user_id))

    order.refresh_from_db()
    assert order.customer_id is None


def test_a_statement_that_comes_thrice_is_compared_once(order_in):
    paid, free = order_in("paid"), order_in("awaiting_payment")
    held = StatedReservation(order_id=paid.id, status="held", expires_at=None, changed_at=NOW)
    captured = StatedPayment(
        order_id=free.id,
        status="succeeded",
        amount=eur("24.90"),
        captured=eur("24.90"),
        refunded=eur("0.00"),
        changed_at=NOW,
    )

    deliver(ReservationsStated(statement_id=uuid7(), as_of=NOW + HOUR, reservations=(held,)))
    deliver(PaymentsStated(statement_id=uuid7(), as_of=NOW + HOUR, payments=(captured,)))

    assert status(free.id) == "paid"
    assert published_names() == ["order.paid", "order.paid"]
    assert set(Discrepancy.objects.values_list("times", "auto_repairs")) == {(1, 1)}


def test_the_metrics_say_how_many_orders_differ(order_in, client):
    order = order_in("paid")
    held = StatedReservation(order_id=order.id, status="held", expires_at=None, changed_at=NOW)
    deliver(ReservationsStated(statement_id=uuid7(), as_of=NOW + HOUR, reservations=(held,)))

    text = client.get("/orders/metrics").text

    assert 'souk_order_discrepancies{kind="paid_without_commit"} 1.0' in text
    assert 'souk_order_discrepancies{kind="amount_differs"} 0.0' in text


def refusal_of(order):
    return PaymentRefused(order_id=order.pk, payment_id=uuid7(), message="Amount too small")


def test_a_refused_payment_ends_the_order_and_frees_its_stock(order_in):
    order = order_in("awaiting_payment")
    deliver(refusal_of(order), times=3)

    order.refresh_from_db()
    assert (order.status, order.cancel_reason) == ("cancelled", "payment_refused")
    (fact,) = published(OrderCancelled)
    assert (fact.reason, fact.was_paid) == ("payment_refused", False)


@pytest.mark.parametrize("status", ["paid", "shipped", "cancelled"])
def test_a_late_refusal_ends_no_order_that_went_on(order_in, status):
    order = order_in(status)
    deliver(refusal_of(order))

    order.refresh_from_db()
    assert order.status == status
    assert published_names() == []
