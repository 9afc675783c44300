"""Competency: knowledge, skills and behaviours combined, in a context; drafted, then published."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from skills.models import triggers
from skills.models.frameworks import Framework
from skills.models.skills import Skill


class Competency(models.Model):
    """One wording of a competency of our own, in the sense of the LER Accelerator.

    A draft may be edited. Publishing makes it a skill of its framework, or rewords the skill that
    it revises; from then on it does not change, and a later one takes its place.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        SUPERSEDED = "superseded"

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="competencies")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="competencies", null=True)
    code = models.CharField(max_length=200, blank=True)
    label = models.CharField("short label", max_length=500, blank=True)
    statement = models.TextField()
    context = models.TextField(
        blank=True, help_text="Where, with whom and under which conditions it is shown"
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    published_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["framework", "code", "id"]
        verbose_name_plural = "competencies"
        permissions = [
            ("draft_competency", "Can draft competencies"),
            ("publish_competency", "Can publish competencies"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["skill"],
                condition=Q(state="draft"),
                name="competency_has_one_draft",
            ),
            models.UniqueConstraint(
                fields=["skill"],
                condition=Q(state="published"),
                name="competency_has_one_published_wording",
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(
                    skill__isnull=False,
                    published_by__isnull=False,
                    published_at__isnull=False,
                ),
                name="published_competency_is_a_skill",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(context__regex=r"\S"),
                name="published_competency_has_a_context",
            ),
        ]
        triggers = triggers.published_competencies_do_not_change

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()

    @property
    def name(self) -> str:
        """The short label, or the statement where there is none."""
        return self.label or self.statement


class Component(models.Model):
    """A skill, of any framework, that a competency is made of, and as what."""

    class Role(models.TextChoices):
        KNOWLEDGE = "knowledge"
        SKILL = "skill"
        BEHAVIOUR = "behaviour"

    competency = models.ForeignKey(Competency, models.CASCADE, related_name="components")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="component_of")
    role = models.CharField(max_length=10, choices=Role)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["competency", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["competency", "skill"], name="component_is_once_in_its_competency"
            ),
        ]
        triggers = triggers.components_of_the_published_do_not_change

    def __str__(self) -> str:
        return f"{self.role}: {self.skill}"
