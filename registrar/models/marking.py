"""MarkingPolicy: who sees how learners were marked."""

from django.conf import settings
from django.db import models

from issuer.models.append_only import append_only


class MarkingPolicy(models.Model):
    """The college's word on who sees marks at /teach/; the newest row holds.

    Without one it is whoever teaches the offering.
    """

    class SeenBy(models.TextChoices):
        OFFERING = "offering", "Whoever teaches the offering"
        COURSE = "course", "Whoever teaches the course, in any term"

    seen_by = models.CharField(
        "who sees marks", max_length=10, choices=SeenBy, default=SeenBy.OFFERING
    )
    reason = models.TextField(help_text="Why it is so")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "marking policies"
        triggers = append_only(because="marking_policy")

    def __str__(self) -> str:
        return self.get_seen_by_display()
