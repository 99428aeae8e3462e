"""Every write of cart. A cart's row is locked first, so one cart changes one step at a time."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from cart.models import MAX_QUANTITY, Cart, CartLine, Checkout, Coupon, Offer, StockLevel
from cart.queries import (
    CartView,
    CouponUsedUp,
    LineView,
    Owner,
    check_coupon,
    find_cart,
    find_coupon,
    get_shipping_method,
    view_cart,
)
from shared.contracts.base import to_json
from shared.contracts.cart import CartCheckedOut
from shared.contracts.catalog import ProductChanged
from shared.contracts.parts import Address, PricedLine, Totals
from shared.errors import Conflict, InvalidInput, NotFound
from shared.events.ids import uuid7
from shared.events.publishing import publish
from shared.money import Money

Status = Cart.Status


class UnknownSku(NotFound):
    code = "unknown_sku"
    title = "There is no such thing in this shop"


class NotForSale(Conflict):
    code = "not_for_sale"
    title = "This is not for sale at the moment"


class NotEnoughStock(Conflict):
    code = "not_enough_stock"
    title = "There are not that many left"


class InvalidQuantity(InvalidInput):
    code = "invalid_quantity"
    title = f"A quantity is a whole number from 1 to {MAX_QUANTITY}"


class NotInCart(NotFound):
    code = "not_in_cart"
    title = "That is not in the cart"


class CartEmpty(Conflict):
    code = "cart_empty"
    title = "The cart is empty"


class CartChanged(Conflict):
    code = "cart_changed"
    title = "The cart's total has changed; look at it once more"


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    title = "This Idempotency-Key belongs to another checkout"


@dataclass(frozen=True, kw_only=True)
class CheckoutRequest:
    """What a shopper sends to check out. `expected_total` is the total that was shown, if the
    caller wants it to be held to."""

    email: str
    shipping_address: Address
    shipping_method: str
    billing_address: Address | None = None
    expected_total: Money | None = None
    language: str = "en"

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(to_json(self), sort_keys=True).encode()).hexdigest()


@transaction.atomic
def add_item(*, owner: Owner, sku: str, quantity: int, now: datetime) -> Cart:
    """Puts units of a SKU into the owner's cart, which is made when there is none.
    Raises InvalidQuantity, UnknownSku, NotForSale and NotEnoughStock."""
    offer = _offer_for_sale(sku)
    cart = _lock_cart(owner) or _open_cart(owner, now)
    line = cart.lines.filter(sku=sku).first()
    _put(cart, offer, (line.quantity if line else 0) + quantity, added=quantity, now=now)
    return cart


@transaction.atomic
def set_quantity(*, owner: Owner, sku: str, quantity: int, now: datetime) -> Cart:
    """Raises NotInCart and what `add_item` raises."""
    cart = _lock_cart(owner)
    if cart is None or not cart.lines.filter(sku=sku).exists():
        raise NotInCart()
    _put(cart, _offer_for_sale(sku), quantity, added=quantity, now=now)
    return cart


def _put(cart: Cart, offer: Offer, quantity: int, *, added: int, now: datetime) -> None:
    if added < 1 or not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidQuantity(quantity=[InvalidQuantity.title])
    if offer.available is not None and quantity > offer.available:
        raise NotEnoughStock(f"Only {max(0, offer.available)} left of {offer.title}")
    CartLine.objects.update_or_create(
        cart=cart,
        sku=offer.sku,
        defaults={"quantity": quantity, "price_seen": offer.price},
        create_defaults={"quantity": quantity, "price_seen": offer.price, "added_at": now},
    )
    _touch(cart, now)


@transaction.atomic
def remove_item(*, owner: Owner, sku: str, now: datetime) -> Cart:
    """Raises NotInCart."""
    cart = _lock_cart(owner)
    if cart is None or not cart.lines.filter(sku=sku).delete()[0]:
        raise NotInCart()
    _touch(cart, now)
    return cart


@transaction.atomic
def apply_coupon(*, owner: Owner, code: str, now: datetime) -> Cart:
    """Raises CartEmpty and a CouponRefused."""
    cart = _lock_cart(owner)
    if cart is None or not cart.lines.exists():
        raise CartEmpty()
    coupon = find_coupon(code)
    check_coupon(coupon, view_cart(cart, now=now).subtotal.amount, now)
    cart.coupon = coupon
    cart.save(update_fields=["coupon"])
    return cart


@transaction.atomic
def remove_coupon(*, owner: Owner) -> Cart | None:
    cart = _lock_cart(owner)
    if cart is not None:
        cart.coupon = None
        cart.save(update_fields=["coupon"])
    return cart


@transaction.atomic
def merge_guest_cart(*, owner: Owner, now: datetime) -> int:
    """Moves a guest's lines into the cart of the account that has signed in; how many. Quantities
    add up as far as a line may hold; no line is lost."""
    if owner.customer_id is None or owner.guest_cart_id is None:
        return 0
    guest = (
        Cart.objects.select_for_update()
        .filter(pk=owner.guest_cart_id, customer_id=None, status=Status.OPEN)
        .first()
    )
    if guest is None:
        return 0
    moved = guest.lines.count()
    account = Owner(customer_id=owner.customer_id)
    target = _lock_cart(account) or _open_cart(account, now)
    _move_lines(guest, target)
    if target.coupon_id is None and guest.coupon_id is not None:
        Cart.objects.filter(pk=target.pk).update(coupon_id=guest.coupon_id)
    _become(guest, Status.MERGED, now)
    _touch(target, now)
    return moved


def _move_lines(source: Cart, target: Cart) -> None:
    for line in source.lines.order_by("added_at", "pk"):
        there = target.lines.filter(sku=line.sku).first()
        if there is None:
            CartLine.objects.filter(pk=line.pk).update(cart=target)
        else:
            total = min(MAX_QUANTITY, there.quantity + line.quantity)
            CartLine.objects.filter(pk=there.pk).update(quantity=total)


@transaction.atomic
def check_out(*, owner: Owner, key: str, request: CheckoutRequest, now: datetime) -> Checkout:
    """Freezes the cart and hands it to orders, once for a key: the same key and request get the
    same answer for ever. Publishes CartCheckedOut. Raises IdempotencyKeyReused, CartEmpty,
    NotForSale, NotEnoughStock, ShippingUnavailable, CouponRefused and CartChanged."""
    if (earlier := _find_checkout(owner, key, request)) is not None:
        return earlier
    cart = _lock_cart(owner)
    # Whoever held the lock before us may have been the same request.
    if (earlier := _find_checkout(owner, key, request)) is not None:
        return earlier
    if cart is None:
        raise CartEmpty()
    country = request.shipping_address.country
    method = get_shipping_method(request.shipping_method, country)
    view = view_cart(cart, now=now, country=country, method=method)
    _demand_sellable(view)
    if request.expected_total is not None and request.expected_total != view.total:
        raise CartChanged(f"The total is {view.total} now")
    coupon = _use_coupon(cart, view, now)
    return _freeze(cart, owner, key, request, view, method.title, coupon, now)


def _find_checkout(owner: Owner, key: str, request: CheckoutRequest) -> Checkout | None:
    earlier = Checkout.objects.filter(owner=owner.id, key=key).first() if owner.id else None
    if earlier is not None and earlier.fingerprint != request.fingerprint:
        raise IdempotencyKeyReused()
    return earlier


def _demand_sellable(view: CartView) -> None:
    if not view.lines:
        raise CartEmpty()
    for line in view.lines:
        if line.problem == "not_for_sale":
            raise NotForSale(f"{line.title} is not for sale any more")
        if line.problem == "sold_out":
            raise NotEnoughStock(f"Only {max(0, line.available or 0)} left of {line.title}")


def _use_coupon(cart: Cart, view: CartView, now: datetime) -> Coupon | None:
    if cart.coupon is None:
        return None
    check_coupon(cart.coupon, view.subtotal.amount, now)
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
    shipping_title: str,
    coupon: Coupon | None,
    now: datetime,
) -> Checkout:
    assert owner.id is not None
    assert view.shipping is not None
    checkout = Checkout.objects.create(
        owner=owner.id,
        key=key,
        fingerprint=request.fingerprint,
        order_id=uuid7(),
        cart=cart,
        coupon=coupon,
        created_at=now,
    )
    Cart.objects.filter(pk=cart.pk).update(order_id=checkout.order_id)
    _become(cart, Status.CHECKED_OUT, now)
    fact = CartCheckedOut(
        cart_id=cart.pk,
        order_id=checkout.order_id,
        customer_id=owner.customer_id,
        email=request.email,
        lines=tuple(_priced(line) for line in view.lines),
        totals=Totals(
            subtotal=view.subtotal,
            discount=view.discount,
            shipping=view.shipping,
            tax=view.tax,
            total=view.total,
        ),
        shipping_method=request.shipping_method,
        shipping_title=shipping_title,
        shipping_address=request.shipping_address,
        billing_address=request.billing_address,
        coupon=view.coupon,
        language=request.language,
    )
    publish(fact, now=now)
    return checkout


def _priced(line: LineView) -> PricedLine:
    return PricedLine(
        product_id=line.product_id,
        sku=line.sku,
        title=line.title,
        quantity=line.quantity,
        unit_price=line.unit_price,
        total=line.total,
        options=line.options,
        image_url=line.image_url,
        product_slug=line.product_slug,
    )


@transaction.atomic
def end_checkout(*, order_id: UUID, reason: str, now: datetime) -> None:
    """The order was cancelled: its code may be used again, and after `sold_out` the shopper finds
    the cart as it was, or its lines in the cart that was begun since."""
    checkout = Checkout.objects.select_for_update().filter(order_id=order_id).first()
    if checkout is None:
        return
    if checkout.coupon_id is not None:
        Coupon.objects.filter(pk=checkout.coupon_id, used__gt=0).update(used=F("used") - 1)
        Checkout.objects.filter(pk=checkout.pk).update(coupon=None)
    cart = Cart.objects.select_for_update().get(pk=checkout.cart_id)
    if cart.status != Status.CHECKED_OUT:
        return
    if reason == "sold_out":
        _reopen(cart, now)
    else:
        _become(cart, Status.CLOSED, now)


def _reopen(cart: Cart, now: datetime) -> None:
    newer = None
    if cart.customer_id is not None:
        newer = _lock_cart(Owner(customer_id=cart.customer_id))
    if newer is None:
        Cart.objects.filter(pk=cart.pk).update(order_id=None)
        _become(cart, Status.OPEN, now)
    else:
        _move_lines(cart, newer)
        _become(cart, Status.MERGED, now)


@transaction.atomic
def close_cart(*, order_id: UUID, now: datetime) -> None:
    """The order is paid: the cart's story is over."""
    Cart.objects.filter(order_id=order_id, status=Status.CHECKED_OUT).update(
        status=Status.CLOSED, updated_at=now
    )


