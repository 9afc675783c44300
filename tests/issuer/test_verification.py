"""Whatever is shown is checked, within bounds; what could not be checked is never valid."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from issuer.models import (
    Achievement,
    Batch,
    Credential,
    SecuredDocument,
    SigningKey,
    StatusList,
    StatusListPublication,
)
from issuer.services import publishing, status, verification
from issuer.vc import baking, clr, did, openbadges, status_list
from issuer.vc.data_integrity import proofs
from issuer.vc.jose import sd_jwt_vc, token_status_list
from issuer.vc.keys import PublicKey
from issuer.vc.signers import Ed25519Signer, P256Signer
from issuer.vc.verification.shown import Wrapping
from issuer.vc.verification.verify import Outcome, Verdict
from tests.issuer import badges
from tests.issuer.stranger import World, world

__all__ = ["world"]

STRANGER = "did:web:stranger.example"
DID_DOCUMENT = "https://stranger.example/.well-known/did.json"
THEIR_LIST = "https://lists.stranger.example/1"
SIGNER = Ed25519Signer(b"stranger" * 4)
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def ours(approved: Callable[..., Batch], achievement: Achievement, key: SigningKey) -> bytes:
    """A credential of our own, as its learner has it."""
    badges.issue(approved(1), achievement)
    return SecuredDocument.objects.get().body.encode()


def sign(document: dict[str, Any]) -> bytes:
    """What the stranger signs."""
    method = did.method_id(STRANGER, SIGNER.public_multibase)
    secured = proofs.add_proof(document, signer=SIGNER, verification_method=method, created=NOW)
    return json.dumps(secured).encode()


def theirs(**status_of: Any) -> dict[str, Any]:
    """A badge of the stranger, unsigned."""
    achievement = openbadges.Achievement(
        id="https://stranger.example/achievement",
        name="Helping out",
        description="Helped out",
        criteria=openbadges.Criteria(narrative="Help out."),
    )
    return openbadges.AchievementCredential(
        id="urn:uuid:6d0ba6ac-3d3c-4e3f-8d0f-bb5c6a1c7f50",
        issuer=openbadges.Profile(id=STRANGER, name="Stranger"),
        credential_subject=openbadges.AchievementSubject(
            id="did:example:ada", achievement=achievement
        ),
        name="Helping out",
        valid_from=NOW - timedelta(days=1),
        credential_status=status_list.entry(list_url=THEIR_LIST, index=7, purpose="revocation"),
        **status_of,
    ).as_credential()


def serve_did_document(world: World) -> None:
    """The stranger's key, where it belongs."""
    method = did.VerificationMethod(key=PublicKey.from_multikey(SIGNER.public_multibase))
    world.serve(DID_DOCUMENT, json.dumps(did.did_document(STRANGER, [method])).encode())


def serve_status_list(world: World, *revoked: int) -> None:
    """The stranger's list with these bits set."""
    document = status_list.status_list_credential(
        url=THEIR_LIST,
        issuer=STRANGER,
        purpose="revocation",
        encoded_list=status_list.encode(status_list.set_bits(revoked)),
        valid_from=NOW,
        valid_until=NOW + timedelta(hours=1),
        ttl_ms=300_000,
    )
    world.serve(THEIR_LIST, sign(document))


def test_our_own_is_checked_without_a_single_link(ours: bytes, world: World) -> None:
    report = verification.verify(ours)
    assert report.verdict is Verdict.VALID
    assert [check.id for check in report.checks] == [
        "structure",
        "issuer",
        "signature",
        "dates",
        "status",
        "schema",
    ]
    assert report.contains == ()
    assert verification.is_ours(report)
    assert world.asked == []


def test_json_and_bytes_are_checked_alike(ours: bytes) -> None:
    assert verification.verify(json.loads(ours)) == verification.verify(ours)


def test_a_changed_word_breaks_the_signature(ours: bytes) -> None:
    report = verification.verify(ours.replace(b'"Pass"', b'"Distinction"').replace(b"BBB", b"AAA"))
    assert report.verdict is Verdict.INVALID
    assert report.check("signature").outcome is Outcome.FAILED


def test_dates_are_compared_with_the_given_day(ours: bytes) -> None:
    report = verification.verify(ours, at=badges.AWARDED - timedelta(days=1))
    assert report.check("dates").outcome is Outcome.FAILED


def test_only_the_status_of_a_revoked_credential_fails(ours: bytes, registrar: User) -> None:
    credential = Credential.objects.get()
    status.revoke(credential, reason="Awarded by mistake", by=registrar)
    publishing.publish(credential.verifiable_credentials.get().status_list)
    report = verification.verify(ours)
    failed = [check.id for check in report.checks if check.outcome is Outcome.FAILED]
    assert failed == ["status"]


