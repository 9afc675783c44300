"""SkillTag: an outcome teaches or assesses a skill. What bears it out, and how it was found."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from issuer.models.changes import dated, last_change
from registrar.models import spans, triggers
from registrar.models.mappings import Mapping
from registrar.models.outcomes import LearningOutcome
from registrar.models.results import LineItem
from registrar.models.spans import Moment, ends_after_it_began, held_on
from skills.models import Skill


class SkillTagQuerySet(models.QuerySet["SkillTag"]):
    """Ways to ask for tags."""

    def as_of(self, moment: Moment) -> "SkillTagQuerySet":
        """The accepted ones that held then, of outcomes that held then."""
        return self.filter(
            held_on(moment), held_on(moment, prefix="outcome__"), state=SkillTag.State.ACCEPTED
        )

    def proposed(self) -> "SkillTagQuerySet":
        """Those that wait for review, or still for being submitted."""
        return self.filter(state=SkillTag.State.PROPOSED)


class SkillTag(models.Model):
    """A link from an outcome to a skill, under review; becomes an Open Badges Alignment.

    It is proposed for a term, from whose first day it holds once it is accepted; what held before
    is not touched. It is ended once, and another emphasis or level is another row. `for_person`
    is the colleague for whom an advocate proposed it, and who confirms it. `ending` is the
    mapping that asks to end an accepted tag, `ending_asked_by` who wanted that.
    """

    class Emphasis(models.TextChoices):
        TAUGHT = "taught"
        PRACTISED = "practised"
        ASSESSED = "assessed"

    class State(models.TextChoices):
        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    outcome = models.ForeignKey(LearningOutcome, models.PROTECT, related_name="tags")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    emphasis = models.CharField(max_length=10, choices=Emphasis)
    level = models.CharField(max_length=100, blank=True, help_text="How far, in few words")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    mapping = models.ForeignKey(Mapping, models.PROTECT, related_name="tags", null=True)
    holds_from = models.DateField(null=True)
    holds_until = models.DateField(null=True)
    ending = models.ForeignKey(Mapping, models.PROTECT, related_name="endings", null=True)
    ending_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    for_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    confirmed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    reviewed_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True)
    updated_at = last_change()

    objects = SkillTagQuerySet.as_manager()

    class Meta:
        ordering = ["outcome", "id"]
        permissions = [
            ("propose_skilltag", "Can propose a skill for an outcome"),
            ("propose_for_colleague", "Can propose a skill for a colleague, who confirms it"),
            ("review_skilltag", "Can accept or reject a proposed skill"),
            ("view_coverage", "Can see which skills courses and activities cover"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["outcome", "skill"],
                condition=Q(state="proposed"),
                name="skill_is_proposed_once_per_outcome",
            ),
            ExclusionConstraint(
                name="accepted_tags_do_not_overlap",
                expressions=[
                    ("outcome", RangeOperators.EQUAL),
                    ("skill", RangeOperators.EQUAL),
                    (spans.span(), RangeOperators.OVERLAPS),
                ],
                condition=Q(state="accepted"),
            ),
            models.CheckConstraint(condition=ends_after_it_began(), name="tag_ends_after_it_began"),
            models.CheckConstraint(
                condition=Q(state="accepted") | Q(holds_until=None, ending=None),
                name="only_accepted_tags_are_ended",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("proposed_by")),
                name="tag_is_reviewed_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True)
                | Q(for_person__isnull=True)
                | ~Q(reviewed_by=F("for_person")),
                name="tag_is_reviewed_by_nobody_it_was_proposed_for",
            ),
            models.CheckConstraint(
                condition=Q(for_person__isnull=True) | ~Q(for_person=F("proposed_by")),
                name="tag_is_proposed_for_somebody_else",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted")
                | Q(for_person__isnull=True)
                | Q(confirmed_at__isnull=False),
                name="accepted_tag_was_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "withdrawn"], reviewed_by__isnull=True)
                | Q(state__in=["accepted", "rejected"], reviewed_by__isnull=False),
                name="tag_beyond_proposed_has_been_reviewed",
            ),
        ]
        triggers = [*triggers.tags_do_not_change_once_reviewed, dated("tag")]
        indexes = [models.Index(fields=["updated_at", "id"], name="tags_by_change")]

    def __str__(self) -> str:
        return f"{self.outcome.code} {self.emphasis} {self.skill}"

    @property
    def never_held(self) -> bool:
        """Whether it was replaced before its term, or within it."""
        return spans.never_held(self.holds_from, self.holds_until)

    @property
    def waits_for_colleague(self) -> bool:
        """Whether somebody proposed it for a colleague who has not confirmed it yet."""
        is_proposed = self.state == self.State.PROPOSED
        return is_proposed and self.for_person_id is not None and self.confirmed_at is None


class TagEvidence(models.Model):
    """What bears a tag out: a piece of work, the row of a rubric, its share of the grade.

    The title stands for itself, so that it can be carried to a term whose line items are others.
    """

    tag = models.ForeignKey(SkillTag, models.PROTECT, related_name="evidence")
    title = models.CharField(max_length=300)
    line_item = models.ForeignKey(LineItem, models.PROTECT, related_name="+", null=True)
    rubric_row = models.CharField(max_length=300, blank=True)
    share = models.DecimalField(
        "share of the grade, in percent", max_digits=5, decimal_places=2, null=True
    )

    class Meta:
        ordering = ["tag", "id"]
        verbose_name_plural = "tag evidence"
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="tag_evidence_has_a_title"),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__gt=0, share__lte=100),
                name="share_of_the_grade_is_a_percentage",
            ),
        ]
        triggers = triggers.evidence_of_reviewed_tags_does_not_change

    def __str__(self) -> str:
        return self.title if self.share is None else f"{self.title}, {self.share.normalize():f} %"


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
