"""What is signed: the hash of the proof's options, and after it the hash of the document."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from issuer.vc import canonical, jcs
from issuer.vc.errors import UnsupportedKey

# Characters; our own options have a fifth of it, and strangers shall not fill the memory.
MAX_REMEMBERED = 4096


def hash_rdf(
    document: dict[str, Any], proof_config: dict[str, Any], *, digest: str = canonical.SHA_256
) -> bytes:
    """Hash both in the canonical form of RDF (RDFC-1.0), with one digest throughout.

    The document is without the proof; the options are without proofValue and
    carry the document's contexts. Raises what `canonical.canonize` raises.
    """
    return hash_of_options(proof_config, digest) + _rdf_hash(document, digest)


def hash_json(
    document: dict[str, Any], proof_config: dict[str, Any], *, digest: str = canonical.SHA_256
) -> bytes:
    """Hash both in the canonical form of JSON (RFC 8785).

    The document is without the proof; the options are without proofValue.
    Raises OutOfBounds for what is too large, and what `jcs.canonize` raises.
    """
    canonical.check_bounds(document)
    return _json_hash(proof_config, digest) + _json_hash(document, digest)


def digest_for(kind: str, kinds: Mapping[str, str], suite: str) -> str:
    """Return the digest that a suite uses with keys of this kind; raises UnsupportedKey."""
    if kind not in kinds:
        raise UnsupportedKey(f"{suite} is made with keys of {' or '.join(kinds)}, not {kind}.")
    return kinds[kind]


def _json_hash(value: dict[str, Any], digest: str) -> bytes:
    return hashlib.new(digest, jcs.canonize(value)).digest()


def _rdf_hash(document: dict[str, Any], digest: str) -> bytes:
    return hashlib.new(digest, canonical.canonize(document, digest=digest)).digest()


def hash_of_options(proof_config: dict[str, Any], digest: str) -> bytes:
    """Hash the options in the canonical form of RDF, once for all that is signed together.

    Raises what `canonical.canonize` raises.
    """
    text = json.dumps(proof_config, sort_keys=True)
    if len(text) > MAX_REMEMBERED:
        return _rdf_hash(proof_config, digest)
    return _remembered(text, digest)


@functools.lru_cache(maxsize=64)
def _remembered(text: str, digest: str) -> bytes:
    return _rdf_hash(json.loads(text), digest)
