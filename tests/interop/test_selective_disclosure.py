"""openvc-core and we read each other's selective disclosure (ecdsa-sd-2023)."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from issuer.vc import contexts, keys, signers
from issuer.vc.data_integrity import mandatory_pointers
from issuer.vc.data_integrity.cryptosuites import ecdsa_sd_2023

pytestmark = pytest.mark.thorough

ecdsa_sd = pytest.importorskip("openvc.proof.ecdsa_sd")
openvc_keys = pytest.importorskip("openvc.keys")

Document = dict[str, Any]

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
CONTEXTS = {
    url: contexts.load(url) for url in (contexts.OPEN_BADGES, contexts.OB_EXTENSIONS, contexts.CLR)
}
OURS = signers.P256Signer(b"\x07" * 32)
THEIRS = openvc_keys.P256SigningKey.generate(kid="did:web:college.example#theirs")
SUITE = ecdsa_sd.EcdsaSdProofSuite()

BADGE: Document = {
    "@context": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES, contexts.OB_EXTENSIONS],
    "id": "urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c55",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Statistics 1",
    "issuer": {"id": "did:web:college.example", "type": ["Profile"], "name": "Example College"},
    "validFrom": "2026-06-14T12:00:00Z",
    "validUntil": "2031-06-14T12:00:00Z",
    "awardedDate": "2026-06-13T00:00:00Z",
    "credentialSubject": {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": "Ada «Άντα» Lovelace",
                "identityType": "name",
            }
        ],
        "creditsEarned": 2.5,
        "term": "Spring 2026",
        "result": [
            {"type": ["Result"], "value": "A-"},
            {"type": ["Result"], "value": "88.5"},
            {"type": ["Result"], "value": "A-"},
        ],
        "achievement": {
            "id": "https://college.example/achievements/statistics-1",
            "type": ["Achievement"],
            "name": "Statistics 1",
            "description": 'Sums, means and "medians":\n\tfour weeks \\ two hours.',
            "criteria": {"narrative": "**Pass** the course."},
            "humanCode": "ST-101",
        },
    },
    "credentialStatus": {
        "id": "https://college.example/status/7#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://college.example/status/7",
    },
}
# Where several objects have no id, version 1.37.0 of theirs loses track of them when it derives.
NAMED: Document = copy.deepcopy(BADGE)
NAMED["credentialSubject"]["id"] = "did:key:z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi"
NAMED["credentialSubject"]["achievement"]["criteria"]["id"] = "https://college.example/criteria"
del NAMED["credentialSubject"]["result"]
WITH_A_LIST: Document = copy.deepcopy(BADGE)
WITH_A_LIST["credentialSubject"]["achievement"]["resultDescription"] = [
    {
        "id": "urn:uuid:5b5f9e7e-0f4b-4ec6-8d37-000000000001",
        "type": ["ResultDescription"],
        "name": "Final grade",
        "resultType": "LetterGrade",
        "allowedValue": ["F", "D", "C", "B", "A-", "A"],
    }
]


def our_base(badge: Document) -> Document:
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "created": "2026-06-15T11:00:00Z",
        "verificationMethod": f"did:web:college.example#{OURS.public_multibase}",
        "proofPurpose": "assertionMethod",
    }
    value = ecdsa_sd_2023.sign(
        badge,
        {"@context": badge["@context"], **options},
        signer=OURS,
        mandatory_pointers=mandatory_pointers.of_open_badge(badge),
    )
    return {**badge, "proof": {**options, "proofValue": value}}


def their_base(badge: Document) -> Document:
    base: Document = SUITE.add_base_proof(
        badge,
        signing_key=THEIRS,
        verification_method=THEIRS.kid,
        mandatory_pointers=mandatory_pointers.of_open_badge(badge),
        created=NOW,
        extra_contexts=CONTEXTS,
    )
    return base


def parts(signed: Document) -> tuple[Document, Document, str]:
    """The document, the options under its contexts, and the proofValue."""
    document = {name: value for name, value in signed.items() if name != "proof"}
    proof = {name: value for name, value in signed["proof"].items() if name != "proofValue"}
    return (
        document,
        {"@context": document["@context"], **proof},
        signed["proof"]["proofValue"],
    )


def derived_by_us(base: Document, *pointers: str) -> Document:
    document, _, value = parts(base)
    shown, derived = ecdsa_sd_2023.derive(document, value, selective_pointers=pointers)
    return {**shown, "proof": {**base["proof"], "proofValue": derived}}


def derived_by_them(base: Document, *pointers: str) -> Document:
    """What they derive, without the labels that they write where an object has no id.

    Such an id is no URL, as the data model asks for, and is not accepted by us.
    """
    shown = SUITE.derive_proof(base, selective_pointers=pointers, extra_contexts=CONTEXTS)
    without_labels: Document = json.loads(
        json.dumps(shown),
        object_hook=lambda node: {
            name: value
            for name, value in node.items()
            if name != "id" or not str(value).startswith("_:")
        },
    )
    return without_labels


def accepted_by_us(shown: Document, jwk: dict[str, str]) -> None:
    document, options, value = parts(shown)
    key = keys.PublicKey.from_jwk(jwk).multikey
    ecdsa_sd_2023.check(document, options, value, public_key=key)


def accepted_by_them(shown: Document, jwk: dict[str, str]) -> None:
    SUITE.verify(shown, public_key_jwk=jwk, now=NOW, extra_contexts=CONTEXTS)


OUR_KEY = keys.PublicKey.from_multikey(OURS.public_multibase).jwk
THEIR_KEY = THEIRS.public_jwk()
CHOICES = [
    (),
    ("/credentialSubject/creditsEarned",),
    ("/name", "/awardedDate", "/credentialSubject/identifier", "/credentialSubject/term"),
]


@pytest.mark.parametrize("badge", [BADGE, WITH_A_LIST], ids=["plain", "with a list"])
@pytest.mark.parametrize("pointers", [*CHOICES, ("/credentialSubject/result/1/value",), ("",)])
def test_they_accept_what_we_derive_from_our_proof(badge: Document, pointers: Any) -> None:
    accepted_by_them(derived_by_us(our_base(badge), *pointers), OUR_KEY)


def test_they_accept_a_list_that_we_show() -> None:
    shown = derived_by_us(our_base(WITH_A_LIST), "/credentialSubject/achievement/resultDescription")
    assert shown["credentialSubject"]["achievement"]["resultDescription"][0]["allowedValue"]
    accepted_by_them(shown, OUR_KEY)


@pytest.mark.parametrize("pointers", CHOICES)
def test_we_accept_what_they_derive_and_derive_the_same(pointers: Any) -> None:
    base = our_base(NAMED)
    theirs = derived_by_them(base, *pointers)
    accepted_by_us(theirs, OUR_KEY)
    assert derived_by_us(base, *pointers)["proof"] == theirs["proof"]


@pytest.mark.parametrize("pointers", CHOICES)
def test_we_derive_from_their_proof_and_both_accept_it(pointers: Any) -> None:
    base = their_base(BADGE)
    document, options, value = parts(base)
    key = keys.PublicKey.from_jwk(THEIR_KEY).multikey
    ecdsa_sd_2023.check_base(document, options, value, public_key=key)
    shown = derived_by_us(base, *pointers)
    accepted_by_us(shown, THEIR_KEY)
    accepted_by_them(shown, THEIR_KEY)


def test_we_accept_what_they_issue_and_derive() -> None:
    accepted_by_us(derived_by_them(their_base(NAMED), *CHOICES[-1]), THEIR_KEY)


def test_neither_accepts_what_was_changed() -> None:
    shown = derived_by_us(our_base(BADGE), "/credentialSubject/creditsEarned")
    shown["credentialSubject"]["creditsEarned"] = 3
    with pytest.raises(ecdsa_sd.SignatureInvalid):
        accepted_by_them(shown, OUR_KEY)
    with pytest.raises(ecdsa_sd_2023.WrongSignature):
        accepted_by_us(shown, OUR_KEY)
