"""What shoppers do, counted as it is heard."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from recommend.models import Order, Product, ProductView, Purchase, Trend
from recommend.operations.training import mark_unlearnt
from recommend.queries import UnknownProduct
from recommend.rules import trend_weight
from shared.auth.erasure import forget_account, is_erased
from shared.auth.exporting import as_export
from shared.contracts.users import DataExported, DataExportRequested
from shared.database.read_models import upsert_newer
from shared.events.publishing import publish


@transaction.atomic
def record_purchase(
    *,
    order_id: UUID,
    customer_id: UUID | None,
    product_ids: Iterable[UUID],
    at: datetime,
    version: int = 0,
) -> None:
    """A paid order says what goes together, unless it was called off before we heard of it. Whose
    it was is not kept of an erased account."""
    if upsert_newer(Order, id=order_id, version=version):
        customer_id = None if is_erased(customer_id) else customer_id
        _add_purchase(order_id, customer_id, product_ids, at)


@transaction.atomic
def claim_purchase(
    *,
    order_id: UUID,
    customer_id: UUID | None,
    product_ids: Iterable[UUID],
    at: datetime,
    version: int,
) -> None:
    """A paid order that was a guest's is an account's from now on, also where we have not heard of
    its payment yet."""
    if not upsert_newer(Order, id=order_id, version=version):
        return
    customer_id = None if is_erased(customer_id) else customer_id
    if not Purchase.objects.filter(order_id=order_id).update(customer_id=customer_id):
        _add_purchase(order_id, customer_id, product_ids, at)


def _add_purchase(
    order_id: UUID, customer_id: UUID | None, product_ids: Iterable[UUID], at: datetime
) -> None:
    products = sorted(set(product_ids))
    Purchase.objects.bulk_create(
        [
            Purchase(order_id=order_id, product_id=product_id, customer_id=customer_id, at=at)
            for product_id in products
        ],
        ignore_conflicts=True,
    )
    mark_unlearnt(products, at)
    _count(products, "bought", at)


@transaction.atomic
def record_view(*, product_id: UUID, customer_id: UUID | None, at: datetime) -> None:
    """Somebody looked at a product. Raises UnknownProduct."""
    customer_id = None if is_erased(customer_id) else customer_id
    if not Product.objects.filter(pk=product_id, active=True).exists():
        raise UnknownProduct()
    ProductView.objects.create(product_id=product_id, customer_id=customer_id, at=at)
    _count([product_id], "viewed", at)


def _count(product_ids: list[UUID], what: str, at: datetime, sign: int = 1) -> None:
    """Adds a signal to each, in their order, so that two who do it wait for each other."""
    rows = [Trend(product_id=product_id) for product_id in product_ids]
    Trend.objects.bulk_create(rows, ignore_conflicts=True)
    step: dict[str, Any] = {
        what: F(what) + sign,
        f"{what}_score": F(f"{what}_score") + sign * trend_weight(at),
    }
    if sign > 0:
        step[f"{what}_at"] = Greatest(f"{what}_at", Value(at))
    for product_id in product_ids:
        Trend.objects.filter(pk=product_id).update(**step)


@transaction.atomic
def forget_customer(*, customer_id: UUID, emails: Collection[str], now: datetime) -> None:
    """What was bought together stays; by whom does not."""
    forget_account(account_id=customer_id, emails=emails, now=now)
    Purchase.objects.filter(customer_id=customer_id).update(customer_id=None)
    ProductView.objects.filter(customer_id=customer_id).delete()


@transaction.atomic
def export_person(*, request: DataExportRequested) -> None:
    """Tells users what is kept of the person."""
    data = as_export(
        purchases=Purchase.objects.filter(customer_id=request.user_id).values(
            "order_id", "product_id", "at"
        ),
        views=ProductView.objects.filter(customer_id=request.user_id).values("product_id", "at"),
    )
    publish(DataExported(export_id=request.export_id, service="recommend", data=data))


@transaction.atomic
def forget_purchase(*, order_id: UUID, version: int, now: datetime) -> None:
    """The order was called off."""
    upsert_newer(Order, id=order_id, removed=True, version=version)
    purchases = Purchase.objects.filter(order_id=order_id)
    bought_at = dict(purchases.values_list("product_id", "at"))
    purchases.delete()
    products = sorted(bought_at)
    mark_unlearnt(products, now)
    for product_id in products:
        _count([product_id], "bought", bought_at[product_id], sign=-1)


@transaction.atomic
def forget_old_views(*, now: datetime) -> None:
    ProductView.objects.filter(at__lt=now - timedelta(days=90)).delete()
