"""Money that goes back past the shop, and refunds that fail."""

from decimal import Decimal

import pytest

from orders import operations
from orders.models import Order, Refund
from orders.tests.conftest import NOW, eur
from orders.tests.operations.comparing import (
    TOTAL,
    kinds,
    payment,
    state_payments,
    status,
    told,
)
from shared.contracts.orders import (
    OrderCancelled,
    OrderRefundFailed,
    RefundRequested,
    ReturnReceived,
)
from shared.contracts.parts import Quantity
from shared.contracts.payments import (
    PaymentRefunded,
    RefundFailed,
    RefundNoted,
    StatedRefund,
)
from shared.events.ids import uuid7
from shared.events.models import OutboxMessage
from shared.testing.events import deliver, published, published_names
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db


def refunded(order, amount="24.90", refund_id=None, **changes):
    return PaymentRefunded(
        order_id=order.pk,
        payment_id=uuid7(),
        refund_id=refund_id or uuid7(),
        amount=eur(amount),
        total_refunded=eur(amount),
        **changes,
    )


def noted(order, amount="24.90"):
    return RefundNoted(order_id=order.pk, payment_id=uuid7(), refund_id=uuid7(), amount=eur(amount))


def failed(order, refund):
    return RefundFailed(
        order_id=order.pk,
        payment_id=uuid7(),
        refund_id=refund.pk,
        amount=eur(str(refund.amount)),
        message="lost_card",
    )


def ship(order):
    return operations.ship_order(
        order_id=order.pk, carrier="", tracking_number="", actor="Mia", now=NOW
    )


def refund(order, amount="24.90"):
    return operations.refund_order(order_id=order.pk, amount=Decimal(amount), reason="x", now=NOW)


