from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments import operations
from payments.models import Payment, PaymentEvent
from payments.tests.conftest import awaiting, cancelled, eur, refund_of
from shared.contracts.orders import StatementRequested
from shared.contracts.payments import PaymentsStated, StatedRefund
from shared.events.ids import uuid7
from shared.testing.events import deliver, published, run_enqueued_jobs

MINUTE = timedelta(minutes=1)


def state(*order_ids):
    deliver(StatementRequested(request_id=uuid7(), order_ids=order_ids))
    return published(PaymentsStated)[-1]


def stated_at(now):
    before = len(published(PaymentsStated))
    operations.state_due_payments(now=now)
    facts = published(PaymentsStated)[before:]
    return [one.order_id for fact in facts for one in fact.payments]


def opened_at(at):
    return operations.open_payment(fact=awaiting(), now=at).order_id


def test_it_states_the_money_that_it_holds(payment_in):
    payment = payment_in("succeeded")
    last = PaymentEvent.objects.latest("at").at

    fact = state(payment.order_id)

    assert len(published(PaymentsStated)) == 1
    (stated,) = fact.payments
    assert (stated.order_id, stated.status) == (payment.order_id, "succeeded")
    assert (stated.amount, stated.captured, stated.refunded) == (
        eur("24.90"),
        eur("24.90"),
        eur("0.00"),
    )
    assert (stated.changed_at, stated.refunds, fact.missing) == (last, (), ())


def test_it_states_how_far_refunds_are(payment_in):
    payment = payment_in("succeeded")
    done, waiting = refund_of(payment, "4.90"), refund_of(payment, "5.00")
    operations.request_refund(fact=done, now=timezone.now())
    run_enqueued_jobs()
    operations.request_refund(fact=waiting, now=timezone.now())

    (stated,) = state(payment.order_id).payments

    assert stated.refunded == eur("4.90")
    assert set(stated.refunds) == {
        StatedRefund(refund_id=done.refund_id, amount=eur("4.90"), status="succeeded"),
        StatedRefund(refund_id=waiting.refund_id, amount=eur("5.00"), status="pending"),
    }


def test_nothing_is_captured_before_the_payment_and_its_end_is_announced(payment_in):
    payment = payment_in("requires_payment")
    assert state(payment.order_id).payments[0].status == "requires_payment"

    operations.want_cancellation(order_id=cancelled(payment).order_id, now=timezone.now())

    (stated,) = state(payment.order_id).payments
    assert (stated.status, stated.captured) == ("cancelling", eur("0.00"))


def test_it_says_of_which_orders_it_has_no_payment(payment_in):
    payment, stranger = payment_in("pending"), uuid7()

    fact = state(stranger, payment.order_id)

    assert fact.missing == (stranger,)
    assert [one.order_id for one in fact.payments] == [payment.order_id]


def test_a_change_is_stated_once_it_has_settled():
    now = timezone.now()
    order_id = opened_at(now)

    seen = [stated_at(now + minute * MINUTE) for minute in (0, 1, 2, 3, 4, 5)]

    assert seen == [[], [], [order_id], [order_id], [order_id], []]


def test_what_has_not_changed_for_long_is_stated_in_the_course_of_a_day():
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    order_ids = {opened_at(midnight - day * timedelta(days=7)) for day in range(1, 8)}

    seen = [stated_at(midnight + minute * MINUTE) for minute in range(1440)]

    assert {order_id for one in seen for order_id in one} == order_ids


def test_any_number_is_stated_with_the_same_queries_in_parts():
    now = timezone.now()

    def cost(count):
        order_ids = [opened_at(now) for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            operations.state_payments(order_ids=order_ids, now=now)
        return len(captured)

    assert cost(2) == cost(20)
    for _ in range(180):
        opened_at(now)
    assert Payment.objects.count() == len(stated_at(now + 2 * MINUTE)) == 202
    assert [len(fact.payments) for fact in published(PaymentsStated)[-2:]] == [200, 2]


def test_nothing_to_state_is_not_stated():
    assert operations.state_due_payments(now=timezone.now()) == 0
    assert published(PaymentsStated) == []
