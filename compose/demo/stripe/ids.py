"""Identifiers of Stripe's shape, from the system's randomness."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.ascii_letters + string.digits


def token(length: int) -> str:
    """Unguessable letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_id(prefix: str) -> str:
    """`pi_…`, `ch_…`, `evt_…`."""
    return f"{prefix}_{token(24)}"


def client_secret(object_id: str) -> str:
    """What lets a browser act on one intent and on nothing else."""
    return f"{object_id}_secret_{token(25)}"
