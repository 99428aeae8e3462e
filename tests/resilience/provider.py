"""What people do at the provider, past the shop: refunds by hand, and decisions of banks."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from tests.resilience.evidence import Evidence
from tests.resilience.stage import Stage

PAUSE = 2.0
# Of so many payments, in the order in which they are seen, one goes back in part and one whole.
ROUND, PART, WHOLE = 12, 1, 6
# Of all disputes; the others stay open.
WON, LOST = 0.35, 0.35
# Orders that are asked about at the end, at most.
PARCELS = 40


class Desk:
    """Somebody with the provider's dashboard open. `done` counts what was done there."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage, self._dice = stage, random.Random(f"{seed} desk")
        self._seen: set[str] = set()
        self._paid = 0
        self.done: dict[str, int] = {"part": 0, "whole": 0, "won": 0, "lost": 0, "open": 0}

    @contextmanager
    def at_work(self) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._work, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _work(self, over: threading.Event) -> None:
        while not over.wait(PAUSE):
            # The provider may be away, or may refuse a refund that the shop was quicker to make.
            with suppress(httpx.HTTPError):
                self._refund_some()
            with suppress(httpx.HTTPError):
                self._decide_disputes()

    def _refund_some(self) -> None:
        ledger = self._stage.sandbox("GET", "ledger")["payment_intents"]
        for intent, row in ledger.items():
            if row["captured"] and intent not in self._seen:
                self._seen.add(intent)
                self._refund(intent, row["captured"])

    def _refund(self, intent: str, captured: int) -> None:
        number, self._paid = self._paid % ROUND, self._paid + 1
        if number == PART:
            # A hundred is a whole unit wherever there are decimals, and all is payable in yen.
            self._call("POST", "refunds", payment_intent=intent, amount=min(100, captured))
            self.done["part"] += 1
        elif number == WHOLE:
            self._call("POST", "refunds", payment_intent=intent)
            self.done["whole"] += 1

    def _decide_disputes(self) -> None:
        for dispute in self._call("GET", "disputes", limit=100)["data"]:
            if dispute["status"] == "needs_response" and dispute["id"] not in self._seen:
                self._seen.add(dispute["id"])
                self._decide(dispute["id"])

    def _decide(self, dispute: str) -> None:
        chance = self._dice.random()
        outcome = "won" if chance < WON else "lost" if chance < WON + LOST else "open"
        if outcome != "open":
            word = "winning_evidence" if outcome == "won" else "losing_evidence"
            told = {"evidence[uncategorized_text]": word, "submit": "true"}
            self._call("POST", f"disputes/{dispute}", **told)
        self.done[outcome] += 1

    def _call(self, method: str, path: str, **fields: Any) -> Any:
        port = self._stage.state.port("payments-sandbox")
        key = self._stage.state.secret("stripe-secret")
        sent = {"params": fields} if method == "GET" else {"data": fields}
        answer = httpx.request(
            method,
            f"http://127.0.0.1:{port}/v1/{path}",
            headers={"Authorization": f"Bearer {key}"},
            timeout=20,
            **sent,
        )
        return answer.raise_for_status().json()


def ask_to_ship(stage: Stage, found: Evidence) -> dict[str, int]:
    """The merchant tries to ship what must not leave: the status of each answer. Nothing where the
    merchant cannot sign in."""
    account = stage.info["accounts"]["merchant"]
    with httpx.Client(base_url=stage.url, timeout=30) as shop:
        answer = shop.post("/users/api/v1/token/", json=account)
        if answer.status_code != 200:
            return {}
        shop.headers["Authorization"] = f"Bearer {answer.json()['access']}"
        held = [order_id for order_id, order in found.orders.items() if order.must_stay]
        return {
            order_id: shop.post(f"/orders/api/v1/orders/{order_id}/ship/", json={}).status_code
            for order_id in held[:PARCELS]
        }
