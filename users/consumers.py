"""What the others answer about a person."""

from shared.contracts.base import Event
from shared.contracts.users import DataExported
from shared.events.consuming import consumes
from users import operations


@consumes(DataExported)
def on_data_exported(fact: DataExported, event: Event) -> None:
    operations.store_export_part(export_id=fact.export_id, service=fact.service, data=fact.data)
