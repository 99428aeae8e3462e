from datetime import timedelta

import pytest
from django.utils import timezone

from payments import clients, operations
from payments.models import Refund
from payments.queries import PaymentNotFound
from payments.tests.conftest import eur, refund_of
from shared.contracts.payments import PaymentRefunded, RefundFailed
from shared.events.ids import uuid7
from shared.testing.events import deliver, published, published_names, run_enqueued_jobs


def test_a_refund_goes_back_once_under_repetition(payment_in, sandbox):
    payment = payment_in("succeeded")
    fact = refund_of(payment, "10.00")

    deliver(fact)
    run_enqueued_jobs()
    for _ in range(3):
        operations.send_refund(refund_id=fact.refund_id, now=timezone.now())

    (told,) = published(PaymentRefunded)
    assert (told.refund_id, told.amount, told.total_refunded) == (
        fact.refund_id,
        eur("10.00"),
        eur("10.00"),
    )
    payment.refresh_from_db()
    assert str(payment.refunded_amount) == "10.00"
    assert sandbox.money(payment)["refunded"] == 1000


def test_a_lost_answer_does_not_send_the_money_twice(payment_in, without_retries, sandbox):
    payment = payment_in("succeeded")
    fact = refund_of(payment, "10.00")
    operations.request_refund(fact=fact, now=timezone.now())
    sandbox.fault(lose_answers=1)
    with pytest.raises(clients.ProviderUnavailable):
        run_enqueued_jobs()
    sandbox.heal()

    operations.sweep(now=timezone.now() + timedelta(minutes=1))

    assert sandbox.money(payment)["refunded"] == 1000
    assert len(published(PaymentRefunded)) == 1


def test_a_refund_that_was_sent_days_ago_is_found_without_its_key(payment_in, sandbox):
    payment = payment_in("succeeded")
    fact = refund_of(payment, "10.00")
    operations.request_refund(fact=fact, now=timezone.now())
    clients.create_refund(
        refund_id=fact.refund_id,
        order_id=payment.order_id,
        intent_id=payment.provider_intent_id,
        amount=eur("10.00"),
        attempt=1,
    )

    operations.sweep(now=timezone.now() + timedelta(days=2))

    assert Refund.objects.get().status == "succeeded"
    assert sandbox.money(payment)["refunded"] == 1000


def test_partial_refunds_end_at_the_amount(payment_in, sandbox):
    payment = payment_in("succeeded")
    for amount in ("10.00", "14.90"):
        deliver(refund_of(payment, amount))
    run_enqueued_jobs()

    more = operations.request_refund(fact=refund_of(payment, "0.01"), now=timezone.now())

    assert (more.status, published_names()[-1]) == ("failed", "payment.refund_failed")
    payment.refresh_from_db()
    assert payment.refunded_amount == payment.amount
    assert [str(fact.total_refunded) for fact in published(PaymentRefunded)] == ["€10.00", "€24.90"]
    assert sandbox.money(payment)["refunded"] == 2490


def test_a_refund_waits_for_the_success(payment_in, sandbox):
    payment = payment_in("requires_payment")
    deliver(refund_of(payment))
    assert run_enqueued_jobs() == []

    operations.confirm_payment(
        order_id=payment.order_id, payment_method="pm_card_visa", now=timezone.now()
    )
    run_enqueued_jobs()

    assert published_names() == ["payment.succeeded", "payment.refunded"]


def test_a_refund_without_a_payment_is_asked_for_again(payment_in):
    payment = payment_in("succeeded")

    with pytest.raises(PaymentNotFound):
        operations.request_refund(fact=refund_of(payment, order_id=uuid7()), now=timezone.now())

    assert not Refund.objects.exists()


def test_a_refund_that_the_bank_takes_later_is_told_then(payment_in, sandbox, sdk):
    payment = payment_in("succeeded", card="pm_card_pendingRefund")
    fact = refund_of(payment)
    deliver(fact)
    run_enqueued_jobs()
    refund = Refund.objects.get()
    assert (refund.status, published_names()) == ("pending", [])

    taken = clients.get_refund(refund.provider_refund_id)
    operations.record_refund(
        refund=clients.ProviderRefund(
            taken.id, "succeeded", taken.amount, taken.refund_id, taken.attempt, ""
        ),
        now=timezone.now(),
    )

    assert published_names() == ["payment.refunded"]


def failed(refund):
    return clients.ProviderRefund(
        refund.provider_refund_id, "failed", eur("24.90"), refund.pk, refund.attempt, "lost_card"
    )


def test_a_refund_that_the_bank_gives_back_may_be_sent_again(payment_in):
    payment = payment_in("succeeded")
    fact = refund_of(payment)
    deliver(fact)
    run_enqueued_jobs()
    first = Refund.objects.get()

    for _ in range(3):
        operations.record_refund(refund=failed(first), now=timezone.now())
    payment.refresh_from_db()
    assert (str(payment.refunded_amount), Refund.objects.get().status) == ("0.00", "failed")

    operations.retry_refund(refund_id=first.pk, actor="mia", now=timezone.now())
    operations.record_refund(refund=failed(first), now=timezone.now())

    assert Refund.objects.get().status == "pending"
    assert published_names().count("payment.refund_failed") == 1
    more = operations.request_refund(fact=refund_of(payment, "0.01"), now=timezone.now())
    assert more.status == "failed"


def test_a_refund_that_the_provider_refuses_is_shown_as_failed(payment_in, sdk):
    payment = payment_in("succeeded")
    sdk.refunds.create({"payment_intent": payment.provider_intent_id})

    deliver(refund_of(payment))
    run_enqueued_jobs()

    refund = Refund.objects.get()
    assert refund.status == "failed"
    assert "already been refunded" in refund.error
    (told,) = published(RefundFailed)
    assert (told.refund_id, told.amount) == (refund.pk, eur("24.90"))
