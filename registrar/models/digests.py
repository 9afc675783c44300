"""Digest: that a week's mails to faculty and chairs were written. DigestChoice: who wants them."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Digest(models.Model):
    """The mails of one week were written, to so many people. There is one a week at most."""

    week = models.CharField(max_length=8, unique=True, help_text="ISO 8601, for example 2026-W47")
    written_at = models.DateTimeField(db_default=Now(), editable=False)
    mails = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-written_at"]

    def __str__(self) -> str:
        return self.week


class DigestChoice(models.Model):
    """Whether somebody wants the weekly mail; who has not chosen gets it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="digest_choice"
    )
    wants_it = models.BooleanField()
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.user}: {'yes' if self.wants_it else 'no'}"
