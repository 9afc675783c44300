"""Whose proofs count in a document, whether their keys are known, and whether the proofs hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from issuer.vc import credential, did, timestamps
from issuer.vc.data_integrity import proofs
from issuer.vc.did import RetrievedMethod
from issuer.vc.errors import (
    MalformedDid,
    MalformedJson,
    MalformedProof,
    MalformedToken,
    OutOfBounds,
    UnsupportedKey,
)
from issuer.vc.jose import jws, numeric_dates
from issuer.vc.keys import PublicKey
from issuer.vc.verification.report import (
    Check,
    CouldNotCheck,
    Failed,
    Outcome,
    all_of,
    made,
)

# Clocks of signers and verifiers differ a little.
CLOCK_SKEW = timedelta(minutes=5)

Document = dict[str, Any]


class Known(Protocol):
    """A document of which the canonical form, without its proofs, is known for certain."""

    def bears(self, proof: Document, *, public_key: str) -> bool:
        """Tell whether the proof, to assert, was made over it with this Multikey.

        False says nothing against the proof, which is then looked at as anybody's.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a verifier insists on, where the specifications leave it a choice.

    `binds_everybody`: a proof counts only when its key is the issuer's, or the
    holder's, whatever they are called; else only when they are called by a DID.
    `own_contexts`: a document may bring contexts of its own, and mean by its
    terms what it likes.
    """

    binds_everybody: bool = True
    own_contexts: bool = False


@dataclass(frozen=True)
class Expected:
    """What proofs must have been made for; domain and challenge only where they are given."""

    purpose: str = did.ASSERTION
    domain: str | None = None
    challenge: str | None = None


@dataclass(frozen=True)
class Signatory:
    """The issuer or holder of a document: what it is called, and the proofs that count as its own.

    The keys are found by `Signatories.find_keys`, by the names of their methods.
    """

    document: Document
    role: str
    name: str | None
    proofs: list[Document]
    known: Known | None = None
    keys: dict[str, RetrievedMethod] = field(default_factory=dict)

    @property
    def supported(self) -> list[Document]:
        """Those of the proofs that can be checked here."""
        return [proof for proof in self.proofs if proofs.is_supported(proof)]


@dataclass
class Signatories:
    """Finds signatories and their keys; asks for each DID document once."""

    resolve_did: Callable[[str], Document]
    now: datetime
    policy: Policy
    _resolved: dict[str, Document] = field(default_factory=dict)

    def of(
        self, document: Document, role: str, name: str | None, known: Known | None = None
    ) -> Signatory:
        """Return the issuer or holder of that name, whose proofs are those by keys of its own.

        Who has no name, or one that the policy lets be, is whoever made the proofs.
        """
        found = credential.proofs(document)
        if name is not None and self._is_bound(name):
            found = [proof for proof in found if _controller(proof) == name]
        return Signatory(document, role, name, found, known)

    def find_keys(self, signatory: Signatory, expected: Expected) -> str:
        """Find the keys that the signatory's proofs name, or tell why not.

        Its identifier's document must be its own and list the key for the purpose;
        a key that was revoked, or retired before the proof, is none.
        Raises Failed, CouldNotCheck, Unreachable and the errors of `did`.
        """
        role, name = signatory.role, signatory.name
        if not signatory.proofs and credential.proofs(signatory.document):
            raise Failed(f"The proof's key is not one of the {role}.")
        # Of proofs that are not understood the first tells whether the key is known.
        for proof in signatory.supported or signatory.proofs[:1]:
            signatory.keys[proof["verificationMethod"]] = self._method(proof, expected)
        if name is None:
            return f"The presentation names no {role}; the keys of its proofs were found."
        if not self._is_bound(name):
            return f"The keys of the proofs were found; whether they are {name}'s was not asked."
        self._own_document(name)
        return f"The document of {name} was found and is its own."

    def check_proofs(self, signatory: Signatory, expected: Expected) -> Check:
        """Check each proof of the signatory, and those that they follow; there must be one.

        In a set others may have proofs of their own (VC Data Integrity, "Proof Sets"): they say
        nothing for the signatory, nor against. The `parts` are all proofs of the document in
        their order, and tell which of them were not looked at.
        """
        looked_at: list[tuple[Document, Check]] = []
        whole = made("signature", partial(self._check_proofs, signatory, expected, looked_at))
        found = credential.proofs(signatory.document)
        parts = tuple(
            next((check for proof, check in looked_at if proof is each), _not_looked_at(signatory))
            for each in found
        )
        return replace(whole, parts=parts)

    def _check_proofs(
        self, signatory: Signatory, expected: Expected, looked_at: list[tuple[Document, Check]]
    ) -> str:
        if not credential.proofs(signatory.document):
            raise Failed("The document carries no proof.")
        wanted = signatory.supported
        if not wanted:
            raise CouldNotCheck(
                f"The {signatory.role} has made no proof of a kind that is understood here."
            )
        while wanted:
            proof = wanted.pop()
            if any(proof is each for each, _ in looked_at):
                continue
            check = made("signature", partial(self._check, signatory, proof, expected))
            looked_at.append((proof, check))
            # A proof that follows others counts only when they do (VC-DI, section 4.5).
            wanted += proofs.previous_proofs(signatory.document, proof)
        return all_of(check for _, check in looked_at)

    def _check(self, signatory: Signatory, proof: Document, expected: Expected) -> str:
        document = signatory.document
        if any(proof is each for each in signatory.proofs):
            name = proof.get("verificationMethod")
            method = signatory.keys.get(name) if isinstance(name, str) else None
            if method is None:
                raise CouldNotCheck(f"The {signatory.role}'s key is not known.")
        else:
            method = self._method(proof, expected)
        try:
            public_key = method.public_key().multikey
        except UnsupportedKey as error:
            raise CouldNotCheck(str(error)) from None
        self._require_current(proof)
        if credential.many(proof.get("@context", document["@context"])) != document["@context"]:
            raise Failed("The document states contexts that were not signed.")
        known = signatory.known if expected == Expected() else None
        if known is None or not known.bears(proof, public_key=public_key):
            proofs.check(
                document,
                proof,
                public_key=public_key,
                purpose=expected.purpose,
                domain=expected.domain,
                challenge=expected.challenge,
            )
        return f"The signature belongs to this document and to the {signatory.role}'s key."

    def find_token_key(
        self, token: jws.Token, issuer: str, *, relationship: str = did.ASSERTION
    ) -> PublicKey:
        """Return the key by which a token says to be signed, if its issuer is known to own it.

        Named by `kid`, the issuer's document must list the key for the relationship; a
        key that the token only brings along must be among those listed there.
        Raises Failed, CouldNotCheck, MalformedToken, Unreachable, and the errors of `did`
        and `keys`.
        """
        name, brought = token.key_id, token.embedded_key
        if name is not None and not name.startswith(("did:", "#")):
            raise CouldNotCheck("Keys that are named by other than a DID are not looked up here.")
        if name is not None and name.partition("#")[0] not in ("", issuer):
            raise Failed("The token's key is not one of the issuer.")
        document = self._own_document(issuer)
        if name is not None:
            method = f"{issuer}#{name.partition('#')[2]}"
            found = did.retrieve_method(document, method, relationship=relationship)
        elif brought is not None:
            found = did.retrieve_by_key(document, brought, relationship=relationship)
        else:
            raise MalformedToken("The token does not say with which key it was signed.")
        self._require_in_use(found, _moment_of(token))
        key = found.public_key()
        if brought not in (None, key):
            raise Failed("The key in the token is not the one that it names.")
        return key

    def _is_bound(self, name: str) -> bool:
        return self.policy.binds_everybody or name.startswith("did:")

    def _method(self, proof: Document, expected: Expected) -> RetrievedMethod:
        controller = _controller(proof)
        if controller is None:
            raise MalformedProof("The proof does not name a verification method.")
        found = did.retrieve_method(
            self._own_document(controller),
            proof["verificationMethod"],
            relationship=expected.purpose,
        )
        self._require_usable(found, proof)
        return found

    def _own_document(self, identifier: str) -> Document:
        found = self._identifier_document(identifier)
        if found.get("id") != identifier:
            raise Failed(f"The document found for {identifier} is not its own.")
        return found

    def _identifier_document(self, identifier: str) -> Document:
        if identifier.startswith("did:key:"):
            return did.resolve_key(identifier)
        if not identifier.startswith("did:web:"):
            raise CouldNotCheck("Only who is named by did:web or did:key can be looked up.")
        if not did.is_did(identifier):
            raise MalformedDid(f"{identifier!r} is not a DID.")
        # A credential and its status list mostly have one issuer, who is asked for once.
        if identifier not in self._resolved:
            try:
                found: object = self.resolve_did(identifier)
            except (MalformedJson, OutOfBounds) as error:
                # It may as well be the page of a network that wants us to sign in.
                raise CouldNotCheck(f"What {identifier} answered is unreadable. {error}") from None
            if not isinstance(found, dict):
                raise Failed(f"What was found for {identifier} is not a document.")
            self._resolved[identifier] = found
        return self._resolved[identifier]

    def _require_usable(self, method: RetrievedMethod, proof: Document) -> None:
        # A date that cannot be read is the signature's fault, unless the key's life hangs on it.
        dated = method.expires is not None and "created" in proof
        self._require_in_use(method, timestamps.read(proof["created"]) if dated else None)

    def _require_in_use(self, method: RetrievedMethod, created: datetime | None) -> None:
        if method.revoked is not None and method.revoked <= self.now:
            raise Failed("The proof's key has been revoked.")
        if method.expires is not None and (created or self.now) > method.expires:
            raise Failed("The proof was made after its key was retired.")

    def _require_current(self, proof: Document) -> None:
        if "created" in proof and timestamps.read(proof["created"]) > self.now + CLOCK_SKEW:
            raise Failed("The proof is dated in the future.")
        if "expires" in proof and timestamps.read(proof["expires"]) < self.now:
            raise Failed("The proof has expired.")


def _not_looked_at(signatory: Signatory) -> Check:
    detail = f"The proof is none that tells whether the {signatory.role} has signed."
    return Check("signature", Outcome.COULD_NOT_CHECK, detail)


def _moment_of(token: jws.Token) -> datetime | None:
    """When the token says that it was signed."""
    return numeric_dates.find(token.claims, "iat") or numeric_dates.find(token.claims, "nbf")


def _controller(proof: Document) -> str | None:
    """The identifier whose key the proof names."""
    method = proof.get("verificationMethod")
    return method.partition("#")[0] if isinstance(method, str) else None
