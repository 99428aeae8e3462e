"""Reads of imports."""

from uuid import UUID

from django.db.models import QuerySet

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


def list_import_errors(run: ImportRun) -> QuerySet[ImportRowError]:
    """By row."""
    return run.errors.order_by("row", "id")
