"""Award: the institution's decision."""

import uuid

from django.conf import settings
from django.db import models

from issuer.models import Batch, Credential
from issuer.models.append_only import append_only
from registrar.models.catalog import Offering
from registrar.models.learners import Learner
from registrar.models.templates import CredentialTemplate, Revision


class Award(models.Model):
    """A learner is awarded a credential, for these reasons, as this revision words it.

    The same template is awarded once per learner and occasion; to award again after a revocation
    is an act of its own and makes the next generation. An award never changes. Its credential's
    id is drawn here; the credential itself exists from the moment the batch is approved.
    """

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
    awarded_on = models.DateField()
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

    class Meta:
        ordering = ["batch", "position"]
        permissions = [("evaluate_award", "Can evaluate award rules")]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "learner", "occasion", "generation"],
                name="award_is_made_once_per_learner_and_occasion",
            ),
            models.UniqueConstraint(
                fields=["batch", "position"], name="one_award_per_position_of_a_batch"
            ),
        ]
        triggers = append_only(because="award")

    def __str__(self) -> str:
        return f"{self.template_id} to {self.learner_id}"
