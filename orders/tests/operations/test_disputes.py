"""Money that a bank disputes, holds and takes."""

from datetime import timedelta
from decimal import Decimal

import pytest

from orders import operations
from orders.models import Order, Refund
from orders.tests.conftest import NOW, eur
from orders.tests.operations.comparing import TOTAL, kinds, payment, state_payments, status, told
from shared.contracts.orders import OrderCancelled, OrderForgotten, RefundRequested
from shared.contracts.parts import Quantity
from shared.contracts.payments import PaymentDisputed, RefundFailed, StatedRefund
from shared.events.ids import uuid7
from shared.events.models import OutboxMessage
from shared.testing.events import deliver, published, published_names
from shared.testing.users import ALICE, MIA

pytestmark = pytest.mark.django_db


def tell(order, state, *, version, taken="0.00", **changes):
    """What payments says of the dispute `du_1`, or another."""
    fields = {
        "order_id": order.pk,
        "payment_id": uuid7(),
        "dispute_id": "du_1",
        "amount": TOTAL,
        "status": state,
        "standing": state,
        "charged_back": eur(taken),
    }
    deliver(PaymentDisputed(**{**fields, **changes}), version=version)


def ship(order):
    return operations.ship_order(
        order_id=order.pk, carrier="", tracking_number="", actor="Mia", now=NOW
    )


def cancel(order):
    operations.cancel_order(order_id=order.pk, reason="customer", actor="a", now=NOW)


def take_back(order, quantity=1):
    made = operations.request_return(
        order_id=order.pk,
        return_id=uuid7(),
        lines=[Quantity(sku="TEA", quantity=quantity)],
        reason="",
        now=NOW,
    )
    operations.receive_return(return_id=made.pk, now=NOW)


def asked():
    return [fact.amount for fact in published(RefundRequested)]


@pytest.mark.parametrize("state", ["open", "lost"])
def test_a_disputed_order_is_held(order_in, api_of, client_of, state):
    order = order_in("paid")
    tell(order, state, version=5)
    answer = api_of(MIA).post(f"/orders/api/v1/orders/{order.pk}/ship/", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "order_on_hold")
    assert status(order) == "paid"
    assert published_names() == []
    page = client_of(MIA).get(f"/orders/admin/orders/order/{order.pk}/change/").text
    assert f"bank disputes the payment ({state})" in page


def test_a_dispute_that_is_won_lets_the_parcel_go_whatever_older_word_comes(order_in):
    order = order_in("paid")
    for version, state in ((5, "open"), (6, "won"), (5, "open")):
        tell(order, state, version=version)
    ship(order)

    order.refresh_from_db()
    assert (order.status, order.dispute) == ("shipped", "won")


def test_a_later_dispute_holds_the_parcel_though_an_earlier_one_was_won(order_in):
    order = order_in("paid")
    for version, state in ((5, "open"), (6, "won"), (7, "open")):
        tell(order, state, version=version, dispute_id="du_2" if version == 7 else "du_1")

    with pytest.raises(operations.OrderOnHold):
        ship(order)


def test_a_late_word_of_a_victory_does_not_undo_the_loss(order_in):
    order = order_in("paid")
    tell(order, "lost", version=8, taken="24.90")
    tell(order, "won", version=6)

    order.refresh_from_db()
    assert (order.dispute, order.charged_back) == ("lost", Decimal("24.90"))


def test_an_older_version_of_payments_says_it_too(order_in):
    order = order_in("paid")
    tell(order, "lost", version=5, standing="", charged_back=None)

    order.refresh_from_db()
    assert (order.dispute, order.charged_back) == ("lost", Decimal("24.90"))


