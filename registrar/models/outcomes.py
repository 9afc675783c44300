"""LearningOutcome, and every wording that it ever had."""

import re

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q

from issuer.models.changes import dated, last_change
from registrar.models import spans, triggers
from registrar.models.catalog import LearningOpportunity
from registrar.models.spans import Moment, ends_after_it_began, held_on, holds_after


class LearningOutcomeQuerySet(models.QuerySet["LearningOutcome"]):
    """Ways to ask for outcomes."""

    def as_of(self, moment: Moment) -> "LearningOutcomeQuerySet":
        """Those that held then; how they were worded, `OutcomeWording` tells."""
        return self.filter(held_on(moment))

    def living(self, moment: Moment) -> "LearningOutcomeQuerySet":
        """Those that hold then or will: results and rules may name them."""
        return self.filter(holds_after(moment))


class LearningOutcome(models.Model):
    """What a learner can do after a course or activity.

    The row says what holds now and what line items, results and tags point to; triggers keep each
    wording with the days between which it held. These are borders of terms: the first day of one,
    and the day before the first of another. Null is open. Whoever rewords it says from which
    day in `worded_from`. `retired_at` is when somebody ended it, `holds_until` its last day.
    """

    opportunity = models.ForeignKey(LearningOpportunity, models.PROTECT, related_name="outcomes")
    code = models.CharField(max_length=100)
    statement = models.TextField()
    worded_from = models.DateField("worded like this from", null=True, editable=False)
    holds_from = models.DateField(null=True, editable=False)
    holds_until = models.DateField(null=True, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)
    updated_at = last_change()

    objects = LearningOutcomeQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "code"]
        constraints = [
            ExclusionConstraint(
                name="outcome_code_is_used_once",
                expressions=[
                    ("code", RangeOperators.EQUAL),
                    (spans.span(), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=ends_after_it_began(), name="outcome_ends_after_it_began"
            ),
            models.CheckConstraint(
                condition=Q(retired_at=None, holds_until=None)
                | Q(retired_at__isnull=False, holds_until__isnull=False),
                name="retired_outcome_has_a_last_day",
            ),
        ]
        triggers = [
            *triggers.outcomes_keep_their_wordings,
            *triggers.outcomes_are_ended_once,
            dated("outcome"),
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="outcomes_by_change")]

    def __str__(self) -> str:
        return f"{self.code} {self.statement}"

    @property
    def place(self) -> list[tuple[bool, int, str]]:
        """Where its code stands among others, so that the tenth comes after the ninth."""
        parts = re.findall(r"[0-9]+|[^0-9]+", self.code)
        return [(False, int(part), "") if part.isdecimal() else (True, 0, part) for part in parts]


class OutcomeWordingQuerySet(models.QuerySet["OutcomeWording"]):
    """Ways to ask for wordings."""

    def as_of(self, moment: Moment) -> "OutcomeWordingQuerySet":
        """One for each outcome that held then, as it read then."""
        return self.filter(held_on(moment))


class OutcomeWording(models.Model):
    """What an outcome said from one day to another; the last wording has no end.

    Written by triggers whenever an outcome is added, reworded or retired. A wording that was
    replaced for the term from which it was to hold never held: it ends before it begins.
    """

    outcome = models.ForeignKey(LearningOutcome, models.PROTECT, related_name="wordings")
    statement = models.TextField()
    holds_from = models.DateField(null=True)
    holds_until = models.DateField(null=True)

    objects = OutcomeWordingQuerySet.as_manager()

    class Meta:
        ordering = ["outcome", "id"]
        constraints = [
            ExclusionConstraint(
                name="outcome_has_one_wording_at_a_time",
                expressions=[
                    ("outcome", RangeOperators.EQUAL),
                    (spans.span(), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=ends_after_it_began(), name="outcome_wording_ends_after_it_began"
            ),
        ]
        triggers = triggers.outcome_wordings_are_ended_once

    def __str__(self) -> str:
        return self.statement

    @property
    def never_held(self) -> bool:
        """Whether it was replaced before its term, or within it."""
        return spans.never_held(self.holds_from, self.holds_until)
