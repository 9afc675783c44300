"""RosterImport, ResultImport: a file that was read, what it would change, what became of it."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models


class FileImport(models.Model):
    """One reading of a file: planned -> applied or discarded, or refused.

    `plan` counts what is new, changed, unchanged; `fingerprint` tells whether the same would still
    change; `problems` are the rows that were left out, with row, column, reason and remedy.
    Without `read_by` it was a command on the server.
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
        abstract = True
        ordering = ["-read_at"]

    def __str__(self) -> str:
        return self.file_name


class RosterImport(FileImport):
    """One reading of a roster; its plan counts file by file.

    `living` tells how many rows were held where a file tells of some alone, and retires any;
    `lists_all`, that files without a manifest were said to have all that there is.
    """

    lists_all = models.BooleanField(default=False)
    examples = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="Some of what would change, by file",
    )
    living = models.JSONField(default=dict)

    class Meta(FileImport.Meta):
        permissions = [("import_roster", "Can import rosters and results")]


class ResultImport(FileImport):
    """One reading of results for single outcomes.

    `columns` tells what the columns of `header` hold; the newest one that was applied is
    remembered for sheets with the same header. Without columns it waits for somebody to say them.
    """

    header = models.JSONField(default=list)
    columns = models.JSONField(default=dict)

    @property
    def waits_for_columns(self) -> bool:
        """Whether nobody has said yet what its columns hold."""
        return self.state == self.State.PLANNED and not self.columns

    @property
    def changes_anything(self) -> bool:
        """Whether applying it would add or change a result."""
        plan: dict[str, Any] = self.plan
        return bool(plan.get("new") or plan.get("changed"))
