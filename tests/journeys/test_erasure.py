"""Somebody lives in the whole shop, leaves, and is not to be found in any of its nine parts."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import environ
import psycopg2
from psycopg2 import sql

from tests.hostile.browsers import Browser
from tests.journeys.conftest import ROOT
from tests.journeys.shop import ADDRESS, Buyer, eventually

NAME = f"Zora{uuid4().hex[:8]}"
STREET = f"Willow Lane {uuid4().hex[:8]}"
PHONE = f"+4930{uuid4().int % 10**8:08d}"
HOME = ADDRESS | {"name": f"{NAME} Example", "line1": STREET}
PASSWORD = "sesame-open-1"
CONFIRM = re.compile(r"/users/confirm-email/[^/\s]+/")
RUN = (ROOT / os.environ.get("SOUK_RUN_DIR", ".run")).resolve()


def traces(marks: list[str]) -> list[str]:
    """Where one of the marks stands in a table, a line of a log or a waiting message."""
    services = [one for one in sorted((RUN / "env").glob("*.env")) if one.stem != "shared"]
    assert len(services) == 9
    found = [trace for service in services for trace in _in_tables(service, marks)]
    return found + list(_in_logs(marks))


def _in_tables(service: Path, marks: list[str]) -> Iterator[str]:
    url = dict(line.split("=", 1) for line in service.read_text().splitlines())["SOUK_DATABASE_URL"]
    known = environ.Env.db_url_config(url)
    with (
        psycopg2.connect(
            dbname=known["NAME"],
            user=known["USER"],
            password=known["PASSWORD"],
            host=known["HOST"],
            port=known["PORT"],
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            query = sql.SQL("SELECT count(*) FROM {0} AS row WHERE row::text ILIKE ANY(%s)")
            cursor.execute(query.format(sql.Identifier(table)), ([f"%{m}%" for m in marks],))
            if cursor.fetchone() != (0,):
                yield f"{service.stem}: {table}"


def _in_logs(marks: list[str]) -> Iterator[str]:
    for log in sorted((RUN / "logs").rglob("*.log")):
        text = log.read_text(errors="replace").lower()
        yield from (f"{log.name}: {mark}" for mark in marks if mark.lower() in text)


def buy(zora: Buyer, thing) -> str:
    assert zora.add(thing["sku"]).status_code == 200
    body = {"email": zora.email, "shipping_address": HOME | {"phone": PHONE}}
    answer = zora.ask(
        "POST",
        "/cart/api/v1/cart/checkout/",
        body | {"shipping_method": "standard"},
        **{"Idempotency-Key": uuid4().hex},
    )
    assert answer.status_code == 202, answer.text
    order_id: str = answer.json()["order_id"]
    zora.await_status(order_id, "awaiting_payment")
    return order_id


def live(shop, zora: Buyer, thing) -> None:
    """Everything that people do here: each leaves something of them somewhere."""
    assert zora.ask("PATCH", "/users/api/v1/me/", {"name": NAME}).status_code == 200
    address = {key: value for key, value in HOME.items() if key != "email"}
    assert zora.ask("POST", "/users/api/v1/me/addresses/", address).status_code == 201
    odd = {"email": zora.email, "shipping_address": HOME | {"postal_code": STREET}}
    assert zora.ask("POST", "/cart/api/v1/cart/checkout/", odd).status_code == 400

    order_id = buy(zora, thing)
    assert zora.pay(order_id, "pm_card_visa_chargeDeclined").status_code == 402
    assert zora.pay(order_id).status_code == 200
    zora.await_status(order_id, "paid")
    merchant = shop.merchant()
    for step in ("ship", "deliver"):
        body = {"carrier": "DHL"} if step == "ship" else None
        answer = merchant.ask("POST", f"/orders/api/v1/orders/{order_id}/{step}/", body)
        assert answer.status_code == 200, answer.text
    review = {"product_id": thing["id"], "rating": 5, "title": "Good", "body": "Very good."}
    assert zora.ask("POST", "/reviews/api/v1/reviews/", review).status_code == 201

    given_up = buy(zora, thing)
    zora.ask("POST", f"/orders/api/v1/orders/{given_up}/cancel/")
    zora.await_status(given_up, "cancelled")
    assert zora.ask("POST", "/users/api/v1/me/export/").status_code == 202


def prove(shop, browser: Browser, email: str) -> None:
    """Opens the mailed link, and confirms."""

    def links() -> list[str]:
        return [link for mail in shop.mails_to(email) for link in CONFIRM.findall(mail["text"])]

    assert browser.post(eventually(links)[0], {}).status_code == 302


def move(shop, browser: Browser, former: str, email: str) -> None:
    """Signs in with another address from now on, and gives up the one of before."""
    prove(shop, browser, former)
    for step, address in (("add", email), ("primary", email), ("remove", former)):
        form = {f"action_{step}": "", "email": address}
        assert browser.post("/users/email/", form).status_code == 302
        if step == "add":
            prove(shop, browser, email)
    assert browser.get("/users/api/v1/me/").json()["email"] == email


def work(shop, zora: Buyer, browser: Browser, thing) -> None:
    """An owner makes her staff, she ships somebody's order and is a shopper again."""
    boss = Browser(shop.url)
    boss.sign_in(**shop.info["accounts"]["operator"])
    user_id = zora.ask("GET", "/users/api/v1/me/").json()["id"]
    page = f"/users/admin/users/user/{user_id}/change/"
    inline = {"addresses-TOTAL_FORMS": "0", "addresses-INITIAL_FORMS": "0", "is_active": "on"}
    assert boss.post(page, {**inline, "roles": "fulfilment"}).status_code == 302

    guest = shop.guest()
    order_id = guest.place_order(**{thing["sku"]: 1})
    assert guest.pay(order_id).status_code == 200
    guest.await_status(order_id, "paid")
    staff = shop.sign_in(zora.email, PASSWORD)
    answer = staff.ask("POST", f"/orders/api/v1/orders/{order_id}/ship/", {"carrier": "DHL"})
    assert answer.status_code == 200, answer.text
    counted = {"delta": 1, "reason": "count"}
    path = f"/inventory/api/v1/stock/{thing['sku']}/adjust/"
    assert staff.ask("POST", path, counted).status_code == 200
    browser.sign_in(zora.email)
    assert browser.get("/orders/admin/").status_code == 200

    assert boss.post(page, inline).status_code == 302


def test_nothing_of_an_erased_person_is_left_anywhere(shop, thing):
    zora = shop.newcomer()
    former, email = zora.email, f"other-{uuid4().hex[:10]}@souk.example"
    marks = [NAME, STREET, PHONE[3:], former, email]
    live(shop, zora, thing)
    browser = Browser(shop.url)
    work(shop, zora, browser, thing)
    eventually(lambda: [m for m in shop.mails_to(zora.email) if "arrived" in m["subject"]])
    browser.sign_in(former)
    move(shop, browser, former, email)
    kept = {trace.split(":")[0] for trace in traces(marks)}
    assert {"inventory", "orders", "users", "notify", "reviews"} <= kept

    zora = shop.sign_in(email, PASSWORD)
    answer = zora.ask("DELETE", "/users/api/v1/me/", {"password": PASSWORD})
    assert answer.status_code == 204

    eventually(lambda: not traces(marks))
