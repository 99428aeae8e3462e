"""A shopper's orders, and the page of one order, which moves by itself."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orders import operations, queries
from orders.forms import FindForm
from orders.models import Status
from shared.auth.capabilities import read_order_token
from shared.auth.middleware import principal_of
from shared.auth.pages import require_principal, signed_in
from shared.errors import Conflict
from shared.storefront.caching import personal

ORDERS_PER_PAGE = 10
# The steps that are shown before they are made.
ROAD = (Status.PLACED, Status.AWAITING_PAYMENT, Status.PAID, Status.SHIPPED, Status.DELIVERED)


@require_safe
@personal
@signed_in
def list_orders(request: HttpRequest) -> HttpResponse:
    orders = queries.list_orders_of(require_principal(request).user_id)
    pages = Paginator(orders, ORDERS_PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    shown = [queries.view_order(order) for order in page]
    return render(request, "orders/orders.html", {"orders": shown, "page_obj": page})


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def find_order(request: HttpRequest) -> HttpResponse:
    """Whoever asks gets the same answer; the link goes to the order's address."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        operations.mail_link(**form.cleaned_data, now=timezone.now())
        return HttpResponseRedirect("/orders/find/?sent=1")
    status = 422 if form.errors else 200
    context = {"form": form, "is_sent": "sent" in request.GET and not form.is_bound}
    return render(request, "orders/find.html", context, status=status)


@require_safe
@personal
def show_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    return render(request, "orders/order.html", _context(request, order_id))


@require_safe
@personal
def order_fragment(request: HttpRequest, order_id: UUID) -> HttpResponse:
    return render(request, "orders/order_fragment.html", _context(request, order_id))


def _context(request: HttpRequest, order_id: UUID) -> dict[str, Any]:
    principal = principal_of(request)
    token = queries.token_for(order_id, principal, read_order_token(request))
    context: dict[str, Any] = {
        "order_id": order_id,
        "query": f"?token={quote(token)}" if token else "",
        "live_query": f"&token={quote(token)}" if token else "",
        "arriving": queries.is_arriving(order_id, principal, token, timezone.now()),
    }
    if not context["arriving"]:
        order = queries.view_order(queries.get_order_for(order_id, principal, token))
        context |= {"order": order, "entries": timeline_entries(order)}
    return context


def timeline_entries(order: queries.OrderView) -> list[dict[str, Any]]:
    """What happened, then what is still to come."""
    bad = {Status.CANCELLED, Status.REFUNDED}
    entries = [
        {
            "title": step.get_status_display(),
            "at": step.at,
            "detail": step.note if step.status == Status.SHIPPED else "",
            "state": "bad" if step.status in bad else "done",
        }
        for step in order.timeline
    ]
    if order.status in ROAD:
        ahead = ROAD[ROAD.index(Status(order.status)) + 1 :]
        entries += [{"title": status.label, "state": "todo"} for status in ahead]
    return entries


@require_POST
@personal
def cancel_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    token = read_order_token(request)
    principal = principal_of(request)
    queries.get_order_for(order_id, principal, token)
    # Where it is too late, the page that follows shows what became of the order.
    with suppress(Conflict):
        operations.cancel_order(
            order_id=order_id,
            reason="customer",
            actor=queries.actor_of(principal),
            now=timezone.now(),
        )
    query = f"?token={quote(token)}" if token else ""
    return HttpResponseRedirect(f"/orders/{order_id}/{query}")
