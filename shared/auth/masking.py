"""Secrets in what staff may look at: whoever reads one could act as the person it was sent to."""

import re
from typing import Any

MASK = "…"
# Pages of the account service whose paths end with a one-time key. The gateway's log has the same
# pattern (conf.d/logging.conf.template).
MAILED_PATHS = "/users/(?:password/reset/key|confirm-email|erase/confirm)/"
# Those keys, and an order's token in a link.
_SECRETS = re.compile(rf"(\btoken=|{MAILED_PATHS})[^\s\"'<>&\\]+")
# The words of the account service's mails may hold a code without a link; `data` is a person's
# export.
_HIDDEN = frozenset(
    {"body_text", "body_html", "access_token", "token", "password", "refresh", "data"}
)


def mask_secrets(text: str, mask: str = MASK) -> str:
    """The text without the secrets in its links."""
    return _SECRETS.sub(rf"\g<1>{mask}", text)


def masked(value: Any) -> Any:
    """The same for JSON values, whatever their shape."""
    if isinstance(value, dict):
        return {key: MASK if key in _HIDDEN else masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return mask_secrets(value) if isinstance(value, str) else value
