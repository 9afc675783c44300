"""AwardFile, AwardFileRow: people to award, row by row, from the sheet or choice to the end."""

import uuid
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Case, CharField, F, Q, Value, When

from issuer.models import Batch, condition_of_batch
from registrar.models.awards import Award
from registrar.models.learners import Learner
from registrar.models.templates import CredentialTemplate


class AwardFileQuerySet(models.QuerySet["AwardFile"]):
    """Adds as what people are told of a file."""

    def with_condition(self) -> "AwardFileQuerySet":
        """With `condition`: that of its batch, where there is one; else its state.

        What a system sent is not kept where nobody is awarded by it: it was read.
        """
        awards_nobody = Q(state=AwardFile.State.DISCARDED) & ~Q(client="")
        return self.annotate(
            condition=Case(
                When(batch__isnull=False, then=condition_of_batch("batch__")),
                When(awards_nobody, then=Value(AwardFile.State.READ)),
                default=F("state"),
                output_field=CharField(),
            )
        )


class AwardFile(models.Model):
    """A file of people to award: reading -> read -> prepared, or refused, or discarded.

    Of many rows a worker prepares the batch, for `asked_by` and under `batch_name`: it is preparing
    then, and read again where that is refused, as `refusal` says.
    `content` is kept until its rows are. `columns` names by field the column that holds it,
    `orders` says by field which of day and month comes first where somebody decided that; both
    are remembered for files with the same header. `counts` are of rows by outcome; `problems`
    concern the whole file. Without `read_by` and
    `client` it was a command on the server.

    Instead of a file there may be `chosen`: by what learners were chosen at the desk, and what
    the credentials of all of them say. Its rows stand for these learners.
    """

    class State(models.TextChoices):
        READING = "reading"
        READ = "read"
        PREPARING = "preparing"
        PREPARED = "prepared"
        REFUSED = "refused"
        DISCARDED = "discarded"

    class Duplicates(models.TextChoices):
        SKIP = "skip", "Leave them out"
        REPLACE = "replace", "Replace their credential"
        ALLOW = "allow", "Issue one more"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.ForeignKey(CredentialTemplate, models.PROTECT, related_name="award_files")
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    file_name = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64, blank=True)
    content = models.BinaryField(null=True)
    chosen = models.JSONField(default=dict, help_text="By what learners were chosen, if no file")
    encoding = models.CharField(max_length=40, blank=True)
    is_workbook = models.BooleanField(default=False)
    counts_from_1904 = models.BooleanField(default=False)
    header = models.JSONField(default=list)
    told = models.JSONField(default=list, help_text="What of the sheet itself is worth a look")
    read_as = models.JSONField(default=list, help_text="How the sheet is read, in words")
    columns = models.JSONField(default=dict)
    orders = models.JSONField(default=dict)
    days = models.JSONField(default=dict, help_text="How days and digits are written, by field")
    duplicates = models.CharField(max_length=7, choices=Duplicates, default=Duplicates.SKIP)
    sends_mail = models.BooleanField(default=False)
    total = models.PositiveIntegerField(default=0)
    looked_at = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=64, blank=True)
    batch = models.OneToOneField(
        Batch, models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    client = models.CharField(max_length=200, blank=True, help_text="API client that sent it")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    batch_name = models.CharField(max_length=200, blank=True, db_default="")
    refusal = models.CharField(
        "why no batch was prepared", max_length=500, blank=True, db_default=""
    )
    tries = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often a worker began"
    )
    read_at = models.DateTimeField(auto_now_add=True)
    prepared_at = models.DateTimeField(null=True)

    objects = AwardFileQuerySet.as_manager()

    class Meta:
        ordering = ["-read_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="prepared", batch__isnull=False)
                | (~Q(state="prepared") & Q(batch__isnull=True)),
                name="award_file_has_a_batch_when_prepared",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def reader(self) -> str:
        """Who gave it: a person or a system by their name; nothing for a command."""
        if self.read_by is None:
            return self.client
        return self.read_by.get_full_name() or self.read_by.get_username()

    @property
    def is_fatal(self) -> bool:
        """Whether nothing can be made of it as it is read."""
        return any(problem["severity"] == "fatal" for problem in self.problems)


class AwardFileRow(models.Model):
    """A row of the file as it stands, what is wrong with it, and what becomes of it.

    `number` counts as a spreadsheet does. A row with an error has the outcome `wrong` and awards
    nobody; one with a warning has another. `left` is one that somebody has left out. `award` is
    there from the moment the batch is prepared.
    """

    class Outcome(models.TextChoices):
        NEW = "new", "New"
        ALREADY = "already", "Issued already"
        REPLACE = "replace", "Replaces another"
        AGAIN = "again", "One more"
        WRONG = "wrong", "With errors"
        LEFT = "left", "Left out"

    # By rows of these somebody is awarded.
    AWARDING: Final = (Outcome.NEW, Outcome.REPLACE, Outcome.AGAIN)

    file = models.ForeignKey(AwardFile, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    cells = models.JSONField(default=list)
    flaw = models.CharField(max_length=20, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    problems = models.JSONField(default=list)
    learner = models.ForeignKey(Learner, models.PROTECT, null=True, related_name="+")
    award = models.OneToOneField(Award, models.PROTECT, null=True, related_name="file_row")

    class Meta:
        ordering = ["file", "number"]
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="row_is_once_in_its_file"),
            models.CheckConstraint(
                condition=~Q(outcome="wrong") | Q(award__isnull=True),
                name="wrong_row_awards_nobody",
            ),
        ]
        indexes = [
            models.Index(fields=["file", "outcome", "number"], name="file_rows_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"row {self.number}"

    @property
    def adds_a_person(self) -> bool:
        """Whether it awards somebody who is not on record, and is as soon as there is a batch."""
        return self.outcome in self.AWARDING and self.learner_id is None
