"""Association: a directed link, as a framework says it or as somebody here proposed it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from skills.models import triggers
from skills.models.changes import dated, last_change
from skills.models.frameworks import Edition, Framework
from skills.models.skills import Skill
from skills.models.spans import held_at


class AssociationQuerySet(models.QuerySet["Association"]):
    """Ways to ask for associations."""

    def current(self) -> "AssociationQuerySet":
        """Those that hold: accepted, and not retired."""
        return self.filter(retired_at=None, state=Association.State.ACCEPTED)

    def as_of(self, moment: datetime) -> "AssociationQuerySet":
        """Those that held then: of a framework, or accepted by then."""
        accepted = Q(reviewed_at__isnull=True) | Q(reviewed_at__lte=moment)
        return self.filter(accepted, held_at(moment), state=Association.State.ACCEPTED)

    def proposed(self) -> "AssociationQuerySet":
        """Those that wait for review, the oldest first."""
        return self.filter(state=Association.State.PROPOSED, retired_at=None).order_by("began_at")


class Association(models.Model):
    """A directed link between two skills or a skill and its framework (CASE CFAssociation).

    Origin *is child of*, *replaced by*, ... destination. Either end may lie outside of what we
    hold; then only its URI is known. One that an edition words anew is retired, and another row
    takes its place.

    With a framework it is that framework's own saying, and `edition` is the one that brought it
    (a crosswalk that was imported is a framework without skills). Without one it is a crosswalk
    that somebody here, or a system, proposed and a second person accepts or rejects; what is
    withdrawn again is retired.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="associations", null=True)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="associations", null=True)
    identifier = models.CharField(max_length=200)
    uri = models.CharField("URI", max_length=1000, blank=True)
    kind = models.CharField(max_length=100, help_text="associationType, e.g. isChildOf")
    kind_at_source = models.CharField(max_length=200, blank=True)
    origin = models.ForeignKey(Skill, models.PROTECT, related_name="outgoing", null=True)
    origin_uri = models.CharField(max_length=1000)
    origin_title = models.TextField(blank=True)
    destination = models.ForeignKey(Skill, models.PROTECT, related_name="incoming", null=True)
    destination_uri = models.CharField(max_length=1000)
    destination_title = models.TextField(blank=True)
    sequence = models.IntegerField(null=True)
    grouping = models.CharField(max_length=200, blank=True)
    notes = models.TextField(blank=True)
    details = models.JSONField(default=dict, db_default={})
    changed_on_source = models.DateTimeField("last change at its source", null=True)
    began_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    state = models.CharField(max_length=10, choices=State, default=State.ACCEPTED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    client = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="The system that proposed it",
    )
    reason = models.TextField(blank=True, help_text="Why it was proposed")
    likeness = models.FloatField(null=True, help_text="Of the two texts, where that was the reason")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    reviewed_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True, help_text="Why it was accepted or rejected")
    updated_at = last_change()

    objects = AssociationQuerySet.as_manager()

    class Meta:
        ordering = ["framework", "sequence", "id"]
        permissions = [
            ("propose_association", "Can propose a link between skills of two frameworks"),
            ("review_association", "Can accept or reject a proposed link"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "identifier"],
                condition=Q(retired_at=None),
                name="association_is_once_in_its_framework",
            ),
            models.UniqueConstraint(
                fields=["origin", "kind", "destination"],
                condition=Q(framework=None, retired_at=None) & ~Q(state="rejected"),
                name="crosswalk_says_a_thing_once",
            ),
            models.UniqueConstraint(
                fields=["origin", "kind", "destination_uri"],
                condition=Q(framework=None, destination=None, retired_at=None)
                & ~Q(state="rejected"),
                name="crosswalk_leads_outside_once",
            ),
            models.CheckConstraint(
                condition=Q(origin__isnull=True) | ~Q(origin=F("destination")),
                name="association_joins_two_things",
            ),
            models.CheckConstraint(
                condition=Q(
                    framework__isnull=False, proposed_by__isnull=True, client="", state="accepted"
                )
                | (
                    Q(framework__isnull=True, origin__isnull=False)
                    & (Q(proposed_by__isnull=False) | ~Q(client=""))
                ),
                name="association_is_a_frameworks_or_proposed",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("proposed_by")),
                name="association_is_reviewed_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(framework__isnull=False, reviewed_by__isnull=True)
                | Q(state="proposed", reviewed_by__isnull=True, reviewed_at__isnull=True)
                | (~Q(state="proposed") & Q(reviewed_by__isnull=False, reviewed_at__isnull=False)),
                name="association_beyond_proposed_has_been_reviewed",
            ),
        ]
        triggers = [*triggers.associations_are_superseded_not_edited, dated("association")]
        indexes = [models.Index(fields=["updated_at", "id"], name="associations_by_change")]

    def __str__(self) -> str:
        return f"{self.origin_uri} {self.kind} {self.destination_uri}"
