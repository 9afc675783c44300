"""Framework, Skill, Association, FrameworkImport."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Framework(models.Model):
    """A published set of skills (CASE CFDocument)."""

    identifier = models.CharField(max_length=200, unique=True, help_text="As its publisher gave it")
    uri = models.CharField("URI", max_length=1000)
    title = models.CharField(max_length=500)
    creator = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    version = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=20, blank=True)
    changed_on_source = models.DateTimeField("last change at its source", null=True)
    is_own = models.BooleanField("our own", default=False, help_text="Shown first when choosing")

    class Meta:
        ordering = ["-is_own", "title"]

    def __str__(self) -> str:
        return self.title


class SkillQuerySet(models.QuerySet["Skill"]):
    """Ways to ask for skills."""

    def current(self) -> "SkillQuerySet":
        """Those that may still be chosen: not retired, and not a mere heading."""
        return self.filter(retired_at=None).exclude(kind=Skill.Kind.CATEGORY)

    def matching(self, text: str) -> "SkillQuerySet":
        """Those whose code, label or statement contain every word of `text`."""
        if "\0" in text:  # PostgreSQL takes it in no text, so no skill contains it
            return self.none()
        found = self
        for word in text.split():
            found = found.filter(
                Q(code__icontains=word) | Q(label__icontains=word) | Q(statement__icontains=word)
            )
        return found


class Skill(models.Model):
    """One discrete thing that one can show, of whatever kind (CASE CFItem, CTDL Competency).

    Never deleted: what a newer edition of its framework leaves out is retired.
    """

    class Kind(models.TextChoices):
        COMPETENCY = "competency"
        SKILL = "skill"
        KNOWLEDGE = "knowledge"
        ABILITY = "ability"
        CATEGORY = "category"
        OTHER = "other"

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="skills")
    identifier = models.CharField(max_length=200)
    uri = models.CharField("URI", max_length=1000)
    code = models.CharField(max_length=200, blank=True)
    label = models.CharField("short label", max_length=500, blank=True)
    statement = models.TextField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OTHER)
    kind_at_source = models.CharField(max_length=200, blank=True)
    keywords = models.JSONField(default=list)
    changed_on_source = models.DateTimeField("last change at its source", null=True)
    retired_at = models.DateTimeField(null=True)

    objects = SkillQuerySet.as_manager()

    class Meta:
        ordering = ["framework", "code", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "identifier"], name="skill_is_once_in_its_framework"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".strip()

    @property
    def name(self) -> str:
        """The short label, or the statement where there is none."""
        return self.label or self.statement


class Association(models.Model):
    """A directed link between two skills or a skill and its framework (CASE CFAssociation).

    Origin *is child of*, *replaced by*, ... destination. Either end may lie outside of what we
    hold; then only its URI is known.
    """

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="associations")
    identifier = models.CharField(max_length=200)
    kind = models.CharField(max_length=100, help_text="associationType, e.g. isChildOf")
    origin = models.ForeignKey(Skill, models.PROTECT, related_name="outgoing", null=True)
    origin_uri = models.CharField(max_length=1000)
    destination = models.ForeignKey(Skill, models.PROTECT, related_name="incoming", null=True)
    destination_uri = models.CharField(max_length=1000)
    sequence = models.IntegerField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["framework", "sequence", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "identifier"], name="association_is_once_in_its_framework"
            ),
            models.CheckConstraint(
                condition=Q(origin__isnull=True) | ~Q(origin=F("destination")),
                name="association_joins_two_things",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin_uri} {self.kind} {self.destination_uri}"


class FrameworkImport(models.Model):
    """One import: who, from where, and what it changed, item by item with old and new wording."""

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="imports")
    source = models.CharField(max_length=1000, help_text="File name or address")
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)
    new = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    retired = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    differences = models.JSONField(default=list)

    class Meta:
        ordering = ["-at"]
        permissions = [("import_framework", "Can import frameworks")]

    def __str__(self) -> str:
        return f"{self.framework} {self.at:%Y-%m-%d}"
