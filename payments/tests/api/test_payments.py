from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Payment
from shared.auth.capabilities import mint_capability
from shared.contracts.orders import OrderClaimed
from shared.events.ids import uuid7
from shared.testing.events import deliver, published_names
from shared.testing.users import ALICE, BOB, MIA


def url(order_id, step=""):
    return f"/payments/api/v1/payments/{order_id}/{step}"


def pay(client, payment, card="pm_card_visa", **headers):
    body = {"payment_method": card}
    return client.post(url(payment.order_id, "confirm/"), body, headers=headers)


def test_alice_reads_her_payment(payment_in, api_of, settings):
    payment = payment_in("requires_payment")

    body = api_of(ALICE).get(url(payment.order_id)).json()

    assert body["order_id"] == str(payment.order_id)
    assert body["status"] == "requires_payment"
    assert body["amount"] == {"amount": "24.90", "currency": "EUR"}
    assert body["client_secret"] == payment.client_secret
    assert body["publishable_key"] == settings.STRIPE_PUBLIC_KEY


def test_a_payment_in_the_making_has_no_secret_yet(payment_in, api_of):
    body = api_of(ALICE).get(url(payment_in("pending").order_id)).json()

    assert (body["status"], body["client_secret"]) == ("pending", None)


def test_an_order_that_is_on_its_way_to_us_is_pending(api_of):
    order_id = uuid7()
    client = api_of(ALICE)

    assert client.get(url(order_id)).json()["status"] == "pending"
    answer = client.post(url(order_id, "confirm/"), {"payment_method": "pm_card_visa"})
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_ready")


def test_alice_pays(payment_in, api_of):
    payment = payment_in("requires_payment")

    answer = pay(api_of(ALICE), payment)

    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert published_names() == ["payment.succeeded"]


def test_she_pays_before_the_intent_is_made(payment_in, api_of):
    assert pay(api_of(ALICE), payment_in("pending")).json()["status"] == "succeeded"


def test_a_decline_tells_the_reason_and_leaves_the_order_payable(payment_in, api_of):
    payment = payment_in("requires_payment")
    client = api_of(ALICE)

    answer = pay(client, payment, "pm_card_visa_chargeDeclinedInsufficientFunds")

    assert (answer.status_code, answer["Content-Type"]) == (402, "application/problem+json")
    assert answer.json()["code"] == "card_declined"
    assert answer.json()["decline_code"] == "insufficient_funds"
    body = client.get(url(payment.order_id)).json()
    assert (body["status"], body["last_error"]) == (
        "requires_payment",
        "Your card has insufficient funds.",
    )
    assert pay(client, payment).status_code == 200


def test_3d_secure_gives_the_secret_for_the_challenge(payment_in, api_of):
    answer = pay(api_of(ALICE), payment_in("pending"), "pm_card_threeDSecure2Required")

    assert (answer.status_code, answer.json()["status"]) == (200, "requires_action")
    assert answer.json()["client_secret"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "succeeded"}, "already_paid"),
        ({"status": "cancelled"}, "not_payable"),
        ({"cancel_wanted": True}, "not_payable"),
        ({"expires_at": timezone.now() - timedelta(hours=1)}, "payment_expired"),
    ],
)
def test_what_is_not_payable_is_refused(payment_in, api_of, change, code):
    payment = payment_in("requires_payment")
    Payment.objects.update(**change)

    answer = pay(api_of(ALICE), payment)

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert published_names() == []


@pytest.mark.parametrize("person", [None, BOB, MIA])
def test_other_peoples_payments_do_not_exist(payment_in, api_of, person):
    payment = payment_in("requires_payment")
    client = api_of(person)

    for answer in (client.get(url(payment.order_id)), pay(client, payment)):
        assert (answer.status_code, answer.json()["code"]) == (404, "payment_not_found")

    payment.refresh_from_db()
    assert payment.status == "requires_payment"
    assert published_names() == []


def test_a_guest_pays_with_the_token(payment_in, api_of):
    payment = payment_in("requires_payment", customer_id=None)
    token = mint_capability("order", payment.order_id)
    guest = api_of(None)

    assert guest.get(f"{url(payment.order_id)}?token={token}").status_code == 200
    assert guest.get(f"{url(payment.order_id)}?token=x").status_code == 404
    answer = pay(guest, payment, **{"X-Order-Token": token})
    assert answer.json()["status"] == "succeeded"


def test_the_account_that_claimed_a_guests_order_pays_it(payment_in, api_of):
    payment = payment_in("requires_payment", customer_id=None)
    alice = api_of(ALICE)
    assert alice.get(url(payment.order_id)).status_code == 404

    claim = OrderClaimed(
        order_id=payment.order_id,
        number=payment.number,
        customer_id=ALICE.user_id,
        email=payment.email,
        status="awaiting_payment",
        total=payment.money,
    )
    deliver(claim, version=3)

    assert alice.get(url(payment.order_id)).status_code == 200
    assert pay(alice, payment).json()["status"] == "succeeded"
    assert api_of(BOB).get(url(payment.order_id)).status_code == 404


def test_a_cookie_alone_does_not_pay(payment_in, api_of):
    payment = payment_in("requires_payment")
    client = api_of(ALICE, via="session")
    client.handler.enforce_csrf_checks = True

    answer = pay(client, payment)

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert published_names() == []


@pytest.mark.parametrize("body", [{}, {"payment_method": ""}, {"payment_method": "a/b"}])
def test_a_body_that_makes_no_sense_is_refused(payment_in, api_of, body):
    answer = api_of(ALICE).post(url(payment_in("pending").order_id, "confirm/"), body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


def test_a_provider_that_is_away_is_a_503(payment_in, api_of, sandbox):
    payment = payment_in("requires_payment")
    sandbox.fault(error_rate=1.0, error_status=503)

    answer = pay(api_of(ALICE), payment)

    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")


def test_the_schema_is_served(client):
    assert client.get("/payments/api/v1/schema/").status_code == 200
