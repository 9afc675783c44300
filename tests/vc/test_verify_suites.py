"""verify: every suite, proof sets and chains, keys in each form, and version 1.1 of the model."""

import copy
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from issuer.vc import contexts, did, keys, multibase, signers
from issuer.vc.data_integrity import proofs
from issuer.vc.data_integrity.cryptosuites import ed25519_signature_2020
from issuer.vc.errors import Unreachable
from issuer.vc.keys import PublicKey
from issuer.vc.signers import Ed25519Signer, Signer
from issuer.vc.verification import verify

from .conftest import DID, NOW, College

PASSED, FAILED, COULD_NOT_CHECK = verify.Outcome
VALID, INVALID, UNKNOWN = verify.Verdict
Document = dict[str, Any]
SUITES = [
    ("eddsa-rdfc-2022", keys.ED25519),
    ("eddsa-jcs-2022", keys.ED25519),
    ("ecdsa-rdfc-2019", keys.P256),
    ("ecdsa-rdfc-2019", keys.P384),
    ("ecdsa-jcs-2019", keys.P256),
    ("ecdsa-jcs-2019", keys.P384),
]


def signer_of(kind: str, number: int = 7) -> Signer:
    size = 32 if kind == keys.ED25519 else keys.CURVES[kind].size
    return signers.from_secret(kind, number.to_bytes(size))


def nobody(name: str) -> Any:
    raise AssertionError(f"{name} was asked for")


def alone(document: object, *, now: datetime = NOW, **options: Any) -> verify.Report:
    """Verify what needs nobody to be asked."""
    return verify.verify(document, resolve_did=nobody, fetch_status_list=nobody, now=now, **options)


def outcomes(report: verify.Report) -> dict[str, str]:
    return {check.id: check.outcome for check in report.checks if check.outcome != "passed"}


def credential_of(issuer: str, **changes: Any) -> Document:
    return {
        "@context": [contexts.CREDENTIALS_V2],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential"],
        "issuer": issuer,
        "credentialSubject": {"id": "did:example:learner"},
        "name": "A name",
        **changes,
    }


def by_key(signer: Signer) -> str:
    return f"did:key:{signer.public_multibase}"


def proved(document: Document, signer: Signer, **options: Any) -> Document:
    config = proofs.proof_config(
        **{
            "verification_method": f"{by_key(signer)}#{signer.public_multibase}",
            "created": NOW,
            **options,
        }
    )
    return proofs.append_proof(document, config, signer=signer)


ADA, BEN = Ed25519Signer(b"\x21" * 32), Ed25519Signer(b"\x22" * 32)


# Suites and forms of keys


@pytest.mark.parametrize(("suite", "kind"), SUITES)
def test_a_credential_of_each_suite_is_valid_by_the_issuers_key_only(suite: str, kind: str) -> None:
    signer, other = signer_of(kind), signer_of(kind, 8)
    signed = proved(credential_of(by_key(signer)), signer, cryptosuite=suite)
    assert alone(signed).verdict == VALID
    theirs = proved(credential_of(by_key(signer)), other, cryptosuite=suite)
    assert outcomes(alone(theirs))["issuer"] == FAILED
    forged = proved(
        credential_of(by_key(signer)),
        other,
        cryptosuite=suite,
        verification_method=f"{by_key(signer)}#{signer.public_multibase}",
    )
    assert outcomes(alone(forged))["signature"] == FAILED


@pytest.mark.parametrize(("suite", "kind"), SUITES)
def test_an_undefined_term_is_never_valid_even_where_it_is_signed(suite: str, kind: str) -> None:
    signer = signer_of(kind)
    document = credential_of(by_key(signer))
    signed = proved(document, signer, cryptosuite=suite)
    if "jcs" in suite:
        signed = proved({**document, "gpa": 4}, signer, cryptosuite=suite)
    else:
        signed["gpa"] = 4
    assert outcomes(alone(signed))["structure"] == FAILED


