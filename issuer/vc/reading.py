"""What a credential says, for people: the few facts one looks for, from any document at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from issuer.vc import status_list, timestamps
from issuer.vc.errors import MalformedDocument, VcError
from issuer.vc.jose import numeric_dates

# Records inside records inside records: nobody looks deeper.
MAX_DEPTH = 4
# Of a credential that is no badge: more than this nobody reads on one page.
MAX_CLAIMS = 40

# Members that other facts are read from, or that are of no use to people.
_SPECIAL = frozenset({"achievement", "verifiableCredential", "endorsementComment", "encodedList"})
_NO_CLAIMS = frozenset({"id", "type", "@context", "identifier", "proof"})
_TOKEN_CLAIMS = frozenset(
    {
        *("iss", "iat", "nbf", "exp", "vct", "vct#integrity", "cnf", "status", "sub", "jti"),
        *("name", "given_name", "family_name"),
    }
)


@dataclass(frozen=True)
class SkillLine:
    """One skill that the achievement is aligned to."""

    name: str
    url: str
    framework: str


@dataclass(frozen=True)
class ResultLine:
    """One result, under the name that its description gives it, and what a level means."""

    name: str
    value: str
    meaning: str = ""


@dataclass(frozen=True)
class EvidenceLine:
    """One thing that shows that the achievement was reached."""

    name: str
    url: str
    narrative: str


@dataclass(frozen=True)
class AssociationLine:
    """How one achievement of a record stands to another, each by its name or else its id."""

    source: str
    relation: str
    target: str


@dataclass(frozen=True)
class Reading:
    """The facts of a credential in reading order; an absent fact is an empty string or list."""

    name: str = ""
    description: str = ""
    kind: str = ""
    learner: str = ""
    issuer: str = ""
    issuer_id: str = ""
    issuer_url: str = ""
    awarded: str = ""
    valid_from: str = ""
    valid_until: str = ""
    term: str = ""
    credits: str = ""
    code: str = ""
    criteria: str = ""
    image: str = ""
    achievement: str = ""
    skills: list[SkillLine] = field(default_factory=list)
    results: list[ResultLine] = field(default_factory=list)
    evidence: list[EvidenceLine] = field(default_factory=list)
    # What a learner's record (CLR 2.0) is made of, and whether it says to leave something out.
    credentials: list[Reading] = field(default_factory=list)
    associations: list[AssociationLine] = field(default_factory=list)
    is_partial: bool = False
    # Who presents, in a presentation.
    holder: str = ""
    # What is said of the subject of a credential that is of none of these kinds.
    claims: list[ResultLine] = field(default_factory=list)
    is_status_list: bool = False
    purposes: list[str] = field(default_factory=list)

    @property
    def awarded_on(self) -> date | None:
        """The day of the award, where it is written as a date."""
        return _day(self.awarded)

    @property
    def ends_at(self) -> datetime | None:
        """The last moment of validity, where it is written as one."""
        try:
            return timestamps.read(self.valid_until)
        except MalformedDocument:
            return None

    @property
    def issuer_is_key(self) -> bool:
        """Whether the issuer is a did:key: whoever made the key."""
        return self.issuer_id.startswith("did:key:")

    @property
    def issuer_known_by(self) -> str:
        """What stands behind the name that the issuer gives itself: its address, if it has one.

        Of a did:web that is the host with the path; a did:key has nothing behind it.
        """
        if self.issuer_is_key:
            return "a key that nobody vouches for"
        if not self.issuer_id.startswith("did:web:"):
            return self.issuer_id
        rest = self.issuer_id.removeprefix("did:web:")
        return rest.replace(":", "/").replace("%3A", ":").replace("%3a", ":")

    @property
    def kind_in_words(self) -> str:
        """The achievement type as people write it."""
        return kind_in_words(self.kind)


def in_words(term: str) -> str:
    """A term as people write it: "isChildOf" and "is_child_of" are "Is child of"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", term).capitalize()


