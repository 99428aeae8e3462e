"""What catalog serves beside what every service does (shared.urls), and the shop's own pages."""

from django.urls import include, path, register_converter
from django.urls.converters import SlugConverter

from catalog import pages
from catalog.api import imports, products


class AddressConverter(SlugConverter):
    """A slug of letters of any script."""

    regex = r"[-\w]+"


register_converter(AddressConverter, "address")

v1 = [
    path("products/", products.ProductsView.as_view()),
    path("products/<address:slug>/", products.ProductView.as_view()),
    path("categories/", products.CategoriesView.as_view()),
    path("imports/", imports.ImportsView.as_view()),
    path("imports/<uuid:pk>/", imports.ImportView.as_view(), name="import"),
]

urlpatterns = [
    path("catalog/api/v1/", include(v1)),
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
