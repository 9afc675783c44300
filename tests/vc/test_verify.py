import copy
import gzip
import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import contexts, did, lint, multibase, status_list
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import Unreachable
from issuer.vc.json_text import parse_json
from issuer.vc.signers import Ed25519Signer
from issuer.vc.verification import verify

from .any_json import any_json
from .conftest import DID, INDEX, LIST_URL, College, _badge

IDS = ["structure", "issuer", "signature", "dates", "status"]
PASSED, FAILED, COULD_NOT_CHECK = verify.Outcome
VALID, INVALID, UNKNOWN = verify.Verdict
HOUR = timedelta(hours=1)


def outcomes(report: verify.Report) -> dict[str, str]:
    assert [check.id for check in report.checks] == IDS
    assert all(check.detail for check in report.checks)
    return {check.id: check.outcome for check in report.checks if check.outcome != "passed"}


def test_a_sound_badge_is_valid(college: College, signed: dict[str, Any]) -> None:
    report = college.verify(signed)
    assert outcomes(report) == {}
    assert report.verdict == "valid"


@pytest.mark.parametrize("found", list(itertools.product(verify.Outcome, repeat=3)))
def test_the_verdict_is_the_worst_of_the_checks(
    found: tuple[verify.Outcome, ...],
) -> None:
    checks = tuple(verify.Check(str(number), outcome, "-") for number, outcome in enumerate(found))
    expected = INVALID if FAILED in found else UNKNOWN if COULD_NOT_CHECK in found else VALID
    assert verify.Report(checks).verdict == expected


def test_nothing_checked_is_not_valid() -> None:
    assert verify.Report(()).verdict == UNKNOWN


# The truth table: what can befall each check, alone and together.

SIGNATURES: dict[str, tuple[Callable[[dict[str, Any]], None], verify.Outcome]] = {
    "sound": (lambda badge: None, PASSED),
    "changed": (lambda badge: badge.update(name="Changed"), FAILED),
    "unknown suite": (
        lambda badge: badge["proof"].update(cryptosuite="bbs-2023"),
        COULD_NOT_CHECK,
    ),
}
MOMENTS = {
    "in time": (timedelta(), PASSED),
    "too early": (-timedelta(days=3), FAILED),
    "too late": (timedelta(days=365 * 6), FAILED),
}
STATUSES: dict[str, tuple[Callable[[College], None], verify.Outcome]] = {
    "clear": (lambda college: None, PASSED),
    "revoked": (lambda college: college.publish_list(INDEX), FAILED),
    "away": (lambda college: college.lists.clear(), COULD_NOT_CHECK),
    "forged": (
        lambda college: college.lists[LIST_URL].update(validFrom="2026-01-01T00:00:00Z"),
        COULD_NOT_CHECK,
    ),
}
ISSUERS: dict[str, tuple[Callable[[College], None], verify.Outcome]] = {
    "found": (lambda college: None, PASSED),
    "without the key": (
        lambda college: college.documents[DID].update(assertionMethod=[]),
        FAILED,
    ),
    "away": (lambda college: college.documents.clear(), COULD_NOT_CHECK),
}


@pytest.mark.parametrize(
    ("signature", "moment", "status", "issuer"),
    list(itertools.product(SIGNATURES, MOMENTS, STATUSES, ISSUERS)),
)
def test_each_check_tells_its_own_and_only_all_passed_is_valid(
    college: College,
    signed: dict[str, Any],
    signature: str,
    moment: str,
    status: str,
    issuer: str,
) -> None:
    SIGNATURES[signature][0](signed)
    college.now += MOMENTS[moment][0]
    college.publish_list()
    STATUSES[status][0](college)
    ISSUERS[issuer][0](college)
    report = college.verify(signed)
    found = {check.id: check.outcome for check in report.checks}

    assert found["structure"] == PASSED
    assert found["dates"] == MOMENTS[moment][1]
    assert found["issuer"] == ISSUERS[issuer][1]
    if issuer != "found":
        # Without the issuer's key neither the badge nor the list can be checked.
        assert found["signature"] == found["status"] == COULD_NOT_CHECK
    else:
        # Whose signature does not fit cannot send us to look at lists.
        signed_by_issuer = found["signature"] == PASSED
        assert found["status"] == (STATUSES[status][1] if signed_by_issuer else COULD_NOT_CHECK)
        # A proof is dated, too: three days before it was made it lies in the future.
        early = moment == "too early" and signature == "sound"
        assert found["signature"] == (FAILED if early else SIGNATURES[signature][1])
    if FAILED in found.values():
        assert report.verdict == INVALID
    elif COULD_NOT_CHECK in found.values():
        assert report.verdict == UNKNOWN
    assert (report.verdict == VALID) == (
        (signature, moment, status, issuer) == ("sound", "in time", "clear", "found")
    )


