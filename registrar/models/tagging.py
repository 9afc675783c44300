"""SkillTag: an outcome teaches or assesses a skill; one proposes it, another accepts."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from registrar.models.catalog import LearningOutcome
from skills.models import Skill


class SkillTag(models.Model):
    """A link from an outcome to a skill, under review; becomes an Open Badges Alignment."""

    class Emphasis(models.TextChoices):
        TAUGHT = "taught"
        PRACTISED = "practised"
        ASSESSED = "assessed"

    class State(models.TextChoices):
        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    outcome = models.ForeignKey(LearningOutcome, models.PROTECT, related_name="tags")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    emphasis = models.CharField(max_length=10, choices=Emphasis)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    reviewed_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True)

    class Meta:
        ordering = ["outcome", "id"]
        permissions = [
            ("propose_skilltag", "Can propose a skill for an outcome"),
            ("review_skilltag", "Can accept or reject a proposed skill"),
            ("view_coverage", "Can see which skills courses and activities cover"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["outcome", "skill"],
                condition=~Q(state="rejected"),
                name="skill_is_tagged_once_per_outcome",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("proposed_by")),
                name="tag_is_reviewed_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", reviewed_by__isnull=True)
                | (~Q(state="proposed") & Q(reviewed_by__isnull=False)),
                name="tag_beyond_proposed_has_been_reviewed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome.code} {self.emphasis} {self.skill}"
