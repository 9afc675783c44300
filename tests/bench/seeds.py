"""What is mutated: published vectors and samples, and documents of our own of every form."""

from __future__ import annotations

import functools
import json
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from issuer.vc import baking, keys, openbadges, signers, status_list
from issuer.vc.data_integrity import proofs
from issuer.vc.jose import jose_envelope, sd_jwt_vc, token_status_list, vc_jwt

SIGNER = signers.from_secret(keys.P256, bytes(31) + b"\x07")
DID = f"did:key:{SIGNER.public_multibase}"
LIST_URL = "https://college.example/status/7"

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
_METHOD = f"{DID}#{SIGNER.public_multibase}"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><g/></svg>'


def documents() -> list[bytes]:
    """A badge of our own, the signed documents among the vectors, and the samples."""
    return [json.dumps(badge()).encode(), *_published()]


def status_lists() -> list[bytes]:
    """The list that the badge's status stands in."""
    document = status_list.status_list_credential(
        url=LIST_URL,
        issuer=DID,
        purpose="revocation",
        encoded_list=status_list.encode(status_list.new_bits()),
        valid_from=datetime(2026, 6, 1, tzinfo=UTC),
        valid_until=datetime(2027, 6, 1, tzinfo=UTC),
        ttl_ms=300_000,
    )
    return [json.dumps(_sign(document)).encode()]


def did_documents() -> list[bytes]:
    """The document of a did:web with the badge's key."""
    document = {
        "id": "did:web:college.example",
        "verificationMethod": [
            {
                "id": "did:web:college.example#key-1",
                "type": "Multikey",
                "controller": "did:web:college.example",
                "publicKeyMultibase": SIGNER.public_multibase,
            }
        ],
        "assertionMethod": ["did:web:college.example#key-1"],
    }
    return [json.dumps(document).encode()]


def presentations() -> list[bytes]:
    """The badge in a presentation that nobody signed."""
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [badge()],
    }
    return [json.dumps(document).encode()]


def tokens() -> list[bytes]:
    """The badge as VC-JWT and as vc+jwt, and an SD-JWT VC."""
    claims = {
        "iss": DID,
        "vct": "https://college.example/badge",
        "name": "Ada",
        "grades": {"statistics": "A", "logic": "B"},
        "status": token_status_list.reference(uri=f"{LIST_URL}/token", index=3),
    }
    pointers = ("/name", "/grades/statistics")
    made = (
        vc_jwt.sign(_unsigned(), signer=SIGNER, key_id=_METHOD),
        jose_envelope.secure_credential(_unsigned(), signer=SIGNER, key_id=_METHOD),
        sd_jwt_vc.issue(claims, signer=SIGNER, key_id=_METHOD, pointers=pointers),
    )
    return [token.encode() for token in made]


def status_tokens() -> list[bytes]:
    """The Token Status List that the SD-JWT VC's state stands in."""
    token = token_status_list.sign(
        token_status_list.pack({3: 1}, size=4096, bits=2),
        bits=2,
        uri=f"{LIST_URL}/token",
        issued=datetime(2026, 6, 1, tzinfo=UTC),
        signer=SIGNER,
        key_id=_METHOD,
    )
    return [token.encode()]


def images() -> list[bytes]:
    """The badge inside of a PNG and of an SVG."""
    text = json.dumps(badge())
    return [baking.bake(image, text) for image in (_png(), _SVG)]


@functools.cache
def badge() -> dict[str, Any]:
    """A signed badge of a did:key."""
    return _sign(_unsigned())


def _published() -> Iterator[bytes]:
    found = [*(_SHARED / "vectors").rglob("signed*.json"), *(_SHARED / "samples").glob("clr*.json")]
    return (path.read_bytes() for path in sorted(found))


def _png() -> bytes:
    """One white pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff")
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _unsigned() -> dict[str, Any]:
    grade = openbadges.ResultDescription(
        id="urn:uuid:5b5f9e7e-0f4b-4ec6-8d37-000000000001",
        name="Final grade",
        result_type="LetterGrade",
        allowed_value=("F", "C", "A"),
    )
    return openbadges.AchievementCredential(
        id="urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c55",
        issuer=openbadges.Profile(id=DID, name="Example College", url="https://college.example/"),
        name="Statistics 1",
        valid_from=datetime(2026, 6, 1, tzinfo=UTC),
        credential_subject=openbadges.AchievementSubject(
            id="did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj",
            achievement=openbadges.Achievement(
                id="https://college.example/achievements/statistics-1",
                name="Statistics 1",
                description="Sums, means and medians.",
                criteria=openbadges.Criteria(narrative="Pass the course."),
                result_description=(grade,),
            ),
            result=(openbadges.Result(result_description=grade.id, value="A"),),
        ),
        credential_status=status_list.entry(list_url=LIST_URL, index=7, purpose="revocation"),
    ).as_credential()


def _sign(document: dict[str, Any]) -> dict[str, Any]:
    return proofs.add_proof(
        document,
        signer=SIGNER,
        verification_method=_METHOD,
        created=datetime(2026, 6, 1, tzinfo=UTC),
        cryptosuite="ecdsa-rdfc-2019",
    )
