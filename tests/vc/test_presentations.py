"""verify_presentation: the holder's proof, and each credential that is presented."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import contexts, openbadges
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import Unreachable
from issuer.vc.signers import Ed25519Signer, P256Signer, Signer
from issuer.vc.verification import structure, verify

from .any_json import any_json
from .conftest import DID, LIST_URL, NOW, College

PASSED, FAILED, COULD_NOT_CHECK = verify.Outcome
VALID, INVALID, UNKNOWN = verify.Verdict
Document = dict[str, Any]
HOLDER, STRANGER = Ed25519Signer(b"\x41" * 32), P256Signer(b"\x42" * 32)
ASKED: Document = {"challenge": "c-1", "domain": "employer.example"}


def name_of(signer: Signer) -> str:
    return f"did:key:{signer.public_multibase}"


def presentation(*credentials: Document, **changes: Any) -> Document:
    return {
        "@context": [contexts.CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": name_of(HOLDER),
        "verifiableCredential": list(credentials),
        **changes,
    }


def presented(document: Document, signer: Signer = HOLDER, **options: Any) -> Document:
    suite = "eddsa-rdfc-2022" if signer.kind == "Ed25519" else "ecdsa-rdfc-2019"
    config = proofs.proof_config(
        **{
            "verification_method": f"{name_of(signer)}#{signer.public_multibase}",
            "created": NOW,
            "purpose": "authentication",
            "cryptosuite": suite,
            **ASKED,
            **options,
        }
    )
    return proofs.append_proof(document, config, signer=signer)


def check(college: College, document: object, **options: Any) -> verify.PresentationReport:
    return verify.verify_presentation(
        document,
        resolve_did=college.resolve_did,
        fetch_status_list=college.fetch_status_list,
        now=college.now,
        **{**ASKED, **options},
    )


def outcomes(report: verify.Report) -> dict[str, str]:
    return {each.id: each.outcome for each in report.checks if each.outcome != "passed"}


def test_a_presentation_of_sound_credentials_is_valid(college: College, signed: Document) -> None:
    report = check(college, presented(presentation(signed, signed)))
    assert report.verdict == VALID
    assert [each.id for each in report.presentation.checks] == ["structure", "holder", "signature"]
    assert [each.verdict for each in report.credentials] == [VALID, VALID]


@pytest.mark.parametrize(
    "suite",
    ["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019"],
)
def test_a_presentation_is_made_with_any_suite(
    college: College, signed: Document, suite: str
) -> None:
    signer = HOLDER if suite.startswith("eddsa") else STRANGER
    document = presented(presentation(signed, holder=name_of(signer)), signer, cryptosuite=suite)
    assert check(college, document).verdict == VALID
    document["verifiableCredential"][0]["proof"]["created"] = "2026-06-15T10:00:00Z"
    report = check(college, document)
    assert outcomes(report.presentation) == {"signature": FAILED}
    assert outcomes(report.credentials[0])["signature"] == FAILED


def test_a_credential_by_jcs_is_presented_like_any_other(college: College, badge: Document) -> None:
    signed = college.sign(badge, cryptosuite="eddsa-jcs-2022")
    assert check(college, presented(presentation(signed))).verdict == VALID


@pytest.mark.parametrize("several", [None, []])
def test_a_presentation_may_be_empty(college: College, several: Any) -> None:
    document = presentation()
    if several is None:
        del document["verifiableCredential"]
    report = check(college, presented(document))
    assert report.verdict == VALID
    assert report.credentials == ()


def test_one_credential_may_stand_alone(college: College, signed: Document) -> None:
    document = presented(presentation(verifiableCredential=signed))
    assert check(college, document).verdict == VALID


def test_the_worst_credential_decides(college: College, signed: Document) -> None:
    changed = {**signed, "name": "Changed"}
    report = check(college, presented(presentation(signed, changed)))
    assert report.presentation.verdict == VALID
    assert [each.verdict for each in report.credentials] == [VALID, INVALID]
    assert report.verdict == INVALID
    del college.lists[LIST_URL]
    assert check(college, presented(presentation(signed))).verdict == UNKNOWN


def test_a_list_that_one_issuer_may_rely_on_is_not_relied_on_for_another(
    college: College, signed: Document, make_badge: Callable[..., Document]
) -> None:
    stranger = College(did=name_of(HOLDER), signer=HOLDER)  # a did:key, and its list is empty
    issuer = openbadges.Profile(id=stranger.did, name="A stranger")
    of_the_stranger = stranger.sign(make_badge(issuer=issuer))
    college.lists[LIST_URL] = stranger.lists[LIST_URL]
    report = check(college, presented(presentation(of_the_stranger, signed)))
    assert [each.verdict for each in report.credentials] == [VALID, UNKNOWN]
    assert outcomes(report.credentials[1]) == {"status": COULD_NOT_CHECK}


def test_the_issuer_and_its_list_are_asked_for_once(college: College, signed: Document) -> None:
    asked: list[str] = []

    def ask(known: Callable[[str], Any]) -> Callable[[str], Any]:
        def answer(name: str) -> Any:
            asked.append(name)
            return known(name)

        return answer

    report = verify.verify_presentation(
        presented(presentation(signed, signed)),
        resolve_did=ask(college.resolve_did),
        fetch_status_list=ask(college.fetch_status_list),
        now=college.now,
    )
    assert report.verdict == VALID
    assert asked == [DID, LIST_URL]


# Whose it is, and what for


def test_a_proof_of_somebody_else_is_not_the_holders(college: College, signed: Document) -> None:
    report = check(college, presented(presentation(signed), STRANGER))
    assert outcomes(report.presentation) == {"holder": FAILED, "signature": COULD_NOT_CHECK}
    assert report.verdict == INVALID
    claimed = presented(
        presentation(signed),
        STRANGER,
        verification_method=f"{name_of(HOLDER)}#{HOLDER.public_multibase}",
    )
    assert outcomes(check(college, claimed).presentation) == {"signature": FAILED}


def test_without_a_holder_it_is_whoever_made_the_proof(college: College, signed: Document) -> None:
    document = presentation(signed)
    del document["holder"]
    report = check(college, presented(document, STRANGER))
    assert report.verdict == VALID
    assert "names no holder" in report.presentation.check("holder").detail


@pytest.mark.parametrize("holder", ["https://ada.example/", {"id": "https://ada.example/"}])
def test_a_holder_that_is_no_did_is_unbound_only_where_the_policy_says_so(
    college: College, signed: Document, holder: Any
) -> None:
    document = presented(presentation(signed, holder=holder))
    assert outcomes(check(college, document).presentation)["holder"] == FAILED
    assert check(college, document, policy=verify.CONFORMANCE).verdict == VALID


def test_a_presentation_without_proof_is_refused(college: College, signed: Document) -> None:
    for document in (presentation(signed), presentation(signed, proof=[])):
        report = check(college, document)
        assert outcomes(report.presentation) == {"signature": FAILED}


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        ({"purpose": "assertionMethod"}, {}),
        ({"challenge": "c-2"}, {}),
        ({"challenge": None}, {}),
        ({"domain": "other.example"}, {}),
        ({"domain": None}, {}),
        ({}, {"challenge": "c-2"}),
        ({}, {"domain": "other.example"}),
    ],
    ids=str,
)
def test_a_presentation_made_for_something_else_is_refused(
    college: College, signed: Document, made: Document, asked: Document
) -> None:
    report = check(college, presented(presentation(signed), **made), **asked)
    assert outcomes(report.presentation) == {"signature": FAILED}


def test_challenge_and_domain_are_compared_only_when_they_are_given(
    college: College, signed: Document
) -> None:
    document = presented(presentation(signed))
    assert check(college, document, challenge=None, domain=None).verdict == VALID


def test_a_key_that_may_only_make_assertions_does_not_authenticate(
    college: College, signed: Document
) -> None:
    document = proofs.append_proof(
        presentation(signed, holder=DID),
        proofs.proof_config(
            verification_method=college.method, created=NOW, purpose="authentication", **ASKED
        ),
        signer=college.signer,
    )
    assert outcomes(check(college, document).presentation)["holder"] == FAILED
    college.documents[DID]["authentication"] = [college.method]
    assert check(college, document).verdict == VALID


# Structure


@pytest.mark.parametrize(
    "changes",
    [
        {"@context": None},
        {"@context": []},
        {"@context": [contexts.EXAMPLES_V2, contexts.CREDENTIALS_V2]},
        {"@context": [contexts.CREDENTIALS_V2, "https://example.com"]},
        {"@context": [contexts.CREDENTIALS_V2, 123192875]},
        {"type": None},
        {"type": []},
        {"type": ["VerifiableCredential"]},
        {"type": ["VerifiablePresentation", "Undefined"]},
        {"id": "7"},
        {"holder": "ada"},
        {"holder": {"name": "Ada"}},
        {"holder": None},
        {"verifiableCredential": "eyJ0"},
        {"verifiableCredential": [7]},
        {"verifiableCredential": ["https://college.example/1"]},
        {"verifiableCredential": [{"type": ["VerifiableCredential"]}]},
        {"verifiableCredential": None},
        {"proof": "z"},
        {"proof": [None]},
        {"note": "x"},
    ],
    ids=str,
)
@pytest.mark.parametrize("policy", [verify.STRICT, verify.CONFORMANCE])
def test_a_malformed_presentation_is_refused(
    college: College, signed: Document, changes: Document, policy: verify.Policy
) -> None:
    document = {**presented(presentation(signed)), **changes}
    report = check(college, document, policy=policy)
    assert report.presentation.check("structure").outcome != PASSED
    assert report.credentials == ()
    assert report.verdict != VALID


@pytest.mark.parametrize("document", [None, [], "text", 7, {}])
def test_what_is_no_presentation_is_invalid(college: College, document: Any) -> None:
    assert check(college, document).verdict == INVALID


def test_a_credential_is_no_presentation_nor_the_other_way(
    college: College, signed: Document
) -> None:
    assert check(college, signed).presentation.check("structure").outcome == FAILED
    report = college.verify(presented(presentation(signed)))
    assert report.check("structure").outcome == FAILED


def test_more_credentials_or_proofs_than_are_worth_checking_are_refused(
    college: College, signed: Document
) -> None:
    for name, most in (
        ("verifiableCredential", structure.MAX_CREDENTIALS),
        ("proof", structure.MAX_PROOFS),
    ):
        document = presented(presentation(verifiableCredential=signed))
        document[name] = [document[name]] * (most + 1)
        form = check(college, document).presentation.check("structure")
        assert form.outcome == FAILED
        assert f"more than {most}" in form.detail


def test_a_presentation_of_version_1_1_is_read(college: College) -> None:
    credential = {
        "@context": [contexts.CREDENTIALS_V1, contexts.DATA_INTEGRITY_V2],
        "type": ["VerifiableCredential"],
        "issuer": DID,
        "issuanceDate": "2026-06-01T00:00:00Z",
        "credentialSubject": {"id": name_of(HOLDER)},
    }
    document = presentation(
        college.sign(credential),
        **{"@context": [contexts.CREDENTIALS_V1, contexts.DATA_INTEGRITY_V2]},
    )
    assert check(college, presented(document)).verdict == VALID


# What the holder states of its own accord


def own(issuer: str, **changes: Any) -> Document:
    return {
        "@context": [contexts.CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": issuer,
        "credentialSubject": {"id": name_of(HOLDER), "name": "Ada"},
        **changes,
    }


def test_the_holders_own_statement_is_covered_by_the_presentation(college: College) -> None:
    report = check(college, presented(presentation(own(name_of(HOLDER)))))
    assert report.verdict == VALID
    assert "of its own accord" in report.credentials[0].check("issuer").detail
    later = own(name_of(HOLDER), validFrom="2027-01-01T00:00:00Z")
    report = check(college, presented(presentation(later)))
    assert outcomes(report.credentials[0]) == {"dates": FAILED}


@pytest.mark.parametrize(
    ("issuer", "changes"),
    [
        (name_of(STRANGER), {}),
        (DID, {}),
        (name_of(HOLDER), {"holder": name_of(STRANGER)}),
        (name_of(HOLDER), {"holder": None}),
    ],
    ids=str,
)
def test_a_credential_without_proof_is_nobody_elses(
    college: College, issuer: str, changes: Document
) -> None:
    """VC Data Model 2.0, "Presentations Including Holder Claims"."""
    document = {**presentation(own(issuer)), **changes}
    if document["holder"] is None:
        del document["holder"]
    report = check(college, presented(document))
    assert outcomes(report.credentials[0])["issuer"] == FAILED
    assert report.verdict == INVALID


def test_what_the_holder_states_is_not_known_when_the_presentation_is_not_good(
    college: College,
) -> None:
    document = presented(presentation(own(name_of(HOLDER))))
    document["verifiableCredential"][0]["credentialSubject"]["name"] = "Eve"
    report = check(college, document)
    assert outcomes(report.credentials[0]) == {
        "signature": COULD_NOT_CHECK,
        "status": COULD_NOT_CHECK,
    }
    assert report.verdict == INVALID
    malformed = presented(presentation(own(name_of(HOLDER), id="urn:uuid:1")))
    malformed["verifiableCredential"][0]["id"] = "7"
    assert check(college, malformed).verdict == INVALID


def test_what_the_holder_states_has_the_form_of_a_credential(college: College) -> None:
    document = presented(presentation(own(name_of(HOLDER), credentialSubject=[])))
    report = check(college, document)
    assert report.presentation.verdict == VALID
    assert outcomes(report.credentials[0])["structure"] == FAILED


# Envelopes

ENVELOPE = {
    "@context": [contexts.CREDENTIALS_V2],
    "id": "data:application/vc+jwt,eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
    "type": "EnvelopedVerifiableCredential",
}


def test_envelopes_are_for_whoever_opens_them(college: College, signed: Document) -> None:
    document = presented(presentation(ENVELOPE, signed))
    report = check(college, document)
    assert [each.verdict for each in report.credentials] == [UNKNOWN, VALID]
    opened: list[Document] = []

    def open_envelope(envelope: Document) -> verify.Report:
        opened.append(envelope)
        return verify.Report((verify.Check("signature", PASSED, "It is good."),))

    assert check(college, document, open_envelope=open_envelope).verdict == VALID
    assert opened == [ENVELOPE]


# Nothing of it may be touched


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else ()
    inner = [each for step, member in (*members, *items) for each in places(member, (*path, step))]
    return [path, *inner] if path else inner


def test_a_presentation_of_which_anything_was_taken_or_changed_is_never_valid(
    college: College,
) -> None:
    document = presented(presentation(own(name_of(HOLDER))))
    assert check(college, document).verdict == VALID
    for path in places(document):
        removed, changed = copy.deepcopy(document), copy.deepcopy(document)
        for touched in (removed, changed):
            place: Any = touched
            for step in path[:-1]:
                place = place[step]
            if touched is removed:
                del place[path[-1]]
            else:
                place[path[-1]] = "urn:uuid:changed"
            assert check(college, touched).verdict != VALID, path


JSON = any_json("id", "type", "@context")


@settings(max_examples=60)
@given(data=st.data())
def test_any_value_anywhere_gives_a_report_and_no_error(data: st.DataObject) -> None:
    college = College()
    document = presented(presentation(own(name_of(HOLDER)), copy.deepcopy(ENVELOPE)))
    path = data.draw(st.sampled_from(places(document)))
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = data.draw(JSON)
    for policy in (verify.STRICT, verify.CONFORMANCE):
        check(college, document, policy=policy)


def test_a_resolver_that_is_away_leaves_it_unknown(college: College, signed: Document) -> None:
    def away(name: str) -> Any:
        raise Unreachable(f"{name} does not answer.")

    report = verify.verify_presentation(
        presented(presentation(signed)),
        resolve_did=away,
        fetch_status_list=away,
        now=NOW,
    )
    assert report.presentation.verdict == VALID
    assert report.verdict == UNKNOWN
