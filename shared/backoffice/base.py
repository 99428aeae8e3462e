"""Base classes for the services' admins. They set defaults and hold no rules."""

import re
from typing import Any

from django.http import HttpRequest
from import_export.admin import ImportExportMixin
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.contrib.import_export.forms import ExportForm, ImportForm

__all__ = [
    "BackofficeModelAdmin",
    "ImportExportModelAdmin",
    "ReadOnly",
    "ReadOnlyModelAdmin",
    "ReadOnlyTabularInline",
    "StackedInline",
    "TabularInline",
    "disarm",
]


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def disarm(cell: Any) -> Any:
    """What a spreadsheet shows and does not calculate: text that would be a formula gets an
    apostrophe before it."""
    is_text = isinstance(cell, str) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if is_text and cell.startswith(_FORMULA) else cell


class BackofficeModelAdmin(ModelAdmin):  # type: ignore[misc]
    """unfold's ModelAdmin with the defaults of this back office."""

    compressed_fields = True
    list_fullwidth = True
    list_filter_submit = True
    warn_unsaved_form = True
    list_per_page = 50
    show_full_result_count = False


class ReadOnly:
    """Looking only: nobody adds, changes or deletes. For admins and for inlines."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyModelAdmin(ReadOnly, BackofficeModelAdmin):
    """Rows that only operations write. Rules become actions that call an operation."""


class ReadOnlyTabularInline(ReadOnly, TabularInline):  # type: ignore[misc]
    """The rows that belong to the one shown, to look at."""

    extra = 0
    show_change_link = False


class ImportExportModelAdmin(ImportExportMixin, BackofficeModelAdmin):  # type: ignore[misc]
    """With import and export of files; set `resource_classes`. Imports need the permission to
    add, exports the one to view."""

    import_form_class = ImportForm
    export_form_class = ExportForm

    def get_data_for_export(self, *args: Any, **kwargs: Any) -> Any:
        data = super().get_data_for_export(*args, **kwargs)
        for _ in range(data.height):
            data.append([disarm(cell) for cell in data.lpop()])
        return data

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_add_permission(request))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))
