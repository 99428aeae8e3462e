"""Who gets which answer from each route of reviews. Alice wrote about the tea already."""

from collections.abc import Callable

import pytest

from reviews.models import Product, Review
from shared.testing.access import AccessMatrix, Ask, Scene


class TestAccess(AccessMatrix):
    table = """
anon = 401:not_authenticated
                                           nobody alice bob cata fulf supp anal otto
GET  reviews/api/v1/reviews/                 200
POST reviews/api/v1/reviews/                 anon  409:already_reviewed 201 201 201 201 201 201
POST reviews/api/v1/reviews/<review_id>/vote/  anon  403:own_review 200 200 200 200 200 200
GET  reviews/new/                            login 200   200 200 200 200 200 200
POST reviews/new/                            login 200   302 302 302 302 302 302
GET  reviews/fragments/public/product/<product_id>/  200

GET,POST reviews/admin/<app_label>/          login login   login 200 404 200 200 200
GET  reviews/admin/reviews/review/<object_id>/publish/  login login login 200 403 200 403 200
POST reviews/admin/reviews/review/<object_id>/publish/  login login login 302 403 302 403 302
GET  reviews/admin/reviews/review/<object_id>/reject/   login login login 200 403 200 403 200
POST reviews/admin/reviews/review/<object_id>/reject/   login login login 302 403 302 403 302
rights reviews.review                                        vc  -   vc  v   vc
rights souk_events.outboxmessage                             -   -   -   -   v
rights souk_events.inboxentry                                -   -   -   -   v
rights souk_events.failedevent                               -   -   -   -   v
POST reviews/admin/souk_events/failedevent/<pk>/replay/   login login login 403 403 403 403 302
POST reviews/admin/souk_events/failedevent/<pk>/discard/  login login login 403 403 403 403 302
"""

    @pytest.fixture
    def scene(self, tea: Product, reviewed: Callable[..., Review]) -> Scene:
        review = reviewed()
        words = {"rating": 4, "title": "Good", "body": "It is green and warm."}
        return Scene(
            values={"product_id": tea.pk, "review_id": review.pk},
            asks={
                "POST reviews/api/v1/reviews/": Ask({"product_id": str(tea.pk), **words}),
                # A vote is counted in the review that it is about.
                "POST reviews/api/v1/reviews/<review_id>/vote/": Ask(
                    {"helpful": True}, touches=True
                ),
                "GET reviews/new/": Ask(query={"product": str(tea.pk)}),
                "POST reviews/new/": Ask(words, query={"product": str(tea.pk)}),
            },
        )
