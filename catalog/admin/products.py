"""Products with their variants and pictures."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.validators import MaxValueValidator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminIntegerFieldWidget

from catalog import operations
from catalog.clients import BadImage, store_image
from catalog.models import Product, ProductImage, Variant
from catalog.operations.products import VARIANT_FIELDS
from catalog.rules.product import (
    BAD_OPTIONS,
    MAX_QUANTITY,
    BadOptions,
    are_good_options,
    clean_options,
    option_key,
    picture_url,
)
from catalog.rules.text import BAD_SKU, is_good_sku
from shared.backoffice.base import BackofficeModelAdmin, StackedInline, TabularInline
from shared.backoffice.elsewhere import STOCK_ITEMS, may_open
from shared.backoffice.words import Named
from shared.backoffice.work import Work
from shared.errors import DomainError
from shared.money import Money, highest_price
from shared.storefront.numbers import PlainIntegerField

WITHHELD = "The cart could not take over version {} of this product, so nobody can buy it: {}"
MAIN_FIELDS = ("title", "slug", "status", "category", "brand", "tags")
READ_ONLY = ("handle", "published_at", "version", "rating_average", "rating_count")
PICTURES_LOST = (
    "The chosen pictures were not kept, because something on the page has to be corrected first:"
    " choose them again."
)


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]
    first_count = PlainIntegerField(
        required=False,
        min_value=0,
        max_value=MAX_QUANTITY,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="How many units there are, of what nobody has counted yet.",
    )

    class Meta:
        model = Variant
        fields = ("sku", *VARIANT_FIELDS, "track_stock", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What inventory has counted is changed there, where the ledger says why.
        self.fields["first_count"].disabled = self.instance.available is not None
        most = MaxValueValidator(highest_price(settings.CURRENCY))
        for name in ("price", "compare_at_price"):
            self.fields[name].validators.append(most)

    def clean_first_count(self) -> int | None:
        """The page was made before somebody counted: what was typed would be lost."""
        count: int | None = self.cleaned_data["first_count"]
        if self.fields["first_count"].disabled and self.data.get(self.add_prefix("first_count")):
            raise forms.ValidationError(
                f"It was counted meanwhile: {self.instance.available} are available. Stock is"
                " changed in inventory."
            )
        return count

    def clean_sku(self) -> str:
        sku: str = self.cleaned_data["sku"]
        if not is_good_sku(sku):
            raise forms.ValidationError(BAD_SKU)
        return sku

    def clean_options(self) -> dict[str, str]:
        options = self.cleaned_data["options"] or {}
        if not isinstance(options, dict):
            raise forms.ValidationError('Write it as {"Size": "M"}.')
        try:
            cleaned = clean_options({name: str(value) for name, value in options.items()})
        except BadOptions as error:
            raise forms.ValidationError(error.detail) from error
        if any(len(value) > 255 for value in cleaned.values()):
            raise forms.ValidationError("A value has up to 255 characters.")
        if not are_good_options(cleaned):
            raise forms.ValidationError(BAD_OPTIONS)
        return cleaned


class VariantFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """What has to be true of all variants together."""

    def clean(self) -> None:
        super().clean()
        kept = [
            form.cleaned_data
            for form in self.forms
            if form.has_changed() or form.instance.pk
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]
        keys = [option_key(data["options"]) for data in kept if "options" in data]
        if len(keys) != len(set(keys)):
            raise forms.ValidationError("Two variants have the same options.")
        if not kept and self.instance.status == Product.Status.ACTIVE:
            raise forms.ValidationError("An active product needs a variant that can be bought.")


class VariantInline(TabularInline):
    model = Variant
    form = VariantForm
    formset = VariantFormSet
    extra = 0
    ordering = ("position", "id")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("stock_item",) if may_open(request, STOCK_ITEMS) else ("stock",)

    @admin.display(description="Stock")
    def stock(self, variant: Variant) -> str:
        if not variant.pk:
            return ""
        level = "not counted" if variant.available is None else f"{variant.available} available"
        return level if variant.track_stock else "not tracked"

    @admin.display(description="Stock")
    def stock_item(self, variant: Variant) -> SafeString | str:
        if not variant.pk:
            return ""
        url = f"{STOCK_ITEMS}?{urlencode({'q': variant.sku})}"
        return format_html('{}<br><a href="{}">Stock item</a>', self.stock(variant), url)


class ImageForm(forms.ModelForm):  # type: ignore[type-arg]
    upload = forms.FileField(
        required=False, help_text="JPEG, PNG, WebP or GIF.", widget=UnfoldAdminFileFieldWidget
    )

    class Meta:
        model = ProductImage
        fields = ("alt", "position")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("upload"):
            try:
                self.stored = store_image(data["upload"].read())
            except BadImage as error:
                self.add_error("upload", error.detail)
        elif not (self.instance.key or self.instance.source_url):
            self.add_error("upload", "Choose a picture.")
        return data

    def save(self, commit: bool = True) -> ProductImage:
        if hasattr(self, "stored"):
            self.instance.key = self.stored.key
            self.instance.sizes = list(self.stored.sizes)
            self.instance.source_url = ""
        image: ProductImage = super().save(commit)
        return image


class ImageInline(StackedInline):
    model = ProductImage
    form = ImageForm
    extra = 0
    fields = ("preview", "upload", "alt", "position", "source_url")
    readonly_fields = ("preview", "source_url")
    ordering = ("position", "id")

    @admin.display(description="Picture")
    def preview(self, image: ProductImage) -> SafeString | str:
        url = picture_url(image.key, image.sizes, 320)
        if not url:
            return "Shown as a neutral picture" if image.source_url else ""
        return format_html('<img src="{}" alt="" width="96">', url)


def _first_counts(formsets: Iterable[Any]) -> dict[str, int]:
    """What was typed as the first count of a SKU."""
    return {
        row["sku"]: row["first_count"]
        for formset in formsets
        if formset.model is Variant
        for row in formset.cleaned_data
        if row.get("first_count") is not None and not row.get("DELETE")
    }


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Product
        fields = (*MAIN_FIELDS, "description", "seo_title", "seo_description")


@admin.register(Product)
class ProductAdmin(BackofficeModelAdmin):
    form = ProductForm
    list_display = ("title", "state", "category", "brand", "price", "in_stock", "updated_at")
    list_filter = ("status", "in_stock", "category", "brand")
    list_select_related = ("category", "brand")
    search_fields = ("title", "slug", "handle", "variants__sku", "brand__title")
    ordering = ("-updated_at",)
    prepopulated_fields = {"slug": ("title",)}
    readonly_fields = READ_ONLY
    stamped = ("published_at",)
    work = (
        Work("drafts", "Drafts", Q(status=Product.Status.DRAFT)),
        Work("withheld", "Not for sale", ~Q(withheld=""), urgent=True),
    )
    actions = ["publish_selected", "archive_selected"]
    inlines = [VariantInline, ImageInline]
    fieldsets = (
        (None, {"fields": MAIN_FIELDS}),
        ("Description", {"fields": ("description", "seo_title", "seo_description")}),
        ("Facts", {"fields": READ_ONLY}),
    )

    @display(
        description="Status",
        ordering="status",
        label={"active": "success", "draft": "info", "archived": "warning", "withheld": "danger"},
    )
    def state(self, product: Product) -> Named:
        if product.withheld:
            return Named("withheld", "Not for sale")
        return Named(product.status, product.get_status_display())

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        product = self.get_object(request, object_id) if request.method == "GET" else None
        if product is not None and product.withheld:
            messages.warning(request, WITHHELD.format(product.version, product.withheld))
        return super().change_view(request, object_id, *args, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.method == "POST" and request.FILES:
            messages.warning(request, PICTURES_LOST)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="price", ordering="min_price")
    def price(self, product: Product) -> str:
        amount = product.min_price
        return "" if amount is None else str(Money(amount, settings.CURRENCY))

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        if obj.status == Product.Status.ACTIVE and obj.published_at is None:
            obj.published_at = timezone.now()
        if not change:
            obj.handle = operations.free_handle(obj.slug)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change and not any(each.has_changed() for each in (form, *formsets)):
            return
        operations.finish_edit(
            product_id=form.instance.pk,
            old_slug=form.initial.get("slug", "") if change else "",
            counts=_first_counts(formsets),
            source=f"product form, {request.user.email}",  # type: ignore[union-attr]
            now=timezone.now(),
        )

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        operations.remove_product(product_id=obj.pk, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        for product_id in queryset.order_by("id").values_list("id", flat=True):
            operations.remove_product(product_id=product_id, now=timezone.now())

    @admin.action(description="Put into the shop", permissions=["change"])
    def publish_selected(self, request: HttpRequest, rows: QuerySet[Product]) -> None:
        self._change_status(request, rows, Product.Status.ACTIVE)

    @admin.action(description="Archive", permissions=["change"])
    def archive_selected(self, request: HttpRequest, rows: QuerySet[Product]) -> None:
        self._change_status(request, rows, Product.Status.ARCHIVED)

    def _change_status(
        self, request: HttpRequest, rows: QuerySet[Product], status: Product.Status
    ) -> None:
        ids = list(rows.values_list("id", flat=True))
        try:
            changed = operations.change_status(product_ids=ids, status=status, now=timezone.now())
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"{changed} changed.")
