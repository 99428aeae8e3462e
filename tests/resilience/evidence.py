"""What is true after a run, read from nine databases, the provider, the broker and the mailbox.

Everything here is plain data, so that each invariant can be shown a world in which it is broken.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shared.contracts.reference import consumers, producers
from shared.money import get_currency
from shared.services import SERVICES
from tests.resilience.stage import Backlog, Stage

Database = Callable[[str], AbstractContextManager[Any]]


@dataclass
class Stock:
    """One SKU in inventory; `moved` sums its ledger by kind."""

    on_hand: int
    reserved: int
    moved: dict[str, int] = field(default_factory=dict)


@dataclass
class Reservation:
    """`untaken` are the SKUs of which the stock gave no units, because it is not tracked."""

    status: str
    lines: dict[str, int]
    untaken: set[str] = field(default_factory=set)


@dataclass
class Order:
    number: str
    cart_id: str
    status: str
    total: Decimal
    paid: Decimal
    refunded: Decimal
    customer_id: str
    lines: dict[str, int]
    products: set[str] = field(default_factory=set)
    dispute: str = ""
    was_cancelled: bool = False

    @property
    def is_withheld(self) -> bool:
        """Whether a bank has the money, or has it for good: the shop cannot send it back."""
        return self.dispute in ("open", "lost")

    @property
    def must_stay(self) -> bool:
        """Whether the parcel has not left and must not."""
        if self.status == "paid":
            return self.is_withheld or self.refunded >= self.paid > 0
        return self.status in ("cancelled", "refunded") and self.paid > 0


@dataclass
class Payment:
    order_id: str
    status: str
    amount: Decimal
    refunded: Decimal
    intent: str


@dataclass
class Charge:
    """A payment intent at the provider; `charges` counts how often it took money."""

    order_id: str
    charges: int
    captured: Decimal
    refunded: Decimal


@dataclass
class Checkout:
    """A checkout as cart remembers it."""

    key: str
    cart_id: str
    order_id: str


@dataclass
class Failed:
    service: str
    handler: str
    event_id: str
    error: str


@dataclass
class Offer:
    """A SKU's price and availability as one service knows it."""

    price: Decimal | None
    available: int | None


@dataclass
class Evidence:
    """`answers` are the shoppers' own: [key, order id] for each checkout that was answered 2xx."""

    answers: list[tuple[str, str]] = field(default_factory=list)
    stock: dict[str, Stock] = field(default_factory=dict)
    reservations: dict[str, Reservation] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    checkouts: list[Checkout] = field(default_factory=list)
    payments: dict[str, Payment] = field(default_factory=dict)
    charges: dict[str, Charge] = field(default_factory=dict)
    outbox: dict[str, int] = field(default_factory=dict)
    queues: dict[str, Backlog] = field(default_factory=dict)
    failed: list[Failed] = field(default_factory=list)
    # Fact name -> ids of all that were ever published; service -> the facts it consumes.
    published: dict[str, set[str]] = field(default_factory=dict)
    consumed_by: dict[str, set[str]] = field(default_factory=dict)
    # (service, fact) -> how often each event id took effect there.
    handled: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    # Delivery id -> copies in the mailbox; (event, recipient) of each mail that was to be sent.
    mails: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    offers: dict[str, dict[str, Offer]] = field(default_factory=dict)
    ratings: dict[str, dict[str, tuple[int, Decimal]]] = field(default_factory=dict)
    rights: set[tuple[str, str, str]] = field(default_factory=set)
    discrepancies: list[tuple[str, str]] = field(default_factory=list)
    # Refund -> its order, where one that orders or payments knows has neither arrived nor failed.
    waiting_refunds: dict[str, str] = field(default_factory=dict)
    refunds: int = 0
    # Order -> its status as notify has it.
    watches: dict[str, str] = field(default_factory=dict)
    # Order -> the answer when the merchant tried to ship what must stay.
    asked_to_ship: dict[str, int] = field(default_factory=dict)


