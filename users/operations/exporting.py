"""A person's copy of everything: asked of every service by a fact, gathered from their answers."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from shared.contracts.users import DataExportRequested
from shared.events.publishing import publish
from users.models import DataExport, ExportPart
from users.operations.accounts import lock_account
from users.queries import list_ever_proved

RETENTION = timedelta(days=7)
# Who asks again so soon means the same copy.
FRESH_FOR = timedelta(hours=1)


@transaction.atomic
def request_export(*, user_id: UUID, now: datetime) -> DataExport:
    """Begins a new copy, which takes the place of the one before. Publishes DataExportRequested.
    Raises AccountErased."""
    user = lock_account(user_id)
    fresh = user.exports.filter(requested_at__gt=now - FRESH_FOR).first()
    if fresh is not None:
        return fresh
    user.exports.all().delete()
    export = DataExport.objects.create(user=user, requested_at=now)
    emails = list_ever_proved(user_id)
    email = user.email if user.email in emails else ""
    publish(DataExportRequested(export_id=export.pk, user_id=user_id, email=email, emails=emails))
    return export


@transaction.atomic
def store_export_part(*, export_id: UUID, service: str, data: str) -> None:
    """Nothing is kept for a copy that is gone, or of an account that is."""
    export = DataExport.objects.select_for_update().filter(pk=export_id).first()
    if export is not None and export.user.is_active:
        ExportPart.objects.update_or_create(
            export=export, service=service, defaults={"data": json.loads(data)}
        )


@transaction.atomic
def forget_exports(*, now: datetime) -> None:
    DataExport.objects.filter(requested_at__lte=now - RETENTION).delete()
