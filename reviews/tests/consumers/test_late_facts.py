"""Facts that come late, twice or in another order leave what they leave in their own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from reviews import operations
from reviews.models import Author, Product, PurchaseRight, Review
from shared.auth.principal import Principal
from shared.contracts.catalog import ProductChanged, ProductRemoved
from shared.contracts.orders import (
    OrderCancelled,
    OrderClaimed,
    OrderPaid,
    OrderRefunded,
    OrderRefundFailed,
)
from shared.contracts.parts import PricedLine, Totals
from shared.contracts.users import UserChanged, UserDeleted
from shared.events.consuming import load_handlers
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.events import deliver
from shared.testing.fact_orders import BEGAN, assert_any_order_ends_alike, history, rows_of
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db
PRODUCT = uuid7()
ONE = Money(Decimal(1), "EUR")
HALF = Money(Decimal("0.50"), "EUR")
ZERO = ONE - ONE
LINE = PricedLine(product_id=PRODUCT, sku="TEA", title="Tea", quantity=1, unit_price=ONE, total=ONE)
TOTALS = Totals(subtotal=ONE, discount=ZERO, shipping=ZERO, tax=ZERO, total=ONE)
ORDER = {"order_id": uuid7(), "number": "S-1", "customer_id": ALICE.user_id, "email": ALICE.email}
PAID = OrderPaid(**ORDER, cart_id=uuid7(), lines=(LINE,), totals=TOTALS)
CANCELLED = OrderCancelled(**ORDER, cart_id=uuid7(), reason="customer", was_paid=True)

FAILED = OrderRefundFailed(
    **ORDER, failed=ONE, amount=ZERO, paid=ONE, status="delivered", product_ids=(PRODUCT,)
)


def changed(title, active=True):
    return ProductChanged(
        product_id=PRODUCT, slug=title.lower(), title=title, active=active, variants=()
    )


def named(name):
    return UserChanged(user_id=ALICE.user_id, email=ALICE.email, display_name=name)


REMOVED = ProductRemoved(product_id=PRODUCT, skus=("TEA",))
GUESTS = replace(PAID, customer_id=None)
CLAIMED = OrderClaimed(
    **ORDER,
    status="paid",
    total=ONE,
    paid_at=BEGAN + timedelta(minutes=1),
    product_ids=(PRODUCT,),
)
UNPAID = replace(CLAIMED, status="awaiting_payment", paid_at=None)
STORIES = {
    "claimed": (GUESTS, CLAIMED),
    "claimed and cancelled": (GUESTS, CLAIMED, CANCELLED),
    "cancelled and claimed": (GUESTS, CANCELLED, CLAIMED),
    "claimed and paid": (UNPAID, PAID),
    "claimed and erased": (GUESTS, CLAIMED, UserDeleted(user_id=ALICE.user_id)),
    "removed": (changed("Tea"), changed("Green tea"), REMOVED),
    "withdrawn": (changed("Tea"), changed("Tea", active=False), changed("Green tea")),
    "cancelled": (PAID, CANCELLED),
    "claimed and refunded": (GUESTS, CLAIMED, OrderRefunded(**ORDER, amount=ONE)),
    "refunded and claimed": (GUESTS, OrderRefunded(**ORDER, amount=ONE), CLAIMED),
    "refunded": (PAID, OrderRefunded(**ORDER, amount=HALF), OrderRefunded(**ORDER, amount=ONE)),
    "not refunded after all": (PAID, OrderRefunded(**ORDER, amount=ONE), FAILED),
    "refunded in part only": (
        PAID,
        OrderRefunded(**ORDER, amount=ONE),
        FAILED,
        OrderRefunded(**ORDER, amount=HALF),
    ),
    "given up": (PAID, CANCELLED, OrderRefunded(**ORDER, amount=ONE)),
    "renamed": (named("Alice"), named(""), named("Alice A.")),
    "erased": (named("Alice"), named("Alice A."), UserDeleted(user_id=ALICE.user_id)),
}


def state():
    return (
        rows_of(Product, "title", "slug", "active", active=True),
        rows_of(PurchaseRight, "customer_id", "product_id", "order_id"),
        rows_of(Author, "id", "name"),
        rows_of(Review, "customer_id", "author_name", "verified_purchase"),
    )


@pytest.fixture
def said_before():
    """Alice has said something of a tea, so that a badge can come and go."""
    tea = Product.objects.create(id=uuid7(), slug="other", title="Other")
    return Review.objects.create(
        product=tea, customer_id=ALICE.user_id, author_name="A", rating=5, status="published"
    )


@pytest.mark.parametrize("name", STORIES)
def test_any_order_ends_alike(name, said_before):
    assert_any_order_ends_alike(history(*STORIES[name]), state)


def test_every_fact_that_is_consumed_is_told_of():
    told = {fact.name for facts in STORIES.values() for fact in facts}

    # A request for a copy of one's data changes nothing.
    assert told == set(load_handlers()[0]) - {"user.export_requested"}


def test_a_removed_product_is_not_revived():
    deliver(REMOVED, version=6)
    deliver(changed("Tea"), version=5)

    assert not Product.objects.filter(active=True).exists()


@pytest.mark.parametrize(
    "ending", [CANCELLED, OrderRefunded(**ORDER, amount=ONE)], ids=["cancelled", "refunded"]
)
@pytest.mark.parametrize("late", [False, True])
def test_the_badge_goes_with_the_purchase(reviewed, tea, ending, late):
    review = reviewed()
    line = PricedLine(**{**vars(LINE), "product_id": tea.pk})
    paid = OrderPaid(**{**vars(PAID), "lines": (line,)})
    facts = [(paid, 3), (ending, 5)]

    for fact, version in reversed(facts) if late else facts:
        deliver(fact, version=version)

    review.refresh_from_db()
    assert not review.verified_purchase
    assert not PurchaseRight.objects.exists()


def test_the_badge_comes_back_where_the_refund_did_not_arrive(reviewed, tea):
    review = reviewed()
    line = PricedLine(**{**vars(LINE), "product_id": tea.pk})
    deliver(OrderPaid(**{**vars(PAID), "lines": (line,)}), version=3)
    deliver(OrderRefunded(**ORDER, amount=ONE), version=5)
    deliver(OrderRefundFailed(**{**vars(FAILED), "product_ids": (tea.pk,)}), version=6)

    review.refresh_from_db()
    assert review.verified_purchase
    deliver(OrderRefunded(**ORDER, amount=ONE), version=7)
    review.refresh_from_db()
    assert not review.verified_purchase


def test_another_order_of_the_same_keeps_the_badge(reviewed, tea):
    review = reviewed()
    line = PricedLine(**{**vars(LINE), "product_id": tea.pk})
    deliver(OrderPaid(**{**vars(PAID), "lines": (line,)}), version=3)
    deliver(OrderPaid(**{**vars(PAID), "lines": (line,), "order_id": uuid7()}), version=3)

    deliver(CANCELLED, version=5)

    review.refresh_from_db()
    assert review.verified_purchase


def test_a_part_of_the_money_back_leaves_the_badge(reviewed, tea):
    review = reviewed()
    line = PricedLine(**{**vars(LINE), "product_id": tea.pk})
    deliver(OrderPaid(**{**vars(PAID), "lines": (line,)}), version=3)

    deliver(OrderRefunded(**ORDER, amount=HALF), version=4)

    review.refresh_from_db()
    assert review.verified_purchase


def test_nothing_of_an_address_is_published(tea, client_of):
    nameless = Principal(uuid7(), "jane.roe1970@mail.example", "")
    review = operations.post_review(
        product_id=tea.pk,
        author=nameless,
        rating=5,
        title="Good",
        body="Very good",
        now=datetime(2026, 5, 4, tzinfo=UTC),
    )

    assert review.author_name == ""
    page = client_of(None).get(f"/reviews/fragments/public/product/{tea.pk}/").content.decode()
    assert "A customer" in page
    assert "jane" not in page
