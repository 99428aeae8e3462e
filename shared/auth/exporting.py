"""What a service keeps of a person, as the person may read it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from shared.auth.masking import mask_secrets


def as_export(**tables: Iterable[Mapping[str, Any]]) -> str:
    """JSON text: {"table": [{"column": value, …}, …], …}. Each table is a queryset's `values` with
    its columns named, so that a new one is told of only where somebody has decided so. Secrets in
    links are masked."""
    told = {name: list(rows) for name, rows in tables.items()}
    return mask_secrets(json.dumps(told, cls=DjangoJSONEncoder))
