"""How people use the shop, for locust: visitors, guests, account holders, browsers, a merchant.

With a web UI, against any shop (rate limits off, or from several addresses):
    .venv/bin/locust -f tests/load/locustfile.py --host http://127.0.0.1:8000
Without, with a report:
    .venv/bin/locust -f tests/load/locustfile.py --host http://127.0.0.1:8000 \
        --headless -u 20 -r 5 -t 60s --html load.html

SOUK_LOAD_SKUS       what is bought, comma separated (default: whatever the catalogue lists)
SOUK_LOAD_MERCHANT   "email password" of an account that ships and edits prices (default: nobody)
SOUK_LOAD_SEED       makes the whims of the shoppers repeatable
SOUK_LOAD_PATIENCE   seconds for which a shopper insists on an answer (default 60)
SOUK_JOURNAL         a file that gets a line for everything that the shoppers saw
"""

import itertools
import os
import random
import sys
from collections import deque
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from locust import FastHttpUser, between, constant_pacing, events, task

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.load import pages
from tests.load.buying import Purchase, Whims
from tests.load.client import Api, GaveUp, json_of
from tests.load.journal import Journal

SKUS = [sku for sku in os.environ.get("SOUK_LOAD_SKUS", "").split(",") if sku]
MERCHANT = os.environ.get("SOUK_LOAD_MERCHANT", "").split()
SEED = os.environ.get("SOUK_LOAD_SEED", "0")
PATIENCE = float(os.environ.get("SOUK_LOAD_PATIENCE", "60"))
PRODUCTS, ORDERS = "/catalog/api/v1/products/", "/orders/api/v1/orders/"

journal = Journal()
numbers = itertools.count(1)
shelf: list[dict[str, str]] = []
# What shoppers leave for the merchant: purchases that were paid, and that arrived.
paid: deque[Purchase] = deque(maxlen=500)
arrived: deque[Purchase] = deque(maxlen=500)


@events.request.add_listener
def note_request(
    name: str, response_time: float, exception: Any = None, response: Any = None, **_: Any
) -> None:
    journal.write(
        "request",
        name=name,
        status=int(getattr(response, "status_code", 0) or 0),
        ms=round(response_time or 0, 1),
        error=str(exception)[:200] if exception else "",
    )


class Person(FastHttpUser):
    """Somebody with whims of their own."""

    abstract = True
    wait_time = between(0.2, 1.0)
    network_timeout = 40.0
    connection_timeout = 10.0

    def on_start(self) -> None:
        self.dice = random.Random(f"{SEED} {type(self).__name__} {next(numbers)}")
        self.api = Api(self.client, PATIENCE)
        while not shelf:
            look_around(self.api)

    def email(self) -> str:
        return f"{type(self).__name__.lower()}-{uuid4().hex[:10]}@souk.example"

    def skus(self) -> list[str]:
        return SKUS or [thing["sku"] for thing in shelf]


def look_around(api: Api) -> None:
    """Fills the shelf with what the first page of the catalogue offers, or with SKUS alone."""
    path: Any = PRODUCTS
    while path:
        page = json_of(api.insist("GET", path, name=PRODUCTS))
        for row in page.get("results", []):
            detail = json_of(api.insist("GET", f"{PRODUCTS}{row['slug']}/", name="product"))
            for variant in detail.get("variants", [])[:1]:
                if not SKUS or variant["sku"] in SKUS:
                    shelf.append({"slug": row["slug"], "sku": variant["sku"]})
        next_page = page.get("next") or ""
        path = PRODUCTS + next_page.partition(PRODUCTS)[2] if next_page and SKUS else None


class Visitor(Person):
    """Looks at pages and buys nothing."""

    weight = 3

    @task(4)
    def see_product(self) -> None:
        thing = self.dice.choice(shelf)
        pages.Browser(self.client).open(f"/catalog/products/{thing['slug']}/", name="page product")

    @task(2)
    def see_front(self) -> None:
        pages.Browser(self.client).open("/", name="page front")

    @task(2)
    def see_listing(self) -> None:
        pages.Browser(self.client).open("/catalog/", name="page listing")

    @task(1)
    def search(self) -> None:
        word = self.dice.choice(["tea", "lamp", "bowl", "silk", "leather", "mint"])
        pages.Browser(self.client).open(f"/catalog/search/?q={word}", name="page search")


class GuestBuyer(Person):
    """Buys by the API without an account."""

    weight = 4

    @task
    def buy(self) -> None:
        self.api.headers.pop("X-Cart-Token", None)
        purchase = Purchase(self.api, journal, self.dice, self.email())
        try:
            if purchase.run(self.skus(), Whims()) == "paid":
                paid.append(purchase)
        except GaveUp as reason:
            journal.write("gave_up", reason=str(reason), order_id=purchase.order_id)


