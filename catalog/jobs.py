"""Imports, words that are cut in a new way, and what follows a change of a category's title: its
products are published anew."""

from uuid import UUID

from django.utils import timezone

from catalog import operations
from shared.events.consuming import job

PRODUCTS_A_MINUTE = 2000


@job()
def republish_category(category_id: int) -> None:
    operations.republish_products(category_id=category_id, now=timezone.now())


@job()
def republish_brand(brand_id: int) -> None:
    operations.republish_products(brand_id=brand_id, now=timezone.now())


@job()
def run_import(run_id: str) -> None:
    operations.run_import(run_id=UUID(run_id), clock=timezone.now)


@job(every=60)
def resume_imports() -> None:
    operations.resume_imports(now=timezone.now())


@job(every=60)
def index_products() -> None:
    operations.index_products(most=PRODUCTS_A_MINUTE, now=timezone.now())
