"""For tests: what a service tells of a person who asked for a copy."""

import json
from typing import Any

from shared.contracts.users import DataExported, DataExportRequested
from shared.events.ids import uuid7
from shared.testing.erasure import DORA
from shared.testing.events import deliver, published


def exported() -> dict[str, Any]:
    """The tables that the service publishes of Dora, asked three times over."""
    deliver(DataExportRequested(export_id=uuid7(), user_id=DORA.user_id, email=DORA.email))
    (fact,) = published(DataExported)
    tables: dict[str, Any] = json.loads(fact.data)
    return tables
