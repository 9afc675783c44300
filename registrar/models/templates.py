"""CredentialTemplate, Revision, RevisionSkill: what we are willing to say, versioned."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from issuer.models import Achievement, StatusList
from registrar.models.people import OrganizationUnit
from registrar.models.triggers import approved_revisions_do_not_change
from skills.models import Skill


class CredentialTemplate(models.Model):
    """A kind of credential that the institution issues. What it says stands in its revisions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=100, unique=True)
    unit = models.ForeignKey(OrganizationUnit, models.PROTECT, related_name="templates")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class Revision(models.Model):
    """One version of a template: draft -> submitted -> approved -> retired.

    From approval on it never changes; a change is a new revision. Approval publishes it as an
    Open Badges Achievement. `rule` is the award rule as data (see registrar.rules); without one
    nobody is awarded the credential, except again.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        SUBMITTED = "submitted"
        APPROVED = "approved"
        RETIRED = "retired"

    class Awarding(models.TextChoices):
        HAND = "hand", "By hand: somebody evaluates the rule"
        REVIEW = "review", "To a queue: whoever has earned it is listed for somebody to award"
        AUTOMATIC = "automatic", "By itself, every night"

    template = models.ForeignKey(CredentialTemplate, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    name = models.CharField(max_length=300)
    description = models.TextField()
    criteria = models.TextField(help_text="What one has to do to earn it; Markdown")
    achievement_type = models.CharField(max_length=60, default="Course")
    human_code = models.CharField("course or catalogue code", max_length=100, blank=True)
    language = models.CharField(max_length=20, default="en")
    credits = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    image = models.TextField(blank=True, help_text="SVG text; empty draws a seal from the name")
    result_descriptions = models.JSONField(
        default=list, blank=True, help_text="Which results the credential carries"
    )
    includes_name = models.BooleanField(
        "carries the learner's name",
        default=False,
        help_text="The name then stands in every credential, for everyone who is shown it",
    )
    status_purpose = models.CharField(
        "can be taken back by",
        max_length=12,
        choices=StatusList.Purpose,
        default=StatusList.Purpose.REVOCATION,
        help_text="One of the two: Open Badges allows a credential one status entry",
    )
    rule = models.JSONField(null=True, blank=True)
    awarding = models.CharField(
        "how it is awarded", max_length=9, choices=Awarding, default=Awarding.HAND
    )
    skills = models.ManyToManyField(Skill, through="RevisionSkill", related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    approved_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    achievement = models.OneToOneField(Achievement, models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ["template", "-number"]
        permissions = [
            ("draft_revision", "Can draft and submit templates"),
            ("approve_revision", "Can approve a template that somebody else wrote"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "number"], name="revisions_are_numbered_per_template"
            ),
            models.UniqueConstraint(
                fields=["template"],
                condition=Q(state="approved"),
                name="one_approved_revision_per_template",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("author")),
                name="revision_is_approved_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | Q(approved_by__isnull=False, achievement__isnull=False),
                name="approved_revision_has_approver_and_achievement",
            ),
            models.CheckConstraint(
                condition=Q(status_purpose__in=StatusList.Purpose.values),
                name="revision_is_for_revocation_or_suspension",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved", awarding="automatic") | Q(rule__isnull=False),
                name="what_is_awarded_by_itself_has_a_rule",
            ),
        ]
        triggers = approved_revisions_do_not_change

    def __str__(self) -> str:
        return f"{self.name} (revision {self.number})"


class RevisionSkill(models.Model):
    """A skill that the credential attests; becomes an Alignment of the Achievement."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="attested")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["revision", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "skill"], name="skill_is_attested_once_per_revision"
            ),
        ]

    def __str__(self) -> str:
        return str(self.skill)
