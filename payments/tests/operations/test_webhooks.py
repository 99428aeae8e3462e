import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from djstripe.models import WebhookEndpoint, WebhookEventTrigger

from payments import operations
from payments.models import Payment, ProviderEvent, Refund
from payments.queries import PaymentNotFound
from payments.tests.conftest import SECRET, awaiting, events_about, refund_of
from shared.events.models import OutboxMessage
from shared.testing.events import deliver, published_names, run_enqueued_jobs
from shared.testing.users import OTTO


def pay_in_the_browser(sdk, payment, card="pm_card_visa"):
    sdk.payment_intents.confirm(payment.provider_intent_id, {"payment_method": card})
    return events_about(sdk, payment.provider_intent_id)[-1]


def test_a_webhook_records_the_success(payment_in, sdk, send):
    payment = payment_in("requires_payment")
    event = pay_in_the_browser(sdk, payment)
    assert event["type"] == "payment_intent.succeeded"

    assert send(event).status_code == 200
    run_enqueued_jobs()

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert published_names() == ["payment.succeeded"]
    assert ProviderEvent.objects.get().handled_at


def test_the_event_is_stored_and_the_provider_is_not_asked_again(
    payment_in, sdk, send, sandbox, client_of
):
    payment = payment_in("requires_payment")
    event = pay_in_the_browser(sdk, payment)
    sandbox.fault(error_rate=1.0, error_status=503)

    send(event)
    run_enqueued_jobs()

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    stored = WebhookEventTrigger.objects.get()
    assert (stored.json_body, stored.valid) == (event, True)
    page = client_of(OTTO).get(f"/payments/admin/djstripe/webhookeventtrigger/{stored.pk}/change/")
    assert payment.provider_intent_id in page.text


def test_a_webhook_that_comes_again_does_nothing(payment_in, sdk, send):
    event = pay_in_the_browser(sdk, payment_in("requires_payment"))

    for _ in range(3):
        assert send(event).status_code == 200
        run_enqueued_jobs()

    assert published_names() == ["payment.succeeded"]
    assert ProviderEvent.objects.count() == 1


def test_a_late_decline_does_not_undo_the_success(payment_in, sdk, send):
    payment = payment_in("requires_payment")
    with pytest.raises(Exception, match="declined"):
        pay_in_the_browser(sdk, payment, "pm_card_visa_chargeDeclined")
    declined = events_about(sdk, payment.provider_intent_id)[-1]
    assert declined["type"] == "payment_intent.payment_failed"
    send(pay_in_the_browser(sdk, payment))
    run_enqueued_jobs()

    send(declined)
    run_enqueued_jobs()

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert published_names() == ["payment.succeeded"]


def test_a_webhook_before_our_payment_is_tried_again(payment_in, sdk, send):
    payment = payment_in("requires_payment")
    fact = awaiting(order_id=payment.order_id)
    event = pay_in_the_browser(sdk, payment)
    Payment.objects.all().delete()

    send(event)
    trigger = WebhookEventTrigger.objects.get()
    with pytest.raises(PaymentNotFound):
        operations.handle_webhook(trigger_id=trigger.pk, now=timezone.now())
    operations.open_payment(fact=fact, now=timezone.now())
    operations.handle_webhook(trigger_id=trigger.pk, now=timezone.now())

    assert Payment.objects.get().status == "succeeded"


def test_a_lost_webhook_is_made_up_for_by_the_sweeper(payment_in, sdk):
    payment = payment_in("requires_payment")
    pay_in_the_browser(sdk, payment)

    operations.sweep(now=timezone.now() + timedelta(seconds=30))
    operations.sweep(now=timezone.now() + timedelta(seconds=60))

    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert published_names() == ["payment.succeeded"]


@pytest.mark.parametrize(
    "how", [{"secret": "whsec_wrong"}, {"at": time.time() - 3600}], ids=["forged", "old"]
)
def test_a_bad_signature_is_refused(payment_in, sdk, send, how):
    payment = payment_in("requires_payment")

    answer = send(pay_in_the_browser(sdk, payment), **how)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
    payment.refresh_from_db()
    assert payment.status == "requires_payment"
    assert not WebhookEventTrigger.objects.exists()
    assert published_names() == []


def test_a_webhook_without_a_signature_is_refused(client):
    url = f"/payments/webhooks/stripe/{settings.STRIPE_WEBHOOK_UUID}/"

    assert client.post(url, "{}", content_type="application/json").status_code == 400


def test_an_unknown_address_does_not_exist(client):
    url = "/payments/webhooks/stripe/00000000-0000-4000-8000-000000000000/"

    assert client.post(url, "{}", content_type="application/json").status_code == 404


