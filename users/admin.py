"""People and keys. Roles change through an operation, so that everybody hears of it."""

from importlib import import_module
from typing import Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from unfold.decorators import action

from shared.addresses import FIELDS
from shared.backoffice.base import (
    BackofficeModelAdmin,
    ChangeOnly,
    ReadOnlyModelAdmin,
    ReadOnlyTabularInline,
)
from users import operations
from users.models import ROLE_CHOICES, Address, SigningKey, User


class UserForm(forms.ModelForm):  # type: ignore[type-arg]
    roles = forms.MultipleChoiceField(
        choices=ROLE_CHOICES, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = User
        fields = ("roles", "is_active")

    def clean(self) -> None:
        super().clean()
        if self.instance.is_erased:
            raise forms.ValidationError(operations.AccountErased.title)


class AddressInline(ReadOnlyTabularInline):
    model = Address
    fields = FIELDS
    ordering = ("created_at",)


@admin.register(User)
class UserAdmin(ChangeOnly, BackofficeModelAdmin):
    form = UserForm
    list_display = ("email", "name", "roles", "is_active", "date_joined")
    list_filter = ("is_active",)
    search_fields = ("email", "name", "id")
    ordering = ("-date_joined",)
    fields = ("email", "name", "roles", "is_active", "date_joined", "last_login")
    readonly_fields = ("email", "name", "date_joined", "last_login")
    inlines = [AddressInline]
    actions = ["sign_out_everywhere"]

    def save_model(self, request: HttpRequest, obj: User, form: UserForm, change: bool) -> None:
        operations.set_active(user_id=obj.pk, is_active=obj.is_active)
        if "roles" in form.changed_data:
            operations.set_roles(user_id=obj.pk, roles=form.cleaned_data["roles"])

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, queryset: Any) -> None:
        for user in queryset:
            operations.end_sessions(user_id=user.pk)
        messages.success(request, "They have to sign in again.")


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyModelAdmin):
    list_display = ("kid", "created_at", "retires_at")
    fields = ("kid", "public_jwk", "created_at", "retires_at")
    ordering = ("-created_at",)
    actions = ["rotate"]

    @action(description="Rotate: sign with a new key from now on", permissions=["rotate"])
    def rotate(self, request: HttpRequest, queryset: Any) -> None:
        key = operations.rotate_signing_key(now=timezone.now())
        messages.success(request, f"{key.kid} signs from now on.")

    def has_rotate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("users.change_signingkey")


# The libraries' own admins show refresh tokens, session keys and providers' secrets, and change
# people past our operations. Their modules register them when they are imported.
for label in ("account", "usersessions", "socialaccount", "token_blacklist"):
    config = apps.get_app_config(label)
    import_module(f"{config.name}.admin")
    for model in config.get_models():
        if admin.site.is_registered(model):
            admin.site.unregister(model)


# The services where most of the work waits come first.
WORK_ORDER = ("orders", "inventory", "reviews", "payments", "catalog", "notify")


@require_safe
def show_work(request: HttpRequest) -> HttpResponse:
    """The staff's first page: each service adds what waits there for this person."""
    others = [service for service in settings.SERVICES if service not in WORK_ORDER]
    services = [*WORK_ORDER, *others]
    context = {**admin.site.each_context(request), "title": "Work", "services": services}
    return render(request, "users/admin/work.html", context)