@pytest.mark.parametrize(("suite", "kind"), SUITES)
def test_a_key_that_is_published_as_jwk_is_as_good(
    college: College, badge: Document, suite: str, kind: str
) -> None:
    signer = signer_of(kind)
    key = PublicKey.from_multikey(signer.public_multibase)
    method = did.VerificationMethod(key=key, form=did.JSON_WEB_KEY)
    college.documents[DID]["verificationMethod"] += did.did_document(DID, [method])[
        "verificationMethod"
    ]
    college.documents[DID]["assertionMethod"].append(f"{DID}#{key.thumbprint}")
    signed = college.sign(
        badge,
        signer=signer,
        cryptosuite=suite,
        verification_method=f"{DID}#{key.thumbprint}",
    )
    assert college.verify(signed).verdict == VALID


@pytest.mark.parametrize(
    ("stated", "outcome"),
    [
        ({"type": "Ed25519VerificationKey2020"}, PASSED),
        ({"type": "Ed25519VerificationKey2018"}, COULD_NOT_CHECK),
        ({"publicKeyMultibase": signer_of(keys.P256).public_multibase}, FAILED),
        (
            {"publicKeyMultibase": "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"},
            COULD_NOT_CHECK,
        ),
        ({"publicKeyMultibase": multibase.encode_base58btc(b"\xed\x01short")}, FAILED),
    ],
    ids=str,
)
def test_a_key_of_another_kind_does_not_pass(
    college: College, signed: Document, stated: Document, outcome: verify.Outcome
) -> None:
    college.documents[DID]["verificationMethod"][0].update(stated)
    assert college.verify(signed).check("signature").outcome == outcome


def test_an_rsa_key_makes_no_proofs(college: College, signed: Document) -> None:
    modulus = multibase.encode_base64url((2**2047 + 1).to_bytes(256))[1:]
    method = college.documents[DID]["verificationMethod"][0]
    del method["publicKeyMultibase"]
    method.update(type="JsonWebKey", publicKeyJwk={"kty": "RSA", "n": modulus, "e": "AQAB"})
    assert college.verify(signed).check("signature").outcome == COULD_NOT_CHECK


def test_a_key_listed_for_another_purpose_does_not_make_assertions(
    college: College, signed: Document
) -> None:
    document = college.documents[DID]
    document["authentication"] = document.pop("assertionMethod")
    assert outcomes(college.verify(signed))["issuer"] == FAILED


@pytest.mark.parametrize(
    "expected", [{"purpose": "authentication"}, {"domain": "d"}, {"challenge": "c"}], ids=str
)
def test_a_credential_may_be_expected_to_be_for_something(expected: Document) -> None:
    plain = proved(credential_of(by_key(ADA)), ADA)
    assert outcomes(alone(plain, **expected))["signature"] == FAILED
    made_for_it = proved(credential_of(by_key(ADA)), ADA, **expected)
    assert alone(made_for_it, **expected).verdict == VALID


# Sets and chains


def chain(*links: tuple[Signer, Document]) -> Document:
    document = credential_of(by_key(ADA))
    for number, (signer, options) in enumerate(links):
        document = proved(document, signer, id=f"urn:uuid:{number}", **options)
    return document


FIRST: Document = {}
ON_FIRST = {"previous_proof": "urn:uuid:0"}


def test_a_set_is_valid_whoever_else_has_signed() -> None:
    document = chain((BEN, FIRST), (ADA, FIRST))
    assert alone(document).verdict == VALID
    document["proof"][0]["created"] = "2026-06-15T11:00:00Z"
    assert alone(document).verdict == VALID


@pytest.mark.parametrize("previous", ["urn:uuid:0", ["urn:uuid:0"]])
def test_a_chain_is_valid_when_every_proof_before_is(previous: Any) -> None:
    document = chain((BEN, FIRST), (ADA, {"previous_proof": previous}))
    assert alone(document).verdict == VALID
    one_object = {**document, "proof": document["proof"][1]}
    assert outcomes(alone(one_object))["signature"] == FAILED


