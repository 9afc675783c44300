"""Award: the institution's decision."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from issuer.models import Batch, Credential
from issuer.models.append_only import append_only
from issuer.models.batches import failed_row
from registrar.models.catalog import Offering
from registrar.models.learners import Learner
from registrar.models.templates import CredentialTemplate, Revision


class AwardQuerySet(models.QuerySet["Award"]):
    """Ways to ask for awards."""

    def with_state(self) -> "models.QuerySet[Any]":
        """Each with its `state`: prepared, declined, then that of its credential.

        Until the credential is frozen it is requested, or failed where its row was set apart.
        """
        credential = Credential.objects.with_state().filter(pk=OuterRef("credential_id"))
        undecided = Q(batch__state__in=[Batch.State.PREPARED, Batch.State.DECLINED])
        state = Credential.State
        before = Case(When(failed_row(), then=Value(state.FAILED)), default=Value(state.REQUESTED))
        return self.annotate(
            state=Case(
                When(undecided, then=F("batch__state")),
                default=Coalesce(Subquery(credential.values("state")), before),
                output_field=models.CharField(),
            )
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
