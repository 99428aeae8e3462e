"""Forgetting a person in the tables that every service has: shadow accounts of staff, the admin's
log and the events that failed. What a service keeps of its own, it forgets itself."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from shared.auth.models import ErasedAccount

ERASED_EMAIL = "erased@invalid.example"
# Keys of facts that name or reach a person, wherever they stand in an envelope.
_PERSONAL = frozenset(
    {"email", "recipient", "display_name", "author_name", "subject", "body_text", "body_html"}
)
_ADDRESSES = frozenset({"shipping_address", "billing_address"})
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# What an address may go on with to either side: ora@… does not stand in dora@….
_BEFORE, _AFTER = r"(?<![\w.+-])", r"(?![\w-]|\.\w)"


@transaction.atomic
def forget_account(*, account_id: UUID, emails: Collection[str], now: datetime) -> tuple[str, ...]:
    """Leaves a tombstone and takes the person out of what all services keep alike. `emails` are
    those that the person had proved. Returns the addresses that the service forgets by where
    nothing names the account (see `addresses_of`)."""
    ErasedAccount.objects.get_or_create(account_id=account_id, defaults={"erased_at": now})
    known = addresses_of(account_id=account_id, emails=emails)
    _forget_shadow(account_id)
    _forget_in_log(account_id, known)
    scrub_failed_events(account_id, emails)
    return known


def addresses_of(*, account_id: UUID, emails: Collection[str]) -> tuple[str, ...]:
    """The proved addresses in small letters, and the one that a member of staff acts under here."""
    known = {email.lower() for email in emails}
    if settings.AUTH_USER_MODEL == "auth.User":
        shadows: Any = get_user_model().objects
        own = shadows.filter(username=str(account_id)).exclude(email="")
        known |= {email.lower() for email in own.values_list("email", flat=True)}
    return tuple(sorted(known))


def by_address(column: str, emails: Collection[str]) -> Q:
    """Rows whose column is one of the addresses, in small or capital letters; none without any."""
    empty = Q(pk__in=[])
    return reduce(or_, (Q(**{f"{column}__iexact": email}) for email in emails), empty)


def is_erased(account_id: UUID | None) -> bool:
    return account_id is not None and ErasedAccount.objects.filter(pk=account_id).exists()


def names_erased(envelope: Any) -> bool:
    """Whether it is about an erased account."""
    named = {UUID(found) for found in re.findall(_UUID, str(envelope))}
    return ErasedAccount.objects.filter(pk__in=named).exists()


def scrubbed(value: Any) -> Any:
    """The same JSON value without what names or reaches a person; ids stay, so that the event can
    still be handled."""
    if isinstance(value, dict):
        return {key: _scrub_field(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [scrubbed(inner) for inner in value]
    return value


def cause_alone(error: str) -> str:
    """The kind of an error: its words may quote a row."""
    return error.partition(":")[0]


def _scrub_field(key: str, value: Any) -> Any:
    if key in _ADDRESSES and isinstance(value, dict):
        return {name: text if name == "country" else "" for name, text in value.items()}
    if key == "data" and isinstance(value, str):  # a part of an export
        return "{}"
    if key == "emails" and isinstance(value, list):
        return []
    if key in _PERSONAL and isinstance(value, str):
        return ERASED_EMAIL if "@" in value and key != "body_text" else ""
    return scrubbed(value)


def _forget_shadow(account_id: UUID) -> None:
    if settings.AUTH_USER_MODEL == "auth.User":
        shadows: Any = get_user_model().objects
        blank = {"email": "", "first_name": "", "last_name": "", "is_active": False}
        shadows.filter(username=str(account_id)).update(**blank)


def _forget_in_log(account_id: UUID, emails: Collection[str]) -> None:
    """Entries are called after their object, which may be called after the person."""
    if not apps.is_installed("django.contrib.admin"):
        return
    forget_entries_about([account_id])
    entries = apps.get_model("admin", "LogEntry").objects
    for email in emails:
        called = entries.filter(object_repr__icontains=email)
        named = [pk for pk, text in called.values_list("pk", "object_repr") if _names(text, email)]
        entries.filter(pk__in=named).update(object_repr="erased")


def forget_entries_about(ids: Iterable[UUID]) -> None:
    """Log entries about these objects do not say what they were called."""
    entries = apps.get_model("admin", "LogEntry").objects
    entries.filter(object_id__in=[str(one) for one in ids]).update(object_repr="erased")


def _names(text: str, email: str) -> bool:
    """Whether the address stands in the text as itself."""
    return re.search(_BEFORE + re.escape(email) + _AFTER, text, re.IGNORECASE) is not None


def scrub_failed_events(named: UUID, emails: Collection[str] = ()) -> None:
    """Takes the person out of events that name the account or the order, or one of the addresses.
    Causes and tracebacks may quote a row, so they go as well."""
    from shared.events.models import FailedEvent

    for failed in FailedEvent.objects.select_for_update().order_by("pk"):
        text = f"{failed.envelope}{failed.error}{failed.traceback}"
        if str(named) in text.lower() or any(_names(text, email) for email in emails):
            failed.envelope = scrubbed(failed.envelope)
            failed.error = cause_alone(failed.error)
            failed.traceback = ""
            failed.save(update_fields=["envelope", "error", "traceback"])
