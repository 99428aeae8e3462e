"""The checkout: one page from address to order. A second click of the same form is the same order,
and an order has the total that the page showed, or there is none."""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cart import operations, queries
from cart.forms import CheckoutForm
from cart.models import Cart
from cart.pages.cart import own_cart, owner_of
from shared.auth.capabilities import mint_capability
from shared.auth.middleware import principal_of
from shared.errors import DomainError, InvalidInput, csrf_failure
from shared.money import Money
from shared.storefront.caching import personal

CHECKOUT = "/cart/checkout/"


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def check_out(request: HttpRequest) -> HttpResponse:
    """Shows the form, follows a changed country (`update`) or places the order."""
    cart = own_cart(request)
    is_empty = cart is None or not cart.lines.exists()
    if is_empty and request.method != "POST":
        return HttpResponseRedirect("/cart/", status=303)
    page = _Page(request, cart)
    if request.method == "POST" and "update" not in request.POST and page.form.is_valid():
        try:
            return _place(request, page.form)
        except operations.CartEmpty:
            page.has_lost_cart = True
        except operations.CartChanged:
            page.has_new_total = True
        except DomainError as error:
            _tell(page.form, error)
    page.has_lost_cart |= is_empty
    return page.render()


def form_out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: whoever lost the cookies during the checkout gets the form back as it
    was filled in, and nothing else happens."""
    if request.path != CHECKOUT or request.method != "POST":
        return csrf_failure(request, reason)
    page = _Page(request, own_cart(request))
    page.has_lost_cart = True
    return page.render(status=403)


def _tell(form: CheckoutForm, error: DomainError) -> None:
    if not isinstance(error, InvalidInput):
        form.add_error(None, error.detail)
        return
    for field, texts in error.extra.get("errors", {}).items():
        form.add_error(field if field in form.fields else None, texts)


class _Page:
    """The form beside what it would order: the cart, sent to the country that it names in the way
    that it names."""

    def __init__(self, request: HttpRequest, cart: Cart | None) -> None:
        self.request, self.cart = request, cart
        self.country = request.POST.get("country") or queries.default_country()
        self.quotes = queries.quote_shipping(cart, self.country, timezone.now())
        self.methods = [quote.method for quote in self.quotes if quote.method]
        self.form = self._fill()
        self.has_lost_cart = self.has_new_total = False

    def _fill(self) -> CheckoutForm:
        principal = principal_of(self.request)
        initial: dict[str, Any] = {"key": uuid4().hex, "country": self.country}
        if principal is not None:
            initial |= {"email": principal.email, "name": principal.name}
        if self.methods:
            initial["shipping_method"] = self.methods[0].code
        is_update = "update" in self.request.POST
        sent = self.request.POST.dict() if self.request.method == "POST" else None
        if sent and is_update and sent.get("shipping_method") == sent.get("suggested_method"):
            # Nobody chose it; another country has another first one.
            sent.pop("shipping_method", None)
        form = CheckoutForm(
            {**initial, **(sent or {})} if is_update else sent,
            initial=initial,
            countries=queries.list_countries(),
            methods=[(method.code, method.title) for method in self.methods],
            use_required_attribute=not is_update,
        )
        if is_update:
            form.full_clean()
            form.errors.clear()
        return form

    def render(self, status: int = 0) -> HttpResponse:
        chosen = self.form["shipping_method"].value()
        first = self.methods[0] if self.methods else None
        method = next((x for x in self.methods if x.code == chosen), first)
        view = queries.view_cart(self.cart, now=timezone.now(), country=self.country, method=method)
        context = {
            "form": self.form,
            "quotes": self.quotes,
            "chosen": method.code if method else "",
            "cart": view,
            # The total of the page that was sent.
            "shown_total": _expected_total(self.form) if self.has_new_total else None,
            "has_new_total": self.has_new_total,
            "has_lost_cart": self.has_lost_cart,
            "steps": [
                {"title": _("Cart"), "state": "done", "url": "/cart/"},
                {"title": _("Address and delivery"), "state": "current"},
                {"title": _("Payment"), "state": "todo"},
            ],
        }
        refused = self.form.errors or self.has_new_total or self.has_lost_cart
        status = status or (400 if self.form.errors else 409 if refused else 200)
        return render(self.request, "cart/checkout.html", context, status=status)


def _expected_total(form: CheckoutForm) -> Money | None:
    amount = form.cleaned_data["expected_total"]
    return None if amount is None else Money.rounded(amount, settings.CURRENCY)


def _place(request: HttpRequest, form: CheckoutForm) -> HttpResponse:
    owner, total = owner_of(request), _expected_total(form)
    if total is None:
        raise operations.CartChanged()
    checkout = operations.check_out(
        owner=owner,
        key=form.cleaned_data["key"],
        request=operations.CheckoutRequest(
            email=form.cleaned_data["email"],
            shipping_address=form.address,
            shipping_method=form.cleaned_data["shipping_method"],
            expected_total=total,
        ),
        now=timezone.now(),
    )
    url = f"/orders/{checkout.order_id}/"
    if owner.customer_id is None:
        url += "?token=" + mint_capability("order", checkout.order_id)
    return HttpResponseRedirect(url, status=303)
