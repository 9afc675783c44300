"""Credentials that others composed: what the product signs of them, and what only suites get."""

import copy
import functools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import contexts, endorsements, openbadges, status_list, walk
from issuer.vc.lint import COLLEGE, COMPOSED_ELSEWHERE, CONFORMANCE, lint

from . import stated_values
from .conftest import DID, LIST_URL, College, _badge, _signed
from .test_clr import record
from .test_lint import ACHIEVEMENT, GONE, SUBJECT, put

PLAIN = {
    "@context": [contexts.CREDENTIALS_V2],
    "type": ["VerifiableCredential"],
    "issuer": DID,
    "credentialSubject": {"id": "did:example:subject"},
}
OLD = {
    "@context": [contexts.CREDENTIALS_V1, contexts.DATA_INTEGRITY_V2],
    "id": "urn:uuid:5b5f9e7e-0f4b-4ec6-8d37-000000000001",
    "type": ["VerifiableCredential"],
    "issuer": DID,
    "issuanceDate": "2026-01-31T12:00:00Z",
    "credentialSubject": {"id": "did:example:subject"},
}


def found(document: Any, pointer: str = "*", profile: Any = COMPOSED_ELSEWHERE) -> set[str]:
    findings = lint(document, issuer_did=DID, profile=profile)
    return {each.code for each in findings if pointer in ("*", each.pointer)}


def entry(**members: Any) -> dict[str, Any]:
    made = status_list.entry(list_url=LIST_URL, index=7, purpose="revocation")
    return {name: value for name, value in (made | members).items() if value is not GONE}


# The data model


def test_the_product_signs_plain_credentials_with_contexts_that_everybody_knows() -> None:
    assert found(PLAIN) == set()
    for url in (contexts.OPEN_BADGES, contexts.OB_EXTENSIONS, contexts.DATA_INTEGRITY_V2):
        assert found({**PLAIN, "@context": [contexts.CREDENTIALS_V2, url]}) == set()


def test_nobody_composes_the_status_lists_of_the_service() -> None:
    """Signed by the institution's key, one would say that nothing was ever withdrawn."""
    listed = {name: value for name, value in College().lists[LIST_URL].items() if name != "proof"}
    assert found(listed, "/type") == {"status_list"}
    assert found(listed, "/credentialSubject/type") == {"status_list"}
    only_subject = {**listed, "type": ["VerifiableCredential"]}
    assert found(only_subject, "/credentialSubject/type") == {"status_list"}


def test_no_list_stands_in_a_list() -> None:
    subject = {"id": "did:example:subject", "name": [["Ada"]]}
    assert found({**PLAIN, "credentialSubject": subject}) == {"list_in_list"}
    badge = put(_badge(), "/credentialSubject/result", [_badge()["credentialSubject"]["result"]])
    assert "list_in_list" in found(badge, profile=COLLEGE)


@pytest.mark.parametrize(
    "context",
    [
        contexts.EXAMPLES_V2,
        contexts.DID_V1,
        contexts.ED25519_2020_V1,
        contexts.MULTIKEY_V1,
        {"term": "https://a.example/terms#term"},
    ],
    ids=str,
)
def test_contexts_of_examples_and_of_ones_own_are_for_test_suites(context: Any) -> None:
    document = {**PLAIN, "@context": [contexts.CREDENTIALS_V2, context]}
    assert found(document, "/@context/1") == {"wrong_contexts"}
    assert found(document, profile=CONFORMANCE) == set()


def test_the_direction_of_text_is_for_test_suites() -> None:
    name = {"@value": "Kurs", "@language": "de", "@direction": "ltr"}
    assert found({**PLAIN, "name": name}, "/name/@direction") == {"data_loss"}
    assert found({**PLAIN, "name": name}, profile=CONFORMANCE) == set()
    del name["@direction"]
    assert found({**PLAIN, "name": name}) == set()


@pytest.mark.parametrize(
    "profile", [COLLEGE, COMPOSED_ELSEWHERE, CONFORMANCE], ids=lambda p: p.name
)
def test_the_issuer_is_the_one_whose_key_signs(profile: Any) -> None:
    for issuer, pointer in [
        ("did:web:other.example", "/issuer"),
        ({"id": "did:web:other.example"}, "/issuer/id"),
        (None, "/issuer"),
        (GONE, "/issuer"),
    ]:
        document = {
            name: value for name, value in {**PLAIN, "issuer": issuer}.items() if value is not GONE
        }
        assert "wrong_issuer" in found(document, pointer, profile)
    findings = lint(PLAIN, issuer_did="college.example", profile=profile)
    assert "wrong_issuer" in {each.code for each in findings}