def kind_in_words(kind: str) -> str:
    """An achievement type: "CertificateOfCompletion" is "Certificate of completion"."""
    words = in_words(kind.removeprefix("ext:"))
    return words.replace("Co curricular", "Co-curricular").replace("Micro cred", "Microcred")


def read(document: Mapping[str, Any]) -> Reading:
    """The facts of a document that may be anybody's: what has another shape is passed over.

    Badges, records of learners, endorsements, presentations and other
    credentials are read, of both versions of the data model, and what an SD-JWT VC
    discloses. Says nothing about whether any of it is true; that is `verify`'s business.
    """
    return _read_token(document) if "vct" in document else _read(document, MAX_DEPTH)


def _read_token(claims: Mapping[str, Any]) -> Reading:
    """The facts of an SD-JWT VC, whose members are claims of a token."""
    names = [_text(claims.get(name)) for name in ("given_name", "family_name")]
    stated = {name: value for name, value in claims.items() if name not in _TOKEN_CLAIMS}
    return Reading(
        name=_text(claims.get("vct")),
        learner=_text(claims.get("name")) or " ".join(name for name in names if name),
        issuer_id=_text(claims.get("iss")),
        awarded=_moment(claims, "iat"),
        valid_from=_moment(claims, "nbf"),
        valid_until=_moment(claims, "exp"),
        claims=_claims(stated),
    )


def _read(document: Mapping[str, Any], depth: int) -> Reading:
    subject = _first(document.get("credentialSubject"))
    achievement = _map(subject.get("achievement"))
    issuer = document.get("issuer")
    profile = _map(issuer)
    return Reading(
        name=_text(achievement.get("name")) or _text(document.get("name")),
        description=_text(achievement.get("description"))
        or _text(document.get("description"))
        or _text(subject.get("endorsementComment")),
        kind=_text(achievement.get("achievementType")),
        learner=_learner(subject),
        issuer=_text(profile.get("name")),
        issuer_id=_text(issuer) or _text(profile.get("id")),
        issuer_url=_web(profile.get("url")),
        awarded=_text(document.get("awardedDate")) or _begins(document),
        valid_from=_begins(document),
        valid_until=_text(document.get("validUntil")) or _text(document.get("expirationDate")),
        term=_text(subject.get("term")),
        credits=_number(subject.get("creditsEarned")),
        code=_text(achievement.get("humanCode")),
        criteria=_text(_first(achievement.get("criteria")).get("narrative")),
        image=_web(_first(achievement.get("image")).get("id")),
        achievement=_web(achievement.get("id")),
        skills=_skills(achievement),
        results=_results(subject, achievement),
        evidence=_evidence(document),
        credentials=_credentials(subject, depth - 1) if depth else [],
        associations=_associations(subject),
        is_partial=document.get("partial") is True,
        holder=_text(document.get("holder")) or _text(_map(document.get("holder")).get("id")),
        claims=[] if _SPECIAL & subject.keys() else _claims(subject),
        is_status_list=status_list.CREDENTIAL_TYPE in _texts(document.get("type")),
        purposes=_texts(subject.get("statusPurpose")),
    )


def _credentials(subject: Mapping[str, Any], depth: int) -> list[Reading]:
    return [_read(each, depth) for each in _maps(subject.get("verifiableCredential"))]


def _evidence(document: Mapping[str, Any]) -> list[EvidenceLine]:
    found = [
        EvidenceLine(
            _text(each.get("name")) or _text(each.get("description")),
            _web(each.get("id")),
            _text(each.get("narrative")),
        )
        for each in _maps(document.get("evidence"))
    ]
    return [line for line in found if line.name or line.url or line.narrative]


def _associations(subject: Mapping[str, Any]) -> list[AssociationLine]:
    embedded = [
        _map(inner.get("achievement"))
        for each in _maps(subject.get("verifiableCredential"))
        for inner in _maps(each.get("credentialSubject"))
    ]
    names = {
        _text(achievement.get("id")): _text(achievement.get("name"))
        for achievement in [*embedded, *_maps(subject.get("achievement"))]
    }
    found = [
        [_text(each.get(member)) for member in ("sourceId", "associationType", "targetId")]
        for each in _maps(subject.get("association"))
    ]
    return [
        AssociationLine(
            names.get(source) or source, in_words(relation), names.get(target) or target
        )
        for source, relation, target in found
        if source and relation and target
    ]


