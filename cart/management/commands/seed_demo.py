from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from cart.models import Coupon, ShippingMethod, TaxRate
from shared.money import demo_price

NEAR = ["DE", "AT", "NL", "BE", "LU", "FR", "DK", "PL", "IT", "ES"]
# Standard and reduced rates in per cent (European Commission, VAT rates applied in the member
# states).
RATES = {
    "DE": ("19", "7"),
    "AT": ("20", "10"),
    "NL": ("21", "9"),
    "BE": ("21", "6"),
    "LU": ("17", "8"),
    "FR": ("20", "5.5"),
    "DK": ("25", "25"),
    "PL": ("23", "8"),
    "IT": ("22", "10"),
    "ES": ("21", "10"),
}


def _price(euros: str) -> Decimal:
    return demo_price(Decimal(euros), settings.CURRENCY)


class Command(BaseCommand):
    help = "Make the demo shop's shipping methods, tax rates and discount code. Repeatable."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for position, (code, title, note, countries, price, free_over) in enumerate(
            [
                ("standard", "Standard", "2 to 4 working days", NEAR, "4.90", "49.00"),
                ("express", "Express", "Tomorrow, if you order before noon", NEAR, "11.90", None),
                ("world", "International", "6 to 12 working days", ["*"], "19.90", None),
            ]
        ):
            ShippingMethod.objects.get_or_create(
                code=code,
                defaults={
                    "title": title,
                    "note": note,
                    "countries": countries,
                    "price": _price(price),
                    "free_over": _price(free_over) if free_over else None,
                    "position": position,
                },
            )
        for country, rates in RATES.items():
            for tax_class, rate in zip(("standard", "reduced"), rates, strict=True):
                TaxRate.objects.get_or_create(
                    country=country, tax_class=tax_class, defaults={"rate": Decimal(rate)}
                )
        if not Coupon.objects.filter(code__iexact="WELCOME10").exists():
            Coupon.objects.create(code="WELCOME10", kind="percent", value=Decimal(10))
