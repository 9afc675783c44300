"""UpsertJob, UpsertedRow: rows that a system sent, too many to wait for; what became of each."""

import uuid

from django.db import models
from django.db.models import Q
from oauth2_provider.models import Application

from issuer.models.changes import dated, last_change


class UpsertJob(models.Model):
    """Many rows of one kind from one source: waiting -> running -> done, or failed with the reason.

    The first `done` rows are written, with what became of them, in the transactions that moved
    that number; whoever takes it up goes on behind them. The rows wait at `stored_at`.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    kind = models.CharField(max_length=30)
    source = models.CharField(max_length=100)
    dry_run = models.BooleanField(default=False)
    media_type = models.CharField(max_length=50)
    stored_at = models.CharField(max_length=500)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField("why it failed", max_length=300, blank=True)
    taken_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    updated_at = last_change()

    class Meta:
        ordering = ["-taken_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    done=models.F("created")
                    + models.F("updated")
                    + models.F("unchanged")
                    + models.F("errors")
                ),
                name="every_row_of_a_job_is_counted_once",
            ),
        ]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="jobs_by_change"),
            models.Index(fields=["state", "taken_at"], name="upsert_jobs_by_state"),
        ]
        triggers = [dated("job")]

    def __str__(self) -> str:
        return f"{self.total} {self.kind} of {self.source}"


class UpsertedRow(models.Model):
    """What became of one row of a job; `errors` say what is wrong with it, where and what to do.

    `notes` say alike what its sender should know of a row that is right.
    """

    job = models.ForeignKey(UpsertJob, models.CASCADE, related_name="rows")
    index = models.PositiveIntegerField()
    key = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=10)
    errors = models.JSONField(default=list)
    notes = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))

    class Meta:
        ordering = ["job", "index"]
        constraints = [
            models.UniqueConstraint(fields=["job", "index"], name="row_of_a_job_is_told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.status}"
