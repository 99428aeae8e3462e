"""Purchases by API, through the gateway and all nine services."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journeys.shop import eventually


def subjects(shop, email):
    return [mail["subject"] for mail in shop.mails_to(email)]


def test_an_account_buys_pays_reviews_and_is_mailed(shop, thing):
    # Holds of an earlier run may be on the shelf besides.
    on_hand = shop.stock(thing["sku"])["on_hand"]
    alice = shop.newcomer()
    order_id = alice.place_order(**{thing["sku"]: 2})
    assert shop.stock(thing["sku"])["available"] == 18

    assert alice.pay(order_id).status_code == 200
    order = alice.await_status(order_id, "paid")

    assert [step["status"] for step in order["timeline"]] == ["placed", "awaiting_payment", "paid"]
    assert order["totals"]["paid"] == order["totals"]["total"]
    eventually(lambda: shop.stock(thing["sku"])["on_hand"] == on_hand - 2)
    eventually(lambda: [s for s in subjects(shop, alice.email) if order["number"] in s])
    assert alice.cart()["lines"] == []

    def review():
        body = {"product_id": thing["id"], "rating": 5, "title": "Good", "body": "Very good."}
        return alice.ask("POST", "/reviews/api/v1/reviews/", body)

    made = review()
    assert made.status_code == 201
    listed = f"/reviews/api/v1/reviews/?product={thing['id']}"

    def is_verified():
        rows = alice.ask("GET", listed).json()["results"]
        return [row for row in rows if row["id"] == made.json()["id"] and row["verified_purchase"]]

    eventually(is_verified)
    assert review().json()["code"] == "already_reviewed"


def test_a_guest_is_declined_then_pays(shop, thing):
    guest = shop.guest()
    order_id = guest.place_order(**{thing["sku"]: 1})

    declined = guest.pay(order_id, "pm_card_visa_chargeDeclined")
    assert declined.status_code == 402
    assert guest.order(order_id)["status"] == "awaiting_payment"

    assert guest.pay(order_id).status_code == 200
    guest.await_status(order_id, "paid")


def test_every_mail_of_a_purchase_is_sent_once(shop, thing):
    guest = shop.guest()
    order_id = guest.place_order(**{thing["sku"]: 1})
    guest.pay(order_id)
    order = guest.await_status(order_id, "paid")
    shop.merchant().ask("POST", f"/orders/api/v1/orders/{order_id}/ship/", {"carrier": "DHL"})

    eventually(lambda: [s for s in subjects(shop, guest.email) if "way" in s.lower()])

    told = subjects(shop, guest.email)
    assert len(told) == len(set(told))
    assert all(order["number"] in subject for subject in told)


def test_fifty_buyers_of_seven_units_end_with_seven_sold(shop, thing):
    buyers = [shop.guest() for _ in range(50)]

    def fill(buyer):
        assert buyer.add(thing["sku"]).status_code == 200

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(fill, buyers))
        shop.set_stock(thing["sku"], 7)

        def buy(buyer):
            answer = buyer.check_out()
            if answer.status_code == 409:
                return answer.json()["code"]
            order_id = answer.json()["order_id"]
            ended = buyer.await_status(order_id, "awaiting_payment", "cancelled")
            if ended["status"] == "awaiting_payment":
                assert buyer.pay(order_id).status_code == 200
                ended = buyer.await_status(order_id, "paid")
            return ended["status"]

        results = list(pool.map(buy, buyers))

    assert results.count("paid") == 7
    assert set(results) <= {"paid", "cancelled", "not_enough_stock"}
    stock = eventually(lambda: _settled(shop, thing["sku"]))
    assert (stock["on_hand"], stock["reserved"]) == (0, 0)


def _settled(shop, sku):
    stock = shop.stock(sku)
    return stock if not stock["reserved"] else None


def test_who_was_too_late_finds_the_cart_as_it_was(shop, thing):
    buyers = [shop.newcomer(), shop.newcomer()]
    for buyer in buyers:
        buyer.add(thing["sku"], 15)
    first, second = (buyer.check_out() for buyer in buyers)
    late = buyers[1]

    if second.status_code == 202:
        # Which of two checkouts at once is reserved for first is open.
        ends = [
            buyer.await_status(answer.json()["order_id"], "awaiting_payment", "cancelled")
            for buyer, answer in zip(buyers, (first, second), strict=True)
        ]
        assert sorted(end["status"] for end in ends) == ["awaiting_payment", "cancelled"]
        (lost,) = (end for end in ends if end["status"] == "cancelled")
        assert lost["cancel_reason"] == "sold_out"
        late = buyers[ends.index(lost)]
    else:
        assert second.json()["code"] == "not_enough_stock"
    eventually(lambda: [line["sku"] for line in late.cart()["lines"]] == [thing["sku"]])


def test_a_cancelled_paid_order_is_refunded_and_restocked(shop, thing):
    alice = shop.newcomer()
    order_id = alice.place_order(**{thing["sku"]: 3})
    alice.pay(order_id)
    alice.await_status(order_id, "paid")

    assert alice.ask("POST", f"/orders/api/v1/orders/{order_id}/cancel/").status_code == 200

    order = alice.await_status(order_id, "refunded")
    assert order["totals"]["refunded"] == order["totals"]["total"]
    eventually(lambda: shop.stock(thing["sku"])["available"] == 20)


def test_an_order_cancelled_before_payment_frees_its_units(shop, thing):
    guest = shop.guest()
    order_id = guest.place_order(**{thing["sku"]: 4})

    guest.ask("POST", f"/orders/api/v1/orders/{order_id}/cancel/")

    eventually(lambda: shop.stock(thing["sku"])["available"] == 20)
    assert guest.pay(order_id).status_code == 409


CSV = """Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,\
Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price
{handle},Brass lantern,<p>Hand-made.</p>,Souk,Lamps,light,true,Title,Default Title,\
{sku},900,6,34.50
,No handle,,,,,true,,,X1,1,1,1.00
"""


def test_the_merchant_imports_sells_and_ships(shop):
    mia = shop.merchant()
    handle = f"lantern-{mia.key[:8]}"
    sku = f"LANTERN-{mia.key[:8]}"
    text = CSV.format(handle=handle, sku=sku)
    answer = mia._http.post(
        "/catalog/api/v1/imports/",
        data={"format": "shopify"},
        files={"file": ("lanterns.csv", text.encode(), "text/csv")},
        headers=mia._headers,
    )
    assert answer.status_code == 202, answer.text

    def finished():
        run = mia.ask("GET", answer.headers["Location"]).json()
        return run if run["status"] in ("done", "failed") else None

    run = eventually(finished)
    assert (run["status"], run["created"], run["failed"]) == ("done", 1, 1)
    assert [row["code"] for row in run["rows"]] == ["missing_handle"]

    eventually(lambda: shop.stock(sku).get("available") == 6)
    guest = shop.guest()
    eventually(lambda: guest.add(sku).status_code == 200)
    order_id = guest.check_out().json()["order_id"]
    guest.await_status(order_id, "awaiting_payment")
    guest.pay(order_id)
    guest.await_status(order_id, "paid")

    shipped = mia.ask(
        "POST",
        f"/orders/api/v1/orders/{order_id}/ship/",
        {"carrier": "DHL", "tracking_number": "T-1"},
    )
    assert shipped.json()["status"] == "shipped"
    assert guest.order(order_id)["tracking_number"] == "T-1"


def test_bought_together_is_shown_together(shop):
    first, second = (product for product in shop.products()[-2:])
    skus = {p["variants"][0]["sku"]: 1 for p in (first, second)}
    for sku in skus:
        shop.set_stock(sku, 20)
    guest = shop.guest()
    order_id = guest.place_order(**skus)
    guest.pay(order_id)
    guest.await_status(order_id, "paid")

    def learnt():
        answer = shop.page(f"/recommend/api/v1/similar/{first['id']}/").json()
        return [x for x in answer["results"] if x["reason"] == "copurchase"]

    found = eventually(learnt, within=60)
    assert second["id"] in [x["product_id"] for x in found]


@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
def test_a_forged_token_is_refused_at_the_door(shop, token):
    guest = shop.guest()
    answer = guest.ask("GET", "/orders/api/v1/orders/", Authorization=f"Bearer {token}")

    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/problem+json")
