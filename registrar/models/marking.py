"""MarkingPolicy: who sees how learners were marked."""

from django.db import models

from issuer.models.append_only import append_only
from registrar.models.policies import Policy


class MarkingPolicy(Policy):
    """The college's word on who sees marks at /teach/; the newest row holds.

    Without one it is whoever teaches the offering.
    """

    class SeenBy(models.TextChoices):
        OFFERING = "offering", "Whoever teaches the offering"
        COURSE = "course", "Whoever teaches the course, in any term"

    seen_by = models.CharField(
        "who sees marks", max_length=10, choices=SeenBy, default=SeenBy.OFFERING
    )

    class Meta(Policy.Meta):
        verbose_name_plural = "marking policies"
        triggers = append_only(because="marking_policy")

    def __str__(self) -> str:
        return self.get_seen_by_display()
