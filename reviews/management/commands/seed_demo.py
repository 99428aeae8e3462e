import random
import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from reviews import operations
from reviews.models import Product, Review
from shared.auth.principal import Principal
from shared.events.ids import uuid7

WAIT_SECONDS = 20
PEOPLE = ["Leyla", "Jonas", "Amira", "Piet", "Sofia", "Karim", "Elif", "Tomasz", "Nora", "Hugo"]
VOICES = [
    (5, "Better than I hoped", "It arrived well packed and looks even nicer than in the picture."),
    (5, "A gift that was loved", "My sister asked at once where it came from. I will order again."),
    (
        4,
        "Very good",
        "Good quality for the price. One star less for the slow parcel.",
    ),
    (4, "Does what it should", "In daily use for some weeks now and nothing to complain about."),
    (5, "Simply beautiful", "You can see that somebody took their time making this."),
    (3, "All right", "It is fine, only a little smaller than I had imagined. Read the measures."),
    (4, "Happy with it", "Smells, feels and looks as described. The card inside was a nice touch."),
    (2, "Not for me", "The colour is darker than on my screen. Sending it back was easy, though."),
]


class Command(BaseCommand):
    help = "Write demo reviews for the products that catalog has told of. Does nothing twice."

    def handle(self, *args: Any, **options: Any) -> None:
        if Review.objects.exists():
            return
        products = self._await_products()
        chance = random.Random(7)
        for product in products:
            for name in chance.sample(PEOPLE, chance.randint(0, 5)):
                self._write(product, name, chance)
        self.stdout.write(f"{Review.objects.count()} reviews of {len(products)} products")

    def _await_products(self) -> list[Product]:
        """Products come by facts, which may still be on their way."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not Product.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.5)
        return list(Product.objects.filter(active=True).order_by("slug"))

    def _write(self, product: Product, name: str, chance: random.Random) -> None:
        rating, title, body = chance.choice(VOICES)
        operations.post_review(
            product_id=product.pk,
            author=Principal(uuid7(), f"{name.lower()}@souk.example", name),
            rating=rating,
            title=title,
            body=body,
            now=timezone.now() - timedelta(days=chance.randint(1, 200)),
        )
