"""EmbeddedProofProbe and ExternalProofProbe."""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from openvc.proof.ecdsa_sd import EcdsaSdProofSuite
from openvc.proof.errors import ProofError

from . import linked_data, public_keys
from .credential_probes import Document, Fetch, many
from .forms import Jwt
from .public_keys import Key, NoKey
from .report import Fault, error, fatal
from .shared import document_loader

PROOF_TYPES = ("Ed25519Signature2020", "DataIntegrityProof")
_ALGORITHMS = ("RS256", "ES256")
_CONTEXTS_FOR_SD = (
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
)


def issuer_id(document: Document) -> Any:
    """Return the issuer's id, given alone or in an object."""
    issuer = document.get("issuer")
    return issuer.get("id") if isinstance(issuer, dict) else issuer


def chosen_proof(document: Document) -> Document | None:
    """Return the first proof that the validator looks at, whatever its cryptosuite."""
    for proof in many(document.get("proof")):
        if proof.get("proofPurpose") == "assertionMethod" and proof.get("type") in PROOF_TYPES:
            found: Document = proof
            return found
    return None


def embedded(document: Document, fetch: Fetch, now: datetime) -> Iterator[Fault]:
    """EmbeddedProofProbe."""
    if "proof" not in document:
        yield error("the credential is missing a proof")
        return
    proof = chosen_proof(document)
    if proof is None:
        yield error("no proof is of a known type and made for assertions")
        return
    try:
        found = public_keys.of_method(proof["verificationMethod"], fetch)
    except NoKey as reason:
        yield error(str(reason))
        return
    if found.controller is not None and found.controller != issuer_id(document):
        yield error(f"the key's controller {found.controller} is not the issuer")
        return
    try:
        _check(document, proof, found.key, now)
    except (InvalidSignature, ProofError) as reason:
        yield error(f"the signature is wrong: {reason}")
    except Exception as reason:  # noqa: BLE001 - as the validator has it
        yield fatal(f"the proof cannot be checked: {type(reason).__name__} {reason}")


def _check(document: Document, proof: Document, key: Key, now: datetime) -> None:
    if proof.get("cryptosuite") == "ecdsa-sd-2023":
        _check_selective_disclosure(document, proof, key, now)
        return
    # Whatever the cryptosuite is said to be: only EdDSA over canonical statements is known.
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidSignature("the key is not of Ed25519")
    signed = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    message = linked_data.digest({"@context": document["@context"], **options})
    signature = public_keys.decode_multibase(proof["proofValue"])
    key.verify(signature, message + linked_data.digest(signed))


def _check_selective_disclosure(
    document: Document, proof: Document, key: Key, now: datetime
) -> None:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise InvalidSignature("the key is not of P-256")
    point = key.public_numbers()
    EcdsaSdProofSuite().verify(
        {**document, "proof": proof},
        public_key_jwk={
            "kty": "EC",
            "crv": "P-256",
            "x": _base64url(point.x.to_bytes(32)),
            "y": _base64url(point.y.to_bytes(32)),
        },
        now=now,
        check_temporal=False,
        extra_contexts={url: document_loader(url, None)["document"] for url in _CONTEXTS_FOR_SD},
    )


def external(
    jwt: Jwt, fetch: Fetch, now: datetime, *, fragments_of: str | None = None
) -> Iterator[Fault]:
    """ExternalProofProbe; of a status list, a kid may be a fragment of its issuer's DID."""
    algorithm = jwt.header.get("alg")
    if algorithm not in _ALGORITHMS:
        yield fatal(f"the algorithm {algorithm!r} is neither of {_ALGORITHMS}")
        return
    try:
        key = _key_of(jwt, fetch, fragments_of)
        _check_jws(jwt, key)
    except (NoKey, KeyError, ValueError, InvalidSignature) as reason:
        yield fatal(f"the signature cannot be checked, or is wrong: {reason!r}")
        return
    at = now.timestamp()
    if at > jwt.claims.get("exp", at):
        yield fatal("the token has expired")
    for name in ("nbf", "iat"):
        if at < jwt.claims.get(name, at):
            yield fatal(f"{name} of the token is in the future")


def _key_of(jwt: Jwt, fetch: Fetch, fragments_of: str | None) -> Key:
    if "kid" in jwt.header:
        kid = jwt.header["kid"]
        if fragments_of and ":" not in kid:
            kid = f"{fragments_of}#{kid.removeprefix('#')}"
        return public_keys.of_kid(kid, fetch)
    if "jwk" in jwt.header:
        return public_keys.from_jwk(jwt.header["jwk"])
    raise NoKey("the token names no key")


def _check_jws(jwt: Jwt, key: Key) -> None:
    if jwt.header["alg"] == "RS256" and isinstance(key, rsa.RSAPublicKey):
        key.verify(jwt.signature, jwt.signed, padding.PKCS1v15(), hashes.SHA256())
    elif jwt.header["alg"] == "ES256" and isinstance(key, ec.EllipticCurvePublicKey):
        if len(jwt.signature) != 64:
            raise InvalidSignature("the signature is not r and s")
        r, s = int.from_bytes(jwt.signature[:32]), int.from_bytes(jwt.signature[32:])
        key.verify(encode_dss_signature(r, s), jwt.signed, ec.ECDSA(hashes.SHA256()))
    else:
        raise InvalidSignature("the key is not one for the algorithm")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
