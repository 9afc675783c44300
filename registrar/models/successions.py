"""Succession: which credential is superseded as soon as that of another award is signed."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from registrar.models.awards import Award


class Succession(models.Model):
    """The credential of an award takes the place of that of a former one, once it is signed.

    It is decided with the award, and carried out by a worker: until the new credential is there
    the former one holds.
    """

    award = models.OneToOneField(Award, models.PROTECT, primary_key=True, related_name="succession")
    former = models.ForeignKey(Award, models.PROTECT, related_name="+")
    leads_on = models.BooleanField(help_text="The old address leads on to the new credential")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(
        null=True, help_text="When it was superseded, or found to be withdrawn already"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["award"],
                condition=Q(settled_at__isnull=True),
                name="successions_that_wait",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.award_id} after {self.former_id}"
