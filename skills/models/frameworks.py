"""Framework, its editions, the imports that made them, and how its sheets are read."""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from skills.models import triggers
from skills.models.changes import dated, last_change


class Framework(models.Model):
    """A published set of skills (CASE CFDocument).

    `definitions` are the words that its skills are described with; `details` is what its source
    says beyond our columns, under the source's own names.
    """

    uuid = models.UUIDField(
        "UUID",
        unique=True,
        default=uuid.uuid4,
        db_default=RandomUUID(),
        editable=False,
        help_text="In our addresses; the publisher's own where that is one",
    )
    identifier = models.CharField(max_length=200, unique=True, help_text="As its publisher gave it")
    uri = models.CharField("URI", max_length=1000)
    title = models.CharField(max_length=500)
    creator = models.CharField(max_length=500, blank=True)
    publisher = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    type = models.CharField(max_length=200, blank=True)
    version = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=20, blank=True)
    official_url = models.CharField("official URL", max_length=1000, blank=True)
    adoption_status = models.CharField(max_length=100, blank=True)
    case_version = models.CharField("CASE version", max_length=10, blank=True)
    notes = models.TextField(blank=True)
    subjects = models.JSONField(default=list, db_default=[])
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    definitions = models.JSONField(default=list, db_default=[])
    details = models.JSONField(default=dict, db_default={})
    changed_on_source = models.DateTimeField("last change at its source", null=True)
    is_own = models.BooleanField("our own", default=False, help_text="Shown first when choosing")
    updated_at = last_change()

    class Meta:
        ordering = ["-is_own", "title"]
        indexes = [models.Index(fields=["updated_at", "id"], name="frameworks_by_change")]
        triggers = [dated("framework")]

    def __str__(self) -> str:
        return self.title


class FrameworkImport(models.Model):
    """One import: who, from where, and what it changed, item by item with old and new wording."""

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="imports")
    source = models.CharField(max_length=1000, help_text="File name or address")
    format = models.CharField(max_length=30, blank=True)
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    client = models.CharField(max_length=200, blank=True, help_text="The system that asked for it")
    at = models.DateTimeField()
    new = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    retired = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    differences = models.JSONField(default=list)

    class Meta:
        ordering = ["-at"]
        permissions = [("import_framework", "Can import frameworks")]
        triggers = triggers.imports_are_facts

    def __str__(self) -> str:
        return f"{self.framework} {self.at:%Y-%m-%d}"


class EditionQuerySet(models.QuerySet["Edition"]):
    """Ways to ask for editions."""

    def as_of(self, moment: datetime) -> "EditionQuerySet":
        """The newest first of those that were there then."""
        return self.filter(at__lte=moment).order_by("-number")


class Edition(models.Model):
    """A state of a framework for good: what it said at `at` is what `as_of(at)` finds.

    An import that changes something makes one, and so does publishing competencies here.
    `version` is the publisher's label for it, which several editions may share.
    """

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    version = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()
    made_by = models.OneToOneField(
        FrameworkImport, models.PROTECT, related_name="edition", null=True
    )

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["framework", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "number"], name="edition_has_a_number_of_its_own"
            ),
        ]
        triggers = triggers.editions_do_not_change

    def __str__(self) -> str:
        return f"{self.framework} {self.version or self.number}"


class ColumnMapping(models.Model):
    """How somebody said that the columns of a sheet are to be read.

    The newest for the same `header` is offered when such a sheet comes again. A later mapping
    takes its place; none is edited.
    """

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="column_mappings")
    header = models.JSONField(help_text="The sheet's own names of its columns, in their order")
    columns = models.JSONField(help_text="For each thing that we know of a skill, its column")
    kind = models.CharField(max_length=12, help_text="Of skills that say no kind themselves")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(columns={}), name="column_mapping_reads_some_column"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.framework}: {', '.join(self.columns)}"
