"""Capability tokens: who holds the token of a resource may act on that one resource.

They need no row and no call: every service that has SOUK_CAPABILITY_KEY can mint and check them.
Guests read and pay what they ordered with one, from the mail or the answer of a checkout.

    order.3fb1c09a.20270228.dDf0…        what for, the key, the last day (UTC), the signature

A new key takes over when it becomes SOUK_CAPABILITY_KEY and the one before goes to the list
SOUK_CAPABILITY_PREVIOUS_KEYS, where it stays until its last tokens are over (LIFETIME). A key that
got into wrong hands is not put there: its tokens end at once, and each new mail brings others.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from shared.auth.principal import Principal

LIFETIME = timedelta(days=90)
# Tokens of before had neither key id nor end. They open what they opened until this day.
UNDATED_UNTIL = date(2027, 3, 31)
# How long after its checkout an order may still be on its way to a service.
ARRIVAL = timedelta(minutes=30)


def mint_capability(kind: str, resource_id: object, *, now: datetime | None = None) -> str:
    """URL-safe; on one day the same one for the same resource."""
    last_day = _day(now) + LIFETIME
    head = f"{kind}.{_key_id(settings.CAPABILITY_KEY)}.{last_day:%Y%m%d}"
    return f"{head}.{_sign(settings.CAPABILITY_KEY, f'{head}:{resource_id}')}"


def holds_capability(
    kind: str, resource_id: object, token: str | None, *, now: datetime | None = None
) -> bool:
    """True when the token is the resource's, for this kind of use, and not over. Compares in
    constant time."""
    if not token:
        return False
    head, _, signature = token.rpartition(".")
    if not head:
        return _holds_undated(kind, resource_id, token, _day(now))
    return _is_good(head, signature, resource_id) and _is_current(head, kind, _day(now))


def read_order_token(request: HttpRequest) -> str:
    """The capability of an order that a request brings: in a header, or in a link."""
    return request.headers.get("X-Order-Token") or request.GET.get("token", "")


def may_await_order(
    order_id: UUID, principal: Principal | None, token: str | None, now: datetime
) -> bool:
    """Of an order that has not reached this service: whether it was just checked out, which its id
    tells, and whether the caller may turn out to own it."""
    if order_id.version != 7:
        return False
    checked_out_at = datetime.fromtimestamp((order_id.int >> 80) / 1000, UTC)
    known = principal is not None or holds_capability("order", order_id, token)
    return known and timedelta(minutes=-1) < now - checked_out_at < ARRIVAL


def _is_good(head: str, signature: str, resource_id: object) -> bool:
    signed = (_sign(key, f"{head}:{resource_id}") for key in _keys())
    return any([hmac.compare_digest(one.encode(), signature.encode()) for one in signed])


def _is_current(head: str, kind: str, today: date) -> bool:
    """Of a head whose signature is good, so it has the shape that `mint_capability` gave it."""
    purpose, _, last_day = head.split(".")
    return purpose == kind and f"{today:%Y%m%d}" <= last_day


def _holds_undated(kind: str, resource_id: object, token: str, today: date) -> bool:
    signed = [_sign(key, f"{len(kind)}:{kind}{resource_id}") for key in _keys()]
    found = [hmac.compare_digest(one.encode(), token.encode()) for one in signed]
    return any(found) and today <= UNDATED_UNTIL


def _keys() -> Iterator[str]:
    yield settings.CAPABILITY_KEY
    yield from settings.CAPABILITY_PREVIOUS_KEYS


def _sign(key: str, message: str) -> str:
    digest = hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _key_id(key: str) -> str:
    return hashlib.sha256(f"capability key:{key}".encode()).hexdigest()[:8]


def _day(now: datetime | None) -> date:
    return (now or timezone.now()).astimezone(UTC).date()
