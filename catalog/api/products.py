"""Products as JSON: anybody looks, merchants write."""

import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import operations
from catalog.api.shapes import CategoryOutput, ListOutput, ProductOutput
from catalog.models import Category, Product, TaxClass
from catalog.queries import categories, products
from catalog.queries.search import listing
from catalog.rules.filters import ORDERINGS, read_filters
from catalog.rules.product import (
    MAX_DESCRIPTION,
    MAX_IMAGES,
    MAX_QUANTITY,
    MAX_VARIANTS,
    ImageState,
    VariantState,
    clean_options,
)
from catalog.rules.text import MAX_SKU
from shared.api.input import Input, read, read_nothing
from shared.api.shapes import PriceShape
from shared.auth.permissions import api_principal, has_role
from shared.errors import DomainError, InvalidInput
from shared.money import highest_price

# What is gone has to take the old answer's place in the gateway's cache.
KEPT_FOR = {200: 5, 404: 1}
_VERSION = re.compile(r'(?:W/)?"(\d{1,18})"', re.ASCII)


class PreconditionFailed(operations.StaleVersion):
    status = 412


class VersionRequired(DomainError):
    code = "version_required"
    status = 428
    title = "Variants and images are whole lists: send the version that you have read"


class PublicReadView(APIView):
    """Anybody reads; who has no name gets an answer that the gateway may keep for seconds.
    Writing takes the role catalogue."""

    def get_permissions(self) -> list[BasePermission]:
        reads = self.request.method in SAFE_METHODS
        return [AllowAny() if reads else has_role("catalogue")()]

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        anonymous = "Authorization" not in request.headers
        seconds = KEPT_FOR.get(answer.status_code)
        if request.method in ("GET", "HEAD") and seconds and anonymous:
            answer["X-Accel-Expires"] = str(seconds)
            answer["Cache-Control"] = f"public, max-age=0, s-maxage={seconds}"
        else:
            answer["Cache-Control"] = "private, no-store"
        return answer


def _text(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, description=description)


LIST_PARAMETERS = [
    _text("search", "Words; the last one may be a beginning"),
    _text("category", "Slug; with all that is under it. May come several times"),
    _text("brand", "Slug. May come several times"),
    _text("attr.Size", "An option's value; any option's name after `attr.`"),
    OpenApiParameter("min_price", str),
    OpenApiParameter("max_price", str),
    OpenApiParameter("in_stock", bool),
    OpenApiParameter("rating_min", int, description="1 to 5"),
    OpenApiParameter("ordering", str, enum=list(ORDERINGS)),
    OpenApiParameter("page", int),
]


class VariantInput(Input):
    """Without `sku` one is made from address and options. `quantity` is the first count; of a SKU
    that was counted it is refused (already_counted). What is left out of a variant that is there
    stays as it is."""

    sku = serializers.CharField(max_length=MAX_SKU, required=False, default="", allow_blank=True)
    options = serializers.DictField(child=serializers.CharField(max_length=255), required=False)
    price = PriceShape()
    compare_at_price = PriceShape(required=False, allow_null=True)
    tax_class = serializers.ChoiceField(TaxClass.choices, required=False)
    barcode = serializers.CharField(max_length=64, required=False, allow_blank=True)
    weight_grams = serializers.IntegerField(min_value=0, max_value=10_000_000, required=False)
    quantity = serializers.IntegerField(
        min_value=0, max_value=MAX_QUANTITY, default=None, allow_null=True
    )
    track_stock = serializers.BooleanField(default=None, allow_null=True)

    def validate_options(self, options: dict[str, str]) -> dict[str, str]:
        return clean_options(options)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("price", "compare_at_price"):
            if attrs.get(name) is None:
                continue
            if attrs[name]["currency"] != settings.CURRENCY:
                raise serializers.ValidationError({name: f"The shop sells in {settings.CURRENCY}"})
            attrs[name] = attrs[name]["amount"]
            if attrs[name] > (most := highest_price(settings.CURRENCY)):
                raise serializers.ValidationError({name: f"At most {most:,}"})
        return attrs


# What a variant keeps when it is not said.
MAY_STAY = frozenset({"options", "compare_at_price", "tax_class", "barcode", "weight_grams"})


class ImageInput(Input):
    source_url = serializers.URLField(max_length=1000)
    alt = serializers.CharField(max_length=255, default="", allow_blank=True)


class ProductInput(Input):
    """`category` is a slug that exists, `brand` a title. Variants and images are whole lists."""

    slug = serializers.SlugField(max_length=255, required=False, allow_unicode=True)
    title = serializers.CharField(max_length=255)
    description = serializers.CharField(
        max_length=MAX_DESCRIPTION, required=False, allow_blank=True
    )
    category = serializers.SlugRelatedField(
        slug_field="slug", queryset=Category.objects.all(), required=False, allow_null=True
    )
    brand = serializers.CharField(max_length=100, required=False, allow_blank=True)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=100, required=False
    )
    status = serializers.ChoiceField(Product.Status.choices, required=False)
    seo_title = serializers.CharField(max_length=255, required=False, allow_blank=True)
    seo_description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    variants = VariantInput(many=True, required=False, max_length=MAX_VARIANTS)  # type: ignore[call-arg]
    images = ImageInput(many=True, required=False, max_length=MAX_IMAGES)  # type: ignore[call-arg]


