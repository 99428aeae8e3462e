"""The provider's events. dj-stripe checks and stores them; here they take effect."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from djstripe.models import WebhookEndpoint, WebhookEventTrigger

from payments import clients
from payments.models import (
    CancelledOrder,
    ClaimedOrder,
    ForgottenOrder,
    Payment,
    ProviderEvent,
    Status,
)
from payments.operations.foreign import record_refunds_of, sync_dispute
from payments.operations.intents import sync_intent
from payments.operations.outcomes import record_intent
from payments.operations.refunds import record_refund
from shared.errors import NotFound
from shared.events.publishing import enqueue

# What ends something is taken at the event's word; of the rest the present state is read.
FINAL = ("payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled")
INTENTS = (*FINAL, "payment_intent.processing", "payment_intent.requires_action")
REFUNDS = ("refund.created", "refund.updated", "refund.failed")
CHARGE_REFUNDED = "charge.refunded"
DISPUTES = (
    "charge.dispute.created",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
SUBSCRIBED = (*INTENTS, *REFUNDS, CHARGE_REFUNDED, *DISPUTES)
RETENTION = timedelta(days=30)
log = structlog.get_logger(__name__)


class EndpointNotFound(NotFound):
    code = "endpoint_not_found"
    title = "No such webhook endpoint"


def ensure_endpoint() -> WebhookEndpoint:
    """The row by which dj-stripe knows our address. A secret in the settings counts, also after
    it was changed."""
    uuid, secret = UUID(settings.STRIPE_WEBHOOK_UUID), settings.STRIPE_WEBHOOK_SECRET
    endpoint, _ = WebhookEndpoint.objects.get_or_create(
        djstripe_uuid=uuid,
        defaults={
            "id": f"we_{uuid.hex}",
            "livemode": settings.STRIPE_LIVE_MODE,
            "secret": secret,
            "url": webhook_url(),
            "enabled_events": list(SUBSCRIBED),
            "status": "enabled",
        },
    )
    if secret and endpoint.secret != secret:
        endpoint.secret = secret
        endpoint.save(update_fields=["secret"])
    return endpoint


def get_endpoint(uuid: UUID) -> WebhookEndpoint:
    """The endpoint of that address; ours comes into being with its first event.
    Raises EndpointNotFound."""
    if uuid == UUID(settings.STRIPE_WEBHOOK_UUID):
        return ensure_endpoint()
    endpoint = WebhookEndpoint.objects.filter(djstripe_uuid=uuid).first()
    if endpoint is None:
        raise EndpointNotFound()
    return endpoint


def webhook_url() -> str:
    return f"{settings.PUBLIC_URL}/payments/webhooks/stripe/{settings.STRIPE_WEBHOOK_UUID}/"


def configure_endpoint() -> str:
    """Makes provider and shop agree on address, events and secret; repeatable. Gives the address.
    Whoever has set the secret has told the provider an address already, which may be another one.
    Raises ProviderUnavailable and ProviderRefused."""
    endpoint = ensure_endpoint()
    endpoint.url, endpoint.enabled_events = webhook_url(), list(SUBSCRIBED)
    is_known = clients.choose_events(url=endpoint.url, events=SUBSCRIBED)
    if not is_known and not settings.STRIPE_WEBHOOK_SECRET:
        endpoint.secret = clients.register_webhook(url=endpoint.url, events=SUBSCRIBED)
    endpoint.save(update_fields=["url", "enabled_events", "secret"])
    return str(endpoint.url)


@transaction.atomic
def receive_webhook(trigger: WebhookEventTrigger, api_key: str | None = None) -> None:
    """dj-stripe's callback for a signed event: notes it once and leaves the work to the worker."""
    event = trigger.json_body
    if event["type"] not in SUBSCRIBED:
        return
    _, is_new = ProviderEvent.objects.get_or_create(
        pk=event["id"], defaults={"type": event["type"], "received_at": timezone.now()}
    )
    if is_new:
        enqueue("handle_webhook", trigger_id=trigger.pk)


def handle_webhook(*, trigger_id: int, now: datetime) -> None:
    """Lets the event take effect. Raises PaymentNotFound while our payment is on its way."""
    event = WebhookEventTrigger.objects.get(pk=trigger_id).json_body
    _apply(event["type"], event["data"]["object"], now)
    ProviderEvent.objects.filter(pk=event["id"], handled_at=None).update(handled_at=now)


def _apply(kind: str, value: dict[str, Any], now: datetime) -> None:
    if kind in REFUNDS:
        record_refund(refund=clients.read_refund(value), now=now)
    elif kind == CHARGE_REFUNDED and value.get("payment_intent"):
        record_refunds_of(intent_id=value["payment_intent"], now=now)
    elif kind in DISPUTES:
        sync_dispute(dispute_id=value["id"], now=now)
    elif kind in INTENTS:
        intent = clients.read_intent(value)
        if _is_settled(intent):
            return
        if intent.order_id is None or _is_of_another_shop(intent, intent.order_id):
            log.info("foreign_intent", intent_id=intent.id)
        elif kind in FINAL:
            record_intent(order_id=intent.order_id, intent=intent, source="webhook", now=now)
        else:
            sync_intent(order_id=intent.order_id, now=now)


def _is_settled(intent: clients.Intent) -> bool:
    """Most payments are recorded with the answer to their confirmation, before the event comes."""
    settled = Payment.objects.filter(provider_intent_id=intent.id, status=Status.SUCCEEDED)
    return settled.exists()


def _is_of_another_shop(intent: clients.Intent, order_id: UUID) -> bool:
    """By the address that it was made with; this shop may have had another one then."""
    if intent.shop in ("", settings.PUBLIC_URL):
        return False
    return not Payment.objects.filter(order_id=order_id).exists()


def forget_old_events(*, now: datetime) -> None:
    """Bodies of old webhooks, ids that will not come again, orders that ended or were
    claimed long ago."""
    WebhookEventTrigger.objects.filter(created__lt=now - RETENTION).delete()
    ProviderEvent.objects.filter(received_at__lt=now - RETENTION).delete()
    CancelledOrder.objects.filter(at__lt=now - RETENTION).delete()
    ClaimedOrder.objects.filter(at__lt=now - RETENTION).delete()
    ForgottenOrder.objects.filter(at__lt=now - RETENTION).delete()
