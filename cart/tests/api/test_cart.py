import pytest
from django.core.signing import Signer
from rest_framework.test import APIClient

from cart.models import Cart, CartLine, Checkout, ShippingMethod
from shared.auth.capabilities import mint_capability
from shared.contracts.cart import CartCheckedOut
from shared.events.ids import uuid7
from shared.testing.events import published, published_names
from shared.testing.users import ALICE, BOB

pytestmark = pytest.mark.django_db
CART = "/cart/api/v1/cart/"
ADDRESS = {
    "name": "Alice",
    "line1": "Long Street 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}
BODY = {"email": "guest@souk.example", "shipping_address": ADDRESS, "shipping_method": "standard"}


def guest_with(sku="TEA", quantity=2):
    """A guest's client that holds its cart by the token only."""
    answer = APIClient().post(CART + "items/", {"sku": sku, "quantity": quantity})
    assert answer.status_code == 200
    return APIClient(headers={"X-Cart-Token": answer["X-Cart-Token"]})


def test_a_guest_gets_a_cart_and_its_token(shop):
    body = guest_with().get(CART).json()

    assert [(x["sku"], x["quantity"], x["total"]["amount"]) for x in body["lines"]] == [
        ("TEA", 2, "10.00")
    ]
    assert body["total"] == {"amount": "10.00", "currency": "EUR"}


def test_a_stranger_has_an_empty_cart_and_no_row(shop, api_of):
    assert api_of(None).get(CART).json()["lines"] == []
    assert not Cart.objects.exists()


def test_lines_change_and_go(shop):
    guest = guest_with()

    assert guest.patch(CART + "items/TEA/", {"quantity": 3}).json()["lines"][0]["quantity"] == 3
    assert guest.delete(CART + "items/TEA/").json()["lines"] == []
    assert guest.delete(CART + "items/TEA/").json()["code"] == "not_in_cart"


@pytest.mark.parametrize("path", ["items/TEA/", "coupon/"])
def test_taking_away_reads_no_number(shop, coupon, path):
    coupon()
    guest = guest_with()
    guest.post(CART + "coupon/", {"code": "ten"})
    before = guest.get(CART).json()

    answers = [
        guest.delete(CART + path, {"quantity": 1}),
        guest.delete(f"{CART}{path}?quantity=1"),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert all(answer.json()["errors"]["quantity"] for answer in answers)
    assert guest.get(CART).json() == before


@pytest.mark.parametrize(
    "quantity", [0, -1, 100, 10**20, "x", "1.5", None, True, [1], "1_0", "٥", "+5"]
)
def test_senseless_quantities_are_refused(shop, quantity):
    guest = guest_with()

    answer = guest.post(CART + "items/", {"sku": "POT", "quantity": quantity})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert CartLine.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"sku": "GHOST", "quantity": 1}, 404, "unknown_sku"),
        ({"sku": "TEA", "quantity": 8}, 409, "not_enough_stock"),
        ({"sku": "x" * 65, "quantity": 1}, 400, "invalid_input"),
        ({"sku": "a\x00b", "quantity": 1}, 400, "invalid_input"),
    ],
)
def test_what_cannot_be_bought_says_why(shop, api_of, body, status, code):
    answer = api_of(None).post(CART + "items/", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Cart.objects.exists()


@pytest.mark.parametrize("token", ["nonsense", f"{uuid7()}:forged", Signer(salt="x").sign("1")])
def test_a_forged_token_is_refused(shop, token):
    answer = APIClient(headers={"X-Cart-Token": token}).get(CART)

    assert (answer.status_code, answer.json()["code"]) == (403, "cart_token_invalid")


def test_bob_never_sees_alices_cart(filled, api_of):
    filled(TEA=2)

    assert api_of(BOB).get(CART).json()["lines"] == []
    assert api_of(BOB).delete(CART + "items/TEA/").status_code == 404


def test_who_holds_a_cart_by_cookie_needs_the_csrf_token(shop):
    client = APIClient(enforce_csrf_checks=True)
    client.post(CART + "items/", {"sku": "TEA", "quantity": 1})

    answer = client.post(CART + "items/", {"sku": "TEA", "quantity": 1})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")

    client.cookies["csrftoken"] = "c" * 32
    headers = {"X-CSRFToken": "c" * 32}
    assert client.post(CART + "items/", {"sku": "TEA", "quantity": 1}, headers=headers).json()[
        "lines"
    ]


def test_signing_in_brings_the_guests_things_along(filled, shop, api_of):
    filled(POT=1)
    guest = guest_with()
    token = guest.get(CART)["X-Cart-Token"]

    body = api_of(ALICE).get(CART, headers={"X-Cart-Token": token}).json()

    assert {line["sku"] for line in body["lines"]} == {"TEA", "POT"}


def test_a_code_shows_in_the_totals(shop, coupon):
    coupon()
    guest = guest_with()

    body = guest.post(CART + "coupon/", {"code": "ten"}).json()

    assert body["discounts"] == [{"code": "TEN", "amount": {"amount": "1.00", "currency": "EUR"}}]
    assert guest.delete(CART + "coupon/").json()["discounts"] == []
    assert guest.post(CART + "coupon/", {"code": "NOPE"}).json()["code"] == "coupon_unknown"


def test_shipping_methods_have_this_carts_price(shop):
    quotes = guest_with().get("/cart/api/v1/shipping-methods/?country=de").json()

    assert [(x["code"], x["price"]["amount"]) for x in quotes] == [("standard", "4.90")]
    assert guest_with().get("/cart/api/v1/shipping-methods/?country=JP").json() == []


def check_out(client, body=BODY, key="k1"):
    return client.post(CART + "checkout/", body, headers={"Idempotency-Key": key})


def test_a_guest_checks_out_and_gets_the_orders_token(shop):
    guest = guest_with()

    answers = [check_out(guest) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {202}
    body = answers[0].json()
    assert [answer.json() for answer in answers] == [body] * 3
    assert body["access_token"] == mint_capability("order", body["order_id"])
    assert published_names() == ["cart.checked_out"]


def test_an_account_needs_no_token_and_no_email(filled, api_of):
    filled(TEA=1)

    body = check_out(api_of(ALICE), {k: v for k, v in BODY.items() if k != "email"}).json()

    assert set(body) == {"order_id", "order_url"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": None}, "invalid_input"),
        ({"email": "nobody"}, "invalid_input"),
        ({"shipping_method": "rocket"}, "shipping_unavailable"),
        (
            {"shipping_address": {**ADDRESS, "country": "CH", "postal_code": "8001"}},
            "shipping_unavailable",
        ),
        ({"shipping_address": {**ADDRESS, "country": "XX"}}, "invalid_input"),
        (
            {"shipping_address": {**ADDRESS, "country": "US", "postal_code": "94016"}},
            "invalid_input",
        ),
        ({"shipping_address": {**ADDRESS, "country": "Germany"}}, "invalid_input"),
        ({"shipping_address": {**ADDRESS, "postal_code": "ABC"}}, "invalid_input"),
        ({"shipping_address": {**ADDRESS, "phone": "call me"}}, "invalid_input"),
        ({"shipping_address": {**ADDRESS, "name": ""}}, "invalid_input"),
        ({"shipping_address": "Berlin"}, "invalid_input"),
        ({"expected_total": {"amount": "1.00", "currency": "EUR"}}, "cart_changed"),
    ],
)
def test_a_bad_checkout_says_why_and_does_nothing(shop, changes, code):
    answer = check_out(guest_with(), {**BODY, **changes})

    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] == code
    assert not Checkout.objects.exists()
    assert published_names() == []


