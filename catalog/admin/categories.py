"""Categories and brands."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget

from catalog import operations
from catalog.models import Brand, Category
from shared.backoffice.base import BackofficeModelAdmin


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    parent = forms.ModelChoiceField(
        Category.objects.all(), required=False, widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = Category
        fields = ("title", "slug")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            # Made of the title where nobody writes one.
            self.fields["slug"].required = False
        if self.instance.pk:
            self.fields["parent"].initial = Category.objects.get_parent(self.instance)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        parent = data.get("parent")
        category = self.instance
        if (
            category.pk
            and parent
            and (parent.pk == category.pk or parent.is_descendant_of(category))
        ):
            self.add_error("parent", operations.MoveIntoItself.title)
        return data


@admin.register(Category)
class CategoryAdmin(BackofficeModelAdmin):
    form = CategoryForm
    list_display = ("tree_title", "slug")
    search_fields = ("title", "slug")
    ordering = ("path",)
    prepopulated_fields = {"slug": ("title",)}

    @admin.display(description="category")
    def tree_title(self, category: Category) -> SafeString:
        return format_html("{}{}", "\u2003" * (category.depth - 1), category.title)

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        parent = form.cleaned_data["parent"]
        if change:
            operations.change_category(category=obj, title=obj.title, slug=obj.slug, parent=parent)
            return
        made = operations.create_category(title=obj.title, slug=obj.slug, parent=parent)
        obj.pk, obj.path, obj.depth = made.pk, made.path, made.depth

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        operations.remove_category(category=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Category]) -> None:
        for category in queryset.order_by("-path"):
            operations.remove_category(category=category)


@admin.register(Brand)
class BrandAdmin(BackofficeModelAdmin):
    list_display = ("title", "slug")
    search_fields = ("title",)
    ordering = ("title",)
    prepopulated_fields = {"slug": ("title",)}

    def save_model(self, request: HttpRequest, obj: Brand, form: Any, change: bool) -> None:
        if change:
            operations.rename_brand(brand=obj, title=obj.title, slug=obj.slug)
        else:
            super().save_model(request, obj, form, change)
