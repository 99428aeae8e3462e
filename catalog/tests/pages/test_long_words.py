"""A word that is longer than the window makes no page wider than it, in a real browser."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import sync_playwright

from catalog.tests.conftest import variant

pytestmark = pytest.mark.django_db
LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
WIDTH = 320


def with_styles(page: str) -> str:
    """The page with its style sheets in it, and nothing to be fetched."""
    sheets = [finders.find(f"storefront/{name}.css") for name in ("souk", "shop")]
    styles = "".join(f"<style>{Path(str(sheet)).read_text()}</style>" for sheet in sheets)
    bare = re.sub(r"<(?:link|script)\b[^>]*>(?:</script>)?", "", page)
    return bare.replace("</head>", f"{styles}</head>")


def width_of(pages: dict[str, str]) -> dict[str, int]:
    """How wide a browser makes each page in a small window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": 800})
        widths = {}
        for address, text in pages.items():
            page.set_content(with_styles(text))
            widths[address] = page.evaluate("document.documentElement.scrollWidth")
        browser.close()
    return widths


def test_no_page_is_wider_than_a_small_window(shelved):
    shelf = shelved(
        LONG,
        slug="long",
        brand=LONG,
        shelf=(LONG,),
        variants=[variant(sku, options={LONG: f"{LONG} {sku}"}) for sku in ("L-1", "L-2")],
    ).category.slug
    addresses = (
        *("/", "/catalog/", f"/catalog/search/?q={LONG}", "/catalog/products/long/"),
        f"/catalog/categories/{shelf}/",
    )

    pages = {address: Client().get(address).text for address in addresses}

    assert all(LONG in page for page in pages.values())
    assert width_of(pages) == dict.fromkeys(addresses, WIDTH)
