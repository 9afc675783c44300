"""Mapping: which skills a course or activity claims in a term, on its way to a second person."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from issuer.models.append_only import append_only
from registrar.models import triggers
from registrar.models.catalog import LearningOpportunity, Term


class MappingQuerySet(models.QuerySet["Mapping"]):
    """Ways to ask for mappings."""

    def waiting(self) -> "MappingQuerySet":
        """Those that wait for review, the oldest first."""
        return self.filter(state=Mapping.State.SUBMITTED).order_by("submitted_at", "pk")

    def overdue(self, at: datetime, *, after: timedelta) -> "MappingQuerySet":
        """Those that have waited for review longer than that."""
        return self.waiting().filter(submitted_at__lt=at - after)

    def of_author(self, person: User) -> "MappingQuerySet":
        """Those in which the person has a hand as they are now, so that a second one reviews."""
        confirmed = MappingConfirmation.objects.filter(by=person, at__gte=F("mapping__changed_at"))
        proposed = self.model.objects.filter(
            Q(tags__proposed_by=person) | Q(tags__for_person=person), tags__state="proposed"
        )
        ended = self.model.objects.filter(
            endings__ending_asked_by=person, endings__holds_until=None
        )
        return self.filter(
            Q(submitted_by=person)
            | Q(pk__in=confirmed.values("mapping"))
            | Q(pk__in=proposed.values("pk"))
            | Q(pk__in=ended.values("pk"))
        )


class Mapping(models.Model):
    """What the outcomes of a course or activity claim in a term: open -> submitted -> accepted.

    Faculty confirm it, a second person accepts it or returns it with a comment; then it is
    submitted anew. One in which nothing is new is carried: it needs no review. An accepted
    mapping settles its term for good. The tags themselves stand in SkillTag; `changed_at` tells
    which confirmations still speak of it.
    """

    class State(models.TextChoices):
        OPEN = "open"
        SUBMITTED = "submitted"
        ACCEPTED = "accepted"
        RETURNED = "returned"

    opportunity = models.ForeignKey(LearningOpportunity, models.PROTECT, related_name="mappings")
    term = models.ForeignKey(Term, models.PROTECT, related_name="mappings")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    submitted_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    reviewed_at = models.DateTimeField(null=True)
    is_carried = models.BooleanField(default=False, help_text="Nothing in it was new")

    objects = MappingQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "term"]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity", "term"], name="mapping_is_once_per_opportunity_and_term"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("submitted_by")),
                name="mapping_is_reviewed_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(submitted_by__isnull=False),
                name="mapping_beyond_open_was_submitted",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "submitted"])
                | Q(state="accepted", is_carried=True)
                | Q(reviewed_by__isnull=False),
                name="mapping_is_accepted_by_review_or_carried",
            ),
        ]
        triggers = triggers.accepted_mappings_do_not_change

    def __str__(self) -> str:
        return f"{self.opportunity.code}, {self.term}"

    @property
    def is_with_faculty(self) -> bool:
        """Whether those who teach it can change it."""
        return self.state in (self.State.OPEN, self.State.RETURNED)


class MappingConfirmation(models.Model):
    """One who teaches it stands by the mapping as it was at that time."""

    mapping = models.ForeignKey(Mapping, models.PROTECT, related_name="confirmations")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["mapping", "id"]
        triggers = append_only(because="mapping_confirmation")

    def __str__(self) -> str:
        return f"{self.mapping_id} by {self.by_id}"
