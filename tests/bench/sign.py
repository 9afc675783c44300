"""Sign by a shape, beside pyld as it comes, the floor, and with --peers what others use in Node.

One process and one key for all, contexts in memory, every learner different, in turns. Seconds
are those of one core's work.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from issuer.vc import canonical, contexts, did, timestamps
from issuer.vc.data_integrity import proofs
from issuer.vc.shapes import Seal
from issuer.vc.signers import Ed25519Signer
from tests.bench import node_peers, pyld_straight, reference, side_by_side
from tests.bench.rows import Row

COUNT = 500
FLAGS = {"--peers": "measure @digitalbazaar/vc and @digitalcredentials/vc, too, through node"}
RUNS = 7
SECONDS = 0.5
BATCH = 10  # looking at the clock takes time, too

_SEED = b"\x07" * 32
_SIGNER = Ed25519Signer(_SEED)
_METHOD = did.method_id(reference.DID, _SIGNER.public_multibase)

Way = Callable[[float], float]


def run(*, count: int = COUNT, seed: int = 0, peers: bool = False) -> Iterator[Row]:
    """Sign so many learners' credentials in turn, each way for half a second, seven times."""
    learners = reference.documents(count, seed)
    documents = [document for _, document in learners]
    seal = Seal(
        context=documents[0]["@context"],
        signer=_SIGNER,
        verification_method=_METHOD,
        created=reference.CREATED,
    )
    shape = reference.shape()
    values = [each for each, _ in learners]
    ways: dict[str, Way] = {
        "compiled": _way(values, lambda each: shape.secure(each, seal)),
        "full pipeline": _way(documents, _by_pipeline),
        "pyld straight": _way(documents, _by_pyld),
        "floor: Ed25519, SHA-256 twice, orjson": _way(_prepared(documents), _at_the_floor),
        "Ed25519 and SHA-256 twice, no JSON": _way(_prepared(documents), _sign_alone),
    }
    with contextlib.ExitStack() as opened:
        if peers:
            for peer in opened.enter_context(node_peers.running(_task(documents))):
                _require_the_same(peer, documents)
                ways[peer.name] = _rate_of(peer)
        rates = _in_turns(ways)
    for name in ways:
        if name != "compiled":
            yield _row("compiled", rates["compiled"], name, rates[name])
    yield _row("full pipeline", rates["full pipeline"], "pyld straight", rates["pyld straight"])


def _in_turns(ways: dict[str, Way]) -> dict[str, float]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for way in ways.values():
        way(SECONDS)  # caches are filled, and Node's compiler has seen it
    for _ in range(RUNS):
        for name in random.sample(sorted(ways), len(ways)):
            found[name].append(ways[name](SECONDS))
    return {name: round(statistics.median(rates), 1) for name, rates in found.items()}


def _way(things: list[Any], do: Callable[[Any], object]) -> Way:
    turn = itertools.cycle(things)

    def batch() -> None:
        for thing in itertools.islice(turn, BATCH):
            do(thing)

    return lambda seconds: BATCH * side_by_side.rate(batch, seconds)


def _rate_of(peer: node_peers.Peer) -> Way:
    return lambda seconds: peer.sign(seconds)[0]


def _row(name: str, rate: float, reference_name: str, reference_rate: float) -> Row:
    return Row(
        name=name,
        value=rate,
        unit="credentials/second",
        reference=reference_name,
        reference_value=reference_rate,
        runs=RUNS,
    )


def _by_pipeline(document: dict[str, Any]) -> bytes:
    signed = proofs.add_proof(
        document, signer=_SIGNER, verification_method=_METHOD, created=reference.CREATED
    )
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()


def _by_pyld(document: dict[str, Any]) -> bytes:
    signed = pyld_straight.add_proof(document, _SIGNER, _METHOD, reference.CREATED)
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()


# The floor: what is left when nothing has to be found out


def _prepared(documents: list[dict[str, Any]]) -> list[tuple[bytes, bytes, dict[str, Any]]]:
    """Of each document the canonical options and statements, and the document with a proof."""
    config = proofs.proof_config(verification_method=_METHOD, created=reference.CREATED)
    options = canonical.canonize({"@context": documents[0]["@context"], **config})
    return [
        (options, canonical.canonize(each), {**each, "proof": {**config, "proofValue": "z" * 89}})
        for each in documents[:100]
    ]


def _sign_alone(prepared: tuple[bytes, bytes, dict[str, Any]]) -> bytes:
    options, statements, _ = prepared
    hashes = hashlib.sha256(options).digest() + hashlib.sha256(statements).digest()
    return _SIGNER.sign(hashes)


def _at_the_floor(prepared: tuple[bytes, bytes, dict[str, Any]]) -> None:
    _sign_alone(prepared)
    orjson.dumps(prepared[2])


# Peers in Node


def _task(documents: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "did": reference.DID,
        "method": _METHOD,
        "seed": _SEED.hex(),
        "created": timestamps.write(reference.CREATED),
        "documents": documents,
        "contexts": {url: contexts.load(url) for url in contexts.PINNED},
    }


def _require_the_same(peer: node_peers.Peer, documents: list[dict[str, Any]]) -> None:
    """Raise unless the peer makes the proof that we make."""
    _, turn, last = peer.sign(0.001)
    ours = json.loads(_by_pipeline(documents[(turn - 1) % len(documents)]))
    if last["proof"]["proofValue"] != ours["proof"]["proofValue"]:
        raise AssertionError(f"{peer.name} makes another proof.")
