"""People of the bench's shop, by the same doors as anybody: tokens, cookies, carts."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

import httpx

from tests.load.bench.readings import Bench

PRODUCTS, ITEMS = "/catalog/api/v1/products/", "/cart/api/v1/cart/items/"
PLENTY = 100_000


@dataclass(frozen=True)
class Thing:
    slug: str
    sku: str


class Shop:
    """The bench's shop over HTTP."""

    def __init__(self, bench: Bench, accounts: dict[str, Any]) -> None:
        self.http = httpx.Client(base_url=bench.url, timeout=30)
        self._accounts = accounts

    @cached_property
    def thing(self) -> Thing:
        """What everybody looks at and buys: the first product, with enough units for all."""
        slug = self.json("GET", f"{PRODUCTS}?ordering=title")["results"][0]["slug"]
        sku = self.json("GET", f"{PRODUCTS}{slug}/")["variants"][0]["sku"]
        merchant = {"Authorization": f"Bearer {self.token(self._accounts['merchant'])}"}
        stock = f"/inventory/api/v1/stock/{sku}/"
        if self.json("GET", stock)["available"] < PLENTY:
            change = {"delta": PLENTY, "reason": "stocked for a measurement"}
            self.json("POST", f"{stock}adjust/", change, merchant)
        return Thing(slug, sku)

    def json(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Any:
        answer = self.http.request(method, path, json=body, headers=headers)
        # Clients of the API hold tokens; a cookie would ask for CSRF.
        self.http.cookies.clear()
        return answer.raise_for_status().json()

    def token(self, who: dict[str, str]) -> str:
        return str(self.json("POST", "/users/api/v1/token/", who)["access"])

    def guest_cart(self, sku: str) -> str:
        """The token of a new guest's cart with one line."""
        body = {"sku": sku, "quantity": 1}
        answer = self.http.post(ITEMS, json=body).raise_for_status()
        self.http.cookies.clear()
        return str(answer.headers["X-Cart-Token"])

    def cookies(self) -> str:
        """Those of a new account that has signed in and put something into its cart."""
        who = {"email": f"bench-{uuid4().hex[:12]}@souk.example", "password": uuid4().hex}
        self.json("POST", "/users/api/v1/register/", who)
        with httpx.Client(base_url=self.http.base_url, timeout=30) as browser:
            browser.get("/users/login/")
            self._send(browser, "/users/login/", login=who["email"], password=who["password"])
            self._send(browser, "/cart/items/", sku=self.thing.sku, quantity="1")
            wanted = ("souk_session", "cart", "csrftoken")
            return "; ".join(f"{name}={browser.cookies[name]}" for name in wanted)

    @staticmethod
    def _send(browser: httpx.Client, path: str, **form: str) -> None:
        form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
        headers = {"Referer": str(browser.base_url)}
        answer = browser.post(path, data=form, headers=headers)
        if answer.status_code not in (302, 303):
            raise RuntimeError(f"{path} answered {answer.status_code}")