# Nothing may ride along unsigned


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        yield path
        for name, member in value.items():
            yield from objects(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, (*path, index))


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


@pytest.mark.thorough
@pytest.mark.parametrize(
    "addition",
    [
        {"gpa": 4},
        {"gpa": {"id": "https://a.example/gpa"}},
        {"": "x"},
        {"@note": "x"},
        {"@index": "x"},
        {"_:note": "x"},
        {"https://a.example/note": "x"},
        {"note": []},
        {"note": None},
    ],
    ids=str,
)
def test_an_unknown_member_anywhere_is_never_valid(
    college: College, signed: dict[str, Any], addition: dict[str, Any]
) -> None:
    for path in objects(signed):
        changed = copy.deepcopy(signed)
        at(changed, path).update(addition)
        assert college.verify(changed).verdict != VALID, path


@pytest.mark.thorough
def test_a_known_member_changed_or_taken_away_anywhere_is_never_valid(
    college: College, signed: dict[str, Any]
) -> None:
    for path in objects(signed):
        for name in at(signed, path):
            removed, replaced = copy.deepcopy(signed), copy.deepcopy(signed)
            del at(removed, path)[name]
            at(replaced, path)[name] = "urn:uuid:changed"
            assert college.verify(removed).verdict != VALID, (path, name)
            assert college.verify(replaced).verdict != VALID, (path, name)


def test_objects_of_one_id_are_one_to_a_signature_so_lint_refuses_them(
    college: College, badge: dict[str, Any]
) -> None:
    image = {
        "id": "https://college.example/logo.png",
        "type": "Image",
        "caption": "Our seal",
    }
    badge["issuer"]["image"] = dict(image)
    badge["image"] = {"id": image["id"], "type": "Image"}
    signed = college.sign(badge)
    moved = copy.deepcopy(signed)
    moved["image"]["caption"] = moved["issuer"]["image"].pop("caption")
    assert college.verify(moved).verdict == VALID
    assert {finding.code for finding in lint.lint(badge, issuer_did=DID)} == {"same_id"}


@settings(max_examples=40)
@given(data=st.data())
def test_a_random_member_at_a_random_place_is_never_valid(data: st.DataObject) -> None:
    college = College()
    signed = college.sign(_badge())
    path = data.draw(st.sampled_from(list(objects(signed))))
    place = at(signed, path)
    name = data.draw(st.text(max_size=8).filter(lambda name: name not in place))
    place[name] = data.draw(st.text(max_size=5) | st.integers() | st.booleans())
    assert college.verify(signed).verdict != VALID


# Structure


@pytest.mark.parametrize("document", [None, [], "text", 7, {}, {"@context": []}])
def test_what_is_no_credential_is_invalid_and_nobody_is_asked(
    college: College, document: Any
) -> None:
    college.documents = college.lists = {"x": None}

    def nobody(name: str) -> Any:
        raise AssertionError(f"{name} was asked for")

    report = verify.verify(document, resolve_did=nobody, fetch_status_list=nobody, now=college.now)
    assert report.check("structure").outcome == FAILED
    assert report.verdict == INVALID


@pytest.mark.parametrize(
    "context",
    [
        ["https://www.w3.org/ns/credentials/v2", "https://a.example/terms.json"],
        ["https://www.w3.org/ns/credentials/v2", {"gpa": "urn:x:gpa"}],
        ["https://www.w3.org/ns/credentials/v3"],
        ["https://w3id.org/security/data-integrity/v2"],
        [{"@vocab": "urn:x:"}],
    ],
)
def test_a_context_that_is_not_pinned_makes_it_unknown(
    college: College, signed: dict[str, Any], context: list[Any]
) -> None:
    report = college.verify({**signed, "@context": context})
    assert set(outcomes(report).values()) == {COULD_NOT_CHECK}
    assert report.verdict == UNKNOWN


def test_a_context_inside_the_document_is_refused(college: College, signed: dict[str, Any]) -> None:
    inner = {"@context": signed["@context"], **signed["credentialSubject"]}
    report = college.verify({**signed, "credentialSubject": inner})
    assert report.check("structure").outcome == FAILED


