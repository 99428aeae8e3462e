"""The cart and the checkout in the browser. Everything works by plain forms."""

from functools import lru_cache
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cart import operations, queries
from cart.forms import CheckoutForm
from cart.models import Cart
from cart.rules import COUNTRY_NAMES
from shared.auth.capabilities import mint_capability
from shared.auth.middleware import principal_of
from shared.errors import DomainError, InvalidInput
from shared.storefront.caching import own, personal


def owner_of(request: HttpRequest) -> queries.Owner:
    principal = principal_of(request)
    return queries.get_owner(
        principal.user_id if principal else None,
        None,
        request.COOKIES.get(queries.CART_COOKIE),
    )


def _own_cart(request: HttpRequest) -> Cart | None:
    """The shopper's cart; what a guest gathered joins it after signing in."""
    owner = owner_of(request)
    moved = operations.merge_guest_cart(owner=owner, now=timezone.now())
    if moved:
        messages.info(request, "What you had put into your cart before you signed in is here too.")
    return queries.find_cart(owner)


def _remember(response: HttpResponse, cart: Cart | None) -> HttpResponse:
    if cart is not None:
        queries.remember_cart(response, cart)
    return response


@require_safe
@personal
def show_cart(request: HttpRequest) -> HttpResponse:
    cart = _own_cart(request)
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
    _own_cart(request)
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


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def check_out(request: HttpRequest) -> HttpResponse:
    """One page from address to order. A second click of the same form is the same order."""
    cart = _own_cart(request)
    country = request.POST.get("country") or queries.default_country()
    quotes = queries.quote_shipping(cart, country, timezone.now())
    form = _form(request, quotes)
    if request.method == "POST" and "update" not in request.POST and form.is_valid():
        try:
            return _place(request, form)
        except InvalidInput as error:
            for field, texts in error.extra.get("errors", {}).items():
                form.add_error(field if field in form.fields else None, texts)
        except DomainError as error:
            form.add_error(None, error.detail)
    if cart is None or not cart.lines.exists():
        return _back_to_cart(request)
    return _render_checkout(request, cart, form, quotes, country)


def _form(request: HttpRequest, quotes: list[queries.ShippingQuote]) -> CheckoutForm:
    principal = principal_of(request)
    initial: dict[str, Any] = {"key": uuid4().hex, "country": queries.default_country()}
    if principal is not None:
        initial |= {"email": principal.email, "name": principal.name}
    if quotes:
        initial["shipping_method"] = quotes[0].code
    form = CheckoutForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        countries=[(code, COUNTRY_NAMES.get(code, code)) for code in queries.list_countries()],
        methods=[(quote.code, quote.title) for quote in quotes],
        use_required_attribute="update" not in request.POST,
    )
    if "update" in request.POST:
        form.full_clean()
        form.errors.clear()
    return form


def _render_checkout(
    request: HttpRequest,
    cart: Cart,
    form: CheckoutForm,
    quotes: list[queries.ShippingQuote],
    country: str,
) -> HttpResponse:
    chosen = form["shipping_method"].value()
    quote = next((x for x in quotes if x.code == chosen), quotes[0] if quotes else None)
    method = queries.get_shipping_method(quote.code, country) if quote else None
    view = queries.view_cart(cart, now=timezone.now(), country=country, method=method)
    context = {
        "form": form,
        "quotes": quotes,
        "chosen": quote.code if quote else "",
        "cart": view,
        "steps": [
            {"title": "Cart", "state": "done", "url": "/cart/"},
            {"title": "Address and delivery", "state": "current"},
            {"title": "Payment", "state": "todo"},
        ],
    }
    status = 400 if form.errors else 200
    return render(request, "cart/checkout.html", context, status=status)


def _place(request: HttpRequest, form: CheckoutForm) -> HttpResponse:
    owner = owner_of(request)
    checkout = operations.check_out(
        owner=owner,
        key=form.cleaned_data["key"],
        request=operations.CheckoutRequest(
            email=form.cleaned_data["email"],
            shipping_address=form.address,
            shipping_method=form.cleaned_data["shipping_method"],
        ),
        now=timezone.now(),
    )
    url = f"/orders/{checkout.order_id}/"
    if owner.customer_id is None:
        url += "?token=" + mint_capability("order", checkout.order_id)
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response
