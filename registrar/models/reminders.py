"""ReminderPolicy, Reminder: when learners are told that a credential ends, and who was."""

from django.db import models

from issuer.models import Mail
from issuer.models.append_only import append_only
from registrar.models.awards import Award
from registrar.models.policies import Policy


def usual_stages() -> list[int]:
    """So many days before the end, unless the college settles otherwise."""
    return [90, 30, 7]


class ReminderPolicy(Policy):
    """The college's word on reminders; the newest row holds."""

    stages = models.JSONField("days before the end", default=usual_stages)
    tells_learners = models.BooleanField("learners are reminded by mail", default=True)

    class Meta(Policy.Meta):
        verbose_name_plural = "reminder policies"
        triggers = append_only(because="reminder_policy")

    def __str__(self) -> str:
        return ", ".join(map(str, self.stages))


class Reminder(models.Model):
    """A learner is reminded so many days before their credential ends: each stage once.

    There is no mail where the address is none.
    """

    award = models.ForeignKey(Award, models.PROTECT, related_name="reminders")
    days = models.PositiveSmallIntegerField(help_text="The stage that was reached")
    mail = models.OneToOneField(
        Mail, models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["award", "days"], name="learner_is_reminded_once_per_stage"
            ),
        ]
        triggers = append_only(because="reminder")

    def __str__(self) -> str:
        return f"{self.award_id}: {self.days}"
