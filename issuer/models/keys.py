"""SigningKey: the public part, its state, and where the private part is kept."""

from django.db import models


class SigningKey(models.Model):
    """One key of the institution. The private part is in the keystore, never in the database.

    A key is staged (published, not signing yet), active (signs; one at a time), retired (its
    signatures go on verifying) or compromised (they no longer do).
    """

    class State(models.TextChoices):
        STAGED = "staged"
        ACTIVE = "active"
        RETIRED = "retired"
        COMPROMISED = "compromised"

    public_multibase = models.CharField(
        max_length=64, unique=True, help_text="Multikey text of the public key (CID 1.0)"
    )
    did = models.CharField("DID", max_length=255)
    handle = models.CharField(max_length=100, unique=True, help_text="Its name in the keystore")
    state = models.CharField(max_length=12, choices=State, default=State.STAGED)
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    compromised_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["did"],
                condition=models.Q(state="active"),
                name="one_active_key_per_did",
            ),
        ]

    def __str__(self) -> str:
        return self.verification_method

    @property
    def verification_method(self) -> str:
        """The DID URL that stands in proofs; its fragment is the key itself."""
        return f"{self.did}#{self.public_multibase}"
