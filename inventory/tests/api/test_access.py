"""Who gets which answer from each route of inventory."""

from collections.abc import Callable
from uuid import UUID

import pytest

from inventory.models import Reservation, StockItem
from shared.testing.access import AccessMatrix, Ask, Scene


class TestAccess(AccessMatrix):
    table = """
anon = 401:not_authenticated
                                            nobody alice bob cata fulf supp anal otto
GET  inventory/api/v1/stock/<sku>/            200
POST inventory/api/v1/stock/<sku>/adjust/     anon  403  403 200  200  403  403  200
GET  inventory/api/v1/stock/<sku>/movements/  anon  403  403 200  200  403  200  200

GET,POST inventory/admin/<app_label>/         login login  login 200  200  404  200  200
rights inventory.stockitem                                   v    vc   -    v    vc
rights inventory.reservation                                 v    v    -    v    v
rights souk_events.outboxmessage                             -    v    -    -    v
rights souk_events.inboxentry                                -    v    -    -    v
rights souk_events.failedevent                               -    v    -    -    v
POST inventory/admin/souk_events/failedevent/<pk>/replay/   login login login 403 403 403 403 302
POST inventory/admin/souk_events/failedevent/<pk>/discard/  login login login 403 403 403 403 302
"""

    @pytest.fixture
    def scene(self, stocked: Callable[..., StockItem], order_id: UUID) -> Scene:
        stocked("TEA", 7)
        Reservation.objects.create(order_id=order_id, status="held")
        return Scene(
            values={"sku": "TEA"},
            asks={
                "POST inventory/api/v1/stock/<sku>/adjust/": Ask({"delta": 2, "reason": "found"})
            },
        )
