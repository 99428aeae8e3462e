"""A product page as its reader chooses among variants, with and without JavaScript."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from shared.money import Money
from tests.journeys.shop import eventually

SOLD_OUT, PLENTY, FEW = "Huge", "Small", "Large"


@pytest.fixture(scope="module")
def money(shelf):
    """An amount in the shop's currency."""
    return lambda amount: Money(Decimal(amount), shelf[0]["price"]["currency"])


def variant(sku, size, price, before=None, *, quantity):
    money = {"price": price, "compare_at_price": before}
    return {
        "sku": sku,
        "options": {"Size": size},
        "quantity": quantity,
        **{name: amount and amount.to_json() for name, amount in money.items()},
    }


@pytest.fixture(scope="module")
def basket(shop, money):
    """A product for sale, taken away afterwards: one size sold out, of one plenty, of one few."""
    mia, number = shop.merchant(), uuid4().hex[:8]
    product = {
        "title": f"Basket {number}",
        "status": "active",
        "variants": [
            variant(f"{number}-HUGE", SOLD_OUT, money(40), quantity=0),
            variant(f"{number}-SMALL", PLENTY, money(10), quantity=20),
            variant(f"{number}-LARGE", FEW, money(25), money(30), quantity=3),
        ],
    }
    made = mia.ask("POST", "/catalog/api/v1/products/", product)
    assert made.status_code == 201, made.text
    slug = made.json()["slug"]
    stock = ["out_of_stock", "in_stock", "low_stock"]
    eventually(lambda: [v["availability"] for v in shop.product(slug)["variants"]] == stock)
    yield made.json()
    assert mia.ask("DELETE", f"/catalog/api/v1/products/{slug}/").status_code == 204


def size(page, name):
    return page.get_by_role("radio", name=re.compile(f"^{name}"))


def expect_offer(page, price, availability, kind, before=None):
    expect(page.locator("[data-price] .price__now")).to_have_text(str(price))
    expect(page.locator("[data-price] .price")).to_have_class(
        "price price--reduced" if before else "price"
    )
    expect(page.locator("[data-price] .price__before")).to_have_text(
        [f"before {before}"] if before else []
    )
    shown = page.locator("[data-availability]")
    expect(shown).to_have_text(availability)
    expect(shown).to_have_class(f"availability availability--{kind}")


def expect_small(page, money):
    expect(size(page, PLENTY)).to_be_checked()
    expect_offer(page, money(10), "In stock", "in")


def expect_large(page, money):
    expect(size(page, FEW)).to_be_checked()
    expect_offer(page, money(25), "Only 3 left", "low", before=money(30))


def test_a_chosen_variant_shows_its_price_and_availability(page, basket, money):
    page.goto(basket["url"])
    expect_small(page, money)
    size(page, FEW).check()
    expect_large(page, money)
    size(page, PLENTY).check()
    expect_small(page, money)


def test_variants_are_chosen_by_the_keyboard_past_what_is_sold_out(page, basket, money):
    page.goto(basket["url"])
    size(page, PLENTY).focus()
    page.keyboard.press("ArrowRight")
    expect_large(page, money)
    page.keyboard.press("ArrowRight")
    expect_small(page, money)


def test_a_sold_out_variant_says_so_and_cannot_be_chosen(page, basket, money):
    page.goto(basket["url"])
    sold_out = page.get_by_role("radio", name=re.compile(f"^{SOLD_OUT} .*, sold out$"))
    expect(sold_out).to_be_disabled()
    page.locator("label", has_text=SOLD_OUT).click(force=True)
    expect_small(page, money)


def test_the_chosen_variant_is_what_goes_into_the_cart(page, basket, money):
    page.goto(basket["url"])
    size(page, FEW).check()
    add_to_cart(page)
    expect_large_in_the_cart(page, money)


def test_a_variant_is_bought_without_javascript(chromium, shop, basket, money):
    context = chromium.new_context(base_url=shop.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(basket["url"])
    expect_small(page, money)
    expect(page.locator("label", has_text=FEW)).to_contain_text(str(money(25)))
    size(page, FEW).check()
    with page.expect_request(lambda request: request.method == "POST") as sent:
        add_to_cart(page)
    assert f"sku={basket['variants'][2]['sku']}&" in sent.value.post_data
    expect_large_in_the_cart(page, money)
    context.close()


def add_to_cart(page):
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("heading", name="Your cart")).to_be_visible()


def expect_large_in_the_cart(page, money):
    expect(page.locator(".cart-line__what .muted")).to_have_text(f"Size: {FEW} · {money(25)} each")
