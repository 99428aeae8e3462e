import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from catalog import operations
from catalog.clients import store_image
from catalog.management import illustrations
from catalog.queries.imports import list_import_errors
from catalog.queries.products import find_product_id
from catalog.rules.product import StoredImage
from shared.money import demo_price

LAST = "candied-almonds"  # the file's last product: where it is, the others are
PRICES = ("Variant Price", "Variant Compare At Price")
FILE = Path(__file__).resolve().parents[2] / "seed" / "products.csv"


class Command(BaseCommand):
    help = "Fill the demo shop: 36 products in six categories, with pictures. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        if find_product_id(LAST):
            self.stdout.write("the demo products are there already")
            return
        run = operations.import_products(
            data=_in_currency(FILE.read_text(), settings.CURRENCY),
            file_name=FILE.name,
            format="shopify",
            actor="seed_demo",
            now=timezone.now(),
            resolve=_draw,
        )
        for row in list_import_errors(run):
            self.stderr.write(f"row {row.row} {row.handle}: {row.code}: {row.message}")
        self.stdout.write(f"created {run.created}, unchanged {run.unchanged}")


def _in_currency(text: str, currency: str) -> bytes:
    """The file, whose prices are in euros, with prices of the shop's currency."""
    reader, target = csv.DictReader(io.StringIO(text)), io.StringIO()
    writer = csv.DictWriter(target, reader.fieldnames or ())
    writer.writeheader()
    for row in reader:
        prices = {name: _price(row[name], currency) for name in PRICES}
        writer.writerow({**row, **prices})
    return target.getvalue().encode()


def _price(euros: str, currency: str) -> str:
    return str(demo_price(Decimal(euros), currency)) if euros else ""


def _draw(source: str) -> StoredImage | None:
    """`art/bowl/cobalt.webp` is a bowl in cobalt."""
    folder, _, name = source.removesuffix(".webp").partition("/")
    kind, _, palette = name.partition("/")
    known = kind in illustrations.KINDS and palette in illustrations.PALETTES
    return store_image(illustrations.draw(kind, palette)) if folder == "art" and known else None
