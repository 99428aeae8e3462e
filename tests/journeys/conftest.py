import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.shop import Shop

ROOT = Path(__file__).resolve().parents[2]


def told_by_the_launcher() -> dict[str, Any]:
    """`./manage_all.sh info --json` of the shop that SOUK_RUN_DIR names."""
    command = [sys.executable, "-m", "compose.local", "info", "--json"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    info: dict[str, Any] = json.loads(answer.stdout)
    return info


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop(told_by_the_launcher())


@pytest.fixture(scope="session")
def shelf(shop: Shop) -> list[dict[str, Any]]:
    """Everything that can be bought: {id, slug, sku, title, price} each."""
    return [
        {
            "id": product["id"],
            "slug": product["slug"],
            "title": product["title"],
            "sku": variant["sku"],
            "price": variant["price"],
        }
        for product in shop.products()
        for variant in product["variants"][:1]
    ]


@pytest.fixture
def thing(shop: Shop, shelf: list[dict[str, Any]]) -> dict[str, Any]:
    """Something to buy, 20 units of it on the shelf; the next test gets something else."""
    # A test may have taken something away for good.
    while "variants" not in shop.product(shelf[0]["slug"]):
        shelf.pop(0)
    taken = shelf.pop(0)
    shelf.append(taken)
    shop.set_stock(taken["sku"], 20)
    return taken


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
    flags += " --disable-background-networking --disable-component-update"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=flags.split()
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, shop: Shop) -> Iterator[Any]:
    """A fresh browser at the shop; an error on a page's console fails the test."""
    context = chromium.new_context(base_url=shop.url, viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(30_000)
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    yield tab
    context.close()
    assert problems == []