def test_a_context_stands_only_in_a_credential() -> None:
    inner = {"id": "did:example:1", "@context": [contexts.CREDENTIALS_V2]}
    document = {**PLAIN, "credentialSubject": inner}
    assert found(document, "/credentialSubject/@context") == {"inner_context"}


@pytest.mark.parametrize("number", [10**15, 2**53 + 1, 0.1 + 0.2, -0.0, 1e300])
def test_numbers_that_are_written_in_more_than_one_way_are_found(number: float) -> None:
    document = {
        "@context": [contexts.CREDENTIALS_V2, contexts.EXAMPLES_V2],
        "type": ["VerifiableCredential"],
        "issuer": DID,
        "credentialSubject": {"anything": [1, -2.5, 1e-7, number]},
    }
    where = "/credentialSubject/anything/3"
    assert found(document, where, CONFORMANCE) == {"wrong_value"}
    document["credentialSubject"]["anything"][3] = 0  # type: ignore[index]
    assert found(document, profile=CONFORMANCE) == set()


def test_the_credential_says_what_it_says_in_one_place() -> None:
    document = {**PLAIN, "id": "urn:uuid:1"}
    hidden = {"id": "urn:uuid:1", "validUntil": "2020-01-01T00:00:00Z"}
    assert "same_id" in found({**document, "credentialSubject": hidden}, "/credentialSubject/id")
    assert found({**document, "credentialSubject": {"id": "urn:uuid:1"}}) == set()


def test_what_is_signed_already_is_not_signed_again(college: College) -> None:
    for profile in (COLLEGE, COMPOSED_ELSEWHERE, CONFORMANCE):
        assert "signed_already" in found(college.sign(PLAIN), "/proof", profile)


# Version 1.1


def test_version_1_1_is_for_test_suites() -> None:
    assert found(OLD, profile=CONFORMANCE) == set()
    assert "wrong_contexts" in found(OLD)
    ends = {**OLD, "expirationDate": "2027-01-31T12:00:00Z"}
    assert found(ends, profile=CONFORMANCE) == set()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("@context", [contexts.CREDENTIALS_V1, contexts.CREDENTIALS_V2]),
        ("type", GONE),
        ("type", ["Undefined"]),
        ("issuer", GONE),
        ("issuer", "foo"),
        ("issuanceDate", GONE),
        ("issuanceDate", "2026-01-31"),
        ("expirationDate", "soon"),
        ("expirationDate", "2025-01-31T12:00:00Z"),
        ("credentialSubject", GONE),
        ("credentialSubject", "did:example:1"),
        ("credentialStatus", {"type": "https://a.example/#Status"}),
        ("refreshService", {"type": "https://a.example/#Service"}),
        ("credentialSchema", {"id": "https://a.example/1"}),
        ("termsOfUse", [{"id": "https://a.example/1"}]),
        ("evidence", "seen"),
        ("validFrom", None),
    ],
)
def test_what_version_1_1_forbids_is_refused(member: str, value: Any) -> None:
    document = {name: found for name, found in {**OLD, member: value}.items() if found is not GONE}
    assert found(document, profile=CONFORMANCE)


# Status entries


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("statusPurpose", ["revocation"]),
        ("statusPurpose", GONE),
        ("statusListIndex", 7),
        ("statusListIndex", "07"),
        ("statusListCredential", "status/7"),
        ("id", LIST_URL),
        ("statusSize", 0),
        ("statusSize", True),
        ("statusSize", "1"),
        ("statusReference", ["no url"]),
    ],
)
def test_a_bitstring_entry_that_cannot_be_read_is_found(member: str, value: Any) -> None:
    document = {**PLAIN, "credentialStatus": [entry(), entry(**{member: value})]}
    assert "wrong_value" in found(document, f"/credentialStatus/1/{member}")
    assert found({**PLAIN, "credentialStatus": [entry(), entry(id=GONE)]}) == set()


