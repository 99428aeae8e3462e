"""For tests: what a service tells of a person who asked for a copy."""

import json
import re
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

from shared.contracts.users import DataExported, DataExportRequested
from shared.events.ids import uuid7
from shared.testing.erasure import DORA, FORMER
from shared.testing.events import deliver, published

# Columns that hold a secret or name somebody else, by what columns are called here.
_NOT_TOLD = re.compile(r"secret|token|^key$|fingerprint|actor|password|^detail$|hash")
_HUSH = "hush"


def exported() -> dict[str, Any]:
    """The tables that the service publishes of Dora, asked three times over. Nothing is in them of
    what was planted in each column that may hold a secret or name one of the staff."""
    _plant_others()
    emails = (DORA.email, FORMER.email)
    request = DataExportRequested(
        export_id=uuid7(), user_id=DORA.user_id, email=DORA.email, emails=emails
    )
    deliver(request)
    (fact,) = published(DataExported)
    assert _HUSH not in fact.data, fact.data
    tables: dict[str, Any] = json.loads(fact.data)
    return tables


def _plant_others() -> None:
    for model in apps.get_app_config(settings.SERVICE).get_models():
        for field in model._meta.fields:
            is_text = isinstance(field, models.CharField | models.TextField)
            if is_text and not field.choices and _NOT_TOLD.search(field.name):
                _plant(model, field.name)


def _plant(model: type[models.Model], column: str) -> None:
    """In every row but those in which it is Dora's own or nobody's."""
    own = [DORA.email, FORMER.email, str(DORA.user_id), "system", "guest"]
    rows: Any = model._default_manager
    for row in rows.exclude(**{f"{column}__in": own}):
        rows.filter(pk=row.pk).update(**{column: f"{_HUSH}@{row.pk}"})
