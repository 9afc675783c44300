"""RosterImport: a roster that was read, what it would change, and whether it was applied."""

import uuid

from django.conf import settings
from django.db import models


class RosterImport(models.Model):
    """One reading of a roster: planned -> applied or discarded, or refused.

    `plan` counts per file what is new, changed, retired, unchanged; `fingerprint` tells whether
    the same would still change; `problems` are the rows that were left out, with row, column,
    reason and remedy. Without `read_by` it was a command on the server.
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        APPLIED = "applied"
        REFUSED = "refused"
        DISCARDED = "discarded"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, choices=State)
    file_name = models.CharField(max_length=300)
    source = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    stored_at = models.CharField(max_length=500, blank=True, help_text="Where the upload is kept")
    plan = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, blank=True)
    problems = models.JSONField(default=list)
    problem_count = models.PositiveIntegerField(default=0)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    read_at = models.DateTimeField(auto_now_add=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-read_at"]
        permissions = [("import_roster", "Can import rosters and results")]

    def __str__(self) -> str:
        return self.file_name
