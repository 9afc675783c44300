"""Term, LearningOpportunity (Course, Activity), Offering: the catalogue."""

from typing import ClassVar
from unicodedata import normalize
from urllib.parse import quote, unquote

from django.conf import settings
from django.db import models
from django.db.models import Q

from issuer.models.changes import dated, last_change
from registrar.models.people import OrganizationUnit

KEY_PREFIX = "sis:"


def named(name: str, *, at: str = "", by: str = "code") -> Q:
    """Find what has this name or key; `at` is the path to it from the table asked.

    A code (of a term, its title) is what people use, and two sources may use the same one; a key
    names one thing only. Both are compared in Unicode's composed form (NFC), as they are kept.
    """
    if name.startswith(KEY_PREFIX):
        source, sourced_id = parted(name)
        return Q(**{f"{at}source": source, f"{at}sourced_id": sourced_id})
    return Q(**{f"{at}{by}": normalize("NFC", name)})


def parted(key: str) -> tuple[str, str]:
    """The source and the sourcedId of a key."""
    source, _, sourced_id = normalize("NFC", key).removeprefix(KEY_PREFIX).partition(":")
    return normalize("NFC", unquote(source)), sourced_id


def key_of(source: str, sourced_id: str) -> str:
    """What names it and nothing else: sis:source:sourcedId; the source is percent-encoded."""
    return f"{KEY_PREFIX}{quote(source, safe='')}:{sourced_id}"


class Term(models.Model):
    """A term, semester or year (OneRoster academic session). Rules name it by title or key."""

    source = models.CharField(max_length=100)
    sourced_id = models.CharField(max_length=255)
    title = models.CharField(max_length=300)
    kind = models.CharField(max_length=30, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    updated_at = last_change()

    class Meta:
        ordering = ["starts_on", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sourced_id"], name="term_is_once_in_its_source"
            ),
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="terms_by_change")]
        triggers = [dated("term")]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """What names it and nothing else: sis:source:sourcedId."""
        return key_of(self.source, self.sourced_id)


class LearningOpportunity(models.Model):
    """A course or a co-curricular activity: both have outcomes, offerings, results and evidence.

    Keyed by (source, sourced_id); `code` is what people call it. Award rules name it either way.
    """

    class Kind(models.TextChoices):
        COURSE = "course"
        ACTIVITY = "activity"

    class Credit(models.TextChoices):
        CREDIT = "credit", "For credit"
        NON_CREDIT = "non-credit", "Non-credit"

    kind = models.CharField(max_length=10, choices=Kind, editable=False)
    source = models.CharField(max_length=100)
    sourced_id = models.CharField(max_length=255)
    code = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    unit = models.ForeignKey(OrganizationUnit, models.PROTECT, related_name="opportunities")
    credit = models.CharField(max_length=10, choices=Credit, blank=True)
    credits = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    hours = models.DecimalField(max_digits=7, decimal_places=1, null=True, blank=True)
    retired_at = models.DateTimeField(null=True, editable=False)
    updated_at = last_change()

    class Meta:
        ordering = ["code"]
        verbose_name = "learning opportunity"
        verbose_name_plural = "learning opportunities"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sourced_id"], name="opportunity_is_once_in_its_source"
            ),
        ]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="opportunities_by_change"),
            models.Index(fields=["code"], name="opportunity_by_code"),
        ]
        triggers = [dated("opportunity")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def key(self) -> str:
        """What names it and nothing else, for award rules and systems: sis:source:sourcedId."""
        return key_of(self.source, self.sourced_id)


class CourseManager(models.Manager["Course"]):
    """Courses only."""

    def get_queryset(self) -> models.QuerySet["Course"]:
        return super().get_queryset().filter(kind=LearningOpportunity.Kind.COURSE)


class Course(LearningOpportunity):
    """A course, for credit or not."""

    objects: ClassVar[CourseManager] = CourseManager()

    class Meta:
        proxy = True


class ActivityManager(models.Manager["Activity"]):
    """Activities only."""

    def get_queryset(self) -> models.QuerySet["Activity"]:
        return super().get_queryset().filter(kind=LearningOpportunity.Kind.ACTIVITY)


class Activity(LearningOpportunity):
    """A co-curricular activity: office in a club, service, internship, campus job, research."""

    objects: ClassVar[ActivityManager] = ActivityManager()

    class Meta:
        proxy = True
        verbose_name_plural = "activities"


class Offering(models.Model):
    """A course or activity as it is held in a term (OneRoster class)."""

    source = models.CharField(max_length=100)
    sourced_id = models.CharField(max_length=255)
    opportunity = models.ForeignKey(LearningOpportunity, models.PROTECT, related_name="offerings")
    title = models.CharField(max_length=300)
    code = models.CharField(max_length=100, blank=True)
    term = models.ForeignKey(Term, models.PROTECT, null=True, related_name="offerings")
    teachers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="offerings", blank=True
    )
    updated_at = last_change()

    class Meta:
        ordering = ["term", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sourced_id"], name="offering_is_once_in_its_source"
            ),
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="offerings_by_change")]
        triggers = [dated("offering")]

    def __str__(self) -> str:
        return self.title
