"""A college, its key, a badge with everything in it, and a published status list."""

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from issuer.vc import did, openbadges, status_list
from issuer.vc.data_integrity import proofs
from issuer.vc.errors import Unreachable
from issuer.vc.keys import PublicKey
from issuer.vc.signers import Ed25519Signer, Signer
from issuer.vc.verification import verify

DID = "did:web:college.example"
LIST_URL = "https://college.example/status/7"
NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
INDEX = 94_567


@dataclass
class College:
    """Signs badges and lists, and answers verifiers; what it publishes can be changed."""

    did: str = DID
    signer: Signer = field(default_factory=lambda: Ed25519Signer(b"\x07" * 32))
    cryptosuite: str = proofs.EDDSA_RDFC_2022
    now: datetime = NOW
    documents: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.publish_keys()
        self.publish_list()

    @property
    def method(self) -> str:
        return did.method_id(self.did, self.signer.public_multibase)

    def publish_keys(self, **dates: datetime) -> None:
        method = did.VerificationMethod(
            key=PublicKey.from_multikey(self.signer.public_multibase), **dates
        )
        self.documents[self.did] = did.did_document(self.did, [method])

    def publish_list(self, *indexes: int, purpose: str = "revocation", **changes: Any) -> None:
        unsigned = status_list.status_list_credential(
            url=LIST_URL,
            issuer=self.did,
            purpose=purpose,
            encoded_list=status_list.encode(status_list.set_bits(indexes)),
            valid_from=self.now - timedelta(hours=1),
            valid_until=self.now + timedelta(days=1),
            ttl_ms=300_000,
        )
        self.lists[LIST_URL] = self.sign({**unsigned, **changes})

    def sign(self, document: dict[str, Any], **options: Any) -> dict[str, Any]:
        options = {
            "signer": self.signer,
            "verification_method": self.method,
            "created": self.now - timedelta(hours=1),
            "cryptosuite": self.cryptosuite,
            **options,
        }
        return proofs.add_proof(document, **options)

    def resolve_did(self, identifier: str) -> Any:
        return _answer(self.documents, identifier)

    def fetch_status_list(self, url: str) -> Any:
        return _answer(self.lists, url)

    def verify(self, document: Any, *, now: datetime | None = None) -> verify.Report:
        return verify.verify(
            document,
            resolve_did=self.resolve_did,
            fetch_status_list=self.fetch_status_list,
            now=now or self.now,
        )


def _answer(known: dict[str, Any], name: str) -> Any:
    if name not in known:
        raise Unreachable(f"{name} does not answer.")
    return copy.deepcopy(known[name])


@pytest.fixture
def college() -> College:
    return College()


@pytest.fixture
def make_badge() -> Callable[..., dict[str, Any]]:
    return _badge


@pytest.fixture
def badge() -> dict[str, Any]:
    return _badge()


@pytest.fixture
def signed() -> dict[str, Any]:
    return copy.deepcopy(_signed())


@functools.cache
def _signed() -> dict[str, Any]:
    return College().sign(_badge())


def _badge(**changes: Any) -> dict[str, Any]:
    grade = openbadges.ResultDescription(
        id="urn:uuid:5b5f9e7e-0f4b-4ec6-8d37-000000000001",
        name="Final grade",
        result_type="LetterGrade",
        allowed_value=("F", "D", "C", "B", "A-", "A"),
        required_value="C",
    )
    score = openbadges.ResultDescription(
        id="urn:uuid:5b5f9e7e-0f4b-4ec6-8d37-000000000002",
        name="Examination",
        result_type="Percent",
        value_min="0",
        value_max="100",
    )
    achievement = openbadges.Achievement(
        id="https://college.example/achievements/statistics-1",
        name="Statistics 1 «Στατιστική»",
        description='Sums, means and "medians":\n\tfour weeks \\ two hours.',
        criteria=openbadges.Criteria(
            id="https://college.example/achievements/statistics-1#criteria",
            narrative="**Pass** the course.",
        ),
        achievement_type="Course",
        human_code="ST-101",
        credits_available=3,
        in_language="en",
        version="2",
        tag=("numbers", "統計"),
        image=openbadges.Image("https://college.example/bell.png", "A bell curve"),
        alignment=tuple(
            openbadges.Alignment(
                target_name=f"Skill {number}",
                target_url=f"https://skills.example/items/{number}",
                target_code=f"code-{number}",
                target_framework="Skills of a college",
                target_type="CFItem",
            )
            for number in range(4)
        ),
        result_description=(grade, score),
    )
    subject = openbadges.AchievementSubject(
        identifier=(
            openbadges.IdentityObject.salted(
                "ada@college.example", identity_type="emailAddress", salt="Kosher"
            ),
            openbadges.IdentityObject.plain("Ada Lovelace", identity_type="name"),
        ),
        achievement=achievement,
        activity_start_date=datetime(2026, 1, 7, tzinfo=UTC),
        activity_end_date=datetime(2026, 5, 29, tzinfo=UTC),
        credits_earned=2.5,
        term="Spring 2026",
        result=(
            openbadges.Result(result_description=grade.id, value="A-"),
            openbadges.Result(result_description=score.id, value="88.5"),
        ),
    )
    members: dict[str, Any] = {
        "id": "urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c55",
        "issuer": openbadges.Profile(
            id=DID,
            name="Example College",
            url="https://college.example/",
            email="registrar@college.example",
            image=openbadges.Image("https://college.example/logo.png"),
            other_identifier=(
                openbadges.IdentifierEntry(
                    identifier="https://ror.example/1", identifier_type="ext:ROR"
                ),
            ),
        ),
        "subject": subject,
        "name": "Statistics 1",
        "description": "Given for passing the course.",
        "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=365 * 5),
        "awarded_date": NOW - timedelta(days=2),
        "evidence": (openbadges.Evidence(name="Project", narrative="A survey of rain."),),
        "credential_status": status_list.entry(
            list_url=LIST_URL, index=INDEX, purpose="revocation"
        ),
    }
    members |= changes
    return openbadges.AchievementCredential(
        credential_subject=members.pop("subject"), **members
    ).as_credential()
