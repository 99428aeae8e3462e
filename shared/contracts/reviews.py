"""Facts that reviews publishes."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Fact


@dataclass(frozen=True, kw_only=True)
class ReviewPublished(Fact):
    """A review became visible. `rating` is 1 to 5."""

    name: ClassVar[str] = "review.published"
    aggregate: ClassVar[str] = "review_id"

    review_id: UUID
    product_id: UUID
    customer_id: UUID
    rating: int
    verified_purchase: bool


@dataclass(frozen=True, kw_only=True)
class RatingChanged(Fact):
    """The product's published reviews now average so much. `average` has two decimals and is None
    without reviews. Ordered by aggregate_version."""

    name: ClassVar[str] = "rating.changed"
    aggregate: ClassVar[str] = "product_id"

    product_id: UUID
    average: Decimal | None
    count: int
