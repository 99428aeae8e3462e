"""Product files in, and what became of them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from catalog import operations
from catalog.models import ImportRowError, ImportRun
from shared.backoffice.base import ReadOnlyModelAdmin, ReadOnlyTabularInline
from shared.backoffice.words import Named
from shared.errors import DomainError

REFRESH_SECONDS = 2


class ImportForm(forms.Form):
    file = forms.FileField(
        label="Product file",
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        allow_empty_file=True,
    )
    url = forms.CharField(
        label="or the address of one", required=False, widget=UnfoldAdminTextInputWidget
    )
    format = forms.ChoiceField(choices=ImportRun.Format.choices, widget=UnfoldAdminSelectWidget)
    dry_run = forms.BooleanField(
        label="Only tell what would happen", required=False, widget=UnfoldBooleanSwitchWidget
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and (data["file"] is None) == (data["url"] == ""):
            raise forms.ValidationError("Choose a file, or give the address of one.")
        return data


class ImportErrorInline(ReadOnlyTabularInline):
    model = ImportRowError
    verbose_name_plural = "Rows that were not imported, or not whole"
    fields = ("row", "handle", "severity", "code", "message")
    ordering = ("row", "id")
    per_page = 100


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyModelAdmin):
    list_display = (
        *("file_name", "requested_at", "dry_run", "state", "created", "updated", "unchanged"),
        *("failed", "warnings", "actor"),
    )
    list_filter = ("dry_run", "status")
    ordering = ("-id",)
    inlines = [ImportErrorInline]
    actions_list = ["import_file"]
    readonly_fields = ("progress",)
    fieldsets = (
        (None, {"fields": ("status", "progress", "error", "dry_run")}),
        ("Products", {"fields": ("created", "updated", "unchanged", "failed", "warnings")}),
        ("File", {"fields": ("file_name", "source_url", "format", "actor")}),
        ("Times", {"fields": ("requested_at", "started_at", "finished_at")}),
    )

    @display(
        description="Status",
        ordering="status",
        label={"done": "success", "running": "info", "queued": "info", "failed": "danger"},
    )
    def state(self, run: ImportRun) -> Named:
        return Named(run.status, run.get_status_display())

    @admin.display(description="progress")
    def progress(self, run: ImportRun) -> str:
        done = run.created + run.updated + run.unchanged + run.failed
        return f"{done} of {run.total} products" if run.total else ""

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """The page of an import that is under way loads itself anew until it is over."""
        page = super().change_view(request, object_id, *args, **kwargs)
        run = self.get_object(request, object_id)
        if run is not None and not run.is_finished:
            page["Refresh"] = str(REFRESH_SECONDS)
        return page

    @action(
        description="Import products",
        url_path="import",
        icon="upload_file",
        permissions=["import"],
    )
    def import_file(self, request: HttpRequest) -> HttpResponse:
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            run = self._request(request, form)
            if run is not None:
                return HttpResponseRedirect(
                    reverse("admin:catalog_importrun_change", args=[run.pk])
                )
        context = {**self.admin_site.each_context(request), "title": "Import products"}
        return render(request, "catalog/admin/import.html", {**context, "form": form})

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.add_importrun")

    def _request(self, request: HttpRequest, form: ImportForm) -> ImportRun | None:
        wish = dict(form.cleaned_data)
        file = wish.pop("file")
        if file is not None:
            wish |= {"data": file.read(), "file_name": file.name}
        try:
            return operations.request_import(
                **wish,
                actor=request.user.email,  # type: ignore[union-attr]
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error("file" if file is not None else "url", error.detail)
            return None
