"""A cart's row is locked first, so that one cart changes one step at a time."""

from datetime import datetime

from cart.models import MAX_QUANTITY, Cart
from cart.queries import Owner, open_cart_of
from shared.events.ids import uuid7

Status = Cart.Status


def lock_cart(owner: Owner) -> Cart | None:
    """The owner's open cart. One that was checked out while we waited for it is none."""
    return open_cart_of(owner).select_for_update().first() if owner.id else None


def take_cart(owner: Owner, now: datetime) -> Cart | None:
    """The owner's open cart, locked like that and touched."""
    cart = lock_cart(owner)
    if cart is not None:
        cart.updated_at = now
        cart.save(update_fields=["updated_at"])
    return cart


def open_cart(owner: Owner, now: datetime) -> Cart:
    """A new cart; an account's one that came to be meanwhile, as two tabs can do."""
    fields = {"id": uuid7(), "created_at": now, "updated_at": now}
    if owner.customer_id is not None:
        locked = Cart.objects.select_for_update()
        key = {"customer_id": owner.customer_id, "status": Status.OPEN}
        return locked.get_or_create(**key, defaults=fields)[0]
    cart = Cart.objects.create(follows=owner.guest_cart_id, **fields)
    gather_before(cart, now)
    return cart


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
            transition_to(before, Status.MERGED, now)
        follows = before.follows


def transition_to(cart: Cart, status: Cart.Status, now: datetime) -> None:
    cart.status, cart.updated_at = status, now
    cart.save(update_fields=["status", "updated_at"])


def move_lines(source: Cart, target: Cart) -> None:
    there = {line.sku: line for line in target.lines.all()}
    for line in source.lines.order_by("added_at", "pk"):
        if known := there.get(line.sku):
            known.quantity = min(MAX_QUANTITY, known.quantity + line.quantity)
            known.save(update_fields=["quantity"])
        else:
            line.cart = target
            line.save(update_fields=["cart"])
