"""Text that people write is shown as text: no directive of the gateway, no markup, no script."""

from uuid import uuid4

import httpx
import pytest

from tests.hostile.browsers import Browser
from tests.journeys.shop import eventually

INCLUDE = '<!--# include virtual="/users/internal/authenticate/" -->'
TOKEN = '<!--# echo var="granted_token" -->'


def evil(mark):
    return f'{mark}<!--#echo var="csrf"-->{TOKEN}"><script>alert(1)</script><img src=x onerror=a()>'


def assert_harmless(html, mark, *, shown=True):
    """Where it is shown, it is there in full: an executed directive would leave a hole."""
    assert (f"{mark}&lt;!--#echo" in html) or not shown
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "<!--#" not in html


@pytest.fixture
def mark():
    return f"mark{uuid4().hex[:10]}"


def test_a_name_is_text_wherever_it_is_shown(shop, mark):
    alice = Browser(shop.url)
    alice.sign_in(shop.newcomer().email)
    alice.call_oneself(evil(mark)[:100])
    for path in ("/users/profile/", "/users/fragments/menu/", "/", "/catalog/", "/docs/api/"):
        html = alice.get(path).text
        assert mark in html, path
        assert_harmless(html, mark)


def test_an_address_is_text(alice, mark):
    fields = {"name": evil(mark)[:100], "line1": evil(mark)[:100], "city": evil(mark)[:80]}
    form = {**fields, "postal_code": "<!--#x-->", "country": "HK", "region": "Kowloon"}
    assert alice.post("/users/addresses/new/", form).status_code == 302
    html = alice.get("/users/profile/").text

    assert_harmless(html, mark)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/users/login/", "login"),
        ("/users/signup/", "email"),
        ("/users/password/reset/", "email"),
        ("/cart/coupon/", "code"),
        ("/cart/checkout/", "city"),
        ("/cart/items/", "sku"),
    ],
)
def test_a_form_that_shows_what_was_wrong_shows_text(shop, thing, stranger, mark, path, field):
    stranger.post("/cart/items/", {"sku": thing["sku"], "quantity": "1"})
    text = evil(mark)[:200]
    answer = stranger.post(path, {field: text, "email": text} | {field: text})

    assert answer.status_code < 500
    assert_harmless(answer.text, mark, shown=False)
    after = stranger.get("/cart/").text
    assert_harmless(after, mark, shown=False)


@pytest.mark.parametrize("text", [INCLUDE, TOKEN, "<script>alert(1)</script>", '"><img src=x>'])
@pytest.mark.parametrize(
    "path", ["/catalog/search/?q={}", "/catalog/?brand={}", "/{}/", "/catalog/products/{}/"]
)
def test_an_address_that_is_shown_again_is_text(shop, alice, path, text, mark):
    quoted = httpx.QueryParams({"x": mark + text}).__str__()[2:].replace("+", "%20")
    for browser in (Browser(shop.url), alice):
        answer = browser.get(path.format(quoted))
        assert answer.status_code in (200, 400, 404)
        assert_harmless(answer.text, mark, shown=False)


@pytest.fixture
def stall(shop, mark):
    """A product whose merchant is Mallory, taken away afterwards: {id, slug, sku}."""
    mia, sku = shop.merchant(), f"EVIL-{uuid4().hex[:8]}"
    product = {
        "title": evil(mark)[:200],
        "description": f"<p>{mark}</p>{evil(mark)}",
        "brand": evil(mark)[:80],
        "status": "active",
        "variants": [{"sku": sku, "price": {"amount": "5.00", "currency": "EUR"}}],
    }
    made = mia.ask("POST", "/catalog/api/v1/products/", product)
    assert made.status_code == 201, made.text
    yield {**made.json(), "sku": sku}
    removed = mia.ask("DELETE", f"/catalog/api/v1/products/{made.json()['slug']}/")
    assert removed.status_code == 204


def test_what_a_merchant_writes_is_text(shop, stranger, stall, mark):
    page = shop.page(f"/catalog/products/{stall['slug']}/?salt={mark}")
    assert page.status_code == 200
    assert_harmless(page.text, mark)
    for path in (f"/catalog/search/?q={mark}", f"/catalog/?ordering=newest&salt={mark}"):
        assert_harmless(shop.page(path).text, mark)
    assert_harmless(shop.page("/sitemap.xml").text, mark, shown=False)

    eventually(lambda: "available" in shop.stock(stall["sku"]))
    shop.set_stock(stall["sku"], 3)

    def is_in_the_cart():
        stranger.post("/cart/items/", {"sku": stall["sku"], "quantity": "1"})
        return mark in stranger.get("/cart/").text

    eventually(is_in_the_cart)
    assert_harmless(stranger.get("/cart/").text, mark)


def test_a_review_is_text_on_the_page_that_strangers_share(shop, stall, mark):
    alice = shop.newcomer()
    alice.ask("PATCH", "/users/api/v1/me/", {"name": evil(mark)[:100]})
    body = {"product_id": stall["id"], "rating": 4, "title": evil(mark)[:120], "body": evil(mark)}
    eventually(lambda: alice.ask("POST", "/reviews/api/v1/reviews/", body).status_code == 201)

    for path in (
        "/reviews/fragments/public/product/" + stall["id"],
        f"/catalog/products/{stall['slug']}",
    ):
        for html in (shop.page(f"{path}/?salt={mark}").text, alice.ask("GET", f"{path}/").text):
            assert_harmless(html, mark, shown="catalog" in path)
