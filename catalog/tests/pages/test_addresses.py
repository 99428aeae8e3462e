"""Addresses in any script, and what is none."""

from urllib.parse import quote

import pytest
from django.conf import settings

from catalog import operations
from catalog.tests.conftest import NOW

pytestmark = pytest.mark.django_db
PAGES = ("/catalog/products/", "/catalog/categories/", "/catalog/api/v1/products/")


@pytest.fixture
def kettle(shelved):
    return shelved("Чайник", slug="чайник", shelf=("Посуда",), brand="Уют")


def test_pages_name_each_other_by_addresses_that_any_client_can_follow(kettle, client):
    product = f"/catalog/products/{quote('чайник')}/"
    shelf = f"/catalog/categories/{quote('посуда')}/"

    page = client.get(product).text

    assert f'<link rel="canonical" href="{settings.PUBLIC_URL}{product}">' in page
    assert f'"url": "{settings.PUBLIC_URL}{product}"' in page
    assert f'href="{shelf}"' in page
    assert f'href="/catalog/?brand={quote("уют")}"' in page
    assert f'href="{product}"' in client.get(shelf).text
    assert f'href="{product}"' in client.get("/catalog/", {"brand": "уют"}).text
    places = client.get("/sitemap.xml").text
    assert f"{product}</loc>" in places
    assert f"{shelf}</loc>" in places


def test_a_former_address_leads_to_the_present_one(kettle, client):
    operations.update_product(product_id=kettle.pk, changes={"slug": "самовар"}, now=NOW)

    answer = client.get(f"/catalog/products/{quote('чайник')}/")

    assert answer.status_code == 301
    assert answer["Location"] == f"/catalog/products/{quote('самовар')}/"


@pytest.mark.parametrize("space", PAGES)
@pytest.mark.parametrize("slug", ["a%2Fb", "a%20b", "%FF", "a.b"])
def test_what_is_no_address_is_not_found(kettle, client, space, slug):
    assert client.get(f"{space}{slug}/").status_code == 404
