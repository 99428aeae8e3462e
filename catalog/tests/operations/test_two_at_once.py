"""Two writers at the same moment against the real database."""

import html
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection, transaction

from catalog import operations
from catalog.models import Product, Variant
from catalog.tests.admin.test_admin import ADMIN, form_of
from catalog.tests.conftest import NOW, variant
from shared.contracts.catalog import ProductChanged
from shared.testing.events import published
from shared.testing.users import MIA

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/catalog/api/v1/products/"
MONEY = {"amount": "5.00", "currency": "EUR"}


def together(act, count):
    start = Barrier(count)

    def run(number):
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"variants": [{"sku": "SAME", "price": MONEY}]}, "sku_taken"),
        ({"slug": "same"}, "slug_taken"),
    ],
)
def test_one_gets_what_only_one_can_have_and_the_others_are_told(api_of, body, code):
    apis = [api_of(MIA) for _ in range(6)]

    answers = together(lambda n: apis[n].post(URL, {"title": f"Tea {n}", **body}), 6)

    assert Counter(x.status_code for x in answers) == {201: 1, 409: 5}
    assert {x.json()["code"] for x in answers if x.status_code == 409} == {code}
    assert Product.objects.count() == len(published(ProductChanged)) == 1


def test_a_change_by_the_same_version_is_made_once(api_of, shelved):
    shelved("Tea")
    apis = [api_of(MIA) for _ in range(4)]

    answers = together(
        lambda n: apis[n].patch(URL + "tea/", {"seo_title": f"Tea {n}", "version": 1}), 4
    )

    assert Counter(x.status_code for x in answers) == {200: 1, 409: 3}
    assert [json.loads(x.content)["code"] for x in answers if x.status_code == 409] == [
        "stale_version"
    ] * 3
    assert Product.objects.get().version == 2


def test_a_form_waits_for_an_import_and_is_then_refused(client_of, shelved):
    product = shelved("Tea", tags=["a", "b"], description="<p>x</p>")
    address = f"{ADMIN}product/{product.pk}/change/"
    mia = client_of(MIA)
    page = mia.get(address).text
    shown = html.unescape(re.search(r'name="_shown" value="([^"]*)"', page)[1])
    form = {
        **form_of(product, title="Green tea", description="<p>x</p>"),
        **{"variants-0-price": "10.00", "_shown": shown},
    }

    def save():
        try:
            return mia.post(address, form)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            operations.update_product(
                product_id=product.pk, changes={"variants": [variant("TEA-1", "15.00")]}, now=NOW
            )
            other = pool.submit(save)
            # The form waits for the row, or has read it too early.
            wait([other], timeout=1)
        answer = other.result(timeout=10)

    assert answer.status_code == 200
    assert "is “15.00” now" in html.unescape(answer.text)
    assert Variant.objects.get().price == Decimal("15.00")
    assert (Product.objects.get().title, Product.objects.get().version) == ("Tea", 2)


def test_two_who_add_the_same_brand_in_the_admin_get_one_and_a_word(client_of):
    clients = [client_of(MIA) for _ in range(4)]

    answers = together(
        lambda n: clients[n].post(f"{ADMIN}brand/add/", {"title": "Dar", "slug": "dar"}), 4
    )

    assert {x.status_code for x in answers} <= {200, 302}
