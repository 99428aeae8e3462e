"""What payments serves beside what every service does (shared.urls)."""

from django.urls import include, path

from payments import api, pages

v1 = [
    path("payments/<uuid:order_id>/", api.PaymentView.as_view()),
    path("payments/<uuid:order_id>/confirm/", api.ConfirmView.as_view()),
]

urlpatterns = [
    path("payments/api/v1/", include(v1)),
    path("payments/webhooks/stripe/<uuid:uuid>/", api.StripeWebhookView.as_view()),
    path("payments/<uuid:order_id>/", pages.show_payment),
    path("payments/<uuid:order_id>/finish/", pages.finish_payment),
]
