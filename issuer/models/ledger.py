"""LedgerEntry: who did what, when and why; append-only and hash-linked. LedgerCheck: is it so."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from issuer.models.append_only import append_only


class LedgerEntry(models.Model):
    """One act. `hash` covers the entry and the hash before it, so that a change anywhere shows.

    `subject` names the thing acted on as "app.model:id"; `details` hold ids and counts, never
    personal data. `actor` is a user name, an API client's name, or "system".
    """

    sequence = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, db_constraint=False
    )
    act = models.CharField(max_length=60, help_text="For example credential.revoked")
    subject = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["subject", "-sequence"], name="ledger_by_subject"),
            models.Index(fields=["act"], name="ledger_by_act", opclasses=["varchar_pattern_ops"]),
            # By parts of words, as `icontains` asks.
            GinIndex(
                *(
                    OpClass(Upper(name), name="gin_trgm_ops")
                    for name in ("actor", "subject", "reason", "act")
                ),
                name="ledger_by_parts_of_words",
            ),
        ]
        triggers = append_only(because="ledger")

    def __str__(self) -> str:
        return f"{self.sequence} {self.act}"


class LedgerCheck(models.Model):
    """One look at the whole chain, which a worker takes in stretches; what came out is kept.

    The entries up to `checked` were whole, the last of them with `hash`. A later check holds the
    chain against it, so that entries cut off at the end are found too.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        WHOLE = "whole"
        BROKEN = "broken"

    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    checked = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64)
    first_bad = models.PositiveBigIntegerField(null=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="one_ledger_check_runs"
            ),
            models.CheckConstraint(
                condition=Q(state="broken", first_bad__isnull=False)
                | (~Q(state="broken") & Q(first_bad=None)),
                name="broken_ledger_names_an_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.checked} {self.state}"
