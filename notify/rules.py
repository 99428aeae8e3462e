"""Pure rules of messages: the topics there are, when to try again, how facts read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.parts import PricedLine, Totals

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=15)
# As mail servers do: what could not be handed over for two days is given up.
GIVE_UP_AFTER = timedelta(days=2)
# Longer than a worker can possibly talk to the mail server about one mail.
CLAIM_LIFETIME = timedelta(seconds=90)

PAID_OR_OVER = frozenset({"paid", "shipped", "delivered", "cancelled", "refunded"})
ENDED = frozenset({"delivered", "cancelled", "refunded"})
SUBJECT_LENGTH = 200


@dataclass(frozen=True)
class Topic:
    """What a message is about. A required one cannot be switched off by mail."""

    name: str
    title: str
    required: bool = False


TOPICS: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("order_received", "We have your order"),
        Topic("payment_due", "An order waits for your payment"),
        Topic("payment_failed", "A payment did not go through"),
        Topic("order_confirmed", "An order is paid and confirmed", required=True),
        Topic("order_shipped", "A parcel is on its way"),
        Topic("order_delivered", "A parcel arrived"),
        Topic("order_cancelled", "An order was cancelled", required=True),
        Topic("order_refunded", "Money was sent back", required=True),
        Topic("order_refund_failed", "Money that was sent back did not arrive", required=True),
        Topic("order_link", "A link to an order was asked for", required=True),
        Topic("welcome", "Welcome"),
    )
}
# Composed by the account service, so they have neither template nor preference.
ACCOUNT_MAIL = "account_mail"
STOCK_LOW = "stock_low"
REFUND_FAILED = "refund_failed"
# Read by the staff alone, in the admin.
STAFF_TOPICS = {STOCK_LOW: "Stock is low", REFUND_FAILED: "A refund has failed"}

CANCEL_REASONS = {
    "sold_out": "Somebody was quicker: not everything was in stock any more.",
    "hold_expired": "The time to pay ran out, so the products went back on sale.",
    "customer": "You asked us to cancel it.",
    "merchant": "We had to cancel it.",
    "payment_failed": "The payment did not go through.",
    "refunded": "All of your money goes back to you.",
    "payment_refused": "The payment provider does not take this order.",
}


def clean_subject(text: str) -> str:
    """One printable line: no header can be smuggled in behind a line break."""
    line = " ".join(text.split())
    return "".join(sign for sign in line if sign.isprintable())[:SUBJECT_LENGTH].strip()


def next_attempt(attempts: int, now: datetime) -> datetime:
    """Ten seconds after the first attempt, then doubling up to a quarter of an hour."""
    doublings = min(max(attempts - 1, 0), 12)
    return now + min(LONGEST_WAIT, FIRST_WAIT * (1 << doublings))


def is_given_up(created_at: datetime, now: datetime) -> bool:
    return now - created_at > GIVE_UP_AFTER


def describe_lines(lines: Iterable[PricedLine]) -> list[dict[str, str]]:
    """Order lines as a template prints them."""
    return [
        {
            "title": line.title,
            "options": line.options,
            "quantity": str(line.quantity),
            "unit_price": str(line.unit_price),
            "total": str(line.total),
        }
        for line in lines
    ]


def describe_totals(totals: Totals) -> dict[str, str]:
    """Amounts as a template prints them; what is zero is left out, but for the total."""
    amounts = {
        "subtotal": totals.subtotal,
        "discount": totals.discount,
        "shipping": totals.shipping,
        "tax": totals.tax,
    }
    shown = {name: str(amount) for name, amount in amounts.items() if amount}
    return {**shown, "total": str(totals.total)}


SAMPLE_CONTEXT: Mapping[str, Any] = {
    "name": "Alice",
    "number": "S-100001",
    "order_url": "https://shop.example/orders/1/",
    "pay_url": "https://shop.example/payments/1/",
    "amount": "€24.90",
    "expires_at": "4 May 2026, 12:30 UTC",
    "lines": [
        {
            "title": "Mint tea",
            "options": "Size: 100 g",
            "quantity": "2",
            "unit_price": "€10.00",
            "total": "€20.00",
        }
    ],
    "totals": {"subtotal": "€20.00", "shipping": "€4.90", "tax": "€3.98", "total": "€24.90"},
    "reason": CANCEL_REASONS["hold_expired"],
    "was_paid": True,
    "dispute": "",
    "carrier": "DHL",
    "tracking_number": "00340434161094042557",
    "message": "Your card was declined.",
    "review_urls": ["https://shop.example/reviews/new/?product=1"],
    "sku": "TEA",
    "available": "2",
    "threshold": "3",
}
