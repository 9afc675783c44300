"""SkillTag: an outcome teaches or assesses a skill. SkillChoice: how somebody came to choose it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from registrar.models import triggers
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


class SkillChoice(models.Model):
    """What somebody made of a suggestion, or that they found a skill by hand. A fact.

    Kept to judge suggestions by; nothing is tagged because of it.
    """

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        ADDED = "added", "added by hand"

    outcome = models.ForeignKey(LearningOutcome, models.PROTECT, related_name="choices")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict)
    method = models.CharField(max_length=30, blank=True, help_text="What suggested it")
    place = models.PositiveIntegerField(null=True, help_text="Among the suggestions, from 1")
    reason = models.TextField(blank=True, help_text="As the suggestion gave it")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="added", method="") | (~Q(verdict="added") & ~Q(method="")),
                name="suggestion_names_its_method",
            ),
        ]
        triggers = triggers.choices_are_facts

    def __str__(self) -> str:
        return f"{self.outcome.code} {self.verdict} {self.skill}"
