"""Cryptosuite ecdsa-sd-2023: the holder shows a part of the document (VC-DI-ECDSA 1.0, 3.6).

The issuer's base proof has a signature for each statement. From it the holder
derives a proof for those statements that are shown. The issuer names by JSON
Pointers what is always shown.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from issuer.vc import canonical, json_pointers, keys, multibase, signers
from issuer.vc.data_integrity import sd_proof_values, selective_disclosure, statements
from issuer.vc.data_integrity.cryptosuites import hashing
from issuer.vc.data_integrity.sd_proof_values import BaseProofValue, DerivedProofValue
from issuer.vc.data_integrity.selective_disclosure import Divisible
from issuer.vc.data_integrity.statements import Statement
from issuer.vc.errors import MalformedProof, NotDivisible, WrongSignature
from issuer.vc.keys import PublicKey
from issuer.vc.signers import Signer

NAME = "ecdsa-sd-2023"
# The kinds of keys, and the digest that goes with each.
KINDS = {keys.P256: canonical.SHA_256}

_LABEL = statements.BLANK + b"c14n"
_Signed = TypeVar("_Signed", Statement, bytes)


@dataclass(frozen=True, repr=False)
class Secrets:
    """What is drawn anew for each base proof: the key of the labels, and the proof's own key.

    The holder learns the one, and only the public half of the other, whose
    private half nobody keeps.
    """

    hmac_key: bytes
    signer: Signer

    @classmethod
    def draw(cls) -> Secrets:
        """Draw them from the system's randomness."""
        own = signers.from_secret(keys.P256, signers.draw_secret(keys.P256))
        return cls(secrets.token_bytes(32), own)


# The issuer


def sign(
    document: dict[str, Any],
    proof_config: dict[str, Any],
    *,
    signer: Signer,
    mandatory_pointers: Collection[str] = (),
    drawn: Secrets | None = None,
) -> str:
    """Return the proofValue of a base proof, which only the holder may get.

    The document is without proof. Without `drawn` the secrets are drawn here.
    Raises PointsNowhere for a pointer that points to nothing, NotDivisible,
    UnsupportedKey for a signer that is not of P-256, and what
    `canonical.canonize` raises, before the key is used. Sections 3.6.1 to 3.6.5.
    """
    hashing.digest_for(signer.kind, KINDS, NAME)
    drawn = drawn or Secrets.draw()
    divisible = selective_disclosure.divide(document)
    mandatory, others = _split(divisible, mandatory_pointers, drawn.hmac_key)
    public_key = PublicKey.from_multikey(drawn.signer.public_multibase).multicodec
    message = base_message(proof_config, public_key, mandatory.values())
    value = BaseProofValue(
        base_signature=signer.sign(message),
        public_key=public_key,
        hmac_key=drawn.hmac_key,
        signatures=tuple(map(drawn.signer.sign, others.values())),
        mandatory_pointers=tuple(mandatory_pointers),
    )
    return sd_proof_values.write_base(value)


def hmac_lines(divisible: Divisible, hmac_key: bytes) -> dict[Statement, bytes]:
    """Return the statements of the document, each with the line that is signed, in its order.

    The labels of blank nodes are HMACs of the canonical ones, so that they do
    not tell what else there is (section 3.4.4).
    """
    names = {name: _as_label(hash_) for name, hash_ in _hashes(divisible, hmac_key).items()}
    lines = [(statements.line(statements.relabel(each, names)), each) for each in divisible.whole]
    return {statement: line for line, statement in sorted(lines)}


def base_message(
    proof_config: dict[str, Any], public_key: bytes, mandatory_lines: Iterable[bytes]
) -> bytes:
    """Return the 99 bytes that the issuer signs.

    They are the hash of the proof's options, the key of the statements, and the
    hash of the statements that are always shown (section 3.5.1).
    """
    options = hashlib.sha256(canonical.canonize(proof_config)).digest()
    return options + public_key + hashlib.sha256(b"".join(mandatory_lines)).digest()


# The holder


def derive(
    document: dict[str, Any], proof_value: str, *, selective_pointers: Iterable[str]
) -> tuple[dict[str, Any], str]:
    """Return the part of the document that is shown, without proof, and its derived proofValue.

    Shown is what the issuer's pointers and these choose. The base proof is not
    checked: `check_base` is for that. Raises PointsNowhere, NotDivisible also
    when nothing is chosen, MalformedMultibase, MalformedProof, and what
    `canonical.canonize` raises. Sections 3.5.4 and 3.6.6.
    """
    base = sd_proof_values.read_base(proof_value)
    divisible = selective_disclosure.divide(document)
    mandatory, others = _split(divisible, base.mandatory_pointers, base.hmac_key)
    signatures = _with_signatures(others, base.signatures)

    pointers = [*base.mandatory_pointers, *selective_pointers]
    shown = divisible.part(pointers)
    if not shown:
        raise NotDivisible("Nothing is chosen to be shown.")
    revealed = json_pointers.select(document, pointers)
    in_order = [each for each in hmac_lines(divisible, base.hmac_key) if each in shown]
    value = DerivedProofValue(
        base_signature=base.base_signature,
        public_key=base.public_key,
        signatures=tuple(signatures[each] for each in in_order if each in signatures),
        labels=_labels(divisible, shown, revealed, base.hmac_key),
        mandatory_indexes=tuple(n for n, each in enumerate(in_order) if each in mandatory),
    )
    return revealed, sd_proof_values.write_derived(value)


