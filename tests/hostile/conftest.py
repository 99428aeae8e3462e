from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.hostile.browsers import Browser
from tests.journeys.conftest import shelf, shop, thing
from tests.journeys.shop import Shop

__all__ = ["shelf", "shop", "thing"]


@pytest.fixture(scope="session")
def sign_in(shop: Shop) -> Iterator[Callable[[str], Browser]]:
    """A browser of the newcomer with that name, signed in by the form; the same one each time."""
    browsers: dict[str, Browser] = {}

    def find(name: str) -> Browser:
        if name not in browsers:
            browsers[name] = Browser(shop.url)
            browsers[name].sign_in(shop.newcomer().email)
            browsers[name].call_oneself(name)
        return browsers[name]

    yield find
    for browser in browsers.values():
        browser.http.close()


@pytest.fixture
def alice(sign_in: Callable[[str], Browser]) -> Browser:
    return sign_in("Alice-Hostile")


@pytest.fixture
def bob(sign_in: Callable[[str], Browser]) -> Browser:
    return sign_in("Bob-Hostile")


@pytest.fixture
def stranger(shop: Shop) -> Iterator[Browser]:
    browser = Browser(shop.url)
    yield browser
    browser.http.close()


@pytest.fixture(scope="session")
def product(shelf: list[dict[str, Any]]) -> dict[str, Any]:
    """Something on the shelf to look at."""
    return shelf[-1]