class ProductChange(ProductInput):
    """What is left out stays, but of variants and images the list is the whole one: it needs the
    `version` that was read, so that it takes away nothing that somebody has added since
    (stale_version)."""

    title = serializers.CharField(max_length=255, required=False)
    version = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)


def _read_product(request: Request, shape: type[ProductInput]) -> dict[str, Any]:
    body = read(shape, request.data)
    changes = dict(body)
    if "variants" in changes:
        changes["variants"] = [
            VariantState(**variant, unsaid=MAY_STAY - variant.keys())
            for variant in changes["variants"]
        ]
    if "images" in changes:
        changes["images"] = [ImageState(**image) for image in changes["images"]]
    return changes


def _show_anew(product: Product) -> dict[str, Any]:
    return PRODUCT.to_representation(products.get_product(product.slug, hidden=True))


# A serializer copies its fields when it is made, which takes longer than to write a product.
LIST, PRODUCT = ListOutput(), ProductOutput()


class ProductsView(PublicReadView):
    """Lists products with facets; makes one."""

    @extend_schema(parameters=LIST_PARAMETERS, responses=ListOutput, operation_id="products_list")
    def get(self, request: Request) -> Response:
        filters, errors = read_filters(request.query_params)
        page = _page(request, errors)
        if errors:
            raise InvalidInput("", **errors)
        found = listing.list_products(filters, page=page, strict=True)
        return Response(LIST.to_representation(_shape(request, found)))

    @extend_schema(request=ProductInput, responses={201: ProductOutput})
    def post(self, request: Request) -> Response:
        changes = _read_product(request, ProductInput)
        product = operations.create_product(
            changes=changes, now=timezone.now(), source=f"API {api_principal(request)}"
        )
        return Response(_show_anew(product), status=201)


def _page(request: Request, errors: dict[str, list[str]]) -> int:
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= listing.MAX_PAGE):
        errors["page"] = [f"A whole number from 1 to {listing.MAX_PAGE}"]
        return 1
    return int(text[:9])


def _shape(request: Request, found: listing.Listing) -> dict[str, Any]:
    return {
        "count": found.count,
        "next": _link(request, found.page.number + 1) if found.page.has_next() else None,
        "previous": _link(request, found.page.number - 1) if found.page.has_previous() else None,
        "results": found.cards,
        "facets": found.facets,
        "price": {"min": found.lowest, "max": found.highest},
        "fuzzy": found.is_fuzzy,
        "capped": found.is_capped,
        "sampled": found.is_sampled,
    }


def _link(request: Request, page: int) -> str:
    query = request.query_params.copy()
    query["page"] = str(page)
    return f"{settings.PUBLIC_URL}{request.path}?{query.urlencode()}"


def _sees_hidden(request: Request) -> bool:
    principal = api_principal(request)
    return principal is not None and principal.has_role("catalogue")


LISTS = frozenset({"variants", "images"})
MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description='The version that was read, as `"7"`; another one by now is a 412. `*`: any',
)


class ProductView(PublicReadView):
    """One product, by its address. Merchants see drafts too."""

    @extend_schema(responses=ProductOutput)
    def get(self, request: Request, slug: str) -> Response:
        product = products.get_product(slug, hidden=_sees_hidden(request))
        return Response(PRODUCT.to_representation(product))

    @extend_schema(
        request=ProductChange,
        responses=ProductOutput,
        parameters=[MATCH],
    )
    def patch(self, request: Request, slug: str) -> Response:
        changes = _read_product(request, ProductChange)
        expected = _read_match(request)
        version = changes.pop("version", expected)
        if expected not in (None, version):
            raise InvalidInput(version=["The header If-Match names another version"])
        if version is None and "If-Match" not in request.headers and LISTS & changes.keys():
            raise VersionRequired()
        try:
            product, _ = operations.update_product(
                product_id=_id_of(slug),
                changes=changes,
                now=timezone.now(),
                source=f"API {api_principal(request)}",
                version=version,
            )
        except operations.StaleVersion as stale:
            raise (stale if expected is None else PreconditionFailed(stale.detail)) from stale
        return Response(_show_anew(product))

    @extend_schema(responses={204: None}, parameters=[MATCH])
    def delete(self, request: Request, slug: str) -> Response:
        read_nothing(request)
        try:
            operations.remove_product(
                product_id=_id_of(slug), now=timezone.now(), version=_read_match(request)
            )
        except operations.StaleVersion as stale:
            raise PreconditionFailed(stale.detail) from stale
        return Response(status=204)


def _read_match(request: Request) -> int | None:
    """Raises PreconditionFailed for what is no version of ours."""
    text = request.headers.get("If-Match", "*").strip()
    if text == "*":
        return None
    found = _VERSION.fullmatch(text)
    if found is None:
        raise PreconditionFailed("If-Match is a version of the product in quotes")
    return int(found[1])


def _id_of(slug: str) -> UUID:
    product_id = products.find_product_id(slug)
    if product_id is None:
        raise products.ProductNotFound(f"There is no product {slug[:100]}")
    return product_id


class CategoriesView(PublicReadView):
    """The whole tree, flat."""

    @extend_schema(responses=CategoryOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(CategoryOutput(categories.list_categories(), many=True).data)