# Open Badges


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"type": ["VerifiableCredential", "AchievementCredential"]},
        {"type": ["VerifiableCredential", "OpenBadgeCredential", "https://a.example/#Type"]},
        {"name": GONE},
        {"credentialSchema": GONE},
        {"credentialSchema": dict(openbadges.SCHEMA)},
        {"credentialStatus": entry(id=GONE, statusPurpose="suspension")},
        {"credentialStatus": {"id": "https://a.example/1", "type": "1EdTechRevocationList"}},
        {"refreshService": {"id": "https://a.example/1", "type": "1EdTechCredentialRefresh"}},
        {"endorsement": [stated_values.signed_endorsement()]},
        {"endorsementJwt": ["eyJhbGciOiJFUzI1NiJ9.e30.c2ln"]},
    ],
    ids=str,
)
def test_a_badge_of_others_may_be_what_the_specification_allows(
    badge: dict[str, Any], changes: dict[str, Any]
) -> None:
    document = {name: value for name, value in (badge | changes).items() if value is not GONE}
    assert found(document) == set()


def test_a_type_may_stand_alone_in_a_badge_of_others(badge: dict[str, Any]) -> None:
    for pointer in (f"{SUBJECT}/type", f"{ACHIEVEMENT}/type", "/issuer/type"):
        name = badge["issuer"]["type"][0] if pointer.startswith("/issuer") else None
        name = name or ("Achievement" if pointer.startswith(ACHIEVEMENT) else "AchievementSubject")
        badge = put(badge, pointer, name)
    assert found(badge) == set()
    assert found(badge, profile=COLLEGE) == {"wrong_type"}


@pytest.mark.parametrize(
    ("pointer", "value", "code", "found_at"),
    [
        ("/@context/1", contexts.OPEN_BADGES_3_0_2, "wrong_contexts", "/@context"),
        ("/id", GONE, "missing", None),
        ("/issuer", DID, "wrong_kind", None),
        ("/validFrom", GONE, "missing", None),
        ("/validUntil", "2020-01-01T00:00:00Z", "wrong_order", None),
        ("/name", {"@value": "Name", "@language": "en"}, "wrong_value", None),
        ("/image", "https://a.example/a.png", "wrong_kind", None),
        ("/credentialStatus", [entry(), entry()], "wrong_kind", None),
        ("/credentialSchema/0/id", "https://a.example/1", "wrong_value", "/credentialSchema"),
        ("/evidence", {"type": ["Evidence"]}, "wrong_kind", None),
        ("/credentialSubject", [{}], "wrong_kind", None),
        (f"{SUBJECT}/identifier", GONE, "missing", SUBJECT),
        (f"{SUBJECT}/identifier/0/identityHash", "md5$123", "wrong_value", None),
        (f"{SUBJECT}/identifier/0/identityHash", 7, "wrong_value", None),
        (f"{SUBJECT}/activityEndDate", "2020-01-01T00:00:00Z", "wrong_order", None),
        (f"{SUBJECT}/result/0/resultDescription", "urn:uuid:9", "dangling", None),
        (f"{SUBJECT}/result/0/value", "Z", "not_allowed", None),
        (f"{SUBJECT}/result/0/achievedLevel", "urn:uuid:9", "dangling", None),
        (f"{ACHIEVEMENT}/criteria", {}, "missing", None),
        (f"{ACHIEVEMENT}/inLanguage", "English", "wrong_value", None),
        (f"{ACHIEVEMENT}/resultDescription/1/id", "urn:uuid:9", None, None),
        (f"{ACHIEVEMENT}/endorsement", [{}], "wrong_value", "*"),
        (f"{ACHIEVEMENT}/endorsement", ["eyJ.e30.c2ln"], "wrong_kind", "*"),
        (f"{ACHIEVEMENT}/endorsementJwt", ["token"], "wrong_value", "*"),
    ],
)
def test_what_is_wrong_with_a_badge_of_others_is_found_where_it_is(
    badge: dict[str, Any], pointer: str, value: Any, code: str | None, found_at: str | None
) -> None:
    changed = put(badge, pointer, value)
    if code is None:
        assert found(changed)
    else:
        assert code in found(changed, found_at if found_at is not None else pointer)


