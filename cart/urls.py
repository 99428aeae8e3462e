"""What cart serves beside what every service does (shared.urls)."""

from django.urls import include, path

from cart import api, pages

v1 = [
    path("cart/", api.CartView.as_view()),
    path("cart/items/", api.ItemsView.as_view()),
    path("cart/items/<str:sku>/", api.ItemView.as_view()),
    path("cart/coupon/", api.CouponView.as_view()),
    path("cart/checkout/", api.CheckoutView.as_view()),
    path("shipping-methods/", api.ShippingMethodsView.as_view()),
]

urlpatterns = [
    path("cart/api/v1/", include(v1)),
    path("cart/", pages.show_cart),
    path("cart/items/", pages.add_item),
    path("cart/items/<str:sku>/", pages.change_item),
    path("cart/coupon/", pages.change_coupon),
    path("cart/checkout/", pages.check_out),
    path("cart/fragments/badge/", pages.badge),
]