def test_events_that_say_nothing_to_us_are_taken_and_left(payment_in, sdk, send):
    payment = payment_in("requires_payment")
    created = events_about(sdk, payment.provider_intent_id)[0]
    foreign = sdk.payment_intents.create({"amount": 500, "currency": "eur"})
    sdk.payment_intents.cancel(foreign.id)

    for event in (created, events_about(sdk, foreign.id)[-1]):
        assert send(event).status_code == 200
    run_enqueued_jobs()

    assert published_names() == []


def marked(event, **metadata):
    """The event with other words of ours on its object."""
    value = event["data"]["object"]
    return {**event, "data": {"object": {**value, "metadata": {**value["metadata"], **metadata}}}}


def test_an_intent_of_another_shop_of_the_account_is_left(payment_in, sdk, send):
    payment = payment_in("requires_payment")
    event = pay_in_the_browser(sdk, payment)
    Payment.objects.all().delete()
    send(marked(event, shop="https://other.example"))
    run_enqueued_jobs()

    assert not ProviderEvent.objects.filter(handled_at=None).exists()
    assert published_names() == []


def test_an_intent_counts_after_the_shop_has_moved(payment_in, sdk, send, settings):
    payment = payment_in("requires_payment")
    event = pay_in_the_browser(sdk, payment)
    assert event["data"]["object"]["metadata"]["shop"] == settings.PUBLIC_URL
    settings.PUBLIC_URL = "https://new.example"
    send(event)
    run_enqueued_jobs()

    payment.refresh_from_db()
    assert payment.status == "succeeded"


def test_a_refund_of_another_shop_of_the_account_is_left(payment_in, sdk, send):
    payment = payment_in("succeeded")
    operations.request_refund(fact=refund_of(payment), now=timezone.now())
    run_enqueued_jobs()
    refund = Refund.objects.get()
    told = events_about(sdk, refund.provider_refund_id)[-1]
    Payment.objects.all().delete()
    OutboxMessage.objects.all().delete()
    send(told)
    run_enqueued_jobs()

    assert not ProviderEvent.objects.filter(handled_at=None).exists()
    assert published_names() == []


def test_a_refund_of_ours_that_is_lost_is_tried_again(payment_in, sdk, send):
    payment = payment_in("succeeded")
    operations.request_refund(fact=refund_of(payment), now=timezone.now())
    run_enqueued_jobs()
    told = events_about(sdk, Refund.objects.get().provider_refund_id)[-1]
    Refund.objects.all().delete()
    send(told)

    with pytest.raises(operations.RefundNotFound):
        operations.handle_webhook(
            trigger_id=WebhookEventTrigger.objects.latest("pk").pk, now=timezone.now()
        )


def test_refund_events_settle_a_refund_once(payment_in, sdk, send):
    payment = payment_in("succeeded", card="pm_card_pendingRefund")
    deliver(refund_of(payment))
    run_enqueued_jobs()
    refund = Refund.objects.get()
    event = events_about(sdk, refund.provider_refund_id)[0]
    event["data"]["object"]["status"] = "succeeded"

    for number in range(3):
        send({**event, "id": f"evt_{number}"})
    run_enqueued_jobs()

    assert Refund.objects.get().status == "succeeded"
    assert published_names() == ["payment.refunded"]


def test_the_endpoint_is_registered_once(sdk, settings):
    settings.STRIPE_WEBHOOK_SECRET = ""
    for _ in range(2):
        url = operations.configure_endpoint()

    known = [one for one in sdk.webhook_endpoints.list().data if one.url == url]
    assert len(known) == 1
    assert WebhookEndpoint.objects.get().secret.startswith("whsec_")
    sdk.webhook_endpoints.delete(known[0].id)


def test_an_address_that_is_known_gets_the_events_that_we_act_on(sdk):
    url = operations.webhooks.webhook_url()
    known = sdk.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})

    operations.configure_endpoint()

    told = sdk.webhook_endpoints.retrieve(known.id).enabled_events
    assert set(told) == set(operations.webhooks.SUBSCRIBED)
    assert len([one for one in sdk.webhook_endpoints.list().data if one.url == url]) == 1
    sdk.webhook_endpoints.delete(known.id)


def test_who_has_set_the_secret_chose_the_address(sdk):
    operations.configure_endpoint()

    url = operations.webhooks.webhook_url()
    assert [one for one in sdk.webhook_endpoints.list().data if one.url == url] == []


def test_old_events_are_forgotten(payment_in, sdk, send):
    send(pay_in_the_browser(sdk, payment_in("requires_payment")))

    operations.forget_old_events(now=timezone.now() + timedelta(days=29))
    assert ProviderEvent.objects.exists()
    operations.forget_old_events(now=timezone.now() + timedelta(days=31))

    assert not ProviderEvent.objects.exists()
    assert WebhookEndpoint.objects.get().secret == SECRET
