"""Achievement, Credential, VerifiableCredential, SecuredDocument, Release: what was said."""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Now

from issuer.errors import BodyLost
from issuer.models.append_only import append_only
from issuer.models.batches import Batch, failed_row
from issuer.models.keys import SigningKey
from issuer.models.shapes import Shape
from issuer.models.status import StatusChange, StatusList
from issuer.vc import reading
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import VcError
from issuer.vc.json_text import write_json

# An index holds no key above 2,700 bytes, and a letter may take four.
COMPOSED_ID_LENGTH = 500
SOON = timedelta(days=30)
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

    def expiring_soon(self) -> "CredentialQuerySet":
        """Those that are valid now and will not be in 30 days."""
        ends_soon = Q(valid_until__gte=Now(), valid_until__lt=Now() + SOON)
        return self.in_state(Credential.State.VALID).filter(ends_soon)


class Credential(models.Model):
    """The statement made of one award, frozen before a key is touched (VCDM 2.0 *credential*).

    `document` is the exact JSON to be signed, without status entry and proof: those belong to
    each secured form; `valid_until` repeats what it says. It is stored as the `values` for the
    holes of a shape, those of the status entry left out, or as `text` where no shape can say it.
    Never changed; a correction is a new credential. In which state it is stands in no column, but
    follows from other rows.

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
    shape = models.ForeignKey(Shape, models.PROTECT, related_name="+", null=True)
    values = models.TextField(blank=True, help_text="JSON list of what fills the holes")
    text = models.TextField(blank=True, help_text="The document, where it has no shape")
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
            models.CheckConstraint(
                condition=Q(shape__isnull=True, values="") & ~Q(text="")
                | Q(shape__isnull=False, text="") & ~Q(values=""),
                name="credential_has_a_shape_or_a_text",
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
    def document(self) -> str:
        """The exact JSON of the statement."""
        if self.shape is None:
            return self.text
        document = json.loads(self.shape.compiled.write([*json.loads(self.values), "0", "0"]))
        del document["credentialStatus"]
        return write_json(document)

    @property
    def frozen(self) -> bytes:
        """The SHA-256 of what is stored of the statement, for the ledger to vouch for."""
        return frozen_digest(self.shape, self.values or self.text)

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

    def signed(self, proof_value: str) -> bytes:
        """The signed document of a credential that has a shape, made anew with this proofValue."""
        credential, shape = self.credential, self.credential.shape
        if shape is None:
            raise ValueError("What has no shape is stored as a text.")
        values = [*json.loads(credential.values), self.status_list.name, str(self.status_index)]
        config = proofs.proof_config(
            verification_method=self.key.verification_method,
            created=self.proof_created_at,
            cryptosuite=self.format,
        )
        proof = write_json({**config, "proofValue": proof_value})
        return b'%b,"proof":%b}' % (shape.compiled.write(values)[:-1], proof.encode())


class SecuredDocumentQuerySet(models.QuerySet["SecuredDocument"]):
    """Ways to ask for signed documents."""

    def whole(self) -> "SecuredDocumentQuerySet":
        """Each with all rows that its body is made of."""
        return self.select_related(
            "verifiable_credential__credential__shape",
            "verifiable_credential__key",
            "verifiable_credential__status_list",
        ).defer("verifiable_credential__status_list__permutation")


class SecuredDocument(models.Model):
    """The proof of a verifiable credential, and the SHA-256 of the bytes that were signed.

    Where the credential has a shape, the proofValue and the frozen rows make the signed bytes
    again, the same each time; else they are stored as `text`.
    """

    verifiable_credential = models.OneToOneField(
        VerifiableCredential, models.PROTECT, primary_key=True, related_name="secured"
    )
    proof_value = models.CharField(max_length=200, blank=True, help_text="Of its proof; multibase")
    text = models.TextField(blank=True, help_text="The signed document, where it has no shape")
    sha256 = models.BinaryField(max_length=32)
    signed_at = models.DateTimeField(auto_now_add=True)

    objects = SecuredDocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(text="") & ~Q(proof_value="") | Q(proof_value="") & ~Q(text=""),
                name="secured_document_is_a_proof_value_or_a_text",
            ),
        ]
        triggers = append_only(because="secured_document")

    def __str__(self) -> str:
        return str(self.verifiable_credential_id)

    @property
    def body(self) -> str:
        """The signed document; raises BodyLost if the rows no longer make what was signed."""
        body = self._made_anew()
        if hashlib.sha256(body).digest() != bytes(self.sha256):
            raise BodyLost(f"{BodyLost()} ({self.verifiable_credential_id})")
        return body.decode()

    def digest_anew(self) -> bytes:
        """The SHA-256 of the signed document as the rows make it now."""
        return hashlib.sha256(self._made_anew()).digest()

    def _made_anew(self) -> bytes:
        """The signed document, nothing if the rows make none."""
        if self.text:
            return self.text.encode()
        try:
            return self.verifiable_credential.signed(self.proof_value)
        except (VcError, ValueError):
            return b""


class Release(models.Model):
    """A credential was released to its learner: from now on its unguessable address answers."""

    credential = models.OneToOneField(
        Credential, models.PROTECT, primary_key=True, related_name="release"
    )
    address = models.CharField(
        max_length=43,
        help_text="256 random bits, base64url; whoever knows it may read",
    )
    released_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # Not `unique=True`: it brings a second index, for LIKE, a fifteenth of all that is stored.
        constraints = [
            models.UniqueConstraint(fields=["address"], name="release_address_is_of_one_credential")
        ]
        triggers = append_only(because="release")

    def __str__(self) -> str:
        return str(self.credential_id)

    @property
    def url(self) -> str:
        """Where the learner finds it."""
        return self.page(self.address)

    @staticmethod
    def page(address: str) -> str:
        """Where a learner finds what was released at this address."""
        return f"{settings.BASE_URL}/credentials/{address}"


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


def frozen_digest(shape: Shape | None, stored: str) -> bytes:
    """The SHA-256 of what is stored of a statement: the digest of its shape, if any, and a text."""
    of_shape = bytes(shape.digest) if shape else b""
    return hashlib.sha256(of_shape + stored.encode()).digest()
