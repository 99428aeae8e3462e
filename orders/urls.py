"""The whole outside surface of orders."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from orders import api, pages
from shared.api.views import show_reference

handler400 = "shared.errors.bad_request"
handler404 = "shared.errors.page_not_found"
handler500 = "shared.errors.server_error"

v1 = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("orders/", api.OrdersView.as_view()),
    path("find/", api.FindView.as_view()),
    path("orders/<uuid:order_id>/", api.OrderView.as_view()),
    path("orders/<uuid:order_id>/cancel/", api.CancelView.as_view()),
    path("orders/<uuid:order_id>/returns/", api.ReturnsView.as_view()),
    path("orders/<uuid:order_id>/ship/", api.ShipView.as_view()),
    path("orders/<uuid:order_id>/deliver/", api.DeliverView.as_view()),
    path("orders/<uuid:order_id>/refund/", api.RefundView.as_view()),
    path("returns/<uuid:return_id>/receive/", api.ReceiveReturnView.as_view()),
]

urlpatterns = [
    path("orders/", include("shared.observability.urls")),
    path("orders/admin/", admin.site.urls),
    path("orders/api/v1/", include(v1)),
    path("orders/fragments/public/api-reference/", show_reference),
    path("orders/", pages.list_orders),
    path("orders/find/", pages.find_order),
    path("orders/<uuid:order_id>/", pages.show_order),
    path("orders/<uuid:order_id>/cancel/", pages.cancel_order),
    path("orders/fragments/order/<uuid:order_id>/", pages.order_fragment),
]
