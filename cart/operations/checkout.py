"""From a cart to an order to be, and what becomes of the cart afterwards."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from cart.models import Addition, Cart, CartLine, Checkout, Coupon
from cart.operations.idempotency import find_earlier, take_fingerprint
from cart.operations.items import CartEmpty, NotEnoughStock, NotForSale
from cart.operations.locking import (
    Status,
    gather_before,
    lock_cart,
    move_lines,
    newest_after,
    transition_to,
)
from cart.queries import CartView, Owner, get_shipping_method, view_cart
from cart.rules import CouponUsedUp, check_coupon
from shared.auth.erasure import forget_account
from shared.contracts.base import to_json
from shared.contracts.cart import CartCheckedOut
from shared.contracts.parts import Address, PricedLine
from shared.errors import Conflict
from shared.events.ids import uuid7
from shared.events.publishing import publish
from shared.money import Money, get_currency


class CartChanged(Conflict):
    code = "cart_changed"
    title = "The cart's total has changed; look at it once more"


class TotalTooSmall(Conflict):
    code = "total_too_small"
    title = "So small an amount cannot be paid here"


class TotalTooLarge(Conflict):
    code = "total_too_large"
    title = "So large an amount cannot be paid at once"


@dataclass(frozen=True, kw_only=True)
class CheckoutRequest:
    """What a shopper sends to check out. `expected_total` is the total that was shown; without it
    the prices have to be those that the cart was filled with."""

    email: str
    shipping_address: Address
    shipping_method: str
    billing_address: Address | None = None
    expected_total: Money | None = None
    language: str = "en"

    @property
    def fingerprint(self) -> str:
        return take_fingerprint(to_json(self))


@transaction.atomic
def check_out(*, owner: Owner, key: str, request: CheckoutRequest, now: datetime) -> Checkout:
    """Freezes the cart and hands it to orders, once for a key: the same key and request get the
    same answer for ever. Publishes CartCheckedOut. Raises IdempotencyKeyReused, CartEmpty,
    NotForSale, NotEnoughStock, ShippingUnavailable, CouponRefused, CartChanged, TotalTooSmall and
    TotalTooLarge."""
    fingerprint = request.fingerprint
    if (earlier := find_earlier(Checkout, owner.id, key, fingerprint)) is not None:
        return earlier
    cart = lock_cart(owner)
    # Whoever held the lock before us may have been the same request.
    if (earlier := find_earlier(Checkout, owner.id, key, fingerprint)) is not None:
        return earlier
    if cart is None:
        raise CartEmpty()
    country = request.shipping_address.country
    method = get_shipping_method(request.shipping_method, country)
    view = view_cart(cart, now=now, country=country, method=method)
    _demand_sellable(view)
    _demand_total(view, request.expected_total)
    _demand_payable(view.totals.total)
    coupon = _use_coupon(cart, view, now, agreed=request.expected_total is not None)
    return _freeze(cart, owner, key, request, view, coupon, now)


def _demand_sellable(view: CartView) -> None:
    if not view.lines:
        raise CartEmpty()
    for line in view.lines:
        if line.problem == "not_for_sale":
            raise NotForSale(f"{line.offer.title} is not for sale any more")
        if line.problem == "sold_out":
            raise NotEnoughStock.of(line.offer.title, line.available)


def _demand_total(view: CartView, expected: Money | None) -> None:
    total = view.totals.total
    if expected is not None and expected != total:
        raise CartChanged(f"The total is {total} now")
    if expected is None and (changed := [x for x in view.lines if x.problem == "price_changed"]):
        raise CartChanged(
            f"{changed[0].offer.title} costs {changed[0].unit_price} now. If the total {total} is"
            " right, send it as expected_total."
        )


def _demand_payable(total: Money) -> None:
    """An order of nothing needs no payment; any other has to lie within the provider's bounds."""
    bounds = get_currency(total.currency)
    if 0 < total.amount < bounds.least:
        least = Money(bounds.least, total.currency)
        raise TotalTooSmall(f"A card pays {least} or more, and your total is {total}.")
    if total.amount > bounds.most:
        most = Money(bounds.most, total.currency)
        raise TotalTooLarge(
            f"One order is paid with {most} at most, and your total is {total}. Order in parts."
        )


