"""Nine OpenAPI documents say the truth, whoever asks and whatever is sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compose.local.layout import SERVICES
from tests.hostile.fuzzing import bearer, fuzz, lay_out
from tests.journeys.shop import Buyer, Shop

ERASE = "DELETE /users/api/v1/me/"
LOGOUT = "POST /users/api/v1/logout/"


def slugs(shop: Shop) -> set[str]:
    return {product["slug"] for product in shop.products()}


@pytest.fixture(scope="module")
def mia(shop: Shop) -> Iterator[Buyer]:
    """What she makes is taken from the shelf afterwards."""
    before = slugs(shop)
    yield shop.merchant()
    mia = shop.merchant()
    for slug in slugs(shop) - before:
        mia.ask("DELETE", f"/catalog/api/v1/products/{slug}/")


@pytest.fixture(scope="module")
def alice(shop: Shop) -> Buyer:
    return shop.newcomer()


@pytest.fixture(scope="module")
def things(shop: Shop, mia: Buyer, alice: Buyer) -> dict[str, str]:
    return lay_out(shop, mia, alice)


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_gets_what_the_document_says(
    shop: Shop, service: str, things: dict[str, Any], tmp_path: Path
) -> None:
    fuzz(shop, service, tmp_path, token="", things=things)


@pytest.mark.parametrize("service", SERVICES)
def test_alice_gets_what_the_document_says(
    shop: Shop, service: str, alice: Buyer, things: dict[str, Any], tmp_path: Path
) -> None:
    fuzz(shop, service, tmp_path, token=bearer(alice), things=things, spared=(ERASE, LOGOUT))


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "users"])
def test_mia_gets_what_the_document_says(
    shop: Shop, service: str, mia: Buyer, things: dict[str, Any], tmp_path: Path
) -> None:
    fuzz(shop, service, tmp_path, token=bearer(mia), things=things, careful=True)


def test_somebody_who_erases_the_account_gets_what_the_document_says(
    shop: Shop, tmp_path: Path
) -> None:
    fuzz(shop, "users", tmp_path, token=bearer(shop.newcomer()), things={})
