"""Who gets which answer from each route of cart. Everybody has a cart of their own; Alice's and a
guest's hold tea and a code, the others' are empty."""

from collections.abc import Callable
from typing import Any

import pytest

from cart import operations
from cart.models import Cart, Coupon
from cart.queries import Owner
from cart.tests.conftest import ALICES, NOW
from shared.testing.access import AccessMatrix, Ask, Scene
from shared.testing.users import ALICE

ADDRESS = {
    "name": "Ada",
    "line1": "Old Street 1",
    "line2": "",
    "postal_code": "10115",
    "city": "Berlin",
    "region": "",
    "country": "DE",
    "phone": "",
}


class TestAccess(AccessMatrix):
    table = """
gone = 404:not_in_cart
void = 409:cart_empty
back = 303>/cart/
                                              nobody guest alice bob  cata fulf supp anal otto
GET    cart/api/v1/cart/                      200
POST   cart/api/v1/cart/items/                200
PATCH  cart/api/v1/cart/items/<sku>/  gone  200 200 gone gone gone gone gone gone
DELETE cart/api/v1/cart/items/<sku>/  gone  200 200 gone gone gone gone gone gone
POST   cart/api/v1/cart/coupon/      void 200 200 void void void void void void
DELETE cart/api/v1/cart/coupon/               200
POST   cart/api/v1/cart/checkout/    void 202 202 void void void void void void
GET    cart/api/v1/shipping-methods/          200
GET    cart/                                  200
POST   cart/items/                            303>/cart/
POST   cart/items/<sku>/                      303>/cart/
POST   cart/coupon/                           303>/cart/
GET    cart/checkout/                         back   200   200   back back back back back back
POST   cart/checkout/                         409    303   303   409  409  409  409  409  409
GET    cart/fragments/badge/                  200

GET,POST cart/admin/<app_label>/              login login login login 200  404  200  200  200
rights cart.coupon                                                vacd -    v    v    vacd
rights cart.shippingmethod                                        vacd -    v    v    vacd
rights cart.taxrate                                               vacd -    v    v    vacd
rights cart.offer                                                 v    -    v    v    v
rights cart.cart                                                  v    -    v    v    v
rights souk_events.outboxmessage                                  -    -    -    -    v
rights souk_events.inboxentry                                     -    -    -    -    v
rights souk_events.failedevent                                    -    -    -    -    v
POST cart/admin/souk_events/failedevent/<pk>/replay/  login login login login 403 403 403 403 302
POST cart/admin/souk_events/failedevent/<pk>/discard/ login login login login 403 403 403 403 302
"""

    @pytest.fixture
    def scene(self, filled: Callable[..., Cart], coupon: Callable[..., Coupon]) -> Scene:
        coupon()
        hers = filled(TEA=2)
        guests = filled(owner=Owner(), TEA=2)
        operations.apply_coupon(owner=ALICES, code="TEN", now=NOW)
        operations.apply_coupon(owner=Owner(guest_cart_id=guests.pk), code="TEN", now=NOW)
        ticket = guests.token
        item: dict[str, Any] = {"sku": "TEA", "quantity": 1}
        checkout = {
            "email": "ada@souk.example",
            "shipping_address": ADDRESS,
            "billing_address": ADDRESS,
            "shipping_method": "standard",
            "expected_total": None,
        }
        form = {**ADDRESS, "email": "ada@souk.example", "shipping_method": "standard", "key": "k"}
        form |= {"expected_total": "13.90"}
        del checkout["expected_total"]
        return Scene(
            values={"sku": "TEA"},
            asks={
                "POST cart/api/v1/cart/items/": Ask(item),
                "PATCH cart/api/v1/cart/items/<sku>/": Ask({"quantity": 3}),
                "POST cart/api/v1/cart/coupon/": Ask({"code": "TEN"}),
                "POST cart/api/v1/cart/checkout/": Ask(checkout, headers={"Idempotency-Key": "k"}),
                "GET cart/api/v1/shipping-methods/": Ask(query={"country": "DE"}),
                "POST cart/items/": Ask(item),
                "POST cart/items/<sku>/": Ask({"quantity": 3}),
                "POST cart/coupon/": Ask({"code": "TEN"}),
                "POST cart/checkout/": Ask(form),
            },
            guest=lambda values: Ask(headers={"X-Cart-Token": ticket, "Cookie": f"cart={ticket}"}),
            marks=[str(ALICE.user_id), str(hers.pk), str(guests.pk)],
            secrets=[ALICE.email, str(hers.pk), str(guests.pk)],
        )
