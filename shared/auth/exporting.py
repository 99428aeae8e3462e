"""What a service keeps of a person, as the person may read it."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet


def as_export(**tables: QuerySet[Any]) -> str:
    """JSON text: {"table": [{"column": value, …}, …], …}, all columns of the given rows."""
    told = {name: list(rows.values()) for name, rows in tables.items()}
    return json.dumps(told, cls=DjangoJSONEncoder)