def resigned(document: Document, index: int, **changes: Any) -> Document:
    """Change a proof, and then make the issuer's proof upon it anew."""
    changed = copy.deepcopy(document)
    changed["proof"][index].update(changes)
    last = changed["proof"].pop()
    config = {name: value for name, value in last.items() if name != "proofValue"}
    return proofs.append_proof(changed, config, signer=ADA)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"created": "2026-06-15T11:00:00Z"}, FAILED),
        ({"created": "2027-06-15T11:00:00Z"}, FAILED),
        ({"expires": "2026-06-15T11:00:00Z"}, FAILED),
        ({"proofPurpose": "authentication"}, FAILED),
        ({"proofValue": "z1"}, FAILED),
        ({"verificationMethod": f"{DID}#z6MkUnknown"}, FAILED),
        ({"verificationMethod": "did:web:away.example#key"}, COULD_NOT_CHECK),
        ({"verificationMethod": "did:example:1#key"}, COULD_NOT_CHECK),
        ({"cryptosuite": "bbs-2023"}, COULD_NOT_CHECK),
    ],
    ids=str,
)
def test_a_proof_upon_one_that_is_not_good_is_not_good(
    college: College, changes: Document, outcome: verify.Outcome
) -> None:
    document = resigned(chain((BEN, FIRST), (ADA, ON_FIRST)), 0, **changes)
    report = college.verify(document)
    assert report.check("issuer").outcome == PASSED
    assert report.check("signature").outcome == outcome


def test_a_proof_upon_one_that_names_no_key_is_not_good() -> None:
    signed = chain(
        (BEN, FIRST), (ADA, {"previous_proof": "urn:uuid:0", "cryptosuite": "eddsa-jcs-2022"})
    )
    del signed["proof"][0]["verificationMethod"]
    last = signed["proof"].pop()
    config = {n: v for n, v in last.items() if n not in {"proofValue", "@context"}}
    document = proofs.append_proof(signed, config, signer=ADA)
    assert outcomes(alone(document))["signature"] == FAILED


def test_each_proof_of_a_chain_is_checked_once_however_it_is_reached() -> None:
    links = [(ADA, FIRST), (ADA, ON_FIRST)]
    links += [(ADA, {"previous_proof": ["urn:uuid:0", "urn:uuid:1"]})]
    links += [(ADA, {"previous_proof": ["urn:uuid:0", "urn:uuid:1", "urn:uuid:2"]})]
    document = chain(*links)
    assert alone(document).verdict == VALID
    spoilt = copy.deepcopy(document)
    spoilt["proof"][1]["previousProof"] = "urn:uuid:3"
    assert alone(spoilt).verdict == INVALID


def test_the_worst_of_the_issuers_proofs_decides(college: College, signed: Document) -> None:
    proof = signed["proof"]
    broken = {**proof, "created": "2026-06-15T10:00:00Z"}
    unknown = {**proof, "previousProof": "urn:uuid:0"}
    base = {**proof, "cryptosuite": "bbs-2023", "id": "urn:uuid:0"}
    for several in ([unknown, broken, base], [broken, unknown, base]):
        assert college.verify({**signed, "proof": several}).verdict == INVALID


@pytest.mark.parametrize("number", range(1, 5))
def test_the_published_chain_is_valid_where_issuers_need_no_did(
    shared_data: Path, number: int
) -> None:
    folder = shared_data / "vectors/w3c-eddsa/proof-set-chain"
    name = ["signedProofSet1", "signedProofSet2", "signedProofChain1", "signedProofChain2"]
    signed = json.loads((folder / f"{name[number - 1]}.json").read_text())
    assert outcomes(alone(signed))["issuer"] == FAILED
    assert alone(signed, policy=verify.CONFORMANCE).verdict == VALID
    changed = {**signed, "name": "Changed"}
    assert alone(changed, policy=verify.CONFORMANCE).verdict == INVALID
    for proof in signed["proof"] if number > 1 else []:
        proof["created"] = "2023-02-24T23:36:39Z"
        assert alone(signed, policy=verify.CONFORMANCE).verdict == INVALID


# What the conformance profile lets be


def test_an_issuer_that_is_a_did_is_bound_by_every_policy() -> None:
    theirs = proved(credential_of(by_key(ADA)), BEN)
    for policy in (verify.STRICT, verify.CONFORMANCE):
        assert outcomes(alone(theirs, policy=policy))["issuer"] == FAILED


def test_an_issuer_that_is_no_did_is_unbound_only_where_the_policy_says_so() -> None:
    signed = proved(credential_of("https://college.example/"), BEN)
    assert outcomes(alone(signed))["issuer"] == FAILED
    assert alone(signed, policy=verify.CONFORMANCE).verdict == VALID
    unsigned = credential_of("https://college.example/")
    assert outcomes(alone(unsigned, policy=verify.CONFORMANCE))["signature"] == FAILED


