"""The whole outside surface of cart."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from cart import api, pages
from shared.api.views import show_reference

handler400 = "shared.errors.bad_request"
handler404 = "shared.errors.page_not_found"
handler500 = "shared.errors.server_error"

v1 = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("cart/", api.CartView.as_view()),
    path("cart/items/", api.ItemsView.as_view()),
    path("cart/items/<str:sku>/", api.ItemView.as_view()),
    path("cart/coupon/", api.CouponView.as_view()),
    path("cart/checkout/", api.CheckoutView.as_view()),
    path("shipping-methods/", api.ShippingMethodsView.as_view()),
]

urlpatterns = [
    path("cart/", include("shared.observability.urls")),
    path("cart/admin/", admin.site.urls),
    path("cart/api/v1/", include(v1)),
    path("cart/fragments/public/api-reference/", show_reference),
    path("cart/", pages.show_cart),
    path("cart/items/", pages.add_item),
    path("cart/items/<str:sku>/", pages.change_item),
    path("cart/coupon/", pages.change_coupon),
    path("cart/checkout/", pages.check_out),
    path("cart/fragments/badge/", pages.badge),
]
