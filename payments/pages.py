"""The page on which an order is paid. The card's data never reaches us: the field is a frame of
the provider, and the browser tells us only that it has finished."""

from contextlib import suppress
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from payments import operations, queries
from payments.clients import ProviderUnavailable
from shared.auth.capabilities import read_order_token
from shared.auth.middleware import principal_of
from shared.storefront.caching import personal

# States that pass by themselves; the page looks again.
PASSING = ("preparing", "processing")


@require_safe
@personal
def show_payment(request: HttpRequest, order_id: UUID) -> HttpResponse:
    view = _view(request, order_id)
    query = _query(request)
    context = {
        "payment": view,
        "query": query,
        "passing": view.state in PASSING,
        "status_url": f"/payments/api/v1/payments/{order_id}/{query}",
        "stripe_js_url": settings.STRIPE_JS_URL,
        "is_test": not (settings.STRIPE_LIVE_MODE or settings.STRIPE_API_BASE),
    }
    return render(request, "payments/payment.html", context)


@require_POST
@personal
def finish_payment(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The browser has paid: asks the provider at once instead of waiting for its webhook, and
    leads to the order."""
    _view(request, order_id)
    with suppress(ProviderUnavailable, queries.PaymentNotFound):
        operations.sync_intent(order_id=order_id, now=timezone.now())
    return HttpResponseRedirect(f"/orders/{order_id}/{_query(request)}")


def _view(request: HttpRequest, order_id: UUID) -> queries.PaymentView:
    token = read_order_token(request)
    try:
        payment = queries.get_payment_for(order_id, principal_of(request), token)
    except queries.PaymentNotReady:
        return queries.view_arriving(order_id)
    return queries.view_payment(payment, timezone.now())


def _query(request: HttpRequest) -> str:
    token = read_order_token(request)
    return f"?token={quote(token)}" if token else ""
