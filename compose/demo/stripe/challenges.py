"""3-D Secure: the bank asks the person, on a page of the sandbox, whether it is really them."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

from .context import Context
from .errors import Json
from .ids import token

AUTHENTICATED: Json = {
    "authentication_flow": "challenge",
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "result": "authenticated",
    "result_reason": None,
    "version": "2.2.0",
}


def begin(ctx: Context, intent: Json, return_url: str | None) -> None:
    """Put the intent into `requires_action`, with the page's address as its next action."""
    challenge = token(32)
    url = f"{ctx.config.public_base}/3ds/{challenge}"
    intent["status"] = "requires_action"
    intent["_challenge"] = {"token": challenge, "return_url": return_url}
    if return_url is not None:
        redirect = {"return_url": return_url, "url": url}
        intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": redirect}
    else:
        sdk = {"type": "three_d_secure_redirect", "source": challenge, "stripe_js": url}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}


def way_back(intent: Json, challenge: Json) -> str | None:
    """The return address with what Stripe appends, or None where there is no redirect."""
    if challenge["return_url"] is None:
        return None
    kind: str = intent["object"]
    parts = urlsplit(challenge["return_url"])
    outcome = "succeeded" if intent["status"] in PAID else "failed"
    added = {
        kind: intent["id"],
        f"{kind}_client_secret": intent["client_secret"],
        "redirect_status": outcome,
    }
    query = "&".join(part for part in (parts.query, urlencode(added)) if part)
    return urlunsplit(parts._replace(query=query))


PAID = ("succeeded", "requires_capture", "processing")
