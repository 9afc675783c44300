"""What a credential says, for people: the few facts one looks for, from any document at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from issuer.vc import status_list

# Records inside records inside records: nobody looks deeper.
MAX_DEPTH = 4


@dataclass(frozen=True)
class SkillLine:
    """One skill that the achievement is aligned to."""

    name: str
    url: str
    framework: str


@dataclass(frozen=True)
class ResultLine:
    """One result, under the name that its description gives it."""

    name: str
    value: str


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
    # What a learner's record (CLR 2.0) is made of.
    credentials: list[Reading] = field(default_factory=list)
    is_status_list: bool = False
    purposes: list[str] = field(default_factory=list)

    @property
    def awarded_on(self) -> date | None:
        """The day of the award, where it is written as a date."""
        return _day(self.awarded)

    @property
    def valid_until_on(self) -> date | None:
        """The last day of validity, where it is written as a date."""
        return _day(self.valid_until)

    @property
    def issuer_known_by(self) -> str:
        """What stands behind the name that the issuer gives itself: its address, if it has one.

        Of a did:web that is the host with the path; a did:key has nothing behind it.
        """
        method, _, rest = self.issuer_id.removeprefix("did:").partition(":")
        if not self.issuer_id.startswith("did:") or method not in ("web", "key"):
            return self.issuer_id
        if method == "key":
            return "a key that nobody vouches for"
        return rest.replace(":", "/").replace("%3A", ":").replace("%3a", ":")

    @property
    def kind_in_words(self) -> str:
        """The achievement type as people write it."""
        return kind_in_words(self.kind)


def kind_in_words(kind: str) -> str:
    """An achievement type: "CertificateOfCompletion" is "Certificate of completion"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.removeprefix("ext:")).capitalize()
    return words.replace("Co curricular", "Co-curricular").replace("Micro cred", "Microcred")


def read(document: Mapping[str, Any]) -> Reading:
    """The facts of a document that may be anybody's: what has another shape is passed over.

    Badges, records of learners and endorsements are read, of both versions of
    the data model. Says nothing about whether any of it is true; that is
    `verify`'s business.
    """
    return _read(document, MAX_DEPTH)


def _read(document: Mapping[str, Any], depth: int) -> Reading:
    subject = next(iter(_maps(document.get("credentialSubject"))), {})
    achievement = _map(subject.get("achievement"))
    issuer = document.get("issuer")
    profile = _map(issuer)
    return Reading(
        name=_words(achievement.get("name")) or _words(document.get("name")),
        description=_words(achievement.get("description"))
        or _words(document.get("description"))
        or _words(subject.get("endorsementComment")),
        kind=_text(achievement.get("achievementType")),
        learner=_learner(subject),
        issuer=_words(profile.get("name")),
        issuer_id=_text(issuer) or _text(profile.get("id")),
        issuer_url=_web(profile.get("url")),
        awarded=_text(document.get("awardedDate")) or _begins(document),
        valid_from=_begins(document),
        valid_until=_text(document.get("validUntil")) or _text(document.get("expirationDate")),
        term=_text(subject.get("term")),
        credits=_number(subject.get("creditsEarned")),
        code=_text(achievement.get("humanCode")),
        criteria=_text(_map(achievement.get("criteria")).get("narrative")),
        image=_web(_map(achievement.get("image")).get("id")),
        achievement=_web(achievement.get("id")),
        skills=_skills(achievement),
        results=_results(subject, achievement),
        credentials=_credentials(subject, depth - 1) if depth else [],
        is_status_list=status_list.CREDENTIAL_TYPE in _texts(document.get("type")),
        purposes=_texts(subject.get("statusPurpose")),
    )


def _credentials(subject: Mapping[str, Any], depth: int) -> list[Reading]:
    return [_read(each, depth) for each in _maps(subject.get("verifiableCredential"))]


def _begins(document: Mapping[str, Any]) -> str:
    return _text(document.get("validFrom")) or _text(document.get("issuanceDate"))


def _learner(subject: Mapping[str, Any]) -> str:
    for identity in _maps(subject.get("identifier")):
        if identity.get("identityType") == "name" and identity.get("hashed") is False:
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
    names = {
        _text(description.get("id")): _text(description.get("name"))
        for description in _maps(achievement.get("resultDescription"))
    }
    return [
        ResultLine(
            names.get(_text(result.get("resultDescription"))) or "Result",
            _text(result.get("value")) or _text(result.get("status")),
        )
        for result in _maps(subject.get("result"))
        if _text(result.get("value")) or _text(result.get("status"))
    ]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _text(value: Any) -> str:
    """The text, without halves of characters that could not be shown."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _words(value: Any) -> str:
    """The text, or that of a language value object, the first where there are several."""
    for each in value if isinstance(value, list) else [value]:
        return _text(each.get("@value") if isinstance(each, Mapping) else each)
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


def _maps(value: Any) -> list[Mapping[str, Any]]:
    members = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return [member for member in members if isinstance(member, Mapping)]
