"""The W3C vectors of ecdsa-sd-2023, every intermediate step of issuer, holder and verifier.

Their second context is in no package. The terms that they use of it are restated below, as
their canonical statements show them.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from issuer.vc import canonical, json_pointers, multibase, signers
from issuer.vc.data_integrity import sd_proof_values, selective_disclosure, statements
from issuer.vc.data_integrity.cryptosuites import ecdsa_sd_2023
from issuer.vc.keys import PublicKey

CITIZENSHIP = "https://w3id.org/citizenship#"
SCHEMA = "https://schema.org/"
DATE = {"@type": "http://www.w3.org/2001/XMLSchema#dateTime"}
LINK = {"@type": "@id"}
TERMS: dict[str, Any] = {
    **{
        name: CITIZENSHIP + name
        for name in (
            "PermanentResidentCardCredential",
            "PermanentResident",
            "PermanentResidentCard",
            "EmploymentAuthorizationDocumentCredential",
            "EmployablePerson",
            "EmploymentAuthorizationDocument",
            "birthCountry",
            "commuterClassification",
            "lprCategory",
            "lprNumber",
        )
    },
    "employmentAuthorizationDocument": {
        "@id": CITIZENSHIP + "employmentAuthorizationDocument",
        **LINK,
    },
    "permanentResidentCard": {"@id": CITIZENSHIP + "permanentResidentCard", **LINK},
    "residentSince": {"@id": CITIZENSHIP + "residentSince", **DATE},
    **{
        name: SCHEMA + name
        for name in (
            "Person",
            "additionalName",
            "familyName",
            "gender",
            "givenName",
            "identifier",
        )
    },
    "birthDate": {"@id": SCHEMA + "birthDate", **DATE},
    "image": {"@id": SCHEMA + "image", **LINK},
}


@dataclass
class Vector:
    """One folder of vectors, with the pointers and the keys that it was made with."""

    folder: Path
    selective_pointers: list[str]
    keys: dict[str, Any]

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    def document(self, name: str) -> dict[str, Any]:
        document = self.read(name)
        document["@context"][1] = TERMS
        document.pop("proof", None)
        return document

    @property
    def base(self) -> dict[str, Any]:
        return self.document("addSignedSDBase.json")

    @property
    def base_value(self) -> str:
        return str(self.read("addSignedSDBase.json")["proof"]["proofValue"])

    @property
    def options(self) -> dict[str, Any]:
        return self.document("addProofConfig.json")

    @property
    def hmac_key(self) -> bytes:
        return bytes.fromhex(self.keys["hmacKeyString"])

    def signer(self, name: str) -> signers.P256Signer:
        secret = multibase.decode_base58btc(self.keys[name]["secretKeyMultibase"])
        return signers.P256Signer(secret.removeprefix(b"\x86\x26"))

    @property
    def public_key(self) -> str:
        return str(self.keys["baseKeyPair"]["publicKeyMultibase"])

    @property
    def lines(self) -> list[bytes]:
        divisible = selective_disclosure.divide(self.base)
        return list(ecdsa_sd_2023.hmac_lines(divisible, self.hmac_key).values())


@pytest.fixture(params=[("prc", "prCredSelective"), ("employ", "employSelective")], ids="_".join)
def vector(shared_data: Path, request: pytest.FixtureRequest) -> Vector:
    name, selective = request.param
    folder = shared_data / "vectors/w3c-ecdsa"
    return Vector(
        folder / "ecdsa-sd-2023" / name,
        json.loads((folder / f"{selective}.json").read_text()),
        json.loads((folder / "ecdsa-sd-2023/SDKeyMaterial.json").read_text()),
    )


def rows(group: dict[str, Any]) -> dict[int, bytes]:
    return {index: line.encode() for index, line in group["value"]}


def encoded(lines: list[str]) -> list[bytes]:
    return [line.encode() for line in lines]


# The issuer


def test_the_canonical_statements(vector: Vector) -> None:
    text = canonical.canonize(vector.base)
    assert text.splitlines(keepends=True) == encoded(vector.read("addBaseDocCanon.json"))
    assert b"".join(map(statements.line, statements.read(text))) == text


def test_the_labels_by_hmac_from_the_canonical_statements_on(vector: Vector) -> None:
    """Needs no context: the statements are those of the vector."""
    text = "".join(vector.read("addBaseDocCanon.json")).encode()
    found = statements.read(text)
    names = {
        label: b"_:"
        + multibase.encode_base64url(
            hmac.digest(vector.hmac_key, label.removeprefix(b"_:"), "sha256")
        ).encode()
        for label in statements.blank_nodes(found)
    }
    lines = sorted(statements.line(statements.relabel(each, names)) for each in found)
    assert lines == encoded(vector.read("addBaseDocHMACCanon.json")) == vector.lines


def test_the_pointers_point_to_what_they_should(vector: Vector) -> None:
    for expected in vector.read("addPointerValues.json"):
        chosen = json_pointers.select(vector.base, [expected["pointer"]])
        assert chosen[expected["pointer"].removeprefix("/")] == expected["value"]


def test_the_mandatory_statements_and_the_others(vector: Vector) -> None:
    expected = vector.read("addBaseTransform.json")
    divisible = selective_disclosure.divide(vector.base)
    always = divisible.part(expected["mandatoryPointers"])
    lines = ecdsa_sd_2023.hmac_lines(divisible, vector.hmac_key)
    numbered = list(enumerate(lines.items()))
    mandatory = {number: line for number, (each, line) in numbered if each in always}
    others = {number: line for number, (each, line) in numbered if each not in always}
    assert mandatory == rows(expected["mandatory"])
    assert others == rows(expected["nonMandatory"])


def test_the_canonical_options(vector: Vector) -> None:
    expected = (vector.folder / "addProofConfigCanon.txt").read_bytes().rstrip(b"\n") + b"\n"
    assert canonical.canonize(vector.options) == expected


def test_what_the_issuer_signs(vector: Vector) -> None:
    expected = vector.read("addHashData.json")
    mandatory = list(rows(vector.read("addBaseTransform.json")["mandatory"]).values())
    public_key = PublicKey.from_multikey(vector.keys["proofKeyPair"]["publicKeyMultibase"])
    message = ecdsa_sd_2023.base_message(vector.options, public_key.multicodec, mandatory)
    assert message[:32].hex() == expected["proofHash"]
    assert message[32:-32] == public_key.multicodec
    assert message[-32:].hex() == expected["mandatoryHash"]
    assert hashlib.sha256(b"".join(mandatory)).digest() == message[-32:]


def test_the_signatures(vector: Vector) -> None:
    expected = vector.read("addRawBaseSignatureInfo.json")
    value = sd_proof_values.read_base(vector.base_value)
    assert value.base_signature.hex() == expected["baseSignature"]
    assert multibase.encode_base58btc(value.public_key) == expected["publicKey"]
    assert [signature.hex() for signature in value.signatures] == expected["signatures"]
    assert list(value.mandatory_pointers) == expected["mandatoryPointers"]
    assert value.hmac_key == vector.hmac_key

    others = rows(vector.read("addBaseTransform.json")["nonMandatory"]).values()
    own = vector.signer("proofKeyPair")
    assert [own.sign(line).hex() for line in others] == expected["signatures"]


def test_the_base_proof_byte_for_byte(vector: Vector) -> None:
    drawn = ecdsa_sd_2023.Secrets(vector.hmac_key, vector.signer("proofKeyPair"))
    value = ecdsa_sd_2023.sign(
        vector.base,
        vector.options,
        signer=vector.signer("baseKeyPair"),
        mandatory_pointers=vector.read("addBaseTransform.json")["mandatoryPointers"],
        drawn=drawn,
    )
    assert value == vector.base_value
    assert sd_proof_values.write_base(sd_proof_values.read_base(value)) == value


# The holder


def test_what_the_holder_reads_from_the_base_proof(vector: Vector) -> None:
    expected = vector.read("derivedRecoveredBaseData.json")
    value = sd_proof_values.read_base(vector.base_value)
    assert {
        "baseSignature": value.base_signature.hex(),
        "proofPublicKey": multibase.encode_base58btc(value.public_key),
        "hmacKey": value.hmac_key.hex(),
        "signatures": [signature.hex() for signature in value.signatures],
        "mandatoryPointers": list(value.mandatory_pointers),
    } == expected


def test_the_groups_of_statements(vector: Vector) -> None:
    mandatory = vector.read("addBaseTransform.json")["mandatoryPointers"]
    divisible = selective_disclosure.divide(vector.base)
    lines = ecdsa_sd_2023.hmac_lines(divisible, vector.hmac_key)
    indexes = vector.read("derivedGroupIndexes.json")
    groups = vector.read("derivedAllGroupData.json")["groups"]
    for name, pointers in {
        "mandatory": mandatory,
        "selective": vector.selective_pointers,
        "combined": [*mandatory, *vector.selective_pointers],
    }.items():
        part = divisible.part(pointers)
        matching = {n: line for n, (each, line) in enumerate(lines.items()) if each in part}
        rest = {n: line for n, (each, line) in enumerate(lines.items()) if each not in part}
        assert list(matching) == indexes[f"{name}Indexes"]
        assert matching == rows(groups[name]["matching"])
        assert rest == rows(groups[name]["nonMatching"])
        # Without ids of their own the statements are those of the vector, too.
        assert len(part) == len(groups[name]["deskolemizedNQuads"])


def test_the_statements_of_all_groups_are_those_signed(vector: Vector) -> None:
    expected = vector.read("derivedAllGroupData.json")
    assert vector.lines == encoded(expected["nquads"])
    divisible = selective_disclosure.divide(vector.base)
    names = {label.encode() for _, label in expected["labelMap"]["value"]}
    lines = b"".join(vector.lines)
    assert len(divisible.canonical_labels) == len(names)
    assert all(b"_:" + name in lines for name in names)


def test_the_document_that_is_shown(vector: Vector) -> None:
    mandatory = vector.read("addBaseTransform.json")["mandatoryPointers"]
    shown = json_pointers.select(vector.base, [*mandatory, *vector.selective_pointers])
    assert shown == vector.document("derivedUnsignedReveal.json")


def test_the_derived_proof_byte_for_byte(vector: Vector) -> None:
    shown, value = ecdsa_sd_2023.derive(
        vector.base, vector.base_value, selective_pointers=vector.selective_pointers
    )
    assert shown == vector.document("derivedRevealDocument.json")
    assert value == vector.read("derivedRevealDocument.json")["proof"]["proofValue"]
    assert sd_proof_values.write_derived(sd_proof_values.read_derived(value)) == value


def test_what_is_disclosed(vector: Vector) -> None:
    shown = vector.read("derivedRevealDocument.json")["proof"]["proofValue"]
    value = sd_proof_values.read_derived(shown)
    labels = [[f"c14n{n}", multibase.encode_base64url(h)] for n, h in value.labels.items()]
    expected = {
        "baseSignature": value.base_signature.hex(),
        "publicKey": multibase.encode_base58btc(value.public_key),
        "signatures": [signature.hex() for signature in value.signatures],
        "labelMap": labels,
        "mandatoryIndexes": list(value.mandatory_indexes),
    }
    disclosed = vector.read("derivedDisclosureData.json")
    disclosed["labelMap"] = disclosed["labelMap"]["value"]
    assert disclosed == expected
    assert vector.read("verifyDerivedProofValue.json") == expected
    adjusted = vector.read("derivedAdjMandatoryIndexes.json")["adjMandatoryIndexes"]
    assert adjusted == expected["mandatoryIndexes"]
    filtered = vector.read("derivedAdjSignatures.json")
    assert filtered["filteredSignatures"] == expected["signatures"]
    base = sd_proof_values.read_base(vector.base_value).signatures
    assert [base[n] for n in filtered["adjSignatureIndexes"]] == list(value.signatures)


# The verifier


def test_what_the_verifier_checks(vector: Vector) -> None:
    shown = vector.document("derivedRevealDocument.json")
    proof = vector.read("derivedRevealDocument.json")["proof"]
    value = sd_proof_values.read_derived(proof["proofValue"])
    lines = ecdsa_sd_2023.signed_lines(shown, value)
    assert lines == encoded(vector.read("verifyNQuads.json"))

    expected = vector.read("verifyCreateVerifyData.json")
    always = set(value.mandatory_indexes)
    others = [line for number, line in enumerate(lines) if number not in always]
    mandatory = [line for number, line in enumerate(lines) if number in always]
    assert others == encoded(expected["nonMandatory"])
    message = ecdsa_sd_2023.base_message(vector.options, value.public_key, mandatory)
    assert message[:32].hex() == expected["proofHash"]
    assert message[-32:].hex() == expected["mandatoryHash"]
    assert value.base_signature.hex() == expected["baseSignature"]
    assert multibase.encode_base58btc(value.public_key) == expected["publicKey"]
    assert [signature.hex() for signature in value.signatures] == expected["signatures"]


def test_the_base_proof_and_the_derived_proof_are_accepted(vector: Vector) -> None:
    options, key = vector.options, vector.public_key
    ecdsa_sd_2023.check_base(vector.base, options, vector.base_value, public_key=key)
    value = vector.read("derivedRevealDocument.json")["proof"]["proofValue"]
    shown = vector.document("derivedRevealDocument.json")
    ecdsa_sd_2023.check(shown, options, value, public_key=key)
