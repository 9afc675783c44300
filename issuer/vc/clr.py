"""CLR 2.0: one learner's record, made of signed credentials and of how they belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any, ClassVar

from issuer.vc import contexts, credential, vocabularies
from issuer.vc.errors import ForbiddenValue
from issuer.vc.openbadges import (
    Achievement,
    CredentialSchema,
    Image,
    IssuedCredential,
    Learner,
)
from issuer.vc.stated import CompactJws, SignedCredential, SignedEndorsement, Stated, Uri

SPECIFICATION = "CLR 2.0"
TYPES = ("VerifiableCredential", "ClrCredential")
# Their order is part of the standard: the terms of the second are not protected.
CONTEXTS = (
    contexts.CREDENTIALS_V2,
    contexts.CLR,
    contexts.OPEN_BADGES,
    contexts.OB_EXTENSIONS,
)
SCHEMA_ID = (
    "https://purl.imsglobal.org/spec/clr/v2p0/schema/json/clr_v2p0_clrcredential_schema.json"
)

AssociationType = Annotated[str, vocabularies.ASSOCIATION_TYPES]


@dataclass(frozen=True)
class Association(Stated):
    """How one achievement of the record stands to another, both by their ids."""

    SPECIFICATION = SPECIFICATION
    TYPE = "Association"
    _: KW_ONLY
    association_type: AssociationType
    source_id: Uri
    target_id: Uri


@dataclass(frozen=True)
class ClrSubject(Learner):
    """The learner, their signed credentials, and how the achievements belong together.

    The credentials are embedded as they were signed, and none may be changed
    afterwards. Refuses an association of an achievement that is neither stated
    here nor the subject of an embedded credential.
    """

    SPECIFICATION = SPECIFICATION
    TYPE = ("ClrSubject",)
    _: KW_ONLY
    verifiable_credential: tuple[SignedCredential, ...]
    achievement: tuple[Achievement, ...] = ()
    association: tuple[Association, ...] = ()

    def _check_together(self) -> None:
        super()._check_together()
        stated = {achievement.id for achievement in self.achievement}
        known = stated.union(achievement_ids(self.verifiable_credential))
        for association in self.association:
            for end in (association.source_id, association.target_id):
                if end not in known:
                    raise ForbiddenValue(f"Association: the record has no achievement {end!r}.")


@dataclass(frozen=True)
class ClrCredential(IssuedCredential):
    """A learner's record; `partial` says whether it leaves something out that the issuer knows."""

    SPECIFICATION = SPECIFICATION
    CONTEXTS: ClassVar[tuple[str, ...]] = CONTEXTS
    TYPE = TYPES
    _: KW_ONLY
    name: str
    image: Image | None = None
    partial: bool | None = None
    credential_subject: ClrSubject
    credential_schema: tuple[CredentialSchema, ...] = (CredentialSchema(SCHEMA_ID),)
    endorsement: tuple[SignedEndorsement, ...] = ()
    endorsement_jwt: tuple[CompactJws, ...] = ()


def achievement_ids(credentials: Iterable[object]) -> Iterator[str]:
    """Yield the ids of the achievements that embedded credentials, of any depth, are about."""
    for each in credentials:
        for subject in _maps(each, "credentialSubject"):
            for achievement in _maps(subject, "achievement"):
                if isinstance(achievement.get("id"), str):
                    yield achievement["id"]
            yield from achievement_ids(_maps(subject, "verifiableCredential"))


def _maps(holder: object, member: str) -> list[Mapping[str, Any]]:
    found = holder.get(member) if isinstance(holder, Mapping) else None
    return [each for each in credential.many(found) if isinstance(each, Mapping)]
