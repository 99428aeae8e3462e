"""The words that a search finds a product by."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.db.models import Value

from catalog.models import Product, SearchWord, Variant, WordIndex
from catalog.rules.text import cut_words, plain_text, squeeze

MAX_INDEXED = 20_000
# Whoever changes what follows from a product's text counts up; the clock indexes all anew.
VERSION = 2
BATCH = 100


def make_words(product: Product, variants: list[Variant]) -> Any:
    """The expression for the words of a product: text is cut here as a search cuts it, so that the
    server has nothing left to cut in its own way. Its words are added to the vocabulary."""
    codes = [code for v in variants for code in (v.sku, v.barcode) if code]
    whole = " ".join(map(squeeze, codes))[:MAX_INDEXED]
    vector: Any = SearchVector(Value(whole), config="simple", weight="A")
    vocabulary: set[str] = set()
    for text, weight in _weigh(product, variants, codes):
        words = cut_words(text)
        vocabulary.update(words)
        for config in ("english", "simple"):
            cut = Value(" ".join(words)[:MAX_INDEXED])
            vector = vector + SearchVector(cut, config=config, weight=weight)
    _add_to_vocabulary(vocabulary)
    return vector


def _weigh(product: Product, variants: list[Variant], codes: list[str]) -> list[tuple[str, str]]:
    brand = product.brand.title if product.brand else ""
    category = product.category.title if product.category else ""
    values = " ".join(value for v in variants for value in v.options.values())
    return [
        (product.title, "A"),
        (f"{brand} {category} {' '.join(product.tags)} {values} {' '.join(codes)}", "B"),
        (plain_text(product.description), "C"),
    ]


def _add_to_vocabulary(words: Iterable[str]) -> None:
    """What has a digit may be a code, which nobody would want to be guessed."""
    wanted = {w for w in words if 3 <= len(w) <= 64 and not any(c.isdigit() for c in w)}
    known = SearchWord.objects.filter(word__in=wanted).values_list("word", flat=True)
    missing = sorted(wanted.difference(known))
    SearchWord.objects.bulk_create(SearchWord(word=word) for word in missing)


def index_products(*, most: int, now: datetime) -> int:
    """Gives up to so many more products, all in turn, the words that they have by now; how many.
    Does nothing once all have had theirs. It tells nobody: nothing else of a product changes."""
    count = 0
    while count < most and (done := _index_batch(now)):
        count += done
    return count


@transaction.atomic
def _index_batch(now: datetime) -> int:
    WordIndex.objects.get_or_create(version=VERSION)
    state = WordIndex.objects.select_for_update().get(version=VERSION)
    if state.finished_at is not None:
        return 0
    ids = _list_next(state.after)
    for product_id in ids:
        _index(product_id)
    if ids:
        state.after = ids[-1]
    else:
        state.finished_at = now
    state.save(update_fields=["after", "finished_at"])
    return len(ids)


def _list_next(after: UUID | None) -> list[UUID]:
    rest = Product.objects.filter(pk__gt=after) if after else Product.objects.all()
    return list(rest.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _index(product_id: UUID) -> None:
    rows = Product.objects.select_for_update(of=("self",)).select_related("brand", "category")
    product = rows.filter(pk=product_id).first()
    if product is not None:
        words = make_words(product, list(product.variants.order_by("position", "id")))
        Product.objects.filter(pk=product_id).update(search_vector=words)
