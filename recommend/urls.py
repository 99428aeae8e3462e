"""What recommend serves beside what every service does (shared.urls)."""

from django.urls import include, path

from recommend import api, pages

v1 = [
    path("for-me/", api.ForMeView.as_view()),
    path("similar/<uuid:product_id>/", api.SimilarView.as_view()),
    path("trending/", api.TrendingView.as_view()),
    path("views/", api.ViewsView.as_view()),
]

urlpatterns = [
    path("recommend/api/v1/", include(v1)),
    path("recommend/for-me/", pages.for_me),
    path("recommend/fragments/public/similar/<uuid:product_id>/", pages.similar),
    path("recommend/fragments/public/trending/", pages.trending),
]
