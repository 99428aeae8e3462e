"""What the shoppers saw, one JSON object a line: the outside half of the evidence.

{"t": seconds since the epoch, "kind": "request", "name", "status", "ms", "error"}
{"t", "kind": "checkout", "key", "order_id", "token", "email", "shopper"}  one per 2xx answer
{"t", "kind": "paid" | "cancelled" | ..., "order_id"}
"""

import json
import os
import time
from typing import Any


class Journal:
    """Appends to the file that SOUK_JOURNAL names; without it nothing is kept."""

    def __init__(self, path: str | None = None) -> None:
        path = path if path is not None else os.environ.get("SOUK_JOURNAL", "")
        # Line buffered: what was written stays written when the process is ended.
        self._file = open(path, "a", buffering=1) if path else None  # noqa: SIM115

    def write(self, kind: str, **facts: Any) -> None:
        if self._file:
            line = {"t": round(time.time(), 3), "kind": kind, **facts}
            self._file.write(json.dumps(line) + "\n")
