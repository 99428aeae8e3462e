from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from payments import operations
from payments.models import Payment, Refund
from payments.tests.conftest import awaiting, cancelled, refund_of
from shared.contracts.users import UserDeleted
from shared.testing.events import deliver, published_names, run_enqueued_jobs
from shared.testing.users import ALICE, BOB


def steps_of(payment):
    return list(payment.events.order_by("pk").values_list("what", flat=True))


def test_an_order_that_awaits_payment_opens_one_payment(django_capture_on_commit_callbacks):
    fact = awaiting()

    with django_capture_on_commit_callbacks(execute=True):
        deliver(fact)

    assert published_names() == []
    payment = Payment.objects.get()
    assert (payment.order_id, payment.status) == (fact.order_id, "requires_payment")
    assert steps_of(payment) == ["opened", "requires_payment"]


def test_a_job_asks_again_where_the_provider_is_away(
    django_capture_on_commit_callbacks, without_retries, sandbox
):
    sandbox.fault(lose_answers=1)
    with django_capture_on_commit_callbacks(execute=True):
        deliver(awaiting())
    sandbox.heal()
    payment = Payment.objects.get()
    assert (payment.status, published_names()) == ("pending", ["job.payments.create_intent"])

    run_enqueued_jobs()

    payment.refresh_from_db()
    assert payment.status == "requires_payment"


def test_the_sweeper_follows_a_worker_that_died_after_its_commit():
    now = timezone.now()
    deliver(awaiting())  # nothing runs after the commit
    assert Payment.objects.get().status == "pending"

    operations.sweep(now=now + timedelta(seconds=10))
    assert Payment.objects.get().status == "pending"
    operations.sweep(now=now + timedelta(seconds=20))

    payment = Payment.objects.get()
    assert (payment.status, steps_of(payment)) == (
        "requires_payment",
        ["opened", "requires_payment"],
    )


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_asked_outside_the_transaction(monkeypatch):
    inside = []
    monkeypatch.setattr(
        "payments.operations.intents.create_intent",
        lambda **_: inside.append(connection.in_atomic_block),
    )

    deliver(awaiting())

    assert inside == [False]


def test_a_cancelled_order_ends_its_payment(payment_in):
    payment = payment_in("requires_payment")

    deliver(cancelled(payment))
    assert run_enqueued_jobs() == ["job.payments.cancel_intent"]

    payment.refresh_from_db()
    assert payment.status == "cancelled"


def test_a_paid_payment_is_not_cancelled(payment_in):
    payment = payment_in("succeeded")

    deliver(cancelled(payment))

    payment.refresh_from_db()
    assert (payment.status, payment.cancel_wanted) == ("succeeded", False)
    assert published_names() == []


def test_an_order_that_ended_before_it_was_heard_of_is_never_payable(sdk):
    fact = awaiting()
    deliver(cancelled(Payment(order_id=fact.order_id, number=fact.number, email=fact.email)))

    deliver(fact)
    run_enqueued_jobs()

    payment = Payment.objects.get()
    assert (payment.status, payment.provider_intent_id) == ("cancelled", None)


def test_a_refund_that_is_asked_for_sets_out_once(payment_in):
    payment = payment_in("succeeded")

    deliver(refund_of(payment))
    assert published_names() == ["job.payments.send_refund"]
    run_enqueued_jobs()

    assert Refund.objects.get().status == "succeeded"


def test_a_deleted_user_is_forgotten(payment_in):
    payment_in("succeeded")
    kept = payment_in("pending", customer_id=BOB.user_id, email=BOB.email)

    deliver(UserDeleted(user_id=ALICE.user_id))

    assert not Payment.objects.filter(email=ALICE.email).exists()
    assert Payment.objects.filter(customer_id=None).count() == 1
    kept.refresh_from_db()
    assert kept.email == BOB.email
    assert kept.created_at <= timezone.now()
