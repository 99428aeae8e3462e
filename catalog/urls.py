"""The whole outside surface of catalog, with the pages that belong to no service."""

from django.contrib import admin
from django.urls import include, path, register_converter
from django.urls.converters import SlugConverter
from drf_spectacular.views import SpectacularAPIView

from catalog import pages
from catalog.api import imports, products
from shared.api.views import show_reference


class AddressConverter(SlugConverter):
    """A slug of letters of any script."""

    regex = r"[-\w]+"


register_converter(AddressConverter, "address")

handler400 = "shared.errors.bad_request"
handler404 = "shared.errors.page_not_found"
handler500 = "shared.errors.server_error"

v1 = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("products/", products.ProductsView.as_view()),
    path("products/<address:slug>/", products.ProductView.as_view()),
    path("categories/", products.CategoriesView.as_view()),
    path("imports/", imports.ImportsView.as_view()),
    path("imports/<uuid:pk>/", imports.ImportView.as_view(), name="import"),
]

urlpatterns = [
    path("catalog/", include("shared.observability.urls")),
    path("catalog/admin/", admin.site.urls),
    path("catalog/api/v1/", include(v1)),
    path("catalog/fragments/public/api-reference/", show_reference),
    path("", pages.show_front),
    path("catalog/", pages.list_all),
    path("catalog/categories/<address:slug>/", pages.list_category),
    path("catalog/search/", pages.search),
    path("catalog/products/<address:slug>/", pages.show_product),
    path("catalog/fragments/public/navigation/", pages.navigation),
    path("catalog/fragments/public/cards/", pages.cards),
    path("sitemap.xml", pages.sitemap),
    path("robots.txt", pages.robots),
    path(".well-known/security.txt", pages.security),
    path("docs/api/", pages.api_reference),
]