class AccountBuyer(Person):
    """Makes an account, then buys, reviews and sends things back with it."""

    weight = 3

    def on_start(self) -> None:
        super().on_start()
        self.address, self.password = self.email(), uuid4().hex
        self.registered = False

    @task
    def buy(self) -> None:
        purchase = Purchase(self.api, journal, self.dice, self.address)
        try:
            self._sign_in()
            if purchase.run(self.skus(), Whims()) == "paid":
                paid.append(purchase)
                self._review()
        except GaveUp as reason:
            journal.write("gave_up", reason=str(reason), order_id=purchase.order_id)

    def _sign_in(self) -> None:
        self.api.headers.pop("Authorization", None)
        who = {"email": self.address, "password": self.password}
        if not self.registered:
            # A repetition of a registration that was answered by nobody finds the account there.
            self.api.insist("POST", "/users/api/v1/register/", who, name="register")
            self.registered = True
        answer = self.api.insist("POST", "/users/api/v1/token/", who, name="token")
        if token := json_of(answer).get("access"):
            self.api.headers["Authorization"] = f"Bearer {token}"

    def _review(self) -> None:
        if self.dice.random() < 0.3:
            slug = self.dice.choice(shelf)["slug"]
            product = json_of(self.api.insist("GET", f"{PRODUCTS}{slug}/", name="product"))
            body = {"product_id": product.get("id"), "rating": self.dice.randint(1, 5)}
            body |= {"title": "As told", "body": "It does what it should do."}
            self.api.insist("POST", "/reviews/api/v1/reviews/", body, name="review")


class PageBuyer(Person):
    """Buys by pages, with cookies and forms."""

    weight = 3

    @task
    def buy(self) -> None:
        # A browser of its own for every purchase: nobody's cart is anybody else's.
        self.client.cookiejar.clear()
        api = Api(self.client, PATIENCE)
        try:
            pages.buy(self.client, api, journal, self.dice, self.dice.choice(shelf), self.email())
        except GaveUp as reason:
            journal.write("gave_up", reason=str(reason))


class Merchant(Person):
    """Ships, delivers, takes goods back, refunds, and edits prices meanwhile."""

    fixed_count = 1 if MERCHANT else 0
    weight = 0 if not MERCHANT else 1
    wait_time = constant_pacing(0.5)

    def on_start(self) -> None:
        super().on_start()
        self._sign_in()

    def _sign_in(self) -> None:
        self.api.headers.pop("Authorization", None)
        who = dict(zip(("email", "password"), MERCHANT, strict=True))
        told = json_of(self.api.insist("POST", "/users/api/v1/token/", who, name="token"))
        self.api.headers["Authorization"] = f"Bearer {told.get('access', '')}"

    def _step(self, path: str, body: Any = None, *, name: str) -> int:
        answer = self.api.insist("POST", path, body, name=name)
        if answer.status_code == 401:
            self._sign_in()
        return int(answer.status_code)

    @task(6)
    def ship(self) -> None:
        if paid:
            purchase = paid.popleft()
            path = f"{ORDERS}{purchase.order_id}/"
            shipped = self._step(f"{path}ship/", {"carrier": "DHL"}, name="ship") == 200
            if shipped and self._step(f"{path}deliver/", name="deliver") == 200:
                arrived.append(purchase)

    @task(1)
    def take_back(self) -> None:
        if arrived:
            return_id = arrived.popleft().ask_to_return()
            if return_id:
                self._step(f"/orders/api/v1/returns/{return_id}/receive/", name="receive return")

    @task(1)
    def refund(self) -> None:
        if arrived:
            order_id = arrived.popleft().order_id
            body = {"amount": "1", "reason": "A scratch"}
            self._step(f"{ORDERS}{order_id}/refund/", body, name="refund")

    @task(1)
    def edit_price(self) -> None:
        slug = self.dice.choice(shelf)["slug"]
        product = json_of(self.api.insist("GET", f"{PRODUCTS}{slug}/", name="product"))
        variants = [self._reprice(variant) for variant in product.get("variants", [])]
        if variants:
            body, whatever = {"variants": variants}, {"If-Match": "*"}
            self.api.insist("PATCH", f"{PRODUCTS}{slug}/", body, name="edit price", **whatever)

    def _reprice(self, variant: dict[str, Any]) -> dict[str, Any]:
        kept = ("sku", "options", "compare_at_price", "tax_class", "barcode", "weight_grams")
        amount = Decimal(variant["price"]["amount"]) + self.dice.choice([-1, 1])
        price = {**variant["price"], "amount": str(max(Decimal(1), amount))}
        return {**{name: variant[name] for name in kept}, "price": price}
