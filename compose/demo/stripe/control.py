"""The hooks under /_sandbox/: for tests and proofs on this machine, never for a browser."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping

from . import balance, faults
from .errors import ApiError, BadRequest, Json, UnknownRoute
from .store import Store


class Control:
    """Faults, ledger and health."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def answer(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], peer: str
    ) -> tuple[int, Json]:
        """Status and JSON."""
        try:
            if path != "/_sandbox/health" and not is_local(headers, peer):
                raise UnknownRoute("Only this machine may ask.")
            return 200, self._call(method, path, body, headers)
        except ApiError as error:
            return error.status, error.body()

    def _call(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Json:
        call = f"{method} {path}"
        with self.store.transaction() as tx:
            if call == "GET /_sandbox/health":
                tx.db.execute("SELECT 1")
                return {"status": "ok"}
            if call == "GET /_sandbox/ledger":
                return balance.ledger(tx)
            if call == "GET /_sandbox/deliveries":
                rows = tx.db.execute("SELECT state, count(*) FROM deliveries GROUP BY state")
                return dict(rows.fetchall())
            if call == "GET /_sandbox/faults":
                return faults.read(tx)
            if call == "POST /_sandbox/faults":
                return faults.change(tx, _json(body, headers))
            if call == "DELETE /_sandbox/faults":
                return faults.reset(tx)
        raise UnknownRoute(f"There is no {call[:100]}")


def _json(body: bytes, headers: Mapping[str, str]) -> object:
    """A JSON body; the content type keeps forms of foreign pages out."""
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise BadRequest("Send application/json.")
    try:
        parsed: object = json.loads(body)
    except ValueError as error:
        raise BadRequest("The body is not JSON.") from error
    return parsed


def is_local(headers: Mapping[str, str], peer: str) -> bool:
    """Whether a program on this machine asks by itself: no proxy in between, no browser."""
    strange = ("x-forwarded-for", "forwarded", "x-real-ip", "via", "origin", "sec-fetch-site")
    if any(name in headers for name in strange):
        return False
    return ipaddress.ip_address(peer.partition("%")[0]).is_loopback
