"""Skill, and every wording that it ever had."""

import uuid
from datetime import datetime

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from skills.models import triggers
from skills.models.changes import dated, last_change
from skills.models.frameworks import Framework
from skills.models.spans import held_at


class SkillQuerySet(models.QuerySet["Skill"]):
    """Ways to ask for skills."""

    def current(self) -> "SkillQuerySet":
        """Those that may still be chosen: not retired, and not a mere heading."""
        return self.filter(retired_at=None).exclude(kind=Skill.Kind.CATEGORY)

    def as_of(self, moment: datetime) -> "SkillQuerySet":
        """Those that were not retired then; how they were worded, `SkillWording` tells."""
        held = SkillWording.objects.as_of(moment).filter(skill=models.OuterRef("pk"))
        return self.filter(models.Exists(held))


class Skill(models.Model):
    """One discrete thing that one can show, of whatever kind (CASE CFItem, CTDL Competency).

    Never deleted: what a newer edition of its framework leaves out is retired. The row says what
    holds now; triggers keep each wording with the dates between which it held. Whoever rewords it
    says since when in `worded_at`.
    """

    class Kind(models.TextChoices):
        COMPETENCY = "competency"
        SKILL = "skill"
        KNOWLEDGE = "knowledge"
        ABILITY = "ability"
        CATEGORY = "category"
        OTHER = "other"

    uuid = models.UUIDField(
        "UUID",
        unique=True,
        default=uuid.uuid4,
        db_default=RandomUUID(),
        editable=False,
        help_text="In our addresses; the publisher's own where that is one",
    )
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="skills")
    identifier = models.CharField(max_length=200)
    uri = models.CharField("URI", max_length=1000)
    code = models.CharField(max_length=200, blank=True)
    label = models.CharField("short label", max_length=500, blank=True)
    statement = models.TextField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OTHER)
    kind_at_source = models.CharField(max_length=200, blank=True)
    other_labels = models.JSONField(default=list, db_default=[])
    keywords = models.JSONField(default=list)
    language = models.CharField(max_length=20, blank=True)
    education_levels = models.JSONField(default=list, db_default=[])
    notes = models.TextField(blank=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    details = models.JSONField(
        default=dict, db_default={}, help_text="What else its source says, in the source's words"
    )
    changed_on_source = models.DateTimeField("last change at its source", null=True)
    worded_at = models.DateTimeField("worded like this since", default=timezone.now)
    retired_at = models.DateTimeField(null=True)
    updated_at = last_change()

    objects = SkillQuerySet.as_manager()

    class Meta:
        ordering = ["framework", "code", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "identifier"], name="skill_is_once_in_its_framework"
            ),
        ]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="skills_by_change"),
            models.Index(fields=["uri"], name="skill_by_uri"),
        ]
        triggers = [
            *triggers.skills_keep_their_wordings,
            *triggers.skills_are_found_by_their_words,
            dated("skill"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()

    @property
    def name(self) -> str:
        """The short label, or the statement where there is none."""
        return self.label or self.statement


class SkillWordingQuerySet(models.QuerySet["SkillWording"]):
    """Ways to ask for wordings."""

    def as_of(self, moment: datetime) -> "SkillWordingQuerySet":
        """One for each skill that was not retired then, as it read then."""
        return self.filter(held_at(moment, until="ended_at"))


class SkillWording(models.Model):
    """What a skill said between two moments; the current wording has no end.

    Written by triggers whenever a skill is added, reworded, retired or comes back.
    """

    skill = models.ForeignKey(Skill, models.PROTECT, related_name="wordings")
    uri = models.CharField("URI", max_length=1000)
    code = models.CharField(max_length=200, blank=True)
    label = models.CharField("short label", max_length=500, blank=True)
    statement = models.TextField()
    kind = models.CharField(max_length=12, choices=Skill.Kind)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = SkillWordingQuerySet.as_manager()

    class Meta:
        ordering = ["skill", "began_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["skill"],
                condition=Q(ended_at=None),
                name="skill_has_one_wording_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at")),
                name="wording_ends_after_it_began",
            ),
        ]
        triggers = triggers.wordings_are_superseded_not_edited

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()

    @property
    def name(self) -> str:
        """The short label, or the statement where there is none."""
        return self.label or self.statement
