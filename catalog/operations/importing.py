"""Product files in. What comes by page or API waits in a queue; the worker takes one file after the
other in the order they came, so that an older file never wins over a newer one."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from catalog.clients import fetch_feed
from catalog.models import ImportFile, ImportRowError, ImportRun
from catalog.operations.merging import Resolve
from catalog.operations.upserting import Outcome, is_cut_off, upsert_product
from catalog.queries.imports import list_imports_of_commands, list_waiting_imports
from catalog.rules.addresses import read_address
from catalog.rules.parsed import ParsedFile, ParsedProduct, RowError
from catalog.rules.shopify import check_shopify, parse_shopify
from catalog.rules.text import clean_line
from shared.database.locks import lock_until_commit
from shared.errors import DomainError, InvalidInput
from shared.events.publishing import enqueue

# A message that is worked on for long would be taken away by the broker.
PRODUCTS_PER_JOB = 2000
# A dry run of the longest file takes some minutes, and moves once: at its end.
PATIENCE = timedelta(minutes=10)
MOST_CALLS = 5
# An import of the command line does not say how far it is by the clock.
LONGEST_COMMAND = timedelta(days=1)
Clock = Callable[[], datetime]
Upsert = Callable[..., Outcome]
log = structlog.get_logger(__name__)


class Format(NamedTuple):
    """`check` tells quickly whether a file can be one of the format."""

    check: Callable[[bytes], None]
    parse: Callable[[bytes], ParsedFile]


FORMATS = {ImportRun.Format.SHOPIFY.value: Format(check_shopify, parse_shopify)}


class UnknownFormat(InvalidInput):
    code = "unknown_format"
    title = "There is no import for this format"


class FileTooLarge(DomainError):
    code = "file_too_large"
    status = 413
    title = "The file is too large"


class ImportBroken(DomainError):
    code = "internal_error"
    status = 500
    title = "Something broke on our side; the error was recorded"


class ImportInterrupted(DomainError):
    code = "import_interrupted"
    title = "The import was stopped before its end; the same file again goes on with it"


class ImportStuck(DomainError):
    code = "import_stuck"
    title = (
        "The import got stuck, and trying it again did not help. What it had done stays; the same "
        "file again goes on with it. If that gets stuck too, tell whoever runs the shop's servers"
    )


@transaction.atomic
def request_import(
    *,
    format: str,
    now: datetime,
    data: bytes = b"",
    url: str = "",
    file_name: str = "",
    dry_run: bool = False,
    actor: str = "",
) -> ImportRun:
    """Puts a file into the queue, or an address that the worker fetches it from. What plainly is
    no product file is refused at once: raises UnknownFormat, UrlRefused, FileTooLarge, NotCsv and
    WrongEncoding."""
    chosen = _format(format)
    if url:
        file_name = read_address(url, allowed=settings.IMPORT_ALLOWED_PRIVATE_HOSTS).file_name
    else:
        _check_size(data)
        chosen.check(data)
    run = ImportRun.objects.create(
        file_name=_name(file_name),
        source_url=url,
        format=format,
        dry_run=dry_run,
        actor=actor[:254],
        requested_at=now,
        moved_at=now,
    )
    if not url:
        ImportFile.objects.create(run=run, data=data)
    enqueue("run_import", run_id=str(run.pk))
    return run


def import_products(
    *,
    data: bytes,
    file_name: str,
    format: str,
    now: datetime,
    dry_run: bool = False,
    actor: str = "",
    resolve: Resolve | None = None,
) -> ImportRun:
    """Brings the catalogue to what the file says about its products, here and now; what it has no
    column for stays. Repeating it changes and publishes nothing. A dry run reports the same and
    keeps nothing but the report. `resolve` finds the picture of a relative address. Raises
    FileTooLarge, UnknownFormat, NotCsv, WrongEncoding and TooManyRows."""
    _check_size(data)
    parsed = _format(format).parse(data)
    run = ImportRun.objects.create(
        file_name=_name(file_name),
        format=format,
        dry_run=dry_run,
        actor=actor[:254],
        status=ImportRun.Status.RUNNING,
        requested_at=now,
        started_at=now,
        moved_at=now,
    )
    try:
        _import(run, parsed, resolve, clock=lambda: now)
    except BaseException:
        _finish(run.pk, now=now, error=ImportInterrupted())
        raise
    _finish(run.pk, now=now)
    run.refresh_from_db()
    return run


def run_import(*, run_id: UUID, clock: Clock) -> None:
    """Works a waiting import off, or a part of it and enqueues the rest. Does nothing for one that
    is over or whose turn has not come. Bears to be called again after a crash, and beside itself:
    each product is dealt with once. Raises only while the database is away."""
    run = _take_turn(run_id, clock())
    if run is None:
        return
    error: DomainError | None = None
    try:
        parsed = _format(run.format).parse(_data_of(run))
        if not _import(run, parsed, None, clock=clock, limit=PRODUCTS_PER_JOB):
            _go_on(run_id)
            return
    except DomainError as refusal:
        error = refusal
    except Exception:
        if is_cut_off():
            raise
        log.exception("import_broken", run_id=str(run_id))
        error = ImportBroken()
    _finish(run_id, now=clock(), error=error)


def resume_imports(*, now: datetime) -> None:
    """Calls the import whose turn it is once more when it has not moved for PATIENCE, as when its
    message was lost or its worker died, and ends it as failed after MOST_CALLS in a row that did
    not move it. Ends what a killed command left."""
    _resume_first(now)
    killed = list_imports_of_commands().filter(started_at__lte=now - LONGEST_COMMAND)
    for run in killed:
        _finish(run.pk, now=now, error=ImportInterrupted())


@transaction.atomic
def _resume_first(now: datetime) -> None:
    _lock_queue()
    first = list_waiting_imports().first()
    if first is None:
        return
    # Whoever holds the row is about to move it.
    stale = ImportRun.objects.filter(pk=first.pk, moved_at__lte=now - PATIENCE)
    run = stale.select_for_update(skip_locked=True).first()
    if run is None:
        return
    if run.calls >= MOST_CALLS:
        log.error("import_given_up", run_id=str(run.pk), calls=run.calls)
        _finish(run.pk, now=now, error=ImportStuck())
        return
    run.moved_at, run.calls = now, run.calls + 1
    run.save(update_fields=["moved_at", "calls"])
    log.warning("import_called_again", run_id=str(run.pk), calls=run.calls)
    _go_on(run.pk)


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise UnknownFormat(format=[f"One of {', '.join(FORMATS)}"])
    return FORMATS[name]


def _check_size(data: bytes) -> None:
    if len(data) > settings.IMPORT_MAX_BYTES:
        raise FileTooLarge(f"A file may have {settings.IMPORT_MAX_BYTES // 1024 // 1024} MB")


def _name(file_name: str) -> str:
    return clean_line(file_name)[:255] or "products.csv"


def _lock_queue() -> None:
    """Until the commit nobody else decides whose turn it is."""
    lock_until_commit("queue of imports")


@transaction.atomic
def _take_turn(run_id: UUID, now: datetime) -> ImportRun | None:
    """None for an import that is over, or that an older one will call after itself."""
    _lock_queue()
    run = list_waiting_imports().first()
    if run is None or run.pk != run_id:
        return None
    if run.status == ImportRun.Status.QUEUED:
        run.status = ImportRun.Status.RUNNING
        run.started_at = run.moved_at = now
        run.save(update_fields=["status", "started_at", "moved_at"])
    return run


def _data_of(run: ImportRun) -> bytes:
    """The file. One from elsewhere is fetched once: whoever goes on after a crash has to find the
    products in the same places."""
    file = ImportFile.objects.filter(run=run).first()
    return bytes(file.data) if file else _store_fetched(run, _fetch(run))


def _fetch(run: ImportRun) -> bytes:
    return fetch_feed(
        run.source_url,
        max_bytes=settings.IMPORT_MAX_BYTES,
        allowed=settings.IMPORT_ALLOWED_PRIVATE_HOSTS,
    )


@transaction.atomic
def _store_fetched(run: ImportRun, data: bytes) -> bytes:
    if _lock(run.pk).is_finished:
        return data
    return bytes(ImportFile.objects.get_or_create(run=run, defaults={"data": data})[0].data)


def _lock(run_id: UUID) -> ImportRun:
    return ImportRun.objects.select_for_update().get(pk=run_id)


def _import(
    run: ImportRun,
    parsed: ParsedFile,
    resolve: Resolve | None,
    *,
    clock: Clock,
    limit: int | None = None,
) -> bool:
    """Imports up to `limit` more products; whether none is left."""
    good = [product for product in parsed.products if not product.errors]
    _begin(run.pk, parsed)
    handles = frozenset(product.handle for product in parsed.products)
    source = f"import {run.file_name}"
    upsert = partial(upsert_product, resolve=resolve, handles=handles, source=source)
    if run.dry_run:
        _rehearse(run.pk, good, upsert, clock)
        return True
    part = good[run.position :][:limit]
    for index, product in enumerate(part, start=run.position):
        _upsert(run.pk, index, product, upsert, clock)
    return run.position + len(part) == len(good)


@transaction.atomic
def _begin(run_id: UUID, parsed: ParsedFile) -> None:
    """Names the rows that cannot be read, once."""
    run = _lock(run_id)
    if run.total or run.warnings or run.is_finished:
        return
    bad = [product for product in parsed.products if product.errors]
    errors = [error for product in bad for error in product.errors] + parsed.strays
    run.total = len(parsed.products) + len(parsed.strays)
    run.failed = len(bad) + len(parsed.strays)
    _note(run, [*parsed.warnings, *errors])
    run.save(update_fields=["total", "failed", "warnings"])


def _note(run: ImportRun, notes: Sequence[RowError]) -> None:
    run.warnings += sum(note.severity == ImportRowError.Severity.WARNING for note in notes)
    ImportRowError.objects.bulk_create(ImportRowError(run=run, **vars(note)) for note in notes)


@transaction.atomic
def _upsert(run_id: UUID, index: int, product: ParsedProduct, upsert: Upsert, clock: Clock) -> None:
    run = _lock(run_id)
    if run.position == index and not run.is_finished:
        _record(run, [upsert(product, now=clock())], clock())


def _rehearse(
    run_id: UUID, products: Sequence[ParsedProduct], upsert: Upsert, clock: Clock
) -> None:
    """All in one transaction, because a product of a file may need what an earlier one did."""
    with transaction.atomic():
        outcomes = [upsert(product, now=clock()) for product in products]
        transaction.set_rollback(True)
    with transaction.atomic():
        run = _lock(run_id)
        if run.position == 0 and not run.is_finished:
            _record(run, outcomes, clock())


def _record(run: ImportRun, outcomes: Sequence[Outcome], now: datetime) -> None:
    counts = Counter(outcome.name for outcome in outcomes)
    for name, count in counts.items():
        setattr(run, name, getattr(run, name) + count)
    run.position += len(outcomes)
    run.moved_at, run.calls = now, 0
    _note(run, [note for outcome in outcomes for note in outcome.notes])
    run.save(update_fields=["position", "moved_at", "calls", "warnings", *counts])


@transaction.atomic
def _go_on(run_id: UUID) -> None:
    enqueue("run_import", run_id=str(run_id))


@transaction.atomic
def _finish(run_id: UUID, *, now: datetime, error: DomainError | None = None) -> None:
    """Ends the import and calls the next one."""
    _lock_queue()
    run = _lock(run_id)
    if run.is_finished:
        return
    run.status = ImportRun.Status.FAILED if error else ImportRun.Status.DONE
    if error:
        run.error_code, run.error = error.code, error.detail[:500]
    # Another machine may have begun it, by another clock.
    run.finished_at = max(now, run.started_at or now)
    run.save(update_fields=["status", "error_code", "error", "finished_at"])
    ImportFile.objects.filter(run=run).delete()
    following = list_waiting_imports().first()
    if following is not None:
        waits = ImportRun.objects.filter(pk=following.pk, status=ImportRun.Status.QUEUED)
        waits.update(moved_at=now)
        enqueue("run_import", run_id=str(following.pk))
