"""Reads of carts: whose cart it is, and what it costs now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature
from django.db import connection
from django.db.models import QuerySet, Sum

from cart.models import (
    CART_SIGNER,
    EVERYWHERE,
    Cart,
    CartLine,
    Coupon,
    Offer,
    ShippingMethod,
    TaxRate,
)
from cart.rules import (
    ZERO,
    CouponRefused,
    CouponUnknown,
    Discount,
    Shipping,
    check_coupon,
    price_cart,
)
from shared.addresses import country_codes
from shared.contracts.parts import Totals
from shared.errors import Forbidden, InvalidInput
from shared.money import Money, get_currency

ACCOUNTS_OWN = "account"
# Every answer shows the lines; by select_related it takes more processor time (ADR 21).
OFFER = ["sku", "product_id", "product_slug", "title", "options", "image_url"]
OFFER += ["price", "tax_class", "active", "available", "tracked"]
LINES = f"""
SELECT line.quantity, line.price_seen, {", ".join(f"offer.{name}" for name in OFFER)}
FROM cart_cartline line JOIN cart_offer offer ON offer.sku = line.sku
WHERE line.cart_id = %s
ORDER BY line.added_at, line.id
"""


class CartTokenInvalid(Forbidden):
    code = "cart_token_invalid"
    title = "That is no cart of this shop"


class ShippingUnavailable(InvalidInput):
    code = "shipping_unavailable"
    title = "We do not send there that way"


@dataclass(frozen=True)
class Owner:
    """Who holds a cart: an account, a guest by the cart's id, or both just after signing in."""

    customer_id: UUID | None = None
    guest_cart_id: UUID | None = None

    @property
    def id(self) -> UUID | None:
        return self.customer_id or self.guest_cart_id


@dataclass(frozen=True)
class CartView:
    """A cart with today's prices, sent by a `method` where a country and a way are known."""

    id: UUID | None
    lines: list[CartLine]
    coupon: str
    coupon_problem: str
    totals: Totals
    method: ShippingMethod | None

    @property
    def shipping(self) -> Money | None:
        return self.totals.shipping if self.method else None

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def may_check_out(self) -> bool:
        blocked = {"sold_out", "not_for_sale"}
        return bool(self.lines) and not any(line.problem in blocked for line in self.lines)


def read_cart_token(token: str) -> UUID:
    """Raises CartTokenInvalid."""
    try:
        return UUID(CART_SIGNER.unsign(token))
    except (BadSignature, ValueError) as error:
        raise CartTokenInvalid() from error


def get_owner(customer_id: UUID | None, header: str | None, cookie: str | None) -> Owner:
    """Who asks. A wrong token in the header is refused (CartTokenInvalid); a stale cookie is no
    cookie, since the person can't help it."""
    if header:
        return Owner(customer_id, read_cart_token(header))
    try:
        return Owner(customer_id, read_cart_token(cookie) if cookie else None)
    except CartTokenInvalid:
        return Owner(customer_id)


def cookie_of(cart: Cart) -> str:
    """What the cookie of a guest's cart holds; while it exists the gateway asks for the badge. An
    account's cart is found by the account, so its cookie holds nothing: it would only be taken for
    a guest's cart, and looked for, in every request."""
    return cart.token if cart.customer_id is None else ACCOUNTS_OWN


def open_cart_of(owner: Owner) -> QuerySet[Cart]:
    """The owner's open cart, or none."""
    carts = Cart.objects.filter(status=Cart.Status.OPEN)
    if owner.customer_id is not None:
        return carts.filter(customer_id=owner.customer_id)
    if owner.guest_cart_id is not None:
        return carts.filter(pk=owner.guest_cart_id, customer_id=None)
    return carts.none()


def find_cart(owner: Owner) -> Cart | None:
    """The owner's open cart."""
    return open_cart_of(owner).first() if owner.id else None


def count_units(owner: Owner) -> int:
    """How many units are in the owner's open cart, and in the guest's that is to join it. One
    query."""
    carts = open_cart_of(owner) | open_cart_of(Owner(guest_cart_id=owner.guest_cart_id))
    counted = carts.aggregate(units=Sum("lines__quantity"))
    return counted["units"] or 0


def view_cart(
    cart: Cart | None, *, now: datetime, country: str = "", method: ShippingMethod | None = None
) -> CartView:
    """Two queries, lines and tax rates, and the code of a cart that has one."""
    (view,) = view_cart_by(cart, [method], now=now, country=country)
    return view


