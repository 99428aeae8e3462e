"""`migrate`, which gives a new database dj-stripe's tables as they are today.

dj-stripe's own history makes tables and then takes 500 columns away, one after another. That is
most of a first start, and where no table is yet it only leads to what could be made at once. So it
is: from the state in which those very migrations end, which are then recorded as applied.
"""

from collections.abc import Sequence
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.operations.models import IndexOperation, ModelOperation

APP = "djstripe"
# What changes tables and nothing else: a migration's own SQL or Python is never passed over.
PLAIN = (ModelOperation, FieldOperation, IndexOperation)
SPECIAL = ("app_label", "fake", "fake_initial", "plan", "check_unapplied", "prune")


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if not any(options[name] for name in SPECIAL):
            create_at_once(connections[options["database"]])
        super().handle(*args, **options)


def create_at_once(connection: BaseDatabaseWrapper) -> bool:
    """Makes dj-stripe's tables and records its migrations; False, and nothing is done, where they
    have begun already or do more than change tables."""
    executor = MigrationExecutor(connection)
    ends = executor.loader.graph.leaf_nodes(APP)
    plan = [migration for migration, _ in executor.migration_plan(ends)]
    own = [migration for migration in plan if migration.app_label == APP]
    before = plan[: len(plan) - len(own)]
    if _have_begun(executor) or own != plan[len(before) :] or not do_nothing_else(own):
        return False
    executor.migrate([(migration.app_label, migration.name) for migration in before])
    _create(executor, own)
    return True


def do_nothing_else(migrations: Sequence[Migration]) -> bool:
    """True if these migrations change tables and nothing else."""
    operations = [operation for migration in migrations for operation in migration.operations]
    return bool(operations) and all(isinstance(operation, PLAIN) for operation in operations)


def _have_begun(executor: MigrationExecutor) -> bool:
    applied = any(app == APP for app, _ in executor.loader.applied_migrations)
    tables = executor.connection.introspection.table_names()
    return applied or any(table.startswith(f"{APP}_") for table in tables)


def _create(executor: MigrationExecutor, migrations: Sequence[Migration]) -> None:
    """All in one transaction: whoever comes later finds everything or nothing."""
    ends = executor.loader.graph.leaf_nodes(APP)
    models = executor.loader.project_state(ends).apps.get_models()
    executor.recorder.ensure_schema()
    with executor.connection.schema_editor(atomic=True) as editor:
        for model in models:
            if model._meta.app_label == APP and model._meta.can_migrate(executor.connection):
                editor.create_model(model)
        for migration in migrations:
            for app, name in migration.replaces or [(migration.app_label, migration.name)]:
                executor.recorder.record_applied(app, name)