@pytest.mark.parametrize(
    "moved",
    [
        "https://www.w3.org/2018/credentials#credentialStatus",
        "@included",
        "@graph",
        "related",
    ],
)
def test_a_status_moved_out_of_sight_is_not_overlooked(
    college: College, signed: dict[str, Any], moved: str
) -> None:
    """The moved forms have the same canonical form, so the signature still fits."""
    college.publish_list(INDEX)
    status = signed.pop("credentialStatus")
    if moved.startswith("@"):
        signed[moved] = [{"id": signed["id"], "credentialStatus": status}]
    elif moved == "related":
        signed["evidence"][0] = {
            "id": signed["id"],
            "type": ["Evidence", "VerifiableCredential"],
            "credentialStatus": status,
        }
    else:
        signed[moved] = status
    report = college.verify(signed)
    assert report.check("structure").outcome == FAILED
    assert report.verdict == INVALID


def test_a_property_under_the_name_of_its_class_is_not_valid(
    college: College, signed: dict[str, Any]
) -> None:
    """The signature still fits, yet who looks for the criteria finds none."""
    achievement = signed["credentialSubject"]["achievement"]
    achievement["Criteria"] = achievement.pop("criteria")
    report = college.verify(signed)
    assert report.check("structure").outcome == FAILED
    assert "Criteria" in report.check("structure").detail
    assert report.verdict == INVALID


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["credentialSubject", "result"], lambda stated: [stated]),
        (["credentialSubject", "result", 0], lambda stated: [stated]),
        (["credentialSubject", "identifier"], lambda stated: [stated]),
        (["credentialSubject", "identifier", 0, "hashed"], lambda stated: str(stated).lower()),
        (["credentialSubject", "creditsEarned"], lambda stated: "7.5E0"),
        (["credentialSubject", "creditsEarned"], lambda stated: [stated]),
        (["credentialSchema"], lambda stated: [stated]),
    ],
)
def test_what_a_signature_takes_for_the_same_and_a_reader_overlooks_is_not_valid(
    college: College, badge: dict[str, Any], path: list[Any], value: Callable[[Any], Any]
) -> None:
    badge["credentialSubject"]["creditsEarned"] = 7.5
    signed = college.sign(badge)
    *way, last = path
    place: Any = signed
    for step in way:
        place = place[step]
    place[last] = value(place[last])
    proofs.verify_proof(signed, public_key=college.signer.public_multibase)
    assert college.verify(signed).check("structure").outcome == FAILED


def test_a_badge_that_spells_out_its_type_does_not_escape_the_rules_for_badges(
    college: College, signed: dict[str, Any]
) -> None:
    signed["type"] = [
        "VerifiableCredential",
        "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential",
    ]
    report = college.verify(signed)
    assert report.check("structure").outcome == FAILED
    assert report.verdict == INVALID


@pytest.mark.parametrize(
    "changes",
    [
        {"credentialSubject": []},
        {"credentialSubject": {}},
        {"issuer": DID},
        {"issuer": {"id": "college", "type": ["Profile"]}},
        {"type": ["OpenBadgeCredential"]},
        {"type": [7]},
        {"id": "7"},
        {"id": ["urn:uuid:1"]},
        {"proof": "z"},
        {"proof": None},
        {"credentialStatus": "none"},
        {"credentialStatus": [[{"type": "x"}]]},
        {"@context": "https://www.w3.org/ns/credentials/v2"},
        {"@context": ["https://www.w3.org/ns/credentials/v2"] * 2},
    ],
    ids=str,
)
def test_a_malformed_badge_is_invalid(
    college: College, signed: dict[str, Any], changes: dict[str, Any]
) -> None:
    report = college.verify({**signed, **changes})
    assert report.check("structure").outcome == FAILED
    assert report.verdict == INVALID


@pytest.mark.parametrize("name", ["id", "validFrom", "issuer", "credentialSubject"])
def test_a_badge_without_a_required_member_is_invalid(
    college: College, badge: dict[str, Any], name: str
) -> None:
    del badge[name]
    assert college.verify(college.sign(badge)).check("structure").outcome == FAILED


def test_a_badge_without_learner_or_achievement_is_invalid(
    college: College, badge: dict[str, Any]
) -> None:
    for name in ("identifier", "achievement"):
        changed = copy.deepcopy(badge)
        del changed["credentialSubject"][name]
        assert college.verify(college.sign(changed)).check("structure").outcome == FAILED


# Issuer and signature


