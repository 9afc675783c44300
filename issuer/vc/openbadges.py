"""Open Badges 3.0: every class of the specification, and the badge that is made of them.

Every class bears the specification's name, its fields the specification's
members in snake_case. Where JSON-LD would drop a map of languages and the
published schema refuses a language object, members hold plain text only: an
achievement in several languages is one Achievement each, tied by `related`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar

from issuer.vc import timestamps, vocabularies
from issuer.vc.contexts import CREDENTIALS_V2, OB_EXTENSIONS, OPEN_BADGES
from issuer.vc.errors import ForbiddenValue
from issuer.vc.stated import (
    CompactJws,
    Country,
    Language,
    Number,
    SignedEndorsement,
    Stated,
    Typed,
    Uri,
)

CONTEXTS = (CREDENTIALS_V2, OPEN_BADGES, OB_EXTENSIONS)
TYPES = ("VerifiableCredential", "OpenBadgeCredential")
SCHEMA_TYPE = "1EdTechJsonSchemaValidator2019"
SCHEMA = {
    "id": (
        "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/"
        "ob_v3p0_achievementcredential_schema.json"
    ),
    "type": SCHEMA_TYPE,
}

AchievementType = Annotated[str, vocabularies.ACHIEVEMENT_TYPES]
TargetType = Annotated[str, vocabularies.TARGET_TYPES]
ResultType = Annotated[str, vocabularies.RESULT_TYPES]
ResultStatus = Annotated[str, vocabularies.RESULT_STATUSES]
IdentifierType = Annotated[str, vocabularies.IDENTIFIER_TYPES]

_HASH = re.compile(r"sha256\$[0-9a-f]{64}")


def hash_identity(value: str, salt: str) -> str:
    """Return "sha256$" and the hash of the identifier followed by the salt.

    The comparer hashes exactly what it was given, so trim and fold the
    identifier before; a fresh random salt per credential prevents correlation.
    """
    return "sha256$" + hashlib.sha256((value + salt).encode()).hexdigest()


def is_identity_hash(text: str) -> bool:
    """Tell whether the text has the form that `hash_identity` gives."""
    return _HASH.fullmatch(text) is not None


# Who, and where


@dataclass(frozen=True)
class Image(Stated):
    """A picture: its address or a `data:` URI, and words for who cannot see it."""

    TYPE = "Image"
    id: Uri
    caption: str | None = None


@dataclass(frozen=True)
class IdentifierEntry(Stated):
    """An identifier of an institution or achievement in some other system."""

    TYPE = "IdentifierEntry"
    _: KW_ONLY
    identifier: str
    identifier_type: IdentifierType


@dataclass(frozen=True)
class GeoCoordinates(Stated):
    """A place on the globe, in degrees."""

    TYPE = "GeoCoordinates"
    _: KW_ONLY
    latitude: Number
    longitude: Number

    def _check_together(self) -> None:
        if not -90 <= self.latitude <= 90 or not -180 <= self.longitude <= 180:
            raise ForbiddenValue("GeoCoordinates: There is no such place.")


@dataclass(frozen=True)
class Address(Stated):
    """A postal address; the country's code is two letters (ISO 3166-1)."""

    TYPE = ("Address",)
    _: KW_ONLY
    address_country: str | None = None
    address_country_code: Country | None = None
    address_region: str | None = None
    address_locality: str | None = None
    street_address: str | None = None
    post_office_box_number: str | None = None
    postal_code: str | None = None
    geo: GeoCoordinates | None = None


@dataclass(frozen=True)
class Profile(Stated):
    """An institution or a person: who issues, created or vouches."""

    TYPE = ("Profile",)
    _: KW_ONLY
    id: Uri
    name: str | None = None
    url: Uri | None = None
    phone: str | None = None
    description: str | None = None
    endorsement: tuple[SignedEndorsement, ...] = ()
    endorsement_jwt: tuple[CompactJws, ...] = ()
    image: Image | None = None
    email: str | None = None
    address: Address | None = None
    other_identifier: tuple[IdentifierEntry, ...] = ()
    official: str | None = None
    parent_org: Profile | None = None
    family_name: str | None = None
    given_name: str | None = None
    additional_name: str | None = None
    patronymic_name: str | None = None
    honorific_prefix: str | None = None
    honorific_suffix: str | None = None
    family_name_prefix: str | None = None
    date_of_birth: date | None = None


