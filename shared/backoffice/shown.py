"""A form keeps what it showed, so that it cannot undo what others changed while it was open."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms

SHOWN = "_shown"
GONE = "Somebody deleted a row while the page was open. Open the page anew to go on."
CHANGED = "Somebody changed this while the page was open: it is “{}” now, you have “{}”."
TAKEN_OVER = "Somebody changed this while the page was open: it was “{1}” and is “{0}” now."


class ShownForm:
    """A form of a row, or of a row of an inline, that refuses to be saved where a value is another
    one by now than it was when the page was opened. What the person did not touch becomes the
    present value, so that saving again undoes nothing."""

    data: Any
    files: Any
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # Django's own memory of what was shown, of some fields only.
            field.show_hidden_initial = False

    def _clean_form(self) -> None:
        super()._clean_form()  # type: ignore[misc]
        shown = _read(self.data.get(SHOWN, ""))
        for name in compared(self):
            key = self.add_prefix(name)  # type: ignore[attr-defined]
            if key in shown and shown[key] != present(self, name):
                self._refuse(name, key, shown[key])

    def _refuse(self, name: str, key: str, shown: Any) -> None:
        now = present(self, name)
        widget = self.fields[name].widget
        typed = _plain(widget.value_from_datadict(self.data, self.files, key))
        if typed == now:
            return
        untouched = typed == shown
        message = TAKEN_OVER if untouched else CHANGED
        self.add_error(name, message.format(_told(now), _told(typed)))  # type: ignore[attr-defined]
        if untouched:
            self._take_over(widget, key, now)

    def _take_over(self, widget: forms.Widget, key: str, now: Any) -> None:
        self.data = self.data.copy()
        if isinstance(widget, forms.CheckboxInput):
            self.data.pop(key, None)
            if now == "True":
                self.data[key] = "on"
        elif isinstance(widget, forms.MultiWidget):
            parts = zip(widget.widgets_names, now, strict=True)  # type: ignore[attr-defined]
            self.data.update({f"{key}{suffix}": part for suffix, part in parts})
        elif isinstance(now, list):
            self.data.setlist(key, now)
        else:
            self.data[key] = now


class RowsStillThere:
    """A formset that says so where one of its rows was deleted while the page was open. Django
    says it beside the row's hidden id, where nobody reads it."""

    def full_clean(self) -> None:
        super().full_clean()  # type: ignore[misc]
        key = self._pk_field.name  # type: ignore[attr-defined]
        if any(key in errors for errors in self._errors):  # type: ignore[attr-defined]
            self._non_form_errors.append(GONE)  # type: ignore[attr-defined]


def describe(rows: Iterable[Any]) -> str:
    """What these forms show, to be sent back with them."""
    return json.dumps(
        {form.add_prefix(name): present(form, name) for form in rows for name in compared(form)}
    )


def compared(form: Any) -> list[str]:
    """The fields that a person can change and that hold no file."""
    if form.instance.pk is None or form.instance._state.adding:
        return []
    return [
        name
        for name, field in form.fields.items()
        if not field.disabled and not isinstance(field, forms.FileField)
    ]


def present(form: Any, name: str) -> Any:
    """The row's value by now, as plain text or a list of texts."""
    field = form.fields[name]
    value = field.prepare_value(form.get_initial_for_field(field, name))
    if isinstance(field.widget, forms.MultiWidget):
        parts = zip(field.widget.widgets, field.widget.decompress(value) or (), strict=True)
        value = [widget.format_value(part) for widget, part in parts]
    return _plain(value)


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list | tuple | set):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value).replace("\r\n", "\n")


def _told(value: Any) -> str:
    text = " ".join(value) if isinstance(value, list) else str(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


def _read(text: str) -> dict[str, Any]:
    """Nothing where the page sent nothing readable."""
    try:
        shown = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return shown if isinstance(shown, dict) else {}
