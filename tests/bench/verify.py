"""Verify strangers' credentials, and our own by their shape, beside pyld as it comes."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pyld import jsonld

from issuer.vc import contexts, did, multibase, status_list
from issuer.vc.data_integrity import proofs
from issuer.vc.keys import PublicKey
from issuer.vc.shapes import Seal, checking
from issuer.vc.signers import Ed25519Signer
from issuer.vc.verification import verify
from issuer.vc.verification.report import Verdict
from tests.bench import reference, side_by_side
from tests.bench.rows import Row

COUNT = 200
RUNS = 7

_SIGNER = Ed25519Signer(b"\x07" * 32)
_KEY = _SIGNER.public_multibase
_METHOD = did.method_id(reference.DID, _KEY)
_NOW = reference.CREATED + timedelta(days=1)
_DID_DOCUMENT = did.did_document(
    reference.DID, [did.VerificationMethod(key=PublicKey.from_multikey(_KEY))]
)


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Verify so many learners' credentials in turn; documents of others are at hand.

    Seconds are those of one core's work.
    """
    shape = reference.shape()
    seal = Seal(
        context=shape.document["@context"],
        signer=_SIGNER,
        verification_method=_METHOD,
        created=reference.CREATED,
    )
    bodies = [shape.secure(values, seal) for values, _ in reference.documents(count, seed)]
    found = [json.loads(body) for body in bodies]
    for document in found:
        _status_list(document["credentialStatus"]["statusListCredential"])
    rates = side_by_side.rates(
        {
            "pyld": side_by_side.over(found, _by_pyld),
            "strangers": side_by_side.over(found, _verify),
            "own": side_by_side.over(bodies, functools.partial(_check_own, shape)),
        },
        runs=RUNS,
    )
    for name in ("strangers", "own"):
        yield Row(
            name=name,
            value=rates[name],
            unit="credentials/second",
            reference="pyld and cryptography, contexts warm",
            reference_value=rates["pyld"],
            runs=RUNS,
        )


def _by_pyld(document: dict[str, Any]) -> None:
    """What others do: canonicalise, hash, check the signature, and no more."""
    proof = document["proof"]
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    options["@context"] = document["@context"]
    message = b"".join(hashlib.sha256(_normalized(each)).digest() for each in (options, unsecured))
    _public_key().check(message, multibase.decode_base58btc(proof["proofValue"]))


def _normalized(document: dict[str, Any]) -> bytes:
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": contexts.document_loader,
    }
    text: str = jsonld.normalize(document, options)
    return text.encode()


def _verify(document: dict[str, Any]) -> None:
    """All checks of `verify`, a status list of the credential's own among them."""
    report = verify.verify(
        document, resolve_did=_resolve_did, fetch_status_list=_status_list, now=_NOW
    )
    if report.verdict is not Verdict.VALID:
        raise AssertionError(report)


def _check_own(shape: Any, body: bytes) -> None:
    if not checking.check(shape, body, public_key=_KEY):
        raise AssertionError("A shape does not know what it has made.")


def _public_key() -> PublicKey:
    return PublicKey.from_multikey(_KEY)


def _resolve_did(name: str) -> dict[str, Any]:
    return _DID_DOCUMENT


@functools.cache
def _status_list(url: str) -> dict[str, Any]:
    document = status_list.status_list_credential(
        url=url,
        issuer=reference.DID,
        purpose="revocation",
        encoded_list=_empty_list(),
        valid_from=reference.CREATED,
        valid_until=reference.CREATED + timedelta(days=7),
    )
    return proofs.add_proof(
        document, signer=_SIGNER, verification_method=_METHOD, created=reference.CREATED
    )


@functools.cache
def _empty_list() -> str:
    return status_list.encode(status_list.new_bits())