# What can be achieved


@dataclass(frozen=True)
class Alignment(Stated):
    """A skill, competency, course or credential that an achievement or result is about."""

    TYPE = ("Alignment",)
    _: KW_ONLY
    target_name: str
    target_url: Uri
    target_code: str | None = None
    target_description: str | None = None
    target_framework: str | None = None
    target_type: TargetType | None = None


@dataclass(frozen=True)
class RubricCriterionLevel(Stated):
    """One level of a rubric criterion."""

    TYPE = ("RubricCriterionLevel",)
    _: KW_ONLY
    id: Uri
    name: str
    alignment: tuple[Alignment, ...] = ()
    description: str | None = None
    level: str | None = None
    points: str | None = None


@dataclass(frozen=True)
class ResultDescription(Stated):
    """What kind of result an achievement has, and which values it may take.

    `allowed_value` is ordered from worst to best; `value_min` and `value_max` are texts.
    """

    TYPE = ("ResultDescription",)
    _: KW_ONLY
    id: Uri
    name: str
    result_type: ResultType
    alignment: tuple[Alignment, ...] = ()
    allowed_value: tuple[str, ...] = ()
    required_level: Uri | None = None
    required_value: str | None = None
    rubric_criterion_level: tuple[RubricCriterionLevel, ...] = ()
    value_min: str | None = None
    value_max: str | None = None

    def _check_together(self) -> None:
        _refuse_twins("ResultDescription", "rubricCriterionLevel", self.rubric_criterion_level)
        lowest, highest = number(self.value_min), number(self.value_max)
        if lowest is not None and highest is not None and lowest > highest:
            raise ForbiddenValue("ResultDescription: valueMin is greater than valueMax.")
        if self.required_value:
            self.refuse_value(self.required_value)
        if self.required_level:
            self.refuse_level(self.required_level)

    def refuse_value(self, value: str) -> None:
        """Raise ForbiddenValue for a value that this description does not allow."""
        problem = value_problem(
            value,
            allowed=self.allowed_value,
            lowest=self.value_min,
            highest=self.value_max,
        )
        if problem:
            raise ForbiddenValue(f"{self.name}: {problem}")

    def refuse_level(self, level: str) -> None:
        """Raise ForbiddenValue for a level that is none of this description's."""
        if level not in {known.id for known in self.rubric_criterion_level}:
            raise ForbiddenValue(f"{self.name}: {level!r} is none of its rubricCriterionLevel.")


@dataclass(frozen=True)
class Criteria(Stated):
    """What must be done to earn the achievement: in Markdown, on a page, or both."""

    TYPE = None
    _: KW_ONLY
    id: Uri | None = None
    narrative: str | None = None

    def _check_together(self) -> None:
        if not self.id and not (self.narrative or "").strip():
            raise ForbiddenValue("Criteria must state id or narrative.")


@dataclass(frozen=True)
class Related(Stated):
    """Another version of an achievement, or the same in another language."""

    TYPE = ("Related",)
    _: KW_ONLY
    id: Uri
    in_language: Language | None = None
    version: str | None = None


@dataclass(frozen=True)
class Achievement(Stated):
    """What can be achieved, the same in every credential about it."""

    TYPE = ("Achievement",)
    _: KW_ONLY
    id: Uri
    name: str
    description: str
    criteria: Criteria
    alignment: tuple[Alignment, ...] = ()
    achievement_type: AchievementType | None = None
    creator: Profile | None = None
    credits_available: Number | None = None
    endorsement: tuple[SignedEndorsement, ...] = ()
    endorsement_jwt: tuple[CompactJws, ...] = ()
    field_of_study: str | None = None
    specialization: str | None = None
    human_code: str | None = None
    image: Image | None = None
    in_language: Language | None = None
    other_identifier: tuple[IdentifierEntry, ...] = ()
    related: tuple[Related, ...] = ()
    result_description: tuple[ResultDescription, ...] = ()
    tag: tuple[str, ...] = ()
    version: str | None = None

    def _check_together(self) -> None:
        _refuse_twins("Achievement", "resultDescription", self.result_description)