@transaction.atomic
def take_offers(*, product: ProductChanged, version: int) -> None:
    """Takes over catalog's word about a product, unless a newer one is known. Variants that are
    no longer there stop being for sale."""
    offers = Offer.objects.select_for_update().filter(product_id=product.product_id)
    known = {offer.sku: offer.product_version for offer in offers.order_by("sku")}
    if any(version < other for other in known.values()):
        return
    skus = sorted(variant.sku for variant in product.variants)
    stock = {x.sku: x for x in StockLevel.objects.filter(sku__in=skus)}
    for variant in sorted(product.variants, key=lambda x: x.sku):
        fields = {
            "product_id": product.product_id,
            "product_slug": product.slug,
            "title": product.title,
            "options": variant.options,
            "price": variant.price.amount,
            "tax_class": variant.tax_class,
            "weight_grams": variant.weight_grams,
            "image_url": variant.image_url or product.image_url,
            "active": product.active,
            "product_version": version,
        }
        level = stock.get(variant.sku)
        first = {"available": level.available, "stock_version": level.version} if level else {}
        Offer.objects.update_or_create(
            sku=variant.sku, defaults=fields, create_defaults={**fields, **first}
        )
    offers.exclude(sku__in=skus).update(active=False, product_version=version)


@transaction.atomic
def withdraw_offers(*, product_id: UUID) -> None:
    """The product is gone."""
    Offer.objects.filter(product_id=product_id).update(active=False)