def test_a_key_of_somebody_else_is_not_the_issuers(college: College, badge: dict[str, Any]) -> None:
    other = Ed25519Signer(b"\x09" * 32)
    own = f"did:key:{other.public_multibase}#{other.public_multibase}"
    claimed = did.method_id(DID, other.public_multibase)
    for method in (own, claimed):
        report = college.verify(college.sign(badge, signer=other, verification_method=method))
        assert outcomes(report) == {
            "issuer": FAILED,
            "signature": COULD_NOT_CHECK,
            "status": COULD_NOT_CHECK,
        }


def test_a_revoked_key_vouches_for_nothing(college: College, signed: dict[str, Any]) -> None:
    college.publish_keys(revoked=college.now - HOUR)
    assert outcomes(college.verify(signed))["issuer"] == FAILED
    document = college.documents[DID]
    document["assertionMethod"] = [college.method]
    assert outcomes(college.verify(signed))["issuer"] == FAILED


def test_a_retired_key_vouches_for_what_it_signed_before(
    college: College, badge: dict[str, Any]
) -> None:
    retired = college.now - timedelta(days=10)
    college.publish_keys(expires=retired)
    del badge["credentialStatus"]
    before = college.sign(badge, created=retired - HOUR)
    after = college.sign(badge, created=retired + HOUR)
    assert college.verify(before).verdict == VALID
    assert outcomes(college.verify(after))["issuer"] == FAILED


def test_a_did_document_of_somebody_else_is_refused(
    college: College, signed: dict[str, Any]
) -> None:
    college.documents[DID]["id"] = "did:web:other.example"
    assert outcomes(college.verify(signed))["issuer"] == FAILED
    for malformed in ([], "text", None):
        college.documents[DID] = malformed
        assert outcomes(college.verify(signed))["issuer"] == FAILED


def test_a_key_of_a_kind_we_do_not_know_leaves_it_unknown(
    college: College, signed: dict[str, Any]
) -> None:
    method = college.documents[DID]["verificationMethod"][0]
    del method["publicKeyMultibase"]
    method.update(type="JsonWebKey", publicKeyJwk={"kty": "EC"})
    assert outcomes(college.verify(signed))["signature"] == COULD_NOT_CHECK


def test_a_small_order_key_is_refused(college: College, signed: dict[str, Any]) -> None:
    weak = multibase.encode_base58btc(b"\xed\x01\x01" + bytes(31))
    method = did.method_id(DID, weak)
    college.documents[DID]["assertionMethod"] = [method]
    college.documents[DID]["verificationMethod"][0].update(id=method, publicKeyMultibase=weak)
    signed["proof"].update(
        verificationMethod=method,
        proofValue=multibase.encode_base58btc(b"\x01" + bytes(63)),
    )
    assert outcomes(college.verify(signed))["signature"] == FAILED


def test_a_did_key_issuer_is_resolved_without_asking(
    college: College, badge: dict[str, Any]
) -> None:
    identifier = f"did:key:{college.signer.public_multibase}"
    badge["issuer"]["id"] = identifier
    del badge["credentialStatus"]
    college.documents.clear()
    signed = college.sign(
        badge, verification_method=f"{identifier}#{college.signer.public_multibase}"
    )
    assert college.verify(signed).verdict == VALID


def test_an_issuer_of_another_kind_leaves_it_unknown(
    college: College, badge: dict[str, Any]
) -> None:
    for issuer in ("https://college.example/", "did:example:college"):
        badge["issuer"]["id"] = issuer
        report = college.verify(college.sign(badge, verification_method=f"{issuer}#key-1"))
        assert outcomes(report) == dict.fromkeys(["issuer", "signature", "status"], COULD_NOT_CHECK)


def test_a_key_is_not_an_issuers_because_the_issuer_is_no_did(
    college: College, badge: dict[str, Any]
) -> None:
    badge["issuer"]["id"] = "https://college.example/"
    key = college.signer.public_multibase
    for method in (college.method, f"did:key:{key}#{key}"):
        report = college.verify(college.sign(badge, verification_method=method))
        assert report.check("issuer").outcome == FAILED
        assert report.verdict == INVALID


def test_a_badge_without_proof_is_invalid(college: College, badge: dict[str, Any]) -> None:
    for document in (badge, {**badge, "proof": []}):
        assert outcomes(college.verify(document))["signature"] == FAILED


