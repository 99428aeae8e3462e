"""Refunds and disputes that were made at the provider, not in the shop."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from payments import clients, operations
from payments.models import Payment, Refund
from payments.tests.conftest import eur, events_about, refund_of
from shared.contracts.payments import (
    PaymentDisputed,
    PaymentRefunded,
    PaymentsStated,
    RefundFailed,
    RefundNoted,
)
from shared.testing.events import deliver, published, published_names, run_enqueued_jobs

DAY = timedelta(days=1)


def refund_by_hand(sdk, payment, cents):
    return sdk.refunds.create({"payment_intent": payment.provider_intent_id, "amount": cents})


def charge_of(sdk, payment):
    return sdk.payment_intents.retrieve(payment.provider_intent_id).latest_charge


def test_a_refund_by_hand_is_recorded_and_told_once_by_its_webhooks(payment_in, sdk, send):
    payment = payment_in("succeeded")
    made = refund_by_hand(sdk, payment, 1000)
    charge_events = [
        event
        for event in events_about(sdk, charge_of(sdk, payment))
        if event["type"] == "charge.refunded"
    ]
    created = events_about(sdk, made.id)

    assert charge_events
    assert created
    for event in (*charge_events, *created, *charge_events):
        send(event)
    run_enqueued_jobs()

    (told,) = published(PaymentRefunded)
    assert (told.foreign, told.amount, told.total_refunded) == (True, eur("10.00"), eur("10.00"))
    refund = Refund.objects.get()
    assert (refund.status, refund.foreign, refund.pk) == ("succeeded", True, told.refund_id)
    payment.refresh_from_db()
    assert str(payment.refunded_amount) == "10.00"


def test_the_sweeper_finds_what_the_webhooks_lost(payment_in, sdk):
    payment = payment_in("succeeded")
    refund_by_hand(sdk, payment, 1000)
    for _ in range(3):
        operations.look_for_foreign(now=timezone.now(), since=DAY)

    assert published_names() == ["payment.refund_noted", "payment.refunded"]
    assert Refund.objects.get().foreign


def test_a_refund_by_hand_is_told_while_it_is_under_way(payment_in, sdk):
    payment = payment_in("succeeded", card="pm_card_pendingRefund")
    made = refund_by_hand(sdk, payment, 2490)
    for _ in range(3):
        operations.record_refund(refund=clients.get_refund(made.id), now=timezone.now())

    (told,) = published(RefundNoted)
    refund = Refund.objects.get()
    assert (refund.status, refund.pk, told.amount) == ("pending", told.refund_id, eur("24.90"))
    assert published_names() == ["payment.refund_noted"]


def test_the_shops_own_refunds_are_no_foreign_ones(payment_in, sdk):
    payment = payment_in("succeeded")
    deliver(refund_of(payment, "10.00"))
    run_enqueued_jobs()
    operations.look_for_foreign(now=timezone.now(), since=DAY)

    assert [refund.foreign for refund in Refund.objects.all()] == [False]
    assert published_names() == ["payment.refunded"]


def test_a_refund_of_somebody_elses_payment_is_left_alone(sdk):
    other = sdk.payment_intents.create(
        {
            "amount": 500,
            "currency": "eur",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    sdk.payment_intents.confirm(other.id, {"payment_method": "pm_card_visa"})
    sdk.refunds.create({"payment_intent": other.id})
    operations.look_for_foreign(now=timezone.now(), since=DAY)

    assert not Refund.objects.exists()
    assert published_names() == []


def test_what_is_owed_after_a_refund_by_hand_can_be_sent(payment_in, sdk, sandbox):
    """The shop asks for all of it while 10.00 have gone back by hand: that is refused for good."""
    payment = payment_in("succeeded")
    refund_by_hand(sdk, payment, 1000)
    deliver(refund_of(payment))
    run_enqueued_jobs()
    failed = Refund.objects.get(foreign=False)
    assert (failed.status, len(published(RefundFailed))) == ("failed", 1)
    operations.look_for_foreign(now=timezone.now(), since=DAY)

    operations.retry_refund(refund_id=failed.pk, actor="mia", now=timezone.now())
    run_enqueued_jobs()

    failed.refresh_from_db()
    assert (failed.status, str(failed.amount)) == ("succeeded", "14.90")
    assert sandbox.money(payment)["refunded"] == 2490
    with pytest.raises(operations.RefundTooLarge):
        operations.retry_refund(refund_id=failed.pk, actor="mia", now=timezone.now())


def test_a_new_refund_of_the_rest_goes_out_after_one_that_failed(payment_in, sdk, sandbox):
    payment = payment_in("succeeded")
    refund_by_hand(sdk, payment, 1000)
    deliver(refund_of(payment))
    run_enqueued_jobs()
    operations.look_for_foreign(now=timezone.now(), since=DAY)
    deliver(refund_of(payment, "14.90"))
    run_enqueued_jobs()

    assert sandbox.money(payment)["refunded"] == 2490
    payment.refresh_from_db()
    assert payment.refunded_amount == payment.amount


def test_a_refund_that_fails_after_it_was_taken_is_told(payment_in, sandbox, sdk):
    payment = payment_in("succeeded")
    deliver(refund_of(payment, "10.00"))
    run_enqueued_jobs()
    refund = Refund.objects.get()
    given_back = operations.refunds.ProviderRefund(
        refund.provider_refund_id, "failed", eur("10.00"), refund.pk, 1, "lost_card"
    )
    for _ in range(3):
        operations.record_refund(refund=given_back, now=timezone.now())

    (told,) = published(RefundFailed)
    assert (told.refund_id, told.message) == (refund.pk, "lost_card")
    payment.refresh_from_db()
    assert str(payment.refunded_amount) == "0.00"


def test_a_dispute_is_told_with_its_end(payment_in, sdk, send):
    payment = payment_in("succeeded", card="pm_card_createDispute")
    (dispute,) = sdk.disputes.list({"payment_intent": payment.provider_intent_id}).data
    opened = events_about(sdk, dispute.id)
    for event in opened:
        send(event)
    run_enqueued_jobs()
    sdk.disputes.close(dispute.id)
    for event in events_about(sdk, dispute.id):
        send(event)
    # A late word about its beginning changes nothing.
    send({**opened[0], "id": "evt_late"})
    run_enqueued_jobs()

    told = published(PaymentDisputed)
    assert [(fact.status, fact.amount) for fact in told] == [
        ("open", eur("24.90")),
        ("lost", eur("24.90")),
    ]
    payment.refresh_from_db()
    assert (payment.dispute, payment.dispute_id) == ("lost", dispute.id)


def test_the_sweeper_finds_a_dispute_and_statements_tell_of_it(payment_in):
    payment = payment_in("succeeded", card="pm_card_createDispute")
    for _ in range(2):
        operations.look_for_foreign(now=timezone.now(), since=DAY)
    operations.state_payments(
        order_ids=[payment.order_id], now=timezone.now() + timedelta(minutes=5)
    )

    assert [fact.status for fact in published(PaymentDisputed)] == ["open"]
    assert [one.dispute for one in published(PaymentsStated)[0].payments] == ["open"]


def say(payment, dispute_id, status, cents=2490):
    value = {
        "id": dispute_id,
        "status": status,
        "amount": cents,
        "currency": "eur",
        "payment_intent": payment.provider_intent_id,
    }
    operations.record_dispute(dispute=clients.read_dispute(value), now=timezone.now())


def stands(payment):
    payment.refresh_from_db()
    return payment.dispute, str(payment.charged_back)


def test_a_dispute_stays_open_while_an_earlier_one_is_read_again(payment_in):
    payment = payment_in("succeeded")
    say(payment, "du_1", "won")
    for _ in range(2):
        say(payment, "du_2", "needs_response")
        say(payment, "du_1", "won")

    assert stands(payment) == ("open", "0.00")
    assert [fact.standing for fact in published(PaymentDisputed)] == ["won", "open"]


def test_all_that_banks_took_is_summed(payment_in):
    payment = payment_in("succeeded")
    say(payment, "du_1", "lost", 1000)
    say(payment, "du_2", "lost", 400)
    say(payment, "du_3", "won", 300)

    assert stands(payment) == ("lost", "14.00")
    assert [fact.charged_back for fact in published(PaymentDisputed)] == [
        eur("10.00"),
        eur("14.00"),
        eur("14.00"),
    ]


def test_a_lost_dispute_that_is_won_after_all_gives_the_money_back(payment_in):
    payment = payment_in("succeeded")
    for status in ("needs_response", "lost", "won", "needs_response"):
        say(payment, "du_1", status)

    assert stands(payment) == ("won", "0.00")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("needs_response", operations.RefundDisputed),
        ("lost", operations.RefundTooLarge),
    ],
)
def test_what_a_bank_has_is_not_sent_again(payment_in, status, error):
    payment = payment_in("succeeded")
    say(payment, "du_1", status)
    deliver(refund_of(payment))
    Refund.objects.update(status="failed")

    with pytest.raises(error):
        operations.retry_refund(refund_id=Refund.objects.get().pk, actor="mia", now=timezone.now())


def test_a_dispute_that_an_older_version_kept_gets_its_row(payment_in):
    payment = payment_in("succeeded")
    Payment.objects.update(dispute="lost", dispute_id="du_1", refunded_amount="4.90")
    migration = import_module("payments.migrations.0007_bank_disputes")
    for _ in range(2):
        migration.take_known_disputes(apps, None)

    assert stands(payment) == ("lost", "20.00")
    assert [(x.pk, x.status, str(x.amount)) for x in payment.disputes.all()] == [
        ("du_1", "lost", "20.00")
    ]
