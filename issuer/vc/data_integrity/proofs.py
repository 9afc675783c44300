"""VC Data Integrity 1.0: add proofs and check proofs, alone, in sets and in chains."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from typing import Any, Protocol

from issuer.vc import credential, timestamps
from issuer.vc.data_integrity.cryptosuites import (
    ecdsa_jcs_2019,
    ecdsa_rdfc_2019,
    ecdsa_sd_2023,
    ed25519_signature_2020,
    eddsa_jcs_2022,
    eddsa_rdfc_2022,
)
from issuer.vc.did import ASSERTION
from issuer.vc.errors import (
    MalformedDocument,
    MalformedProof,
    UnknownPreviousProof,
    UnsupportedProof,
    WrongChallenge,
    WrongDomain,
    WrongPurpose,
)
from issuer.vc.signers import Signer

PROOF_TYPE = "DataIntegrityProof"
EDDSA_RDFC_2022 = eddsa_rdfc_2022.NAME


class _Checker(Protocol):
    """A suite that proofs are checked with."""

    def check(
        self,
        document: dict[str, Any],
        proof_config: dict[str, Any],
        proof_value: str,
        *,
        public_key: str,
    ) -> None:
        """Raise WrongSignature unless the value belongs to document, options and key."""


class _Suite(_Checker, Protocol):
    """A suite that proofs are made with, too."""

    def sign(
        self, document: dict[str, Any], proof_config: dict[str, Any], *, signer: Signer
    ) -> str:
        """Return the value of a proof of the document under these options."""


_SUITES: dict[str, _Suite] = {
    eddsa_rdfc_2022.NAME: eddsa_rdfc_2022,
    eddsa_jcs_2022.NAME: eddsa_jcs_2022,
    ecdsa_rdfc_2019.NAME: ecdsa_rdfc_2019,
    ecdsa_jcs_2019.NAME: ecdsa_jcs_2019,
}
# What `base_proofs` makes for the holder, and the holder derives from it.
_CHECKED: dict[str, _Checker] = {**_SUITES, ecdsa_sd_2023.NAME: ecdsa_sd_2023}
# To JSON a context is a member like any other: the proof repeats those it was made under.
_REPEATING_CONTEXTS = frozenset({eddsa_jcs_2022.NAME, ecdsa_jcs_2019.NAME})


# Adding


def proof_config(
    *,
    verification_method: str,
    created: datetime | None,
    cryptosuite: str = EDDSA_RDFC_2022,
    purpose: str = ASSERTION,
    id: str | None = None,
    expires: datetime | None = None,
    domain: str | None = None,
    challenge: str | None = None,
    previous_proof: str | list[str] | None = None,
) -> dict[str, Any]:
    """Return the options of a proof: all its members but proofValue (VC-DI, section 2.1).

    `previous_proof` names by their ids the proofs that this one follows in a chain.
    """
    config = {
        "type": PROOF_TYPE,
        "id": id,
        "cryptosuite": cryptosuite,
        "created": created and timestamps.write(created),
        "expires": expires and timestamps.write(expires),
        "verificationMethod": verification_method,
        "proofPurpose": purpose,
        "domain": domain,
        "challenge": challenge,
        "previousProof": previous_proof,
    }
    return {name: value for name, value in config.items() if value is not None}


def add_proof(
    document: dict[str, Any],
    *,
    signer: Signer,
    verification_method: str,
    created: datetime,
    cryptosuite: str = EDDSA_RDFC_2022,
) -> dict[str, Any]:
    """Return a copy of the document with one proof, a lone object (VC-DI, section 4.2).

    Open Badges 3.0 and VC Data Integrity allow a list too, but not every verifier reads one.

    The same document, key and moment give the same bytes every time. Nothing
    but JSON-LD is checked here: `lint` comes first.

    Raises MalformedDocument for a document that has a proof already,
    UnsupportedProof for a suite that nobody signs with here, UnsupportedKey for
    a key that the suite does not take, and what `canonical.canonize` and
    `jcs.canonize` raise, before the key is used.
    """
    if "proof" in document:
        raise MalformedDocument("The document carries a proof already.")
    config = proof_config(
        verification_method=verification_method, created=created, cryptosuite=cryptosuite
    )
    return append_proof(document, config, signer=signer)


def append_proof(
    document: dict[str, Any], config: dict[str, Any], *, signer: Signer
) -> dict[str, Any]:
    """Return a copy of the document with one more proof (VC-DI, section 4.3).

    Of a document without proof it becomes the only one, a lone object. In a set
    proofs stand side by side; one with a previousProof makes a chain: it signs the
    document with the proofs that it names.

    Raises UnknownPreviousProof, and what `add_proof` raises.
    """
    if "@context" not in document:
        raise MalformedDocument("The document has no @context.")
    suite = _SUITES.get(config["cryptosuite"])
    if suite is None:
        raise UnsupportedProof(f"Nobody signs with {config['cryptosuite']!r} here.")
    if config["cryptosuite"] in _REPEATING_CONTEXTS:
        config = {**config, "@context": deepcopy(document["@context"])}
    unsecured, options = _covered(document, config)
    proof = {**config, "proofValue": suite.sign(unsecured, options, signer=signer)}
    present = credential.proofs(document)
    return {**document, "proof": [*present, proof] if present else proof}


# Checking


def is_supported(proof: dict[str, Any]) -> bool:
    """Tell whether the proof is of a type and cryptosuite that can be checked here."""
    return _suite_of(proof) is not None


def verify_proof(document: dict[str, Any], *, public_key: str) -> None:
    """Raise unless the document's one proof was made with this key (a Multikey).

    Raises what `check` raises, and MalformedProof for none or several proofs.
    """
    found = credential.proofs(document)
    if len(found) != 1:
        raise MalformedProof(f"The document carries {len(found)} proofs, not one.")
    check(document, found[0], public_key=public_key)


def check(
    document: dict[str, Any],
    proof: dict[str, Any],
    *,
    public_key: str,
    purpose: str = ASSERTION,
    domain: str | None = None,
    challenge: str | None = None,
) -> None:
    """Raise unless the proof over the document was made with this key (VC-DI, sections 4.4, 4.5).

    The document is the whole, with all its proofs, and the proof is one of them.
    Domain and challenge are compared when they are given. Whether the key is
    the issuer's, whether the proof's dates hold and whether the proofs that it
    follows are good, too, is for the caller to find out.

    Raises UnsupportedProof, MalformedProof, WrongPurpose, WrongDomain,
    WrongChallenge, UnknownPreviousProof, WrongSignature, the errors of keys, and
    what `canonical.canonize` and `jcs.canonize` raise.
    """
    suite = _suite_of(proof)
    if suite is None:
        raise UnsupportedProof()
    require_usable(proof, purpose=purpose, domain=domain, challenge=challenge)
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    unsecured, options = _covered(document, config)
    suite.check(unsecured, options, proof["proofValue"], public_key=public_key)


def require_usable(
    proof: dict[str, Any],
    *,
    purpose: str = ASSERTION,
    domain: str | None = None,
    challenge: str | None = None,
) -> None:
    """Raise unless the proof has the form of one and was made for this; its value is not checked.

    Raises MalformedProof, WrongPurpose, WrongDomain, WrongChallenge.
    """
    _require_form(proof)
    _require_expected(proof, purpose, domain, challenge)


def previous_proofs(document: dict[str, Any], proof: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the proofs of the document that this one follows, none when it is in no chain.

    Raises MalformedProof for names that are not texts, and UnknownPreviousProof
    unless each name is the id of exactly one other proof.
    """
    if "previousProof" not in proof:
        return []
    names = credential.many(proof["previousProof"])
    if not names or not all(isinstance(name, str) for name in names):
        raise MalformedProof("previousProof does not name proofs.")
    found = [each for each in credential.proofs(document) if each.get("id") in names]
    if len(found) != len(names) or {each["id"] for each in found} != set(names):
        raise UnknownPreviousProof()
    if proof.get("id") in names:
        raise UnknownPreviousProof("The proof is said to follow itself.")
    return found


