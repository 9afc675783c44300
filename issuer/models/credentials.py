"""Achievement, Credential, VerifiableCredential, SecuredDocument, Release: what was said."""

import json
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Now

from issuer.models.append_only import append_only
from issuer.models.batches import Batch, failed_row
from issuer.models.keys import SigningKey
from issuer.models.status import StatusChange, StatusList
from issuer.vc import reading

# An index holds no key above 2,700 bytes, and a letter may take four.
COMPOSED_ID_LENGTH = 500
NAMELESS = "A credential without a name"


class Achievement(models.Model):
    """What can be achieved, as published: the Open Badges Achievement of one approved revision.

    Public and unchanging; its address stands in every credential that asserts it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.JSONField(help_text="Open Badges 3.0 Achievement")
    image = models.TextField(blank=True, help_text="SVG text of its image")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = append_only(because="achievement")

    def __str__(self) -> str:
        return self.document["name"]

    @property
    def url(self) -> str:
        """Its public address, which is also its identifier."""
        return f"{settings.BASE_URL}/achievements/{self.id}"


class CredentialQuerySet(models.QuerySet["Credential"]):
    """Ways to ask for credentials."""

    def with_state(self) -> "models.QuerySet[Any]":
        """Each with its `state`: one of `Credential.State`, as the rows say it now."""

        def is_of_this(changes: models.QuerySet[StatusChange]) -> Q:
            return Q(Exists(changes.filter(verifiable_credential__credential=OuterRef("pk"))))

        reasons = _not_valid_because(is_of_this)
        cases = [When(holds, then=Value(state)) for state, holds in reasons.items()]
        valid = Value(Credential.State.VALID)
        return self.annotate(state=Case(*cases, default=valid, output_field=models.CharField()))

    def in_state(self, state: "Credential.State") -> "CredentialQuerySet":
        """Those of which `with_state` says this state."""

        def is_of_these(changes: models.QuerySet[StatusChange]) -> Q:
            # Few are changed: to collect them once takes a hundredth of asking each credential.
            return Q(pk__in=changes.values("verifiable_credential__credential"))

        found = self
        for reason, holds in _not_valid_because(is_of_these).items():
            if reason == state:
                return found.filter(holds)
            found = found.filter(~holds)
        return found


class Credential(models.Model):
    """The statement made of one award, frozen before a key is touched (VCDM 2.0 *credential*).

    `document` is the exact JSON to be signed, without status entry and proof: those belong to
    each secured form; `valid_until` repeats what it says. Never changed; a correction is a new
    credential. In which state it is stands in no column, but follows from other rows.

    What a system composed by itself has no achievement of ours; `composed_id` is what the system
    calls it, mostly the `id` in the document, if it calls it anything.
    """

    class State(models.TextChoices):
        REQUESTED = "requested"
        FAILED = "failed"
        VALID = "valid"
        EXPIRED = "expired"
        SUSPENDED = "suspended"
        REVOKED = "revoked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="credentials")
    position = models.PositiveIntegerField()
    achievement = models.ForeignKey(
        Achievement, models.PROTECT, related_name="credentials", null=True
    )
    composed_id = models.CharField(
        max_length=COMPOSED_ID_LENGTH,
        blank=True,
        help_text="Id given by the system that composed it",
    )
    document = models.TextField()
    valid_until = models.DateTimeField(null=True)
    requested_at = models.DateTimeField(auto_now_add=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        ordering = ["batch", "position"]
        permissions = [
            ("revoke_credential", "Can revoke a credential"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "position"], name="one_credential_per_position_of_a_batch"
            ),
            models.UniqueConstraint(
                fields=["composed_id"],
                condition=~Q(composed_id=""),
                name="composed_id_is_given_once",
            ),
            models.CheckConstraint(
                condition=Q(achievement__isnull=True) | Q(composed_id=""),
                name="credential_of_an_achievement_is_named_by_its_urn",
            ),
        ]
        indexes = [
            models.Index(fields=["-requested_at", "position"], name="credentials_newest_first"),
            models.Index(
                fields=["valid_until"],
                condition=Q(valid_until__isnull=False),
                name="credentials_that_expire",
            ),
        ]
        triggers = append_only(because="credential")

    def __str__(self) -> str:
        return self.reference

    @property
    def urn(self) -> str:
        """The `id` in the document of an award; what was composed elsewhere may bear another."""
        return f"urn:uuid:{self.id}"

    @property
    def reference(self) -> str:
        """The id by which it is referred to, also by the system that composed it."""
        return self.composed_id or self.urn

    @property
    def name(self) -> str:
        """What it is called: the name of its achievement, or what its document says."""
        if self.achievement is not None:
            return str(self.achievement)
        return reading.read(json.loads(self.document)).name or NAMELESS


class VerifiableCredential(models.Model):
    """One secured form of a credential, as it was requested: format, key, time, status entry.

    The status entry belongs to the form, so that two forms of one statement cannot be linked by
    it. Everything that enters the signed bytes is here or in the credential; signing again after
    a crash makes the same bytes.
    """

    class Format(models.TextChoices):
        EDDSA_RDFC_2022 = "eddsa-rdfc-2022"

    credential = models.ForeignKey(
        Credential, models.PROTECT, related_name="verifiable_credentials"
    )
    format = models.CharField(max_length=20, choices=Format, default=Format.EDDSA_RDFC_2022)
    key = models.ForeignKey(SigningKey, models.PROTECT, related_name="+")
    proof_created_at = models.DateTimeField(help_text="`created` of the proof, whole seconds")
    status_list = models.ForeignKey(StatusList, models.PROTECT, related_name="entries")
    status_index = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "format"], name="one_secured_form_per_format"
            ),
            models.UniqueConstraint(
                fields=["status_list", "status_index"], name="status_entry_is_used_once"
            ),
        ]
        triggers = append_only(because="verifiable_credential")

    def __str__(self) -> str:
        return f"{self.credential_id} {self.format}"


class SecuredDocument(models.Model):
    """The signed bytes of a verifiable credential, stored once."""

    verifiable_credential = models.OneToOneField(
        VerifiableCredential, models.PROTECT, primary_key=True, related_name="secured"
    )
    body = models.TextField()
    sha256 = models.BinaryField(max_length=32)
    signed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = append_only(because="secured_document")

    def __str__(self) -> str:
        return str(self.verifiable_credential_id)


class Release(models.Model):
    """A credential was released to its learner: from now on its unguessable address answers."""

    credential = models.OneToOneField(
        Credential, models.PROTECT, primary_key=True, related_name="release"
    )
    address = models.CharField(
        max_length=43,
        unique=True,
        help_text="256 random bits, base64url; whoever knows it may read",
    )
    released_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = append_only(because="release")

    def __str__(self) -> str:
        return str(self.credential_id)

    @property
    def url(self) -> str:
        """Where the learner finds it."""
        return f"{settings.BASE_URL}/credentials/{self.address}"


def _not_valid_because(
    has_one_of: Callable[["models.QuerySet[StatusChange]"], Q],
) -> dict[Credential.State, Q]:
    """What keeps a credential from being valid; of what holds at once, the first counts.

    What is for good comes before what may pass. A change counts before it is published.
    `has_one_of` asks whether one of some changes is the credential's.
    """
    signed = SecuredDocument.objects.filter(verifiable_credential__credential=OuterRef("pk"))
    later = StatusChange.objects.filter(
        verifiable_credential=OuterRef("verifiable_credential"), pk__gt=OuterRef("pk")
    )
    still_set = StatusChange.objects.filter(~Exists(later), value=True)
    state = Credential.State
    return {
        state.REVOKED: has_one_of(still_set.filter(is_final=True)),
        state.FAILED: Q(failed_row()),
        state.REQUESTED: ~Q(Exists(signed)),
        state.EXPIRED: Q(valid_until__lt=Now()),
        state.SUSPENDED: has_one_of(still_set.filter(is_final=False)),
    }