def gather(stage: Stage, answers: list[tuple[str, str]]) -> Evidence:
    """Reads everything."""
    found = read_databases(stage.database)
    found.answers = answers
    found.charges = read_provider(stage.sandbox("GET", "ledger"))
    found.queues = stage.broker_queues()
    found.mails = {message_id: copies for _, message_id, copies in stage.mails()}
    return found


def read_provider(ledger: Mapping[str, Any]) -> dict[str, Charge]:
    return {
        intent: Charge(
            row["metadata"].get("order_id", ""),
            row["charges"],
            _amount(row["captured"], row["currency"]),
            _amount(row["refunded"], row["currency"]),
        )
        for intent, row in ledger["payment_intents"].items()
    }


def _amount(units: int, currency: str) -> Decimal:
    """What the provider's integer stands for."""
    return Decimal(units).scaleb(-get_currency(currency.upper()).provider_exponent)


def read_databases(database: Database) -> Evidence:
    """What the nine databases say; each service's own reader adds its part."""
    found = Evidence()
    names = {fact.__name__: fact.name for facts in producers().values() for fact in facts}
    for fact, services in consumers().items():
        for service in services:
            found.consumed_by.setdefault(service, set()).add(names[fact])
    for service in SERVICES:
        with database(service) as link, link.cursor() as cursor:
            ask = Ask(cursor)
            _read_messaging(found, service, ask)
            if service in _READERS:
                _READERS[service](found, ask)
    return found


