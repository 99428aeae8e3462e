"""What happens some time after a request, by name, so that it survives a restart."""

from __future__ import annotations

from collections.abc import Callable

from . import payment, refunds
from .context import Context

ACTIONS: dict[str, Callable[[Context, str], None]] = {
    "complete_intent": payment.complete,
    "settle_refund": refunds.settle,
}
