"""Every suite against the W3C vectors, byte for byte, and against what it must refuse.

The vectors under `employ` use a context that no package carries: those from the canonical form on.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse, serialize

from issuer.vc import canonical, contexts, jcs, keys, multibase, signers
from issuer.vc.data_integrity import proofs
from issuer.vc.data_integrity.cryptosuites import (
    ecdsa_jcs_2019,
    ecdsa_rdfc_2019,
    ed25519_signature_2020,
    eddsa_jcs_2022,
    eddsa_rdfc_2022,
    hashing,
)
from issuer.vc.errors import (
    MalformedProof,
    OutOfBounds,
    UnknownContext,
    UnsupportedKey,
    WrongSignature,
)
from issuer.vc.keys import PublicKey


@dataclass(frozen=True)
class Vector:
    """The files of one published proof, and the key it was made with."""

    suite: ModuleType
    path: str
    ending: str
    key_pair: str

    def folder(self, data: Path) -> Path:
        return data / "vectors" / self.path

    def bytes(self, data: Path, name: str) -> bytes:
        return (self.folder(data) / f"{name}{self.ending}.txt").read_bytes()

    def text(self, data: Path, name: str) -> str:
        return self.bytes(data, name).decode().strip()

    def json(self, data: Path, name: str) -> Any:
        return json.loads((self.folder(data) / f"{name}{self.ending}.json").read_text())

    def signer(self, data: Path) -> signers.Signer:
        pair = json.loads((data / "vectors" / self.key_pair).read_text())
        secret = pair.get("privateKeyMultibase") or pair["secretKeyMultibase"]
        kind = PublicKey.from_multikey(pair["publicKeyMultibase"]).kind
        return signers.from_secret(kind, multibase.decode_base58btc(secret)[2:])


ED25519 = "w3c-eddsa/keyPair.json"
P256, P384 = "w3c-ecdsa/p256KeyPair.json", "w3c-ecdsa/p384KeyPair.json"
WHOLE = [
    Vector(eddsa_rdfc_2022, "w3c-eddsa/eddsa-rdfc-2022", "DataInt", ED25519),
    Vector(eddsa_jcs_2022, "w3c-eddsa/eddsa-jcs-2022", "JCS", ED25519),
    Vector(ed25519_signature_2020, "w3c-eddsa/Ed25519Signature2020", "EdSig", ED25519),
    Vector(ecdsa_rdfc_2019, "w3c-ecdsa/ecdsa-rdfc-2019-p256", "ECDSAP256", P256),
    Vector(ecdsa_rdfc_2019, "w3c-ecdsa/ecdsa-rdfc-2019-p384", "ECDSAP384", P384),
    Vector(ecdsa_jcs_2019, "w3c-ecdsa/ecdsa-jcs-2019-p256", "JCSECDSAP256", P256),
    Vector(ecdsa_jcs_2019, "w3c-ecdsa/ecdsa-jcs-2019-p384", "JCSECDSAP384", P384),
]
EMPLOY = [
    Vector(eddsa_rdfc_2022, "w3c-eddsa/eddsa-rdfc-2022/employ", "DataInt", ED25519),
    Vector(ecdsa_rdfc_2019, "w3c-ecdsa/ecdsa-rdfc-2019-p256/employ", "ECDSAP256", P256),
    Vector(ecdsa_rdfc_2019, "w3c-ecdsa/ecdsa-rdfc-2019-p384/employ", "ECDSAP384", P384),
]
JSON_SUITES = {eddsa_jcs_2022, ecdsa_jcs_2019}


def path(vector: Vector) -> str:
    return vector.path


def canonize(vector: Vector, document: dict[str, Any], kind: str) -> bytes:
    if vector.suite in JSON_SUITES:
        return jcs.canonize(document)
    return canonical.canonize(document, digest=vector.suite.KINDS[kind])


@pytest.mark.parametrize("vector", WHOLE + EMPLOY, ids=path)
def test_a_vector_from_the_canonical_form_on(shared_data: Path, vector: Vector) -> None:
    signer = vector.signer(shared_data)
    digest = vector.suite.KINDS[signer.kind]
    document = hashlib.new(digest, vector.bytes(shared_data, "canonDoc"))
    options = hashlib.new(digest, vector.bytes(shared_data, "proofCanon"))
    assert document.hexdigest() == vector.text(shared_data, "docHash")
    assert options.hexdigest() == vector.text(shared_data, "proofHash")
    message = options.digest() + document.digest()
    assert message.hex() == vector.text(shared_data, "combinedHash")

    # The signatures of ECDSA are deterministic ones as well (RFC 6979).
    signature = signer.sign(message)
    assert signature.hex() == vector.text(shared_data, "sigHex")
    value = multibase.encode_base58btc(signature)
    assert value == vector.text(shared_data, "sigBTC58")
    proof = vector.json(shared_data, "signed")["proof"]
    assert proof["proofValue"] == value
    assert proof["verificationMethod"].partition("#")[2] == signer.public_multibase
    PublicKey.from_multikey(signer.public_multibase).check(message, signature)


@pytest.mark.parametrize("vector", WHOLE, ids=path)
def test_a_vector_from_the_document_on(shared_data: Path, vector: Vector) -> None:
    signer = vector.signer(shared_data)
    signed = vector.json(shared_data, "signed")
    config = vector.json(shared_data, "proofConfig")
    document = {name: member for name, member in signed.items() if name != "proof"}
    assert canonize(vector, document, signer.kind) == vector.bytes(shared_data, "canonDoc")
    assert canonize(vector, config, signer.kind) == vector.bytes(shared_data, "proofCanon")
    message = vector.suite.hash_data(document, config, kind=signer.kind)
    assert message.hex() == vector.text(shared_data, "combinedHash")

    value = signed["proof"]["proofValue"]
    vector.suite.check(document, config, value, public_key=signer.public_multibase)
    proofs.verify_proof(signed, public_key=signer.public_multibase)
    with pytest.raises(WrongSignature):
        proofs.verify_proof({**signed, "name": "Changed"}, public_key=signer.public_multibase)


@pytest.mark.parametrize(
    "vector", [each for each in WHOLE if each.suite is not ed25519_signature_2020], ids=path
)
def test_what_we_sign_is_the_published_document_to_the_byte(
    shared_data: Path, vector: Vector
) -> None:
    signed = vector.json(shared_data, "signed")
    document = json.loads((vector.folder(shared_data) / "../unsigned.json").read_text())
    config = {
        name: member
        for name, member in vector.json(shared_data, "proofConfig").items()
        if name != "@context"
    }
    signer = vector.signer(shared_data)
    value = vector.suite.sign(document, vector.json(shared_data, "proofConfig"), signer=signer)
    assert value == signed["proof"]["proofValue"]
    ours = proofs.append_proof(document, config, signer=signer)
    published = vector.folder(shared_data) / f"signed{vector.ending}.json"
    assert json.dumps(ours, indent=2) == published.read_text()


@pytest.mark.parametrize("vector", EMPLOY, ids=path)
def test_blank_nodes_of_a_vector_are_told_apart_by_the_digest_of_its_key(
    shared_data: Path, vector: Vector
) -> None:
    """VC-DI-ECDSA, section 3.2.3: with P-384 goes SHA-384 in RDFC-1.0, too."""
    text = vector.bytes(shared_data, "canonDoc")
    algorithms = {
        canonical.SHA_256: CanonicalizationAlgorithm.RDFC_1_0_SHA_256,
        canonical.SHA_384: CanonicalizationAlgorithm.RDFC_1_0_SHA_384,
    }
    for digest, algorithm in algorithms.items():
        dataset = Dataset(parse(text, format=RdfFormat.N_QUADS))
        dataset.canonicalize(algorithm)
        lines = serialize(dataset, format=RdfFormat.N_QUADS) or b""
        is_the_keys = digest == vector.suite.KINDS[vector.signer(shared_data).kind]
        assert (b"".join(sorted(lines.splitlines(keepends=True))) == text) == is_the_keys


@pytest.mark.parametrize("vector", EMPLOY, ids=path)
def test_the_options_of_a_vector_under_contexts_that_are_pinned(
    shared_data: Path, vector: Vector
) -> None:
    config = {**vector.json(shared_data, "proofConfig"), "@context": contexts.CREDENTIALS_V2}
    kind = vector.signer(shared_data).kind
    assert canonize(vector, config, kind) == vector.bytes(shared_data, "proofCanon")


@pytest.mark.parametrize("vector", EMPLOY, ids=path)
def test_a_document_whose_context_is_not_pinned_is_refused_and_not_fetched(
    shared_data: Path, vector: Vector
) -> None:
    signed = vector.json(shared_data, "signed")
    with pytest.raises(UnknownContext):
        proofs.verify_proof(signed, public_key=vector.signer(shared_data).public_multibase)


# Keys and values that do not go with the suite

DOCUMENT = {"@context": [contexts.CREDENTIALS_V2], "id": "urn:uuid:1", "name": "A name"}
CONFIG = {**proofs.proof_config(verification_method="did:example:1#k", created=None)}
SUITES = [eddsa_rdfc_2022, eddsa_jcs_2022, ecdsa_rdfc_2019, ecdsa_jcs_2019]
ALL_KINDS = [keys.ED25519, keys.P256, keys.P384, keys.P521]


def signer_of(kind: str, number: int = 1) -> signers.Signer:
    size = 32 if kind == keys.ED25519 else keys.CURVES[kind].size
    return signers.from_secret(kind, number.to_bytes(size))


def config_of(suite: ModuleType) -> dict[str, Any]:
    return {"@context": DOCUMENT["@context"], **CONFIG, "cryptosuite": suite.NAME}


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.NAME)
def test_a_suite_takes_its_own_kinds_of_keys_and_no_others(suite: ModuleType, kind: str) -> None:
    signer = signer_of(kind)
    options = config_of(suite)
    if kind in suite.KINDS:
        value = suite.sign(DOCUMENT, options, signer=signer)
        suite.check(DOCUMENT, options, value, public_key=signer.public_multibase)
        with pytest.raises(WrongSignature):
            other = signer_of(kind, 2).public_multibase
            suite.check(DOCUMENT, options, value, public_key=other)
        with pytest.raises(WrongSignature):
            changed = {**DOCUMENT, "name": "Another name"}
            suite.check(changed, options, value, public_key=signer.public_multibase)
        with pytest.raises(WrongSignature):
            late = {**options, "created": "2026-01-01T00:00:00Z"}
            suite.check(DOCUMENT, late, value, public_key=signer.public_multibase)
    else:
        with pytest.raises(UnsupportedKey):
            suite.sign(DOCUMENT, options, signer=signer)
        value = multibase.encode_base58btc(bytes(64))
        with pytest.raises(UnsupportedKey):
            suite.check(DOCUMENT, options, value, public_key=signer.public_multibase)


@pytest.mark.parametrize(
    ("suite", "kind"), [(suite, kind) for suite in SUITES for kind in suite.KINDS]
)
def test_a_value_of_another_length_is_no_signature(suite: ModuleType, kind: str) -> None:
    """VC-DI-EdDSA and VC-DI-ECDSA: 64 bytes, and 96 of P-384."""
    options = config_of(suite)
    public_key = signer_of(kind).public_multibase
    signature = multibase.decode_base58btc(
        suite.sign(DOCUMENT, options, signer=signer_of(kind)),
    )
    assert len(signature) == (96 if kind == keys.P384 else 64)
    for wrong in (signature[:-1], signature + bytes(32), b""):
        with pytest.raises(MalformedProof):
            value = multibase.encode_base58btc(wrong)
            suite.check(DOCUMENT, options, value, public_key=public_key)


@pytest.mark.parametrize("hash_", [hashing.hash_rdf, hashing.hash_json])
def test_what_is_too_large_is_not_hashed(hash_: Any) -> None:
    large = {**DOCUMENT, "description": "x" * canonical.MAX_CHARACTERS}
    with pytest.raises(OutOfBounds):
        hash_(large, {"@context": DOCUMENT["@context"], **CONFIG})


def test_options_too_long_to_be_remembered_are_hashed_all_the_same() -> None:
    options = {"@context": DOCUMENT["@context"], **CONFIG}
    long = {**options, "challenge": "x" * hashing.MAX_REMEMBERED}
    for each in (options, options, long):
        digest = hashlib.sha256(canonical.canonize(each)).digest()
        assert hashing.hash_rdf(DOCUMENT, each)[:32] == digest
