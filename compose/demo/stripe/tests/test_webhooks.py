"""Events and their signed delivery."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import stripe

from .conftest import HOOK_SECRET, Receiver, Sandbox, free_port, order, pay, wait_for


def subscribe(shop: Any, receiver: Receiver, *names: str) -> Any:
    return shop.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": list(names or ("*",))}
    )


def test_events_arrive_signed(own_sandbox: Sandbox, receiver: Receiver) -> None:
    shop = own_sandbox.sdk()
    endpoint = subscribe(shop, receiver)
    intent = pay(shop)
    wait_for(lambda: len(receiver.got) >= 3)
    for body, signature in receiver.got:
        event = stripe.Webhook.construct_event(body, signature, endpoint.secret)
        assert event.livemode is False
        assert event["request"].id.startswith("req_")
        assert shop.events.retrieve(event.id).type == event.type
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(*receiver.got[0], "whsec_other")
    paid = receiver.events("payment_intent.succeeded")[0]
    assert paid["data"]["object"]["id"] == intent.id
    assert "_challenge" not in paid["data"]["object"]
    assert {event["type"] for event in receiver.events()} == {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    }


def test_an_event_tells_its_idempotency_key(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    shop.payment_intents.create(order(), {"idempotency_key": "order-1"})
    assert shop.events.list().data[0]["request"].idempotency_key == "order-1"


def test_an_event_counts_who_has_not_confirmed_it(own_sandbox: Sandbox, receiver: Receiver) -> None:
    shop = own_sandbox.sdk()
    subscribe(shop, receiver)
    receiver.answers = [500, 200]
    shop.customers.create()
    event = shop.events.list().data[0]
    assert event.pending_webhooks == 1
    wait_for(lambda: shop.events.retrieve(event.id).pending_webhooks == 0)


def test_a_failed_delivery_is_repeated_until_it_is_confirmed(
    own_sandbox: Sandbox, receiver: Receiver
) -> None:
    shop = own_sandbox.sdk()
    subscribe(shop, receiver, "customer.created")
    receiver.answers = [500, 302, 204]
    started = time.monotonic()
    shop.customers.create()
    wait_for(lambda: own_sandbox.ask("GET", "/_sandbox/deliveries").body == {"delivered": 1})
    assert time.monotonic() - started >= 3
    assert len({event["id"] for event in receiver.events()}) == 1
    assert len(receiver.got) == 3


def test_an_endpoint_that_is_down_gets_its_events_later_also_after_kill_9(
    own_sandbox: Sandbox, receiver: Receiver
) -> None:
    shop = own_sandbox.sdk()
    endpoint = subscribe(shop, receiver)
    shop.webhook_endpoints.update(endpoint.id, {"url": f"http://127.0.0.1:{free_port()}/"})
    intent = pay(shop)
    own_sandbox.kill()
    assert receiver.got == []
    own_sandbox.start()
    own_sandbox.sdk().webhook_endpoints.update(endpoint.id, {"url": receiver.url})
    wait_for(lambda: receiver.events("payment_intent.succeeded"), 20)
    event = receiver.events("payment_intent.succeeded")[0]
    assert event["data"]["object"]["id"] == intent.id


def test_an_endpoint_gets_what_it_asked_for(own_sandbox: Sandbox, receiver: Receiver) -> None:
    shop = own_sandbox.sdk()
    subscribe(shop, receiver, "payment_intent.succeeded", "charge.refunded")
    shop.refunds.create({"payment_intent": pay(shop).id})
    wait_for(lambda: len(receiver.got) == 2)
    assert {event["type"] for event in receiver.events()} == {
        "payment_intent.succeeded",
        "charge.refunded",
    }


def test_every_endpoint_gets_its_copy(own_sandbox: Sandbox, receiver: Receiver) -> None:
    shop = own_sandbox.sdk()
    secrets = [subscribe(shop, receiver, "customer.created").secret for _ in range(2)]
    shop.customers.create()
    wait_for(lambda: len(receiver.got) == 2)
    for secret in secrets:
        verified = 0
        for body, signature in receiver.got:
            try:
                stripe.Webhook.construct_event(body, signature, secret)
            except stripe.SignatureVerificationError:
                continue
            verified += 1
        assert verified == 1


def test_a_disabled_or_deleted_endpoint_gets_nothing(
    own_sandbox: Sandbox, receiver: Receiver
) -> None:
    shop = own_sandbox.sdk()
    disabled, deleted = subscribe(shop, receiver), subscribe(shop, receiver)
    shop.webhook_endpoints.update(disabled.id, {"disabled": True})
    assert shop.webhook_endpoints.delete(deleted.id).deleted
    shop.customers.create()
    shop.webhook_endpoints.update(disabled.id, {"disabled": False})
    last = shop.customers.create()
    wait_for(lambda: receiver.events())
    assert [event["data"]["object"]["id"] for event in receiver.events()] == [last.id]


def test_the_secret_is_shown_on_creation_only(shop: Any, receiver: Receiver) -> None:
    endpoint = subscribe(shop, receiver, "account.updated")
    assert endpoint.secret.startswith("whsec_")
    listed = shop.webhook_endpoints.list().data[0]
    for seen in (shop.webhook_endpoints.retrieve(endpoint.id), listed):
        assert seen.id == endpoint.id
        assert "secret" not in seen
        assert "_secret" not in seen


@pytest.mark.parametrize("change", [{"url": "ftp://x/"}, {"url": "nonsense"}])
def test_it_refuses_addresses_that_it_cannot_reach(shop: Any, change: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.webhook_endpoints.create({"enabled_events": ["*"], **change})


def test_the_endpoint_of_the_command_line_is_made_once_and_follows_its_address(
    tmp_path: Path, receiver: Receiver
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/"
    secret = ("--webhook-secret", HOOK_SECRET)
    started = Sandbox(tmp_path, options=("--webhook-url", nowhere, *secret)).start()
    started.sdk().customers.create()
    started.end()
    started.options = ("--webhook-url", receiver.url, *secret)
    started.start()
    assert len(started.sdk().webhook_endpoints.list().data) == 1
    wait_for(lambda: receiver.got)
    assert stripe.Webhook.construct_event(*receiver.got[0], HOOK_SECRET).type == "customer.created"
    started.end()


def test_lost_webhooks_never_come_but_the_event_can_be_read(
    own_sandbox: Sandbox, receiver: Receiver
) -> None:
    shop = own_sandbox.sdk()
    subscribe(shop, receiver)
    own_sandbox.fault(lose_webhooks=True)
    intent = pay(shop)
    wait_for(lambda: own_sandbox.ask("GET", "/_sandbox/deliveries").body == {"lost": 3})
    assert receiver.got == []
    listed = shop.events.list({"type": "payment_intent.succeeded"})
    assert listed.data[0].data.object["id"] == intent.id
    own_sandbox.fault(lose_webhooks=False)
    shop.customers.create()
    wait_for(lambda: receiver.events("customer.created"))
    assert len(receiver.got) == 1


def test_duplicate_webhooks_come_twice(own_sandbox: Sandbox, receiver: Receiver) -> None:
    shop = own_sandbox.sdk()
    subscribe(shop, receiver)
    own_sandbox.fault(duplicate_webhooks=True)
    shop.customers.create()
    wait_for(lambda: len(receiver.got) == 2)
    assert receiver.events()[0] == receiver.events()[1]


def test_webhooks_can_be_delayed(own_sandbox: Sandbox, receiver: Receiver) -> None:
    shop = own_sandbox.sdk()
    subscribe(shop, receiver)
    own_sandbox.fault(webhook_delay_ms=700)
    started = time.monotonic()
    shop.customers.create()
    wait_for(lambda: receiver.got)
    assert time.monotonic() - started >= 0.7


def test_webhooks_can_be_out_of_order(own_sandbox: Sandbox, receiver: Receiver) -> None:
    shop = own_sandbox.sdk()
    subscribe(shop, receiver)
    own_sandbox.fault(webhook_shuffle=True)
    made = [shop.customers.create().id for _ in range(12)]
    wait_for(lambda: len(receiver.got) == 12)
    arrived = [event["data"]["object"]["id"] for event in receiver.events()]
    assert sorted(arrived) == sorted(made)
    assert arrived != made


def test_a_webhook_comes_quickly(own_sandbox: Sandbox, receiver: Receiver) -> None:
    shop = own_sandbox.sdk()
    subscribe(shop, receiver, "customer.created")
    shop.customers.create()
    wait_for(lambda: receiver.got, 1)


def test_events_can_be_listed_by_type(own_sandbox: Sandbox) -> None:
    shop = own_sandbox.sdk()
    shop.refunds.create({"payment_intent": pay(shop).id})
    one = shop.events.list({"type": "charge.refunded"})
    assert [event.type for event in one.data] == ["charge.refunded"]
    several = shop.events.list({"types": ["charge.refunded", "charge.succeeded"]})
    assert [event.type for event in several.data] == ["charge.refunded", "charge.succeeded"]
    assert several.data[0].data.previous_attributes["amount_refunded"] == 0