def test_without_a_published_list_the_verdict_is_unknown(ours: bytes) -> None:
    StatusListPublication.objects.all().delete()
    report = verification.verify(ours)
    assert report.verdict is Verdict.UNKNOWN
    assert report.check("status").outcome is Outcome.COULD_NOT_CHECK


def test_an_outdated_list_says_nothing(ours: bytes) -> None:
    report = verification.verify(ours, at=datetime.now(UTC) + timedelta(days=30))
    assert report.verdict is Verdict.UNKNOWN


def test_before_the_first_key_our_own_issuer_cannot_be_checked(ours: bytes) -> None:
    SigningKey.objects.update(did="did:web:elsewhere.example")
    assert verification.verify(ours).check("issuer").outcome is Outcome.COULD_NOT_CHECK


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"@context": ' * 5000,
        b'{"@context": [], "type": []}',
        json.dumps({"a": "b" * 2_000_000}).encode(),
    ],
)
def test_anything_at_all_gets_a_report(content: bytes, db: None) -> None:
    report = verification.verify(content)
    assert report.verdict is not Verdict.VALID
    assert len(report.checks) == 5


def test_a_stranger_s_credential_is_valid_when_all_of_it_is_found(db: None, world: World) -> None:
    serve_did_document(world)
    serve_status_list(world)
    assert verification.verify(sign(theirs())).verdict is Verdict.VALID
    assert sorted(world.asked) == ["lists.stranger.example", "stranger.example"]


def test_a_stranger_s_revoked_credential_is_invalid(db: None, world: World) -> None:
    serve_did_document(world)
    serve_status_list(world, 7)
    assert verification.verify(sign(theirs())).verdict is Verdict.INVALID


@pytest.mark.parametrize("served", [(), (serve_did_document,), (serve_status_list,)])
def test_a_stranger_who_is_not_reached_is_never_valid(
    served: tuple[Callable[[World], None], ...], db: None, world: World
) -> None:
    for serve in served:
        serve(world)
    assert verification.verify(sign(theirs())).verdict is Verdict.UNKNOWN


def test_each_link_is_followed_once_and_no_more_than_a_record_needs(db: None, world: World) -> None:
    serve_did_document(world)
    inner = [theirs() for _ in range(verification.MAX_LINKS + 3)]
    for number, document in enumerate(inner):
        # The first two are on one list.
        host = f"lists{max(1, number)}.stranger.example"
        entry = status_list.entry(list_url=f"https://{host}/", index=number, purpose="revocation")
        document["credentialStatus"] = entry
    report = verification.verify(record(*(json.loads(sign(document)) for document in inner)))
    assert report.verdict is Verdict.UNKNOWN
    assert len(report.contains) == len(inner)
    assert len(world.asked) == len(set(world.asked)) == verification.MAX_LINKS


def test_after_some_seconds_nobody_is_asked_any_more(
    db: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "MAX_SECONDS", -1)
    report = verification.verify(sign(theirs()))
    assert report.check("issuer").detail.endswith("others took too long to answer.")
    assert world.asked == []


def record(*inner: dict[str, Any]) -> bytes:
    """A record of the stranger, signed."""
    return sign(
        clr.ClrCredential(
            id="urn:uuid:6d0ba6ac-3d3c-4e3f-8d0f-bb5c6a1c7f99",
            name="Transcript",
            issuer=openbadges.Profile(id=STRANGER, name="Stranger"),
            valid_from=NOW - timedelta(days=1),
            credential_subject=clr.ClrSubject(id="did:example:ada", verifiable_credential=inner),
        ).as_credential()
    )


def test_a_record_is_valid_when_all_in_it_are(ours: bytes, world: World, registrar: User) -> None:
    serve_did_document(world)
    serve_status_list(world)
    whole = record(json.loads(ours), json.loads(sign(theirs())))
    found = verification.verify(whole)
    assert found.verdict is Verdict.VALID
    assert [verification.is_ours(each) for each in (found, *found.contains)] == [False, True, False]
    status.revoke(Credential.objects.get(), reason="Awarded by mistake", by=registrar)
    publishing.publish(StatusList.objects.get())
    found = verification.verify(whole)
    assert [each.verdict for each in found.contains] == [Verdict.INVALID, Verdict.VALID]
    assert (found.report.verdict, found.verdict) == (Verdict.VALID, Verdict.INVALID)


