"""The moderation queue."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from reviews import operations
from reviews.models import Review
from shared.backoffice.base import BackofficeModelAdmin


@admin.register(Review)
class ReviewAdmin(BackofficeModelAdmin):
    list_display = ("title", "product", "rating", "author_name", "verified_purchase", "status")
    list_filter = ("status", "rating", "verified_purchase")
    list_select_related = ("product",)
    search_fields = ("title", "body", "author_name", "product__title")
    ordering = ("-created_at",)
    readonly_fields = (
        "product",
        "author_name",
        "rating",
        "title",
        "body",
        "verified_purchase",
        "hold_reasons",
        "status",
        "created_at",
    )
    fields = (*readonly_fields, "reply")
    actions = ["publish", "reject"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Review, form: Any, change: bool) -> None:
        operations.reply_to_review(review_id=obj.pk, reply=obj.reply)

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: Any) -> None:
        self._moderate(request, queryset, Review.Status.PUBLISHED)

    @admin.action(description="Reject", permissions=["change"])
    def reject(self, request: HttpRequest, queryset: Any) -> None:
        self._moderate(request, queryset, Review.Status.REJECTED)

    def _moderate(self, request: HttpRequest, queryset: Any, status: str) -> None:
        for review in queryset:
            operations.moderate_review(review_id=review.pk, status=status, now=timezone.now())
        messages.success(request, f"Now {status}: {len(queryset)}.")
