"""Batch: a set of credentials issued together. Chunk: the unit of work."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from issuer.models.changes import dated, last_change


class Batch(models.Model):
    """Credentials that are looked at, approved and issued together; one is a batch of one.

    prepared -> approved -> issued, or prepared -> declined, which whoever prepared it may also do
    alone: then it is withdrawn. Its members hold the positions
    0 .. count-1 and stay who they are; how far the work is stands in the chunks. An approved
    batch may rest (`paused_at`): then nobody takes up more of it; from its approval to `begins_at`,
    if it is to begin later.

    A correction of what was issued is `decided_alone`, by whoever prepared it, where the college
    has settled that one person is enough for that.

    What a system composed by itself (VC API) is a batch of one by that `client` and no person,
    approved from the beginning: the decision was to let the client issue, when its scope was
    granted. Of what a system prepared for people to decide on, `client` names it, too.
    """

    class State(models.TextChoices):
        PREPARED = "prepared"
        APPROVED = "approved"
        ISSUED = "issued"
        DECLINED = "declined"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.PREPARED)
    count = models.PositiveIntegerField()
    prepared_at = models.DateTimeField(auto_now_add=True)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    client = models.CharField(
        max_length=200,
        blank=True,
        help_text="API client that prepared or composed it; blank for a person's",
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    decision_reason = models.TextField(blank=True)
    decided_alone = models.BooleanField(
        default=False, help_text="A correction for which the college asks for no second person"
    )
    decline_seen_at = models.DateTimeField(null=True, help_text="By whoever prepared it")
    paused_at = models.DateTimeField(null=True)
    begins_at = models.DateTimeField(null=True, help_text="An approved batch rests until then")
    rested = models.DurationField(default=timedelta, help_text="In pauses that have ended")
    issued_at = models.DateTimeField(null=True)
    updated_at = last_change()

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-prepared_at"]
        permissions = [
            ("prepare_batch", "Can prepare a batch"),
            ("approve_batch", "Can approve or decline a batch that somebody else prepared"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | ~Q(decided_by=F("prepared_by"))
                | Q(decided_alone=True)
                | Q(state="declined"),
                name="batch_is_decided_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(prepared_by__isnull=False) | ~Q(client=""),
                name="batch_is_of_a_person_or_of_a_client",
            ),
            models.CheckConstraint(
                condition=Q(prepared_by__isnull=True)
                | Q(state="prepared", decided_by__isnull=True)
                | (~Q(state="prepared") & Q(decided_by__isnull=False)),
                name="batch_beyond_prepared_has_been_decided",
            ),
            models.CheckConstraint(
                condition=Q(prepared_by__isnull=False)
                | Q(
                    count=1,
                    state__in=["approved", "issued"],
                    decided_by__isnull=True,
                    decided_at__isnull=False,
                ),
                name="batch_of_a_client_is_one_and_approved_by_its_scope",
            ),
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="batches_by_change")]
        triggers = [dated("batch")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_composed(self) -> bool:
        """Whether a system composed it by itself."""
        return self.prepared_by_id is None

    @property
    def preparer(self) -> str:
        """Who prepared it: a system by its name, a person by theirs."""
        if self.client or self.prepared_by is None:
            return self.client
        return self.prepared_by.get_full_name() or self.prepared_by.get_username()

    @property
    def is_withdrawn(self) -> bool:
        """Whether whoever prepared it took it back before anybody decided."""
        return self.state == self.State.DECLINED and self.decided_by_id == self.prepared_by_id


def condition_of_batch(at: str = "") -> Case:
    """As what people are told of a batch, by the names of `tags.STATES`; `at` leads to it."""
    return Case(
        When(**{f"{at}begins_at__isnull": False}, then=Value("scheduled")),
        When(**{f"{at}paused_at__isnull": False}, then=Value("paused")),
        When(
            **{f"{at}state": Batch.State.DECLINED, f"{at}decided_by": F(f"{at}prepared_by")},
            then=Value("withdrawn"),
        ),
        When(**{f"{at}state": Batch.State.APPROVED}, then=Value("running")),
        default=F(f"{at}state"),
        output_field=models.CharField(),
    )


class Chunk(models.Model):
    """The positions `first` .. `last` of a batch, worked on by one worker at a time.

    approved -> requested (intent frozen) -> signed, or failed, or cancelled before it is frozen.
    A worker holds a lease while it works; when the lease runs out the chunk is free again. Each
    claim counts as an attempt, so a row that kills its worker is found by halving the chunk until
    it stands alone. Only a lone row fails; any number is cancelled. `failed_row` finds both.
    """

    class State(models.TextChoices):
        APPROVED = "approved"
        REQUESTED = "requested"
        SIGNED = "signed"
        FAILED = "failed"
        CANCELLED = "cancelled"

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="chunks")
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.APPROVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    signed_as_a_whole = models.PositiveIntegerField(
        default=0, help_text="How many credentials no shape could say; the slow way"
    )
    changed_at = models.DateTimeField(auto_now=True)
    updated_at = last_change()

    class Meta:
        ordering = ["batch", "first"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "first"], name="chunks_do_not_overlap_at_first"
            ),
            models.UniqueConstraint(fields=["batch", "last"], name="chunks_do_not_overlap_at_last"),
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="chunk_is_not_empty"),
            models.CheckConstraint(
                condition=~Q(state="failed") | Q(first=F("last")), name="failed_chunk_is_one_row"
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "lease_until"],
                condition=Q(state__in=["approved", "requested"]),
                name="chunks_that_wait",
            ),
            models.Index(
                fields=["batch", "first"],
                condition=Q(state__in=["failed", "cancelled"]),
                name="chunks_never_issued",
            ),
        ]
        triggers = [dated("chunk")]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.first}-{self.last}"

    @property
    def size(self) -> int:
        """How many credentials it holds."""
        return self.last - self.first + 1


def failed_row() -> Exists:
    """Whether the row with this `batch` and `position` failed or was cancelled: never issued."""
    return Exists(
        Chunk.objects.filter(
            batch=OuterRef("batch"),
            first__lte=OuterRef("position"),
            last__gte=OuterRef("position"),
            state__in=[Chunk.State.FAILED, Chunk.State.CANCELLED],
        )
    )
