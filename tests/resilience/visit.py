"""One visit to every corner of the shop: each request of the degradation table, and a few more."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import httpx

from tests.hostile.browsers import Browser
from tests.journeys.shop import ADDRESS, Buyer, Shop
from tests.resilience.availability import NEEDS

GUESTS_AT_ONCE = 4
SHOWN = re.compile(r'name="(key|expected_total)" value="([^"]+)"')
ORDER, PAYMENT = "/orders/api/v1/orders", "/payments/api/v1/payments"
REFUND = {"amount": "1", "reason": "goodwill"}
DECLINED = {"payment_method": "pm_card_visa_chargeDeclined"}


@dataclass(frozen=True)
class Ask:
    """A request of one of the visit's people. The path and the body name what the visit knows;
    `well` are the statuses of an answer that only a working service gives."""

    who: str
    path: str
    method: str = "GET"
    body: Mapping[str, Any] | None = None
    well: frozenset[int] = frozenset({200})


def _post(who: str, path: str, body: Mapping[str, Any], *well: int) -> Ask:
    return Ask(who, path, "POST", body, frozenset(well))


ASKS: dict[str, Ask] = {
    "page front": Ask("stranger", "/"),
    "page listing": Ask("stranger", "/catalog/"),
    "page product": Ask("stranger", "/catalog/products/{slug}/?unseen={once}"),
    "page product, seen before": Ask("stranger", "/catalog/products/{slug}/"),
    "page search": Ask("stranger", "/catalog/search/?q={once}"),
    "/catalog/api/v1/products/": Ask("stranger", "/catalog/api/v1/products/?search={once}"),
    "product": Ask("stranger", "/catalog/api/v1/products/{slug}/?unseen={once}"),
    "edit price": Ask("mia", "/catalog/api/v1/products/{slug}/", "PATCH", {"title": "{title}"}),
    "order": Ask("guest", f"{ORDER}/{{unpaid}}/"),
    "page order": Ask("stranger", "/orders/{unpaid}/?token={token}"),
    "page orders": Ask("alice_browser", "/orders/"),
    "page payment": Ask("stranger", "/payments/{unpaid}/?token={token}"),
    "payment": Ask("guest", f"{PAYMENT}/{{unpaid}}/"),
    "payments confirm": _post("guest", f"{PAYMENT}/{{unpaid}}/confirm/", DECLINED, 402),
    # What a working orders service refuses, because the order was cancelled.
    "order cancel": _post("late", f"{ORDER}/{{cancelled}}/cancel/", {}, 200, 409),
    "order returns": _post("late", f"{ORDER}/{{cancelled}}/returns/", {"lines": []}, 400, 409),
    "ship": _post("mia", f"{ORDER}/{{cancelled}}/ship/", {"carrier": "DHL"}, 409),
    "deliver": _post("mia", f"{ORDER}/{{cancelled}}/deliver/", {}, 409),
    "refund": _post("mia", f"{ORDER}/{{cancelled}}/refund/", REFUND, 409),
    "receive return": _post("mia", "/orders/api/v1/returns/{once}/receive/", {}, 404),
    "stock": Ask("stranger", "/inventory/api/v1/stock/{sku}/"),
    "count stock": _post(
        "mia", "/inventory/api/v1/stock/{sku}/adjust/", {"delta": 1, "reason": "count"}, 200
    ),
    "register": _post(
        "stranger",
        "/users/api/v1/register/",
        {"email": "shopper-{once}@souk.example", "password": "sesame-open-1"},
        201,
    ),
    "token": _post(
        "stranger", "/users/api/v1/token/", {"email": "{email}", "password": "{password}"}, 200
    ),
    "page sign in": Ask("stranger", "/users/login/"),
    "page profile": Ask("alice_browser", "/users/profile/"),
    "review": _post(
        "alice",
        "/reviews/api/v1/reviews/",
        {"product_id": "{id}", "rating": 5, "title": "As told", "body": "It does what it should."},
        *(201, 409),
    ),
    "reviews": Ask("stranger", "/reviews/api/v1/reviews/?product={id}"),
    "recommendations": Ask("stranger", "/recommend/api/v1/trending/"),
    "page inbox": Ask("alice_browser", "/notify/inbox/"),
    "page admin of orders": Ask("mia_browser", "/orders/admin/"),
    "page admin of catalog": Ask("mia_browser", "/catalog/admin/"),
    "page mailbox": Ask("stranger", "/ops/mailbox/"),
}
# What the proof's shoppers do not ask for: a service, its web alone, or a server.
MORE_NEEDS: dict[str, set[str]] = {
    "page product, seen before": set(),
    "page orders": {"orders"},
    "payment": {"payments"},
    "stock": {"inventory"},
    "count stock": {"inventory"},
    "page sign in": {"users"},
    "page profile": {"users"},
    "reviews": {"reviews"},
    "recommendations": {"recommend"},
    "page inbox": {"notify"},
    # A guest's right to it is in the token; without the database the stream ends and comes again.
    "live order": {"notify web"},
    "page admin of orders": {"orders"},
    "page admin of catalog": {"catalog"},
    "page mailbox": {"mailbox"},
}


class Visit:
    """Alice, Mia and two guests in a shop that works: one guest's order waits for its payment, the
    other one's is cancelled. `thing` is what is bought."""

    def __init__(self, shop: Shop, thing: dict[str, Any]) -> None:
        self.shop, self.thing = shop, thing
        self.alice, self.mia = shop.newcomer(), shop.merchant()
        self.alice_browser, self.mia_browser = Browser(shop.url), Browser(shop.url)
        self.alice_browser.sign_in(self.alice.email)
        self.mia_browser.sign_in(**shop.info["accounts"]["merchant"])
        self.guest, self.late = shop.guest(), shop.guest()
        self.unpaid = self.guest.place_order(**{thing["sku"]: 1})
        self.cancelled = self.late.place_order(**{thing["sku"]: 1})
        self.late.ask("POST", f"{ORDER}/{self.cancelled}/cancel/")
        self.late.await_status(self.cancelled, "cancelled")

    def everywhere(self, *names: str) -> dict[str, httpx.Response]:
        """The answers to the named requests, or to all, by their names. People act side by side,
        each of them does one thing after the other."""
        doing: dict[str, dict[str, Callable[[], httpx.Response]]] = defaultdict(dict)
        for name, ask in ASKS.items():
            who = name if ask.who == "stranger" else ask.who
            doing[who][name] = partial(self._send, ask)
        for name, step in self._steps().items():
            doing[name][name] = step
        with ThreadPoolExecutor(GUESTS_AT_ONCE) as pool:
            told = pool.map(lambda calls: _do(calls, names), doing.values())
            return {name: answer for answers in told for name, answer in answers.items()}

    def _send(self, ask: Ask) -> httpx.Response:
        known = {
            **self.thing,
            **self.shop.info["accounts"]["merchant"],
            "once": str(uuid4()),
            "unpaid": self.unpaid,
            "cancelled": self.cancelled,
            "token": self.guest.order_token,
        }
        body = {
            name: value.format(**known) if isinstance(value, str) else value
            for name, value in (ask.body or {}).items()
        }
        who = self.shop.guest() if ask.who == "stranger" else getattr(self, ask.who)
        path = ask.path.format(**known)
        if isinstance(who, Browser):
            return who.get(path, Accept="text/html")
        sent: httpx.Response = who.ask(ask.method, path, None if ask.body is None else body)
        return sent

    def _steps(self) -> dict[str, Callable[[], httpx.Response]]:
        """Requests that come after others."""
        return {
            "/cart/api/v1/cart/items/": lambda: self.shop.guest().add(self.thing["sku"]),
            "/cart/api/v1/cart/checkout/": lambda: self._check_out(self.shop.guest()),
            "page add to cart": lambda: self._fill_cart(Browser(self.shop.url)),
            "page cart": lambda: self._after_filling("/cart/"),
            "page checkout": lambda: self._after_filling("/cart/checkout/"),
            "page place order": self._place_order,
            "live order": self._follow,
        }

    def _check_out(self, guest: Buyer) -> httpx.Response:
        added = guest.add(self.thing["sku"])
        return guest.check_out() if added.status_code == 200 else added

    def _fill_cart(self, browser: Browser) -> httpx.Response:
        browser.get("/")  # where a browser gets its CSRF token
        return browser.post("/cart/items/", {"sku": self.thing["sku"], "quantity": "1"})

    def _after_filling(self, path: str, browser: Browser | None = None) -> httpx.Response:
        """The page, or why nothing could be put into the cart."""
        browser = browser or Browser(self.shop.url)
        filled = self._fill_cart(browser)
        return browser.get(path) if filled.status_code == 303 else filled

    def _place_order(self) -> httpx.Response:
        browser = Browser(self.shop.url)
        page = self._after_filling("/cart/checkout/", browser)
        if page.status_code != 200:
            return page
        form = {**ADDRESS, "email": self.guest.email, "shipping_method": "standard"}
        shown = dict(SHOWN.findall(page.text))
        return browser.post("/cart/checkout/", {**form, **shown})

    def _follow(self) -> httpx.Response:
        """The stream of the unpaid order's events, closed as soon as it begins."""
        with (
            httpx.Client(base_url=self.shop.url, timeout=30) as http,
            http.stream(
                "GET",
                f"/notify/api/v1/stream/?order={self.unpaid}&token={self.guest.order_token}",
            ) as answer,
        ):
            if answer.status_code != 200:
                answer.read()
            return answer


def _do(
    calls: Mapping[str, Callable[[], httpx.Response]], names: Collection[str]
) -> dict[str, httpx.Response]:
    return {name: call() for name, call in calls.items() if not names or name in names}


def needs_of(name: str) -> set[str]:
    return NEEDS[name] if name in NEEDS else MORE_NEEDS[name]


def is_well(name: str, answer: httpx.Response) -> bool:
    """Whether the answer is what a shop gives in which nothing is amiss."""
    if name in ASKS:
        return answer.status_code in ASKS[name].well
    return answer.status_code in {200, 202, 303}
