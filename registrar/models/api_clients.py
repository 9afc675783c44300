"""ApiClient and how it proves who it is: its secret, the one before, its keys, what it signed."""

from django.db import models
from oauth2_provider.models import AccessToken, Application


class ApiClient(models.Model):
    """The scopes that an operator granted to a system when adding it; it can ask for no other.

    Its secret, or the digest of it, is the application's. It may sign with keys instead
    (`private_key_jwt`): with those in `jwks`, or with those that it serves at `jwks_uri`, of
    which the last ones that were fetched are kept for a while.
    """

    application = models.OneToOneField(
        Application, models.CASCADE, primary_key=True, related_name="granted"
    )
    scopes = models.TextField(help_text="Separated by spaces, as in a token")
    sources = models.TextField(
        blank=True,
        db_default="",
        help_text="As which systems it may send rows, one a line; empty: as any",
    )
    secret_ends_at = models.DateTimeField(null=True)
    jwks = models.JSONField(null=True, help_text="Public keys as a JWK Set")
    jwks_uri = models.URLField(max_length=500, blank=True)
    keys_end_at = models.DateTimeField(null=True)
    fetched_jwks = models.JSONField(null=True, editable=False)
    fetched_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API client"

    def __str__(self) -> str:
        return str(self.application_id)


class FormerSecret(models.Model):
    """The secret that a client had before; it opens beside the new one until it ends."""

    client = models.OneToOneField(
        ApiClient, models.CASCADE, primary_key=True, related_name="former_secret"
    )
    digest = models.CharField(max_length=255)
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.client_id)


class TokenProof(models.Model):
    """By what a token was got: when that is ended at once, the token ends with it."""

    token = models.OneToOneField(
        AccessToken, models.CASCADE, primary_key=True, related_name="proof"
    )
    proof = models.CharField(
        max_length=255, help_text="The digest of the secret, or `key:` and the key's thumbprint"
    )

    def __str__(self) -> str:
        return str(self.pk)


class UsedAssertion(models.Model):
    """A client has shown what it signed; until that ends, it is not taken a second time."""

    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="+")
    jti_digest = models.CharField(max_length=64, help_text="SHA-256 of its `jti`")
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "jti_digest"], name="assertion_is_used_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ExpiryWarning(models.Model):
    """Those who can act were told, so many days before, that something ends at this moment."""

    subject = models.CharField(max_length=200, help_text="What ends, as the ledger names it")
    ends_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "ends_at", "days"], name="warning_is_given_once_a_stage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}, {self.days} days before"