def test_a_checkout_needs_its_key(shop):
    answer = guest_with().post(CART + "checkout/", BODY)

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")


def test_a_guest_without_an_address_to_write_to_is_asked_for_one(shop):
    answer = check_out(guest_with(), {k: v for k, v in BODY.items() if k != "email"})

    assert answer.json()["code"] == "email_required"


def test_an_empty_cart_is_not_checked_out(shop, api_of):
    assert check_out(api_of(ALICE)).json()["code"] == "cart_empty"


def add_tea(client, quantity=2, **headers):
    item = {"sku": "TEA", "quantity": quantity}
    return client.post(CART + "items/", item, headers=headers)


def test_an_addition_with_a_key_may_be_repeated(shop):
    guest = guest_with(sku="POT", quantity=1)

    answers = [add_tea(guest, **{"Idempotency-Key": "k"}).json() for _ in range(3)]

    assert [(x["sku"], x["quantity"]) for x in answers[0]["lines"]] == [("POT", 1), ("TEA", 2)]
    assert answers == answers[:1] * 3
    assert add_tea(guest).json()["lines"][1]["quantity"] == 4


def test_a_repeated_addition_is_answered_by_the_present_cart(shop):
    guest = guest_with()
    add_tea(guest, **{"Idempotency-Key": "k"})
    guest.patch(CART + "items/TEA/", {"quantity": 1})

    answer = add_tea(guest, **{"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["lines"][0]["quantity"]) == (200, 1)


def test_the_key_of_an_addition_cannot_mean_another(shop):
    guest = guest_with(quantity=1)
    add_tea(guest, **{"Idempotency-Key": "k"})

    answer = add_tea(guest, quantity=1, **{"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert CartLine.objects.get().quantity == 3


@pytest.mark.parametrize("key", ["", "k" * 101, "a\x00b", "a\tb"])
@pytest.mark.parametrize(
    ("path", "body"), [("items/", {"sku": "TEA", "quantity": 2}), ("checkout/", BODY)]
)
def test_a_senseless_key_is_refused(shop, path, body, key):
    guest = guest_with(quantity=1)

    answer = guest.post(CART + path, body, headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert CartLine.objects.get().quantity == 1
    assert published_names() == []


def test_the_description_names_the_key(shop, api_of):
    paths = api_of(None).get("/cart/api/v1/schema/?format=json").json()["paths"]

    for path, required in (("items/", False), ("checkout/", True)):
        (key,) = [
            header
            for header in paths[CART + path]["post"]["parameters"]
            if header["name"] == "Idempotency-Key"
        ]
        assert key.get("required", False) is required
        assert key["schema"] == {"type": "string", "minLength": 1, "maxLength": 100}


@pytest.mark.parametrize(
    ("country", "prices"),
    [
        ("DE", {"standard": "0.00", "express": "7.00", "world": "15.00"}),
        ("US", {"world": "15.00"}),
    ],
)
def test_a_free_shipping_code_frees_the_standard_way_only(shop, coupon, country, prices):
    for code, countries, price in (("express", ["DE"], "11.90"), ("world", ["*"], "19.90")):
        ShippingMethod.objects.create(code=code, title=code, countries=countries, price=price)
    ShippingMethod.objects.create(code="pickup", title="Pick up", countries=["AT"], price=0)
    coupon(kind="free_shipping", value=0)
    guest = guest_with()
    guest.post(CART + "coupon/", {"code": "TEN"})
    quotes = guest.get(f"/cart/api/v1/shipping-methods/?country={country}").json()

    assert {quote["code"]: quote["price"]["amount"] for quote in quotes} == prices
    body = {**BODY, "shipping_method": "world"}
    address = {**ADDRESS, "country": country}
    if country == "US":
        address |= {"postal_code": "10115", "region": "NY"}
    checked = guest.post(
        CART + "checkout/",
        {**body, "shipping_address": address},
        headers={"Idempotency-Key": "free"},
    )
    assert checked.status_code == 202, checked.text
    assert [str(fact.totals.shipping.amount) for fact in published(CartCheckedOut)] == ["15.00"]