def test_who_only_claims_to_be_us_is_not_us(ours: bytes) -> None:
    document = json.loads(ours)
    document["name"] = "Another"
    assert not verification.is_ours(verification.verify(document))


def test_a_credential_is_found_in_its_image(ours: bytes, db: None) -> None:
    image = baking.bake(b"<svg xmlns='http://www.w3.org/2000/svg'><g/></svg>", ours.decode())
    found = verification.verify(image)
    assert (found.verdict, found.wrappings) == (Verdict.VALID, (Wrapping.SVG,))
    assert found.document == json.loads(ours)


def test_whether_it_is_about_somebody_is_asked_only_if_a_person_is_given(ours: bytes) -> None:
    assert verification.verify(ours, person="learner-0").verdict is Verdict.VALID
    found = verification.verify(ours, person="learner-1")
    assert (found.verdict, found.check("recipient").outcome) == (Verdict.INVALID, Outcome.FAILED)


TOKENS = P256Signer((9).to_bytes(32))


def sd_jwt(uri: str) -> bytes:
    """What the stranger issues as a token whose status is at this address."""
    claims = {
        "iss": f"did:key:{TOKENS.public_multibase}",
        "vct": "https://stranger.example/helping",
        "status": token_status_list.reference(uri=uri, index=7),
    }
    key_id = f"{claims['iss']}#{TOKENS.public_multibase}"
    return sd_jwt_vc.issue(claims, signer=TOKENS, key_id=key_id).encode()


def status_token(*revoked: int) -> bytes:
    """The stranger's token status list."""
    issuer = f"did:key:{TOKENS.public_multibase}"
    packed = token_status_list.pack(dict.fromkeys(revoked, 1), size=64)
    return token_status_list.sign(
        packed,
        bits=1,
        uri=THEIR_LIST,
        issued=NOW,
        signer=TOKENS,
        key_id=f"{issuer}#{TOKENS.public_multibase}",
    ).encode()


@pytest.mark.parametrize(
    ("served", "verdict"),
    [
        (status_token(), Verdict.VALID),
        (status_token() + b"\n", Verdict.VALID),
        (status_token(7), Verdict.INVALID),
        ("é".encode(), Verdict.UNKNOWN),
        (b"{}", Verdict.UNKNOWN),
    ],
)
def test_a_token_status_list_is_fetched_as_text(
    served: bytes, verdict: Verdict, db: None, world: World
) -> None:
    world.serve(THEIR_LIST, served)
    found = verification.verify(sd_jwt(THEIR_LIST))
    assert (found.verdict, found.wrappings) == (verdict, (Wrapping.SD_JWT,))


def test_our_own_lists_are_never_asked_for_over_the_network(db: None, world: World) -> None:
    address = f"{settings.BASE_URL}/status/nothing"
    assert verification.verify(sd_jwt(address)).verdict is Verdict.UNKNOWN
    assert world.asked == []


def test_a_document_made_to_be_hard_is_refused_before_anybody_is_asked(
    db: None, world: World
) -> None:
    document = theirs()
    document["credentialSubject"]["result"] = [
        {"type": ["Result"], "alignment": [{"type": ["Alignment"]} for _ in range(40)]}
        for _ in range(40)
    ]
    document["proof"] = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022"}
    assert verification.verify(document).verdict is not Verdict.VALID
    assert world.asked == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_are_verified_as_one_is_and_each_document_is_asked_for_once(
    ours: bytes, world: World, jobs: int
) -> None:
    serve_did_document(world)
    serve_status_list(world)
    shown = [ours, sign(theirs()), b"noise", ours.replace(b"BBB", b"AAA"), sign(theirs())] * 5
    alone = [verification.verify(each) for each in shown[:5]]
    asked = len(world.asked)
    assert list(verification.verify_all(shown, jobs=jobs)) == alone * 5
    assert len(world.asked) - asked == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_list_that_is_relied_on_for_one_may_not_speak_for_another(
    ours: bytes, world: World, jobs: int
) -> None:
    other = Ed25519Signer(b"somebody" * 4)
    name = f"did:key:{other.public_multibase}"
    document = {**theirs(), "issuer": {"id": name, "type": ["Profile"]}}
    secured = proofs.add_proof(
        document,
        signer=other,
        verification_method=f"{name}#{other.public_multibase}",
        created=NOW,
    )
    serve_did_document(world)
    serve_status_list(world)
    shown = [sign(theirs()), json.dumps(secured).encode(), sign(theirs())]
    found = [each.verdict for each in verification.verify_all(shown, jobs=jobs)]
    assert found == [Verdict.VALID, Verdict.UNKNOWN, Verdict.VALID]
