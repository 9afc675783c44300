"""openvc-core and we read each other's Data Integrity proofs, of every suite and curve."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from issuer.vc import contexts, keys, signers
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import WrongSignature
from issuer.vc.keys import PublicKey

pytestmark = pytest.mark.thorough

data_integrity = pytest.importorskip("openvc.proof.data_integrity")
di_ecdsa_rdfc = pytest.importorskip("openvc.proof.di_ecdsa_rdfc")
di_jcs = pytest.importorskip("openvc.proof.di_jcs")
openvc_keys = pytest.importorskip("openvc.keys")

Document = dict[str, Any]

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
CONTEXTS = {
    url: contexts.load(url) for url in (contexts.OPEN_BADGES, contexts.OB_EXTENSIONS, contexts.CLR)
}


@dataclass(frozen=True)
class Suite:
    """A suite with keys of one kind: theirs, and the name under which it is ours."""

    name: str
    kind: str
    theirs: Any
    new_key: Callable[..., Any]

    @property
    def document(self) -> Document:
        """What is signed."""
        return PLAIN if (self.name, self.kind) == ("ecdsa-rdfc-2019", keys.P384) else BADGE

    @property
    def options(self) -> Document:
        """JCS reads no contexts."""
        return {} if "jcs" in self.name else {"extra_contexts": CONTEXTS}


SUITES = [
    Suite(
        "eddsa-rdfc-2022",
        keys.ED25519,
        data_integrity.DataIntegrityProofSuite(),
        openvc_keys.Ed25519SigningKey.generate,
    ),
    Suite(
        "eddsa-jcs-2022",
        keys.ED25519,
        di_jcs.EddsaJcsProofSuite(),
        openvc_keys.Ed25519SigningKey.generate,
    ),
    *(
        Suite(name, kind, suite, new_key)
        for name, suite in (
            ("ecdsa-rdfc-2019", di_ecdsa_rdfc.EcdsaRdfcProofSuite()),
            ("ecdsa-jcs-2019", di_jcs.EcdsaJcsProofSuite()),
        )
        for kind, new_key in (
            (keys.P256, openvc_keys.P256SigningKey.generate),
            (keys.P384, openvc_keys.P384SigningKey.generate),
        )
    ),
]

# openvc-core tells blank nodes apart by SHA-256 also where SHA-384 goes with the key, other than
# the W3C's vectors for P-384 do: these documents have but one blank node or none.
PLAIN: Document = {
    "@context": [contexts.CREDENTIALS_V2],
    "id": "urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c56",
    "type": ["VerifiableCredential"],
    "name": "Statistics 1",
    "issuer": {"id": "did:web:college.example", "name": "Example College"},
    "validFrom": "2026-06-14T12:00:00Z",
    "credentialSubject": {"id": "did:example:learner", "name": "Ada «Άντα» Lovelace"},
}

BADGE: Document = {
    "@context": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES],
    "id": "urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c55",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Statistics 1",
    "issuer": {"id": "did:web:college.example", "type": ["Profile"], "name": "Example College"},
    "validFrom": "2026-06-14T12:00:00Z",
    "credentialSubject": {
        "type": ["AchievementSubject"],
        "id": "did:example:learner",
        "creditsEarned": 2.5,
        "result": [{"type": ["Result"], "value": grade} for grade in ("A-", "88.5", "A-")],
        "achievement": {
            "id": "https://college.example/achievements/statistics-1",
            "type": ["Achievement"],
            "name": "Statistics 1 «Στατιστική» \U0001f393",
            "description": 'Sums, means and "medians":\n\tfour weeks \\ two hours.',
            "criteria": {"narrative": "**Pass** the course."},
            "creditsAvailable": 3,
        },
    },
}


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: f"{suite.name} {suite.kind}")
def test_openvc_accepts_what_we_sign_and_refuses_what_was_changed(suite: Suite) -> None:
    signer = signers.from_secret(suite.kind, signers.draw_secret(suite.kind))
    signed = proofs.add_proof(
        suite.document,
        signer=signer,
        verification_method=f"did:web:college.example#{signer.public_multibase}",
        created=NOW,
        cryptosuite=suite.name,
    )
    jwk = PublicKey.from_multikey(signer.public_multibase).jwk
    found = suite.theirs.verify(signed, public_key_jwk=jwk, now=NOW, **suite.options)
    assert found.issuer == "did:web:college.example"
    changed = copy.deepcopy(signed)
    changed["name"] = "Statistics 2"
    with pytest.raises(data_integrity.ProofError):
        suite.theirs.verify(changed, public_key_jwk=jwk, now=NOW, **suite.options)


@pytest.mark.parametrize(
    "suite",
    # Its JCS proofs hash the contexts and do not repeat them, as VC-DI-EdDSA, 3.3.1, says to do.
    [suite for suite in SUITES if "jcs" not in suite.name],
    ids=lambda suite: f"{suite.name} {suite.kind}",
)
def test_we_accept_what_openvc_signs_and_refuse_what_was_changed(suite: Suite) -> None:
    key = suite.new_key(kid="did:web:college.example#theirs")
    signed = suite.theirs.add_proof(
        suite.document,
        signing_key=key,
        verification_method="did:web:college.example#theirs",
        created=NOW,
        **suite.options,
    )
    public_key = PublicKey.from_jwk(key.public_jwk()).multikey
    assert signed["proof"]["cryptosuite"] == suite.name
    proofs.verify_proof(signed, public_key=public_key)
    changed = copy.deepcopy(signed)
    changed["name"] = "Statistics 2"
    with pytest.raises(WrongSignature):
        proofs.verify_proof(changed, public_key=public_key)
