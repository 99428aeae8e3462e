"""What reviews serves beside what every service does (shared.urls)."""

from django.urls import include, path

from reviews import api, pages

v1 = [
    path("reviews/", api.ReviewsView.as_view()),
    path("reviews/<uuid:review_id>/vote/", api.VoteView.as_view()),
]

urlpatterns = [
    path("reviews/api/v1/", include(v1)),
    path("reviews/new/", pages.write_review),
    path("reviews/fragments/public/product/<uuid:product_id>/", pages.product_reviews),
]
