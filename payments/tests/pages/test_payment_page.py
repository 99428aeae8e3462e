from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import Payment
from shared.auth.capabilities import mint_capability
from shared.events.ids import uuid7
from shared.testing.events import published_names
from shared.testing.users import ALICE, BOB


def url(payment, step=""):
    return f"/payments/{payment.order_id}/{step}"


def test_alice_sees_what_she_pays(payment_in, client_of, settings):
    payment = payment_in("requires_payment")

    page = client_of(ALICE).get(url(payment))

    assert page["Cache-Control"] == "private, no-store"
    assert "S-100001" in page.text
    assert "€24.90" in page.text
    assert f'data-client-secret="{payment.client_secret}"' in page.text
    assert f'<script src="{settings.STRIPE_JS_URL}" defer></script>' in page.text
    assert "<noscript>" in page.text


def test_a_page_needs_one_query(payment_in, client_of, django_assert_num_queries):
    payment = payment_in("requires_payment")
    alice = client_of(ALICE)

    with django_assert_num_queries(1):
        alice.get(url(payment))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "succeeded"}, "arrived"),
        ({"status": "processing"}, "do not pay again"),
        ({"status": "cancelled"}, "was cancelled"),
        ({"cancel_wanted": True}, "was cancelled"),
        ({"expires_at": timezone.now() - timedelta(hours=1)}, "The time to pay is over"),
        ({"status": "pending", "client_secret": ""}, "preparing your payment"),
    ],
)
def test_each_state_says_what_is_the_matter(payment_in, client_of, change, words):
    payment = payment_in("requires_payment")
    Payment.objects.update(**change)

    page = client_of(ALICE).get(url(payment)).text

    assert words in page
    assert "data-client-secret" not in page


def test_an_order_that_is_on_its_way_to_us_is_waited_for(client_of):
    page = client_of(ALICE).get(f"/payments/{uuid7()}/").text

    assert "preparing your payment" in page
    assert 'http-equiv="refresh"' in page


@pytest.mark.parametrize("person", [None, BOB])
def test_a_strangers_payment_does_not_exist(payment_in, client_of, person):
    payment = payment_in("requires_payment")
    client = client_of(person)

    assert client.get(url(payment)).status_code == 404
    assert client.post(url(payment, "finish/")).status_code == 404
    assert published_names() == []


def test_the_end_of_a_payment_leads_to_the_order(payment_in, client_of, sdk):
    payment = payment_in("requires_payment", customer_id=None)
    sdk.payment_intents.confirm(payment.provider_intent_id, {"payment_method": "pm_card_visa"})
    token = mint_capability("order", payment.order_id)

    answer = client_of(None).post(url(payment, f"finish/?token={token}"))

    assert answer["Location"] == f"/orders/{payment.order_id}/?token={token}"
    assert published_names() == ["payment.succeeded"]


def test_the_end_of_a_payment_does_not_need_the_provider(payment_in, client_of, sandbox):
    payment = payment_in("requires_payment")
    sandbox.fault(error_rate=1.0, error_status=503)

    answer = client_of(ALICE).post(url(payment, "finish/"))

    assert answer["Location"] == f"/orders/{payment.order_id}/"
    assert published_names() == []


def test_the_deadline_is_by_the_clock_of_the_shop(payment_in, client_of, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    payment = payment_in("requires_payment")
    tomorrow = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    Payment.objects.filter(pk=payment.pk).update(expires_at=tomorrow)

    page = client_of(ALICE).get(url(payment)).text

    assert f">{timezone.localtime(tomorrow):%H:%M %Z}</time>" in page
    assert f'datetime="{tomorrow.isoformat()}"' in page
