"""Strategies for everything that the classes of Open Badges 3.0 and CLR 2.0 can state."""

import functools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from issuer.vc import clr, endorsements, openbadges
from issuer.vc.kinds import Kind
from issuer.vc.openbadges import IssuedCredential
from issuer.vc.stated import Member, Stated, members

from .conftest import DID, NOW, College, _signed

TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\t\n"), max_size=12
)
URIS = st.integers(0, 10**6).map("https://college.example/things/{}".format)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
_PLAIN: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: TEXTS,
    Kind.URI: URIS,
    Kind.LANGUAGE: st.sampled_from(["en", "pt-BR", "zh-Hant-TW", "es-419"]),
    Kind.COUNTRY: st.sampled_from(["US", "DE"]),
    Kind.TIME: MOMENTS,
    Kind.DATE: st.dates(date(1900, 1, 1)),
    Kind.NUMBER: st.integers(-90, 90) | st.decimals(-90, 90, places=3),
    Kind.BOOLEAN: st.booleans(),
    Kind.COMPACT_JWS: st.just("eyJhbGciOiJFUzI1NiJ9.e30.c2ln"),
    Kind.TYPED: st.just(
        {
            "id": "https://college.example/status/7#1",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "1",
            "statusListCredential": "https://college.example/status/7",
        }
    ),
    Kind.SIGNED: st.deferred(lambda: st.just(_signed())),
    Kind.ENDORSEMENT: st.deferred(lambda: st.just(signed_endorsement())),
}
# What one member may hold depends on others; the rules for it have tests of their own.
_APART: dict[tuple[type[Stated], str], st.SearchStrategy[Any]] = {
    (openbadges.ResultDescription, "required_level"): st.none(),
    (openbadges.ResultDescription, "required_value"): st.none(),
    (openbadges.ResultDescription, "value_min"): st.just("-1.5") | st.none(),
    (openbadges.ResultDescription, "value_max"): st.just("7") | st.none(),
    (openbadges.ResultDescription, "rubric_criterion_level"): st.deferred(
        lambda: few(of(openbadges.RubricCriterionLevel), unique_by=lambda level: level.id)
    ),
    (openbadges.Achievement, "result_description"): st.deferred(
        lambda: few(of(openbadges.ResultDescription), unique_by=lambda each: each.id)
    ),
    (openbadges.AchievementSubject, "result"): st.just((openbadges.Result(value="A"),)),
    (openbadges.AchievementSubject, "activity_end_date"): st.none(),
    (openbadges.Criteria, "narrative"): TEXTS.map("Do: {}".format),
    (openbadges.IdentityObject, "hashed"): st.just(False),
    (openbadges.Profile, "parent_org"): st.none()
    | st.just(openbadges.Profile(id="https://state.example/")),
    (openbadges.RefreshService, "type"): st.just("1EdTechCredentialRefresh"),
    (openbadges.CredentialSchema, "type"): st.just(openbadges.SCHEMA_TYPE),
    (openbadges.TermsOfUse, "type"): st.just("https://college.example/terms#Policy"),
    (clr.ClrSubject, "verifiable_credential"): st.just((_signed(),)),
    (clr.ClrSubject, "association"): st.just(()),
}
CLASSES = (
    openbadges.Address,
    openbadges.Achievement,
    openbadges.AchievementCredential,
    openbadges.AchievementSubject,
    openbadges.Alignment,
    openbadges.CredentialSchema,
    openbadges.Criteria,
    openbadges.Evidence,
    openbadges.GeoCoordinates,
    openbadges.IdentifierEntry,
    openbadges.IdentityObject,
    openbadges.Image,
    openbadges.Profile,
    openbadges.RefreshService,
    openbadges.Related,
    openbadges.Result,
    openbadges.ResultDescription,
    openbadges.RubricCriterionLevel,
    openbadges.TermsOfUse,
    endorsements.EndorsementCredential,
    endorsements.EndorsementSubject,
    clr.Association,
    clr.ClrCredential,
    clr.ClrSubject,
)


@functools.cache
def signed_endorsement() -> dict[str, Any]:
    """An endorsement of the college by itself, which the rules do not forbid."""
    subject = endorsements.EndorsementSubject(id=DID, endorsement_comment="**Sound.**")
    unsigned = endorsements.EndorsementCredential(
        id="urn:uuid:5b5f9e7e-0f4b-4ec6-8d37-00000000e001",
        name="Endorsement",
        issuer=openbadges.Profile(id=DID, name="Example College"),
        credential_subject=subject,
        valid_from=NOW - timedelta(days=3),
    )
    return College().sign(unsigned.as_credential())


def few(values: st.SearchStrategy[Any], **options: Any) -> st.SearchStrategy[Any]:
    """None or one, as a tuple: enough, as all are treated alike."""
    return st.lists(values, max_size=1, **options).map(tuple)


@functools.cache
def of(class_: type[Stated]) -> st.SearchStrategy[Any]:
    """Objects of the class, with any members that the specification allows."""
    fields = {member.field: _member(class_, member) for member in members(class_)}
    if issubclass(class_, openbadges.Learner):
        fields["id"] = st.just("did:key:z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi")
    if issubclass(class_, IssuedCredential):
        fields["id"] = st.just("urn:uuid:5b5f9e7e-0f4b-4ec6-8d37-00000000c001")
        fields["name"] = TEXTS.map("Credential {}".format)
        fields["valid_until"] = st.none() | st.just(datetime(2300, 1, 1, tzinfo=UTC))
        fields.pop("credential_schema")
    return st.builds(class_, **fields)


def _member(class_: type[Stated], member: Member) -> st.SearchStrategy[Any]:
    apart = _APART.get((class_, member.field))
    if apart is not None:
        return apart
    one = _one(member)
    if member.required:
        return one.filter(lambda value: not isinstance(value, str) or bool(value.strip()))
    return few(one) if member.many else st.none() | one


def _one(member: Member) -> st.SearchStrategy[Any]:
    kind = member.kind
    if isinstance(kind, type):
        return st.deferred(lambda: of(kind))
    if isinstance(kind, frozenset):
        return st.sampled_from(sorted(kind))
    return _PLAIN[kind]
