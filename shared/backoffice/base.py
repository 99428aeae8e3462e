"""Base classes for the services' admins. They set defaults and hold no rules."""

import re
from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, connection, models
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from import_export.admin import ImportExportMixin
from psycopg2.errors import UniqueViolation
from unfold.admin import ModelAdmin
from unfold.admin import StackedInline as UnfoldStackedInline
from unfold.admin import TabularInline as UnfoldTabularInline
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from shared.backoffice.shown import RowsStillThere, ShownForm, describe
from shared.backoffice.work import Work, WorkFilter
from shared.storefront.numbers import PlainDecimalField, PlainFloatField, PlainIntegerField

# Numbers as people write them, in every form.
NUMBERS: dict[type[Any], dict[str, Any]] = {
    models.IntegerField: {"form_class": PlainIntegerField},
    models.BigIntegerField: {"form_class": PlainIntegerField},
    models.DecimalField: {"form_class": PlainDecimalField},
    models.FloatField: {"form_class": PlainFloatField},
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def disarm(cell: Any) -> Any:
    """What a spreadsheet shows and does not calculate: text that would be a formula gets an
    apostrophe before it."""
    is_text = isinstance(cell, str) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if is_text and cell.startswith(_FORMULA) else cell


class BackofficeModelAdmin(ModelAdmin):  # type: ignore[misc]
    """unfold's ModelAdmin with the defaults of this back office. A save holds the row, refuses
    what others changed since the page was opened, and writes the columns that the person changed
    and those that are `stamped`."""

    stamped: tuple[str, ...] = ()
    work: tuple[Work, ...] = ()
    formfield_overrides = NUMBERS
    change_form_before_template = "backoffice/shown.html"

    compressed_fields = True
    list_fullwidth = True
    list_filter_submit = True
    warn_unsaved_form = True
    list_per_page = 50
    show_full_result_count = False

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        given = list(super().get_list_filter(request))
        return [WorkFilter, *given] if self.work else given

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the page offers. Django lets every column of the row through, and whoever may
        ask how a column begins can read it, however it is masked."""
        offered = {self.date_hierarchy, *map(_filter_name, self.get_list_filter(request))}
        return bool({lookup, column_of(self.model, lookup)} & offered)

    def possible_steps(self, request: HttpRequest, row: Any) -> Collection[str]:
        """Which of `actions_detail` this person may take while the row is as it is."""
        names: list[str] = self._extract_action_names(self.actions_detail)
        return names

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        if not self.actions_detail:
            return []
        row = super().get_object(request, unquote(str(object_id)))
        possible = () if row is None else self.possible_steps(request, row)
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if one.method.__name__ in possible]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _shown(super().get_form(request, *args, **kwargs))

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Locked for the one who writes, until the save has committed."""
        row = super().get_object(request, *args, **kwargs)
        if row is None or request.method != "POST" or not connection.in_atomic_block:
            return row
        # The lock first, so that what is read after it is as the last writer left it.
        if not self.model._base_manager.select_for_update().filter(pk=row.pk).exists():
            return None
        return super().get_object(request, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Two who save something unique at the same time are both told that it is free."""
        try:
            answer: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            messages.error(request, "Somebody saved the same at the same time. Nothing was saved.")
            return HttpResponseRedirect(request.get_full_path())
        return answer

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        inlines = [each.formset for each in context["inline_admin_formsets"]]
        rows = [row for formset in inlines for row in formset.initial_forms]
        context["shown"] = describe([context["adminform"].form, *rows])
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        changed = {*form.changed_data, *self.stamped}
        columns = [field.name for field in obj._meta.concrete_fields if field.name in changed]
        obj.save(update_fields=columns)


def column_of(model: type[models.Model], lookup: str) -> str:
    """What a lookup looks at, as a list filter names it: without its transforms, and without the
    key of a related row. Empty where it begins with no field."""
    names: list[str] = []
    key = None
    for part in lookup.split(LOOKUP_SEP):
        try:
            field: Any = model._meta.get_field(part)
        except FieldDoesNotExist:
            break
        if field == key:
            break
        names.append(field.name)
        if not (steps := getattr(field, "path_infos", ())):
            break
        model, key = steps[-1].to_opts.model, steps[-1].target_fields[0]
    return LOOKUP_SEP.join(names)


def _filter_name(one: Any) -> Any:
    """The column or the parameter of an item of `list_filter`."""
    if isinstance(one, type):
        return getattr(one, "parameter_name", None)
    return one[0] if isinstance(one, (list, tuple)) else one


def _shown(form: Any) -> Any:
    return type(form.__name__, (ShownForm, form), {})


class _Inline:
    formfield_overrides = NUMBERS

    def get_formset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        formset = super().get_formset(request, *args, **kwargs)  # type: ignore[misc]
        formset.form = _shown(formset.form)
        return type(formset.__name__, (RowsStillThere, formset), {})


class TabularInline(_Inline, UnfoldTabularInline):  # type: ignore[misc]
    """unfold's, whose rows are compared with what the page showed."""

    hide_title = True  # the first column says as much


class StackedInline(_Inline, UnfoldStackedInline):  # type: ignore[misc]
    """unfold's, whose rows are compared with what the page showed."""


class ChangeOnly:
    """Nobody adds or deletes. For admins and for inlines."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(ChangeOnly):
    """Looking only: nobody changes anything either."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyModelAdmin(ReadOnly, BackofficeModelAdmin):
    """Rows that only operations write. Rules become actions that call an operation."""


class ReadOnlyTabularInline(ReadOnly, TabularInline):
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