def check_base(
    document: dict[str, Any], proof_config: dict[str, Any], proof_value: str, *, public_key: str
) -> None:
    """Raise unless the base proof belongs to document, options and key: for the holder.

    Raises what `check` and `derive` raise.
    """
    base = sd_proof_values.read_base(proof_value)
    divisible = selective_disclosure.divide(document)
    mandatory, others = _split(divisible, base.mandatory_pointers, base.hmac_key)
    message = base_message(proof_config, base.public_key, mandatory.values())
    _check(public_key, message, base, _with_signatures(others.values(), base.signatures))


# The verifier


def check(
    document: dict[str, Any], proof_config: dict[str, Any], proof_value: str, *, public_key: str
) -> None:
    """Raise WrongSignature unless the derived proof belongs to document, options and key.

    Raises MalformedMultibase, MalformedProof, BaseProof for the proof that is
    only for the holder, UnsupportedKey, MalformedKey, and what
    `canonical.canonize` raises. Section 3.6.7.
    """
    derived = sd_proof_values.read_derived(proof_value)
    lines = signed_lines(document, derived)
    always = set(derived.mandatory_indexes)
    if any(index >= len(lines) for index in always):
        raise MalformedProof("An index of the proof is beyond the statements of the document.")
    mandatory = [line for index, line in enumerate(lines) if index in always]
    others = [line for index, line in enumerate(lines) if index not in always]
    message = base_message(proof_config, derived.public_key, mandatory)
    _check(public_key, message, derived, _with_signatures(others, derived.signatures))


def signed_lines(document: dict[str, Any], derived: DerivedProofValue) -> list[bytes]:
    """Return the lines that were signed, in their order, of a document that is shown.

    Raises MalformedProof when the proof's labels are not those of the document.
    Section 3.5.9.
    """
    found = statements.read(canonical.canonize(document))
    names = {
        b"%b%d" % (_LABEL, number): _as_label(hash_) for number, hash_ in derived.labels.items()
    }
    if names.keys() != statements.blank_nodes(found):
        raise MalformedProof("The labels of the proof are not those of the document.")
    return sorted(statements.line(statements.relabel(each, names)) for each in found)


# What several of them do


def _split(
    divisible: Divisible, mandatory_pointers: Iterable[str], hmac_key: bytes
) -> tuple[dict[Statement, bytes], dict[Statement, bytes]]:
    """Return the lines of what is always shown, and those of what is shown by choice."""
    always = divisible.part(mandatory_pointers)
    lines = hmac_lines(divisible, hmac_key)
    mandatory = {each: line for each, line in lines.items() if each in always}
    return mandatory, {each: line for each, line in lines.items() if each not in always}


def _with_signatures(
    signed: Collection[_Signed], signatures: Collection[bytes]
) -> dict[_Signed, bytes]:
    if len(signed) != len(signatures):
        raise WrongSignature("The proof has not one signature for each statement.")
    return dict(zip(signed, signatures, strict=True))


def _hashes(divisible: Divisible, hmac_key: bytes) -> dict[bytes, bytes]:
    return {
        name: hmac.digest(hmac_key, label.removeprefix(statements.BLANK), "sha256")
        for name, label in divisible.canonical_labels.items()
    }


def _as_label(hash_: bytes) -> bytes:
    return statements.BLANK + multibase.encode_base64url(hash_).encode()


def _labels(
    divisible: Divisible, shown: frozenset[Statement], revealed: dict[str, Any], hmac_key: bytes
) -> dict[int, bytes]:
    hashes = _hashes(divisible, hmac_key)
    paired = statements.pair(shown, statements.read(canonical.canonize(revealed)))
    labels = {int(label.removeprefix(_LABEL)): hashes[name] for name, label in paired.items()}
    return dict(sorted(labels.items()))


def _check(
    public_key: str,
    message: bytes,
    value: BaseProofValue | DerivedProofValue,
    signatures: Mapping[bytes, bytes],
) -> None:
    issuers = PublicKey.from_multikey(public_key)
    own = PublicKey.from_multicodec(value.public_key)
    for key in (issuers, own):
        hashing.digest_for(key.kind, KINDS, NAME)
    issuers.check(message, value.base_signature)
    for line, signature in signatures.items():
        own.check(line, signature)
