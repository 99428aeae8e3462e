"""The moderation queue."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display

from reviews import operations
from reviews.models import Review
from shared.backoffice.base import BackofficeModelAdmin, ChangeOnly
from shared.backoffice.steps import ask_first
from shared.backoffice.words import Named, in_words, spoken
from shared.backoffice.work import Work
from shared.errors import DomainError

COLOURS = {
    Review.Status.PENDING: "warning",
    Review.Status.PUBLISHED: "success",
    Review.Status.REJECTED: "danger",
}
HELD = spoken("hold_reasons", lambda reasons: ", ".join(map(in_words, reasons)))


@admin.register(Review)
class ReviewAdmin(ChangeOnly, BackofficeModelAdmin):
    list_display = ("title", "product", "rating", "author_name", "verified_purchase", "state")
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
        HELD,
        "status",
        "created_at",
    )
    fields = (*readonly_fields, "reply")
    work = (Work("pending", "Reviews to moderate", Q(status=Review.Status.PENDING)),)
    actions = ["publish", "reject"]
    actions_detail = ["publish_one", "reject_one"]

    @display(description="status", label=COLOURS, ordering="status")
    def state(self, review: Review) -> Named:
        return Named(review.status, review.get_status_display())

    def possible_steps(self, request: HttpRequest, row: Review) -> list[str]:
        if not self.has_change_permission(request):
            return []
        ends = {"publish_one": Review.Status.PUBLISHED, "reject_one": Review.Status.REJECTED}
        return [step for step, status in ends.items() if status != row.status]

    @action(description="Publish", url_path="publish", icon="check")
    def publish_one(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return self._ask(request, object_id, Review.Status.PUBLISHED, "Publish this review?")

    @action(description="Reject", url_path="reject", icon="block")
    def reject_one(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return self._ask(request, object_id, Review.Status.REJECTED, "Reject this review?")

    def _ask(
        self, request: HttpRequest, review_id: UUID, status: Review.Status, question: str
    ) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        back = reverse("admin:reviews_review_change", args=[review_id])
        rows = Review.objects.filter(pk=review_id)
        return ask_first(
            request,
            question,
            back,
            lambda: self._moderate(request, rows, status),
            get_object_or_404(rows).get_status_display().lower(),
        )

    def save_model(self, request: HttpRequest, obj: Review, form: Any, change: bool) -> None:
        operations.reply_to_review(review_id=obj.pk, reply=obj.reply)

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: Any) -> None:
        self._moderate(request, queryset, Review.Status.PUBLISHED)

    @admin.action(description="Reject", permissions=["change"])
    def reject(self, request: HttpRequest, queryset: Any) -> None:
        self._moderate(request, queryset, Review.Status.REJECTED)

    def _moderate(self, request: HttpRequest, queryset: Any, status: Review.Status) -> None:
        """Tells only of those that were something else."""
        changed = 0
        for review in queryset.exclude(status=status):
            try:
                operations.moderate_review(review_id=review.pk, status=status, now=timezone.now())
            except DomainError as error:
                messages.error(request, error.detail)
            else:
                changed += 1
        messages.success(request, f"{status.label}: {changed}.")