# What was achieved, and by whom


@dataclass(frozen=True)
class Result(Stated):
    """What a learner achieved, as laid down by a ResultDescription of the achievement."""

    TYPE = ("Result",)
    _: KW_ONLY
    result_description: Uri | None = None
    value: str | None = None
    achieved_level: Uri | None = None
    status: ResultStatus | None = None
    alignment: tuple[Alignment, ...] = ()


@dataclass(frozen=True)
class IdentityObject(Stated):
    """An identifier of the learner, hashed or plain."""

    TYPE = "IdentityObject"
    _: KW_ONLY
    hashed: bool
    identity_hash: str
    identity_type: IdentifierType
    salt: str | None = None

    def _check_together(self) -> None:
        if self.hashed and not is_identity_hash(self.identity_hash):
            raise ForbiddenValue('IdentityObject: a hash is "sha256$" and 64 hexadecimal digits.')

    @classmethod
    def plain(cls, value: str, *, identity_type: str) -> IdentityObject:
        """Return an identifier that everyone who sees the credential can read."""
        return cls(hashed=False, identity_hash=value, identity_type=identity_type)

    @classmethod
    def salted(cls, value: str, *, identity_type: str, salt: str) -> IdentityObject:
        """Return an identifier that only who knows it already can recognise."""
        return cls(
            hashed=True,
            identity_hash=hash_identity(value, salt),
            identity_type=identity_type,
            salt=salt,
        )

    def is_of(self, value: str) -> bool:
        """Tell whether the identifier, hashed or plain, is this one."""
        known = hash_identity(value, self.salt or "") if self.hashed else value
        return known == self.identity_hash


@dataclass(frozen=True)
class Evidence(Stated):
    """What shows that the achievement was reached."""

    TYPE = ("Evidence",)
    _: KW_ONLY
    id: Uri | None = None
    name: str | None = None
    narrative: str | None = None
    description: str | None = None
    genre: str | None = None
    audience: str | None = None


@dataclass(frozen=True)
class Learner(Stated):
    """Who a credential is about: known by an id, by identifiers, or by both."""

    _: KW_ONLY
    id: Uri | None = None
    identifier: tuple[IdentityObject, ...] = ()

    def _check_together(self) -> None:
        if not self.id and not self.identifier:
            raise ForbiddenValue(f"{type(self).__name__} must state id or identifier.")


@dataclass(frozen=True)
class AchievementSubject(Learner):
    """The learner and what they achieved.

    Refuses a learner without id and identifier, and results that the
    achievement's descriptions do not know or do not allow.
    """

    TYPE = ("AchievementSubject",)
    _: KW_ONLY
    achievement: Achievement
    activity_start_date: datetime | None = None
    activity_end_date: datetime | None = None
    credits_earned: Number | None = None
    image: Image | None = None
    license_number: str | None = None
    narrative: str | None = None
    result: tuple[Result, ...] = ()
    role: str | None = None
    source: Profile | None = None
    term: str | None = None

    def _check_together(self) -> None:
        super()._check_together()
        descriptions = {known.id: known for known in self.achievement.result_description}
        for result in self.result:
            _refuse_result(result, descriptions)


def _refuse_result(result: Result, descriptions: dict[str, ResultDescription]) -> None:
    if result.result_description is None:
        if result.achieved_level:
            raise ForbiddenValue("Result: an achievedLevel needs a resultDescription.")
        return
    description = descriptions.get(result.result_description)
    if description is None:
        raise ForbiddenValue(
            f"Result: {result.result_description!r} is no resultDescription of its achievement."
        )
    if description.result_type == "Status" and not result.status:
        raise ForbiddenValue(f"{description.name}: the result must state a status.")
    if result.value:
        description.refuse_value(result.value)
    if result.achieved_level:
        description.refuse_level(result.achieved_level)


