from datetime import timedelta

import pytest
from django.utils import timezone

from payments import clients, operations
from payments.models import Payment
from payments.tests.conftest import awaiting, cancelled, eur
from shared.contracts.payments import PaymentFailed, PaymentSucceeded
from shared.testing.events import deliver, published, published_names, run_enqueued_jobs


def confirm(payment, card="pm_card_visa"):
    return operations.confirm_payment(
        order_id=payment.order_id, payment_method=card, now=timezone.now()
    )


def test_it_makes_one_intent_however_often_it_is_asked(payment_in, sdk):
    payment = payment_in("pending")

    for _ in range(3):
        made = operations.create_intent(order_id=payment.order_id, now=timezone.now())

    assert made.status == "requires_payment"
    intent = sdk.payment_intents.retrieve(made.provider_intent_id)
    assert (intent.amount, intent.currency) == (2490, "eur")
    assert intent.metadata["order_id"] == str(payment.order_id)


def test_a_crash_after_the_creation_leads_to_the_same_intent(payment_in):
    payment = payment_in("requires_payment")
    Payment.objects.update(status="pending", provider_intent_id=None, client_secret="")

    again = operations.create_intent(order_id=payment.order_id, now=timezone.now())

    assert again.provider_intent_id == payment.provider_intent_id
    assert again.client_secret == payment.client_secret


def test_a_lost_answer_to_the_creation_leads_to_one_intent(
    payment_in, without_retries, sandbox, sdk
):
    payment = payment_in("pending")
    sandbox.fault(lose_answers=1)
    with pytest.raises(clients.ProviderUnavailable):
        operations.create_intent(order_id=payment.order_id, now=timezone.now())
    sandbox.heal()

    operations.create_intent(order_id=payment.order_id, now=timezone.now())

    made = [
        intent
        for intent in sdk.payment_intents.list({"limit": 100}).data
        if intent.metadata.to_dict().get("order_id") == str(payment.order_id)
    ]
    assert len(made) == 1


def test_a_confirmation_pays_and_tells_it_once(payment_in, sandbox):
    payment = payment_in("requires_payment")

    paid = confirm(payment)
    with pytest.raises(operations.AlreadyPaid):
        confirm(payment)

    assert (paid.status, paid.check_at) == ("succeeded", None)
    (fact,) = published(PaymentSucceeded)
    assert (fact.order_id, fact.amount) == (payment.order_id, eur("24.90"))
    assert sandbox.money(paid)["captured"] == 2490


def test_it_makes_the_intent_itself_where_the_job_has_not(payment_in):
    assert confirm(payment_in("pending")).status == "succeeded"


def test_a_declined_card_may_be_followed_by_another(payment_in):
    payment = payment_in("requires_payment")

    with pytest.raises(clients.CardDeclined) as declined:
        confirm(payment, "pm_card_visa_chargeDeclinedInsufficientFunds")
    payment.refresh_from_db()
    assert declined.value.extra["decline_code"] == "insufficient_funds"
    assert (payment.status, payment.last_error_code) == ("requires_payment", "insufficient_funds")

    assert confirm(payment).status == "succeeded"
    assert published_names() == ["payment.failed", "payment.succeeded"]
    assert published(PaymentFailed)[0].code == "insufficient_funds"


def test_a_decline_that_is_heard_of_again_is_told_once(payment_in):
    payment = payment_in("requires_payment")
    with pytest.raises(clients.CardDeclined):
        confirm(payment, "pm_card_visa_chargeDeclined")

    for _ in range(3):
        operations.sync_intent(order_id=payment.order_id, now=timezone.now())

    assert published_names() == ["payment.failed"]


def test_3d_secure_waits_for_the_shopper(payment_in):
    payment = confirm(payment_in("requires_payment"), "pm_card_threeDSecure2Required")

    assert payment.status == "requires_action"
    assert published_names() == []


def test_an_unknown_payment_method_changes_nothing(payment_in):
    payment = payment_in("requires_payment")

    with pytest.raises(clients.PaymentMethodInvalid):
        confirm(payment, "pm_nonsense")

    payment.refresh_from_db()
    assert payment.status == "requires_payment"
    assert published_names() == []


