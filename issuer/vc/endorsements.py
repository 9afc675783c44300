"""Open Badges 3.0: endorsements, in which one issuer speaks for another, or for what it awards."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from issuer.vc.openbadges import CredentialSchema, IssuedCredential
from issuer.vc.stated import Stated, Uri

TYPES = ("VerifiableCredential", "EndorsementCredential")
SCHEMA_ID = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_endorsementcredential_schema.json"
)


@dataclass(frozen=True)
class EndorsementSubject(Stated):
    """What is endorsed, by its id: an achievement, a profile or a credential; and why."""

    TYPE = ("EndorsementSubject",)
    _: KW_ONLY
    id: Uri
    endorsement_comment: str | None = None


@dataclass(frozen=True)
class EndorsementCredential(IssuedCredential):
    """An endorsement; once signed, it may be embedded under `endorsement` of what it is about."""

    TYPE = TYPES
    _: KW_ONLY
    name: str
    credential_subject: EndorsementSubject
    credential_schema: tuple[CredentialSchema, ...] = (CredentialSchema(SCHEMA_ID),)
