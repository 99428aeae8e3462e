"""Reads of imports."""

from uuid import UUID

from django.db.models import Q, QuerySet

from catalog.models import ImportRowError, ImportRun
from shared.errors import NotFound


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
    has_source = Q(file__isnull=False) | ~Q(source_url="")
    return ImportRun.objects.filter(has_source, status__in=ImportRun.UNFINISHED).order_by("id")


def list_import_errors(run: ImportRun) -> QuerySet[ImportRowError]:
    """By row."""
    return run.errors.order_by("row", "id")
