"""The whole outside surface of reviews."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from reviews import api, pages
from shared.api.views import show_reference

handler400 = "shared.errors.bad_request"
handler404 = "shared.errors.page_not_found"
handler500 = "shared.errors.server_error"

v1 = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("reviews/", api.ReviewsView.as_view()),
    path("reviews/<uuid:review_id>/vote/", api.VoteView.as_view()),
]

urlpatterns = [
    path("reviews/", include("shared.observability.urls")),
    path("reviews/admin/", admin.site.urls),
    path("reviews/api/v1/", include(v1)),
    path("reviews/fragments/public/api-reference/", show_reference),
    path("reviews/new/", pages.write_review),
    path("reviews/fragments/public/product/<uuid:product_id>/", pages.product_reviews),
]
