"""Check what a shape has made, by the shape: the document is made again, not canonicalised."""

from __future__ import annotations

import hashlib
from typing import Any

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from issuer.vc import keys, multibase
from issuer.vc.data_integrity import proofs
from issuer.vc.data_integrity.cryptosuites import ecdsa_rdfc_2019, eddsa_rdfc_2022, hashing
from issuer.vc.errors import NotExpressible, VcError, WrongSignature
from issuer.vc.json_text import parse_json
from issuer.vc.keys import PublicKey
from issuer.vc.shapes.seal import split_proof
from issuer.vc.shapes.shape import Shape

_SUITES = {suite.NAME: suite.KINDS for suite in (eddsa_rdfc_2022, ecdsa_rdfc_2019)}
_SIGNATURE_BYTES = 64
# Of a proof with any other member (a chain, contexts of its own) the full way must say what it is.
_MEMBERS = frozenset(
    {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}
)


def check(shape: Shape, body: bytes, *, public_key: str) -> bool:
    """Check the proof of a signed document that this shape makes; False for any other document.

    That it is of this shape is not assumed: with the values found in it the shape must make it
    again, byte for byte, and its proof must be the plain one of a seal. What is False here says
    nothing for or against the document, which then goes the full way (`proofs.check`).

    The key is a Multikey. Raises WrongSignature, and what `proofs.check` raises of proof and key.
    """
    proof = _plain_proof(body)
    values = shape.values_of(body) if proof else None
    if proof is None or values is None:
        return False
    proofs.require_usable(proof)
    key = PublicKey.from_multikey(public_key)
    suite = proof["cryptosuite"]
    digest = hashing.digest_for(key.kind, _SUITES[suite], suite)
    signature = multibase.decode_base58btc(proof.pop("proofValue"))
    try:
        covered = shape.canonical(values, digest=digest)
    except NotExpressible:
        return False
    options = {"@context": shape.document["@context"], **proof}
    message = hashing.hash_of_options(options, digest) + hashlib.new(digest, covered).digest()
    _check_signature(key, message, signature)
    return True


def _check_signature(key: PublicKey, message: bytes, signature: bytes) -> None:
    # Measured: libsodium takes half the time of OpenSSL, by which `keys` checks what it has made.
    if key.kind != keys.ED25519 or len(signature) != _SIGNATURE_BYTES:
        key.check(message, signature)
        return
    try:
        crypto_sign_open(signature + message, key.encoded)
    except (BadSignatureError, ValueError):
        raise WrongSignature() from None


def _plain_proof(body: bytes) -> dict[str, Any] | None:
    if not body.endswith(b"}"):
        return None
    try:
        proof = parse_json(split_proof(body)[1])
    except VcError:
        return None
    is_plain = proof.keys() == _MEMBERS and proof["type"] == proofs.PROOF_TYPE
    return proof if is_plain and proof["cryptosuite"] in _SUITES else None
