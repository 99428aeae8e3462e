import pytest
from django.utils import timezone

from payments import operations
from payments.models import Payment, PaymentEvent, Refund
from payments.tests.conftest import refund_of
from shared.testing.events import published_names
from shared.testing.users import ALICE, MIA, OTTO

PAYMENT = "/payments/admin/payments/payment"
REFUND = "/payments/admin/payments/refund"


def test_staff_sees_a_payment_but_not_its_secret(payment_in, client_of):
    payment = payment_in("requires_payment")

    page = client_of(MIA).get(f"{PAYMENT}/{payment.pk}/change/")

    assert page.status_code == 200
    assert payment.number in page.text
    assert f"/orders/admin/orders/order/{payment.order_id}/change/" in page.text
    assert payment.client_secret not in page.text
    assert "Opened" in page.text


def test_staff_asks_the_provider(payment_in, client_of, sdk):
    payment = payment_in("requires_payment")
    sdk.payment_intents.confirm(payment.provider_intent_id, {"payment_method": "pm_card_visa"})

    page = client_of(MIA).post(f"{PAYMENT}/{payment.pk}/sync/", follow=True)

    assert "The provider says: Succeeded." in page.text
    assert published_names() == ["payment.succeeded"]


@pytest.mark.parametrize(
    "path",
    [
        *("payments/payment", "payments/refund", "payments/providerevent"),
        "djstripe/webhookeventtrigger",
    ],
)
def test_the_lists_open(payment_in, client_of, path):
    payment_in("succeeded")

    assert client_of(OTTO).get(f"/payments/admin/{path}/").status_code == 200


def test_dj_stripes_own_admin_is_gone(client_of):
    assert client_of(OTTO).get("/payments/admin/djstripe/apikey/").status_code == 404


def test_a_shopper_does_not_get_in(client_of):
    assert client_of(ALICE).get(f"{PAYMENT}/").status_code in (302, 403)


def test_staff_sends_a_failed_refund_again(payment_in, client_of):
    payment = payment_in("succeeded")
    refund = operations.request_refund(fact=refund_of(payment), now=timezone.now())
    Refund.objects.update(status="failed", error="expired card")
    mia = client_of(MIA)
    url = f"{REFUND}/{refund.pk}/send-again/"

    assert "once more" in mia.get(url).text
    assert Refund.objects.get().status == "failed"
    assert "sets out again" in mia.post(url, follow=True).text

    refund.refresh_from_db()
    assert (refund.status, refund.attempt) == ("pending", 2)


def test_a_refund_that_was_sent_again_meanwhile_is_left_alone(payment_in, client_of):
    payment = payment_in("succeeded")
    refund = operations.request_refund(fact=refund_of(payment), now=timezone.now())
    Refund.objects.update(status="failed", attempt=2)
    mia = client_of(MIA)
    url = f"{REFUND}/{refund.pk}/send-again/"

    assert 'value="failed (attempt 2)"' in mia.get(url).text
    answer = mia.post(url, {"seen": "failed (attempt 1)"}, follow=True)
    assert "somebody was quicker" in answer.text
    refund.refresh_from_db()
    assert (refund.status, refund.attempt) == ("failed", 2)


@pytest.mark.parametrize("dispute", ["open", "lost"])
def test_a_refund_of_what_a_bank_has_waits_for_nobody(payment_in, client_of, dispute):
    payment = payment_in("succeeded")
    refund = operations.request_refund(fact=refund_of(payment), now=timezone.now())
    Refund.objects.update(status="failed")
    Payment.objects.update(dispute=dispute)
    mia = client_of(MIA)

    assert f"{REFUND}/{refund.pk}/send-again/" not in mia.get(f"{REFUND}/{refund.pk}/change/").text
    work = mia.get("/payments/admin/fragments/tasks/").text
    assert ">0</span> <span>Refunds that failed" in work


def test_a_refund_that_has_not_failed_is_not_sent_again(payment_in, client_of):
    payment = payment_in("succeeded")
    refund = operations.request_refund(fact=refund_of(payment, "1.00"), now=timezone.now())

    page = client_of(MIA).post(f"{REFUND}/{refund.pk}/send-again/", follow=True)

    assert "Only a refund that failed" in page.text
    assert Refund.objects.get().attempt == 1


@pytest.mark.parametrize(
    ("status", "offered"), [("requires_payment", True), ("succeeded", False), ("cancelled", False)]
)
def test_the_provider_is_asked_about_what_is_open(payment_in, client_of, status, offered):
    payment = payment_in("requires_payment")
    Payment.objects.filter(pk=payment.pk).update(status=status)

    page = client_of(MIA).get(f"{PAYMENT}/{payment.pk}/change/").text

    assert (f"{PAYMENT}/{payment.pk}/sync/" in page) is offered


@pytest.mark.parametrize(
    ("status", "foreign", "offered"),
    [("failed", False, True), ("failed", True, False), ("pending", False, False)],
)
def test_a_refund_is_sent_again_where_that_is_possible(
    payment_in, client_of, status, foreign, offered
):
    refund = operations.request_refund(
        fact=refund_of(payment_in("succeeded"), "1.00"), now=timezone.now()
    )
    Refund.objects.update(status=status, foreign=foreign)
    mia = client_of(MIA)

    page = mia.get(f"{REFUND}/{refund.pk}/change/").text
    work = mia.get("/payments/admin/fragments/tasks/").text

    assert (f"{REFUND}/{refund.pk}/send-again/" in page) is offered
    assert f">{int(offered)}</span> <span>Refunds that failed" in work


def test_what_happened_is_told_in_words(payment_in, client_of):
    payment = payment_in("requires_payment")
    PaymentEvent.objects.create(payment=payment, what="refund_retried", source="staff")

    page = client_of(MIA).get(f"{PAYMENT}/{payment.pk}/change/").text

    assert "Refund retried" in page