OWN = {"@context": {"gpa": "https://college.example/terms#gpa"}}


@pytest.mark.parametrize("own", [OWN, OWN["@context"]], ids=["nested", "plain"])
def test_contexts_of_ones_own_are_read_only_where_the_policy_says_so(own: Document) -> None:
    document = credential_of(by_key(ADA), gpa=4)
    document["@context"] = [contexts.CREDENTIALS_V2, own]
    signed = proved(document, ADA)
    assert outcomes(alone(signed))["structure"] == COULD_NOT_CHECK
    assert alone(signed, policy=verify.CONFORMANCE).verdict == VALID
    assert alone({**signed, "gpa": 5}, policy=verify.CONFORMANCE).verdict == INVALID
    redefined = {**signed, "@context": [contexts.CREDENTIALS_V2, {"issuer": "urn:x:issuer"}]}
    assert outcomes(alone(redefined, policy=verify.CONFORMANCE))["structure"] == FAILED


@pytest.mark.parametrize("policy", [verify.STRICT, verify.CONFORMANCE])
@pytest.mark.parametrize(
    "found",
    [
        None,
        {},
        "https://www.w3.org/ns/credentials/v2",
        [],
        [None],
        [7],
        [{}],
        [["x"]],
        [contexts.CREDENTIALS_V2, 7],
        [contexts.CREDENTIALS_V2, "https ://a.example/x"],
        [contexts.EXAMPLES_V2, contexts.CREDENTIALS_V2],
        [contexts.CREDENTIALS_V2, {"@import": "https://a.example/x"}],
    ],
    ids=str,
)
def test_contexts_that_are_none_are_never_valid(policy: verify.Policy, found: Any) -> None:
    signed = proved(credential_of(by_key(ADA)), ADA)
    assert alone({**signed, "@context": found}, policy=policy).verdict != VALID


# Version 1.1 of the data model


def older(**changes: Any) -> Document:
    return {
        "@context": [contexts.CREDENTIALS_V1, contexts.DATA_INTEGRITY_V2],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential"],
        "issuer": by_key(ADA),
        "issuanceDate": "2026-06-01T00:00:00Z",
        "expirationDate": "2026-07-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:learner"},
        **changes,
    }


@pytest.mark.parametrize("context", [contexts.DATA_INTEGRITY_V1, contexts.DATA_INTEGRITY_V2])
def test_a_credential_of_version_1_1_is_valid_in_its_time(context: str) -> None:
    signed = proved(older(**{"@context": [contexts.CREDENTIALS_V1, context]}), ADA)
    assert alone(signed).verdict == VALID
    for days in (-15, 17):
        assert outcomes(alone(signed, now=NOW + timedelta(days=days)))["dates"] == FAILED


@pytest.mark.parametrize(("suite", "kind"), SUITES)
def test_version_1_1_goes_with_every_suite(suite: str, kind: str) -> None:
    signer = signer_of(kind)
    document = older(issuer=by_key(signer))
    signed = proved(document, signer, cryptosuite=suite)
    assert alone(signed).verdict == VALID
    signed["issuanceDate"] = "2026-06-02T00:00:00Z"
    assert outcomes(alone(signed))["signature"] == FAILED


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"issuanceDate": None}, "structure"),
        ({"issuanceDate": "2026-06-01"}, "dates"),
        ({"issuanceDate": "2026-07-02T00:00:00Z"}, "dates"),
        ({"expirationDate": "2026-06-14T00:00:00Z"}, "dates"),
        ({"type": "string"}, "structure"),
        ({"type": [[]]}, "structure"),
        ({"issuer": None}, "structure"),
        ({"issuer": []}, "structure"),
        ({"issuer": 7}, "structure"),
        ({"credentialSubject": "string"}, "structure"),
        ({"credentialSubject": []}, "structure"),
        ({"credentialSubject": True}, "structure"),
        ({"proof": "string"}, "structure"),
        ({"proof": {}}, "structure"),
        ({"proof": []}, "signature"),
    ],
    ids=str,
)
def test_a_malformed_credential_of_version_1_1_is_refused(changes: Document, check: str) -> None:
    signed = {**proved(older(), ADA), **changes}
    assert alone(signed).check(check).outcome == FAILED