def _refuse_twins(
    name: str, member: str, described: Iterable[ResultDescription | RubricCriterionLevel]
) -> None:
    ids = [each.id for each in described]
    if len(set(ids)) != len(ids):
        raise ForbiddenValue(f"{name}: two of its {member} have the same id.")


# The credential around it


@dataclass(frozen=True)
class CredentialSchema(Stated):
    """A JSON schema that the credential satisfies."""

    TYPE = None
    MAY_STAND_ALONE = True
    id: Uri
    type: str = SCHEMA_TYPE


@dataclass(frozen=True)
class RefreshService(Stated):
    """Where the newest version of the credential can be had."""

    TYPE = None
    id: Uri
    type: str = "1EdTechCredentialRefresh"


@dataclass(frozen=True)
class TermsOfUse(Stated):
    """A policy under which the credential was issued; a context must define its type."""

    TYPE = None
    MAY_STAND_ALONE = True
    type: str
    id: Uri | None = None


@dataclass(frozen=True)
class IssuedCredential(Stated):
    """What the credentials of 1EdTech have in common: `as_credential` gives the unsigned JSON.

    `credential_status` is one entry, as `status_list.entry` makes it: the
    published schemas allow one. `awarded_date` stays when a credential is
    renewed, `valid_from` does not.
    """

    CONTEXTS: ClassVar[tuple[str, ...]] = CONTEXTS

    _: KW_ONLY
    id: Uri
    name: str | None = None
    description: str | None = None
    awarded_date: datetime | None = None
    issuer: Profile
    valid_from: datetime
    valid_until: datetime | None = None
    credential_schema: tuple[CredentialSchema, ...] = ()
    credential_status: Typed | None = None
    refresh_service: RefreshService | None = None
    terms_of_use: tuple[TermsOfUse, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    def _check_together(self) -> None:
        if not (self.name or "").strip():
            raise ForbiddenValue("The credential must state its name.")
        begins = timestamps.write(self.valid_from)
        if self.valid_until is not None and timestamps.write(self.valid_until) <= begins:
            raise ForbiddenValue("validUntil must be later than validFrom.")

    def as_credential(self) -> dict[str, Any]:
        """Return the unsigned credential: `as_json` with the contexts of its specification."""
        return {"@context": list(self.CONTEXTS), **self.as_json()}


@dataclass(frozen=True)
class AchievementCredential(IssuedCredential):
    """A badge: what one learner achieved, as the issuer attests."""

    TYPE = TYPES
    ALIASES: ClassVar[dict[str, str]] = {"AchievementCredential": "OpenBadgeCredential"}
    _: KW_ONLY
    image: Image | None = None
    credential_subject: AchievementSubject
    credential_schema: tuple[CredentialSchema, ...] = (CredentialSchema(SCHEMA["id"]),)
    endorsement: tuple[SignedEndorsement, ...] = ()
    endorsement_jwt: tuple[CompactJws, ...] = ()


def number(text: str | None) -> Decimal | None:
    """Return the text as a finite number, or None when it is none."""
    try:
        value = Decimal(text or "")
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def value_problem(
    value: str, *, allowed: Iterable[str], lowest: str | None, highest: str | None
) -> str | None:
    """Say why a result's value is not allowed, or return None.

    Bounds count only where they and the value are numbers.
    """
    allowed = tuple(allowed)
    if allowed and value not in allowed:
        return f"{value!r} is not among its allowedValue."
    as_number, low, high = number(value), number(lowest), number(highest)
    if as_number is None:
        return None if low is None and high is None else f"{value!r} is not a number."
    if low is not None and as_number < low:
        return f"{value} is less than its valueMin {lowest}."
    if high is not None and as_number > high:
        return f"{value} is more than its valueMax {highest}."
    return None
