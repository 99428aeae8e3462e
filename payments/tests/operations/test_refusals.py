"""Payments that the provider will never take."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import operations
from payments.models import Payment
from payments.tests.conftest import awaiting, eur
from shared.contracts.payments import PaymentRefused
from shared.testing.events import published, published_names
from shared.testing.users import ALICE

AMOUNTS = ["0.49", "1000000.00"]


def refused(amount):
    fact = awaiting(amount=eur(amount))
    now = timezone.now()
    operations.open_payment(fact=fact, now=now)
    return operations.create_intent(order_id=fact.order_id, now=now)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_a_final_refusal_ends_the_payment_and_is_told_once(amount):
    payment = refused(amount)
    operations.create_intent(order_id=payment.order_id, now=timezone.now())

    assert (payment.status, payment.last_error_code) == ("cancelled", "refused")
    (fact,) = published(PaymentRefused)
    assert (fact.order_id, fact.payment_id) == (payment.order_id, payment.pk)
    assert "Amount must be" in fact.message
    assert payment.events.filter(what="refused").count() == 1


def test_it_is_not_swept_for_ever():
    payment = refused("0.49")

    assert operations.sweep(now=timezone.now() + timedelta(days=1)) == 0
    payment.refresh_from_db()
    assert payment.check_at is None


@pytest.mark.parametrize("amount", AMOUNTS)
def test_paying_by_api_is_a_refusal_with_a_code(api_of, amount):
    fact = awaiting(amount=eur(amount))
    operations.open_payment(fact=fact, now=timezone.now())
    answer = api_of(ALICE).post(
        f"/payments/api/v1/payments/{fact.order_id}/confirm/", {"payment_method": "pm_card_visa"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_refused")
    assert Payment.objects.get(order_id=fact.order_id).status == "cancelled"


def test_the_page_says_so_and_does_not_wait(client_of):
    payment = refused("0.49")
    page = client_of(ALICE).get(f"/payments/{payment.order_id}/").text

    assert "does not take €0.49" in page
    assert "One moment" not in page
    assert "data-pay-wait" not in page


def test_a_provider_that_is_away_has_refused_nothing(sandbox, without_retries):
    fact = awaiting()
    operations.open_payment(fact=fact, now=timezone.now())
    sandbox.fault(next_errors=1, error_status=503)
    with pytest.raises(Exception, match="cannot be reached"):
        operations.create_intent(order_id=fact.order_id, now=timezone.now())

    assert Payment.objects.get(order_id=fact.order_id).status == "pending"
    assert published_names() == []
