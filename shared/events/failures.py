"""What becomes of an event that could not be handled."""

import traceback
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.utils import timezone

from shared.auth.erasure import cause_alone, names_erased, scrubbed
from shared.errors import Conflict
from shared.events.consuming import load_handlers
from shared.events.handling import compensate, handle_fact, run_job
from shared.events.models import FailedEvent

log = structlog.get_logger(__name__)
# What is raised when the database is away, and also by some statements that it refuses.
UNAVAILABLE = (OperationalError, InterfaceError)
# What a text shows in the place of a NUL.
NUL = "\N{SYMBOL FOR NULL}"
_NAMESPACE = UUID("7a9f0c1e-6d0b-4d51-9d53-0a86c2b1f3aa")


class NotReplayable(Conflict):
    code = "event_not_replayable"
    title = "Only an event that is still failed can be replayed or discarded"


def is_postponed(error: Exception) -> bool:
    """Whether the database was away, so that neither the event nor its handler failed."""
    return isinstance(error, UNAVAILABLE) and not _database_answers()


def _database_answers() -> bool:
    try:
        close_old_connections()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except UNAVAILABLE:
        return False
    return True


@transaction.atomic
def keep_failed_event(
    *, handler: str, envelope: Any, error: BaseException | str, attempts: int
) -> None:
    """Stores the event with its cause, once per event and handler, and lets the consumer
    compensate for what it could not do."""
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    trace = "" if isinstance(error, str) else "".join(traceback.format_exception(error))
    kept, cause = _storable(envelope), text
    if names_erased(envelope):
        kept, cause, trace = scrubbed(kept), cause_alone(text), ""
    FailedEvent.objects.update_or_create(
        event_id=_event_id(envelope),
        handler=handler[:120].replace("\0", NUL),
        defaults={
            "envelope": kept,
            "error": cause[:2000].replace("\0", NUL),
            "traceback": trace.replace("\0", NUL),
            "attempts": attempts,
            "status": FailedEvent.Status.FAILED,
            "failed_at": timezone.now(),
            "resolved_at": None,
        },
    )
    try:
        with transaction.atomic():
            compensate(handler, envelope, text[:500].replace("\0", NUL))
    except UNAVAILABLE:
        raise
    except Exception:
        log.exception("event_not_compensated", task=handler)


def _storable(value: Any) -> Any:
    """The same JSON value without what PostgreSQL does not store: the character NUL."""
    if isinstance(value, str):
        return value.replace("\0", NUL)
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


def _event_id(envelope: Any) -> UUID:
    try:
        return UUID(envelope["id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return uuid5(_NAMESPACE, repr(envelope))


def replay_failed_event(*, failed_event_id: UUID) -> None:
    """Handles the event again, now. On an error the row stays failed with the new cause and the
    error is raised. That the database was away is no attempt."""
    failed = FailedEvent.objects.get(pk=failed_event_id)
    if failed.status != FailedEvent.Status.FAILED:
        raise NotReplayable()
    try:
        _handle(failed.handler, failed.envelope)
    except Exception as error:
        if is_postponed(error):
            raise
        keep_failed_event(
            handler=failed.handler,
            envelope=failed.envelope,
            error=error,
            attempts=failed.attempts + 1,
        )
        raise
    _resolve(failed_event_id, FailedEvent.Status.REPLAYED)


def _handle(handler: str, envelope: dict[str, Any]) -> None:
    consumers, jobs = load_handlers()
    if handler in jobs:
        run_job(jobs[handler], envelope)
    elif handler in consumers:
        handle_fact(consumers[handler], envelope)
    else:
        raise NotReplayable(f"Nothing here handles {handler} any more")


def discard_failed_event(*, failed_event_id: UUID) -> None:
    """Decides that the event shall have no effect here. The row stays as the record of it."""
    _resolve(failed_event_id, FailedEvent.Status.DISCARDED)


def _resolve(failed_event_id: UUID, status: str) -> None:
    with transaction.atomic():
        changed = FailedEvent.objects.filter(
            pk=failed_event_id, status=FailedEvent.Status.FAILED
        ).update(status=status, resolved_at=timezone.now())
        if not changed:
            raise NotReplayable()
