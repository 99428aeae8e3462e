"""Imports of product files, and what became of them."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from shared.events.ids import uuid7


class ImportRun(models.Model):
    """One import of a product file and what became of it. Counts are of products. `position` is
    how many of the file's readable products are dealt with; it moves in the transaction that deals
    with the next one, so that whoever goes on after a crash goes on there. `moved_at` is when
    its turn came, or it last got further, or was called again: `calls` times since it last got
    further."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    class Format(models.TextChoices):
        SHOPIFY = "shopify", "Shopify product CSV"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    file_name = models.CharField(max_length=255)
    source_url = models.CharField("address", max_length=1000, blank=True)
    format = models.CharField(max_length=20, choices=Format.choices)
    dry_run = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    actor = models.CharField(max_length=254, blank=True)
    total = models.PositiveIntegerField("products in the file", default=0)
    position = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0, db_default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(default=timezone.now, db_default=Now())
    calls = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running", "done", "failed"]),
                name="import_status_known",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("started_at")),
                name="import_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(status="failed", finished_at__isnull=False)
                | Q(status="done", finished_at__isnull=False, error_code="")
                | Q(status__in=["queued", "running"], finished_at__isnull=True, error_code=""),
                name="import_is_over_or_not",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(status__in=["queued", "running"]),
                name="import_unfinished_idx",
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_finished(self) -> bool:
        return self.status not in self.UNFINISHED


class ImportFile(models.Model):
    """The bytes of an import that waits for the worker; gone when the import is over. In the
    database, because a worker may run on another machine than the web process that took them."""

    run = models.OneToOneField(ImportRun, models.CASCADE, primary_key=True, related_name="file")
    data = models.BinaryField()

    def __str__(self) -> str:
        return str(self.run_id)


class ImportRowError(models.Model):
    """Why a row of the file did not land, or what was left out of one that did. `row` counts as a
    spreadsheet does: the header is 1."""

    class Severity(models.TextChoices):
        ERROR = "error"
        WARNING = "warning"

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="errors")
    row = models.PositiveIntegerField()
    handle = models.CharField(max_length=255, blank=True)
    severity = models.CharField(
        max_length=10, choices=Severity.choices, default=Severity.ERROR, db_default=Severity.ERROR
    )
    code = models.CharField(max_length=40)
    message = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(severity__in=["error", "warning"]), name="import_row_severity_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.row}: {self.code}"
