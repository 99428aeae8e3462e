"""Who gets which answer from each route of orders."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from orders import operations
from orders.models import Discrepancy, Order
from orders.tests.conftest import NOW
from shared.auth.capabilities import mint_capability
from shared.contracts.parts import Quantity
from shared.events.ids import uuid7
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
    table = """
anon = 401:not_authenticated
hid  = 404:order_not_found
                                                   nobody guest alice bob cata fulf supp anal otto
GET  orders/api/v1/orders/                         anon  anon  200   200 200 200 200 200 200
POST orders/api/v1/find/                           202   202   202   202 202 202 202 202 202
GET  orders/find/                                  200   200   200   200 200 200 200 200 200
POST orders/find/                                  302>/orders/find/?sent=1
GET  orders/api/v1/orders/<order_id>/              hid   200   200   hid hid 200 200 hid 200
POST orders/api/v1/orders/<order_id>/cancel/       hid   200   200   hid hid 200 200 hid 200
POST orders/api/v1/orders/<order_id>/returns/      hid   201   201   hid hid 201 201 hid 201
POST orders/api/v1/orders/<order_id>/ship/         anon  anon  403   403 403 200 200 403 200
POST orders/api/v1/orders/<order_id>/deliver/      anon  anon  403   403 403 200 200 403 200
POST orders/api/v1/orders/<order_id>/refund/       anon  anon  403   403 403 202 202 403 202
POST orders/api/v1/returns/<return_id>/receive/    anon  anon  403   403 403 200 200 403 200
GET  orders/                                       login login 200   200 200 200 200 200 200
GET  orders/<order_id>/                            hid   200   200   hid hid 200 200 hid 200
POST orders/<order_id>/cancel/                     hid   302   302   hid hid 302 302 hid 302
GET  orders/fragments/order/<order_id>/            hid   200   200   hid hid 200 200 hid 200

GET,POST orders/admin/<app_label>/                 login login login   login 404 200 200 200 200
GET  orders/admin/orders/order/<object_id>/ship/     login login login login 403 200 200 403 200
POST orders/admin/orders/order/<object_id>/ship/     login login login login 403 302 302 403 302
GET  orders/admin/orders/order/<object_id>/deliver/  login login login login 403 200 200 403 200
POST orders/admin/orders/order/<object_id>/deliver/  login login login login 403 302 302 403 302
GET  orders/admin/orders/order/<object_id>/refund/   login login login login 403 200 200 403 200
POST orders/admin/orders/order/<object_id>/refund/   login login login login 403 302 302 403 302
GET  orders/admin/orders/order/<object_id>/cancel/   login login login login 403 200 200 403 200
POST orders/admin/orders/order/<object_id>/cancel/   login login login login 403 302 302 403 302
GET  orders/admin/orders/order/<object_id>/take-back/  login login login login 403 200 200 403 200
POST orders/admin/orders/order/<object_id>/take-back/  login login login login 403 302 302 403 302
rights orders.order                                                      -   v   v   v   v
rights orders.discrepancy                                                -   v   v   v   v
rights souk_events.outboxmessage                                         -   v   -   -   v
rights souk_events.inboxentry                                            -   v   -   -   v
rights souk_events.failedevent                                           -   v   -   -   v
POST orders/admin/souk_events/failedevent/<pk>/replay/  login login login login 403 403 403 403 302
POST orders/admin/souk_events/failedevent/<pk>/discard/ login login login login 403 403 403 403 302
"""

    @pytest.fixture
    def scene(self, order_in: Callable[..., Order]) -> Scene:
        paid, shipped, delivered = map(order_in, ("paid", "shipped", "delivered"))
        returned = operations.request_return(
            order_id=delivered.pk,
            return_id=uuid7(),
            lines=[Quantity(sku="TEA", quantity=1)],
            reason="cold",
            now=NOW,
        )
        Discrepancy.objects.create(
            order_id=paid.pk, kind="lines_differ", details="", first_seen=NOW, last_seen=NOW
        )
        OutboxMessage.objects.all().delete()
        api = "POST orders/api/v1/orders/<order_id>/"
        step = "POST orders/admin/orders/order/<object_id>/"
        parcel = {"carrier": "DHL", "tracking_number": "T2"}
        money = {"amount": "5.00", "reason": "goodwill"}
        # Of no order: what is mailed for one is asked about where it is found.
        known = {"number": "S-1", "email": ALICE.email}
        return Scene(
            values={"order_id": paid.pk, "object_id": paid.pk, "return_id": returned.pk},
            asks={
                f"{api}returns/": Ask(
                    {"lines": [{"sku": "POT", "quantity": 1}], "reason": "cracked"},
                    values={"order_id": delivered.pk},
                ),
                "POST orders/api/v1/find/": Ask(known),
                "POST orders/find/": Ask(known),
                f"{api}ship/": Ask(parcel),
                f"{api}deliver/": Ask(values={"order_id": shipped.pk}),
                f"{api}refund/": Ask(money),
                f"{step}ship/": Ask(parcel),
                f"{step}refund/": Ask({**money, "left": "24.90"}),
                f"{step}take-back/": Ask(
                    {"returns": str(returned.pk)}, values={"object_id": delivered.pk}
                ),
            },
            guest=order_link,
            marks=[str(ALICE.user_id), str(paid.pk), str(shipped.pk), str(delivered.pk)],
            secrets=[ALICE.email, "Long Street 1", paid.number, shipped.number, delivered.number],
        )
