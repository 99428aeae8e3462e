"""Recommendations in the shop's pages."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from recommend import queries
from shared.auth.pages import require_principal, signed_in
from shared.storefront.caching import personal, public

ON_A_PRODUCT = 4


@require_safe
@personal
@signed_in
def for_me(request: HttpRequest) -> HttpResponse:
    user_id = require_principal(request).user_id
    found = queries.recommend_for(user_id, timezone.now(), limit=12)
    return render(request, "recommend/for_me.html", {"products": found})


@require_safe
@public(30)
def similar(request: HttpRequest, product_id: UUID) -> HttpResponse:
    found = queries.recommend_similar(product_id, timezone.now(), limit=ON_A_PRODUCT)
    bought = any(product.reason == "copurchase" for product in found)
    title = "Customers also bought" if bought else "You may also like"
    return render(request, "recommend/row.html", {"products": found, "title": title})


@require_safe
@public(30)
def trending(request: HttpRequest) -> HttpResponse:
    found = queries.recommend_trending(timezone.now(), limit=ON_A_PRODUCT)
    return render(request, "recommend/row.html", {"products": found, "title": "Much looked at"})
