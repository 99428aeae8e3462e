"""Who gets which answer from each route of notify."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from notify import operations
from notify.models import Delivery, InboxMessage, MessageTemplate, OrderWatch, Preference, Recipient
from notify.tests.conftest import NOW
from shared.auth.capabilities import mint_capability
from shared.events.ids import uuid7
from shared.events.models import OutboxMessage
from shared.testing.access import AccessMatrix, Ask, Scene
from shared.testing.users import ALICE

WATCHED = UUID("01900000-0000-7000-8000-000000000001")
TITLE = "Your parcel is at the door"


def order_link(values: Mapping[str, Any]) -> Ask:
    return Ask(query={"token": mint_capability("order", WATCHED)})


class TestAccess(AccessMatrix):
    # The stream is asked for Alice's order.
    table = """
anon = 401:not_authenticated
none = 404:message_not_found
hid  = 404:order_not_found
                                               nobody guest alice bob cata fulf supp anal otto
GET,PATCH notify/api/v1/preferences/           anon  anon  200  200  200  200  200  200  200
GET  notify/api/v1/messages/                   anon  anon  200  200  200  200  200  200  200
POST notify/api/v1/messages/read/              anon  anon  200  200  200  200  200  200  200
POST notify/api/v1/messages/<message_id>/read/ anon  anon  200  none none none none none none
GET  notify/api/v1/stream/                     hid   200   200  hid  hid  200  200  hid  200
GET  notify/inbox/                             login login 200  200  200  200  200  200  200
POST notify/inbox/read/                        login login 302  302  302  302  302  302  302
POST notify/inbox/<message_id>/read/           login login 302  none none none none none none
GET  notify/preferences/                       login login 200  200  200  200  200  200  200
POST notify/preferences/                       login login 302  302  302  302  302  302  302
GET  notify/fragments/inbox/                   login login 200  200  200  200  200  200  200
GET  notify/fragments/bell/                    200

GET,POST notify/admin/<app_label>/             login login login login 404 200 200 200 200
GET,POST notify/admin/notify/messagetemplate/<object_id>/preview/ \
login login login login 403 403 200 200 200
GET  notify/admin/notify/messagetemplate/<object_id>/send-test/ \
login login login login 403 403 200 403 200
POST notify/admin/notify/messagetemplate/<object_id>/send-test/ \
login login login login 403 403 302 403 302
GET  notify/admin/notify/delivery/<object_id>/resend/ \
login login login login 403 403 200 403 200
POST notify/admin/notify/delivery/<object_id>/resend/ \
login login login login 403 403 302 403 302
rights notify.delivery                                              -    -    v    v    v
rights notify.messagetemplate                                       -    -    vacd v    vacd
rights notify.inboxmessage                                          -    v    v    v    v
rights notify.recipient                                             -    -    v    v    v
rights notify.preference                                            -    -    v    v    v
rights souk_events.outboxmessage                                    -    -    -    -    v
rights souk_events.inboxentry                                       -    -    -    -    v
rights souk_events.failedevent                                      -    -    -    -    v
POST notify/admin/souk_events/failedevent/<pk>/replay/ \
login login login login 403 403 403 403 302
POST notify/admin/souk_events/failedevent/<pk>/discard/ \
login login login login 403 403 403 403 302
"""

    @pytest.fixture
    def scene(self, db: None) -> Scene:
        message = {"event_id": uuid7(), "title": TITLE, "created_at": NOW}
        InboxMessage.objects.create(
            id=UUID(int=1),
            topic="stock_low",
            url="/inventory/admin/inventory/stockitem/?q=TEA-1",
            **message,
        )
        hers = InboxMessage.objects.create(user_id=ALICE.user_id, topic="order_shipped", **message)
        Recipient.objects.create(user_id=ALICE.user_id, email=ALICE.email, name="Alice")
        Preference.objects.create(
            user_id=ALICE.user_id, topic="order_shipped", channel="inbox", enabled=False
        )
        OrderWatch.objects.create(
            order_id=WATCHED, number="S-314159", customer_id=ALICE.user_id, status="paid"
        )
        operations.send_account_mail(
            event_id=uuid7(), recipient=ALICE.email, subject="Reset", text="x", html="", now=NOW
        )
        assert Delivery.objects.exists()
        MessageTemplate.objects.create(topic="welcome", subject="Ahoy", text="Hi", html="<p>Hi</p>")
        OutboxMessage.objects.all().delete()
        wish = {"order_shipped": {"mail": False, "inbox": True}}
        return Scene(
            values={"message_id": hers.pk},
            asks={
                "PATCH notify/api/v1/preferences/": Ask(wish),
                "GET notify/api/v1/stream/": Ask(query={"order": str(WATCHED)}),
                "POST notify/preferences/": Ask({"order_shipped.mail": "on"}),
            },
            guest=order_link,
            marks=[str(ALICE.user_id), ALICE.email],
            secrets=[ALICE.email, TITLE, "S-314159"],
        )
