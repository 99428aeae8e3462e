"""The cart in the browser. Everything works by plain forms."""

from functools import lru_cache

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from cart import operations, queries
from cart.models import Cart
from shared.auth.middleware import principal_of
from shared.errors import DomainError
from shared.storefront.caching import own, personal


def owner_of(request: HttpRequest) -> queries.Owner:
    principal = principal_of(request)
    return queries.get_owner(
        principal.user_id if principal else None,
        None,
        request.COOKIES.get(settings.CART_COOKIE["key"]),
    )


def own_cart(request: HttpRequest) -> Cart | None:
    """The shopper's cart; what a guest gathered joins it after signing in."""
    owner = owner_of(request)
    moved = operations.merge_guest_cart(owner=owner, now=timezone.now())
    if moved:
        messages.info(request, "What you had put into your cart before you signed in is here too.")
    return queries.find_cart(owner)


def _remember(response: HttpResponse, cart: Cart | None) -> HttpResponse:
    if cart is not None:
        response.set_cookie(value=queries.cookie_of(cart), **settings.CART_COOKIE)
    return response


@require_safe
@personal
def show_cart(request: HttpRequest) -> HttpResponse:
    cart = own_cart(request)
    view = queries.view_cart(cart, now=timezone.now())
    return _remember(render(request, "cart/cart.html", {"cart": view}), cart)


@require_safe
@own
def badge(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_cart_link(queries.count_units(owner_of(request)), get_language()))


@lru_cache(maxsize=256)
def _cart_link(count: int, language: str) -> str:
    return render_to_string("storefront/cart_link.html", {"count": count})


def _quantity(request: HttpRequest) -> int:
    text = request.POST.get("quantity", "1")
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise operations.InvalidQuantity(quantity=[operations.InvalidQuantity.title])
    return int(text)


def _back_to_cart(request: HttpRequest, cart: Cart | None = None) -> HttpResponse:
    response = HttpResponseRedirect("/cart/")
    response.status_code = 303
    return _remember(response, cart)


@require_POST
@personal
def add_item(request: HttpRequest) -> HttpResponse:
    """The buy button of the product page."""
    own_cart(request)
    try:
        cart = operations.add_item(
            owner=owner_of(request),
            sku=request.POST.get("sku", ""),
            quantity=_quantity(request),
            now=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, error.detail)
        return _back_to_cart(request)
    messages.success(request, "It is in your cart.")
    return _back_to_cart(request, cart)


@require_POST
@personal
def change_item(request: HttpRequest, sku: str) -> HttpResponse:
    """The quantity of a line; `remove` takes it out."""
    owner = owner_of(request)
    try:
        if "remove" in request.POST:
            operations.remove_item(owner=owner, sku=sku, now=timezone.now())
        else:
            operations.set_quantity(
                owner=owner, sku=sku, quantity=_quantity(request), now=timezone.now()
            )
    except DomainError as error:
        messages.error(request, error.detail)
    return _back_to_cart(request)


@require_POST
@personal
def change_coupon(request: HttpRequest) -> HttpResponse:
    """A discount code; `remove` takes it off."""
    owner = owner_of(request)
    try:
        if "remove" in request.POST:
            operations.remove_coupon(owner=owner)
        else:
            code = request.POST.get("code", "")[:40]
            operations.apply_coupon(owner=owner, code=code, now=timezone.now())
            messages.success(request, "The code is applied.")
    except DomainError as error:
        messages.error(request, error.detail)
    return _back_to_cart(request)
