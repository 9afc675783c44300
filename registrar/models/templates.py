"""CredentialTemplate, Revision, RevisionSkill: what we are willing to say, versioned."""

import uuid
from calendar import monthrange
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from issuer.models import Achievement, StatusList
from issuer.models.changes import dated, last_change
from registrar.models.people import OrganizationUnit
from registrar.models.triggers import approved_revisions_do_not_change
from skills.models import Skill


class CredentialTemplateQuerySet(models.QuerySet["CredentialTemplate"]):
    """Ways to ask for templates."""

    def named(self) -> "CredentialTemplateQuerySet":
        """With what it takes to name them all at once."""
        return self.prefetch_related(names_of_templates())


class CredentialTemplate(models.Model):
    """A kind of credential that the institution issues. What it says stands in its revisions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=100, unique=True)
    unit = models.ForeignKey(OrganizationUnit, models.PROTECT, related_name="templates")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = last_change()

    objects = CredentialTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        indexes = [models.Index(fields=["updated_at", "id"], name="templates_by_change")]
        triggers = [dated("template")]

    def __str__(self) -> str:
        return self.slug

    @property
    def name(self) -> str:
        """What its credentials are called: by the approved revision, else by the newest."""
        revisions = list(self.revisions.all())
        approved = [each for each in revisions if each.state == Revision.State.APPROVED]
        newest = max(approved or revisions, key=lambda each: each.number, default=None)
        return newest.name if newest else self.slug


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

    class Kind(models.TextChoices):
        DEGREE = "degree"
        DIPLOMA = "diploma"
        CERTIFICATE = "certificate"
        MICRO_CREDENTIAL = "micro-credential", "Micro-credential"
        COURSE = "course", "Course completion"
        CO_CURRICULAR = "co-curricular", "Co-curricular activity"
        COMPETENCY = "competency"
        MEMBERSHIP = "membership"
        LICENCE_PREPARATION = "licence-preparation", "Preparation for a licence"
        HONOUR = "honour", "Prize or honour"

    class Credit(models.TextChoices):
        CREDIT = "credit", "For credit"
        NON_CREDIT = "non-credit", "Without credit"
        BOTH = "both", "With or without credit"

    class Assessment(models.TextChoices):
        EXAMINATION = "examination"
        COURSEWORK = "coursework"
        MIXED = "mixed", "Coursework and examination"
        PROJECT = "project", "Project or thesis"
        PORTFOLIO = "portfolio"
        PRACTICAL = "practical", "Practical work that is watched"
        CONFIRMED = "confirmed", "Confirmation by somebody responsible"
        FINAL_RESULT = "final-result", "All that counts towards the course's final result"
        PARTS = "parts", "The assessments of the credentials that it is made of"
        ATTENDANCE = "attendance", "Attendance; nothing is assessed"

    class Evidence(models.TextChoices):
        NONE = "none", "No evidence stands in it"
        OPTIONAL = "optional", "Evidence may stand in it"
        REQUIRED = "required", "Evidence stands in each"

    template = models.ForeignKey(CredentialTemplate, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    name = models.CharField(max_length=300)
    description = models.TextField()
    criteria = models.TextField(help_text="What one has to do to earn it; Markdown")
    kind = models.CharField(max_length=20, choices=Kind, blank=True)
    achievement_type = models.CharField("Open Badges type", max_length=60, default="Course")
    human_code = models.CharField("course or catalogue code", max_length=100, blank=True)
    language = models.CharField(max_length=20, default="en")
    credit = models.CharField(max_length=10, choices=Credit, blank=True)
    credits = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    credit_unit = models.CharField("unit of credit", max_length=60, blank=True)
    level = models.CharField(max_length=100, blank=True)
    hours = models.DecimalField(
        "hours of work", max_digits=7, decimal_places=1, null=True, blank=True
    )
    assessment = models.CharField(max_length=20, choices=Assessment, blank=True)
    is_supervised = models.BooleanField("assessed under supervision", null=True)
    identity_checked = models.BooleanField("identity checked", null=True)
    evidence_rule = models.CharField(
        "evidence", max_length=10, choices=Evidence, default=Evidence.NONE
    )
    valid_for = models.PositiveSmallIntegerField("valid for months", null=True, blank=True)
    renewal = models.CharField(max_length=500, blank=True)
    not_stated_because = models.CharField("why it does not say so", max_length=500, blank=True)
    note = models.TextField("why it is so", blank=True, help_text="For colleagues; not published")
    image_alternative = models.CharField("what the image shows", max_length=300, blank=True)
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
    pilot_unit = models.ForeignKey(
        OrganizationUnit,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="pilot in",
        help_text="Only there it is awarded, as a pilot",
    )
    rule = models.JSONField(null=True, blank=True)
    awarding = models.CharField(
        "how it is awarded", max_length=9, choices=Awarding, default=Awarding.HAND
    )
    tells_learners = models.BooleanField(
        "learners are told by mail",
        default=False,
        help_text="Each when the credential can be opened; whoever prepares a batch may differ",
    )
    skills = models.ManyToManyField(Skill, through="RevisionSkill", related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    client = models.CharField(
        max_length=200, blank=True, db_default="", help_text="API client that began it"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    approved_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    achievement = models.OneToOneField(Achievement, models.PROTECT, related_name="+", null=True)
    updated_at = last_change()

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
                condition=Q(valid_for__isnull=True) | Q(valid_for__gt=0),
                name="revision_is_valid_for_a_month_or_more",
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
        triggers = [*approved_revisions_do_not_change, dated("revision")]
        indexes = [models.Index(fields=["updated_at", "id"], name="revisions_by_change")]

    def __str__(self) -> str:
        return f"{self.name} (revision {self.number})"

    def last_day(self, awarded_on: date) -> date | None:
        """Until when an award of that day holds: that day of the month, or the month's last."""
        if self.valid_for is None:
            return None
        years, month = divmod(awarded_on.month - 1 + self.valid_for, 12)
        year = awarded_on.year + years
        day = min(awarded_on.day, monthrange(year, month + 1)[1])
        return date(year, month + 1, day)

    @property
    def written_by(self) -> str:
        """Who began it: a person, or a system by its name."""
        return self.client or self.author.get_full_name() or self.author.username


def names_of_templates(path: str = "") -> models.Prefetch:
    """What one query has to fetch, so that templates at this path (`template__`) have names."""
    light = Revision.objects.only("template", "number", "state", "name").order_by("number")
    return models.Prefetch(f"{path}revisions", light)


class RevisionSkill(models.Model):
    """A skill that the credential attests, and how far; becomes an Alignment of the Achievement."""

    class Level(models.TextChoices):
        INTRODUCTORY = "introductory"
        INTERMEDIATE = "intermediate"
        ADVANCED = "advanced"
        EXPERT = "expert"

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="attested")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    level = models.CharField(max_length=12, choices=Level, blank=True)

    class Meta:
        ordering = ["revision", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "skill"], name="skill_is_attested_once_per_revision"
            ),
        ]

    def __str__(self) -> str:
        level = f" ({self.get_level_display().lower()})" if self.level else ""
        return f"{self.skill}{level}"
