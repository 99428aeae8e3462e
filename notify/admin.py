"""The back office of messages: what went out, in whose words, and what the staff should know."""

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action, display

from notify import operations, queries
from notify.models import Channel, Delivery, InboxMessage, MessageTemplate, Preference, Recipient
from notify.rules import ACCOUNT_MAIL, SAMPLE_CONTEXT, STAFF_TOPICS, TOPICS
from shared.auth.masking import mask_secrets
from shared.backoffice.base import BackofficeModelAdmin, ReadOnlyModelAdmin
from shared.backoffice.elsewhere import may_open
from shared.backoffice.steps import ask_first
from shared.backoffice.words import Named, in_words, spoken
from shared.backoffice.work import Work
from shared.errors import DomainError


def _title(topic: str) -> str:
    """What people call the topic."""
    known = TOPICS.get(topic)
    return known.title if known else in_words(topic)


TOPIC = spoken("topic", _title)
COLOURS = {
    "pending": "info",
    "sending": "info",
    "sent": "success",
    "failed": "danger",
    "suppressed": "warning",
}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyModelAdmin):
    list_display = (TOPIC, "recipient", "subject", "shown_status", "attempts", "created_at")
    list_filter = ("status", "topic", "created_at")
    search_fields = ("recipient", "subject", "order_id__exact", "id__exact")
    ordering = ("-created_at",)
    work = (Work("failed", "Mails that failed", Q(status=Delivery.Status.FAILED), urgent=True),)
    actions = ["resend_selected"]
    actions_detail = ["resend"]
    fields = (
        (TOPIC, "channel", "status"),
        ("recipient", "user_id", "order_id"),
        "subject",
        "shown_text",
        ("attempts", "provider_id", "event_id"),
        "error",
        ("created_at", "due_at", "sent_at"),
    )
    readonly_fields = (TOPIC, "shown_text")

    def possible_steps(self, request: HttpRequest, row: Delivery) -> list[str]:
        is_failed = row.status == Delivery.Status.FAILED
        return ["resend"] if is_failed and self.has_resend_permission(request) else []

    @action(description="Send again", url_path="resend", icon="send")
    def resend(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        if not self.has_resend_permission(request):
            raise PermissionDenied
        back = reverse("admin:notify_delivery_change", args=[object_id])
        rows = Delivery.objects.filter(pk=object_id)
        again = partial(self.resend_selected, request, rows)
        delivery = get_object_or_404(rows)
        seen = f"{delivery.get_status_display().lower()} (attempt {delivery.attempts})"
        return ask_first(request, "Send this message again?", back, again, seen)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notify.change_delivery")

    @display(description="status", label=COLOURS, ordering="status")
    def shown_status(self, delivery: Delivery) -> Named:
        return Named(delivery.status, delivery.get_status_display())

    @admin.display(description="text")
    def shown_text(self, delivery: Delivery) -> str:
        if delivery.topic == ACCOUNT_MAIL:
            return "Mails of the account service may hold one-time links and are not shown."
        return mask_secrets(delivery.text)

    @admin.action(description="Send the chosen failed deliveries again", permissions=["resend"])
    def resend_selected(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        for delivery in rows:
            try:
                operations.resend_delivery(delivery_id=delivery.pk, now=timezone.now())
            except DomainError as error:
                messages.error(request, f"{delivery}: {error.detail}")
            else:
                self.log_change(request, delivery, "Sent again")
                messages.success(request, f"{delivery} is sent again")


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    topic = forms.ChoiceField(
        choices=[(t.name, t.title) for t in TOPICS.values()] + list(STAFF_TOPICS.items())
    )

    class Meta:
        model = MessageTemplate
        fields = ("topic", "channel", "subject", "text", "html")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        subject, text, html = (data.get(name, "") for name in ("subject", "text", "html"))
        try:
            queries.render_sources(subject, text, html, SAMPLE_CONTEXT)
        except queries.BadTemplate as error:
            raise forms.ValidationError(error.detail) from error
        return data


@admin.register(MessageTemplate)
class MessageTemplateAdmin(BackofficeModelAdmin):
    form = TemplateForm
    list_display = (TOPIC, "channel", "subject", "updated_at")
    list_filter = ("channel",)
    ordering = ("topic", "channel")
    actions_detail = ["preview", "send_test"]
    stamped = ("updated_at",)

    def possible_steps(self, request: HttpRequest, row: MessageTemplate) -> list[str]:
        return ["preview", "send_test"] if self.has_change_permission(request) else ["preview"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new template begins with the shop's own words: ?topic=welcome&channel=mail."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        topic, channel = initial.get("topic", "order_received"), initial.get("channel", "mail")
        if topic in TOPICS and channel in Channel.values:
            subject, text, html = queries.default_sources(topic, channel)
            initial = {
                "topic": topic,
                "channel": channel,
                "subject": subject,
                "text": text,
                "html": html,
                **initial,
            }
        return initial

    def save_model(
        self, request: HttpRequest, obj: MessageTemplate, form: Any, change: bool
    ) -> None:
        obj.updated_at = timezone.now()
        super().save_model(request, obj, form, change)

    @action(description="Preview", url_path="preview", icon="visibility")
    def preview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        template = self._template(request, object_id, "view")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Preview: {template}",
            "template": template,
            "rendered": self._render(template),
        }
        return render(request, "notify/admin/preview.html", context)

    @action(description="Send a test to me", url_path="send-test", icon="send")
    def send_test(self, request: HttpRequest, object_id: int) -> HttpResponse:
        template = self._template(request, object_id, "change")
        if request.method == "POST":
            email = request.user.email  # type: ignore[union-attr]
            operations.send_test_mail(
                topic=template.topic,
                rendered=self._render(template),
                email=email,
                now=timezone.now(),
            )
            messages.success(request, f"A test is on its way to {email}.")
            target = reverse("admin:notify_messagetemplate_change", args=[object_id])
            return HttpResponseRedirect(target)
        context = {**self.admin_site.each_context(request), "title": f"Test: {template}"}
        return render(request, "notify/admin/send_test.html", {**context, "template": template})

    def _template(self, request: HttpRequest, pk: int, right: str) -> MessageTemplate:
        if not request.user.has_perm(f"notify.{right}_messagetemplate"):
            raise PermissionDenied
        return get_object_or_404(MessageTemplate, pk=pk)

    def _render(self, template: MessageTemplate) -> queries.Rendered:
        return queries.render_sources(
            template.subject, template.text, template.html, SAMPLE_CONTEXT
        )


@admin.register(InboxMessage)
class InboxMessageAdmin(ReadOnlyModelAdmin):
    """What the shop tells its staff. Shoppers' messages are their own."""

    work = (Work("unread", "Unread messages", Q(read_at=None)),)
    list_display = ("title", "body", TOPIC, "created_at", "read_at")
    list_filter = ("topic", "created_at")
    ordering = ("-created_at",)
    actions = ["mark_read_selected"]
    readonly_fields = (TOPIC, "page")

    def get_fields(self, request: HttpRequest, obj: InboxMessage | None = None) -> list[Any]:
        links = ["page"] if obj and may_open(request, obj.url) else []
        return ["title", "body", TOPIC, *links, ("created_at", "read_at")]

    @admin.display(description="where to look")
    def page(self, message: InboxMessage) -> str:
        return format_html('<a href="{0}">{0}</a>', message.url)

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxMessage]:
        found: QuerySet[InboxMessage] = super().get_queryset(request)
        return found.filter(user_id=None)

    def has_read_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notify.change_inboxmessage")

    @admin.action(description="Mark as read", permissions=["read"])
    def mark_read_selected(self, request: HttpRequest, rows: QuerySet[InboxMessage]) -> None:
        ids: list[UUID] = list(rows.values_list("pk", flat=True))
        for message_id in ids:
            operations.mark_read(user_id=None, message_id=message_id, now=timezone.now())


@admin.register(Recipient)
class RecipientAdmin(ReadOnlyModelAdmin):
    list_display = ("email", "name", "language", "erased")
    search_fields = ("email", "name", "user_id__exact")
    ordering = ("email",)


@admin.register(Preference)
class PreferenceAdmin(ReadOnlyModelAdmin):
    list_display = ("user_id", TOPIC, "channel", "enabled")
    list_filter = ("topic", "channel", "enabled")
    search_fields = ("user_id__exact",)
    ordering = ("user_id", "topic")
