"""Health and metrics of every service. The gateway refuses metrics from outside."""

from django.urls import path
from django_prometheus.exports import ExportToDjangoView

from shared.observability.views import live, ready

urlpatterns = [
    path("health/live", live),
    path("health/ready", ready),
    path("metrics", ExportToDjangoView),
]
