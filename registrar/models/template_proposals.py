"""TemplateProposal: what somebody who may not draft asks to be changed in a template."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from registrar.models.templates import CredentialTemplate, Revision
from registrar.models.triggers import template_proposals_are_decided_once


class TemplateProposal(models.Model):
    """Other words for a template and why: waits until somebody takes them up or declines.

    Empty words leave what the template says. Taken up, it became a draft, `revision`.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        TAKEN_UP = "taken-up", "Taken up"
        DECLINED = "declined"

    template = models.ForeignKey(CredentialTemplate, models.PROTECT, related_name="proposals")
    description = models.TextField(blank=True)
    criteria = models.TextField(blank=True)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="proposals", null=True)

    class Meta:
        ordering = ["-at"]
        permissions = [("propose_revision", "Can propose a change of a template")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(decided_by__isnull=False),
                name="decided_template_proposal_has_somebody_who_decided",
            ),
        ]
        triggers = template_proposals_are_decided_once

    def __str__(self) -> str:
        return f"For {self.template.name}"
