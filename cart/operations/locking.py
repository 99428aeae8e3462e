"""A cart's row is locked first, so that one cart changes one step at a time."""

from datetime import datetime

from cart.models import MAX_QUANTITY, Cart, CartLine
from cart.queries import Owner, open_carts
from shared.events.ids import uuid7

Status = Cart.Status


def lock_cart(owner: Owner) -> Cart | None:
    """The owner's open cart. One that was checked out while we waited for it is none."""
    carts = open_carts(owner).select_related("coupon")
    return carts.select_for_update(of=("self",)).first()


def open_cart(owner: Owner, now: datetime) -> Cart:
    if owner.customer_id is None:
        return Cart.objects.create(id=uuid7(), created_at=now, updated_at=now)
    # Two tabs may do this at once: the constraint lets one of them make it.
    cart, _ = Cart.objects.get_or_create(
        customer_id=owner.customer_id,
        status=Status.OPEN,
        defaults={"id": uuid7(), "created_at": now, "updated_at": now},
    )
    return Cart.objects.select_for_update(of=("self",)).select_related("coupon").get(pk=cart.pk)


def become(cart: Cart, status: Cart.Status, now: datetime) -> None:
    Cart.objects.filter(pk=cart.pk).update(status=status, updated_at=now)
    cart.status = status


def touch(cart: Cart, now: datetime) -> None:
    Cart.objects.filter(pk=cart.pk).update(updated_at=now)


def move_lines(source: Cart, target: Cart) -> None:
    for line in source.lines.order_by("added_at", "pk"):
        there = target.lines.filter(sku=line.sku).first()
        if there is None:
            CartLine.objects.filter(pk=line.pk).update(cart=target)
        else:
            total = min(MAX_QUANTITY, there.quantity + line.quantity)
            CartLine.objects.filter(pk=there.pk).update(quantity=total)
