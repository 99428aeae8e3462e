"""Many buyers at once against the real database: every thread has a connection of its own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from inventory import operations
from inventory.models import StockItem, StockMovement
from inventory.tests.conftest import NOW
from shared.contracts.parts import Quantity
from shared.events.ids import uuid7

HOUR = timedelta(hours=1)


def buy(lines):
    order_id = uuid7()
    try:
        reservation = operations.reserve_stock(
            order_id=order_id, lines=lines, lifetime=HOUR, now=NOW
        )
        if reservation.status == "held":
            operations.commit_reservation(order_id=order_id, now=NOW)
        return reservation.status
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_fifty_buyers_of_seven_units_get_seven(stocked, units):
    stocked("TEA", 7)

    with ThreadPoolExecutor(25) as pool:
        results = Counter(pool.map(buy, [[Quantity(sku="TEA", quantity=1)]] * 50))

    assert results == {"held": 7, "rejected": 43}
    assert units("TEA") == (0, 0)
    assert StockMovement.objects.filter(kind="sale").count() == 7


@pytest.mark.django_db(transaction=True)
def test_orders_with_the_same_skus_in_any_order_never_deadlock(stocked):
    skus = ["A", "B", "C", "D"]
    for sku in skus:
        stocked(sku, 40)
    baskets = [
        [Quantity(sku=sku, quantity=1) for sku in (skus[i % 4 :] + skus[: i % 4])]
        for i in range(60)
    ]

    with ThreadPoolExecutor(20) as pool:
        results = Counter(pool.map(buy, baskets))

    assert results == {"held": 40, "rejected": 20}
    assert set(StockItem.objects.values_list("on_hand", "reserved")) == {(0, 0)}
