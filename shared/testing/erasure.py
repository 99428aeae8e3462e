"""For tests: a person is planted in every table of a service, erased, and looked for everywhere."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from shared.auth.accounts import shadow_account
from shared.auth.principal import Principal
from shared.contracts.parts import Address
from shared.contracts.users import UserDeleted
from shared.events.failures import keep_failed_event
from shared.events.models import FailedEvent, OutboxMessage

MARK = "plantedmark"
PHONE = "+49305550199"
DORA = Principal(
    UUID("00000000-0000-7000-8000-0000000d07a0"), f"dora.{MARK}@souk.example", f"Dora {MARK}"
)
# An address that she had proved and has given up.
FORMER = Principal(DORA.user_id, f"dora.former.{MARK}@souk.example", DORA.name)
ERASED = UserDeleted(user_id=DORA.user_id, email=DORA.email, emails=(DORA.email, FORMER.email))
HOME = Address(
    name=DORA.name,
    line1=f"{MARK} Street 7",
    postal_code="10115",
    city="Berlin",
    country="DE",
    phone=PHONE,
)
SAMPLE = Path(__file__).resolve().parents[1] / "contracts" / "samples" / "cart.checked_out.json"
# Columns that name or reach a person, by what columns are called here. A new one has to be planted
# by its service's test, and forgotten.
_PERSONAL = re.compile(
    r"e_?mail|recipient|actor|author_name|address|phone|envelope|first_name|object_repr|traceback"
)
# Sent rows go by themselves, and what dj-stripe keeps of webhooks does (docs/security.md).
_OTHERS = ("events_outbox", "djstripe_", "django_migrations")


def failed_checkout(person: Principal = DORA, *, guest: bool = False) -> dict[str, Any]:
    """The envelope of a checkout of the person, as a broken consumer would keep it; of somebody
    without an account where that is asked for."""
    envelope: dict[str, Any] = json.loads(SAMPLE.read_text())
    address = {**envelope["payload"]["shipping_address"], "name": person.name, "line1": HOME.line1}
    envelope["payload"] |= {
        "customer_id": None if guest else str(person.user_id),
        "email": person.email,
        "shipping_address": address,
        "billing_address": address,
    }
    return envelope


def plant_in_shared_tables() -> None:
    """In the tables that every service has."""
    for handler, envelope in (
        ("cart.checked_out", failed_checkout()),
        ("a.guests", failed_checkout(FORMER, guest=True)),
    ):
        keep_failed_event(
            handler=handler,
            envelope=envelope,
            error=ValueError(f"({DORA.email}) is not known"),
            attempts=8,
        )
    FailedEvent.objects.update(traceback=f"DETAIL: Failing row contains ({DORA.name})")
    if settings.AUTH_USER_MODEL == "auth.User":
        staff = shadow_account(
            Principal(DORA.user_id, DORA.email, DORA.name, frozenset({"analyst"}))
        )
        kind = ContentType.objects.get_for_model(FailedEvent)
        for email in (DORA.email, FORMER.email):
            LogEntry.objects.create(
                user=staff, content_type=kind, object_repr=f"mail to {email}", action_flag=CHANGE
            )


def assert_forgets(erase: Callable[[], object], *, exempt: frozenset[str] = frozenset()) -> None:
    """Every personal column holds the planted person; after `erase` nothing at all does. `exempt`
    are personal columns of others than people with an account."""
    plant_in_shared_tables()
    OutboxMessage.objects.all().delete()
    missing = set(_personal_columns()) - set(_traces()) - exempt
    assert not missing, f"plant Dora there as well: {sorted(missing)}"
    erase()
    OutboxMessage.objects.all().delete()
    assert sorted(set(_traces())) == []


def _traces() -> Iterator[str]:
    """table.column of whatever holds the mark."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(_OTHERS):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                names = [column.name for column in cursor.description or ()]
                for row in cursor.fetchall():
                    for name, value in zip(names, row, strict=True):
                        if any(mark in str(value).lower() for mark in (MARK, PHONE)):
                            yield f"{table}.{name}"


def _personal_columns() -> Iterator[str]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(_OTHERS):
                continue
            for column in connection.introspection.get_table_description(cursor, table):
                if _PERSONAL.search(column.name):
                    yield f"{table}.{column.name}"
