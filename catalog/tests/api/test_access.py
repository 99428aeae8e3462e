"""Who gets which answer from each route of catalog. There are no things of Alice's: the products
are everybody's to see and the merchant's to change."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from catalog import operations
from catalog.models import Product
from shared.events.models import OutboxMessage
from shared.testing.access import AccessMatrix, Ask, Scene

FILE = b"Handle,Title,Variant SKU,Variant Price,Status\nnana,Nana tea,NANA,4.50,active\n"
MONEY = {"amount": "6.00", "currency": "EUR"}
VARIANT = {
    "sku": "NANA-1",
    "options": {},
    "price": MONEY,
    "compare_at_price": None,
    "tax_class": "standard",
    "barcode": "",
    "weight_grams": 0,
    "quantity": None,
}
PRODUCT = {
    "slug": "nana-tea",
    "title": "Nana tea",
    "description": "Green.",
    "category": None,
    "brand": "Dar",
    "tags": [],
    "status": "active",
    "seo_title": "",
    "seo_description": "",
    "variants": [VARIANT],
    "images": [],
}


def product_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("products.csv", FILE)


class TestAccess(AccessMatrix):
    table = """
anon = 401:not_authenticated
                                        nobody alice bob  cata fulf supp anal otto
GET    catalog/api/v1/products/         200
POST   catalog/api/v1/products/         anon   403   403  201  403  403  403  201
GET    catalog/api/v1/products/<slug>/  200
PATCH  catalog/api/v1/products/<slug>/  anon   403   403  200  403  403  403  200
DELETE catalog/api/v1/products/<slug>/  anon   403   403  204  403  403  403  204
GET    catalog/api/v1/categories/       200
GET    catalog/api/v1/imports/          anon   403   403  200  403  403  200  200
POST   catalog/api/v1/imports/          anon   403   403  202  403  403  403  202
GET    catalog/api/v1/imports/<pk>/     anon   403   403  200  403  403  200  200
GET    /                                200
GET    catalog/                         200
GET    catalog/categories/<slug>/       200
GET    catalog/search/                  200
GET    catalog/products/<slug>/         200
GET    catalog/fragments/public/navigation/  200
GET    catalog/fragments/public/cards/  200
GET    sitemap.xml                      200
GET    robots.txt                       200
GET    .well-known/security.txt         200
GET    docs/api/                        200

GET,POST catalog/admin/<app_label>/     login  login login 200 200  200  200  200
GET    catalog/admin/catalog/importrun/import/  login login login 200 403 403 403 200
POST   catalog/admin/catalog/importrun/import/  login login login 302 403 403 403 302
rights catalog.product                                    vacd v    v    v    vacd
rights catalog.category                                   vacd v    v    v    vacd
rights catalog.brand                                      vacd v    v    v    vacd
rights catalog.importrun                                  v    v    v    v    v
rights souk_events.outboxmessage                          v    -    -    -    v
rights souk_events.inboxentry                             v    -    -    -    v
rights souk_events.failedevent                            v    -    -    -    v
POST   catalog/admin/souk_events/failedevent/<pk>/replay/   login login login 403 403 403 403 302
POST   catalog/admin/souk_events/failedevent/<pk>/discard/  login login login 403 403 403 403 302
"""

    @pytest.fixture
    def scene(self, shelved: Callable[..., Product]) -> Scene:
        tea = shelved("Mint tea", shelf=("Teas",), brand="Dar")
        assert tea.category is not None
        run = operations.import_products(
            data=FILE,
            file_name="old.csv",
            format="shopify",
            dry_run=True,
            actor="mia",
            now=timezone.now(),
        )
        OutboxMessage.objects.all().delete()
        file = {"file": product_file(), "format": "shopify", "dry_run": "false"}
        return Scene(
            values={"slug": tea.slug, "pk": run.id},
            asks={
                "POST catalog/api/v1/products/": Ask(PRODUCT),
                "PATCH catalog/api/v1/products/<slug>/": Ask(PRODUCT, headers={"If-Match": "*"}),
                "POST catalog/api/v1/imports/": Ask(file),
                "GET catalog/categories/<slug>/": Ask(values={"slug": tea.category.slug}),
                "GET catalog/search/": Ask(query={"q": "tea"}),
                "GET catalog/fragments/public/cards/": Ask(query={"ids": str(tea.pk)}),
                "POST catalog/admin/catalog/importrun/import/": Ask(
                    {"file": product_file(), "format": "shopify"}
                ),
            },
        )