def test_it_refuses_after_the_end_of_the_hold(payment_in):
    payment = payment_in("requires_payment", expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(operations.PaymentExpired):
        confirm(payment)

    assert published_names() == []


def test_a_lost_answer_to_the_confirmation_is_found_by_the_sweeper(
    payment_in, without_retries, sandbox
):
    payment = payment_in("requires_payment")
    sandbox.fault(lose_answers=1)
    with pytest.raises((clients.ProviderUnavailable, operations.AlreadyPaid)):
        confirm(payment)
    sandbox.heal()

    operations.sweep(now=timezone.now() + timedelta(seconds=30))

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert published_names() == ["payment.succeeded"]
    assert sandbox.money(payment)["captured"] == 2490


def test_a_provider_that_is_away_is_asked_again(sandbox):
    fact = awaiting()
    operations.open_payment(fact=fact, now=timezone.now())
    sandbox.fault(error_rate=1.0, error_status=503)

    with pytest.raises(clients.ProviderUnavailable):
        operations.create_intent(order_id=fact.order_id, now=timezone.now())
    assert operations.sweep(now=timezone.now() + timedelta(minutes=1)) == 0
    sandbox.heal()
    operations.sweep(now=timezone.now() + timedelta(minutes=10))

    assert Payment.objects.get(order_id=fact.order_id).status == "requires_payment"


def test_a_cancelled_order_cannot_be_paid(payment_in, sdk):
    payment = payment_in("requires_payment")
    deliver(cancelled(payment))

    with pytest.raises(operations.NotPayable):
        confirm(payment)
    run_enqueued_jobs()

    payment.refresh_from_db()
    assert payment.status == "cancelled"
    assert sdk.payment_intents.retrieve(payment.provider_intent_id).status == "canceled"
    assert published_names() == []


def test_a_shopper_who_was_quicker_than_the_cancellation_has_paid(payment_in, sdk):
    payment = payment_in("requires_payment")
    sdk.payment_intents.confirm(payment.provider_intent_id, {"payment_method": "pm_card_visa"})

    deliver(cancelled(payment))
    run_enqueued_jobs()

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert published_names() == ["payment.succeeded"]


def test_a_cancellation_ends_an_intent_that_we_never_heard_of(payment_in, sdk):
    payment = payment_in("requires_payment")
    Payment.objects.update(status="pending", provider_intent_id=None, client_secret="")

    deliver(cancelled(payment))
    run_enqueued_jobs()

    assert sdk.payment_intents.retrieve(payment.provider_intent_id).status == "canceled"


def test_it_refuses_another_amount(payment_in, sdk):
    payment = payment_in("requires_payment")
    sdk.payment_intents.update(payment.provider_intent_id, {"amount": 100})
    sdk.payment_intents.confirm(payment.provider_intent_id, {"payment_method": "pm_card_visa"})

    with pytest.raises(operations.AmountDiffers):
        operations.sync_intent(order_id=payment.order_id, now=timezone.now())

    payment.refresh_from_db()
    assert payment.status == "requires_payment"
    assert published_names() == []


def test_a_second_intent_for_the_order_is_not_taken_silently(payment_in):
    payment = payment_in("succeeded")
    other = clients.Intent("pi_other", "succeeded", eur("24.90"), "", payment.order_id, None)

    with pytest.raises(operations.IntentDiffers):
        operations.record_intent(
            order_id=payment.order_id, intent=other, source="webhook", now=timezone.now()
        )


def test_one_broken_payment_does_not_hide_the_others_from_the_sweeper(payment_in, sdk):
    broken, sound = payment_in("requires_payment"), payment_in("requires_payment")
    sdk.payment_intents.update(broken.provider_intent_id, {"amount": 100})
    sdk.payment_intents.confirm(sound.provider_intent_id, {"payment_method": "pm_card_visa"})

    operations.sweep(now=timezone.now() + timedelta(minutes=1))

    sound.refresh_from_db()
    assert sound.status == "succeeded"
