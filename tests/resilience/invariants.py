"""What must hold whatever happened. Each invariant looks at the evidence and names what breaks it.

INVARIANTS is the list in the order in which the verdict prints it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from tests.resilience.evidence import Evidence

PAID = {"paid", "shipped", "delivered"}
ENDED = PAID | {"cancelled", "refunded"}
SOLD, BACK = "committed", "restocked"


@dataclass(frozen=True)
class Breach:
    """`id` is what a person looks up: an order, a SKU, a queue, an event."""

    id: str
    what: str


Check = Callable[[Evidence], Iterator[Breach]]


@dataclass(frozen=True)
class Invariant:
    """`count` says how many things were looked at, so that an empty world convinces nobody."""

    name: str
    check: Check
    count: Callable[[Evidence], int]


def stock_adds_up(e: Evidence) -> Iterator[Breach]:
    sold, held = _units(e, {SOLD, BACK}), _units(e, {"held"})
    for sku, stock in e.stock.items():
        stocked = sum(units for kind, units in stock.moved.items() if kind != "sale")
        ledger = sum(stock.moved.values())
        if ledger != stock.on_hand:
            yield Breach(sku, f"the ledger sums to {ledger}, on hand are {stock.on_hand}")
        if held[sku] != stock.reserved:
            yield Breach(sku, f"orders hold {held[sku]}, reserved are {stock.reserved}")
        if sold[sku] + stock.on_hand != stocked:
            yield Breach(sku, f"{sold[sku]} sold + {stock.on_hand} on hand, {stocked} stocked")


def _units(e: Evidence, statuses: set[str]) -> Counter[str]:
    units: Counter[str] = Counter()
    for reservation in e.reservations.values():
        if reservation.status in statuses:
            taken = reservation.lines.keys() - reservation.untaken
            units.update({sku: reservation.lines[sku] for sku in taken})
    return units


def stock_is_never_negative(e: Evidence) -> Iterator[Breach]:
    for sku, stock in e.stock.items():
        if not 0 <= stock.reserved <= stock.on_hand:
            yield Breach(sku, f"on hand {stock.on_hand}, reserved {stock.reserved}")


def every_checkout_is_an_order(e: Evidence) -> Iterator[Breach]:
    for _, order_id in e.answers:
        if order_id not in e.orders:
            yield Breach(order_id, "answered 2xx, and there is no such order")
    for checkout in e.checkouts:
        if checkout.order_id not in e.orders:
            yield Breach(checkout.order_id, "checked out in cart, and there is no such order")
    known = {checkout.order_id for checkout in e.checkouts}
    for order_id in e.orders.keys() - known:
        yield Breach(order_id, "an order that nobody checked out")


def no_key_is_answered_two_ways(e: Evidence) -> Iterator[Breach]:
    answers = defaultdict(set)
    for key, order_id in e.answers:
        answers[key].add(order_id)
    for key, orders in answers.items():
        if len(orders) > 1:
            yield Breach(key, f"answered with {len(orders)} orders: {', '.join(sorted(orders))}")


def no_order_exists_twice(e: Evidence) -> Iterator[Breach]:
    for what, values in (
        ("number", [order.number for order in e.orders.values()]),
        # The cart of a cancelled order is open again, and may become another order; what was paid
        # for the first one too late has gone back.
        ("cart", [x.cart_id for x in e.orders.values() if not x.was_cancelled]),
        ("payment", [payment.order_id for payment in e.payments.values()]),
    ):
        for value, times in Counter(values).items():
            if times > 1:
                yield Breach(value, f"{times} rows share this {what}")


def every_order_ends(e: Evidence) -> Iterator[Breach]:
    for order_id, order in e.orders.items():
        if order.status not in ENDED:
            yield Breach(order_id, f"is still {order.status}")


def nothing_is_charged_twice(e: Evidence) -> Iterator[Breach]:
    captured: Counter[str] = Counter()
    for intent, charge in e.charges.items():
        captured[charge.order_id] += charge.charges
        if charge.captured and charge.order_id not in e.orders:
            yield Breach(intent, f"{charge.captured} taken for no order ({charge.order_id or '-'})")
    for order_id, times in captured.items():
        if times > 1:
            yield Breach(order_id, f"was charged {times} times")


def money_agrees(e: Evidence) -> Iterator[Breach]:
    """Order by order: provider, payments and orders name the same sums."""
    at_provider: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for charge in e.charges.values():
        at_provider[charge.order_id][0] += charge.captured
        at_provider[charge.order_id][1] += charge.refunded
    in_payments = {
        payment.order_id: [
            payment.amount if payment.status == "succeeded" else Decimal(0),
            payment.refunded,
        ]
        for payment in e.payments.values()
    }
    for order_id, order in e.orders.items():
        ours = [order.paid, order.refunded]
        theirs, stored = at_provider[order_id], in_payments.get(order_id, [Decimal(0), Decimal(0)])
        if not ours == theirs == stored:
            yield Breach(
                order_id,
                f"captured and refunded: provider {_pair(theirs)},"
                f" payments {_pair(stored)}, orders {_pair(ours)}",
            )


def _pair(sums: list[Decimal]) -> str:
    return f"{sums[0]:.2f} - {sums[1]:.2f}"


def paid_orders_are_paid_and_cancelled_ones_refunded(e: Evidence) -> Iterator[Breach]:
    for order_id, order in e.orders.items():
        if order.status in PAID and order.paid != order.total:
            yield Breach(order_id, f"is {order.status} with {order.paid} of {order.total} paid")
        back = order.refunded if not order.is_withheld else order.paid
        if order.status in {"cancelled", "refunded"} and order.paid != back:
            yield Breach(
                order_id, f"is {order.status}, paid {order.paid}, refunded {order.refunded}"
            )


def every_refund_ends(e: Evidence) -> Iterator[Breach]:
    """Whoever made it, and whatever is owed after one that failed can still be sent."""
    for refund_id, order_id in e.waiting_refunds.items():
        yield Breach(order_id, f"its refund {refund_id} has neither arrived nor failed")


def what_must_stay_is_not_shipped(e: Evidence) -> Iterator[Breach]:
    """Paid back, called off, or disputed: the merchant was refused."""
    for order_id, status in e.asked_to_ship.items():
        if status != 409:
            yield Breach(order_id, f"was to stay, and shipping it was answered {status}")


def every_hold_is_settled(e: Evidence) -> Iterator[Breach]:
    for order_id, order in e.orders.items():
        status = e.reservations[order_id].status if order_id in e.reservations else "missing"
        wanted = {SOLD, BACK} if order.status in PAID else {"released", "rejected", BACK}
        # A refund alone brings no goods back: the parcel may have left.
        if order.status == "refunded":
            wanted = wanted | {SOLD}
        if order.status in ENDED and status not in wanted:
            yield Breach(order_id, f"is {order.status}, its reservation {status}")
        held = e.reservations[order_id].lines if order_id in e.reservations else {}
        if status == SOLD and held != order.lines:
            yield Breach(order_id, f"sold {order.lines}, the stock gave {held}")


def every_outbox_is_empty(e: Evidence) -> Iterator[Breach]:
    for service, waiting in e.outbox.items():
        if waiting:
            yield Breach(service, f"{waiting} messages were never sent")


def every_queue_is_empty(e: Evidence) -> Iterator[Breach]:
    for queue, backlog in e.queues.items():
        if backlog.messages:
            yield Breach(queue, f"messages are left: {backlog}")


def no_event_is_failed(e: Evidence) -> Iterator[Breach]:
    """Asked after the failed events were replayed: what fails again is a bug."""
    for failed in e.failed:
        yield Breach(failed.event_id, f"{failed.service} {failed.handler}: {failed.error[:120]}")


def every_fact_is_handled_once(e: Evidence) -> Iterator[Breach]:
    for service, facts in e.consumed_by.items():
        for fact in facts:
            handled = e.handled.get((service, fact), {})
            for event_id in e.published.get(fact, set()) - handled.keys():
                yield Breach(event_id, f"{fact} never took effect in {service}")
            for event_id, times in handled.items():
                if times > 1:
                    yield Breach(event_id, f"{fact} took effect {times} times in {service}")


def every_mail_is_sent_once(e: Evidence) -> Iterator[Breach]:
    """One mail, by its Message-ID, for each delivery; one delivery for each fact and recipient.
    Uncertain is a mail that was given up when an earlier attempt may have arrived."""
    for delivery_id, (_, recipient, status) in e.deliveries.items():
        in_box = any(delivery_id in message_id for message_id in e.mails)
        if status not in {"sent", "suppressed", "uncertain"}:
            yield Breach(delivery_id, f"the mail to {recipient} is {status}")
        if status == "sent" and not in_box:
            yield Breach(delivery_id, f"the mail to {recipient} never arrived")
        if status == "suppressed" and in_box:
            yield Breach(delivery_id, f"the mail to {recipient} was not to be sent")
    told = Counter((event, recipient) for event, recipient, _ in e.deliveries.values())
    for (event, recipient), times in told.items():
        if times > 1:
            yield Breach(event, f"{times} mails to {recipient}")


def copies_agree_with_their_owners(e: Evidence) -> Iterator[Breach]:
    catalog, inventory = e.offers.get("catalog", {}), e.offers.get("inventory", {})
    for sku, offer in e.offers.get("cart", {}).items():
        if sku not in catalog:
            yield Breach(sku, "cart sells what catalog does not show")
        elif offer.price != catalog[sku].price:
            yield Breach(sku, f"costs {offer.price} in cart, {catalog[sku].price} in catalog")
    for service in ("cart", "catalog"):
        for sku, offer in e.offers.get(service, {}).items():
            if sku in inventory and offer.available != inventory[sku].available:
                yield Breach(
                    sku,
                    f"{offer.available} available in {service},"
                    f" {inventory[sku].available} in inventory",
                )


def ratings_agree(e: Evidence) -> Iterator[Breach]:
    given = e.ratings.get("reviews", {})
    for service in e.ratings.keys() - {"reviews"}:
        shown = e.ratings[service]
        for product in shown.keys() | given.keys():
            if shown.get(product) != given.get(product):
                yield Breach(
                    product,
                    f"{service} shows {shown.get(product)}, reviews has {given.get(product)}",
                )


def what_people_see_of_orders_agrees(e: Evidence) -> Iterator[Breach]:
    for order_id, order in e.orders.items():
        if (shown := e.watches.get(order_id, "nothing")) != order.status:
            yield Breach(order_id, f"notify shows {shown}, and it is {order.status}")


def buyers_may_review(e: Evidence) -> Iterator[Breach]:
    for order_id, order in e.orders.items():
        if order.status in PAID and order.customer_id:
            for product in order.products:
                if (order.customer_id, product, order_id) not in e.rights:
                    yield Breach(order_id, f"the buyer has no right to review {product}")


def the_reconciler_sees_no_drift(e: Evidence) -> Iterator[Breach]:
    for order_id, kind in e.discrepancies:
        yield Breach(order_id, kind)


INVARIANTS: tuple[Invariant, ...] = (
    Invariant("sold + held + on hand = stocked, per SKU", stock_adds_up, lambda e: len(e.stock)),
    Invariant("stock is never negative", stock_is_never_negative, lambda e: len(e.stock)),
    Invariant(
        "every checkout answered 2xx is an order",
        every_checkout_is_an_order,
        lambda e: len(e.checkouts),
    ),
    Invariant(
        "no Idempotency-Key is answered two ways",
        no_key_is_answered_two_ways,
        lambda e: len(e.answers),
    ),
    Invariant("no order exists twice", no_order_exists_twice, lambda e: len(e.orders)),
    Invariant("every order ends", every_order_ends, lambda e: len(e.orders)),
    Invariant("nothing is charged twice", nothing_is_charged_twice, lambda e: len(e.charges)),
    Invariant("provider = payments = orders, to the cent", money_agrees, lambda e: len(e.orders)),
    Invariant(
        "paid orders are paid, cancelled ones refunded",
        paid_orders_are_paid_and_cancelled_ones_refunded,
        lambda e: len(e.orders),
    ),
    Invariant("every refund ends", every_refund_ends, lambda e: e.refunds),
    Invariant(
        "nothing refunded, called off or disputed is shipped",
        what_must_stay_is_not_shipped,
        lambda e: len(e.asked_to_ship),
    ),
    Invariant(
        "every hold is committed or released",
        every_hold_is_settled,
        lambda e: len(e.reservations),
    ),
    Invariant("every outbox is empty", every_outbox_is_empty, lambda e: len(e.outbox)),
    Invariant("no message is left in a queue", every_queue_is_empty, lambda e: len(e.queues)),
    Invariant(
        "no failed event resists its replay",
        no_event_is_failed,
        lambda e: sum(map(len, e.handled.values())),
    ),
    Invariant(
        "every fact reached each consumer once",
        every_fact_is_handled_once,
        lambda e: sum(map(len, e.published.values())),
    ),
    Invariant("one mail per fact and recipient", every_mail_is_sent_once, lambda e: len(e.mails)),
    Invariant(
        "copies of price and availability agree",
        copies_agree_with_their_owners,
        lambda e: len(e.offers.get("cart", {})),
    ),
    Invariant(
        "what is shown of orders agrees",
        what_people_see_of_orders_agrees,
        lambda e: len(e.watches),
    ),
    Invariant("ratings agree", ratings_agree, lambda e: len(e.ratings.get("reviews", {}))),
    Invariant("buyers may review", buyers_may_review, lambda e: len(e.rights)),
    Invariant(
        "the reconciler sees no drift", the_reconciler_sees_no_drift, lambda e: len(e.orders)
    ),
)
