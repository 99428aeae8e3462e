"""Keys: secret ones for servers, publishable ones for what a browser may do."""

from __future__ import annotations

import base64
import binascii
import hmac
import re

from .context import Config
from .errors import NotAuthenticated
from .params import Params

SECRET = re.compile(r"^(sk|rk)_test_[A-Za-z0-9]{10,250}$")
PUBLISHABLE = re.compile(r"^pk_test_[A-Za-z0-9]{10,250}$")


def is_browser(config: Config, authorization: str | None, params: Params) -> bool:
    """Whether the key is a publishable one; NotAuthenticated where it is none of ours.

    A browser sends its key as the parameter `key`, as Stripe.js does; that one counts before a
    header, which a gateway may have added for its own purposes.
    """
    key = params.text("key") or _from_header(authorization)
    if key is None:
        raise NotAuthenticated(
            "You did not provide an API key. You need to provide your API key in the Authorization"
            " header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    if _known(key, PUBLISHABLE, config.publishable_key):
        return True
    if "key" not in params and _known(key, SECRET, config.secret_key):
        return False
    raise NotAuthenticated(f"Invalid API Key provided: {_masked(key)}")


def _known(key: str, pattern: re.Pattern[str], configured: str | None) -> bool:
    if configured is None:
        return pattern.match(key) is not None
    return hmac.compare_digest(key.encode(), configured.encode())


def _from_header(authorization: str | None) -> str | None:
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() == "basic":
        return _from_basic(value.strip())
    return None


def _from_basic(value: str) -> str | None:
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return decoded.partition(":")[0] or None


def _masked(key: str) -> str:
    shown = key[:8] if key[:8] in ("sk_test_", "pk_test_", "sk_live_", "pk_live_") else ""
    hidden = max(len(key) - len(shown) - 4, 0)
    return shown + "*" * min(hidden, 24) + (key[-4:] if hidden else "")
