"""Reads of imports."""

from uuid import UUID

from django.db.models import Q, QuerySet

from catalog.models import ImportRowError, ImportRun
from shared.errors import NotFound

HAS_SOURCE = Q(file__isnull=False) | ~Q(source_url="")


class ImportNotFound(NotFound):
    code = "import_not_found"
    title = "No such import"


def get_import_run(pk: UUID) -> ImportRun:
    """Raises ImportNotFound."""
    run = ImportRun.objects.filter(pk=pk).first()
    if run is None:
        raise ImportNotFound()
    return run


def list_import_runs() -> QuerySet[ImportRun]:
    """The newest first."""
    return ImportRun.objects.order_by("-id")


def list_waiting_imports() -> QuerySet[ImportRun]:
    """What the worker has to do, in that order. An import of the command line is not among it."""
    return ImportRun.objects.filter(HAS_SOURCE, status__in=ImportRun.UNFINISHED).order_by("id")


def list_imports_of_commands() -> QuerySet[ImportRun]:
    """What the command line is importing, or was when it was killed."""
    return ImportRun.objects.filter(~HAS_SOURCE, status=ImportRun.Status.RUNNING).order_by("id")


def list_import_errors(run: ImportRun) -> QuerySet[ImportRowError]:
    """By row."""
    return run.errors.order_by("row", "id")