def test_a_full_refund_by_hand_ends_an_order_that_has_not_left(order_in, api_of):
    order = order_in("paid")
    deliver(refunded(order, foreign=True), times=3)

    order.refresh_from_db()
    assert (order.status, order.refunded, order.cancel_reason) == (
        "refunded",
        Decimal("24.90"),
        "refunded",
    )
    assert published_names() == ["order.cancelled", "order.refunded"]
    assert [line.sku for line in published(OrderCancelled)[0].lines] == ["POT", "TEA"]
    answer = api_of(MIA).post(f"/orders/api/v1/orders/{order.pk}/ship/", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_status")


def test_a_full_refund_by_hand_holds_the_parcel_while_it_is_under_way(order_in, api_of):
    order = order_in("paid")
    begun = noted(order)
    deliver(begun, times=3)
    answer = api_of(MIA).post(f"/orders/api/v1/orders/{order.pk}/ship/", {})

    assert (answer.status_code, answer.json()["code"]) == (409, "order_on_hold")
    assert (status(order), published_names()) == ("paid", [])
    with pytest.raises(operations.RefundTooLarge):
        refund(order, "0.01")
    deliver(refunded(order, refund_id=begun.refund_id, foreign=True))
    assert status(order) == "refunded"


def test_a_refund_by_hand_that_fails_lets_the_parcel_go(order_in):
    order = order_in("paid")
    begun = noted(order)
    deliver(begun)
    deliver(failed(order, Refund.objects.get(pk=begun.refund_id)))

    assert ship(order).status == "shipped"


@pytest.mark.parametrize("paid_first", [True, False])
def test_a_cancellation_asks_for_what_is_not_under_way_by_hand(order_in, paid_first):
    order = order_in("paid" if paid_first else "cancelled")
    deliver(noted(order, "10.00"))
    if paid_first:
        operations.cancel_order(order_id=order.pk, reason="customer", actor="a", now=NOW)
    else:
        operations.record_payment(order_id=order.pk, amount=TOTAL, now=NOW)

    assert [fact.amount for fact in published(RefundRequested)] == [eur("14.90")]


def test_a_cancellation_after_more_than_all_went_back_asks_for_nothing(order_in):
    order = order_in("paid")
    refund(order, "20.00")
    deliver(noted(order, "10.00"))
    operations.cancel_order(order_id=order.pk, reason="customer", actor="a", now=NOW)

    assert status(order) == "cancelled"
    assert [fact.amount for fact in published(RefundRequested)] == [eur("20.00")]


def test_after_a_part_by_hand_the_rest_and_no_more_can_be_sent(order_in):
    order = order_in("paid")
    deliver(refunded(order, "10.00", foreign=True))

    with pytest.raises(operations.RefundTooLarge):
        refund(order, "14.91")
    assert refund(order, "14.90").amount == Decimal("14.90")
    assert [fact.amount for fact in published(RefundRequested)] == [eur("14.90")]


def test_a_refund_that_nobody_asked_for_is_not_taken_for_one_by_hand(order_in):
    order = order_in("paid")
    deliver(refunded(order))

    order.refresh_from_db()
    assert (order.status, order.refunded) == ("paid", Decimal(0))


@pytest.mark.parametrize("order_of_facts", ["failed first", "noted first", "refunded at once"])
def test_what_a_refund_by_hand_leaves_of_a_cancelled_order_is_asked_for_anew(
    order_in, order_of_facts
):
    """The whole was asked for while somebody sent a part at the provider, so it was refused."""
    order = order_in("paid")
    operations.cancel_order(order_id=order.pk, reason="customer", actor="a", now=NOW)
    whole = failed(order, Refund.objects.get())
    by_hand = noted(order, "10.00")
    done = refunded(order, "10.00", refund_id=by_hand.refund_id, foreign=True)
    facts = {
        "failed first": [whole, by_hand, done],
        "noted first": [by_hand, whole, done],
        "refunded at once": [done, whole, by_hand],
    }
    for fact in facts[order_of_facts]:
        deliver(fact, times=2)

    assert [fact.amount for fact in published(RefundRequested)] == [eur("24.90"), eur("14.90")]
    rest = Refund.objects.get(failed_at=None, foreign=False)
    deliver(refunded(order, "14.90", refund_id=rest.pk))
    assert status(order) == "refunded"


def test_a_cancelled_order_is_asked_for_no_more_than_the_bank_refused(order_in):
    order = order_in("paid")
    operations.cancel_order(order_id=order.pk, reason="customer", actor="a", now=NOW)
    deliver(failed(order, Refund.objects.get()))
    deliver(noted(order, "10.00"))
    deliver(failed(order, Refund.objects.get(amount=Decimal("14.90"))), times=2)

    assert [fact.amount for fact in published(RefundRequested)] == [eur("24.90"), eur("14.90")]


def test_a_failed_refund_frees_its_amount(order_in):
    order = order_in("shipped")
    first = refund(order)
    with pytest.raises(operations.RefundTooLarge):
        refund(order)
    deliver(failed(order, first), times=3)

    second = refund(order)
    assert second.pk != first.pk
    deliver(refunded(order, refund_id=second.pk))
    assert status(order) == "refunded"


@pytest.mark.parametrize("was", ["shipped", "delivered", "cancelled"])
def test_a_refund_that_fails_after_it_was_taken_is_undone(order_in, was):
    order = order_in("paid") if was == "cancelled" else order_in(was)
    if was == "cancelled":
        operations.cancel_order(order_id=order.pk, reason="customer", actor="a", now=NOW)
    else:
        refund(order)
    asked = Refund.objects.get()
    deliver(refunded(order, refund_id=asked.pk))
    assert status(order) == "refunded"
    deliver(failed(order, asked), times=3)

    order.refresh_from_db()
    assert (order.status, order.refunded) == (was, Decimal(0))
    assert order.transitions.filter(note__contains="failed").count() == 1
    (fact,) = published(OrderRefundFailed)
    assert (fact.failed, fact.amount, fact.paid) == (TOTAL, eur("0.00"), TOTAL)
    assert (fact.status, len(fact.product_ids)) == (was, 2)
    deliver(refunded(order, refund_id=asked.pk))
    assert status(order) == "refunded"


def test_a_full_refund_before_the_parcel_leaves_restocks(order_in):
    order = order_in("paid")
    refund(order)

    assert status(order) == "cancelled"
    assert [line.quantity for line in published(OrderCancelled)[0].lines] == [1, 2]
    assert [fact.amount for fact in published(RefundRequested)] == [TOTAL]
    with pytest.raises(operations.WrongStatus):
        ship(order)


def test_a_part_before_the_parcel_leaves_does_not(order_in):
    order = order_in("paid")
    refund(order, "4.90")

    assert ship(order).status == "shipped"
    assert published(OrderCancelled) == []


def test_what_comes_back_of_a_refunded_order_restocks_and_gives_nothing(order_in):
    order = order_in("shipped")
    asked = refund(order)
    deliver(refunded(order, refund_id=asked.pk))
    OutboxMessage.objects.all().delete()
    made = operations.request_return(
        order_id=order.pk,
        return_id=uuid7(),
        lines=[Quantity(sku="TEA", quantity=2)],
        reason="",
        now=NOW,
    )
    operations.receive_return(return_id=made.pk, now=NOW)

    assert [fact.lines[0].quantity for fact in published(ReturnReceived)] == [2]
    assert published(RefundRequested) == []


def test_a_refunded_order_that_never_left_takes_no_return(order_in):
    order = order_in("paid")
    deliver(refunded(order, foreign=True))
    with pytest.raises(operations.WrongStatus):
        operations.request_return(
            order_id=order.pk,
            return_id=uuid7(),
            lines=[Quantity(sku="TEA", quantity=1)],
            reason="",
            now=NOW,
        )


def stated(refund_id, amount, state, **changes):
    return StatedRefund(refund_id=refund_id, amount=eur(amount), status=state, **changes)


def test_the_comparison_finds_a_refund_by_hand_and_records_it(order_in):
    order = order_in("paid")
    one = stated(uuid7(), "10.00", "succeeded", foreign=True)
    for _ in range(2):
        state_payments(payment(order, "succeeded", "24.90", [one]))

    assert Order.objects.get(pk=order.pk).refunded == Decimal("10.00")
    assert Refund.objects.get().pk == one.refund_id
    assert told()[:1] == ["order.refunded"]


def test_the_comparison_finds_a_refund_by_hand_that_is_under_way(order_in):
    order = order_in("paid")
    one = stated(uuid7(), "24.90", "pending", foreign=True)
    for _ in range(2):
        state_payments(payment(order, "succeeded", "24.90", [one]))

    with pytest.raises(operations.OrderOnHold):
        ship(order)
    assert [(x.pk, x.foreign) for x in Refund.objects.all()] == [(one.refund_id, True)]


def test_payments_is_never_told_to_send_a_refund_that_was_made_by_hand(order_in):
    order = order_in("paid")
    operations.note_refund(order_id=order.pk, refund_id=uuid7(), amount=TOTAL, now=NOW)
    state_payments(payment(order, "succeeded", "24.90"))

    assert kinds() == ["refund_differs"]
    assert told() == []


def test_the_comparison_finds_a_failure_and_asks_for_another_part(order_in):
    """10.00 went back by hand, so the whole was refused, and an older release left it at that."""
    order = order_in("paid")
    operations.cancel_order(order_id=order.pk, reason="customer", actor="a", now=NOW)
    asked = Refund.objects.get()
    deliver(refunded(order, "10.00", foreign=True))
    deliver(failed(order, asked))
    Refund.objects.filter(failed_at=None, foreign=False).delete()
    OutboxMessage.objects.all().delete()
    others = [x for x in Refund.objects.all() if x.pk != asked.pk]
    Refund.objects.update(requested_at=NOW)
    Refund.objects.exclude(failed_at=None).update(failed_at=NOW)
    Refund.objects.exclude(refunded_at=None).update(refunded_at=NOW)
    facts = [
        stated(asked.pk, "24.90", "failed"),
        stated(others[0].pk, "10.00", "succeeded", foreign=True),
    ]
    state_payments(payment(order, "succeeded", "24.90", facts))

    assert "cancelled_but_captured_not_refunded" in kinds()
    assert [fact.amount for fact in published(RefundRequested)] == [eur("14.90")]


def test_what_has_just_failed_is_not_asked_for_again_by_itself(order_in):
    order = order_in("paid")
    operations.cancel_order(order_id=order.pk, reason="customer", actor="a", now=NOW)
    asked = Refund.objects.get()
    operations.record_failed_refund(
        order_id=order.pk, refund_id=asked.pk, amount=eur("24.90"), now=NOW
    )
    OutboxMessage.objects.all().delete()
    fact = stated(asked.pk, "24.90", "failed")
    state_payments(payment(order, "succeeded", "24.90", [fact]))

    assert kinds() == ["cancelled_but_captured_not_refunded", "refund_failed"]
    assert published_names() == []
