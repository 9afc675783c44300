"""Programme and its courses, from term to term; OutcomeSet, which any course may serve."""

from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q

from registrar.models import triggers
from registrar.models.catalog import LearningOpportunity
from registrar.models.outcomes import LearningOutcome
from registrar.models.people import OrganizationUnit
from skills.models import Framework, Skill

DAY = timedelta(days=1)


class Programme(models.Model):
    """A programme of study, keyed by (source, sourced_id): courses that lead somewhere together."""

    source = models.CharField(max_length=100)
    sourced_id = models.CharField(max_length=255)
    code = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    unit = models.ForeignKey(OrganizationUnit, models.PROTECT, related_name="programmes")
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["title", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sourced_id"], name="programme_is_once_in_its_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class ProgrammeCourseQuerySet(models.QuerySet["ProgrammeCourse"]):
    """Ways to ask what belongs to a programme."""

    def on(self, day: date) -> "ProgrammeCourseQuerySet":
        """What belonged on that day."""
        begun = Q(holds_from=None) | Q(holds_from__lte=day)
        return self.filter(begun, Q(holds_until=None) | Q(holds_until__gte=day))


class ProgrammeCourse(models.Model):
    """A course or activity that belongs to a programme, from the first day to the last.

    Without dates it always did and still does. What was entered by mistake ends on the day before
    it begins, so that it never held; rows are not deleted.
    """

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="courses")
    opportunity = models.ForeignKey(
        LearningOpportunity, models.PROTECT, related_name="programme_places"
    )
    holds_from = models.DateField(null=True)
    holds_until = models.DateField(null=True)

    objects = ProgrammeCourseQuerySet.as_manager()

    class Meta:
        ordering = ["programme", "opportunity__code", "holds_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "opportunity"],
                condition=Q(holds_until=None),
                name="course_is_once_in_a_programme",
            ),
            models.CheckConstraint(
                condition=Q(holds_from=None)
                | Q(holds_until=None)
                | Q(holds_until__gte=F("holds_from") - DAY),
                name="course_leaves_a_programme_after_it_came",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opportunity.code} in {self.programme.code}"


class OutcomeSet(models.Model):
    """A framework whose skills any course may take as outcomes of its own, as general education."""

    framework = models.OneToOneField(Framework, models.PROTECT, related_name="+")
    title = models.CharField(max_length=300)
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class SetOutcome(models.Model):
    """That an outcome of a course is one of an outcome set. A fact."""

    outcome = models.OneToOneField(LearningOutcome, models.PROTECT, related_name="from_set")
    outcome_set = models.ForeignKey(OutcomeSet, models.PROTECT, related_name="outcomes")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["outcome_set", "outcome__code"]
        triggers = triggers.set_outcomes_are_facts

    def __str__(self) -> str:
        return f"{self.outcome.code} from {self.outcome_set}"
