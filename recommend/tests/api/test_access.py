"""Who gets which answer from each route of recommend. Alice bought tea and a pot."""

from collections.abc import Callable
from uuid import UUID

import pytest

from recommend import operations
from recommend.models import Product
from recommend.tests.conftest import NOW
from shared.testing.access import AccessMatrix, Ask, Scene
from shared.testing.users import ALICE


class TestAccess(AccessMatrix):
    table = """
anon = 401:not_authenticated
                                             nobody alice bob cata fulf supp anal otto
GET  recommend/api/v1/for-me/                  anon  200  200 200  200  200  200  200
GET  recommend/api/v1/similar/<product_id>/    200
GET  recommend/api/v1/trending/                200
POST recommend/api/v1/views/                   204
GET  recommend/for-me/                         login 200  200 200  200  200  200  200
GET  recommend/fragments/public/similar/<product_id>/ 200
GET  recommend/fragments/public/trending/      200

GET,POST recommend/admin/<app_label>/          login login  login 200  404  404  200  200
rights recommend.trainedmodel                                 v    -    -    v    v
rights recommend.pair                                         v    -    -    v    v
rights recommend.product                                      v    -    -    v    v
rights souk_events.outboxmessage                              -    -    -    -    v
rights souk_events.inboxentry                                 -    -    -    -    v
rights souk_events.failedevent                                -    -    -    -    v
POST recommend/admin/souk_events/failedevent/<pk>/replay/   login login login 403 403 403 403 302
POST recommend/admin/souk_events/failedevent/<pk>/discard/  login login login 403 403 403 403 302
"""

    @pytest.fixture
    def scene(self, product: Callable[..., Product], bought: Callable[..., UUID]) -> Scene:
        tea, pot = product("Tea"), product("Pot")
        for _ in range(3):
            bought(tea, pot, by=ALICE.user_id)
        operations.train_copurchases(now=NOW)
        return Scene(
            values={"product_id": tea.pk},
            asks={"POST recommend/api/v1/views/": Ask({"product_id": str(tea.pk)})},
        )
