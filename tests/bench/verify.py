"""Verify strangers' credentials, and our own by their shape, beside pyld as it comes.

pyld only checks the proof of what was read already, and so does the row `own`. All other rows are
of the product's verification with all its checks, status and schema among them, from the bytes on;
`in bulk` is by the clock, of credentials that workers have issued to a database.
"""

from __future__ import annotations

import functools
import hashlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from operator import attrgetter
from typing import Any

from pyld import jsonld

from issuer.vc import contexts, credential, did, multibase, status_list
from issuer.vc.data_integrity import proofs
from issuer.vc.keys import PublicKey
from issuer.vc.shapes import Seal, Shape, checking
from issuer.vc.shapes.checking import Recognised
from issuer.vc.signers import Ed25519Signer
from issuer.vc.verification import inspection
from issuer.vc.verification.report import Verdict
from tests.bench import college, reference, side_by_side
from tests.bench.rows import Row

COUNT = 200
RUNS = 7
BULK = 4_000
BULK_RUNS = 3

_SIGNER = Ed25519Signer(b"\x07" * 32)
_KEY = _SIGNER.public_multibase
_METHOD = did.method_id(reference.DID, _KEY)
_NOW = reference.CREATED + timedelta(days=1)
_DID_DOCUMENT = did.did_document(
    reference.DID, [did.VerificationMethod(key=PublicKey.from_multikey(_KEY))]
)


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Verify so many learners' credentials in turn, then BULK of them at once."""
    yield from by_turns(count=count, seed=seed)
    yield in_bulk()


def by_turns(*, count: int, seed: int) -> Iterator[Row]:
    """Verify so many learners' credentials; documents of others are at hand.

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
    index = shape.names.index("list")
    on_one_list = [
        shape.secure([*values[:index], "all", *values[index + 1 :]], seal)
        for values, _ in reference.documents(count, seed)
    ]
    recognise = functools.partial(_recognise, shape)
    by_shape = {"recognise": recognise, "trusted_lists": {}}
    rates = side_by_side.rates(
        {
            "pyld": side_by_side.over(found, _by_pyld),
            "strangers": side_by_side.over(bodies, functools.partial(_verify, {})),
            "own": side_by_side.over(found, functools.partial(_check_own, recognise)),
            "own, all checks": side_by_side.over(on_one_list, functools.partial(_verify, by_shape)),
        },
        runs=RUNS,
    )
    for name in ("strangers", "own", "own, all checks"):
        yield Row(
            name=name,
            value=rates[name],
            unit="credentials/second",
            reference="pyld and cryptography, contexts warm",
            reference_value=rates["pyld"],
            runs=RUNS,
        )


def in_bulk() -> Row:
    """Verify what the college has issued, by one process and by as many as there are cores."""
    with college.opened() as home:
        from issuer.models import SecuredDocument
        from issuer.services import crew

        home.employ()
        home.issue(home.prepared(BULK))
        home.dismiss()
        bodies = [each.body.encode() for each in SecuredDocument.objects.whole()]
        rates: dict[int, list[float]] = {1: [], crew.cores(): []}
        for _ in range(BULK_RUNS):
            for jobs, found in rates.items():
                found.append(_bulk_rate(bodies, jobs))
    one, all_cores = (statistics.median(found) for found in (rates[1], rates[crew.cores()]))
    return Row(
        name="in bulk",
        value=round(all_cores, 1),
        unit="credentials/second",
        reference=f"one process, not {crew.cores()}",
        reference_value=round(one, 1),
        runs=BULK_RUNS,
    )


def _bulk_rate(bodies: list[bytes], jobs: int) -> float:
    from issuer.services import verification

    began = time.perf_counter()
    for verdict in verification.verify_all(bodies, jobs=jobs, tell=attrgetter("verdict")):
        if verdict is not Verdict.VALID:
            raise AssertionError(verdict)
    return len(bodies) / (time.perf_counter() - began)


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


def _verify(options: dict[str, Any], body: bytes) -> None:
    """All checks of the product; of strangers a status list of the credential's own among them."""
    sources = inspection.Sources(_resolve_did, _status_list, str, _NOW, **options)
    found = inspection.inspect(body, sources)
    if found.verdict is not Verdict.VALID:
        raise AssertionError(found)


def _recognise(shape: Shape, document: dict[str, Any]) -> Recognised | None:
    return checking.recognise(shape, checking.written(credential.unsecured(document)))


def _check_own(recognise: Callable[[dict[str, Any]], Recognised | None], document: Any) -> None:
    """Recognise it and check its proof, and no more."""
    found = recognise(document)
    if found is None or not found.bears(document["proof"], public_key=_KEY):
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
