"""The whole outside surface of recommend."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from recommend import api, pages
from shared.api.views import show_reference

handler400 = "shared.errors.bad_request"
handler404 = "shared.errors.page_not_found"
handler500 = "shared.errors.server_error"

v1 = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("for-me/", api.ForMeView.as_view()),
    path("similar/<uuid:product_id>/", api.SimilarView.as_view()),
    path("trending/", api.TrendingView.as_view()),
    path("views/", api.ViewsView.as_view()),
]

urlpatterns = [
    path("recommend/", include("shared.observability.urls")),
    path("recommend/admin/", admin.site.urls),
    path("recommend/api/v1/", include(v1)),
    path("recommend/fragments/public/api-reference/", show_reference),
    path("recommend/for-me/", pages.for_me),
    path("recommend/fragments/public/similar/<uuid:product_id>/", pages.similar),
    path("recommend/fragments/public/trending/", pages.trending),
]
