"""The whole outside surface of inventory."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from inventory import api
from shared.api.views import show_reference

handler400 = "shared.errors.bad_request"
handler404 = "shared.errors.page_not_found"
handler500 = "shared.errors.server_error"

v1 = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("stock/<str:sku>/", api.StockView.as_view()),
    path("stock/<str:sku>/adjust/", api.AdjustView.as_view()),
    path("stock/<str:sku>/movements/", api.MovementsView.as_view()),
]

urlpatterns = [
    path("inventory/", include("shared.observability.urls")),
    path("inventory/admin/", admin.site.urls),
    path("inventory/api/v1/", include(v1)),
    path("inventory/fragments/public/api-reference/", show_reference),
]
