"""Award: the institution's decision."""

import uuid
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from issuer.models import Batch, Credential
from issuer.models.append_only import append_only
from issuer.models.batches import failed_row
from registrar.models.catalog import Offering
from registrar.models.learners import Learner
from registrar.models.templates import CredentialTemplate, Revision

# States in which no credential is in force nor will be, so that one may award again.
OVER: Final = (
    Batch.State.DECLINED,
    Credential.State.FAILED,
    Credential.State.EXPIRED,
    Credential.State.REVOKED,
)


class _Chain(Func):
    """The keys of a chain in one direction, followed from the award with this key."""

    template = """(
        WITH RECURSIVE chain(id) AS (
            SELECT award.%(to)s FROM registrar_award AS award WHERE award.%(of)s = %(expressions)s
            UNION ALL
            SELECT award.%(to)s FROM chain JOIN registrar_award AS award ON award.%(of)s = chain.id
        )
        SELECT id FROM chain
    )"""
    output_field = models.BigAutoField()


class AwardQuerySet(models.QuerySet["Award"]):
    """Ways to ask for awards.

    Awards that follow each other, each in the place of the one before, are a chain. One that was
    declined stays in it and took nobody's place.
    """

    def after(self, award: "int | OuterRef") -> "AwardQuerySet":
        """Those that follow the award with this key in its chain, the next first."""
        return self.filter(pk__in=_Chain(award, of="replaces_id", to="id")).order_by("pk")

    def before(self, award: "int | OuterRef") -> "AwardQuerySet":
        """Those that the award with this key follows in its chain, the last first."""
        return self.filter(pk__in=_Chain(award, of="id", to="replaces_id")).order_by("-pk")

    def not_declined(self) -> "AwardQuerySet":
        """Those that count as awarded, or will when their batch is approved."""
        return self.exclude(batch__state=Batch.State.DECLINED)

    def unreplaced(self) -> "AwardQuerySet":
        """Those of which no other has taken the place."""
        newer = Award.objects.not_declined().after(OuterRef("pk"))
        return self.filter(Q(replaced_by=None) | ~Exists(newer))

    def standing(self) -> "AwardQuerySet":
        """Of each chain the award that counts, if not all were declined.

        It is the newest that is in force or about to be issued, so that one counts again whose
        renewal was withdrawn or could not be issued; if there is none, the newest.
        """
        alone = Q(replaces=None, replaced_by=None)
        newer = Award.objects.not_declined().after(OuterRef("pk"))
        older = Award.objects.before(OuterRef("pk"))
        is_replaced = Exists(newer.with_state().exclude(state__in=OVER))
        is_outlived = Exists(older.with_state().exclude(state__in=OVER))
        is_live = ~Q(state__in=OVER)
        is_last = ~Exists(newer) & ~is_outlived
        counting = self.not_declined().alias(state=_state())
        return counting.filter(alone | ~is_replaced & (is_live | is_last))

    def with_neighbours(self) -> "models.QuerySet[Any]":
        """Each with the keys of the `former` whose place it took, and of the `newer` that took its.

        Null where there is none.
        """
        counting = Award.objects.not_declined()
        former, newer = counting.before(OuterRef("pk")), counting.after(OuterRef("pk"))
        return self.annotate(
            former=Subquery(former.values("pk")[:1]), newer=Subquery(newer.values("pk")[:1])
        )

    def with_end(self) -> "models.QuerySet[Any]":
        """Each with the key of the last `end` of its chain, declined or not: itself if alone."""
        later = Award.objects.after(OuterRef("pk")).order_by("-pk")
        return self.annotate(end=Coalesce(Subquery(later.values("pk")[:1]), F("pk")))

    def with_state(self) -> "models.QuerySet[Any]":
        """Each with its `state`: prepared, declined, then that of its credential.

        Until the credential is frozen it is requested, or failed where its row was set apart.
        """
        return self.annotate(state=_state())


def _state() -> Case:
    undecided = Q(batch__state__in=[Batch.State.PREPARED, Batch.State.DECLINED])
    credential = Credential.objects.with_state().filter(pk=OuterRef("credential_id"))
    state = Credential.State
    before = Case(When(failed_row(), then=Value(state.FAILED)), default=Value(state.REQUESTED))
    return Case(
        When(undecided, then=F("batch__state")),
        default=Coalesce(Subquery(credential.values("state")), before),
        output_field=models.CharField(),
    )


class Award(models.Model):
    """A learner is awarded a credential, for these reasons, as this revision words it.

    The same template is awarded once per learner and occasion; to award again after a revocation,
    or to renew, is an act of its own and makes the next generation. An award never changes. Its
    credential's id is drawn here; the credential itself exists from the moment the batch is
    approved.
    """

    class Renewal(models.TextChoices):
        RULE = "rule", "Earned again by the rule"
        HAND = "hand", "Renewed by hand"

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="awards")
    template = models.ForeignKey(CredentialTemplate, models.PROTECT, related_name="awards")
    learner = models.ForeignKey(Learner, models.PROTECT, related_name="awards")
    occasion = models.CharField(
        max_length=300,
        blank=True,
        help_text="What makes it a different award of the same kind, e.g. the offering",
    )
    offering = models.ForeignKey(Offering, models.PROTECT, null=True, related_name="+")
    generation = models.PositiveSmallIntegerField(default=1)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    renewal = models.CharField(
        max_length=4,
        choices=Renewal,
        blank=True,
        help_text="The one that it follows holds until its end",
    )
    awarded_on = models.DateField()
    valid_until = models.DateField(null=True, help_text="The last day on which it is valid")
    evidence = models.JSONField(
        default=list, help_text="What bears it out, in the credential: `id` and `narrative`"
    )
    results = models.JSONField(
        default=list, help_text="Results that the credential carries: description id and value"
    )
    reasons = models.JSONField(default=list, help_text="One line per condition of the rule")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(auto_now_add=True)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    credential = models.OneToOneField(
        Credential, models.DO_NOTHING, related_name="+", db_constraint=False, default=uuid.uuid4
    )

    objects = AwardQuerySet.as_manager()

    class Meta:
        ordering = ["batch", "position"]
        permissions = [("evaluate_award", "Can evaluate award rules")]
        indexes = [
            models.Index(fields=["-decided_at", "position"], name="awards_newest_first"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "learner", "occasion", "generation"],
                name="award_is_made_once_per_learner_and_occasion",
            ),
            models.UniqueConstraint(
                fields=["batch", "position"], name="one_award_per_position_of_a_batch"
            ),
            models.CheckConstraint(
                condition=Q(renewal="") | Q(renewal__in=["rule", "hand"], replaces__isnull=False),
                name="renewal_follows_another_award",
            ),
        ]
        triggers = append_only(because="award")

    def __str__(self) -> str:
        return f"{self.template_id} to {self.learner_id}"
