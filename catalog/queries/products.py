"""One product, or a few, in the shapes that pages and the API show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils.safestring import SafeString, mark_safe

from catalog.models import Product, SlugRedirect
from catalog.rules.product import availability_of, picture_url, reduction_of
from catalog.rules.text import describe_options, plain_text
from shared.errors import NotFound
from shared.money import Money

MAX_CARDS = 12
SHOWN_ON_CARDS = (
    *("id", "slug", "title", "min_price", "max_price", "compare_at_price", "image_url"),
    *("in_stock", "rating_average", "rating_count", "brand__title", "category__slug"),
)
# The same in SQL, of `page`, for JSON, which has no decimals: prices are text.
CARD_COLUMNS = """id, slug, title, min_price::text, max_price::text, compare_at_price::text,
    image_url, in_stock, rating_average::text, rating_count,
    (SELECT title FROM catalog_brand WHERE id = page.brand_id),
    (SELECT slug FROM catalog_category WHERE id = page.category_id)"""
AVAILABILITY = {"in_stock": "In stock", "low_stock": "Only {} left", "out_of_stock": "Sold out"}


class ProductNotFound(NotFound):
    code = "product_not_found"
    title = "No such product"


class CategoryNotFound(NotFound):
    code = "category_not_found"
    title = "No such category"


@dataclass(frozen=True)
class Link:
    """A named thing with an address: a category, a brand."""

    slug: str
    title: str
    url: str


@dataclass(frozen=True)
class Rating:
    average: Decimal | None
    count: int


@dataclass(frozen=True)
class Card:
    """A product in a list."""

    id: UUID
    slug: str
    title: str
    url: str
    price: Money
    price_max: Money
    compare_at_price: Money | None
    image: str
    brand: str
    category: str
    in_stock: bool
    rating: Rating
    badge: str
    note: str


@dataclass(frozen=True)
class VariantView:
    sku: str
    label: str
    options: dict[str, str]
    price: Money
    compare_at_price: Money | None
    tax_class: str
    barcode: str
    weight_grams: int
    track_stock: bool
    available: int | None
    availability: str
    availability_text: str


@dataclass(frozen=True)
class ImageView:
    """`url` is empty for a picture that lies elsewhere: the shop shows only its own."""

    url: str
    thumbnail: str
    srcset: str
    alt: str
    source_url: str


@dataclass(frozen=True)
class ProductView:
    """A product with everything about it. `description` is clean HTML."""

    id: UUID
    slug: str
    title: str
    url: str
    status: str
    description: SafeString
    seo_title: str
    seo_description: str
    tags: list[str]
    price: Money | None
    price_max: Money | None
    compare_at_price: Money | None
    variants: list[VariantView]
    images: list[ImageView]
    category: Link | None
    category_path: list[Link]
    brand: Link | None
    rating: Rating
    in_stock: bool
    version: int
    published_at: datetime | None
    updated_at: datetime

    @cached_property
    def summary(self) -> str:
        return self.seo_description or shorten(plain_text(self.description), 160)

    @property
    def option_names(self) -> str:
        names = dict.fromkeys(name for variant in self.variants for name in variant.options)
        return ", ".join(names)

    @property
    def chosen(self) -> VariantView | None:
        """What is selected to begin with: the first variant that can be had."""
        there = (v for v in self.variants if v.availability != "out_of_stock")
        return next(there, self.variants[0] if self.variants else None)


def money(amount: Decimal) -> Money:
    return Money(amount, settings.CURRENCY)


def product_url(slug: str) -> str:
    return f"/catalog/products/{quote(slug)}/"


def category_url(slug: str) -> str:
    return f"/catalog/categories/{quote(slug)}/"


def category_link(slug: str, title: str) -> Link:
    return Link(slug, title, category_url(slug))


def visible_products() -> QuerySet[Product]:
    """What shoppers may see."""
    return Product.objects.filter(status=Product.Status.ACTIVE, min_price__isnull=False)


def _card(
    pk: UUID,
    slug: str,
    title: str,
    price: Decimal,
    price_max: Decimal,
    before: Decimal | None,
    image: str,
    in_stock: bool,
    rating: Decimal | None,
    rating_count: int,
    brand: str | None,
    category: str | None,
) -> Card:
    """Of a row of SHOWN_ON_CARDS."""
    reduction = reduction_of(price, before)
    return Card(
        id=pk,
        slug=slug,
        title=title,
        url=product_url(slug),
        price=money(price),
        price_max=money(price_max),
        compare_at_price=_known(before) if reduction else None,
        image=image,
        brand=brand or "",
        category=category or "",
        in_stock=in_stock,
        rating=Rating(rating, rating_count),
        badge=f"−{reduction} %" if reduction else "",
        note="" if in_stock else AVAILABILITY["out_of_stock"],
    )


def list_cards(products: QuerySet[Product]) -> list[Card]:
    """One query."""
    return [_card(*row) for row in products.values_list(*SHOWN_ON_CARDS)]


def read_card(row: list[Any]) -> Card:
    """Of CARD_COLUMNS as JSON."""
    pk, slug, title, price, highest, before, image, in_stock, average, *rest = row
    former, rating = _decimal(before), _decimal(average)
    prices = (Decimal(price), Decimal(highest), former)
    return _card(UUID(pk), slug, title, *prices, image, in_stock, rating, *rest)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def list_cards_by_id(ids: Iterable[UUID]) -> list[Card]:
    """The visible ones of the products, in the given order, twelve at most."""
    wanted = list(dict.fromkeys(ids))[:MAX_CARDS]
    found = {card.id: card for card in list_cards(visible_products().filter(pk__in=wanted))}
    return [found[pk] for pk in wanted if pk in found]


# A whole product in one row. Where it holds others they are JSON, which has no decimals: prices in
# it are text.
PRODUCT = """
    SELECT p.id, p.slug, p.title, p.status, p.description, p.seo_title, p.seo_description, p.tags,
        p.min_price, p.max_price, p.compare_at_price, p.rating_average, p.rating_count,
        p.in_stock, p.version, p.published_at, p.updated_at, b.slug, b.title,
        (SELECT json_agg(json_build_array(v.sku, v.options, v.price::text,
                v.compare_at_price::text, v.tax_class, v.barcode, v.weight_grams, v.available,
                v.track_stock)
                ORDER BY v.position, v.id)
            FROM catalog_variant v WHERE v.product_id = p.id),
        (SELECT json_agg(json_build_array(i.key, i.sizes, i.alt, i.source_url)
                ORDER BY i.position, i.id)
            FROM catalog_productimage i WHERE i.product_id = p.id),
        (SELECT json_agg(json_build_array(c.slug, c.title) ORDER BY c.depth)
            FROM catalog_category c WHERE starts_with(s.path, c.path))
    FROM catalog_product p
        LEFT JOIN catalog_brand b ON b.id = p.brand_id
        LEFT JOIN catalog_category s ON s.id = p.category_id
    WHERE p.slug = %s"""
VISIBLE_PRODUCT = f"{PRODUCT} AND p.status = 'active' AND p.min_price IS NOT NULL"


class ProductRow(NamedTuple):
    """What PRODUCT selects, in the order of its columns. `variants`, `images` and `path`, the
    categories from the root down, hold a list a row, None when there are none."""

    id: UUID
    slug: str
    title: str
    status: str
    description: str
    seo_title: str
    seo_description: str
    tags: list[str]
    min_price: Decimal | None
    max_price: Decimal | None
    compare_at_price: Decimal | None
    rating_average: Decimal | None
    rating_count: int
    in_stock: bool
    version: int
    published_at: datetime | None
    updated_at: datetime
    brand_slug: str | None
    brand_title: str
    variants: list[list[Any]] | None
    images: list[list[Any]] | None
    path: list[list[str]] | None


def get_product(slug: str, *, hidden: bool = False) -> ProductView:
    """One query. Raises ProductNotFound; drafts and archived ones are found when `hidden`."""
    with connection.cursor() as cursor:
        cursor.execute(PRODUCT if hidden else VISIBLE_PRODUCT, [slug])
        row = cursor.fetchone()
    if row is None:
        raise ProductNotFound(f"There is no product {slug[:100]}")
    return _view(ProductRow(*row))


def find_product_id(slug: str) -> UUID | None:
    """Of any product, hidden ones too."""
    return Product.objects.filter(slug=slug).values_list("id", flat=True).first()


def get_current_slug(slug: str) -> str | None:
    """Where a product lives that had this address before."""
    found = SlugRedirect.objects.filter(slug=slug, product__in=visible_products())
    return found.values_list("product__slug", flat=True).first()


def _view(row: ProductRow) -> ProductView:
    path = [category_link(slug, title) for slug, title in row.path or []]
    return ProductView(
        id=row.id,
        slug=row.slug,
        title=row.title,
        url=product_url(row.slug),
        status=row.status,
        # clean_html took out what is not safe when it was stored.
        description=mark_safe(row.description),
        seo_title=row.seo_title,
        seo_description=row.seo_description,
        tags=row.tags,
        price=_known(row.min_price),
        price_max=_known(row.max_price),
        compare_at_price=_known(row.compare_at_price),
        variants=[_view_variant(*variant) for variant in row.variants or []],
        images=[_view_image(*image) for image in row.images or []],
        category=path[-1] if path else None,
        category_path=path,
        brand=_brand(row.brand_slug, row.brand_title) if row.brand_slug else None,
        rating=Rating(row.rating_average, row.rating_count),
        in_stock=row.in_stock,
        version=row.version,
        published_at=row.published_at,
        updated_at=row.updated_at,
    )


def _known(amount: Decimal | None) -> Money | None:
    return money(amount) if amount is not None else None


def _brand(slug: str, title: str) -> Link:
    return Link(slug, title, f"/catalog/?brand={quote(slug)}")


def shorten(text: str, limit: int) -> str:
    """At most so many characters, cut between words."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0] + "…"


def _view_variant(
    sku: str,
    options: dict[str, str],
    price: str,
    before: str | None,
    tax_class: str,
    barcode: str,
    weight_grams: int,
    available: int | None,
    track_stock: bool,
) -> VariantView:
    amount, former = Decimal(price), Decimal(before) if before is not None else None
    availability = availability_of(available, track_stock)
    return VariantView(
        sku=sku,
        label=" / ".join(options.values()) or describe_options(options) or sku,
        options=options,
        price=money(amount),
        compare_at_price=_known(former) if reduction_of(amount, former) else None,
        tax_class=tax_class,
        barcode=barcode,
        weight_grams=weight_grams,
        track_stock=track_stock,
        available=available if track_stock else None,
        availability=availability,
        availability_text=AVAILABILITY[availability].format(available),
    )


def _view_image(key: str, sizes: list[int], alt: str, source_url: str) -> ImageView:
    srcset = ", ".join(f"{picture_url(key, [size], size)} {size}w" for size in sorted(sizes))
    return ImageView(
        url=picture_url(key, sizes, 1280),
        thumbnail=picture_url(key, sizes, 320),
        srcset=srcset,
        alt=alt,
        source_url=source_url,
    )
