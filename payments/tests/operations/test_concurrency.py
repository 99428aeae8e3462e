from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from payments import clients, operations
from payments.clients import ProviderRefund
from payments.models import Payment, PaymentEvent, Refund
from payments.operations import intents
from payments.tests.conftest import awaiting, cancelled, refund_of
from shared.errors import DomainError
from shared.money import Money
from shared.testing.events import deliver, published_names

pytestmark = pytest.mark.django_db(transaction=True)


def together(*calls):
    start = Barrier(len(calls))

    def run(call):
        try:
            start.wait()
            return call()
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_webhook_and_sweeper_at_once_tell_the_success_once(payment_in, sdk):
    payment = payment_in("requires_payment")
    sdk.payment_intents.confirm(payment.provider_intent_id, {"payment_method": "pm_card_visa"})
    intent = clients.get_intent(payment.provider_intent_id)
    now = timezone.now()

    def webhook():
        operations.record_intent(
            order_id=payment.order_id, intent=intent, source="webhook", now=now
        )

    def sweeper():
        operations.advance_payment(order_id=payment.order_id, now=now)

    together(*[webhook, sweeper] * 4)

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert published_names() == ["payment.succeeded"]
    assert PaymentEvent.objects.filter(payment=payment, what="succeeded").count() == 1


def test_four_confirmations_at_once_take_the_money_once(payment_in, sandbox):
    payment = payment_in("requires_payment")

    def confirm():
        return operations.confirm_payment(
            order_id=payment.order_id, payment_method="pm_card_visa", now=timezone.now()
        )

    together(*[confirm] * 4)
    operations.sync_intent(order_id=payment.order_id, now=timezone.now())

    assert sandbox.money(payment)["captured"] == 2490
    assert published_names() == ["payment.succeeded"]


def test_of_those_who_come_while_the_payment_is_made_all_get_the_same(sandbox, monkeypatch):
    """The shopper's click meets the worker: the provider refuses the key while it is in use, and
    the SDK asks once more."""
    monkeypatch.setattr(intents, "begin_intent", lambda **_: None)
    fact, now = awaiting(), timezone.now()
    operations.open_payment(fact=fact, now=now)
    sandbox.fault(latency_ms=100)

    def create():
        return operations.create_intent(order_id=fact.order_id, now=now).provider_intent_id

    made = together(*[create] * 3)

    assert len(set(made)) == 1
    assert made[0].startswith("pi_")
    assert PaymentEvent.objects.filter(payment__order_id=fact.order_id).count() == 2


def test_whoever_comes_too_early_comes_again(payment_in, sandbox, without_retries, monkeypatch):
    """Each asks under the same key, however often: one payment, whose money is taken once."""
    monkeypatch.setattr(intents, "begin_intent", lambda **_: None)
    payment = payment_in("pending")
    sandbox.fault(latency_ms=300)

    def confirm():
        return operations.confirm_payment(
            order_id=payment.order_id, payment_method="pm_card_visa", now=timezone.now()
        )

    answers = together(*[confirm] * 3)
    sandbox.heal()
    operations.advance_payment(order_id=payment.order_id, now=timezone.now())

    assert {answer for answer in answers if isinstance(answer, str)} <= {"provider_unavailable"}
    payment.refresh_from_db()
    assert sandbox.money(payment)["captured"] == 2490
    assert published_names() == ["payment.succeeded"]


def test_a_confirmation_during_the_cancellation_ends_in_one_of_the_two(payment_in, sdk):
    payment = payment_in("requires_payment")

    def confirm():
        operations.confirm_payment(
            order_id=payment.order_id, payment_method="pm_card_visa", now=timezone.now()
        )

    def cancel():
        deliver(cancelled(payment), times=1)
        operations.cancel_intent(order_id=payment.order_id, now=timezone.now())

    together(confirm, cancel)
    operations.advance_payment(order_id=payment.order_id, now=timezone.now())

    payment.refresh_from_db()
    at_provider = sdk.payment_intents.retrieve(payment.provider_intent_id).status
    assert (payment.status, at_provider) in {
        ("succeeded", "succeeded"),
        ("cancelled", "canceled"),
    }
    told = [name for name in published_names() if name.startswith("payment.")]
    assert told == (["payment.succeeded"] if payment.status == "succeeded" else [])


def test_refunds_at_once_do_not_exceed_the_amount(payment_in):
    payment = payment_in("succeeded")

    together(
        *[lambda: operations.request_refund(fact=refund_of(payment, "10.00"), now=timezone.now())]
        * 6
    )

    assert Refund.objects.exclude(status="failed").count() == 2


@pytest.mark.parametrize("said", ["succeeded", "failed"])
def test_a_refund_is_changed_under_the_lock_of_its_payment(payment_in, said):
    payment = payment_in("succeeded")
    refund = operations.request_refund(fact=refund_of(payment), now=timezone.now())
    word = ProviderRefund(
        id="re_1",
        refund_id=refund.pk,
        attempt=refund.attempt,
        intent_id=payment.provider_intent_id,
        status=said,
        amount=Money.rounded(refund.amount, payment.currency),
        failure="",
    )

    def record():
        operations.record_refund(refund=word, now=timezone.now())
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Payment.objects.select_for_update().get(pk=payment.pk)
            recording = pool.submit(record)
            with pytest.raises(TimeoutError):
                recording.result(0.5)
            # Whoever retries it now has both rows, and whoever records waits for the first.
            Refund.objects.select_for_update(nowait=True).get(pk=refund.pk)
        recording.result(10)

    refund.refresh_from_db()
    assert refund.status == said