@pytest.mark.parametrize(
    "changes",
    [
        {"created": "2026-06-15T13:00:00Z"},
        {"created": "yesterday"},
        {"expires": "2026-06-15T11:59:59Z"},
        {"proofPurpose": "authentication"},
        {"proofPurpose": "keyAgreement"},
        {"note": "x"},
        {"proofValue": "z1"},
    ],
    ids=str,
)
def test_a_proof_that_is_not_as_it_should_be_fails(
    college: College, signed: dict[str, Any], changes: dict[str, Any]
) -> None:
    signed["proof"].update(changes)
    assert college.verify(signed).check("signature").outcome == FAILED


def test_each_proof_is_told_of_for_itself(college: College, signed: dict[str, Any]) -> None:
    proof = signed["proof"]
    witness = {**proof, "verificationMethod": "did:web:witness.example#key"}
    check = college.verify({**signed, "proof": [witness, proof]}).check("signature")
    assert [check.outcome, *(part.outcome for part in check.parts)] == [
        PASSED,
        COULD_NOT_CHECK,
        PASSED,
    ]
    check = college.verify({**signed, "proof": witness}).check("signature")
    assert [part.outcome for part in check.parts] == [COULD_NOT_CHECK]


def test_a_proof_of_somebody_else_speaks_neither_for_the_issuer_nor_against(
    college: College, signed: dict[str, Any]
) -> None:
    proof = signed["proof"]
    witness = {**proof, "verificationMethod": "did:web:witness.example#key"}
    for several in ([proof, witness], [witness, proof]):
        assert college.verify({**signed, "proof": several}).verdict == VALID
    for alone in (witness, [witness], [witness, witness]):
        report = college.verify({**signed, "proof": alone})
        assert report.check("issuer").outcome == FAILED
        assert report.check("signature").outcome != PASSED
    broken = {**proof, "created": "2026-06-15T10:00:00Z"}
    chained = {**proof, "previousProof": "urn:uuid:1"}
    for ours in (broken, chained):
        for several in ([ours, witness], [witness, ours]):
            assert college.verify({**signed, "proof": several}).verdict == INVALID


def test_in_a_proof_set_a_key_that_was_taken_back_fails_it(
    college: College, signed: dict[str, Any]
) -> None:
    stolen = {**signed["proof"], "verificationMethod": did.method_id(DID, "z6MkStolen")}
    for several in ([signed["proof"], stolen], [stolen, signed["proof"]]):
        report = college.verify({**signed, "proof": several})
        assert report.check("issuer").outcome == FAILED
        assert report.verdict == INVALID


def test_one_proof_of_a_kind_we_know_decides_and_each_of_them_must_fit(
    college: College, signed: dict[str, Any]
) -> None:
    proof = signed["proof"]
    foreign = {**proof, "cryptosuite": "bbs-2023"}
    assert college.verify({**signed, "proof": [foreign, proof]}).verdict == VALID
    assert college.verify({**signed, "proof": [foreign]}).verdict == UNKNOWN
    broken = {**proof, "created": "2026-06-15T10:00:00Z"}
    for several in ([proof, broken], [broken, proof]):
        assert college.verify({**signed, "proof": several}).verdict == INVALID


# Dates


def test_a_badge_is_valid_from_the_first_to_the_last_second(
    college: College, make_badge: Callable[..., dict[str, Any]]
) -> None:
    first, last = college.now, college.now + HOUR
    signed = college.sign(make_badge(valid_from=first, valid_until=last), created=first - HOUR)
    for moment, verdict in [
        (first - timedelta(seconds=1), INVALID),
        (first, VALID),
        (last, VALID),
        (last + timedelta(seconds=1), INVALID),
    ]:
        assert college.verify(signed, now=moment).verdict == verdict


