"""Facts that the catalogue shows."""

from django.utils import timezone

from catalog import operations
from shared.contracts.base import Event
from shared.contracts.cart import OfferRestored, OfferWithheld
from shared.contracts.inventory import StockChanged
from shared.contracts.reviews import RatingChanged
from shared.contracts.users import DataExportRequested, UserDeleted
from shared.events.consuming import consumes


@consumes(StockChanged)
def on_stock_changed(fact: StockChanged, event: Event) -> None:
    operations.apply_stock(
        sku=fact.sku,
        available=fact.available,
        counted=fact.counted,
        version=event.aggregate_version,
    )


@consumes(OfferWithheld)
def on_offer_withheld(fact: OfferWithheld, event: Event) -> None:
    operations.note_withheld(
        product_id=fact.product_id, version=fact.product_version, reason=fact.reason
    )


@consumes(OfferRestored)
def on_offer_restored(fact: OfferRestored, event: Event) -> None:
    operations.note_restored(product_id=fact.product_id, version=fact.product_version)


@consumes(RatingChanged)
def on_rating_changed(fact: RatingChanged, event: Event) -> None:
    operations.apply_rating(
        product_id=fact.product_id,
        average=fact.average,
        count=fact.count,
        version=event.aggregate_version,
    )


@consumes(UserDeleted)
def on_user_deleted(fact: UserDeleted, event: Event) -> None:
    operations.forget_person(account_id=fact.user_id, emails=fact.addresses, now=timezone.now())


@consumes(DataExportRequested)
def on_export_requested(fact: DataExportRequested, event: Event) -> None:
    operations.export_person(request=fact)
