from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from reviews import operations
from reviews.models import Product, Review
from shared.auth.principal import Principal
from shared.events.ids import uuid7
from shared.testing.users import ALICE

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def tea(db: None) -> Product:
    return Product.objects.create(id=uuid7(), slug="tea", title="Mint tea")


@pytest.fixture
def reviewed(tea: Product) -> Callable[..., Review]:
    """`reviewed(BOB, rating=3)`: what somebody says of the tea."""

    def make(author: Principal = ALICE, **changes: Any) -> Review:
        fields = {"rating": 5, "title": "Fresh", "body": "Like a morning in May."}
        return operations.post_review(
            product_id=tea.pk, author=author, now=NOW, **{**fields, **changes}
        )

    return make