def _suite_of(proof: dict[str, Any]) -> _Checker | None:
    kind, name = proof.get("type"), proof.get("cryptosuite")
    if kind == PROOF_TYPE and isinstance(name, str):
        return _CHECKED.get(name)
    if kind == ed25519_signature_2020.NAME and name is None:
        return ed25519_signature_2020
    return None


def _covered(
    document: dict[str, Any], config: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the proof covers: the document without proofs but those before it, and options.

    Of a proof that repeats contexts, the document's must begin with those, and
    only those are covered (VC-DI-EdDSA, section 3.3.2); the options of all
    others are read in the document's contexts.
    """
    unsecured = credential.unsecured(document)
    if before := previous_proofs(document, config):
        unsecured["proof"] = before
    if config.get("cryptosuite") not in _REPEATING_CONTEXTS:
        if "@context" in config:
            raise MalformedProof("The proof brings contexts of its own.")
        return unsecured, {"@context": document.get("@context", []), **config}
    if "@context" in config:
        repeated = credential.many(config["@context"])
        if credential.many(document.get("@context"))[: len(repeated)] != repeated:
            raise MalformedProof("The proof was made under contexts that are not the document's.")
        unsecured["@context"] = config["@context"]
    return unsecured, config


def _require_form(proof: dict[str, Any]) -> None:
    for name in ("verificationMethod", "proofValue", "proofPurpose"):
        if not isinstance(proof.get(name), str):
            raise MalformedProof(f"The proof has no {name}.")
    if "id" in proof and not credential.is_uri(proof["id"]):
        raise MalformedProof("The proof's id is not an absolute URI.")
    if proof["type"] == ed25519_signature_2020.NAME and "created" not in proof:
        raise MalformedProof("The proof does not say when it was made.")
    for name in ("created", "expires"):
        if name in proof:
            timestamps.read(proof[name])


def _require_expected(
    proof: dict[str, Any], purpose: str, domain: str | None, challenge: str | None
) -> None:
    if proof["proofPurpose"] != purpose:
        raise WrongPurpose(f"The proof's purpose is not {purpose}.")
    if domain is not None and credential.many(proof.get("domain")) != [domain]:
        raise WrongDomain()
    if challenge is not None and proof.get("challenge") != challenge:
        raise WrongChallenge()
