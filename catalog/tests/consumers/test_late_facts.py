"""Facts that come late, twice or in another order leave what they leave in their own."""

from decimal import Decimal

import pytest

from catalog.models import Product, StockLevel, Variant
from shared.auth.models import ErasedAccount
from shared.contracts.cart import OfferRestored, OfferWithheld
from shared.contracts.inventory import StockChanged
from shared.contracts.reviews import RatingChanged
from shared.contracts.users import UserDeleted
from shared.events.consuming import load_handlers
from shared.events.ids import uuid7
from shared.testing.fact_orders import assert_any_order_ends_alike, history, rows_of
from shared.testing.users import ALICE

pytestmark = pytest.mark.django_db


def level(available, sku="TEA-1"):
    return StockChanged(sku=sku, on_hand=available, available=available)


def rated(product_id, average, count):
    value = Decimal(average) if average else None
    return RatingChanged(product_id=product_id, average=value, count=count)


def state():
    return (
        rows_of(Product, "id", "rating_average", "rating_count", "in_stock"),
        rows_of(Variant, "sku", "available"),
        rows_of(StockLevel, "sku", "available"),
    )


@pytest.mark.parametrize("sku", ["TEA-1", "NOBODY"])
def test_levels_in_any_order_end_alike(shelved, sku):
    shelved("Tea")

    assert_any_order_ends_alike(history(level(3, sku), level(0, sku), level(2, sku)), state)


@pytest.mark.parametrize("known", [True, False])
def test_ratings_in_any_order_end_alike(shelved, known):
    tea = shelved("Tea")
    product_id = tea.pk if known else uuid7()
    facts = [rated(product_id, "4.50", 2), rated(product_id, "5.00", 3), rated(product_id, "", 0)]

    assert_any_order_ends_alike(history(*facts), state)


def test_a_version_that_the_cart_took_over_after_all_is_for_sale_in_any_order(shelved):
    word = {"product_id": shelved("Tea").pk, "product_version": 1}
    told = (OfferWithheld(**word, reason="too long"), OfferRestored(**word))

    assert_any_order_ends_alike(history(*told), lambda: rows_of(Product, "id", "withheld"))


def test_an_erased_person_stays_so(shelved):
    erased = UserDeleted(user_id=ALICE.user_id, email=ALICE.email)

    assert_any_order_ends_alike(history(erased), lambda: rows_of(ErasedAccount, "account_id"))


def test_every_fact_that_is_consumed_is_told_of():
    told = {fact.name for fact in (StockChanged, RatingChanged)}
    told |= {fact.name for fact in (OfferWithheld, OfferRestored, UserDeleted)}

    # A request for a copy of one's data changes nothing.
    assert told == set(load_handlers()[0]) - {"user.export_requested"}
