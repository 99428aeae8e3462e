"""What inventory serves beside what every service does (shared.urls)."""

from django.urls import include, path

from inventory import api

v1 = [
    path("stock/<str:sku>/", api.StockView.as_view()),
    path("stock/<str:sku>/adjust/", api.AdjustView.as_view()),
    path("stock/<str:sku>/movements/", api.MovementsView.as_view()),
]

urlpatterns = [
    path("inventory/api/v1/", include(v1)),
]
