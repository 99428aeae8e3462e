"""Capability tokens: who holds the token of a resource may act on that one resource.

They need no row and no call: every service that has SOUK_CAPABILITY_KEY can mint and check them.
Guests read and pay what they ordered with one, from the mail or the answer of a checkout.
"""

import base64
import hashlib
import hmac

from django.conf import settings


def mint_capability(kind: str, resource_id: object) -> str:
    """43 URL-safe characters, the same ones for the same resource."""
    message = f"{len(kind)}:{kind}{resource_id}".encode()
    digest = hmac.new(settings.CAPABILITY_KEY.encode(), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def holds_capability(kind: str, resource_id: object, token: str | None) -> bool:
    """True when the token is the resource's. Compares in constant time."""
    if not token:
        return False
    return hmac.compare_digest(mint_capability(kind, resource_id).encode(), token.encode())
