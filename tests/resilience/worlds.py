"""A little world in which everything is as it should be: two SKUs, five orders, one return."""

from decimal import Decimal

from tests.resilience.evidence import (
    Charge,
    Checkout,
    Evidence,
    Offer,
    Order,
    Payment,
    Reservation,
    Stock,
)
from tests.resilience.stage import Backlog

ALICE, TEA, LAMP = "alice", "TEA", "LAMP"
TEA_ID, LAMP_ID = "product-of-tea", "product-of-lamp"
PRICE = {TEA: Decimal("5.00"), LAMP: Decimal("20.00")}
# Order -> its status, its reservation's status, what is paid and what is refunded.
STORIES = {
    "paid": ("paid", "committed", "5.00", "0.00"),
    "delivered": ("delivered", "committed", "5.00", "0.00"),
    "cancelled": ("cancelled", "released", "0.00", "0.00"),
    "sold-out": ("cancelled", "rejected", "0.00", "0.00"),
    "refunded": ("refunded", "restocked", "5.00", "5.00"),
}


def sound_world() -> Evidence:
    """A new one with each call, so that a test may break it."""
    world = Evidence()
    for name, story in STORIES.items():
        _add_order(world, name, *story)
    world.stock = {
        TEA: Stock(8, 0, {"stocked": 10, "sale": -3, "return": 1}),
        LAMP: Stock(4, 0, {"stocked": 4}),
    }
    # What came back of the refunded order counts as stocked anew, and still as sold.
    available = {TEA: 8, LAMP: 4}
    world.offers = {
        "catalog": {sku: Offer(PRICE[sku], available[sku]) for sku in PRICE},
        "cart": {sku: Offer(PRICE[sku], available[sku]) for sku in PRICE},
        "inventory": {sku: Offer(None, available[sku]) for sku in PRICE},
    }
    world.ratings = {
        side: {TEA_ID: (2, Decimal("4.50"))} for side in ("catalog", "recommend", "reviews")
    }
    world.watches = {name: order.status for name, order in world.orders.items()}
    world.refunds, world.asked_to_ship = 1, {"refunded": 409}
    world.outbox = {"orders": 0, "cart": 0}
    world.queues = {"orders": Backlog(consumers=1), "orders.dead": Backlog()}
    _add_facts_and_mails(world)
    return world


def _add_order(
    world: Evidence, name: str, status: str, reserved: str, paid: str, refunded: str
) -> None:
    total, sums = PRICE[TEA], (Decimal(paid), Decimal(refunded))
    lines = {TEA: 1}
    world.orders[name] = Order(
        f"S-{name}", f"cart-of-{name}", status, total, *sums, ALICE, lines, {TEA_ID}
    )
    world.orders[name].was_cancelled = status == "cancelled"
    world.answers.append((f"key-of-{name}", name))
    world.checkouts.append(Checkout(f"key-of-{name}", f"cart-of-{name}", name))
    world.reservations[name] = Reservation(reserved, {} if reserved == "rejected" else {TEA: 1})
    if sums[0]:
        world.payments[f"payment-of-{name}"] = Payment(
            name, "succeeded", total, sums[1], f"pi-of-{name}"
        )
        world.charges[f"pi-of-{name}"] = Charge(name, 1, *sums)
        world.rights.add((ALICE, TEA_ID, name))


def _add_facts_and_mails(world: Evidence) -> None:
    events = {f"event-of-{name}" for name in STORIES}
    world.published = {"order.placed": events}
    world.consumed_by = {"notify": {"order.placed"}, "inventory": {"order.placed"}}
    for service in world.consumed_by:
        world.handled[(service, "order.placed")] = dict.fromkeys(events, 1)
    for number, event in enumerate(sorted(events)):
        status = "suppressed" if number == 0 else "sent"
        world.deliveries[f"delivery-{number}"] = (event, "alice@souk.example", status)
        if status == "sent":
            world.mails[f"<delivery-{number}@souk.example>"] = 1
