"""QueueCount: how much waits in the queue of a revision's awards, as it was last counted."""

from django.db import models

from registrar.models.templates import Revision


class QueueCount(models.Model):
    """What is to be decided on of a revision's awards; to count it takes seconds, so it is kept.

    `counted_at` is empty where somebody has decided since. What awards by itself waits for nobody,
    so that only whom to award again and whom to withdraw is counted there.
    """

    revision = models.OneToOneField(
        Revision, models.CASCADE, primary_key=True, related_name="queue_count"
    )
    waiting = models.PositiveIntegerField()
    since = models.DateTimeField(null=True, help_text="Since when somebody waits")
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(waiting=0, since__isnull=True)
                | models.Q(waiting__gt=0, since__isnull=False),
                name="who_waits_in_a_queue_waits_since_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision_id}: {self.waiting}"
