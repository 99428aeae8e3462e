"""Reads of carts: whose cart it is, and what it costs now."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import connection
from django.http.response import HttpResponseBase

from cart.models import EVERYWHERE, Cart, Coupon, ShippingMethod, TaxRate
from cart.rules import Discount, Line, Price, Shipping, price_cart
from shared.addresses import country_codes
from shared.database.rows import find, find_all
from shared.errors import Conflict, Forbidden, InvalidInput
from shared.money import Money, get_currency

CART_COOKIE = "cart"
CART_COOKIE_SECONDS = 30 * 24 * 3600
ACCOUNTS_OWN = "account"

LINES = """
SELECT line.sku, offer.title, offer.options, offer.product_id, offer.product_slug, offer.image_url,
    line.quantity, offer.price, line.price_seen, offer.available, offer.active, offer.tax_class,
    offer.tracked
FROM cart_cartline line JOIN cart_offer offer ON offer.sku = line.sku
WHERE line.cart_id = %s
ORDER BY line.added_at, line.id
"""
# One of the two parameters is NULL and finds nothing.
UNITS = """
SELECT COALESCE(SUM(line.quantity), 0)
FROM cart_cart cart
JOIN cart_cartline line ON line.cart_id = cart.id
JOIN cart_offer offer ON offer.sku = line.sku
WHERE cart.status = 'open'
AND (cart.customer_id = %s OR cart.id = %s AND cart.customer_id IS NULL)
"""


class CartTokenInvalid(Forbidden):
    code = "cart_token_invalid"
    title = "That is no cart of this shop"


class CouponRefused(Conflict):
    code = "coupon_refused"
    title = "The code cannot be used"


class CouponUnknown(CouponRefused):
    code = "coupon_unknown"
    title = "There is no such code"


class CouponExpired(CouponRefused):
    code = "coupon_expired"
    title = "The code is not valid now"


class CouponMinimum(CouponRefused):
    code = "coupon_minimum"
    title = "The cart is too small for this code"


class CouponUsedUp(CouponRefused):
    code = "coupon_used_up"
    title = "The code was used as often as it may be"


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
class LineView:
    """`problem` is "", sold_out (fewer are left than wanted), not_for_sale or price_changed."""

    sku: str
    title: str
    options: str
    product_id: UUID
    product_slug: str
    image_url: str
    quantity: int
    unit_price: Money
    total: Money
    price_seen: Money
    available: int | None
    problem: str
    tax_class: str

    @property
    def url(self) -> str:
        return f"/catalog/products/{self.product_slug}/"


@dataclass(frozen=True)
class CartView:
    """A cart with today's prices. `shipping` is None until a country and a method are known."""

    id: UUID | None
    lines: list[LineView]
    coupon: str
    coupon_problem: str
    subtotal: Money
    discount: Money
    shipping: Money | None
    tax: Money
    total: Money

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def may_check_out(self) -> bool:
        blocked = {"sold_out", "not_for_sale"}
        return bool(self.lines) and not any(line.problem in blocked for line in self.lines)


@dataclass(frozen=True)
class ShippingQuote:
    """A way to send this cart, at its price."""

    code: str
    title: str
    note: str
    price: Money


def sign_cart(cart_id: UUID) -> str:
    """The token by which a guest holds a cart."""
    return Signer(salt="cart").sign(str(cart_id))


def read_cart_token(token: str) -> UUID:
    """Raises CartTokenInvalid."""
    try:
        return UUID(Signer(salt="cart").unsign(token))
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


def remember_cart(response: HttpResponseBase, cart: Cart) -> None:
    """Sets the cookie that holds a guest's cart; while it exists the gateway asks for the badge.
    An account's cart is found by the account, so its cookie holds nothing: it would only be taken
    for a guest's cart, and looked for, in every request."""
    response.set_cookie(
        CART_COOKIE,
        sign_cart(cart.pk) if cart.customer_id is None else ACCOUNTS_OWN,
        max_age=CART_COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.PUBLIC_URL.startswith("https:"),
    )


def open_key(owner: Owner) -> dict[str, Any]:
    """The columns by which the owner's open cart is found; empty for a stranger."""
    if owner.customer_id is not None:
        return {"customer_id": owner.customer_id, "status": Cart.Status.OPEN}
    if owner.guest_cart_id is not None:
        return {"pk": owner.guest_cart_id, "customer_id": None, "status": Cart.Status.OPEN}
    return {}


def find_cart(owner: Owner) -> Cart | None:
    """The owner's open cart."""
    key = open_key(owner)
    return find(Cart, **key) if key else None


def count_units(owner: Owner) -> int:
    """How many units are in the owner's open cart, of what the shop still knows. One query."""
    guests = None if owner.customer_id else owner.guest_cart_id
    with connection.cursor() as cursor:
        cursor.execute(UNITS, [owner.customer_id, guests])
        (units,) = cursor.fetchone()
    return int(units)


