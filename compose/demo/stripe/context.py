"""What one request knows, and the settings of the process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import Json
from .store import Tx

API_VERSION = "2026-08-26.dahlia"


@dataclass(frozen=True)
class Config:
    """How the process was started. Without keys any well-formed test key is accepted."""

    host: str
    port: int
    state: Path
    public_base: str
    secret_key: str | None = None
    publishable_key: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None


@dataclass(frozen=True)
class Context:
    """One request (or one scheduled action, then without `request_id`) inside its transaction.

    `moment` is in seconds since the epoch. `by_browser`: a publishable key asked.
    """

    tx: Tx
    config: Config
    faults: Json
    moment: float
    request_id: str | None = None
    idempotency_key: str | None = None
    by_browser: bool = False

    @property
    def now(self) -> int:
        """Whole seconds, as the API shows time."""
        return int(self.moment)


def public(item: Json) -> Json:
    """The object as the API shows it, without its private members."""
    return {name: value for name, value in item.items() if not name.startswith("_")}