@pytest.mark.parametrize(
    "name", ["@context", "type", "issuer", "issuanceDate", "credentialSubject", "proof"]
)
def test_version_1_1_asks_for_its_members(name: str) -> None:
    signed = proved(older(), ADA)
    del signed[name]
    assert alone(signed).verdict == INVALID


def test_the_members_of_the_other_version_are_not_defined() -> None:
    for document in (
        credential_of(by_key(ADA), issuanceDate="2026-06-01T00:00:00Z"),
        {**older(), "@context": [contexts.CREDENTIALS_V1, contexts.CREDENTIALS_V2]},
    ):
        assert alone({**document, "proof": []}).check("structure").outcome == FAILED


def by_the_older_suite(document: Document, **changes: Any) -> Document:
    config = {
        "type": "Ed25519Signature2020",
        "created": "2026-06-15T11:00:00Z",
        "verificationMethod": f"{by_key(ADA)}#{ADA.public_multibase}",
        "proofPurpose": "assertionMethod",
        **changes,
    }
    options = {"@context": document["@context"], **config}
    message = ed25519_signature_2020.hash_data(document, options, kind=keys.ED25519)
    value = multibase.encode_base58btc(ADA.sign(message))
    return {**document, "proof": {**config, "proofValue": value}}


OLDER_SUITE = {"@context": [contexts.CREDENTIALS_V1, contexts.ED25519_2020_V1]}


def test_a_credential_of_version_1_1_by_the_older_suite_is_valid() -> None:
    signed = by_the_older_suite(older(**OLDER_SUITE))
    assert alone(signed).verdict == VALID
    by_web = by_the_older_suite(older(**OLDER_SUITE, issuer="https://college.example/"))
    assert outcomes(alone(by_web))["issuer"] == FAILED
    assert alone(by_web, policy=verify.CONFORMANCE).verdict == VALID


@pytest.mark.parametrize(
    "name", ["type", "created", "verificationMethod", "proofValue", "proofPurpose"]
)
def test_a_proof_by_the_older_suite_has_all_its_members(name: str) -> None:
    signed = by_the_older_suite(older(**OLDER_SUITE))
    del signed["proof"][name]
    assert alone(signed).verdict != VALID
    assert alone(signed, policy=verify.CONFORMANCE).verdict != VALID


def test_a_badge_of_version_1_1_says_when_it_was_issued(badge: Document) -> None:
    """Its own contexts are for version 2.0; the rules for badges hold by the name of the type."""
    found = {**older(), "type": ["VerifiableCredential", "OpenBadgeCredential"]}
    assert alone(found).check("structure").outcome == FAILED


# Resolvers


def test_those_who_made_earlier_proofs_are_asked_for_their_keys(college: College) -> None:
    witness = College(did="did:web:witness.example", signer=Ed25519Signer(b"\x31" * 32))
    college.documents.update(witness.documents)
    document = proofs.append_proof(
        credential_of(DID),
        proofs.proof_config(verification_method=witness.method, created=NOW, id="urn:uuid:0"),
        signer=witness.signer,
    )
    document = proofs.append_proof(
        document,
        proofs.proof_config(
            verification_method=college.method, created=NOW, previous_proof="urn:uuid:0"
        ),
        signer=college.signer,
    )
    assert college.verify(document).verdict == VALID
    college.documents["did:web:witness.example"]["id"] = "did:web:other.example"
    assert outcomes(college.verify(document))["signature"] == FAILED
    del college.documents["did:web:witness.example"]
    assert outcomes(college.verify(document))["signature"] == COULD_NOT_CHECK


def test_an_identifier_that_is_no_did_is_not_asked_for() -> None:
    issuer = "did:web:college.example/path"
    signed = proved(credential_of(issuer), ADA, verification_method=f"{issuer}#key")
    assert outcomes(alone(signed))["issuer"] == FAILED


def test_an_unreachable_resolver_leaves_every_suite_unknown() -> None:
    def away(name: str) -> Any:
        raise Unreachable(f"{name} does not answer.")

    for suite, kind in SUITES:
        signer = signer_of(kind)
        signed = proved(
            credential_of(DID),
            signer,
            cryptosuite=suite,
            verification_method=did.method_id(DID, signer.public_multibase),
        )
        report = verify.verify(signed, resolve_did=away, fetch_status_list=away, now=NOW)
        assert report.verdict == UNKNOWN