@pytest.mark.parametrize(
    ("state", "taken", "amount"),
    [("open", "0.00", "1.00"), ("lost", "24.90", "1.00"), ("lost", "10.00", "14.91")],
)
def test_what_the_bank_holds_or_took_is_not_refunded(
    order_in, api_of, client_of, state, taken, amount
):
    order = order_in("delivered")
    tell(order, state, version=5, taken=taken)
    answer = api_of(MIA).post(
        f"/orders/api/v1/orders/{order.pk}/refund/", {"amount": amount, "reason": "late"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_disputed")
    assert (asked(), Refund.objects.count()) == ([], 0)
    page = client_of(MIA).get(f"/orders/admin/orders/order/{order.pk}/change/").text
    assert (f"/order/{order.pk}/refund/" in page) == (taken == "10.00")


def test_the_rest_of_what_the_bank_took_can_go_back(order_in):
    order = order_in("delivered")
    tell(order, "lost", version=5, taken="10.00")
    operations.refund_order(order_id=order.pk, amount=Decimal("14.90"), reason="x", now=NOW)

    assert asked() == [eur("14.90")]


def test_a_cancelled_order_whose_money_the_bank_took_is_at_its_end(order_in, client_of):
    order = order_in("paid")
    tell(order, "lost", version=5, taken="24.90")
    cancel(order)
    state_payments(payment(order, "succeeded", "24.90", dispute="lost", charged_back=TOTAL))

    assert (status(order), asked(), kinds()) == ("cancelled", [], [])
    assert [fact.dispute for fact in published(OrderCancelled)] == ["lost"]
    page = client_of(ALICE).get(f"/orders/{order.pk}/").text
    assert "your bank gave your money back to you" in page
    assert "being sent back" not in page
    assert "Given back by your bank" in page


@pytest.mark.parametrize(
    ("state", "taken", "owed"),
    [("won", "0.00", ["24.90"]), ("lost", "10.00", ["14.90"]), ("lost", "24.90", [])],
)
def test_a_cancellation_waits_for_the_bank(order_in, client_of, state, taken, owed):
    order = order_in("paid")
    tell(order, "open", version=5)
    cancel(order)
    state_payments(payment(order, "succeeded", "24.90", dispute="open"))
    page = client_of(ALICE).get(f"/orders/{order.pk}/").text

    assert (asked(), kinds()) == ([], [])
    assert "your bank looks into the payment" in page
    for version in (6, 6):
        tell(order, state, version=version, taken=taken)
    assert asked() == [eur(amount) for amount in owed]


@pytest.mark.parametrize(("state", "owed"), [("won", ["4.55", "4.54"]), ("lost", [])])
def test_the_price_of_goods_that_are_back_waits_for_the_bank(order_in, state, owed):
    order = order_in("delivered")
    tell(order, "open", version=5)
    take_back(order)
    take_back(order)
    assert asked() == []
    for _ in range(2):
        tell(order, state, version=6, taken="24.90" if state == "lost" else "0.00")

    assert asked() == [eur(amount) for amount in owed]


def test_a_refund_that_failed_because_the_bank_took_the_money_is_nothing_to_look_at(order_in):
    order = order_in("paid")
    cancel(order)
    refund = Refund.objects.get()
    failed = RefundFailed(
        order_id=order.pk,
        payment_id=uuid7(),
        refund_id=refund.pk,
        amount=TOTAL,
        message="charge_disputed",
    )
    deliver(failed, version=5)
    tell(order, "lost", version=6, taken="24.90")
    OutboxMessage.objects.all().delete()
    Refund.objects.update(failed_at=NOW)
    back = StatedRefund(refund_id=refund.pk, amount=TOTAL, status="failed")
    state_payments(payment(order, "succeeded", "24.90", [back], dispute="lost", charged_back=TOTAL))

    assert (kinds(), told()) == ([], [])


def test_a_refund_that_failed_because_somebody_was_quicker_is_nothing_to_look_at(order_in):
    order = order_in("paid")
    cancel(order)
    refund = Refund.objects.get()
    by_hand = uuid7()
    operations.record_refund(
        order_id=order.pk, refund_id=by_hand, amount=TOTAL, now=NOW, foreign=True
    )
    Refund.objects.filter(pk=refund.pk).update(failed_at=NOW)
    back = [
        StatedRefund(refund_id=refund.pk, amount=TOTAL, status="failed"),
        StatedRefund(refund_id=by_hand, amount=TOTAL, status="succeeded", foreign=True),
    ]
    state_payments(payment(order, "succeeded", "24.90", back, refunded=TOTAL))

    assert (kinds(), status(order)) == ([], "refunded")


@pytest.mark.parametrize("known", ["", "won"])
def test_the_comparison_finds_a_dispute_and_marks_it(order_in, known):
    order = order_in("paid")
    Order.objects.filter(pk=order.pk).update(dispute=known, dispute_told=9)
    state_payments(payment(order, "succeeded", "24.90", dispute="open"))

    assert kinds() == ["dispute_not_marked"]
    assert Order.objects.get(pk=order.pk).dispute == "open"


def test_the_comparison_finds_what_the_bank_took(order_in):
    order = order_in("paid")
    Order.objects.filter(pk=order.pk).update(dispute="lost")
    state_payments(payment(order, "succeeded", "24.90", dispute="lost", charged_back=TOTAL))

    assert kinds() == ["dispute_not_marked"]
    assert Order.objects.get(pk=order.pk).charged_back == Decimal("24.90")


def test_an_order_with_a_refund_that_failed_is_forgotten_a_month_later(order_in):
    order = order_in("paid")
    cancel(order)
    Refund.objects.update(failed_at=NOW)
    operations.forget_customer(customer_id=order.customer_id, emails=[order.email], now=NOW)
    assert published(OrderForgotten) == []

    operations.forget_ended(now=NOW + timedelta(days=31))
    assert [fact.order_id for fact in published(OrderForgotten)] == [order.pk]