@pytest.mark.parametrize(
    "changes",
    [
        {"validUntil": "2020-01-01T00:00:00Z"},
        {"validUntil": "2030-01-01"},
        {"validUntil": ["2030-01-01T00:00:00Z"] * 2},
        {"validFrom": "2026-01-01T00:00:00"},
    ],
    ids=str,
)
def test_dates_that_are_no_dates_or_in_wrong_order_fail(
    college: College, badge: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert outcomes(college.verify(college.sign({**badge, **changes}))) == {"dates": FAILED}


# Status


def test_a_badge_that_states_no_status_passes_and_says_so(
    college: College, badge: dict[str, Any]
) -> None:
    del badge["credentialStatus"]
    report = college.verify(college.sign(badge))
    assert report.verdict == VALID
    assert "no status" in report.check("status").detail


def test_only_the_revoked_badge_of_a_list_is_revoked(
    college: College, signed: dict[str, Any]
) -> None:
    college.publish_list(INDEX - 1, INDEX + 1)
    assert college.verify(signed).verdict == VALID
    college.publish_list(INDEX)
    report = college.verify(signed)
    assert outcomes(report) == {"status": FAILED}
    assert "revoked" in report.check("status").detail


@pytest.mark.parametrize(
    ("purpose", "outcome"),
    [("suspension", FAILED), ("refresh", PASSED), ("message", PASSED)],
)
def test_a_set_bit_means_what_its_purpose_says(
    college: College, badge: dict[str, Any], purpose: str, outcome: verify.Outcome
) -> None:
    badge["credentialStatus"]["statusPurpose"] = purpose
    signed = college.sign(badge)
    college.publish_list(INDEX, purpose=purpose)
    assert college.verify(signed).check("status").outcome == outcome
    college.publish_list(purpose=purpose)
    assert college.verify(signed).check("status").outcome == PASSED


def test_an_entry_of_several_bits_says_what_its_value_means(
    college: College, badge: dict[str, Any]
) -> None:
    messages = ("accepted", "pending", "rejected", "undefined")
    badge["credentialStatus"] = status_list.entry(
        list_url=LIST_URL, index=INDEX, purpose="message", messages=messages
    )
    signed = college.sign(badge)
    for value, message in enumerate(messages):
        bits = status_list.set_values({INDEX: value}, status_size=2)
        _with_subject(statusPurpose="message", encodedList=status_list.encode(bits))(college)
        check = college.verify(signed).check("status")
        assert (check.outcome, message in check.detail) == (PASSED, True)
        assert [part.value for part in check.parts] == [value]
    _with_subject(statusPurpose="message", encodedList=status_list.encode(bytes(16_384)))(college)
    assert college.verify(signed).check("status").outcome == COULD_NOT_CHECK


def test_every_status_of_several_counts(college: College, badge: dict[str, Any]) -> None:
    other = status_list.entry(
        list_url="https://college.example/status/8", index=3, purpose="suspension"
    )
    badge["credentialStatus"] = [badge["credentialStatus"], other]
    signed = college.sign(badge)
    assert college.verify(signed).check("status").outcome == COULD_NOT_CHECK
    college.publish_list(INDEX)
    check = college.verify(signed).check("status")
    assert check.outcome == FAILED
    assert [(part.outcome, part.value) for part in check.parts] == [
        (FAILED, 1),
        (COULD_NOT_CHECK, None),
    ]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"statusSize": 9}, COULD_NOT_CHECK),
        ({"statusSize": 2}, FAILED),
        ({"statusSize": 0}, FAILED),
        ({"statusPurpose": "suspension"}, FAILED),
        ({"statusListIndex": "131072"}, FAILED),
        ({"statusListIndex": "-1"}, FAILED),
        ({"statusListIndex": 7}, FAILED),
        ({"id": LIST_URL}, FAILED),
        ({"statusPurpose": 7}, FAILED),
        ({"statusListCredential": "https://college.example/status/9"}, COULD_NOT_CHECK),
    ],
    ids=str,
)
def test_an_entry_that_cannot_be_read_never_passes(
    college: College,
    badge: dict[str, Any],
    changes: dict[str, Any],
    outcome: verify.Outcome,
) -> None:
    badge["credentialStatus"].update(changes)
    report = college.verify(college.sign(badge))
    assert report.check("status").outcome == outcome


def test_a_context_without_a_version_leaves_it_unknown(
    college: College, signed: dict[str, Any]
) -> None:
    """What it means has changed over the years, and beside version 2.0 it means nothing at all."""
    unversioned = "https://purl.imsglobal.org/spec/ob/v3p0/context.json"
    for first in (contexts.CREDENTIALS_V2, contexts.CREDENTIALS_V1):
        report = college.verify({**signed, "@context": [first, unversioned]})
        assert report.verdict == UNKNOWN
        assert report.check("structure").outcome == COULD_NOT_CHECK
        assert unversioned in report.check("structure").detail


@pytest.mark.parametrize("kind", ["1EdTechRevocationList", "BitstringStatusList"])
def test_a_status_of_a_kind_we_do_not_know_leaves_it_unknown(
    college: College, badge: dict[str, Any], kind: str
) -> None:
    badge["credentialStatus"] = {"id": "https://college.example/revoked", "type": kind}
    report = college.verify(college.sign(badge))
    assert outcomes(report) == {"status": COULD_NOT_CHECK}


