"""A client's view of the running shop: who buys, and how one waits for what happens by itself."""

import time
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

import httpx

T = TypeVar("T")
PATIENCE = 40.0
ADDRESS = {
    "name": "Alice Example",
    "line1": "Long Street 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}


def eventually(look: Callable[[], T], *, within: float = PATIENCE) -> T:
    """The first truthy answer of `look`; what it last said when it never is."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"still {found!r} after {within:.0f} s"
        time.sleep(0.1)


class Buyer:
    """Somebody who uses the API: with an account (`token`), or a guest."""

    def __init__(self, url: str, email: str, token: str = "") -> None:
        self.email = email
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=url, timeout=30)
        self.order_token = ""
        self.key = uuid4().hex

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        extra = {"X-Order-Token": self.order_token} if self.order_token else {}
        return self._http.request(
            method, path, json=body, headers={**self._headers, **extra, **headers}
        )

    def add(self, sku: str, quantity: int = 1) -> httpx.Response:
        answer = self.ask("POST", "/cart/api/v1/cart/items/", {"sku": sku, "quantity": quantity})
        if token := answer.headers.get("X-Cart-Token"):
            # A client of the API holds the cart by its token; a cookie would ask for CSRF.
            self._http.cookies.clear()
            self._headers["X-Cart-Token"] = token
        return answer

    def cart(self) -> dict[str, Any]:
        body: dict[str, Any] = self.ask("GET", "/cart/api/v1/cart/").json()
        self._http.cookies.clear()
        return body

    def check_out(self) -> httpx.Response:
        body = {"email": self.email, "shipping_address": ADDRESS, "shipping_method": "standard"}
        answer = self.ask(
            "POST", "/cart/api/v1/cart/checkout/", body, **{"Idempotency-Key": self.key}
        )
        if answer.status_code == 202:
            self.order_token = answer.json().get("access_token", "")
        return answer

    def order(self, order_id: str) -> dict[str, Any]:
        """The order, or {} while it has not arrived."""
        answer = self.ask("GET", f"/orders/api/v1/orders/{order_id}/")
        return answer.json() if answer.status_code == 200 else {}

    def await_status(self, order_id: str, *statuses: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            order = self.order(order_id)
            return order if order.get("status") in statuses else None

        return eventually(look)

    def place_order(self, **quantities: int) -> str:
        """From an empty cart to an order that may be paid; its id."""
        for sku, quantity in quantities.items():
            assert self.add(sku, quantity).status_code == 200
        answer = self.check_out()
        assert answer.status_code == 202, answer.text
        order_id: str = answer.json()["order_id"]
        self.await_status(order_id, "awaiting_payment")
        return order_id

    def pay(self, order_id: str, method: str = "pm_card_visa") -> httpx.Response:
        path = f"/payments/api/v1/payments/{order_id}/"

        def is_known() -> bool:
            return self.ask("GET", path).status_code == 200

        def confirm() -> httpx.Response | None:
            answer = self.ask("POST", f"{path}confirm/", {"payment_method": method})
            # payments has not heard of the order's reservation yet: the client is to ask again.
            waits = answer.status_code == 409 and answer.json()["code"] == "payment_not_ready"
            return None if waits else answer

        eventually(is_known)
        return eventually(confirm)


class Shop:
    """The shop at its address, with its demo people."""

    def __init__(self, info: dict[str, Any]) -> None:
        self.info = info
        self.url: str = info["shop"]
        self._http = httpx.Client(base_url=self.url, timeout=30)

    def guest(self) -> Buyer:
        return Buyer(self.url, f"guest-{uuid4().hex[:10]}@souk.example")

    def sign_in(self, email: str, password: str) -> Buyer:
        def ask() -> httpx.Response | None:
            answer = self._http.post(
                "/users/api/v1/token/", json={"email": email, "password": password}
            )
            return answer if answer.status_code < 500 else None

        answer = eventually(ask)
        assert answer.status_code == 200, answer.text
        return Buyer(self.url, email, answer.json()["access"])

    def newcomer(self) -> Buyer:
        """Somebody who has just made an account."""
        email, password = f"shopper-{uuid4().hex[:10]}@souk.example", "sesame-open-1"
        answer = self._http.post(
            "/users/api/v1/register/", json={"email": email, "password": password}
        )
        assert answer.status_code == 201, answer.text
        return self.sign_in(email, password)

    def merchant(self) -> Buyer:
        return self.sign_in(**self.info["accounts"]["merchant"])

    def products(self) -> list[dict[str, Any]]:
        """Details of all products, each with its variants."""
        slugs, page = [], {"next": "/catalog/api/v1/products/"}
        while page["next"]:
            page = self._http.get(page["next"]).json()
            slugs += [row["slug"] for row in page["results"]]
        return [self.product(slug) for slug in slugs]

    def product(self, slug: str) -> dict[str, Any]:
        body: dict[str, Any] = self._http.get(f"/catalog/api/v1/products/{slug}/").json()
        return body

    def stock(self, sku: str) -> dict[str, Any]:
        body: dict[str, Any] = self._http.get(f"/inventory/api/v1/stock/{sku}/").json()
        return body

    def set_stock(self, sku: str, units: int) -> None:
        """Mia counts the shelf: so many can be bought now. Cart hears of it a moment later."""
        delta = units - self.stock(sku)["available"]
        if delta:
            answer = self.merchant().ask(
                "POST",
                f"/inventory/api/v1/stock/{sku}/adjust/",
                {"delta": delta, "reason": "count"},
            )
            assert answer.status_code == 200, answer.text

    def mails_to(self, email: str) -> list[dict[str, Any]]:
        answer = self._http.get("/ops/mailbox/api/messages", params={"to": email})
        rows: list[dict[str, Any]] = answer.json()["messages"]
        return rows

    def page(self, path: str) -> httpx.Response:
        return self._http.get(path)
