"""Forgetting a person in the tables that every service has: shadow accounts of staff, the admin's
log and the events that failed. What a service keeps of its own, it forgets itself."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from shared.auth.models import ErasedAccount

ERASED_EMAIL = "erased@invalid.example"
# Keys of facts that name or reach a person, wherever they stand in an envelope.
_PERSONAL = frozenset(
    {"email", "recipient", "display_name", "author_name", "subject", "body_text", "body_html"}
)
_ADDRESSES = frozenset({"shipping_address", "billing_address"})


@transaction.atomic
def forget_account(*, account_id: UUID, email: str, now: datetime) -> None:
    """Leaves a tombstone and takes the person out of what all services keep alike."""
    ErasedAccount.objects.get_or_create(account_id=account_id, defaults={"erased_at": now})
    _forget_shadow(account_id)
    _forget_in_log(email)
    _scrub_failed_events(account_id, email)


def is_erased(account_id: UUID | None) -> bool:
    return account_id is not None and ErasedAccount.objects.filter(pk=account_id).exists()


def without_erased(envelope: Any) -> Any:
    """The envelope as it may be kept: without the person when it is about an erased account."""
    named = {UUID(found) for found in re.findall(_UUID, str(envelope))}
    known = ErasedAccount.objects.filter(pk__in=named).exists()
    return scrubbed(envelope) if known else envelope


_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def scrubbed(value: Any) -> Any:
    """The same JSON value without what names or reaches a person; ids stay, so that the event can
    still be handled."""
    if isinstance(value, dict):
        return {key: _scrub_field(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [scrubbed(inner) for inner in value]
    return value


def _scrub_field(key: str, value: Any) -> Any:
    if key in _ADDRESSES and isinstance(value, dict):
        return {name: text if name == "country" else "" for name, text in value.items()}
    if key == "data" and isinstance(value, str):  # a part of an export
        return "{}"
    if key in _PERSONAL and isinstance(value, str):
        return ERASED_EMAIL if "@" in value and key != "body_text" else ""
    return scrubbed(value)


def _forget_shadow(account_id: UUID) -> None:
    if settings.AUTH_USER_MODEL == "auth.User":
        shadows: Any = get_user_model().objects
        blank = {"email": "", "first_name": "", "last_name": "", "is_active": False}
        shadows.filter(username=str(account_id)).update(**blank)


def _forget_in_log(email: str) -> None:
    """Entries are called after their object, which may be called after the person."""
    if email and apps.is_installed("django.contrib.admin"):
        entries = apps.get_model("admin", "LogEntry").objects
        entries.filter(object_repr__icontains=email).update(object_repr="erased")


def _scrub_failed_events(account_id: UUID, email: str) -> None:
    """Causes and tracebacks may quote a row, so they go as well."""
    from shared.events.models import FailedEvent

    for failed in FailedEvent.objects.select_for_update().order_by("pk"):
        text = f"{failed.envelope}{failed.error}{failed.traceback}".lower()
        if str(account_id) in text or (email and email.lower() in text):
            failed.envelope = scrubbed(failed.envelope)
            failed.error = failed.error.partition(":")[0]
            failed.traceback = ""
            failed.save(update_fields=["envelope", "error", "traceback"])