def _with_subject(**changes: Any) -> Callable[[College], None]:
    def publish(college: College) -> None:
        unsigned = {k: v for k, v in college.lists[LIST_URL].items() if k != "proof"}
        unsigned["credentialSubject"] = {**unsigned["credentialSubject"], **changes}
        college.lists[LIST_URL] = college.sign(unsigned)

    return publish


def _bomb() -> str:
    return multibase.encode_base64url(gzip.compress(bytes(64 * 1024 * 1024)))


def _by_another_issuer(college: College) -> None:
    stranger = College(did="did:web:stranger.example", signer=Ed25519Signer(b"\x0a" * 32))
    college.documents.update(stranger.documents)
    college.lists.update(stranger.lists)


def _by_a_did_key(college: College) -> None:
    signer = Ed25519Signer(b"\x0b" * 32)
    key = signer.public_multibase
    unsigned = {k: v for k, v in college.lists[LIST_URL].items() if k != "proof"}
    college.lists[LIST_URL] = college.sign(
        {**unsigned, "issuer": f"did:key:{key}"},
        signer=signer,
        verification_method=f"did:key:{key}#{key}",
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda college: college.lists.update({LIST_URL: None}),
        lambda college: college.lists.update({LIST_URL: {}}),
        lambda college: college.lists[LIST_URL].pop("proof"),
        lambda college: college.lists[LIST_URL]["proof"].update(cryptosuite="bbs-2023"),
        lambda college: college.publish_list(id="https://college.example/status/8"),
        lambda college: college.publish_list(type=["VerifiableCredential"]),
        lambda college: college.publish_list(validUntil="2026-06-15T11:00:00Z"),
        lambda college: college.publish_list(validFrom="2026-06-15T13:00:00Z"),
        _with_subject(encodedList="u"),
        lambda college: college.publish_list(credentialSubject={"id": f"{LIST_URL}#list"}),
        _with_subject(encodedList=status_list.encode(bytes(16_383))),
        _with_subject(encodedList=_bomb()),
        _by_another_issuer,
        _by_a_did_key,
    ],
)
def test_a_list_that_cannot_be_relied_on_leaves_it_unknown(
    college: College, signed: dict[str, Any], spoil: Callable[[College], None]
) -> None:
    spoil(college)
    report = college.verify(signed)
    assert outcomes(report) == {"status": COULD_NOT_CHECK}
    assert report.verdict == UNKNOWN


def test_a_list_of_the_host_that_serves_it_is_relied_on(
    college: College, signed: dict[str, Any]
) -> None:
    publisher = College(did="did:web:college.example:status", signer=Ed25519Signer(b"\x0c" * 32))
    college.documents.update(publisher.documents)
    college.lists.update(publisher.lists)
    assert college.verify(signed).verdict == VALID
    publisher.publish_list(INDEX)
    college.lists.update(publisher.lists)
    assert college.verify(signed).verdict == INVALID


def test_a_purpose_that_nobody_knows_is_not_passed_over(
    college: College, badge: dict[str, Any]
) -> None:
    badge["credentialStatus"]["statusPurpose"] = "gold"
    signed = college.sign(badge)
    bits = status_list.encode(status_list.set_bits([INDEX]))
    _with_subject(statusPurpose="gold", encodedList=bits)(college)
    assert outcomes(college.verify(signed)) == {"status": COULD_NOT_CHECK}


def test_a_status_that_is_empty_fails(college: College, badge: dict[str, Any]) -> None:
    badge["credentialStatus"] = []
    assert outcomes(college.verify(college.sign(badge))) == {"status": FAILED}


def test_an_array_of_purposes_is_understood(college: College, signed: dict[str, Any]) -> None:
    _with_subject(statusPurpose=["suspension", "revocation"])(college)
    assert college.verify(signed).verdict == VALID


def test_the_issuer_is_asked_for_once(college: College, signed: dict[str, Any]) -> None:
    asked: list[str] = []

    def resolve(identifier: str) -> Any:
        asked.append(identifier)
        return college.resolve_did(identifier)

    verify.verify(
        signed,
        resolve_did=resolve,
        fetch_status_list=college.fetch_status_list,
        now=college.now,
    )
    assert asked == [DID]


