"""Learners at the door: who they are in tokens, how they sign in, what they keep and say here."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from oauth2_provider.models import Application

from registrar.models.learners import Learner


class LearnerAccount(models.Model):
    """A learner as tokens know them. The user cannot sign in: it only stands in tokens.

    It is another one each time that the learner's access was ended, and a former one is nobody.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    learner = models.OneToOneField(Learner, models.PROTECT, related_name="account")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="learner_account"
    )
    # What learners say of themselves, beside what the record says.
    stated = models.JSONField(default=dict, help_text="Members of an Open Badges Profile")

    def __str__(self) -> str:
        return str(self.id)


class SignInLink(models.Model):
    """A learner may sign in by the link that was mailed to them, once and for a short while."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey(Learner, models.CASCADE, related_name="+")
    access_number = models.PositiveIntegerField(
        db_default=0, help_text="The learner's when it was made: it opens nothing at another"
    )
    leads_to = models.CharField(max_length=2000, help_text="The path to go on to")
    made_at = models.DateTimeField(auto_now_add=True, db_index=True)
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class LearnerApp(models.Model):
    """An application that learners may let at their credentials, as it described itself.

    Anybody may register one (RFC 7591): nothing of what it says was checked.
    """

    application = models.OneToOneField(
        Application, models.CASCADE, primary_key=True, related_name="described"
    )
    client_uri = models.URLField(max_length=500)
    logo_uri = models.URLField(max_length=500)
    tos_uri = models.URLField(max_length=500)
    policy_uri = models.URLField(max_length=500)
    software_id = models.CharField(max_length=200)
    software_version = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.client_uri


class HostedCredential(models.Model):
    """Somebody else's credential that a learner keeps here: verified by us, not issued by us."""

    class Kind(models.TextChoices):
        BADGE = "badge"
        RECORD = "record"

    learner = models.ForeignKey(Learner, models.PROTECT, related_name="hosted_credentials")
    kind = models.CharField(max_length=6, choices=Kind)
    name = models.CharField(max_length=300, blank=True)
    document_id = models.CharField(max_length=500)
    issuer_id = models.CharField(max_length=500)
    text = models.TextField(help_text="As it was sent: JSON, or a token")
    is_token = models.BooleanField(default=False)
    is_about_learner = models.BooleanField(
        help_text="Whether it states the learner's e-mail address or number, and not only an id"
    )
    valid_from = models.DateTimeField(null=True)
    brought_by = models.ForeignKey(Application, models.SET_NULL, null=True, related_name="+")
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "issuer_id", "document_id"],
                name="credential_is_hosted_once_a_learner",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="hosted_credential_has_a_text"),
        ]
        indexes = [
            models.Index(fields=["learner", "kind", "received_at"], name="hosted_by_learner"),
        ]

    def __str__(self) -> str:
        return self.document_id
