"""What people may show: every form of a credential, by issuers whom everybody can look up."""

from datetime import timedelta
from typing import Any

from issuer.vc import clr, endorsements, keys, openbadges
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import Unreachable
from issuer.vc.jose import jose_envelope, sd_jwt_vc, token_status_list, vc_jwt
from issuer.vc.verification import inspection
from issuer.vc.verification.inspection import Inspection

from .conftest import NOW, College, _badge
from .test_baking import PNG, SVG
from .test_presentations import HOLDER, name_of, presentation, presented
from .tokens import public_key, signer

__all__ = ["HOLDER", "PNG", "SVG", "name_of", "presentation", "presented"]

Document = dict[str, Any]
TOKENS = signer(keys.P256)
ISSUER = f"did:key:{public_key(TOKENS).multikey}"
KEY_ID = f"{ISSUER}#{public_key(TOKENS).multikey}"
LEARNER = "did:key:z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi"
TOKEN_LIST = "https://college.example/status/tokens"
ACHIEVEMENT = "https://college.example/achievements/statistics-1"


def badge(**changes: Any) -> Document:
    """A badge of the issuer whose key is its name; it states no status."""
    issuer = openbadges.Profile(id=ISSUER, name="A key")
    document = _badge(**{"issuer": issuer, "credential_status": None, **changes})
    document["credentialSubject"] = {"id": LEARNER, **document["credentialSubject"]}
    return document


def signed(document: Document) -> Document:
    """With a proof by that key."""
    return proofs.add_proof(
        document,
        signer=TOKENS,
        verification_method=KEY_ID,
        created=NOW,
        cryptosuite="ecdsa-rdfc-2019",
    )


def badge_as_vc_jwt() -> str:
    return vc_jwt.sign(badge(), signer=TOKENS, key_id=KEY_ID)


def badge_as_vc_jose() -> str:
    return jose_envelope.secure_credential(badge(), signer=TOKENS, key_id=KEY_ID)


def sd_jwt(**claims: Any) -> str:
    stated = {
        "iss": ISSUER,
        "vct": "https://college.example/types/course",
        "iat": int(NOW.timestamp()) - 60,
        "name": "Ana Núñez",
        "email": "ana@college.example",
        "course": {"title": "Statistics"},
        **claims,
    }
    return sd_jwt_vc.issue(stated, signer=TOKENS, key_id=KEY_ID, pointers=["/name"])


def status_token(*revoked: int) -> str:
    packed = token_status_list.pack(dict.fromkeys(revoked, 1), size=64)
    return token_status_list.sign(
        packed, bits=1, uri=TOKEN_LIST, issued=NOW, signer=TOKENS, key_id=KEY_ID
    )


def endorsement(about: str, *, secure: bool = True, **changes: Any) -> Document:
    """What another college has to say."""
    unsigned = endorsements.EndorsementCredential(
        id="urn:uuid:5b5f9e7e-0f4b-4ec6-8d37-00000000e002",
        name="Endorsement",
        issuer=openbadges.Profile(id=ISSUER, name="A key"),
        credential_subject=endorsements.EndorsementSubject(id=about, endorsement_comment="Sound."),
        valid_from=NOW - timedelta(days=3),
    ).as_credential()
    return signed({**unsigned, **changes}) if secure else {**unsigned, **changes}


def endorsement_token(about: str) -> str:
    return jose_envelope.secure_credential(
        endorsement(about, secure=False), signer=TOKENS, key_id=KEY_ID
    )


def record(*inner: Document, **changes: Any) -> Document:
    """A learner's record, signed."""
    unsigned = clr.ClrCredential(
        id="urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c99",
        name="Transcript 2026",
        issuer=openbadges.Profile(id=ISSUER, name="A key"),
        valid_from=NOW - timedelta(days=1),
        credential_subject=clr.ClrSubject(id=LEARNER, verifiable_credential=inner),
    ).as_credential()
    return signed({**unsigned, **changes})


def presentation_token(*credentials: str, **changes: Any) -> str:
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": ISSUER,
        "verifiableCredential": [jose_envelope.envelop_credential(each) for each in credentials],
        **changes,
    }
    document = {name: value for name, value in document.items() if value is not None}
    return jose_envelope.secure_presentation(document, signer=TOKENS, key_id=KEY_ID)


def inspect(shown: bytes | str | Document, *, status: str = "", **options: Any) -> Inspection:
    """As somebody does who knows the college of the other tests, and one token status list."""
    college = College()

    def fetch_status_token(url: str) -> str:
        if url != TOKEN_LIST or not status:
            raise Unreachable()
        return status

    return inspection.inspect(
        shown.encode() if isinstance(shown, str) else shown,
        inspection.Sources(college.resolve_did, college.fetch_status_list, fetch_status_token, NOW),
        **options,
    )


def outcomes(found: Inspection) -> dict[str, str]:
    """Of its own checks those that have not passed."""
    return {each.id: each.outcome for each in found.checks if each.outcome != "passed"}
