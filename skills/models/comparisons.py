"""Comparison: which skills of two frameworks read alike, found once and shown until asked anew."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from skills.models.frameworks import Framework


class Comparison(models.Model):
    """Two frameworks whose skills are compared by their texts; it waits until `compared_at`.

    `pairs` are the best of them, the likest first: the keys of both skills, how like they are
    (from 0 to 1) and the words in common. They are nobody's saying before somebody proposes them.
    """

    left = models.ForeignKey(Framework, models.CASCADE, related_name="+")
    right = models.ForeignKey(Framework, models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    asked_at = models.DateTimeField()
    compared_at = models.DateTimeField(null=True)
    pairs = models.JSONField(default=list)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["left", "right"], name="two_frameworks_are_compared_once"
            ),
            models.CheckConstraint(
                condition=~Q(left=F("right")), name="comparison_is_of_two_frameworks"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.left} / {self.right}"
