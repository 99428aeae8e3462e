from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from catalog import operations
from catalog.models import Product, StockLevel
from catalog.queries.search import sampling
from catalog.rules.product import VariantState
from shared.events.models import OutboxMessage

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def variant(sku: str, price: str = "10.00", **fields: Any) -> VariantState:
    return VariantState(sku=sku, price=Decimal(price), **fields)


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture(autouse=True)
def _small_shop(monkeypatch: Any) -> None:
    """What a test before knew of its shop is forgotten."""
    monkeypatch.setattr(sampling, "shop_size", 0)


@pytest.fixture
def shelved(db: None) -> Callable[..., Product]:
    """`shelved("Mint tea", price="5.00", shelf=("Teas",))`: an active product whose creation is
    not in the outbox any more, with nine units a variant; `units=None` for what nobody counted."""

    def make(
        title: str,
        *,
        price: str = "10.00",
        shelf: tuple[str, ...] = (),
        options: list[dict[str, str]] | None = None,
        units: int | None = 9,
        **changes: Any,
    ) -> Product:
        slug = title.lower().replace(" ", "-")
        variants = [
            variant(f"{slug}-{number}".upper(), price, options=each)
            for number, each in enumerate(options or [{}], start=1)
        ]
        if units is not None:
            skus = [each.sku for each in changes.get("variants", variants)]
            levels = [StockLevel(sku=sku, available=units, version=0) for sku in skus]
            StockLevel.objects.bulk_create(levels, ignore_conflicts=True)
        if shelf:
            changes["category"] = operations.ensure_category(path=shelf)
        product = operations.create_product(
            changes={"title": title, "status": "active", "variants": variants, **changes}, now=NOW
        )
        OutboxMessage.objects.all().delete()
        return product

    return make
