"""The root URLconf of every service: its own urls, and what all of them serve alike."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django_prometheus.exports import ExportToDjangoView
from drf_spectacular.views import SpectacularAPIView

from shared.api.views import show_reference
from shared.observability.views import live, ready

handler400 = "shared.errors.bad_request"
handler404 = "shared.errors.page_not_found"
handler500 = "shared.errors.server_error"

urlpatterns = [
    path("", include(f"{settings.SERVICE_PACKAGE}.urls")),
    path(f"{settings.SERVICE}/health/live", live),
    path(f"{settings.SERVICE}/health/ready", ready),
    # The gateway refuses it from outside.
    path(f"{settings.SERVICE}/metrics", ExportToDjangoView),
    path(f"{settings.SERVICE}/admin/", admin.site.urls),
    path(f"{settings.SERVICE}/api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(f"{settings.SERVICE}/fragments/public/api-reference/", show_reference),
]