def test_two_descriptions_of_one_id_and_a_status_without_one_are_found(
    badge: dict[str, Any],
) -> None:
    twins = badge["credentialSubject"]["achievement"]["resultDescription"]
    first = twins[0]["id"]
    changed = put(badge, f"{ACHIEVEMENT}/resultDescription/1/id", first)
    assert "twice" in found(changed, f"{ACHIEVEMENT}/resultDescription/1/id")
    changed = put(badge, f"{ACHIEVEMENT}/resultDescription/0/resultType", "Status")
    assert "missing" in found(changed, f"{SUBJECT}/result/0/status")
    changed = put(badge, f"{SUBJECT}/result/0", {"type": ["Result"], "achievedLevel": "urn:x:1"})
    assert "missing" in found(changed, f"{SUBJECT}/result/0")


# Endorsements


def endorsement() -> dict[str, Any]:
    unsigned = copy.deepcopy(stated_values.signed_endorsement())
    del unsigned["proof"]
    return unsigned


def test_an_endorsement_of_others_is_signed() -> None:
    assert found(endorsement()) == set()
    subject = endorsements.EndorsementSubject(id=DID, endorsement_comment="**Sound.**")
    assert endorsement()["credentialSubject"] == subject.as_json()


ENDORSEMENT_FAULTS: list[tuple[str, Any, str, str | None]] = [
    ("/@context/1", contexts.OB_EXTENSIONS, "wrong_contexts", "/@context"),
    ("/name", GONE, "missing", None),
    ("/name", " ", "wrong_value", None),
    ("/credentialSubject/id", GONE, "missing", None),
    ("/credentialSubject/type", ["AchievementSubject"], "wrong_type", None),
    ("/credentialSubject/endorsementComment", 7, "wrong_value", None),
    ("/credentialSchema/0/id", openbadges.SCHEMA["id"], "wrong_value", "/credentialSchema"),
]


@pytest.mark.parametrize(("pointer", "value", "code", "found_at"), ENDORSEMENT_FAULTS)
def test_what_is_wrong_with_an_endorsement_is_found_also_inside_a_badge(
    badge: dict[str, Any], pointer: str, value: Any, code: str, found_at: str | None
) -> None:
    where = found_at or pointer
    assert code in found(put(endorsement(), pointer, value), where)
    inside = put(stated_values.signed_endorsement(), pointer, value)
    badge["issuer"]["endorsement"] = [inside]
    assert code in found(badge, f"/issuer/endorsement/0{where}")


# What no document may do


VALUES: list[Any] = [
    None,
    True,
    7,
    float("inf"),
    "",
    "x",
    "\ud800",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"id": 7},
    {"id": ["a"]},
    {"type": {}},
    {"@value": 1},
    {"@context": []},
    {"@context": {"x": None}},
    {"a/b": {"~": 1}},
    {"type": ["VerifiableCredential"], "@context": [[]]},
    {"type": ["VerifiableCredential", "EndorsementCredential"], "@context": [{}], "proof": 7},
]


@functools.cache
def everything() -> tuple[tuple[dict[str, Any], tuple[str, ...]], ...]:
    """A record and a badge with everything in them, and all the places in them."""
    documents = (
        record(_signed()),
        _badge()
        | {
            "endorsement": [stated_values.signed_endorsement()],
            "relatedResource": [{"id": contexts.CREDENTIALS_V2, "digestSRI": "sha384-x"}],
            "termsOfUse": [{"type": "https://a.example/#Policy"}],
            "credentialStatus": [
                status_list.entry(
                    list_url=LIST_URL, index=1, purpose="message", messages=["no", "yes"]
                )
            ],
        },
    )
    tops = ("/@context", "/@context/0", "/@context/1")
    return tuple(
        (document, (*tops, *(pointer for pointer, _ in walk.members(document))))
        for document in documents
    )


@pytest.mark.parametrize(
    "profile", [COLLEGE, COMPOSED_ELSEWHERE, CONFORMANCE], ids=lambda profile: profile.name
)
@settings(max_examples=150)
@given(data=st.data())
def test_any_value_anywhere_gives_findings_and_no_other_error(
    profile: Any, data: st.DataObject
) -> None:
    document, pointers = data.draw(st.sampled_from(everything()))
    changed = put(
        document, data.draw(st.sampled_from(pointers)), data.draw(st.sampled_from(VALUES))
    )
    findings = lint(changed, issuer_did=DID, profile=profile)
    assert all(isinstance(finding.message, str) for finding in findings)
