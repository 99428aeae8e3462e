from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reviews import queries
from reviews.models import Product, PurchaseRight
from shared.contracts.catalog import ProductChanged, ProductRemoved
from shared.contracts.orders import OrderCancelled, OrderClaimed, OrderPaid
from shared.contracts.parts import PricedLine, Totals
from shared.contracts.users import UserChanged, UserDeleted
from shared.events.ids import uuid7
from shared.money import Money
from shared.testing.events import deliver
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db
ONE = Money(Decimal(1), "EUR")


def order(product, customer_id=ALICE.user_id):
    return {
        "order_id": uuid7(),
        "number": "S-1",
        "customer_id": customer_id,
        "email": ALICE.email,
        "cart_id": uuid7(),
    }


def paid(product, **changes):
    line = PricedLine(
        product_id=product.pk, sku="TEA", title="Tea", quantity=1, unit_price=ONE, total=ONE
    )
    zero = ONE - ONE
    totals = Totals(subtotal=ONE, discount=zero, shipping=zero, tax=zero, total=ONE)
    return OrderPaid(**{**order(product), **changes}, lines=(line,), totals=totals)


def claimed(bought, **changes):
    facts = {"status": "paid", "total": ONE, "paid_at": datetime(2026, 5, 4, tzinfo=UTC)}
    return OrderClaimed(
        order_id=bought.order_id,
        number=bought.number,
        customer_id=ALICE.user_id,
        email=ALICE.email,
        product_ids=tuple(line.product_id for line in bought.lines),
        **{**facts, **changes},
    )


def test_a_buyers_review_is_verified_before_and_after(reviewed, tea):
    review = reviewed()

    deliver(paid(tea))

    review.refresh_from_db()
    assert review.verified_purchase
    assert PurchaseRight.objects.count() == 1
    assert queries.has_bought(ALICE.user_id, tea.pk)


def test_a_guests_purchase_gives_nobody_a_right(tea):
    deliver(paid(tea, customer_id=None))

    assert not PurchaseRight.objects.exists()


def test_a_guests_purchase_gives_the_account_that_claims_it_the_right(reviewed, tea):
    review = reviewed()
    bought = paid(tea, customer_id=None)
    deliver(bought, version=3)

    deliver(claimed(bought), version=4)

    review.refresh_from_db()
    assert review.verified_purchase
    assert PurchaseRight.objects.get().order_id == bought.order_id


def test_an_unpaid_order_that_is_claimed_gives_no_right(tea):
    deliver(claimed(paid(tea, customer_id=None), paid_at=None), version=4)

    assert not PurchaseRight.objects.exists()


def test_a_cancelled_order_takes_the_right_away(tea):
    fact = paid(tea)
    deliver(fact)

    deliver(
        OrderCancelled(
            order_id=fact.order_id,
            number="S-1",
            customer_id=ALICE.user_id,
            email="",
            cart_id=uuid7(),
            reason="customer",
            was_paid=True,
        )
    )

    assert not queries.has_bought(ALICE.user_id, tea.pk)


def test_products_follow_the_newest_word(tea):
    def changed(title):
        return ProductChanged(product_id=tea.pk, slug="tea", title=title, active=True, variants=())

    deliver(changed("New"), version=3)
    deliver(changed("Old"), version=2)
    assert Product.objects.get().title == "New"

    deliver(ProductRemoved(product_id=tea.pk, skus=()))
    assert not Product.objects.get().active


def test_an_erased_person_leaves_words_without_a_name(reviewed):
    review = reviewed()

    deliver(UserDeleted(user_id=ALICE.user_id))

    review.refresh_from_db()
    assert (review.customer_id, review.author_name, review.rating) == (None, "", 5)


def test_a_new_name_is_shown(reviewed):
    review = reviewed()

    deliver(UserChanged(user_id=ALICE.user_id, email="", display_name="Alice A."))

    review.refresh_from_db()
    assert review.author_name == "Alice A."
