"""What `manage.py check` asks of every admin."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.checks import CheckMessage, Error, register
from django.db.models import BaseConstraint, Model

from shared.backoffice.base import ReadOnly


@register("backoffice")
def check_constraints(**kwargs: Any) -> list[CheckMessage]:
    """Whoever fills in a form may run into a constraint, and then reads what its words are."""
    return [
        Error(
            f"The constraint {constraint.name} has no violation_error_message and code.",
            obj=model,
            id="backoffice.E001",
        )
        for model in _editable_models()
        for constraint in model._meta.constraints
        if not _has_words(constraint)
    ]


def _editable_models() -> Iterator[type[Model]]:
    for model, model_admin in admin.site._registry.items():
        if not isinstance(model_admin, ReadOnly):
            yield model
        for inline in model_admin.inlines:
            if not issubclass(inline, ReadOnly):
                yield inline.model


def _has_words(constraint: BaseConstraint) -> bool:
    default = BaseConstraint.default_violation_error_message
    return constraint.violation_error_message != default and bool(constraint.violation_error_code)
