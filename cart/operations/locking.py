"""A cart's row is locked first, so that one cart changes one step at a time."""

from datetime import datetime

from cart.models import MAX_QUANTITY, Cart, CartLine
from cart.queries import Owner, open_key
from shared.database.rows import add, change, find
from shared.events.ids import uuid7

Status = Cart.Status


def lock_cart(owner: Owner) -> Cart | None:
    """The owner's open cart. One that was checked out while we waited for it is none."""
    key = open_key(owner)
    return find(Cart, lock=True, **key) if key else None


def take_cart(owner: Owner, now: datetime) -> Cart | None:
    """The owner's open cart, locked like that and touched."""
    key = open_key(owner)
    return change(Cart, key, updated_at=now) if key else None


def open_cart(owner: Owner, now: datetime) -> Cart:
    """A new cart; an account's one that came to be meanwhile, as two tabs can do."""
    cart = Cart(id=uuid7(), customer_id=owner.customer_id, created_at=now, updated_at=now)
    if owner.customer_id is None:
        cart.follows = owner.guest_cart_id
    if add(cart):
        gather_before(cart, now)
        return cart
    found = lock_cart(owner)
    assert found is not None
    return found


def newest_after(cart: Cart) -> Cart:
    """The last of the carts that a guest has begun one after the other; the cart itself where
    none came after it."""
    while after := Cart.objects.filter(follows=cart.pk).order_by("created_at").last():
        cart = after
    return cart


def gather_before(cart: Cart, now: datetime) -> None:
    """Moves the lines of the guest's former carts that are open again into the locked one that the
    guest holds now."""
    follows = cart.follows
    while follows and (before := Cart.objects.filter(pk=follows).first()):
        # Others wait for this one while they hold what is not open: that is never locked here.
        if before.status == Status.OPEN and lock_cart(Owner(guest_cart_id=before.pk)):
            move_lines(before, cart)
            become(before, Status.MERGED, now)
        follows = before.follows


def become(cart: Cart, status: Cart.Status, now: datetime) -> None:
    change(Cart, {"pk": cart.pk}, status=status, updated_at=now)
    cart.status = status


def touch(cart: Cart, now: datetime) -> None:
    change(Cart, {"pk": cart.pk}, updated_at=now)


def move_lines(source: Cart, target: Cart) -> None:
    for line in source.lines.order_by("added_at", "pk"):
        there = target.lines.filter(sku=line.sku).first()
        if there is None:
            CartLine.objects.filter(pk=line.pk).update(cart=target)
        else:
            total = min(MAX_QUANTITY, there.quantity + line.quantity)
            CartLine.objects.filter(pk=there.pk).update(quantity=total)
