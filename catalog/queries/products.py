"""One product, or a few, in the shapes that pages and the API show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.safestring import SafeString, mark_safe

from catalog.models import Category, Product, ProductImage, SlugRedirect, Variant
from catalog.rules.product import availability_of, picture_url, reduction_of
from catalog.rules.text import describe_options, plain_text
from shared.errors import NotFound
from shared.money import Money

MAX_CARDS = 12
SHOWN_ON_CARDS = (
    *("slug", "title", "min_price", "max_price", "compare_at_price", "image_url", "in_stock"),
    *("rating_average", "rating_count", "brand__title", "category__slug"),
)
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
    summary: str
    seo_title: str
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
    return f"/catalog/products/{slug}/"


def category_link(category: Category) -> Link:
    url = f"/catalog/categories/{category.slug}/"
    return Link(category.slug, category.title, url)


def visible_products() -> QuerySet[Product]:
    """What shoppers may see."""
    return Product.objects.filter(status=Product.Status.ACTIVE, min_price__isnull=False)


def make_card(product: Product) -> Card:
    """The product's row, with brand and category selected, as a card."""
    assert product.min_price is not None
    assert product.max_price is not None
    before = product.compare_at_price
    reduction = reduction_of(product.min_price, before)
    return Card(
        id=product.pk,
        slug=product.slug,
        title=product.title,
        url=product_url(product.slug),
        price=money(product.min_price),
        price_max=money(product.max_price),
        compare_at_price=money(before) if before is not None and reduction else None,
        image=product.image_url,
        brand=product.brand.title if product.brand else "",
        category=product.category.slug if product.category else "",
        in_stock=product.in_stock,
        rating=Rating(product.rating_average, product.rating_count),
        badge=f"−{reduction} %" if reduction else "",
        note="" if product.in_stock else AVAILABILITY["out_of_stock"],
    )


def list_cards(products: QuerySet[Product]) -> list[Card]:
    """One query."""
    shown = products.select_related("brand", "category").only(*SHOWN_ON_CARDS)
    return [make_card(product) for product in shown]


def list_cards_by_id(ids: Iterable[UUID]) -> list[Card]:
    """The visible ones of the products, in the given order, twelve at most."""
    wanted = list(dict.fromkeys(ids))[:MAX_CARDS]
    found = {card.id: card for card in list_cards(visible_products().filter(pk__in=wanted))}
    return [found[pk] for pk in wanted if pk in found]


def get_product(slug: str, *, hidden: bool = False) -> ProductView:
    """Four queries. Raises ProductNotFound; drafts and archived ones are found when `hidden`."""
    products = Product.objects.all() if hidden else visible_products()
    product = products.filter(slug=slug).select_related("brand", "category").first()
    if product is None:
        raise ProductNotFound(f"There is no product {slug[:100]}")
    return view_product(product)


def find_product_id(slug: str) -> UUID | None:
    """Of any product, hidden ones too."""
    return Product.objects.filter(slug=slug).values_list("id", flat=True).first()


def get_current_slug(slug: str) -> str | None:
    """Where a product lives that had this address before."""
    found = SlugRedirect.objects.filter(slug=slug, product__in=visible_products())
    return found.values_list("product__slug", flat=True).first()


def view_product(product: Product) -> ProductView:
    variants = [view_variant(v) for v in product.variants.order_by("position", "id")]
    images = [view_image(image) for image in product.images.order_by("position", "id")]
    path = list_path(product.category) if product.category else []
    before = product.compare_at_price
    return ProductView(
        id=product.pk,
        slug=product.slug,
        title=product.title,
        url=product_url(product.slug),
        status=product.status,
        # clean_html took out what is not safe when it was stored.
        description=mark_safe(product.description),
        summary=product.seo_description or shorten(plain_text(product.description), 160),
        seo_title=product.seo_title,
        tags=list(product.tags),
        price=money(product.min_price) if product.min_price is not None else None,
        price_max=money(product.max_price) if product.max_price is not None else None,
        compare_at_price=money(before) if before is not None else None,
        variants=variants,
        images=images,
        category=path[-1] if path else None,
        category_path=path,
        brand=_brand_link(product),
        rating=Rating(product.rating_average, product.rating_count),
        in_stock=product.in_stock,
        version=product.version,
        published_at=product.published_at,
        updated_at=product.updated_at,
    )


def shorten(text: str, limit: int) -> str:
    """At most so many characters, cut between words."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0] + "…"


def _brand_link(product: Product) -> Link | None:
    brand = product.brand
    return Link(brand.slug, brand.title, f"/catalog/?brand={brand.slug}") if brand else None


def view_variant(variant: Variant) -> VariantView:
    availability = availability_of(variant.available)
    before = variant.compare_at_price
    reduced = reduction_of(variant.price, before)
    return VariantView(
        sku=variant.sku,
        label=" / ".join(variant.options.values()) or describe_options(variant.options),
        options=variant.options,
        price=money(variant.price),
        compare_at_price=money(before) if before is not None and reduced else None,
        tax_class=variant.tax_class,
        barcode=variant.barcode,
        weight_grams=variant.weight_grams,
        available=variant.available,
        availability=availability,
        availability_text=AVAILABILITY[availability].format(variant.available),
    )


def view_image(image: ProductImage) -> ImageView:
    srcset = ", ".join(
        f"{picture_url(image.key, [size], size)} {size}w" for size in sorted(image.sizes)
    )
    return ImageView(
        url=picture_url(image.key, image.sizes, 1280),
        thumbnail=picture_url(image.key, image.sizes, 320),
        srcset=srcset,
        alt=image.alt,
        source_url=image.source_url,
    )


def list_path(category: Category) -> list[Link]:
    """From the root to the category. One query, none for a root."""
    if category.depth == 1:
        return [category_link(category)]
    paths = [category.path[: n * Category.steplen] for n in range(1, category.depth + 1)]
    nodes: Sequence[Category] = Category.objects.filter(path__in=paths).order_by("depth")
    return [category_link(node) for node in nodes]
