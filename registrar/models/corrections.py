"""Correction: what was wrong with a learner's record or a credential, and what took its place."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from issuer.models import Batch
from issuer.models.append_only import append_only
from registrar.models.awards import Award
from registrar.models.learners import Learner
from registrar.models.policies import Policy
from registrar.models.triggers import corrections_are_decided_once


class CorrectionPolicy(Policy):
    """The college's word on who corrects; the newest row holds.

    Without one, whoever may correct does so alone: what is corrected was approved before.
    """

    needs_second = models.BooleanField("a second person confirms every correction", default=False)

    class Meta(Policy.Meta):
        verbose_name_plural = "correction policies"
        triggers = append_only(because="correction_policy")

    def __str__(self) -> str:
        return "Two people correct" if self.needs_second else "One person corrects"


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Ways to ask for corrections."""

    def waiting(self) -> "CorrectionQuerySet":
        """Those that a second person is to confirm."""
        return self.filter(state=Correction.State.WAITING)

    def made(self) -> "CorrectionQuerySet":
        """Those that were carried out."""
        return self.filter(state=Correction.State.MADE)


class Correction(models.Model):
    """A learner's name or address is put right, or one credential: all that is wrong in one act.

    waiting -> made, or waiting -> declined; made at once where one person is enough. New names and
    addresses are null where they stay. The credentials that said what was wrong are superseded by
    new ones, which are the `batch`.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        MADE = "made"
        DECLINED = "declined"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey(Learner, models.PROTECT, related_name="corrections")
    given_name = models.CharField(max_length=300, null=True)  # noqa: DJ001 - null: it stays
    family_name = models.CharField(max_length=300, null=True)  # noqa: DJ001
    email = models.CharField("e-mail address", max_length=320, null=True)  # noqa: DJ001
    was = models.JSONField(default=dict, help_text="What stood there before, by field")
    as_of_today = models.BooleanField(
        default=False, help_text="Also with the results and the wording that hold today"
    )
    leads_on = models.BooleanField(
        default=True, help_text="The old addresses lead on to the new credentials"
    )
    tells_learner = models.BooleanField(
        default=True, help_text="The learner gets a mail with the address of what is new"
    )
    reason = models.TextField(help_text="What was wrong, and how that was shown")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    needs_second = models.BooleanField(help_text="What the college asked for at the time")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)
    awards: "models.ManyToManyField[Award, CorrectedAward]" = models.ManyToManyField(
        Award, through="CorrectedAward", related_name="corrections"
    )
    batch = models.OneToOneField(Batch, models.PROTECT, null=True, related_name="+")

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        permissions = [
            ("make_correction", "Can correct learners and what was issued"),
            ("confirm_correction", "Can confirm a correction that somebody else asked for"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(needs_second=False)
                | Q(decided_by__isnull=True)
                | ~Q(decided_by=F("by")),
                name="correction_is_confirmed_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_by__isnull=True, batch__isnull=True)
                | ~Q(state="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="correction_waits_or_was_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["at"], condition=Q(state="waiting"), name="corrections_wait")
        ]
        triggers = corrections_are_decided_once

    def __str__(self) -> str:
        return f"Correction for {self.learner_id}"

    @property
    def changes(self) -> dict[str, str]:
        """What is new in the learner's record, by field."""
        fields = {name: getattr(self, name) for name in ("given_name", "family_name", "email")}
        return {name: value for name, value in fields.items() if value is not None}


class CorrectedAward(models.Model):
    """An award whose credential is superseded by a correction."""

    correction = models.ForeignKey(Correction, models.CASCADE, related_name="corrected")
    award = models.ForeignKey(Award, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["correction", "award"], name="award_is_once_in_a_correction"
            ),
        ]
        triggers = append_only(because="corrected_award")

    def __str__(self) -> str:
        return f"{self.correction_id} {self.award_id}"
