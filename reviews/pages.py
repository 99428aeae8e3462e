"""Writing a review, and what others wrote beside a product."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from reviews import operations, queries
from reviews.forms import ReviewForm
from reviews.models import Review
from shared.auth.pages import require_principal, signed_in
from shared.storefront.caching import personal, public

SHOWN = 8


@require_safe
@public(10)
def product_reviews(request: HttpRequest, product_id: UUID) -> HttpResponse:
    context = {
        "product_id": product_id,
        "summary": queries.get_summary(product_id),
        "reviews": list(queries.list_published(product_id, ordering="helpful")[:SHOWN]),
    }
    return render(request, "reviews/product_reviews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@signed_in
def write_review(request: HttpRequest) -> HttpResponse:
    principal = require_principal(request)
    product = queries.get_product(_product_id(request))
    form = ReviewForm(request.POST or None)
    own = queries.find_own(product.pk, principal.user_id)
    if request.method == "POST" and form.is_valid() and own is None:
        try:
            review = operations.post_review(
                product_id=product.pk, author=principal, now=timezone.now(), **form.cleaned_data
            )
        except operations.AlreadyReviewed as error:
            form.add_error(None, error.detail)
        else:
            published = review.status == Review.Status.PUBLISHED
            messages.success(
                request,
                "Thank you for your review!"
                if published
                else "Thank you! We read it first; then everybody can see it.",
            )
            return HttpResponseRedirect(f"/reviews/new/?product={product.pk}")
    status = 400 if form.errors else 200
    context = {"form": form, "product": product, "own": own}
    return render(request, "reviews/write_review.html", context, status=status)


def _product_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.GET.get("product", ""))
    except ValueError as error:
        raise queries.UnknownProduct() from error
