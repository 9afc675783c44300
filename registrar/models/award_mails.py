"""Which learners are told by mail of an award or its withdrawal, and who was."""

from django.db import models

from issuer.models import Batch, Mail
from issuer.models.append_only import append_only
from registrar.models.awards import Award


class Announcement(models.Model):
    """The learners of a batch are told by mail where their credentials are, each once."""

    batch = models.OneToOneField(
        Batch, models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True, help_text="When every mail of it was written")

    class Meta:
        ordering = ["asked_at"]
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=models.Q(told_at__isnull=True),
                name="announcements_that_wait",
            ),
        ]

    def __str__(self) -> str:
        return str(self.batch_id)


class AwardMail(models.Model):
    """The mail to the learner of an award; none where the address is no address."""

    award = models.OneToOneField(Award, models.PROTECT, primary_key=True, related_name="announced")
    mail = models.OneToOneField(
        Mail, models.PROTECT, null=True, related_name="+", db_constraint=False
    )

    class Meta:
        triggers = append_only(because="award_mail")

    def __str__(self) -> str:
        return str(self.award_id)


class Withdrawal(models.Model):
    """The learners of a batch that was revoked as a whole are told by mail why, each once.

    Whose credential was revoked before, and not at this moment, is not among them.
    """

    batch = models.OneToOneField(
        Batch, models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    reason = models.TextField()
    revoked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, help_text="When every mail of it was written")

    class Meta:
        ordering = ["revoked_at"]
        indexes = [
            models.Index(
                fields=["revoked_at"],
                condition=models.Q(told_at__isnull=True),
                name="withdrawals_that_wait",
            ),
        ]

    def __str__(self) -> str:
        return str(self.batch_id)


class WithdrawalMail(models.Model):
    """The mail to a learner about a withdrawal; none where the address is no address."""

    award = models.OneToOneField(
        Award, models.PROTECT, primary_key=True, related_name="withdrawal_mail"
    )
    mail = models.OneToOneField(
        Mail, models.PROTECT, null=True, related_name="+", db_constraint=False
    )

    class Meta:
        triggers = append_only(because="withdrawal_mail")

    def __str__(self) -> str:
        return str(self.award_id)
