"""Answers are what the serializers declare, whatever a product is called."""

import json

import pytest
from rest_framework.renderers import JSONRenderer

from catalog.api.shapes import CardOutput, CategoryOutput, FacetOutput, ProductOutput
from catalog.models import Product
from catalog.queries.categories import list_categories
from catalog.queries.products import get_product
from catalog.queries.search import list_products
from catalog.rules.filters import Filters
from catalog.tests.queries.test_products import EVIL, PRODUCTS

pytestmark = pytest.mark.django_db
URL = "/catalog/api/v1/products/"


@pytest.fixture(autouse=True)
def shelf(shelved):
    for slug, changes in PRODUCTS.items():
        shelved(slug, **changes)
    Product.objects.filter(slug="hostile").update(title=EVIL, rating_average="4.20")
    Product.objects.filter(slug="deep").update(in_stock=False, image_url="/media/x.webp")


def as_json(shape, thing, **options):
    return json.loads(JSONRenderer().render(shape(thing, **options).data))


@pytest.mark.parametrize("slug", PRODUCTS)
def test_a_product_is_told_as_its_serializer_tells_it(slug, api_of, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = api_of(None).get(f"{URL}{slug}/")
    assert answer.json() == as_json(ProductOutput, get_product(slug))


def test_a_list_is_told_as_its_serializers_tell_it(api_of, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = api_of(None).get(URL)
    found, body = list_products(Filters()), answer.json()
    assert body["results"] == as_json(CardOutput, found.cards, many=True)
    assert body["facets"] == as_json(FacetOutput, found.facets, many=True)
    assert (body["count"], len(body["results"])) == (len(PRODUCTS), len(PRODUCTS))
    assert body["price"]["min"] == {"amount": "0.10", "currency": "EUR"}


def test_categories_are_told_as_their_serializer_tells_them(api_of):
    answer = api_of(None).get("/catalog/api/v1/categories/")
    assert answer.json() == as_json(CategoryOutput, list_categories(), many=True)
    assert len(answer.json()) == 4


def test_a_hostile_title_stays_text(api_of, client):
    assert api_of(None).get(f"{URL}hostile/").json()["title"] == EVIL
    titles = [card["title"] for card in api_of(None).get(URL).json()["results"]]
    assert EVIL in titles
    for url in ("/", "/catalog/", "/catalog/products/hostile/", "/catalog/products/many/"):
        page = client.get(url).text
        assert "</script><b" not in page
        assert '<b a="1">' not in page
