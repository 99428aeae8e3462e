"""What was learnt, to look at; and a button to learn now."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from recommend import operations
from recommend.models import Pair, Product, TrainedModel
from shared.backoffice.base import ReadOnlyModelAdmin


@admin.register(TrainedModel)
class TrainedModelAdmin(ReadOnlyModelAdmin):
    list_display = ("trained_at", "purchases", "pairs")
    ordering = ("-trained_at",)
    actions = ["train_now"]

    @admin.action(description="Train now", permissions=["train"])
    def train_now(self, request: HttpRequest, queryset: Any) -> None:
        model = operations.train_copurchases(now=timezone.now())
        said = f"{model.pairs} pairs learnt." if model else "Nothing was bought since."
        messages.success(request, said)

    def has_train_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("recommend.change_trainedmodel")


@admin.register(Pair)
class PairAdmin(ReadOnlyModelAdmin):
    list_display = ("product_id", "other_id", "together", "score")
    search_fields = ("product_id", "other_id")
    ordering = ("-score",)


@admin.register(Product)
class ProductAdmin(ReadOnlyModelAdmin):
    list_display = ("title", "category", "price", "rating", "active")
    search_fields = ("title", "slug")
    ordering = ("title",)
