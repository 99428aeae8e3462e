"""Nine OpenAPI documents say the truth, whoever asks and whatever is sent.

With SOUK_FUZZ_EXAMPLES everybody asks everything, so many examples an operation; without it each
service is asked a little by whoever reaches most of it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.services import SERVICES
from tests.hostile.browsers import PASSWORD
from tests.hostile.fuzzing import IS_DEEP, Caller, fuzz, lay_out
from tests.journeys.shop import Buyer, Shop

NAMES = ("nobody", "alice", "mia", "carol")
REACHES_MOST = {
    "catalog": "mia",
    "cart": "alice",
    "orders": "alice",
    "inventory": "mia",
    "users": "carol",
    "reviews": "alice",
    "payments": "alice",
    "notify": "alice",
    "recommend": "alice",
}
PAIRS = (
    [(service, name) for service in SERVICES for name in NAMES]
    if IS_DEEP
    else list(REACHES_MOST.items())
)
ENDS_THE_ACCOUNT = ("DELETE /users/api/v1/me/", "POST /users/api/v1/logout/")
# The tests after this one want something to buy. A shop that is asked deeply serves nothing else.
EMPTIES_THE_SHELF = () if IS_DEEP else ("DELETE /catalog/api/v1/products/{slug}/",)


def slugs(shop: Shop) -> set[str]:
    return {product["slug"] for product in shop.products()}


@pytest.fixture(scope="module")
def alice(shop: Shop) -> Buyer:
    return shop.newcomer()


@pytest.fixture(scope="module")
def things(shop: Shop, alice: Buyer) -> Iterator[dict[str, str]]:
    """What Mia makes meanwhile is taken from the shelf afterwards."""
    before = slugs(shop)
    yield lay_out(shop, shop.merchant(), alice)
    mia = shop.merchant()
    for slug in slugs(shop) - before:
        mia.ask("DELETE", f"/catalog/api/v1/products/{slug}/")


@pytest.fixture
def caller(shop: Shop, alice: Buyer, things: dict[str, str], name: str) -> Caller:
    if name == "nobody":
        return Caller(things=things)
    if name == "mia":
        spares = (*ENDS_THE_ACCOUNT, *EMPTIES_THE_SHELF)
        account = shop.info["accounts"]["merchant"]
        return Caller(**account, things=things, spares=spares, is_careful=not IS_DEEP)
    if name == "alice":
        return Caller(alice.email, PASSWORD, things, spares=ENDS_THE_ACCOUNT)
    return Caller(shop.newcomer().email, PASSWORD, things)


@pytest.mark.parametrize(("service", "name"), PAIRS)
def test_every_answer_is_as_the_document_says(
    shop: Shop, service: str, caller: Caller, tmp_path: Path
) -> None:
    fuzz(shop, service, caller, tmp_path)
