"""SamePerson: somebody whom two sources know, or may know."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from registrar.models.learners import Learner


class SamePerson(models.Model):
    """Who is known in a source under an id is, or may be, a learner that another source brought.

    waiting -> joined or apart, and joined -> apart. A match beyond doubt is joined at once, by
    nobody. While they are joined, what the source says of them is said of `learner`.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        JOINED = "joined"
        APART = "apart"

    learner = models.ForeignKey(Learner, models.PROTECT, related_name="also_known")
    source = models.CharField(max_length=100)
    sourced_id = models.CharField(max_length=255)
    number = models.CharField("learner number", max_length=100)
    name = models.CharField("name there", max_length=600)
    state = models.CharField(max_length=7, choices=State)
    doubt = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = "same person"
        verbose_name_plural = "same people"
        permissions = [("decide_sameperson", "Can say whether two learners are one person")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sourced_id", "learner"], name="two_learners_are_compared_once"
            ),
            models.UniqueConstraint(
                fields=["source", "sourced_id"],
                condition=Q(state="joined"),
                name="somebody_is_one_learner",
            ),
            models.UniqueConstraint(
                fields=["source", "learner"],
                condition=Q(state="joined"),
                name="learner_is_known_once_in_a_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.source})"
