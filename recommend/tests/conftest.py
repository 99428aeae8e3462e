from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from recommend import operations
from recommend.models import Product
from shared.events.ids import uuid7

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def product(db: None) -> Callable[..., Product]:
    """`product("Tea")`: something to recommend."""

    def make(title: str, **changes: Any) -> Product:
        fields = {"category": "", "price": Decimal("5.00"), "currency": "EUR", "first_seen": NOW}
        return Product.objects.create(
            id=uuid7(), slug=title.lower(), title=title, **{**fields, **changes}
        )

    return make


@pytest.fixture
def bought(db: None) -> Callable[..., UUID]:
    """`bought(tea, pot)`: an order of these; `by=` says whose."""

    def make(*products: Product, by: UUID | None = None, at: datetime = NOW) -> UUID:
        order_id = uuid7()
        operations.record_purchase(
            order_id=order_id, customer_id=by, product_ids=[x.pk for x in products], at=at
        )
        return order_id

    return make
