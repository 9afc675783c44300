"""LineItem, Result: what was assessed, and what came out."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from issuer.models.changes import dated, last_change
from registrar.models.catalog import Offering
from registrar.models.learners import Learner
from registrar.models.outcomes import LearningOutcome
from registrar.models.triggers import results_are_superseded_not_edited


class LineItem(models.Model):
    """Something assessed in an offering: an assignment, an exam, the final result."""

    source = models.CharField(max_length=100)
    sourced_id = models.CharField(max_length=255)
    offering = models.ForeignKey(Offering, models.PROTECT, related_name="line_items")
    title = models.CharField(max_length=300)
    category = models.CharField(max_length=200, blank=True)
    minimum = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    maximum = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    outcomes = models.ManyToManyField(LearningOutcome, related_name="line_items", blank=True)
    retired_at = models.DateTimeField(null=True, editable=False)
    updated_at = last_change()

    class Meta:
        ordering = ["offering", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sourced_id"], name="line_item_is_once_in_its_source"
            ),
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="line_items_by_change")]
        triggers = [dated("line_item")]

    def __str__(self) -> str:
        return self.title


class ResultQuerySet(models.QuerySet["Result"]):
    """Ways to ask for results."""

    def current(self) -> "ResultQuerySet":
        """Those that hold today: not superseded, not withdrawn at the source."""
        return self.filter(superseded_at=None, withdrawn=False)


class Result(models.Model):
    """What a learner achieved on a line item. Never edited: a correction is a new row.

    `outcome` is set where the result speaks of one learning outcome only; such results have
    sourced ids of their own, which may repeat those of whole results. Where it was judged by a
    rubric, `text` is the level's name, `score` its points and `level` its address. A row with
    `withdrawn` says that the source took the result back.
    """

    class Assessor(models.TextChoices):
        TEACHER = "teacher", "Teacher"
        STAFF = "staff", "Staff of the college"
        SUPERVISOR = "supervisor", "Supervisor outside"
        PEER = "peer", "Fellow learner"
        LEARNER = "learner", "The learner"

    class Assessment(models.TextChoices):
        ASSIGNMENT = "assignment"
        EXAM = "exam", "Exam or quiz"
        PROJECT = "project"
        PRESENTATION = "presentation"
        OBSERVATION = "observation", "Observed at work"
        PORTFOLIO = "portfolio"

    source = models.CharField(max_length=100)
    sourced_id = models.CharField(max_length=255)
    line_item = models.ForeignKey(LineItem, models.PROTECT, related_name="results")
    learner = models.ForeignKey(Learner, models.PROTECT, related_name="results")
    outcome = models.ForeignKey(
        LearningOutcome, models.PROTECT, related_name="results", null=True, blank=True
    )
    status = models.CharField(max_length=30)
    score = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    text = models.CharField(max_length=200, blank=True)
    level = models.CharField(
        "rubric level", max_length=1000, blank=True, help_text="Its address, where it has one"
    )
    possible = models.DecimalField("most points", max_digits=10, decimal_places=3, null=True)
    assessor = models.CharField(max_length=10, choices=Assessor, blank=True)
    assessment = models.CharField(
        "kind of assessment", max_length=12, choices=Assessment, blank=True
    )
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    dated = models.DateField(null=True)
    withdrawn = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(auto_now_add=True)
    superseded_at = models.DateTimeField(null=True)
    updated_at = last_change()

    objects = ResultQuerySet.as_manager()

    class Meta:
        ordering = ["learner", "line_item", "id"]
        permissions = [("mark_result", "Can mark learners by hand")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sourced_id"],
                condition=Q(superseded_at=None, outcome=None),
                name="one_current_result_per_sourced_id",
            ),
            models.UniqueConstraint(
                fields=["source", "sourced_id"],
                condition=Q(superseded_at=None, outcome__isnull=False),
                name="one_current_outcome_result_per_sourced_id",
            ),
        ]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="results_by_change"),
            models.Index(
                fields=["line_item", "learner"],
                condition=Q(superseded_at=None),
                name="current_results",
            ),
        ]
        triggers = [*results_are_superseded_not_edited, dated("result")]

    def __str__(self) -> str:
        score = "" if self.score is None else f"{self.score.normalize():f}"
        return self.text or score or self.status
