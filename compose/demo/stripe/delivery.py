"""The scheduler: delivers signed webhooks until they are confirmed, and runs later actions."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import logging
import random
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from . import events, faults
from .context import Config, Context
from .errors import Json
from .later import ACTIONS
from .store import Store, Tx

log = logging.getLogger("compose.demo.stripe")
TIMEOUT = 10.0
LONGEST_PAUSE = 60.0
SENDERS = 4


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one endpoint."""

    id: int
    event: Json
    url: str
    secret: str
    attempts: int


def signature(secret: str, body: bytes, moment: int) -> str:
    """The `Stripe-Signature` header."""
    signed = f"{moment}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def pause(attempts: int) -> float:
    """Seconds until the next try: 1, 2, 4, … 60 (Stripe's three days, compressed)."""
    return min(2.0 ** min(attempts - 1, 10), LONGEST_PAUSE)


def send(url: str, secret: str, event: Json) -> str:
    """POST the event once; gives the status, or the error's name. Redirects are not followed."""
    body = json.dumps(event, indent=2).encode()
    target = urlsplit(url)
    port = target.port or (443 if target.scheme == "https" else 80)
    connection = _connection(target.scheme, target.hostname or "", port)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(secret, body, int(time.time())),
    }
    try:
        connection.request("POST", path, body, headers)
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=context)
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT)


class Scheduler:
    """One thread that finds due work, and a few that send."""

    def __init__(self, store: Store, config: Config) -> None:
        self.store = store
        self.config = config
        self.stopping = False
        self.sending: set[int] = set()
        self.senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="webhook")
        self.thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        """Begin; what was pending when the process ended is picked up."""
        self.thread.start()

    def stop(self) -> None:
        """Finish what is being sent and stop."""
        self.stopping = True
        self.store.wake()
        self.thread.join()
        self.senders.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        while True:
            # Read before the flag: a wake-up for the end must not be taken as already seen.
            seen = self.store.wakeups
            if self.stopping:
                return
            try:
                self._work()
            except Exception:
                log.exception("the scheduler failed and goes on")
                self.store.wake()
                time.sleep(1)
            self._sleep(seen)

    def _work(self) -> None:
        for number, action, target in self._due_later():
            self._act(number, action, target)
        for delivery in self._due():
            self.senders.submit(self._deliver, delivery)

    def _sleep(self, seen: int) -> None:
        seconds = max(0.0, min(self._next_due() - time.time(), LONGEST_PAUSE))
        with self.store.changed:
            self.store.changed.wait_for(lambda: self.store.wakeups != seen, timeout=seconds)

    def _next_due(self) -> float:
        with self.store.transaction() as tx:
            rows = tx.db.execute(
                "SELECT id, due FROM deliveries WHERE state = 'pending' ORDER BY due LIMIT 100"
            ).fetchall()
            later = tx.db.execute("SELECT min(due) FROM later").fetchone()[0]
        moments = [due for number, due in rows if number not in self.sending]
        return min([*moments, *([later] if later else [])], default=time.time() + LONGEST_PAUSE)

    def _due_later(self) -> list[tuple[int, str, str]]:
        with self.store.transaction() as tx:
            return tx.db.execute(
                "SELECT id, action, target FROM later WHERE due <= ? ORDER BY due, id",
                (time.time(),),
            ).fetchall()

    def _act(self, number: int, action: str, target: str) -> None:
        """Run one later action; one that fails is tried again and does not hold up the others."""
        with self.store.transaction() as tx:
            try:
                with self.store.savepoint(tx):
                    ACTIONS[action](self._context(tx), target)
                tx.db.execute("DELETE FROM later WHERE id = ?", (number,))
            except Exception:
                log.exception("%s of %s failed", action, target)
                due = time.time() + LONGEST_PAUSE
                tx.db.execute("UPDATE later SET due = ? WHERE id = ?", (due, number))

    def _context(self, tx: Tx) -> Context:
        return Context(tx, self.config, faults.read(tx), time.time())

    def _due(self) -> list[Delivery]:
        with self.store.transaction() as tx:
            rows = tx.db.execute(
                "SELECT id, event, endpoint, attempts FROM deliveries"
                " WHERE state = 'pending' AND due <= ? ORDER BY due, id LIMIT 100",
                (time.time(),),
            ).fetchall()
            if faults.read(tx)["webhook_shuffle"]:
                random.shuffle(rows)
            ready = [row for row in rows if row[0] not in self.sending]
            found = [self._prepare(tx, *row) for row in ready]
        deliveries = [delivery for delivery in found if delivery is not None]
        self.sending.update(delivery.id for delivery in deliveries)
        return deliveries

    def _prepare(
        self, tx: Tx, number: int, event_id: str, endpoint_id: str, attempts: int
    ) -> Delivery | None:
        endpoint = tx.find(endpoint_id, "webhook_endpoint")
        event = tx.find(event_id, "event")
        if event is None or endpoint is None or endpoint["status"] != "enabled":
            _close(tx, number, "dropped", "")
            return None
        if faults.read(tx)["lose_webhooks"]:
            _close(tx, number, "lost", "")
            return None
        body = events.shown(self._context(tx), event)
        return Delivery(number, body, endpoint["url"], endpoint["_secret"], attempts)

    def _deliver(self, delivery: Delivery) -> None:
        try:
            answer = send(delivery.url, delivery.secret, delivery.event)
            if self._note(delivery, answer):
                send(delivery.url, delivery.secret, delivery.event)
        finally:
            self.sending.discard(delivery.id)
            self.store.wake()

    def _note(self, delivery: Delivery, answer: str) -> bool:
        """Record the endpoint's answer; gives whether a duplicate is wanted."""
        confirmed = answer.startswith("2")
        with self.store.transaction() as tx:
            if confirmed:
                _close(tx, delivery.id, "delivered", answer)
            else:
                _postpone(tx, delivery, answer)
            return confirmed and bool(faults.read(tx)["duplicate_webhooks"])


def _close(tx: Tx, number: int, state: str, answer: str) -> None:
    tx.db.execute(
        "UPDATE deliveries SET state = ?, attempts = attempts + 1, last_answer = ? WHERE id = ?",
        (state, answer, number),
    )


def _postpone(tx: Tx, delivery: Delivery, answer: str) -> None:
    attempts = delivery.attempts + 1
    tx.db.execute(
        "UPDATE deliveries SET attempts = ?, due = ?, last_answer = ? WHERE id = ?",
        (attempts, time.time() + pause(attempts), answer, delivery.id),
    )
