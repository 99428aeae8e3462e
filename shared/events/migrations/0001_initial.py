import uuid

import django.utils.timezone
from django.db import migrations, models

# Wakes the relay at the commit of whatever wrote to the outbox. Notifications with the same
# payload are merged within a transaction.
NOTIFY = """
CREATE FUNCTION events_outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('souk_outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER events_outbox_notify AFTER INSERT ON events_outbox
    FOR EACH STATEMENT EXECUTE FUNCTION events_outbox_notify();
"""
FORGET = """
DROP TRIGGER events_outbox_notify ON events_outbox;
DROP FUNCTION events_outbox_notify();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.UUIDField(unique=True)),
                ("exchange", models.CharField(max_length=20)),
                ("routing_key", models.CharField(max_length=100)),
                ("task", models.CharField(max_length=120)),
                ("envelope", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"verbose_name": "waiting message", "db_table": "events_outbox"},
        ),
        migrations.CreateModel(
            name="InboxEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.UUIDField()),
                ("handler", models.CharField(max_length=120)),
                ("handled_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "handled event",
                "verbose_name_plural": "handled events",
                "db_table": "events_inbox",
                "constraints": [
                    models.UniqueConstraint(fields=("event_id", "handler"), name="inbox_handled_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="FailedEvent",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("event_id", models.UUIDField()),
                ("handler", models.CharField(max_length=120)),
                ("envelope", models.JSONField()),
                ("error", models.TextField()),
                ("traceback", models.TextField(blank=True)),
                ("attempts", models.PositiveIntegerField(default=1)),
                (
                    "status",
                    models.CharField(
                        choices=[("failed", "Failed"), ("replayed", "Replayed"), ("discarded", "Discarded")],
                        default="failed",
                        max_length=10,
                    ),
                ),
                ("failed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "events_failed",
                "indexes": [models.Index(fields=["status", "failed_at"], name="failed_status_idx")],
                "constraints": [
                    models.UniqueConstraint(fields=("event_id", "handler"), name="failed_event_once")
                ],
            },
        ),
        migrations.RunSQL(NOTIFY, FORGET),
    ]
