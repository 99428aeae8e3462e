"""What one shopper does from an empty cart to a paid order, with the whims of real people."""

import random
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import gevent

from tests.load.client import Api, json_of
from tests.load.journal import Journal

ADDRESS = {
    "name": "Alice Example",
    "line1": "Long Street 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}
CART, CHECKOUT = "/cart/api/v1/cart/", "/cart/api/v1/cart/checkout/"
# Their bank takes the money back at once.
DISPUTED_CARD = "pm_card_createDispute"
GOOD_CARD, DECLINED_CARD = "pm_card_visa", "pm_card_visa_chargeDeclined"
POLL_SECONDS = 0.4


@dataclass(frozen=True)
class Whims:
    """How often shoppers do what, as probabilities."""

    double_click: float = 0.2
    repeat: float = 0.2
    decline: float = 0.15
    abandon: float = 0.08
    cancel_unpaid: float = 0.06
    cancel_paid: float = 0.06
    several: float = 0.35
    dispute: float = 0.05


class Purchase:
    """One order of one shopper. `token` is a guest's right to it."""

    def __init__(self, api: Api, journal: Journal, dice: random.Random, email: str) -> None:
        self._api, self._journal, self._dice, self._email = api, journal, dice, email
        self._patience = api.patience
        self.order_id = ""
        self.token = ""

    def fill_cart(self, skus: list[str], whims: Whims) -> bool:
        """Puts something into the cart; False when all of it is sold out."""
        count = 2 if len(skus) > 1 and self._dice.random() < whims.several else 1
        filled = False
        for sku in self._dice.sample(skus, count):
            body = {"sku": sku, "quantity": self._dice.choice([1, 1, 2])}
            key = {"Idempotency-Key": uuid4().hex}
            answer = self._api.insist("POST", f"{CART}items/", body, name=f"{CART}items/", **key)
            if token := answer.headers.get("X-Cart-Token"):
                self._api.headers["X-Cart-Token"] = token
            filled = filled or answer.status_code == 200
        return filled

    def check_out(self, whims: Whims) -> bool:
        """Orders what is in the cart, sometimes with two clicks or a repetition of the request;
        False when the shop refused (sold out meanwhile)."""
        key = uuid4().hex
        clicks = 2 if self._dice.random() < whims.double_click else 1
        answers = [gevent.spawn(self._send_checkout, key) for _ in range(clicks)]
        gevent.joinall(answers, raise_error=True)
        if self._dice.random() < whims.repeat:
            answers.append(gevent.spawn(self._send_checkout, key))
            gevent.joinall(answers, raise_error=True)
        return bool(self.order_id)

    def _send_checkout(self, key: str) -> None:
        body = {"email": self._email, "shipping_address": ADDRESS, "shipping_method": "standard"}
        answer = self._api.insist("POST", CHECKOUT, body, name=CHECKOUT, **{"Idempotency-Key": key})
        if answer.status_code == 202:
            told = json_of(answer)
            self.order_id, self.token = told["order_id"], told.get("access_token", "")
            self._journal.write(
                "checkout",
                key=key,
                order_id=self.order_id,
                token=self.token,
                email=self._email,
            )

    def status(self) -> str:
        path = f"/orders/api/v1/orders/{self.order_id}/"
        return str(json_of(self._order_call("GET", path, name="order")).get("status", ""))

    def await_status(self, *statuses: str) -> str:
        """The status once it is one of these; what it was last when patience ends."""
        deadline = time.monotonic() + self._patience
        while (status := self.status()) not in statuses and time.monotonic() < deadline:
            gevent.sleep(POLL_SECONDS)
        return status

    def pay(self, method: str) -> int:
        """The answer's status: 200 paid, 402 declined, 409 too late."""
        path = f"/payments/api/v1/payments/{self.order_id}/confirm/"
        deadline = time.monotonic() + self._patience
        while True:
            body = {"payment_method": method}
            answer = self._order_call("POST", path, body, name="payments confirm")
            early = answer.status_code == 404 or json_of(answer).get("code") == "payment_not_ready"
            if not early or time.monotonic() > deadline:
                return int(answer.status_code)
            gevent.sleep(POLL_SECONDS)

    def cancel(self) -> None:
        path = f"/orders/api/v1/orders/{self.order_id}/cancel/"
        answer = self._order_call("POST", path, name="order cancel")
        if answer.status_code == 200:
            self._journal.write("cancelled", order_id=self.order_id)

    def ask_to_return(self) -> str:
        """Sends one line of a delivered order back; the id of the return, or ""."""
        path = f"/orders/api/v1/orders/{self.order_id}/"
        lines = json_of(self._order_call("GET", path, name="order")).get("lines", [])
        if not lines:
            return ""
        body = {"lines": [{"sku": lines[0]["sku"], "quantity": 1}], "reason": "Too small"}
        answer = self._order_call("POST", f"{path}returns/", body, name="order returns")
        return str(json_of(answer).get("id", ""))

    def _order_call(self, method: str, path: str, body: Any = None, *, name: str) -> Any:
        token = {"X-Order-Token": self.token} if self.token else {}
        return self._api.insist(method, path, body, name=name, **token)

    def run(self, skus: list[str], whims: Whims) -> str:
        """The whole purchase; the order's last seen status, or "" when nothing was ordered."""
        if not self.fill_cart(skus, whims) or not self.check_out(whims):
            return ""
        if self._dice.random() < whims.abandon:
            return "abandoned"
        status = self.await_status("awaiting_payment", "cancelled")
        if status != "awaiting_payment":
            return status
        if self._dice.random() < whims.cancel_unpaid:
            self.cancel()
            return "cancelled"
        return self.settle(whims)

    def settle(self, whims: Whims) -> str:
        """Pays, after a decline or before a change of mind; the order's last status."""
        if self._dice.random() < whims.decline:
            self.pay(DECLINED_CARD)
        disputes = self._dice.random() < whims.dispute
        if self.pay(DISPUTED_CARD if disputes else GOOD_CARD) != 200:
            return self.status()
        status = self.await_status("paid", "shipped", "delivered", "cancelled", "refunded")
        self._journal.write("paid", order_id=self.order_id, status=status)
        # Who has gone to the bank does not ask the shop as well.
        if not disputes and self._dice.random() < whims.cancel_paid:
            self.cancel()
        return status