def _use_coupon(cart: Cart, view: CartView, now: datetime, *, agreed: bool) -> Coupon | None:
    """Raises the CouponRefused that says why the cart's code is worth nothing, unless the shopper
    agreed to the total without it."""
    if cart.coupon is None or (agreed and view.coupon_problem):
        return None
    check_coupon(cart.coupon, view.totals.subtotal, now)
    used = Coupon.objects.filter(
        Q(max_uses=None) | Q(used__lt=F("max_uses")), pk=cart.coupon.pk
    ).update(used=F("used") + 1)
    if not used:
        raise CouponUsedUp()
    return cart.coupon


def _freeze(
    cart: Cart,
    owner: Owner,
    key: str,
    request: CheckoutRequest,
    view: CartView,
    coupon: Coupon | None,
    now: datetime,
) -> Checkout:
    assert owner.id is not None
    assert view.method is not None
    checkout = Checkout.objects.create(
        owner=owner.id,
        key=key,
        fingerprint=request.fingerprint,
        order_id=uuid7(),
        cart=cart,
        coupon=coupon,
        created_at=now,
    )
    cart.order_id, cart.status, cart.updated_at = checkout.order_id, Status.CHECKED_OUT, now
    cart.save(update_fields=["order_id", "status", "updated_at"])
    fact = CartCheckedOut(
        cart_id=cart.pk,
        order_id=checkout.order_id,
        customer_id=owner.customer_id,
        email=request.email,
        lines=tuple(_price(line) for line in view.lines),
        totals=view.totals,
        shipping_method=view.method.code,
        shipping_title=view.method.title,
        shipping_address=request.shipping_address,
        billing_address=request.billing_address,
        coupon=coupon.code if coupon else "",
        language=request.language,
    )
    publish(fact, now=now)
    return checkout


def _price(line: CartLine) -> PricedLine:
    return PricedLine(
        product_id=line.offer.product_id,
        sku=line.sku,
        title=line.offer.title,
        quantity=line.quantity,
        unit_price=line.unit_price,
        total=line.total,
        options=line.offer.options,
        image_url=line.offer.image_url,
        product_slug=line.offer.product_slug,
    )


@transaction.atomic
def end_checkout(*, order_id: UUID, reason: str, now: datetime) -> None:
    """The order was cancelled: its code may be used again. Unless it was the merchant's own
    decision, the shopper finds the cart as it was, or its lines in the one begun since; of a paid
    one only after having cancelled it."""
    checkout = Checkout.objects.select_for_update().filter(order_id=order_id).first()
    if checkout is None:
        return
    if checkout.coupon_id is not None:
        Coupon.objects.filter(pk=checkout.coupon_id, used__gt=0).update(used=F("used") - 1)
        checkout.coupon = None
        checkout.save(update_fields=["coupon"])
    cart = Cart.objects.select_for_update().get(pk=checkout.cart_id)
    if cart.order_id != order_id or cart.status not in (Status.CHECKED_OUT, Status.CLOSED):
        return
    is_unpaid = cart.status == Status.CHECKED_OUT
    if reason == "customer" or (is_unpaid and reason != "merchant"):
        _reopen(cart, now)
    elif is_unpaid:
        transition_to(cart, Status.CLOSED, now)


def _reopen(cart: Cart, now: datetime) -> None:
    last = newest_after(cart)
    if last.customer_id is not None:
        newer = lock_cart(Owner(customer_id=last.customer_id))
    else:
        newer = lock_cart(Owner(guest_cart_id=last.pk))
    if newer is None:
        Cart.objects.filter(pk=cart.pk).update(order_id=None, customer_id=last.customer_id)
        transition_to(cart, Status.OPEN, now)
        gather_before(cart, now)
    else:
        move_lines(cart, newer)
        transition_to(cart, Status.MERGED, now)
        gather_before(newer, now)


@transaction.atomic(savepoint=False)
def close_cart(*, order_id: UUID, now: datetime) -> None:
    """The order is paid: the cart's time is over."""
    cart = Cart.objects.filter(order_id=order_id, status=Status.CHECKED_OUT)
    cart.update(status=Status.CLOSED, updated_at=now)


@transaction.atomic
def forget_customer(*, customer_id: UUID, emails: Collection[str], now: datetime) -> None:
    """Carts that became orders lose the person; the others go."""
    forget_account(account_id=customer_id, emails=emails, now=now)
    carts = Cart.objects.filter(customer_id=customer_id)
    carts.filter(order_id=None).delete()
    carts.update(customer_id=None)
    Checkout.objects.filter(owner=customer_id).delete()
    Addition.objects.filter(owner=customer_id).delete()
