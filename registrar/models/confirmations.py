"""Confirmation: somebody outside is asked what a learner can do, and answers once."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from registrar.models import triggers
from registrar.models.catalog import Offering
from registrar.models.learners import Learner
from registrar.models.outcomes import LearningOutcome
from registrar.models.results import Result


class Confirmation(models.Model):
    """A person outside the college is asked whether a learner has reached outcomes with them.

    What they were asked never changes, and what they answered is given once. An answer that turns
    out to be worthless is retracted, with the results that came of it.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        ANSWERED = "answered"
        WITHDRAWN = "withdrawn", "Withdrawn before it was answered"
        RETRACTED = "retracted", "Answer retracted"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    offering = models.ForeignKey(Offering, models.PROTECT, related_name="confirmations")
    learner = models.ForeignKey(Learner, models.PROTECT, related_name="confirmations")
    name = models.CharField(max_length=200, help_text="Who is asked")
    organization = models.CharField(max_length=200)
    email = models.EmailField("e-mail address", max_length=320)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    answered_at = models.DateTimeField(null=True, editable=False)
    comment = models.TextField(blank=True, help_text="What they said beside yes or no")

    class Meta:
        ordering = ["-asked_at"]
        permissions = [("ask_confirmation", "Can ask somebody outside for a confirmation")]
        constraints = [
            models.UniqueConstraint(
                "offering",
                "learner",
                Lower("email"),
                condition=Q(state="asked"),
                name="confirmation_is_asked_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "withdrawn"], answered_at=None)
                | Q(state__in=["answered", "retracted"], answered_at__isnull=False),
                name="answered_confirmation_says_when",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(answered_at__lte=F("expires_at")),
                name="confirmation_is_answered_in_time",
            ),
        ]
        triggers = triggers.confirmations_are_answered_once

    def __str__(self) -> str:
        return f"{self.name}, {self.organization}"


class ConfirmedOutcome(models.Model):
    """One outcome of a confirmation: its words as they were shown, and the answer."""

    class Answer(models.TextChoices):
        YES = "yes"
        NO = "no"

    confirmation = models.ForeignKey(Confirmation, models.PROTECT, related_name="outcomes")
    outcome = models.ForeignKey(LearningOutcome, models.PROTECT, related_name="confirmations")
    statement = models.TextField()
    answer = models.CharField(max_length=3, choices=Answer, blank=True)
    result = models.OneToOneField(
        Result, models.PROTECT, related_name="confirmed_outcome", null=True
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["confirmation", "outcome"], name="outcome_is_confirmed_once"
            ),
            models.CheckConstraint(
                condition=Q(answer="yes", result__isnull=False)
                | (~Q(answer="yes") & Q(result=None)),
                name="yes_and_only_yes_is_a_result",
            ),
        ]
        triggers = triggers.confirmed_outcomes_are_answered_once

    def __str__(self) -> str:
        return self.statement