def _claims(stated: Mapping[str, Any], above: str = "") -> list[ResultLine]:
    """Each claim that can be read at a glance, under its name and the name of what it is in."""
    return list(islice(_each_claim(stated, above), MAX_CLAIMS))


def _each_claim(stated: Mapping[str, Any], above: str) -> Iterator[ResultLine]:
    for name, value in stated.items():
        title = in_words(_text(name))
        if name in _NO_CLAIMS:
            continue
        if isinstance(value, Mapping) and "@value" not in value:
            if not above:
                yield from _each_claim(value, title)
            continue
        if isinstance(value, bool):
            text = "Yes" if value else "No"
        else:
            text = ", ".join(_texts(value)) or _number(value)
        if text:
            yield ResultLine(f"{above}: {title}" if above else title, text)


def _moment(claims: Mapping[str, Any], name: str) -> str:
    try:
        found = numeric_dates.find(claims, name)
        return timestamps.write(found) if found else ""
    except VcError:
        return ""


def _begins(document: Mapping[str, Any]) -> str:
    return _text(document.get("validFrom")) or _text(document.get("issuanceDate"))


def _learner(subject: Mapping[str, Any]) -> str:
    for identity in _maps(subject.get("identifier")):
        if _text(identity.get("identityType")) == "name" and identity.get("hashed") is False:
            return _text(identity.get("identityHash"))
    return ""


def _skills(achievement: Mapping[str, Any]) -> list[SkillLine]:
    return [
        SkillLine(
            _text(alignment.get("targetName")),
            _web(alignment.get("targetUrl")),
            _text(alignment.get("targetFramework")),
        )
        for alignment in _maps(achievement.get("alignment"))
        if _text(alignment.get("targetName"))
    ]


def _results(subject: Mapping[str, Any], achievement: Mapping[str, Any]) -> list[ResultLine]:
    described = _maps(achievement.get("resultDescription"))
    levels = [level for each in described for level in _maps(each.get("rubricCriterionLevel"))]
    names, meanings = _by_id([*described, *levels], "name"), _by_id(levels, "description")
    found = [
        ResultLine(
            names.get(_text(result.get("resultDescription"))) or "Result",
            _text(result.get("value"))
            or names.get(_text(result.get("achievedLevel")), "")
            or in_words(_text(result.get("status"))),
            meanings.get(_text(result.get("achievedLevel")), ""),
        )
        for result in _maps(subject.get("result"))
    ]
    return [line for line in found if line.value]


def _by_id(things: Iterable[Mapping[str, Any]], member: str) -> dict[str, str]:
    return {_text(each["id"]): _text(each.get(member)) for each in things if each.get("id")}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _text(value: Any) -> str:
    """The text, also of a language value object, and the first where there are several.

    Without halves of characters, which could not be shown.
    """
    for each in value if isinstance(value, list) else [value]:
        text = each.get("@value") if isinstance(each, Mapping) else each
        return text.encode("utf-8", "replace").decode() if isinstance(text, str) else ""
    return ""


def _texts(value: Any) -> list[str]:
    """The texts of a member that is one text or a list of them."""
    values = value if isinstance(value, list) else [value]
    return [text for one in values if (text := _text(one))]


def _number(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else ""


def _web(value: Any) -> str:
    """An address that is safe to link to; `javascript:` and its like are not."""
    text = _text(value)
    return text if text.startswith(("https://", "http://")) else ""


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _first(value: Any) -> Mapping[str, Any]:
    return next(iter(_maps(value)), {})


def _maps(value: Any) -> list[Mapping[str, Any]]:
    members = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return [member for member in members if isinstance(member, Mapping)]