@transaction.atomic
def take_stock_level(*, sku: str, available: int, version: int) -> None:
    """Takes over inventory's word about a SKU, unless a newer one is known."""
    level, is_new = StockLevel.objects.select_for_update().get_or_create(
        sku=sku, defaults={"available": available, "version": version}
    )
    if not is_new and version <= level.version:
        return
    StockLevel.objects.filter(sku=sku).update(available=available, version=version)
    Offer.objects.filter(sku=sku, stock_version__lt=version).update(
        available=available, stock_version=version
    )


@transaction.atomic
def forget_customer(*, customer_id: UUID) -> None:
    """Carts that became orders lose the person; the others go."""
    carts = Cart.objects.filter(customer_id=customer_id)
    carts.filter(order_id=None).delete()
    carts.update(customer_id=None)
    Checkout.objects.filter(owner=customer_id).delete()


def _offer_for_sale(sku: str) -> Offer:
    offer = Offer.objects.filter(sku=sku).first()
    if offer is None:
        raise UnknownSku(f"There is no {sku[:64]} in this shop")
    if not offer.active:
        raise NotForSale()
    return offer


def _lock_cart(owner: Owner) -> Cart | None:
    found = find_cart(owner)
    if found is None:
        return None
    return (
        Cart.objects.select_for_update(of=("self",))
        .select_related("coupon")
        .filter(pk=found.pk, status=Status.OPEN)
        .first()
    )


def _open_cart(owner: Owner, now: datetime) -> Cart:
    if owner.customer_id is None:
        return Cart.objects.create(id=uuid7(), created_at=now, updated_at=now)
    # Two tabs may do this at once: the constraint lets one of them make it.
    cart, _ = Cart.objects.get_or_create(
        customer_id=owner.customer_id,
        status=Status.OPEN,
        defaults={"id": uuid7(), "created_at": now, "updated_at": now},
    )
    return Cart.objects.select_for_update(of=("self",)).select_related("coupon").get(pk=cart.pk)


def _become(cart: Cart, status: Cart.Status, now: datetime) -> None:
    Cart.objects.filter(pk=cart.pk).update(status=status, updated_at=now)
    cart.status = status


def _touch(cart: Cart, now: datetime) -> None:
    Cart.objects.filter(pk=cart.pk).update(updated_at=now)
