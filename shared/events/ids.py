"""Time-ordered identifiers (UUID version 7, RFC 9562)."""

import os
import time
from uuid import UUID

NANOSECONDS = 1_000_000


def uuid7() -> UUID:
    """48 bits of milliseconds, 12 bits of what is over (method 3 of RFC 9562, section 6.2), then 62
    random bits: new rows land at the end of an index, also several in one millisecond."""
    milliseconds, over = divmod(time.time_ns(), NANOSECONDS)
    fraction = (over << 12) // NANOSECONDS
    random_bits = int.from_bytes(os.urandom(8), "big") >> 2
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62
    return UUID(int=value | random_bits)