def test_more_proofs_or_statuses_than_are_worth_checking_are_refused_unread(
    college: College, signed: dict[str, Any]
) -> None:
    def nobody(name: str) -> Any:
        raise AssertionError(f"{name} was asked for")

    for name, most in (
        ("proof", verify.MAX_PROOFS),
        ("credentialStatus", verify.MAX_STATUSES),
    ):
        many = {**signed, name: [signed[name]] * (most + 1)}
        report = verify.verify(many, resolve_did=nobody, fetch_status_list=nobody, now=college.now)
        assert report.check("structure").outcome == FAILED
        assert f"more than {most}" in report.check("structure").detail
    four = {**signed, "proof": [signed["proof"]] * verify.MAX_PROOFS}
    assert college.verify(four).verdict == VALID


def test_a_list_that_several_statuses_name_is_asked_for_once(
    college: College, badge: dict[str, Any]
) -> None:
    badge["credentialStatus"] = [
        {**badge["credentialStatus"], "statusListIndex": str(index)} for index in range(4)
    ]
    for entry in badge["credentialStatus"]:
        entry["id"] = f"{LIST_URL}#{entry['statusListIndex']}"
    asked: list[str] = []

    def fetch(url: str) -> Any:
        asked.append(url)
        return college.fetch_status_list(url)

    signed = college.sign(badge)
    report = verify.verify(
        signed, resolve_did=college.resolve_did, fetch_status_list=fetch, now=college.now
    )
    assert report.verdict == VALID
    assert asked == [LIST_URL]
    college.publish_list(3)
    assert college.verify(signed).verdict == INVALID


def test_the_status_of_what_the_issuer_did_not_sign_is_not_looked_at(
    college: College, signed: dict[str, Any]
) -> None:
    def nobody(url: str) -> Any:
        raise AssertionError(f"{url} was asked for")

    signed["name"] = "Changed"
    report = verify.verify(
        signed, resolve_did=college.resolve_did, fetch_status_list=nobody, now=college.now
    )
    assert outcomes(report) == {"signature": FAILED, "status": COULD_NOT_CHECK}
    assert "Not looked at" in report.check("status").detail


def test_an_answer_that_is_no_json_is_not_a_failure(
    college: College, signed: dict[str, Any]
) -> None:
    def sign_in_page(name: str) -> Any:
        return parse_json(b"<html>Please sign in to this network</html>")

    for resolve, fetch in [
        (sign_in_page, sign_in_page),
        (college.resolve_did, sign_in_page),
        (sign_in_page, college.fetch_status_list),
    ]:
        report = verify.verify(
            signed, resolve_did=resolve, fetch_status_list=fetch, now=college.now
        )
        assert set(outcomes(report).values()) == {COULD_NOT_CHECK}


def test_a_resolver_that_is_away_is_not_a_failure(college: College, signed: dict[str, Any]) -> None:
    def away(name: str) -> Any:
        raise Unreachable(f"{name} does not answer.")

    report = verify.verify(signed, resolve_did=away, fetch_status_list=away, now=college.now)
    assert outcomes(report) == dict.fromkeys(["issuer", "signature", "status"], COULD_NOT_CHECK)


JSON = any_json("id", "type", "name")


@settings(max_examples=60)
@given(data=st.data())
def test_any_value_anywhere_gives_a_report_and_no_error(data: st.DataObject) -> None:
    college = College()
    documents = {
        "badge": college.sign(_badge()),
        "did": college.documents[DID],
        "list": college.lists[LIST_URL],
    }
    which = data.draw(st.sampled_from(sorted(documents)))
    path = data.draw(st.sampled_from(list(objects(documents[which]))))
    place = at(documents[which], path)
    if place:
        place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    outcomes(college.verify(documents["badge"]))


def test_calls_may_share_the_status_lists_that_they_rely_on(
    college: College, signed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(url: str) -> dict[str, Any]:
        asked.append(url)
        return college.fetch_status_list(url)

    lists: verify.TrustedLists = {}
    for _ in range(3):
        report = verify.verify(
            signed,
            resolve_did=college.resolve_did,
            fetch_status_list=fetch,
            now=college.now,
            trusted_lists=lists,
        )
        assert report.verdict is verify.Verdict.VALID
    assert asked == [LIST_URL]
    monkeypatch.setattr(verify, "MAX_TRUSTED_LISTS", 1)
    lists["https://college.example/status/8"] = lists.pop(LIST_URL)
    verify.verify(
        signed,
        resolve_did=college.resolve_did,
        fetch_status_list=fetch,
        now=college.now,
        trusted_lists=lists,
    )
    assert list(lists) == [LIST_URL]
