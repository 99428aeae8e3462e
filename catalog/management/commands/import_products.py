from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog import operations
from catalog.clients import store_image
from catalog.models import ImportRun
from catalog.queries.imports import list_import_errors
from catalog.rules.product import StoredImage
from shared.errors import DomainError


class Command(BaseCommand):
    help = "Import a product file. Repeatable: what is there already stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", default="shopify", choices=ImportRun.Format.values)
        parser.add_argument("--dry-run", action="store_true", help="only tell what would happen")
        parser.add_argument("--images", type=Path, help="the folder of pictures named relatively")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        folder: Path | None = options["images"]
        try:
            run = operations.import_products(
                data=file.read_bytes(),
                file_name=file.name,
                format=options["format"],
                dry_run=options["dry_run"],
                actor="command line",
                now=timezone.now(),
                resolve=(lambda name: _find(folder, name)) if folder else None,
            )
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        for row in list_import_errors(run):
            where = f"{row.severity} in row {row.row} {row.handle or '-'}"
            self.stderr.write(f"{where}: {row.code}: {row.message}")
        self.stdout.write(
            f"created {run.created}, updated {run.updated}, "
            f"unchanged {run.unchanged}, failed {run.failed}, warnings {run.warnings}"
            + (" (dry run: nothing kept)" if options["dry_run"] else "")
        )


def _find(folder: Path, name: str) -> StoredImage | None:
    """The picture of that name in the folder, or below it; nothing outside of it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        return None
    try:
        return store_image(path.read_bytes())
    except OSError:
        return None
