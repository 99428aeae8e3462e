from decimal import Decimal

import pytest

from orders import operations
from orders.models import Order
from orders.tests.conftest import NOW, eur
from orders.tests.operations.comparing import (
    TOTAL,
    kinds,
    payment,
    state_payments,
    status,
    told,
)
from shared.contracts.orders import RefundRequested
from shared.contracts.payments import StatedRefund
from shared.events.ids import uuid7
from shared.events.models import OutboxMessage
from shared.testing.events import published

pytestmark = pytest.mark.django_db


def pay_after_cancellation(order_in):
    order = order_in("cancelled")
    operations.record_payment(order_id=order.pk, amount=TOTAL, now=NOW)
    OutboxMessage.objects.all().delete()
    return order, order.refunds.get()


STEPS_HERE = [
    ("awaiting_payment", "paid_but_not_marked", "paid", ["order.paid"]),
    ("cancelled", "paid_but_not_marked", "cancelled", ["order.refund_requested"]),
]


@pytest.mark.parametrize(("was", "kind", "becomes", "facts"), STEPS_HERE)
def test_a_payment_whose_fact_was_lost_is_recorded(order_in, was, kind, becomes, facts):
    order = order_in(was)

    state_payments(payment(order, "succeeded", "24.90"))

    assert kinds() == [kind]
    assert (status(order), told()) == (becomes, facts)
    assert Order.objects.get(pk=order.pk).paid == Decimal("24.90")


def test_an_order_without_payment_is_told_to_payments_again(order_in):
    order = order_in("awaiting_payment")

    state_payments(missing=[order.pk])

    assert kinds() == ["order_without_payment"]
    assert told() == ["order.awaiting_payment -> payments"]


def test_a_cancelled_order_that_can_be_paid_is_told_to_payments_again(order_in):
    order = order_in("cancelled")

    state_payments(payment(order, "requires_payment"))

    assert kinds() == ["cancelled_but_payable"]
    assert told() == ["order.cancelled -> payments"]


@pytest.mark.parametrize("fate", ["cancelled", "cancelling"])
def test_a_payment_that_ends_with_its_order_is_in_order(order_in, fate):
    state_payments(payment(order_in("cancelled"), fate))

    assert (kinds(), told()) == ([], [])


def test_a_refund_that_did_not_arrive_is_asked_for_again(order_in):
    order, refund = pay_after_cancellation(order_in)

    state_payments(payment(order, "succeeded", "24.90"))

    assert kinds() == ["refund_not_sent"]
    assert told() == ["order.refund_requested -> payments"]
    assert published(RefundRequested)[0].refund_id == refund.pk


def test_a_refund_whose_fact_was_lost_is_recorded(order_in):
    order, refund = pay_after_cancellation(order_in)
    back = StatedRefund(refund_id=refund.pk, amount=TOTAL, status="succeeded")

    state_payments(payment(order, "succeeded", "24.90", [back], refunded=TOTAL))

    assert kinds() == ["refund_not_marked"]
    assert (status(order), told()) == ("refunded", ["order.refunded"])


def test_money_of_a_cancelled_order_that_nobody_asked_back_is_asked_back(order_in):
    order, refund = pay_after_cancellation(order_in)
    refund.delete()

    state_payments(payment(order, "succeeded", "24.90"))

    assert kinds() == ["cancelled_but_captured_not_refunded"]
    assert [x.amount for x in published(RefundRequested)] == [TOTAL]
    assert order.refunds.get().amount == order.total


LISTED_PAYMENTS = [
    ("paid", "requires_payment", "0.00", {}, "order_paid_without_payment"),
    ("awaiting_payment", "cancelled", "0.00", {}, "awaiting_but_payment_cancelled"),
    ("placed", "succeeded", "24.90", {}, "paid_but_not_marked"),
    ("awaiting_payment", "succeeded", "1.00", {"amount": eur("1.00")}, "amount_differs"),
]


@pytest.mark.parametrize(("was", "fate", "captured", "more", "kind"), LISTED_PAYMENTS)
def test_what_is_not_safe_to_mend_is_only_listed(order_in, was, fate, captured, more, kind):
    order = order_in(was)

    state_payments(payment(order, fate, captured, **more))

    assert kinds() == [kind]
    assert (status(order), told()) == (was, [])


def test_a_paid_order_without_any_payment_is_listed(order_in):
    order = order_in("paid")

    state_payments(missing=[order.pk])

    assert (kinds(), told()) == (["order_paid_without_payment"], [])


@pytest.mark.parametrize(
    ("amount", "fate", "kind"),
    [
        ("24.90", "failed", "refund_failed"),
        ("4.90", "succeeded", "refund_differs"),
        ("24.90", "pending", None),
    ],
)
def test_a_refund_that_somebody_has_to_look_at_is_listed(order_in, amount, fate, kind):
    order, refund = pay_after_cancellation(order_in)
    back = StatedRefund(refund_id=refund.pk, amount=eur(amount), status=fate)

    state_payments(payment(order, "succeeded", "24.90", [back]))

    assert kinds() == ([kind] if kind else [])
    assert (status(order), told()) == ("cancelled", [])


def test_a_refund_that_nobody_asked_for_is_listed(order_in):
    order = order_in("paid")
    back = StatedRefund(refund_id=uuid7(), amount=TOTAL, status="succeeded")

    state_payments(payment(order, "succeeded", "24.90", [back], refunded=TOTAL))

    assert (kinds(), told(), status(order)) == (["refund_differs"], [], "paid")
