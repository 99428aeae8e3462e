"""Faults on request, for tests and proofs; they are remembered like everything else."""

from __future__ import annotations

import json

from .errors import BadRequest, Json
from .store import Tx

DEFAULTS: Json = {
    "latency_ms": 0,
    "error_rate": 0.0,
    "next_errors": 0,
    "error_status": 500,
    "lose_answers": 0,
    "processing_ms": 0,
    "lose_webhooks": False,
    "duplicate_webhooks": False,
    "webhook_delay_ms": 0,
    "webhook_shuffle": False,
}
LIMITS = {"latency_ms": 60_000, "webhook_delay_ms": 3_600_000, "processing_ms": 3_600_000}


def read(tx: Tx) -> Json:
    """The faults in force."""
    stored = tx.meta("faults")
    return {**DEFAULTS, **(json.loads(stored) if stored else {})}


def change(tx: Tx, given: object) -> Json:
    """Set the named faults and keep the others; gives all."""
    if not isinstance(given, dict):
        raise BadRequest("Send a JSON object.")
    for name, value in given.items():
        _check(name, value)
    merged = {**read(tx), **given}
    tx.set_meta("faults", json.dumps(merged))
    tx.wakes = True
    return merged


def reset(tx: Tx) -> Json:
    """No faults."""
    tx.set_meta("faults", "{}")
    tx.wakes = True
    return dict(DEFAULTS)


def take(tx: Tx, name: str) -> bool:
    """Use up one of a counted fault."""
    left: int = read(tx)[name]
    if left > 0:
        change(tx, {name: left - 1})
    return left > 0


def _check(name: str, value: object) -> None:
    if name not in DEFAULTS:
        raise BadRequest(f"Unknown fault: {name}", param=name)
    wanted = type(DEFAULTS[name])
    if wanted is float and type(value) is int:
        wanted = int
    if type(value) is not wanted:
        raise BadRequest(f"{name} must be {wanted.__name__}", param=name)
    most = 1 if name == "error_rate" else LIMITS.get(name, 1_000_000)
    if not isinstance(value, bool | float | int) or not 0 <= value <= most:
        raise BadRequest(f"{name} must be between 0 and {most}", param=name)
    if name == "error_status" and not 400 <= int(value) <= 599:
        raise BadRequest("error_status must be between 400 and 599", param=name)
