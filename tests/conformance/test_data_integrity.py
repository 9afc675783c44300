"""What the public suites of Data Integrity ask, for EdDSA and ECDSA; sets and chains of proofs."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from issuer.vc import contexts, did, multibase
from issuer.vc import credential as vc
from issuer.vc.keys import PublicKey
from issuer.vc.signers import Ed25519Signer, P256Signer, P384Signer, Signer
from tests.conformance.conftest import (
    EXAMPLES,
    MADE,
    V1,
    V2,
    Document,
    Suites,
    credential,
    name_of,
    older,
    proved,
    refused,
    verified,
)

# Instance -> (cryptosuite, kind of key, bytes of the signature).
INSTANCES = {
    "eddsa-rdfc-2022": ("eddsa-rdfc-2022", "Ed25519", 64),
    "eddsa-jcs-2022": ("eddsa-jcs-2022", "Ed25519", 64),
    "ecdsa-rdfc-2019-p256": ("ecdsa-rdfc-2019", "P-256", 64),
    "ecdsa-rdfc-2019-p384": ("ecdsa-rdfc-2019", "P-384", 96),
    "ecdsa-jcs-2019-p256": ("ecdsa-jcs-2019", "P-256", 64),
    "ecdsa-jcs-2019-p384": ("ecdsa-jcs-2019", "P-384", 96),
}
OWN = {"name": "https://schema.org/name", "sails": "urn:example:sails", "size": "urn:example:size"}
ALICE = {"id": "urn:uuid:1a0e4ef5-091f-4060-842e-18e519ab9440", "name": "Alice"}
UNSIGNED = {
    "2.0": credential(credentialSubject=ALICE),
    "2.0, contexts of its own": credential(
        **{"@context": [V2, OWN]},
        credentialSubject={**ALICE, "sails": [{"size": 5.5}, {"size": 7}]},
    ),
    "2.0, everything allowed": credential(**{"@context": [V2, EXAMPLES]}, anything="goes"),
    "1.1": older(),
    "1.1, contexts of its own": older(**{"@context": [V1, OWN]}, credentialSubject=ALICE),
    "1.1, nested contexts": older(**{"@context": [V1, {"@context": OWN}]}, credentialSubject=ALICE),
}
SIGNERS: dict[str, Signer] = {
    "eddsa-rdfc-2022": Ed25519Signer(b"\x51" * 32),
    "eddsa-jcs-2022": Ed25519Signer(b"\x51" * 32),
    "ecdsa-rdfc-2019-p256": P256Signer(b"\x52" * 32),
    "ecdsa-rdfc-2019-p384": P384Signer(b"\x53" * 48),
    "ecdsa-jcs-2019-p256": P256Signer(b"\x52" * 32),
    "ecdsa-jcs-2019-p384": P384Signer(b"\x53" * 48),
}
each_instance = pytest.mark.parametrize("instance", INSTANCES)


# Issuing


@each_instance
@pytest.mark.parametrize("document", UNSIGNED.values(), ids=list(UNSIGNED))
def test_an_instance_makes_one_proof_of_its_suite(
    suites: Suites, instance: str, document: Document
) -> None:
    suite, kind, length = INSTANCES[instance]
    issued = suites.issued(instance, document)
    proof = issued["proof"]
    assert (proof["type"], proof["cryptosuite"]) == ("DataIntegrityProof", suite)
    assert proof["proofPurpose"] == "assertionMethod"
    assert proof["created"].endswith("Z") and "." not in proof["created"]
    assert len(multibase.decode_base58btc(proof["proofValue"])) == length
    assert ("@context" in proof) == ("jcs" in suite)
    assert proof.get("@context", issued["@context"]) == issued["@context"]
    name, _, fragment = proof["verificationMethod"].partition("#")
    assert name == issued["issuer"] == f"did:key:{fragment}" == suites.issuer(instance)
    assert PublicKey.from_multikey(fragment).kind == kind
    (method,) = did.resolve_key(name)["verificationMethod"]
    assert (method["type"], method["publicKeyMultibase"]) == ("Multikey", fragment)
    assert did.resolve_key(name)["assertionMethod"] == [proof["verificationMethod"]]


@each_instance
@pytest.mark.parametrize("document", UNSIGNED.values(), ids=list(UNSIGNED))
def test_what_an_instance_signs_is_verified(
    suites: Suites, instance: str, document: Document
) -> None:
    issued = suites.issued(instance, document)
    verified(suites.verify(issued, instance))
    verified(suites.verify(issued, instance, checks=[]))


@each_instance
def test_the_contexts_of_proofs_are_added_to_version_1_1_only(
    suites: Suites, instance: str
) -> None:
    added = [V1, contexts.DATA_INTEGRITY_V2]
    assert suites.issued(instance, older())["@context"] == added
    assert suites.issued(instance, older(**{"@context": added}))["@context"] == added
    assert suites.issued(instance, credential())["@context"] == [V2]


@each_instance
@pytest.mark.parametrize(
    "members",
    [
        {"type": ["VerifiableCredential", "Undefined"]},
        {"credentialSubject": {**ALICE, "undefined": "x"}},
        {"undefined": "x"},
        {"credentialSubject": None},
        {"@context": [V2, {"@base": "https://a.example/"}]},
    ],
    ids=str,
)
def test_data_that_would_be_lost_is_not_signed(
    suites: Suites, instance: str, members: Document
) -> None:
    refused(suites.issue(instance, credential(**members)))


# Verifying what others have signed


def signed_by(instance: str, document: Document, **options: Any) -> Document:
    signer, suite = SIGNERS[instance], INSTANCES[instance][0]
    if document["@context"][0] == V1:
        document = {**document, "@context": [*document["@context"], contexts.DATA_INTEGRITY_V2]}
    document = {**document, "issuer": name_of(signer)}
    return proved(document, signer, **{"cryptosuite": suite, **options})


@each_instance
@pytest.mark.parametrize("document", UNSIGNED.values(), ids=list(UNSIGNED))
def test_what_others_sign_is_verified(suites: Suites, instance: str, document: Document) -> None:
    verified(suites.verify(signed_by(instance, document)))
    verified(suites.verify(signed_by(instance, document, created=None)))
    verified(suites.verify(signed_by(instance, document, id="urn:uuid:1", created=MADE)))


def without(name: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        del document["proof"][name]

    return change


def with_proof(**members: Any) -> Callable[[Document], None]:
    return lambda document: document["proof"].update(members)


def lengthened(document: Document) -> None:
    value = multibase.decode_base58btc(document["proof"]["proofValue"])
    document["proof"]["proofValue"] = multibase.encode_base58btc(value + b"\x07" * 32)


CHANGES: dict[str, Callable[[Document], None]] = {
    "no proof": lambda document: document.pop("proof"),
    "a proof that is null": lambda document: document.update(proof=None),
    "a proof that is a text": lambda document: document.update(proof="z"),
    "no proofs": lambda document: document.update(proof=[]),
    **{
        f"no {name}": without(name)
        for name in ("type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue")
    },
    "a proofValue that is null": with_proof(proofValue=None),
    "a proofValue without its header": lambda document: document["proof"].update(
        proofValue=document["proof"]["proofValue"][1:]
    ),
    "a proofValue with a letter missing": lambda document: document["proof"].update(
        proofValue=document["proof"]["proofValue"][:-1]
    ),
    "a proofValue that is too long": lengthened,
    "a proofValue in another base": with_proof(proofValue="u5nmMBw2u9TGKd9NxxHJtyZKgjN2Eh"),
    "an unknown type of proof": with_proof(type="UnknownProofType"),
    "an unknown suite": with_proof(cryptosuite="unknown-cryptosuite-2017"),
    "a suite without a name": with_proof(cryptosuite=""),
    "a suite of another key": with_proof(cryptosuite="ecdsa-sd-2023"),
    "a method that is none": with_proof(verificationMethod="did:key:invalidVm"),
    "a method of nobody": with_proof(verificationMethod="did:key:@invalidVm@"),
    "another purpose": with_proof(proofPurpose="authentication"),
    "an undefined purpose": with_proof(proofPurpose="invalidPurpose"),
    "no moment": with_proof(created="invalidDate"),
    "no end": with_proof(expires="invalidDate"),
    "a nonce": with_proof(nonce="n-1"),
    "an undefined term": lambda document: document["credentialSubject"].update(undefined="x"),
    "an undefined type": lambda document: document.update(
        type=["VerifiableCredential", "UndefinedType"]
    ),
    "another subject": lambda document: document["credentialSubject"].update(id="urn:invalid"),
}


@each_instance
@pytest.mark.parametrize("version", ["2.0", "1.1"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_credential_is_refused_that_has(
    suites: Suites, instance: str, version: str, change: Callable[[Document], None]
) -> None:
    signed = signed_by(instance, copy.deepcopy(UNSIGNED[version]))
    change(signed)
    refused(suites.verify(signed, instance))


@pytest.mark.parametrize(
    "options",
    [{"created": "invalidDate"}, {"expires": "invalidDate"}, {"expires": "2026-06-15T11:00:01Z"}],
    ids=str,
)
@each_instance
def test_a_proof_with_bad_dates_is_refused_although_they_are_signed(
    suites: Suites, instance: str, options: Document
) -> None:
    refused(suites.verify(signed_by(instance, UNSIGNED["2.0"], **options)))


@each_instance
def test_a_relative_type_that_a_removed_base_made_absolute_is_refused(
    suites: Suites, instance: str
) -> None:
    based = {"@context": [V2, {"@base": "https://invalid.example.com/"}]}
    relative = {"type": ["VerifiableCredential", "Relative"]}
    signed = signed_by(instance, {**UNSIGNED["2.0"], **based, **relative})
    refused(suites.verify({**signed, "@context": [V2]}))


@each_instance
def test_a_credential_that_is_sent_as_a_text_is_refused(suites: Suites, instance: str) -> None:
    refused(suites.verify(json.dumps(signed_by(instance, UNSIGNED["2.0"])), instance))


@each_instance
def test_a_proof_for_another_purpose_than_was_expected_is_refused(
    suites: Suites, instance: str
) -> None:
    for_assertions = signed_by(instance, UNSIGNED["2.0"])
    verified(suites.verify(for_assertions, expectedProofPurpose="assertionMethod"))
    refused(suites.verify(for_assertions, expectedProofPurpose="authentication"))
    options = {"proofPurpose": "authentication", "domain": "a.example", "challenge": "c"}
    to_authenticate = signed_by(instance, UNSIGNED["2.0"], **options)
    refused(suites.verify(to_authenticate))
    asked = {"expectedProofPurpose": "authentication"}
    verified(suites.verify(to_authenticate, **asked, domain="a.example", challenge="c"))
    refused(suites.verify(to_authenticate, **asked, domain="b.example", challenge="c"))
    refused(suites.verify(to_authenticate, **asked, domain="a.example", challenge="d"))


# Sets and chains


FIRST = "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544"
VERSIONS = pytest.mark.parametrize("version", ["2.0", "1.1"])
RDF = pytest.mark.parametrize("instance", [name for name in INSTANCES if "jcs" not in name])
OTHER = Ed25519Signer(b"\x61" * 32)


def chained(instance: str, version: str, previous: Any) -> Document:
    """Signed by somebody first, and by the issuer after."""
    issuer = {"issuer": name_of(SIGNERS[instance])}
    document = signed_by(instance, UNSIGNED[version])
    unsigned = {**document, **issuer}
    del unsigned["proof"]
    first = proved(unsigned, OTHER, id=FIRST)
    options = {"cryptosuite": INSTANCES[instance][0], "previousProof": previous}
    return proved(first, SIGNERS[instance], **options)


@RDF
@VERSIONS
@pytest.mark.parametrize("previous", [FIRST, [FIRST]], ids=["a name", "a list"])
def test_a_chain_of_proofs_is_verified(
    suites: Suites, instance: str, version: str, previous: Any
) -> None:
    signed = chained(instance, version, previous)
    verified(suites.verify(signed))
    verified(suites.verify(signed, checks=[]))


@RDF
@VERSIONS
def test_a_set_of_proofs_is_verified_when_one_is_the_issuer_s(
    suites: Suites, instance: str, version: str
) -> None:
    signed = signed_by(instance, UNSIGNED[version])
    together = proved(signed, OTHER)
    assert len(together["proof"]) == 2
    verified(suites.verify(together))
    refused(suites.verify({**together, "proof": together["proof"][1:]}))
    twice = proved(signed, SIGNERS[instance], cryptosuite=INSTANCES[instance][0])
    verified(suites.verify(twice))


CHAIN_CHANGES: dict[str, Callable[[list[Document]], Any]] = {
    "the first proof was dropped": lambda chain: chain.pop(0),
    "the first proof has another id": lambda chain: chain[0].update(id="urn:x:other"),
    "the first proof is broken": lambda chain: chain[0].update(proofValue="invalidProofValue"),
    "the first proof is another's": lambda chain: chain[0].update(
        proofValue=chain[1]["proofValue"]
    ),
    "the first proof is of another time": lambda chain: chain[0].update(
        created="2026-06-15T11:00:01Z"
    ),
    "a proof that is not there is named": lambda chain: chain[1].update(
        previousProof="urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4545"
    ),
    "one of the proofs named is not there": lambda chain: chain[1].update(
        previousProof=[FIRST, "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4545"]
    ),
    "a proof is named by a number": lambda chain: chain[1].update(previousProof=456321),
    "the last proof got an id": lambda chain: chain[1].update(id="urn:x:late"),
    "the last proof follows none any more": lambda chain: chain[1].pop("previousProof"),
    "the last proof follows itself": lambda chain: chain[1].update(
        id="urn:x:late", previousProof="urn:x:late"
    ),
}


@RDF
@VERSIONS
@pytest.mark.parametrize("change", CHAIN_CHANGES.values(), ids=list(CHAIN_CHANGES))
def test_a_chain_is_refused_when(
    suites: Suites, instance: str, version: str, change: Callable[[list[Document]], Any]
) -> None:
    signed = chained(instance, version, FIRST)
    change(signed["proof"])
    refused(suites.verify(signed))


# Vectors that suites send: an issuer with a web address, and the key of somebody else


def vector(shared_data: Path, name: str) -> Document:
    return json.loads((shared_data / "vectors" / name).read_text())


@pytest.mark.parametrize(
    "name",
    [
        "w3c-eddsa/eddsa-rdfc-2022/signedDataInt.json",
        "w3c-eddsa/eddsa-jcs-2022/signedJCS.json",
        "w3c-eddsa/proof-set-chain/signedProofSet1.json",
        "w3c-eddsa/proof-set-chain/signedProofSet2.json",
        "w3c-eddsa/proof-set-chain/signedProofChain1.json",
        "w3c-eddsa/proof-set-chain/signedProofChain2.json",
        "w3c-ecdsa/ecdsa-rdfc-2019-p256/signedECDSAP256.json",
        "w3c-ecdsa/ecdsa-rdfc-2019-p384/signedECDSAP384.json",
        "w3c-ecdsa/ecdsa-jcs-2019-p256/signedJCSECDSAP256.json",
        "w3c-ecdsa/ecdsa-jcs-2019-p384/signedJCSECDSAP384.json",
    ],
)
def test_a_published_vector_is_verified(suites: Suites, shared_data: Path, name: str) -> None:
    signed = vector(shared_data, name)
    assert signed["issuer"].startswith("https://")
    verified(suites.verify(signed))
    for proof in vc.many(signed["proof"]):
        changed = copy.deepcopy(signed)
        changed["proof"] = {**proof, "proofValue": proof["proofValue"][:-1]}
        refused(suites.verify(changed))
