"""Open Badges 3.0: Achievement, Result, Alignment and their kin to an OpenBadgeCredential.

Every class bears the specification's name, its fields the specification's
members in snake_case and in the specification's order. `as_json` leaves out
what is not stated: None, empty tuples and empty text; `from_json` reads it back.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import re
import typing
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Self

from issuer.vc import credential, timestamps
from issuer.vc.contexts import CREDENTIALS_V2, OB_EXTENSIONS, OPEN_BADGES
from issuer.vc.errors import ForbiddenValue, MalformedDocument

CONTEXTS = (CREDENTIALS_V2, OPEN_BADGES, OB_EXTENSIONS)
TYPES = ("VerifiableCredential", "OpenBadgeCredential")
SCHEMA = {
    "id": (
        "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/"
        "ob_v3p0_achievementcredential_schema.json"
    ),
    "type": "1EdTechJsonSchemaValidator2019",
}

ACHIEVEMENT_TYPES = frozenset(
    """
    Achievement ApprenticeshipCertificate Assessment Assignment AssociateDegree Award Badge
    BachelorDegree Certificate CertificateOfCompletion Certification CommunityService Competency
    Course CoCurricular Degree Diploma DoctoralDegree Fieldwork GeneralEducationDevelopment
    JourneymanCertificate LearningProgram License Membership ProfessionalDoctorate
    QualityAssuranceCredential MasterCertificate MasterDegree MicroCredential ResearchDoctorate
    SecondarySchoolDiploma
    """.split()
)
TARGET_TYPES = frozenset(
    """
    ceasn:Competency ceterms:Credential CFItem CFRubric CFRubricCriterion CFRubricCriterionLevel
    CTDL
    """.split()
)
RESULT_TYPES = frozenset(
    """
    GradePointAverage LetterGrade Percent PerformanceLevel PredictedScore RawScore Result
    RubricCriterion RubricCriterionLevel RubricScore ScaledScore Status
    """.split()
)
RESULT_STATUSES = frozenset(
    "Completed Enrolled Failed InProgress OnHold Provisional Withdrew".split()
)
IDENTIFIER_TYPES = frozenset(
    """
    name sourcedId systemId productId userName accountId emailAddress nationalIdentityNumber isbn
    issn lisSourcedId oneRosterSourcedId sisSourcedId ltiContextId ltiDeploymentId ltiToolId
    ltiPlatformId ltiUserId identifier
    """.split()
)

_EXTENSION = re.compile(r"ext:[A-Za-z0-9._-]+")


def is_term(value: object, vocabulary: frozenset[str]) -> bool:
    """Tell whether the value is of the vocabulary, or extends it by `ext:`.

    The statuses of results are the one vocabulary that cannot be extended.
    """
    if not isinstance(value, str):
        return False
    if value in vocabulary:
        return True
    return vocabulary is not RESULT_STATUSES and _EXTENSION.fullmatch(value) is not None


def hash_identity(value: str, salt: str) -> str:
    """Return "sha256$" and the hash of the identifier followed by the salt.

    The comparer hashes exactly what it was given, so trim and fold the
    identifier before; a fresh random salt per credential prevents correlation.
    """
    return "sha256$" + hashlib.sha256((value + salt).encode()).hexdigest()


class _Stated:
    """Writes a dataclass as JSON under the specification's names."""

    TYPE: ClassVar[str | tuple[str, ...] | None]

    def as_json(self) -> dict[str, Any]:
        """Return the object as JSON, members in the specification's order."""
        members = {_camel(field): value for field, value in vars(self).items()}
        first = {"id": members.pop("id", None), "type": self.TYPE}
        return {
            name: _as_json(value) for name, value in (first | members).items() if _is_stated(value)
        }

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Return the object that `as_json` wrote.

        Raises MalformedDocument for a member that the class does not have, or
        that has another form; ForbiddenValue as the constructor does.
        """
        if not isinstance(document, dict) or document.get("type") != _as_json(cls.TYPE):
            raise MalformedDocument(f"This is no {cls.__name__} object.")
        described: Any = cls
        fields = {_camel(field): (field, kind) for field, kind in _kinds(described).items()}
        read: dict[str, Any] = {}
        for name in document.keys() - {"type"}:
            if name not in fields:
                raise MalformedDocument(f"{cls.__name__} has no member {name!r}.")
            field, kind = fields[name]
            read[field] = _from_json(document[name], kind, name)
        try:
            return cls(**read)
        except TypeError:
            raise MalformedDocument(f"A required member of {cls.__name__} is missing.") from None

    def _require(self, *fields: str) -> None:
        for field in fields:
            value = getattr(self, field)
            if not _is_stated(value) or (isinstance(value, str) and not value.strip()):
                raise ForbiddenValue(f"{type(self).__name__} must state {_camel(field)}.")

    def _require_uri(self, *fields: str) -> None:
        for field in fields:
            value = getattr(self, field)
            if _is_stated(value) and not credential.is_uri(value):
                raise ForbiddenValue(
                    f"{type(self).__name__}: {_camel(field)} {value!r} is not an absolute URI."
                )

    def _require_term(self, field: str, vocabulary: frozenset[str]) -> None:
        value = getattr(self, field)
        if _is_stated(value) and not is_term(value, vocabulary):
            raise ForbiddenValue(
                f"{type(self).__name__}: {value!r} is no {_camel(field)} of Open Badges 3.0."
            )


@dataclass(frozen=True)
class Image(_Stated):
    """A picture: its address or a `data:` URI, and words for who cannot see it."""

    TYPE = "Image"
    id: str
    caption: str | None = None

    def __post_init__(self) -> None:
        self._require("id")
        self._require_uri("id")


@dataclass(frozen=True)
class IdentifierEntry(_Stated):
    """An identifier of an institution or achievement in some other system."""

    TYPE = "IdentifierEntry"
    _: KW_ONLY
    identifier: str
    identifier_type: str

    def __post_init__(self) -> None:
        self._require("identifier", "identifier_type")
        self._require_term("identifier_type", IDENTIFIER_TYPES)


@dataclass(frozen=True)
class Address(_Stated):
    """A postal address; the country as two letters (ISO 3166-1)."""

    TYPE = ("Address",)
    _: KW_ONLY
    address_country_code: str | None = None
    address_region: str | None = None
    address_locality: str | None = None
    street_address: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True)
class Profile(_Stated):
    """An institution: who issues, created or vouches."""

    TYPE = ("Profile",)
    _: KW_ONLY
    id: str
    name: str | None = None
    url: str | None = None
    phone: str | None = None
    description: str | None = None
    email: str | None = None
    official: str | None = None
    image: Image | None = None
    address: Address | None = None
    other_identifier: tuple[IdentifierEntry, ...] = ()
    parent_org: Profile | None = None

    def __post_init__(self) -> None:
        self._require("id")
        self._require_uri("id", "url")


@dataclass(frozen=True)
class Alignment(_Stated):
    """A skill, competency, course or credential that an achievement or result is about."""

    TYPE = ("Alignment",)
    _: KW_ONLY
    target_name: str
    target_url: str
    target_code: str | None = None
    target_description: str | None = None
    target_framework: str | None = None
    target_type: str | None = None

    def __post_init__(self) -> None:
        self._require("target_name", "target_url")
        self._require_uri("target_url")
        self._require_term("target_type", TARGET_TYPES)


@dataclass(frozen=True)
class RubricCriterionLevel(_Stated):
    """One level of a rubric criterion."""

    TYPE = ("RubricCriterionLevel",)
    _: KW_ONLY
    id: str
    name: str
    alignment: tuple[Alignment, ...] = ()
    description: str | None = None
    level: str | None = None
    points: str | None = None

    def __post_init__(self) -> None:
        self._require("id", "name")
        self._require_uri("id")


@dataclass(frozen=True)
class ResultDescription(_Stated):
    """What kind of result an achievement has, and which values it may take.

    `allowed_value` is ordered from worst to best; `value_min` and `value_max` are texts.
    """

    TYPE = ("ResultDescription",)
    _: KW_ONLY
    id: str
    name: str
    result_type: str
    alignment: tuple[Alignment, ...] = ()
    allowed_value: tuple[str, ...] = ()
    required_level: str | None = None
    required_value: str | None = None
    rubric_criterion_level: tuple[RubricCriterionLevel, ...] = ()
    value_min: str | None = None
    value_max: str | None = None

    def __post_init__(self) -> None:
        self._require("id", "name", "result_type")
        self._require_uri("id")
        self._require_term("result_type", RESULT_TYPES)
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
class Result(_Stated):
    """What a learner achieved, as laid down by a ResultDescription of the achievement."""

    TYPE = ("Result",)
    _: KW_ONLY
    result_description: str | None = None
    value: str | None = None
    achieved_level: str | None = None
    status: str | None = None
    alignment: tuple[Alignment, ...] = ()

    def __post_init__(self) -> None:
        self._require_uri("achieved_level", "result_description")
        self._require_term("status", RESULT_STATUSES)


@dataclass(frozen=True)
class Criteria(_Stated):
    """What must be done to earn the achievement: in Markdown, on a page, or both."""

    TYPE = None
    _: KW_ONLY
    id: str | None = None
    narrative: str | None = None

    def __post_init__(self) -> None:
        if not self.id:
            self._require("narrative")
        self._require_uri("id")


@dataclass(frozen=True)
class Achievement(_Stated):
    """What can be achieved, the same in every credential about it."""

    TYPE = ("Achievement",)
    _: KW_ONLY
    id: str
    name: str
    description: str
    criteria: Criteria
    alignment: tuple[Alignment, ...] = ()
    achievement_type: str | None = None
    creator: Profile | None = None
    credits_available: int | float | Decimal | None = None
    field_of_study: str | None = None
    specialization: str | None = None
    human_code: str | None = None
    image: Image | None = None
    in_language: str | None = None
    other_identifier: tuple[IdentifierEntry, ...] = ()
    result_description: tuple[ResultDescription, ...] = ()
    tag: tuple[str, ...] = ()
    version: str | None = None

    def __post_init__(self) -> None:
        self._require("id", "criteria", "description", "name")
        self._require_uri("id")
        self._require_term("achievement_type", ACHIEVEMENT_TYPES)
        ids = [description.id for description in self.result_description]
        if len(set(ids)) != len(ids):
            raise ForbiddenValue("Achievement: two of its resultDescription have the same id.")


@dataclass(frozen=True)
class IdentityObject(_Stated):
    """An identifier of the learner, hashed or plain."""

    TYPE = "IdentityObject"
    _: KW_ONLY
    hashed: bool
    identity_hash: str
    identity_type: str
    salt: str | None = None

    def __post_init__(self) -> None:
        self._require("identity_hash", "identity_type")
        self._require_term("identity_type", IDENTIFIER_TYPES)

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


@dataclass(frozen=True)
class Evidence(_Stated):
    """What shows that the achievement was reached."""

    TYPE = ("Evidence",)
    _: KW_ONLY
    id: str | None = None
    name: str | None = None
    narrative: str | None = None
    description: str | None = None
    genre: str | None = None
    audience: str | None = None

    def __post_init__(self) -> None:
        self._require_uri("id")


@dataclass(frozen=True)
class AchievementSubject(_Stated):
    """The learner and what they achieved.

    Refuses a learner without id and identifier, and results that the
    achievement's descriptions do not know or do not allow.
    """

    TYPE = ("AchievementSubject",)
    _: KW_ONLY
    id: str | None = None
    identifier: tuple[IdentityObject, ...] = ()
    achievement: Achievement
    activity_start_date: datetime | None = None
    activity_end_date: datetime | None = None
    credits_earned: int | float | Decimal | None = None
    image: Image | None = None
    license_number: str | None = None
    narrative: str | None = None
    result: tuple[Result, ...] = ()
    role: str | None = None
    source: Profile | None = None
    term: str | None = None

    def __post_init__(self) -> None:
        if not self.id and not self.identifier:
            raise ForbiddenValue("AchievementSubject must state id or identifier.")
        self._require_uri("id")
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


def open_badge_credential(
    *,
    id: str,
    issuer: Profile,
    subject: AchievementSubject,
    name: str,
    valid_from: datetime,
    valid_until: datetime | None = None,
    awarded_date: datetime | None = None,
    description: str | None = None,
    image: Image | None = None,
    evidence: Iterable[Evidence] = (),
    credential_status: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the unsigned OpenBadgeCredential, with contexts and schema of Open Badges 3.0.3.

    `credential_status` is one entry as `status_list.entry` makes it: the
    published schema allows one. `awarded_date` stays when a credential is
    renewed, `valid_from` does not. Raises ForbiddenValue.
    """
    if not credential.is_uri(id):
        raise ForbiddenValue(f"The credential's id {id!r} is not an absolute URI.")
    if not name.strip():
        raise ForbiddenValue("The credential must state its name.")
    if valid_until is not None and valid_until <= valid_from:
        raise ForbiddenValue("validUntil must be later than validFrom.")
    members = {
        "@context": list(CONTEXTS),
        "id": id,
        "type": list(TYPES),
        "name": name,
        "description": description,
        "image": image,
        "awardedDate": awarded_date,
        "credentialSubject": subject,
        "evidence": tuple(evidence),
        "issuer": issuer,
        "validFrom": valid_from,
        "validUntil": valid_until,
        "credentialSchema": [dict(SCHEMA)],
        "credentialStatus": credential_status,
    }
    return {member: _as_json(value) for member, value in members.items() if _is_stated(value)}


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


@functools.cache
def _kinds(of: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(of)
    return {field.name: hints[field.name] for field in dataclasses.fields(of)}


def _from_json(value: Any, kind: Any, name: str) -> Any:
    options = typing.get_args(kind)
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise MalformedDocument(f"{name} is not an array.")
        return tuple(_from_json(item, options[0], name) for item in value)
    for option in options or (kind,):
        if option is type(None):
            continue
        if option is datetime and isinstance(value, str):
            return timestamps.read(value)
        if issubclass(option, _Stated):
            return option.from_json(value)
        if isinstance(value, option) and (option is bool or not isinstance(value, bool)):
            return value
    raise MalformedDocument(f"{name} has another form than it should.")


@functools.cache
def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _is_stated(value: object) -> bool:
    return value is not None and value != "" and value != ()


def _as_json(value: Any) -> Any:
    if isinstance(value, _Stated):
        return value.as_json()
    if isinstance(value, tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, datetime):
        return timestamps.write(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