def view_cart(
    cart: Cart | None,
    *,
    now: datetime,
    country: str = "",
    method: ShippingMethod | None = None,
) -> CartView:
    """Two queries, lines and tax rates, and the code of a cart that has one."""
    lines = _view_lines(cart) if cart else []
    coupon = cart.coupon if cart else None
    problem = _coupon_problem(coupon, lines, now)
    discount = _discount(coupon) if coupon and not problem else None
    price = _price(lines, discount, method, country or default_country())
    return CartView(
        id=cart.pk if cart else None,
        lines=lines,
        coupon=coupon.code if coupon else "",
        coupon_problem=problem,
        subtotal=money(price.subtotal),
        discount=money(price.discount),
        shipping=money(price.shipping) if method else None,
        tax=money(price.tax),
        total=money(price.total),
    )


def money(amount: Decimal) -> Money:
    return Money(amount, settings.CURRENCY)


def _view_lines(cart: Cart) -> list[LineView]:
    with connection.cursor() as cursor:
        cursor.execute(LINES, [cart.pk])
        rows = cursor.fetchall()
    return [_view_line(_LineRow._make(row)) for row in rows]


class _LineRow(NamedTuple):
    """What LINES reads."""

    sku: str
    title: str
    options: str
    product_id: UUID
    product_slug: str
    image_url: str
    quantity: int
    price: Decimal
    price_seen: Decimal
    available: int | None
    active: bool
    tax_class: str
    tracked: bool


def _view_line(row: _LineRow) -> LineView:
    return LineView(
        sku=row.sku,
        title=row.title,
        options=row.options,
        product_id=row.product_id,
        product_slug=row.product_slug,
        image_url=row.image_url,
        quantity=row.quantity,
        unit_price=money(row.price),
        total=money(row.price * row.quantity),
        price_seen=money(row.price_seen),
        available=row.available if row.tracked else None,
        problem=_line_problem(row),
        tax_class=row.tax_class,
    )


def _line_problem(row: _LineRow) -> str:
    if not row.active:
        return "not_for_sale"
    if row.tracked and (row.available or 0) < row.quantity:
        return "sold_out"
    return "price_changed" if row.price != row.price_seen else ""


def _price(
    lines: list[LineView], discount: Discount | None, method: ShippingMethod | None, country: str
) -> Price:
    return price_cart(
        [Line(x.sku, x.quantity, x.unit_price.amount, x.tax_class) for x in lines],
        discount,
        Shipping(method.price, method.free_over) if method else None,
        get_tax_rates(country),
        get_currency(settings.CURRENCY),
    )


def get_tax_rates(country: str) -> dict[str, Decimal]:
    """Tax class -> per cent; empty where the shop charges none."""
    return {rate.tax_class: rate.rate for rate in find_all(TaxRate, country=country)}


def _discount(coupon: Coupon) -> Discount:
    if coupon.kind == Coupon.Kind.FREE_SHIPPING:
        return Discount("free_shipping", get_free_shipping())
    return Discount(coupon.kind, coupon.value)  # type: ignore[arg-type]


def get_free_shipping() -> Decimal:
    """What a code for free shipping is worth: the price of the cheapest way to send within the
    shop's own country (of all ways, where none goes there). A dearer way costs the difference."""
    paid = [x for x in find_all(ShippingMethod, active=True, by="position") if x.price]
    near = [x.price for x in paid if _goes_to(x, default_country())]
    return min(near or [x.price for x in paid], default=Decimal(0))


def find_coupon(code: str) -> Coupon:
    """By its code in any case. Raises CouponUnknown."""
    coupon = Coupon.objects.filter(code__iexact=code.strip(), active=True).first()
    if coupon is None:
        raise CouponUnknown()
    return coupon


def check_coupon(coupon: Coupon, subtotal: Decimal, now: datetime) -> None:
    """Raises the CouponRefused that says why not."""
    if not coupon.active:
        raise CouponUnknown()
    if (coupon.starts_at and now < coupon.starts_at) or (coupon.ends_at and now >= coupon.ends_at):
        raise CouponExpired()
    if coupon.max_uses is not None and coupon.used >= coupon.max_uses:
        raise CouponUsedUp()
    if subtotal < coupon.minimum:
        raise CouponMinimum(f"The code is for carts from {money(coupon.minimum)}")


def _coupon_problem(coupon: Coupon | None, lines: list[LineView], now: datetime) -> str:
    if coupon is None:
        return ""
    try:
        check_coupon(coupon, sum((x.total.amount for x in lines), Decimal(0)), now)
    except CouponRefused as refused:
        return refused.detail
    return ""


def list_shipping_methods(country: str) -> list[ShippingMethod]:
    """The ways to send to a country, in the shop's order."""
    methods = find_all(ShippingMethod, active=True, by="position")
    return [x for x in methods if _goes_to(x, country)]


def _goes_to(method: ShippingMethod, country: str) -> bool:
    return country in method.countries or EVERYWHERE in method.countries


def get_shipping_method(code: str, country: str) -> ShippingMethod:
    """Raises ShippingUnavailable."""
    for method in list_shipping_methods(country):
        if method.code == code:
            return method
    raise ShippingUnavailable(shipping_method=["We do not send to this country that way"])


def quote_shipping(cart: Cart | None, country: str, now: datetime) -> list[ShippingQuote]:
    """What each way to send would cost this cart."""
    quotes = []
    for method in list_shipping_methods(country):
        shipping = view_cart(cart, now=now, country=country, method=method).shipping
        assert shipping is not None
        quotes.append(ShippingQuote(method.code, method.title, method.note, shipping))
    return quotes


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
