"""Shells and fragments that the tests put together."""

import re

from gateway_testing import FOR_A_MINUTE, HTML, Reply, Seen, Stub, unique

PUBLIC = {**HTML, **FOR_A_MINUTE}
OWN = {**HTML, "Cache-Control": "private, no-store", "X-Accel-Expires": "60"}
STUB = '<!--# block name="none" -->(nothing)<!--# endblock -->'


def page(catalog: Stub, body: str, headers: dict[str, str] = PUBLIC) -> str:
    path = f"/catalog/products/{unique()}/"
    catalog.on(path, Reply(body, headers=headers))
    return path


def include(path: str) -> str:
    return f'<!--# include virtual="{path}" stub="none" -->'


def badge(cart: Stub, headers: dict[str, str] = PUBLIC) -> str:
    """A personal fragment that says whose it is; kept for them when it has the headers OWN."""
    path = f"/cart/fragments/badge/{unique()}/"

    def mine(seen: Seen) -> Reply:
        found = re.search(r"cart=(\w+)", seen.header("Cookie") or "")
        whose = seen.header("Authorization") or (found[1] if found else "nobody")
        return Reply(f"[badge of {whose}]", headers=headers)

    cart.on(path, mine)
    return path


def public_fragment(reviews: Stub, body: str = "[stars]") -> str:
    path = f"/reviews/fragments/public/{unique()}/"
    reviews.on(path, Reply(body, headers=PUBLIC))
    return path
