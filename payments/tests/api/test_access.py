"""Who gets which answer from each route of payments."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.conf import settings
from djstripe import models as djstripe

from payments import operations
from payments.models import Payment, ProviderEvent
from payments.tests.conftest import refund_of
from shared.auth.capabilities import mint_capability
from shared.events.models import OutboxMessage
from shared.testing.access import AccessMatrix, Ask, Scene
from shared.testing.users import ALICE


def order_link(values: Mapping[str, Any]) -> Ask:
    """What a guest has from the mail: the order's token, in the header or in the link."""
    if "order_id" not in values:
        return Ask()
    token = mint_capability("order", values["order_id"])
    return Ask(headers={"X-Order-Token": token}, query={"token": token})


class TestAccess(AccessMatrix):
    # Not even staff pays or reads a payment by the API: they have the admin.
    table = """
hid    = 404:payment_not_found
                                                   nobody guest alice bob cata fulf supp anal otto
GET  payments/api/v1/payments/<order_id>/          hid   200   200   hid hid hid hid hid hid
POST payments/api/v1/payments/<order_id>/confirm/  hid   200   200   hid hid hid hid hid hid
GET  payments/<order_id>/                          hid   200   200   hid hid hid hid hid hid
POST payments/<order_id>/finish/                   hid   302   302   hid hid hid hid hid hid
POST payments/webhooks/stripe/<uuid>/              400:bad_signature

GET,POST payments/admin/<app_label>/               login login login login 404 404 200 200 200
GET  payments/admin/payments/payment/<object_id>/sync/ \
login login login login 403 403 200 403 200
POST payments/admin/payments/payment/<object_id>/sync/ \
login login login login 403 403 302 403 302
GET  payments/admin/payments/refund/<object_id>/send-again/ \
login login login login 403 403 200 403 200
POST payments/admin/payments/refund/<object_id>/send-again/ \
login login login login 403 403 302 403 302
rights payments.payment                                                    -   -   v   v   v
rights payments.refund                                                     -   -   v   v   v
rights payments.providerevent                                              -   -   v   v   v
rights djstripe.webhookeventtrigger                                        -   -   -   -   v
rights souk_events.outboxmessage                                           -   -   -   -   v
rights souk_events.inboxentry                                              -   -   -   -   v
rights souk_events.failedevent                                             -   -   -   -   v
POST payments/admin/souk_events/failedevent/<pk>/replay/ \
login login login login 403 403 403 403 302
POST payments/admin/souk_events/failedevent/<pk>/discard/ \
login login login login 403 403 403 403 302
"""

    @pytest.fixture
    def scene(self, payment_in: Callable[..., Payment]) -> Scene:
        payment = payment_in("requires_payment", number="S-314159")
        paid = payment_in("succeeded", number="S-271828")
        operations.request_refund(fact=refund_of(paid), now=paid.created_at)
        ProviderEvent.objects.create(id="evt_1", type="charge.updated")
        djstripe.WebhookEventTrigger.objects.create(remote_ip="127.0.0.1", headers={})
        operations.ensure_endpoint()
        OutboxMessage.objects.all().delete()
        return Scene(
            values={"order_id": payment.order_id, "uuid": settings.STRIPE_WEBHOOK_UUID},
            asks={
                "POST payments/api/v1/payments/<order_id>/confirm/": Ask(
                    # One that asks for 3-D Secure: it can be tried again and again.
                    {"payment_method": "pm_card_authenticationRequired"}
                ),
                # The provider knows the address; what is sent there has to be signed.
                "POST payments/webhooks/stripe/<uuid>/": Ask("{}", known=True),
            },
            guest=order_link,
            marks=[str(ALICE.user_id), str(payment.pk), str(paid.pk)],
            secrets=[ALICE.email, payment.number, payment.client_secret],
        )