def quote_shipping(cart: Cart | None, country: str, now: datetime) -> list[CartView]:
    """The cart in each way to send it there."""
    return view_cart_by(cart, list_shipping_methods(country), now=now, country=country)


def view_cart_by(
    cart: Cart | None, methods: Sequence[ShippingMethod | None], *, now: datetime, country: str
) -> list[CartView]:
    """A view for each method; as many queries for any number."""
    lines = list_lines(cart) if cart else []
    goods = _sum_by_tax_class(lines)
    coupon = cart.coupon if cart else None
    problem = _coupon_problem(coupon, sum(goods.values(), ZERO), now)
    discount = _discount(coupon) if coupon and not problem else None
    rates, currency = get_tax_rates(country or default_country()), get_currency(settings.CURRENCY)
    return [
        CartView(
            id=cart.pk if cart else None,
            lines=lines,
            coupon=coupon.code if coupon else "",
            coupon_problem=problem,
            totals=price_cart(goods, discount, _tariff(method), rates, currency),
            method=method,
        )
        for method in methods
    ]


def list_lines(cart: Cart) -> list[CartLine]:
    """With their offers, as they were put in."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, [cart.pk])
        rows = cursor.fetchall()
    return [
        CartLine(
            cart=cart,
            quantity=quantity,
            price_seen=seen,
            offer=Offer(**dict(zip(OFFER, offer, strict=True))),
        )
        for quantity, seen, *offer in rows
    ]


def _sum_by_tax_class(lines: Iterable[CartLine]) -> dict[str, Decimal]:
    goods: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        goods[line.offer.tax_class] += line.total.amount
    return goods


def _tariff(method: ShippingMethod | None) -> Shipping | None:
    return Shipping(method.price, method.free_over) if method else None


def get_tax_rates(country: str) -> dict[str, Decimal]:
    """Tax class -> per cent; empty where the shop charges none."""
    return dict(TaxRate.objects.filter(country=country).values_list("tax_class", "rate"))


def _discount(coupon: Coupon) -> Discount:
    if coupon.kind == Coupon.Kind.FREE_SHIPPING:
        return Discount("free_shipping", get_free_shipping())
    return Discount(coupon.kind, coupon.value)  # type: ignore[arg-type]


def get_free_shipping() -> Decimal:
    """What a code for free shipping is worth: the price of the cheapest way to send within the
    shop's own country (of all ways, where none goes there). A dearer way costs the difference."""
    paid = ShippingMethod.objects.filter(active=True, price__gt=0)
    near = [x.price for x in paid if _goes_to(x, default_country())]
    return min(near or [x.price for x in paid], default=ZERO)


def find_coupon(code: str) -> Coupon:
    """By its code in any case. Raises CouponUnknown."""
    coupon = Coupon.objects.filter(code__iexact=code.strip(), active=True).first()
    if coupon is None:
        raise CouponUnknown()
    return coupon


def _coupon_problem(coupon: Coupon | None, subtotal: Decimal, now: datetime) -> str:
    if coupon is None:
        return ""
    try:
        check_coupon(coupon, Money(subtotal, settings.CURRENCY), now)
    except CouponRefused as refused:
        return refused.detail
    return ""


def list_shipping_methods(country: str) -> list[ShippingMethod]:
    """The ways to send to a country, in the shop's order."""
    methods = ShippingMethod.objects.filter(active=True).order_by("position", "pk")
    return [x for x in methods if _goes_to(x, country)]


def _goes_to(method: ShippingMethod, country: str) -> bool:
    return country in method.countries or EVERYWHERE in method.countries


def get_shipping_method(code: str, country: str) -> ShippingMethod:
    """Raises ShippingUnavailable."""
    for method in list_shipping_methods(country):
        if method.code == code:
            return method
    raise ShippingUnavailable(shipping_method=["We do not send to this country that way"])


def default_country() -> str:
    """The country that prices are shown for before the shopper names one."""
    code: str = settings.DEFAULT_COUNTRY
    return code


def list_countries() -> list[str]:
    """ISO codes of the countries that an active method sends to, sorted."""
    named: set[str] = set()
    for countries in ShippingMethod.objects.filter(active=True).values_list("countries", flat=True):
        named.update(countries)
    return sorted(country_codes() if EVERYWHERE in named else named & country_codes())