class Ask:
    """Rows of a query, ids as text."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __call__(self, sql: str) -> list[tuple[Any, ...]]:
        self._cursor.execute(sql)
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        return rows


def _read_messaging(found: Evidence, service: str, ask: Ask) -> None:
    found.outbox[service] = ask("SELECT count(*) FROM events_outbox")[0][0]
    found.failed += [
        Failed(service, *row)
        for row in ask(
            "SELECT handler, event_id::text, error FROM events_failed WHERE status = 'failed'"
        )
    ]
    if ask("SELECT to_regclass('proof_history') IS NOT NULL")[0][0]:
        rows = ask("SELECT routing_key, event_id::text FROM proof_history WHERE exchange = 'facts'")
        for fact, event_id in rows:
            found.published.setdefault(fact, set()).add(event_id)
    for handler, event_id, times in ask(
        "SELECT handler, event_id::text, count(*) FROM events_inbox GROUP BY 1, 2"
    ):
        found.handled.setdefault((service, handler), {})[event_id] = times


def _read_cart(found: Evidence, ask: Ask) -> None:
    found.checkouts = [
        Checkout(*row)
        for row in ask("SELECT key, cart_id::text, order_id::text FROM cart_checkout")
    ]
    found.offers["cart"] = {
        sku: Offer(price, available)
        for sku, price, available in ask(
            "SELECT sku, price, available FROM cart_offer WHERE active"
        )
    }


def _read_orders(found: Evidence, ask: Ask) -> None:
    lines: dict[str, dict[str, int]] = defaultdict(dict)
    products: dict[str, set[str]] = defaultdict(set)
    for order_id, sku, quantity, product in ask(
        "SELECT order_id::text, sku, quantity, product_id::text FROM orders_orderline"
    ):
        lines[order_id][sku] = quantity
        products[order_id].add(product)
    for order_id, *row in ask(
        "SELECT id::text, number, cart_id::text, status, total, paid, refunded,"
        " coalesce(customer_id::text, ''), dispute, cancel_reason <> '' FROM orders_order"
    ):
        *columns, dispute, was_cancelled = row
        known = lines[order_id], products[order_id]
        found.orders[order_id] = Order(*columns, *known, dispute, was_cancelled)
    found.refunds = ask("SELECT count(*) FROM orders_refund")[0][0]
    found.waiting_refunds |= dict(
        ask(
            "SELECT id::text, order_id::text FROM orders_refund"
            " WHERE refunded_at IS NULL AND failed_at IS NULL"
        )
    )
    if ask("SELECT to_regclass('orders_discrepancy') IS NOT NULL")[0][0]:
        found.discrepancies = [
            (order_id, kind)
            for order_id, kind in ask(
                "SELECT order_id::text, kind FROM orders_discrepancy WHERE resolved_at IS NULL"
            )
        ]


def _read_inventory(found: Evidence, ask: Ask) -> None:
    for sku, on_hand, reserved in ask("SELECT sku, on_hand, reserved FROM inventory_stockitem"):
        found.stock[sku] = Stock(on_hand, reserved)
    for sku, kind, units in ask(
        "SELECT i.sku, m.kind, sum(m.delta) FROM inventory_stockmovement m"
        " JOIN inventory_stockitem i ON i.id = m.item_id GROUP BY 1, 2"
    ):
        found.stock[sku].moved[kind] = int(units)
    for order_id, status in ask("SELECT order_id::text, status FROM inventory_reservation"):
        found.reservations[order_id] = Reservation(status, {})
    for order_id, sku, quantity, took in ask(
        "SELECT reservation_id::text, sku, quantity, took FROM inventory_reservationline"
    ):
        found.reservations[order_id].lines[sku] = quantity
        if not took:
            found.reservations[order_id].untaken.add(sku)
    found.offers["inventory"] = {
        sku: Offer(None, stock.on_hand - stock.reserved) for sku, stock in found.stock.items()
    }


def _read_payments(found: Evidence, ask: Ask) -> None:
    for payment_id, *row in ask(
        "SELECT id::text, order_id::text, status, amount, refunded_amount,"
        " coalesce(provider_intent_id, '') FROM payments_payment"
    ):
        found.payments[payment_id] = Payment(*row)
    found.waiting_refunds |= dict(
        ask(
            "SELECT r.id::text, p.order_id::text FROM payments_refund r"
            " JOIN payments_payment p ON p.id = r.payment_id WHERE r.status = 'pending'"
        )
    )


def _read_catalog(found: Evidence, ask: Ask) -> None:
    found.offers["catalog"] = {
        sku: Offer(price, available)
        for sku, price, available in ask(
            # What nobody has counted has no number there, and none on hand.
            "SELECT v.sku, v.price, CASE WHEN l.counted THEN v.available ELSE l.available END"
            " FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id"
            " LEFT JOIN catalog_stocklevel l ON l.sku = v.sku WHERE p.status = 'active'"
        )
    }
    found.ratings["catalog"] = {
        product: (count, average or Decimal(0))
        for product, count, average in ask(
            "SELECT id::text, rating_count, rating_average FROM catalog_product"
            " WHERE rating_count > 0"
        )
    }


def _read_reviews(found: Evidence, ask: Ask) -> None:
    found.ratings["reviews"] = {
        product: (count, average)
        for product, count, average in ask(
            "SELECT product_id::text, count(*), round(avg(rating), 2) FROM reviews_review"
            " WHERE status = 'published' GROUP BY 1"
        )
    }
    found.rights = set(
        ask("SELECT customer_id::text, product_id::text, order_id::text FROM reviews_purchaseright")
    )


def _read_recommend(found: Evidence, ask: Ask) -> None:
    found.ratings["recommend"] = {
        product: (count, average or Decimal(0))
        for product, count, average in ask(
            "SELECT id::text, rating_count, rating FROM recommend_product WHERE rating_count > 0"
        )
    }


def _read_notify(found: Evidence, ask: Ask) -> None:
    found.watches = dict(ask("SELECT order_id::text, status FROM notify_orderwatch"))
    for delivery_id, *row in ask(
        "SELECT id::text, event_id::text, recipient,"
        " CASE WHEN status = 'suppressed' AND attempts > 1 THEN 'uncertain' ELSE status END"
        " FROM notify_delivery WHERE channel = 'mail'"
    ):
        found.deliveries[delivery_id] = (row[0], row[1], row[2])


_READERS: dict[str, Callable[[Evidence, Ask], None]] = {
    "cart": _read_cart,
    "orders": _read_orders,
    "inventory": _read_inventory,
    "payments": _read_payments,
    "catalog": _read_catalog,
    "reviews": _read_reviews,
    "recommend": _read_recommend,
    "notify": _read_notify,
}
