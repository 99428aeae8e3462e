"""What orders serves beside what every service does (shared.urls)."""

from django.urls import include, path

from orders import api, pages

v1 = [
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
    path("orders/api/v1/", include(v1)),
    path("orders/", pages.list_orders),
    path("orders/find/", pages.find_order),
    path("orders/<uuid:order_id>/", pages.show_order),
    path("orders/<uuid:order_id>/cancel/", pages.cancel_order),
    path("orders/fragments/order/<uuid:order_id>/", pages.order_fragment),
]
