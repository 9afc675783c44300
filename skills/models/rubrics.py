"""Rubric: by what criteria, and at what levels, skills are judged."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from skills.models import triggers
from skills.models.frameworks import Framework
from skills.models.spans import held_at


class RubricQuerySet(models.QuerySet["Rubric"]):
    """Ways to ask for rubrics."""

    def as_of(self, moment: datetime) -> "RubricQuerySet":
        """Those that held then."""
        return self.filter(held_at(moment))

    def about(self, identifier: str) -> "RubricQuerySet":
        """Those that hold now and have a criterion for the skill of that identifier."""
        return self.filter(retired_at=None, criteria__contains=[{"skill": identifier}])


class Rubric(models.Model):
    """Criteria and levels as a framework says them (CASE CFRubric).

    `criteria` is a list in order of position: each as the reader's CriterionRecord, with its
    levels. One that an edition words anew is retired, and another row takes its place.
    """

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="rubrics")
    identifier = models.CharField(max_length=200)
    uri = models.CharField("URI", max_length=1000)
    title = models.TextField(blank=True)
    description = models.TextField(blank=True)
    criteria = models.JSONField(default=list)
    details = models.JSONField(default=dict)
    changed_on_source = models.DateTimeField("last change at its source", null=True)
    began_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    objects = RubricQuerySet.as_manager()

    class Meta:
        ordering = ["framework", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "identifier"],
                condition=Q(retired_at=None),
                name="rubric_is_once_in_its_framework",
            ),
        ]
        triggers = triggers.rubrics_are_superseded_not_edited

    def __str__(self) -> str:
        return self.title or self.identifier
