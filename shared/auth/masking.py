"""Secrets in what staff may look at: whoever reads one could act as the person it was sent to."""

import re
from typing import Any

MASK = "…"
# An order's token in a link; the one-time keys in links of the account service.
_SECRETS = re.compile(
    r"(\btoken=|/users/(?:password/reset/key|confirm-email|erase/confirm)/)[^\s\"'<>&\\]+"
)
# The words of the account service's mails may hold a code without a link; `data` is a person's
# export.
_HIDDEN = frozenset(
    {"body_text", "body_html", "access_token", "token", "password", "refresh", "data"}
)


def mask_secrets(text: str) -> str:
    """The text without the secrets in its links."""
    return _SECRETS.sub(rf"\g<1>{MASK}", text)


def masked(value: Any) -> Any:
    """The same for JSON values, whatever their shape."""
    if isinstance(value, dict):
        return {key: MASK if key in _HIDDEN else masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return mask_secrets(value) if isinstance(value, str) else value
