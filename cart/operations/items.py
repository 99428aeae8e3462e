"""What goes into a cart and out of it."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from cart.models import MAX_QUANTITY, Addition, Cart, Offer
from cart.operations.idempotency import find_earlier, take_fingerprint
from cart.operations.locking import (
    Status,
    lock_cart,
    move_lines,
    open_cart,
    take_cart,
    transition_to,
)
from cart.queries import Owner, find_cart, find_coupon, view_cart
from cart.rules import check_coupon
from shared.errors import Conflict, InvalidInput, NotFound

# By the ORM it is two statements, and more processor time an addition (ADR 21). Changes nothing
# where the line would hold more than it may.
ADD_UNITS = """
INSERT INTO cart_cartline AS line (cart_id, sku, quantity, price_seen, added_at)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (cart_id, sku) DO UPDATE
SET quantity = line.quantity + EXCLUDED.quantity, price_seen = EXCLUDED.price_seen
WHERE line.quantity + EXCLUDED.quantity <= %s
"""


class UnknownSku(NotFound):
    code = "unknown_sku"
    title = "There is no such product in this shop"


class NotForSale(Conflict):
    code = "not_for_sale"
    title = "This is not for sale at the moment"


class NotEnoughStock(Conflict):
    code = "not_enough_stock"
    title = "There are not that many left"

    @classmethod
    def of(cls, title: str, available: int | None) -> "NotEnoughStock":
        left = max(0, available or 0)
        return cls(f"Only {left} left of {title}" if left else f"{title} is sold out")


class InvalidQuantity(InvalidInput):
    code = "invalid_quantity"
    title = f"A quantity is a whole number from 1 to {MAX_QUANTITY}"


class NotInCart(NotFound):
    code = "not_in_cart"
    title = "That is not in the cart"


class CartEmpty(Conflict):
    code = "cart_empty"
    title = "The cart is empty"


@transaction.atomic
def add_item(*, owner: Owner, sku: str, quantity: int, now: datetime) -> Cart:
    """Puts units of a SKU into the owner's cart, which is made when there is none.
    Raises InvalidQuantity, UnknownSku, NotForSale and NotEnoughStock."""
    offer = _offer_for_sale(sku)
    _demand(offer, quantity)
    cart = take_cart(owner, now) or open_cart(owner, now)
    _put(cart, offer, quantity, now)
    return cart


@transaction.atomic
def add_item_once(*, owner: Owner, key: str, sku: str, quantity: int, now: datetime) -> Cart | None:
    """What `add_item` does, once for a key, also when its repetitions arrive together: the owner's
    open cart as it is by then, which a repetition may find checked out (None). An addition that
    was refused may be tried again. Raises IdempotencyKeyReused and what `add_item` raises."""
    fingerprint = take_fingerprint({"sku": sku, "quantity": quantity})
    if find_earlier(Addition, owner.id, key, fingerprint) is not None:
        return find_cart(owner)
    offer = _offer_for_sale(sku)
    _demand(offer, quantity)
    cart = take_cart(owner, now)
    if cart is None:
        # Whoever we waited for may have been the same request, and the checkout after it.
        if find_earlier(Addition, owner.id, key, fingerprint) is not None:
            return find_cart(owner)
        cart = open_cart(owner, now)
    # Whoever we waited for may have been the same request.
    holder = owner.customer_id or cart.pk
    if find_earlier(Addition, holder, key, fingerprint) is None:
        Addition.objects.create(owner=holder, key=key, fingerprint=fingerprint, created_at=now)
        _put(cart, offer, quantity, now)
    return cart


def _put(cart: Cart, offer: Offer, quantity: int, now: datetime) -> None:
    """The cart is locked: nobody else changes its lines."""
    with connection.cursor() as cursor:
        cursor.execute(ADD_UNITS, [cart.pk, offer.sku, quantity, offer.price, now, offer.most])
        if not cursor.rowcount:
            _demand(offer, cart.lines.get(offer=offer).quantity + quantity)


def _demand(offer: Offer, quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidQuantity(quantity=[InvalidQuantity.title])
    if offer.tracked and quantity > (offer.available or 0):
        raise NotEnoughStock.of(offer.title, offer.available)


@transaction.atomic
def set_quantity(*, owner: Owner, sku: str, quantity: int, now: datetime) -> Cart:
    """Raises NotInCart and what `add_item` raises."""
    cart = take_cart(owner, now)
    if cart is None or not (lines := cart.lines.filter(offer_id=sku)).exists():
        raise NotInCart()
    offer = _offer_for_sale(sku)
    _demand(offer, quantity)
    lines.update(quantity=quantity, price_seen=offer.price)
    return cart


@transaction.atomic
def remove_item(*, owner: Owner, sku: str, now: datetime) -> Cart:
    """Raises NotInCart."""
    cart = take_cart(owner, now)
    if cart is None or not cart.lines.filter(offer_id=sku).delete()[0]:
        raise NotInCart()
    return cart


@transaction.atomic
def apply_coupon(*, owner: Owner, code: str, now: datetime) -> Cart:
    """Raises CartEmpty and a CouponRefused."""
    cart = lock_cart(owner)
    if cart is None or not cart.lines.exists():
        raise CartEmpty()
    coupon = find_coupon(code)
    check_coupon(coupon, view_cart(cart, now=now).totals.subtotal, now)
    cart.coupon = coupon
    cart.save(update_fields=["coupon"])
    return cart


@transaction.atomic
def remove_coupon(*, owner: Owner) -> Cart | None:
    cart = lock_cart(owner)
    if cart is not None:
        cart.coupon = None
        cart.save(update_fields=["coupon"])
    return cart


def merge_guest_cart(*, owner: Owner, now: datetime) -> int:
    """Moves a guest's lines into the cart of the account that has signed in; how many. Quantities
    add up as far as a line may hold; no line is lost."""
    if owner.customer_id is None or owner.guest_cart_id is None:
        return 0
    return _merge(owner.guest_cart_id, owner.customer_id, now)


@transaction.atomic
def _merge(guest_cart_id: UUID, customer_id: UUID, now: datetime) -> int:
    guest = lock_cart(Owner(guest_cart_id=guest_cart_id))
    if guest is None:
        # What is ordered comes back to the account, should the order come to nothing.
        ordered = Cart.objects.filter(pk=guest_cart_id, customer_id=None)
        ordered.filter(status=Status.CHECKED_OUT).update(customer_id=customer_id)
        return 0
    moved = guest.lines.count()
    account = Owner(customer_id=customer_id)
    target = lock_cart(account) or open_cart(account, now)
    move_lines(guest, target)
    _move_keys(guest_cart_id, customer_id)
    target.coupon_id, target.updated_at = target.coupon_id or guest.coupon_id, now
    target.save(update_fields=["coupon", "updated_at"])
    transition_to(guest, Status.MERGED, now)
    Cart.objects.filter(pk=guest.pk).update(customer_id=customer_id)
    return moved


def _move_keys(guest: UUID, account: UUID) -> None:
    """A request of before signing in may be repeated afterwards. Both carts are locked."""
    taken = Addition.objects.filter(owner=account).values("key")
    Addition.objects.filter(owner=guest).exclude(key__in=taken).update(owner=account)


def _offer_for_sale(sku: str) -> Offer:
    offer = Offer.objects.filter(sku=sku).first()
    if offer is None:
        raise UnknownSku(f"There is no {sku[:64]} in this shop")
    if not offer.active:
        raise NotForSale()
    return offer
