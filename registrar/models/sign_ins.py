"""SignInAttempt: somebody tries to sign in."""

from django.db import models
from django.db.models.functions import Now


class SignInAttempt(models.Model):
    """An attempt to sign in that has not succeeded; it counts for a quarter of an hour.

    The account is a keyed digest of what was typed: people type passwords into that field too.
    The origin is an address, or a browser in which this person has signed in before.
    """

    account = models.CharField(max_length=64)
    origin = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["at"]
        indexes = [
            models.Index(fields=["account", "at"], name="sign_in_attempts_by_account"),
            models.Index(fields=["origin", "at"], name="sign_in_attempts_by_origin"),
            models.Index(fields=["at"], name="sign_in_attempts_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
