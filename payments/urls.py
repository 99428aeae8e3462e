"""The whole outside surface of payments."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from payments import api, pages
from shared.api.views import show_reference

handler400 = "shared.errors.bad_request"
handler404 = "shared.errors.page_not_found"
handler500 = "shared.errors.server_error"

v1 = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("payments/<uuid:order_id>/", api.PaymentView.as_view()),
    path("payments/<uuid:order_id>/confirm/", api.ConfirmView.as_view()),
]

urlpatterns = [
    path("payments/", include("shared.observability.urls")),
    path("payments/admin/", admin.site.urls),
    path("payments/api/v1/", include(v1)),
    path("payments/fragments/public/api-reference/", show_reference),
    path("payments/webhooks/stripe/<uuid:uuid>/", api.StripeWebhookView.as_view()),
    path("payments/<uuid:order_id>/", pages.show_payment),
    path("payments/<uuid:order_id>/finish/", pages.finish_payment),
]
