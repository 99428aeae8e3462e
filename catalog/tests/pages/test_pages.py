import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from catalog import operations
from catalog.models import Category, Product, Variant
from catalog.queries import categories
from catalog.tests.conftest import NOW, variant
from shared.events.ids import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture
def tea(shelved):
    return shelved(
        "Mint tea",
        shelf=("Drinks", "Teas"),
        brand="Dar",
        description="<p>Cool</p><script>x</script>",
        options=[{"Size": "S"}, {"Size": "M"}],
    )


PAGES = [
    "/",
    "/catalog/",
    "/catalog/categories/drinks/",
    "/catalog/search/?q=mint",
    "/catalog/search/",
    "/catalog/products/mint-tea/",
    "/catalog/fragments/public/navigation/",
    "/sitemap.xml",
    "/robots.txt",
    "/docs/api/",
]


@pytest.mark.parametrize("url", PAGES)
def test_a_public_page_is_the_same_for_all_and_takes_few_queries(
    tea, url, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        answer = Client().get(url)

    assert answer.status_code == 200
    assert "s-maxage" in answer["Cache-Control"]
    assert int(answer["X-Accel-Expires"]) > 0
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


@pytest.mark.parametrize("url", PAGES[:5])
def test_a_page_of_an_empty_shop_stands(db, url):
    assert Client().get(url).status_code == (404 if "categories" in url else 200)


def test_the_product_page_sells(tea):
    page = Client().get("/catalog/products/mint-tea/").text

    assert 'action="/cart/items/"' in page
    assert 'name="sku" value="MINT-TEA-1"' in page
    assert '<!--# echo var="csrf" -->' in page
    assert f"/reviews/fragments/public/product/{tea.pk}/" in page
    assert f"/recommend/fragments/public/similar/{tea.pk}/" in page
    assert "<p>Cool</p>" in page
    assert "<script>x" not in page
    assert page.count("<h1") == 1
    data = json.loads(re.search(r'ld\+json">(.*?)</script>', page, re.S).group(1))
    assert data["offers"][0]["price"] == "10.00"


def test_a_sold_out_product_is_not_sold(tea):
    for sku in ("MINT-TEA-1", "MINT-TEA-2"):
        operations.apply_stock(sku=sku, available=0, version=1)
    page = Client().get("/catalog/products/mint-tea/").text
    assert "Add to cart" not in page
    assert "Sold out" in page


def test_few_left_are_told(tea):
    operations.apply_stock(sku="MINT-TEA-1", available=2, version=1)
    assert "Only 2 left" in Client().get("/catalog/products/mint-tea/").text


def test_evil_text_runs_nowhere(shelved):
    evil = '</script><script>alert(1)</script><!--# include virtual="/users/internal/" -->'
    shelved("x", slug="x", description=evil, brand="E", variants=[variant("X-1")])
    Variant.objects.update(sku="<!--x")
    Product.objects.update(title=evil)
    for url in ("/", "/catalog/", "/catalog/products/x/", f"/catalog/search/?q={evil}"):
        page = Client().get(url).text
        assert "<script>alert" not in page
        assert '<!--# include virtual="/users/internal' not in page
        assert "<!--x" not in page


def test_an_old_address_leads_to_the_new_one(tea):
    operations.update_product(product_id=tea.pk, changes={"slug": "nana"}, now=NOW)
    answer = Client().get("/catalog/products/mint-tea/")
    assert (answer.status_code, answer["Location"]) == (301, "/catalog/products/nana/")


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_not_for_sale_has_no_page(tea, status):
    operations.change_status(product_ids=[tea.pk], status=status, now=NOW)
    assert Client().get("/catalog/products/mint-tea/").status_code == 404
    assert "Mint tea" not in Client().get("/catalog/").text


def test_cards_keep_the_order_and_skip_the_unknown(shelved):
    ids = [shelved(title).pk for title in ("One", "Two")]
    query = f"{ids[1]},{uuid7()},nonsense,{ids[0]}"
    text = Client().get(f"/catalog/fragments/public/cards/?ids={query}").text
    assert text.index("Two") < text.index("One")
    assert Client().get("/catalog/fragments/public/cards/?ids=").text.strip() == ""


def test_senseless_filters_still_give_a_list(tea):
    answer = Client().get("/catalog/?min_price=x&page=-4&rating_min=99&ordering=nope&in_stock=x")
    assert answer.status_code == 200
    assert "Mint tea" in answer.text


def test_the_site_map_names_what_is_for_sale(tea):
    assert "/catalog/products/mint-tea/" in Client().get("/sitemap.xml").text


def test_the_api_reference_is_put_together_from_all_services(settings):
    answer = Client().get("/docs/api/")
    assert answer["Cache-Control"].startswith("public")
    for service in settings.SERVICES:
        part = f"/{service}/fragments/public/api-reference/"
        assert f'<!--# include virtual="{part}" stub=' in answer.text
        assert f'href="#{service}"' in answer.text


def test_its_own_part_of_the_api_reference_shows_its_calls():
    text = Client().get("/catalog/fragments/public/api-reference/").text
    assert "/catalog/api/v1/products/{slug}/" in text
    assert "catalogue, owner" in text


def test_robots_are_kept_from_what_is_personal():
    text = Client().get("/robots.txt").text
    for room in ("/cart/", "/orders/", "/payments/", "/users/", "/notify/", "/*/admin/"):
        assert f"Disallow: {room}\n" in text
    assert "Sitemap: http" in text


def test_finders_of_weaknesses_learn_whom_to_tell():
    answer = Client().get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines() if line[0] != "#")
    left = datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)
    assert answer["Content-Type"].startswith("text/plain")
    assert fields["Contact"].startswith(("mailto:", "https://"))
    assert timedelta(days=30) < left < timedelta(days=365)


def test_a_category_that_goes_while_it_is_listed_is_not_found(shelved, monkeypatch):
    shelved("Tea", shelf=("Teas",))
    read = categories.list_tree

    def after_it_went():
        Product.objects.update(category=None)
        Category.objects.all().delete()
        return read()

    monkeypatch.setattr(categories, "list_tree", after_it_went)

    assert Client().get("/catalog/categories/teas/").status_code == 404


def test_a_card_of_variants_with_several_prices_says_from(shelved):
    sizes = [variant("A", "5.00", options={"Size": "S"}), variant("B", options={"Size": "M"})]
    shelved("Two prices", variants=sizes)
    shelved("One price", price="7.00")

    page = Client().get("/catalog/").text

    assert ">from €5.00<" in page
    assert ">€7.00<" in page


def test_one_product_that_is_alike_is_one(shelved):
    shelved("Cinnamon sticks")
    assert "Did you mean this?" in Client().get("/catalog/search/?q=cinamon").text

    shelved("Cinnamon tea")
    assert "Did you mean one of these?" in Client().get("/catalog/search/?q=cinamon").text
