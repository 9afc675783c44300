"""Small straight readers of what we sign, written from the specifications alone.

A second opinion where no installed package has one. They know nothing of `issuer.vc`, take only
what is well-formed, and raise InvalidSignature (or an AssertionError) for what was changed.
"""

import base64
import hashlib
import json
import zlib
from typing import Any

import cbor2
import jwt as pyjwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pyld import jsonld

from tests.validator_1edtech import public_keys
from tests.validator_1edtech.shared import document_loader

Document = dict[str, Any]


# Data Integrity (VC-DI-EdDSA 1.0 and VC-DI-ECDSA 1.0)


def check_proof(document: Document, *, suite: str) -> None:
    """Check the one proof of a document with the key that its method is named by."""
    options = dict(document["proof"])
    assert options["type"] == "DataIntegrityProof"
    assert options["cryptosuite"] == suite
    value = options.pop("proofValue")
    unsecured = {name: member for name, member in document.items() if name != "proof"}
    key = _named(options)
    if suite == "ecdsa-sd-2023":
        _check_derived(unsecured, options, value, key)
        return
    family, canonicalisation, _ = suite.split("-")
    assert isinstance(key, Ed25519PublicKey) is (family == "eddsa")
    if canonicalisation == "jcs":
        # "The proof gets a copy of the document's @context", of which the document's begins.
        assert options["@context"] == document["@context"]
        parts = [_jcs(options).encode(), _jcs(unsecured).encode()]
    else:
        parts = _statements(options, unsecured)
    name = "sha384" if _is_p384(key) else "sha256"
    message = b"".join(hashlib.new(name, part).digest() for part in parts)
    _check(key, public_keys.decode_multibase(value), message)


def _check_derived(document: Document, options: Document, value: str, key: Any) -> None:
    """Check a derived proof (VC-DI-ECDSA 1.0, section 3.6.7: Verify Derived Proof)."""
    data = _from_base64url(value.removeprefix("u"))
    assert data[:3] == bytes.fromhex("d95d01")
    base_signature, public_key, signatures, label_map, mandatory = cbor2.loads(data[3:])
    first, revealed = _statements(options, document)
    text = revealed.decode()
    # Longer numbers first, so that c14n1 is not found in c14n10.
    for number in sorted(label_map, reverse=True):
        text = text.replace(f"_:c14n{number}", f"_:u{_base64url(label_map[number])}")
    lines = sorted(text.splitlines(keepends=True))
    shown = b"".join(lines[index].encode() for index in mandatory)
    message = hashlib.sha256(first).digest() + public_key + hashlib.sha256(shown).digest()
    _check(key, base_signature, message)
    rest = [line for index, line in enumerate(lines) if index not in mandatory]
    assert public_key[:2] == b"\x80\x24"
    of_proof = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key[2:])
    assert len(rest) == len(signatures)
    for line, signature in zip(rest, signatures, strict=True):
        _check(of_proof, signature, line.encode())


def _statements(options: Document, document: Document) -> list[bytes]:
    loading = {"base": "https://undefined.invalid/", "documentLoader": document_loader}
    form = {"algorithm": "URDNA2015", "format": "application/n-quads"}
    whole = {**options, "@context": document["@context"]}
    return [jsonld.normalize(each, loading | form).encode() for each in (whole, document)]


def _named(options: Document) -> Any:
    return public_keys.from_multikey(options["verificationMethod"].partition("#")[2])


def _is_p384(key: Any) -> bool:
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp384r1"


def _check(key: Any, signature: bytes, message: bytes) -> None:
    if isinstance(key, Ed25519PublicKey):
        key.verify(signature, message)
        return
    size = (key.key_size + 7) // 8
    assert len(signature) == 2 * size
    r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
    digest = hashes.SHA384() if _is_p384(key) else hashes.SHA256()
    key.verify(encode_dss_signature(r, s), message, ec.ECDSA(digest))


def _jcs(value: Any) -> str:
    """RFC 8785, for numbers that both Python and JavaScript write without an exponent."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_jcs(name)}:{_jcs(member)}" for name, member in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_jcs, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


# SD-JWT VC (RFC 9901, section 7) and Token Status List


def read_sd_jwt_vc(text: str, jwk: Document, algorithm: str) -> Document:
    """The claims of an SD-JWT VC with what is disclosed put in, its signature checked."""
    token, *disclosures, _ = text.split("~")
    assert pyjwt.get_unverified_header(token)["typ"] == "dc+sd-jwt"
    claims = _claims(token, jwk, algorithm)
    assert claims.pop("_sd_alg", "sha-256") == "sha-256"
    known = {_digest(each): json.loads(_from_base64url(each)) for each in disclosures}
    used: set[str] = set()
    found: Document = _disclose(claims, known, used)
    assert used == known.keys(), "a disclosure that nothing refers to"
    return found


def check_key_binding(text: str, algorithm: str, *, audience: str, nonce: str) -> None:
    """Check that the holder whose key is in `cnf` has signed this choice for this occasion."""
    presented, _, binding = text.rpartition("~")
    jwk = json.loads(_from_base64url(text.split(".")[1]))["cnf"]["jwk"]
    assert pyjwt.get_unverified_header(binding)["typ"] == "kb+jwt"
    claims = _claims(binding, jwk, algorithm)
    assert claims["sd_hash"] == _digest(presented + "~")
    assert (claims["aud"], claims["nonce"]) == (audience, nonce)


def _disclose(value: Any, known: dict[str, Any], used: set[str]) -> Any:
    if isinstance(value, list):
        return [item for each in value for item in _item(each, known, used)]
    if not isinstance(value, dict):
        return value
    found = {name: _disclose(each, known, used) for name, each in value.items() if name != "_sd"}
    for digest in value.get("_sd", []):
        if digest in known:
            used.add(digest)
            _, name, member = known[digest]
            assert name not in found
            found[name] = _disclose(member, known, used)
    return found


def _item(value: Any, known: dict[str, Any], used: set[str]) -> list[Any]:
    if not isinstance(value, dict) or value.keys() != {"..."}:
        return [_disclose(value, known, used)]
    if value["..."] not in known:
        return []
    used.add(value["..."])
    _, member = known[value["..."]]
    return [_disclose(member, known, used)]


def read_states(token: str, jwk: Document, algorithm: str) -> list[int]:
    """The states of a status list token, in order (Token Status List, sections 4 and 5)."""
    assert pyjwt.get_unverified_header(token)["typ"] == "statuslist+jwt"
    listed = _claims(token, jwk, algorithm)["status_list"]
    bits, packed = listed["bits"], zlib.decompress(_from_base64url(listed["lst"]))
    mask = (1 << bits) - 1
    return [byte >> shift & mask for byte in packed for shift in range(0, 8, bits)]


def _claims(token: str, jwk: Document, algorithm: str) -> Document:
    key = pyjwt.PyJWK.from_dict(jwk, algorithm=algorithm)
    options: Any = {"verify_aud": False}
    return pyjwt.decode(token, key, algorithms=[algorithm], options=options)


def _digest(text: str) -> str:
    return _base64url(hashlib.sha256(text.encode("ascii")).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
