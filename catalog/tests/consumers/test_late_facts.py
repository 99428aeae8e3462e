"""Facts that come late, twice or in another order leave what they leave in their own."""

from decimal import Decimal

import pytest

from catalog.models import Product, StockLevel, Variant
from shared.contracts.inventory import StockChanged
from shared.contracts.reviews import RatingChanged
from shared.events.consuming import load_handlers
from shared.events.ids import uuid7
from shared.testing.stories import assert_any_order_ends_alike, held, story

pytestmark = pytest.mark.django_db


def level(available, sku="TEA-1"):
    return StockChanged(sku=sku, on_hand=available, available=available)


def rated(product_id, average, count):
    value = Decimal(average) if average else None
    return RatingChanged(product_id=product_id, average=value, count=count)


def state():
    return (
        held(Product, "id", "rating_average", "rating_count", "in_stock"),
        held(Variant, "sku", "available"),
        held(StockLevel, "sku", "available"),
    )


@pytest.mark.parametrize("sku", ["TEA-1", "NOBODY"])
def test_levels_in_any_order_end_alike(shelved, sku):
    shelved("Tea")

    assert_any_order_ends_alike(story(level(3, sku), level(0, sku), level(2, sku)), state)


@pytest.mark.parametrize("known", [True, False])
def test_ratings_in_any_order_end_alike(shelved, known):
    tea = shelved("Tea")
    product_id = tea.pk if known else uuid7()
    facts = [rated(product_id, "4.50", 2), rated(product_id, "5.00", 3), rated(product_id, "", 0)]

    assert_any_order_ends_alike(story(*facts), state)


def test_every_fact_about_goods_that_is_consumed_is_told_of():
    assert {"stock.changed", "rating.changed"} <= set(load_handlers()[0])
