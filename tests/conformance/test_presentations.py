"""What the public suite of the data model 2.0 asks of whoever verifies presentations."""

import copy
from typing import Any

import pytest

from issuer.vc import credential as vc
from issuer.vc.signers import Ed25519Signer, P256Signer, Signer
from tests.conformance.conftest import (
    EXAMPLES,
    V2,
    Document,
    Suites,
    credential,
    name_of,
    proved,
    refused,
    verified,
)

HOLDER, STRANGER = Ed25519Signer(b"\x41" * 32), P256Signer(b"\x42" * 32)
ASKED = {"challenge": "u3q2-7w", "domain": "suite.example"}
OWN = {"Own": "https://a.example/#Own"}


def presentation(*credentials: Document, **members: Any) -> Document:
    whole = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": list(credentials),
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def presented(document: Document, signer: Signer = HOLDER, **options: Any) -> Document:
    return proved(document, signer, **{"proofPurpose": "authentication", **ASKED, **options})


def held(signer: Signer = HOLDER, **members: Any) -> Document:
    """A credential that the holder issued."""
    return proved(credential(issuer=name_of(signer), **members), signer)


GOOD = {
    "without credentials": presentation(),
    "without the member for credentials": presentation(verifiableCredential=None),
    "with an id": presentation(id="urn:uuid:9c9a36f8-518f-4976-a934-6649502d0008"),
    "with another context": presentation(held(), **{"@context": [V2, EXAMPLES]}),
    "with a type of its own": presentation(
        **{"@context": [V2, OWN], "type": ["VerifiablePresentation", "Own"]}
    ),
    "with one credential": presentation(held()),
    "with one credential alone": presentation(verifiableCredential=held()),
    "with several credentials": presentation(held(), held(STRANGER, id="urn:x:2")),
    "with a holder": presentation(held(), holder=name_of(HOLDER)),
    "with a holder that is an object": presentation(held(), holder={"id": name_of(HOLDER)}),
    "with what the holder states": presentation(
        credential(issuer=name_of(HOLDER)), holder=name_of(HOLDER)
    ),
}


@pytest.mark.parametrize("signer", [HOLDER, STRANGER], ids=lambda signer: signer.kind)
@pytest.mark.parametrize("document", GOOD.values(), ids=list(GOOD))
def test_a_presentation_is_verified(suites: Suites, document: Document, signer: Signer) -> None:
    if "holder" in document:
        signer = HOLDER
    signed = presented(document, signer)
    verified(suites.verify_presentation(signed))
    verified(suites.verify_presentation(signed, **ASKED))
    verified(suites.verify_presentation(signed, checks=["proof"]))


BAD_MEMBERS = {
    "no context": {"@context": None},
    "an empty context": {"@context": []},
    "contexts in the wrong order": {"@context": [EXAMPLES, V2]},
    "a context of its own first": {"@context": [OWN, V2]},
    "an unknown context": {"@context": [V2, "https://example.com"]},
    "a context that is no URL": {"@context": [V2, "https ://not-a-url/contexts/1"]},
    "a context that is a number": {"@context": [V2, 123192875]},
    "no type": {"type": None},
    "another type": {"type": ["https://a.example/#Own"]},
    "an undefined type": {"type": ["VerifiablePresentation", "Undefined"]},
    "an id that is no URL": {"id": "no-url"},
    "a holder that is no URL": {"holder": "no-url"},
    "a holder without an id": {"holder": {}},
    "a holder whose id is no URL": {"holder": {"id": HOLDER.public_multibase}},
    "another holder": {"holder": "did:example:acme"},
    "a holder who did not sign": {"holder": name_of(STRANGER)},
    "a credential that is a number": {"verifiableCredential": [7]},
    "a credential that is a text": {"verifiableCredential": ["eyJ"]},
    "a credential that is a URL": {"verifiableCredential": "https://a.example/credentials/1"},
    "no proof": {"proof": None},
    "a proof that is null": {"proof": 0},
}


@pytest.mark.parametrize("members", BAD_MEMBERS.values(), ids=list(BAD_MEMBERS))
def test_a_presentation_is_refused_that_has(suites: Suites, members: Document) -> None:
    changed = {**presented(presentation(held())), **members}
    document = {name: value for name, value in changed.items() if value is not None}
    refused(suites.verify_presentation(document))


@pytest.mark.parametrize(
    "proof_value", ["z5nmMBw2u9TGKd9NxxHJtyZKgjN2Eh", "", None, 7, "u5nmMBw", "invalid"]
)
def test_a_presentation_with_a_broken_proof_is_refused(suites: Suites, proof_value: Any) -> None:
    signed = presented(presentation())
    signed["proof"]["proofValue"] = proof_value
    refused(suites.verify_presentation(signed))


@pytest.mark.parametrize("asked", [{"challenge": "other"}, {"domain": "other.example"}], ids=str)
def test_a_presentation_for_another_occasion_is_refused(suites: Suites, asked: Document) -> None:
    refused(suites.verify_presentation(presented(presentation()), **{**ASKED, **asked}))


def test_a_presentation_that_was_not_made_to_authenticate_is_refused(suites: Suites) -> None:
    signed = presented(presentation(), proofPurpose="assertionMethod")
    refused(suites.verify_presentation(signed))


SELF_ASSERTED = {
    "the holder is not named": (name_of(HOLDER), None),
    "the holder is another": (name_of(HOLDER), "did:example:acme"),
    "the issuer is another": ("did:example:alice", name_of(HOLDER)),
    "holder and issuer are one, and another": (name_of(STRANGER), name_of(STRANGER)),
}


@pytest.mark.parametrize(("issuer", "holder"), SELF_ASSERTED.values(), ids=list(SELF_ASSERTED))
def test_a_credential_without_a_proof_is_refused_when(
    suites: Suites, issuer: str, holder: str | None
) -> None:
    document = presentation(credential(issuer=issuer), holder=holder)
    refused(suites.verify_presentation(presented(document)))


def test_one_bad_credential_spoils_the_presentation(suites: Suites) -> None:
    changed = {**held(), "credentialSubject": {"id": "did:example:somebody:else"}}
    refused(suites.verify_presentation(presented(presentation(held(), changed))))


def test_what_instances_issue_can_be_presented(suites: Suites) -> None:
    forms = ["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019-p384", "enveloped", "bitstring"]
    issued = [suites.issued(form, credential()) for form in forms]
    signed = presented(presentation(*issued))
    assert vc.presented(signed) == issued
    verified(suites.verify_presentation(signed, **ASKED))


def test_the_proofs_of_a_presentation_may_be_a_set_and_a_chain(suites: Suites) -> None:
    first = presented(presentation(), id="urn:x:first")
    together = presented(first, STRANGER)
    chained = presented(first, STRANGER, previousProof="urn:x:first")
    for signed in map(copy.deepcopy, (together, chained)):
        verified(suites.verify_presentation(signed, **ASKED))
        signed["proof"][0]["proofValue"] = signed["proof"][1]["proofValue"]
        refused(suites.verify_presentation(signed, **ASKED))


@pytest.mark.parametrize("document", [{"type": ["Other"]}, {}, {"@context": [V2]}], ids=str)
def test_what_is_no_presentation_is_refused(suites: Suites, document: Document) -> None:
    refused(suites.verify_presentation(document))
