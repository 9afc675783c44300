"""What we have issued is recognised; that changes nothing in what is told of it."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from issuer.models import (
    Achievement,
    Batch,
    Credential,
    SecuredDocument,
    Shape,
    SigningKey,
    StatusList,
)
from issuer.services import clock, keys, publishing, recognition, status, verification
from issuer.vc.data_integrity import proofs
from issuer.vc.json_text import write_json
from issuer.vc.signers import Ed25519Signer
from issuer.vc.verification import inspection
from issuer.vc.verification.inspection import Inspection
from issuer.vc.verification.verify import Verdict
from tests.issuer import badges
from tests.vc import touches

Issue = Callable[..., list[bytes]]


@pytest.fixture(autouse=True)
def nothing_met() -> Iterator[None]:
    """No shape was met in another test."""
    recognition._MET.clear()
    yield
    recognition._MET.clear()


@pytest.fixture
def issue(approved: Callable[..., Batch], achievement: Achievement, key: SigningKey) -> Issue:
    """Issues so many credentials, as their learners have them."""

    def issued(count: int = 1, **options: str) -> list[bytes]:
        badges.issue(approved(count), achievement, **options)
        return [each.body.encode() for each in SecuredDocument.objects.whole()]

    return issued


@pytest.fixture
def ours(issue: Issue) -> bytes:
    """A credential of our own."""
    return issue()[0]


def is_recognised(document: dict[str, Any]) -> bool:
    return recognition.recognise(document, look_up=recognition.look_up) is not None


def nothing_stored(credential_id: uuid.UUID) -> Shape | None:
    return None


def the_full_way(
    shown: bytes | dict[str, Any], *, at: datetime | None = None, person: str = ""
) -> Inspection:
    """What is told when nothing is recognised."""

    def fetch(url: str) -> dict[str, Any]:
        name = url.removeprefix(f"{settings.BASE_URL}/status/")
        found = status.newest_publication(StatusList.objects.get(name=name))
        return dict(json.loads(found.body)) if found else {}

    def resolve(name: str) -> dict[str, Any]:
        return dict(json.loads(json.dumps(keys.did_document(name))))

    sources = inspection.Sources(resolve, fetch, str, at or clock.now())
    return inspection.inspect(shown, sources, person=person)


def require_alike(shown: bytes | dict[str, Any], what: str = "", **options: Any) -> Inspection:
    found = verification.verify(shown, **options)
    assert found == the_full_way(shown, **options), what
    return found


def test_what_we_have_issued_is_recognised_and_told_of_as_ever(issue: Issue) -> None:
    for body in issue(3):
        assert is_recognised(json.loads(body))
        assert require_alike(body, person="learner-0").document == json.loads(body)
        assert require_alike(json.loads(body)).verdict is Verdict.VALID


def test_a_shape_is_looked_up_once(issue: Issue) -> None:
    first, *others = issue(3)
    assert recognition.recognise(json.loads(first), look_up=nothing_stored) is None
    assert is_recognised(json.loads(first))
    for body in others:
        assert recognition.recognise(json.loads(body), look_up=nothing_stored) is not None


@pytest.mark.parametrize("purpose", StatusList.Purpose.values)
def test_withdrawn_is_told_alike(issue: Issue, registrar: User, purpose: str) -> None:
    body = issue(status_purpose=purpose)[0]
    assert require_alike(body).verdict is Verdict.VALID
    credential = Credential.objects.get()
    act = status.suspend if purpose == "suspension" else status.revoke
    act(credential, reason="Awarded by mistake", by=registrar)
    publishing.publish(credential.verifiable_credentials.get().status_list)
    assert require_alike(body).verdict is Verdict.INVALID


def test_at_every_day_it_is_told_alike(ours: bytes) -> None:
    for at in (badges.AWARDED - timedelta(days=1), clock.now() + timedelta(days=30)):
        assert require_alike(ours, at=at).verdict is not Verdict.VALID


def test_the_state_of_the_key_counts_as_ever(ours: bytes, key: SigningKey, registrar: User) -> None:
    require_alike(ours)
    keys.retire(key, by=registrar)
    assert require_alike(ours).verdict is Verdict.VALID
    keys.mark_compromised(key, by=registrar, reason="Found on a memory stick")
    assert require_alike(ours).verdict is Verdict.INVALID


def test_another_s_key_is_never_ours(ours: bytes) -> None:
    require_alike(ours)
    document = json.loads(ours)
    method = document.pop("proof")["verificationMethod"]
    other = Ed25519Signer(b"somebody" * 4)
    theirs = f"did:key:{other.public_multibase}#{other.public_multibase}"
    for name in (method, theirs):
        forged = proofs.add_proof(
            document, signer=other, verification_method=name, created=clock.now()
        )
        assert is_recognised(forged)
        assert require_alike(forged).verdict is Verdict.INVALID


def test_whatever_value_is_touched_it_is_told_alike(ours: bytes) -> None:
    document = json.loads(ours)
    require_alike(ours)
    at = clock.now()
    recognised = 0
    for what, touched in touches.values(document):
        verdict = require_alike(touched, what, at=at).verdict
        if is_recognised(touched):
            recognised += 1
            assert verdict is Verdict.INVALID or _unsecured(touched) == _unsecured(document), what
    # Other values of the places at which learners differ, and other proofs.
    assert recognised > 50


def test_however_it_is_written_it_is_told_alike(ours: bytes) -> None:
    document = json.loads(ours)
    require_alike(ours)
    for what, text in touches.texts(document):
        found = require_alike(text, what)
        assert found.verdict is not Verdict.VALID or found.document == document, what


def test_the_proof_of_one_does_not_fit_another(issue: Issue) -> None:
    first, second = map(json.loads, issue(2))
    first["proof"]["proofValue"] = second["proof"]["proofValue"]
    assert require_alike(first).verdict is Verdict.INVALID


def test_each_proof_of_several_is_looked_at(ours: bytes) -> None:
    document = json.loads(ours)
    good = document["proof"]
    bad = {**good, "created": "2025-01-01T00:00:00Z"}
    for found in (good, [good], [good, good], [good] * 4):
        assert require_alike({**document, "proof": found}).verdict is Verdict.VALID
    for found in (bad, [good, bad], [bad, good], [], {}, [good] * 5, None, "proof"):
        assert require_alike({**document, "proof": found}).verdict is not Verdict.VALID


def test_in_a_presentation_it_is_told_alike(ours: bytes) -> None:
    document = json.loads(ours)
    for shown in (document, {**document, "name": "Other"}):
        presentation = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "verifiableCredential": [shown, document],
        }
        require_alike(presentation)


def test_of_another_issuer_nothing_is_looked_up(ours: bytes) -> None:
    def refuse(credential_id: uuid.UUID) -> Shape | None:
        raise AssertionError(credential_id)

    document = json.loads(ours)
    for issuer in ("did:web:elsewhere.example", {"id": "did:web:elsewhere.example"}, None, [], 7):
        assert recognition.recognise({**document, "issuer": issuer}, look_up=refuse) is None
    assert recognition.recognise({}, look_up=refuse) is None


def test_whatever_names_us_as_its_issuer_is_looked_up_once_at_most(ours: bytes) -> None:
    asked: list[uuid.UUID] = []

    def look_up(credential_id: uuid.UUID) -> Shape | None:
        asked.append(credential_id)
        return recognition.look_up(credential_id)

    document = json.loads(ours)
    for id in (document["id"], "urn:uuid:7", None, {"urn:uuid": []}, str(uuid.uuid4()), "\ud800"):
        forged = {**document, "id": id, "name": "Other"}
        assert recognition.recognise(forged, look_up=look_up) is None
    assert len(asked) == 2


def test_a_shape_that_deviates_is_not_believed(ours: bytes) -> None:
    document = json.loads(ours)
    shape = recognition.look_up(uuid.UUID(document["id"].removeprefix("urn:uuid:")))
    assert shape is not None
    compiled = shape.compiled
    right = compiled._statements
    said = json.loads(shape.document)
    said["name"] = "Another name"
    other = Shape(document=write_json(said), holes=shape.holes)
    compiled._statements = other.compiled._statements
    try:
        assert not is_recognised(document)
        assert require_alike(document).verdict is Verdict.VALID
    finally:
        compiled._statements = right
    assert is_recognised(document)


def test_what_is_too_long_for_a_shape_is_not_read(ours: bytes) -> None:
    document = json.loads(ours)
    for salt, is_known in (("x" * 60_000, True), ("x" * 70_000, False), ('"\\' * 200_000, False)):
        document["credentialSubject"]["identifier"][0]["salt"] = salt
        assert is_recognised(document) == is_known
        assert require_alike(document).verdict is Verdict.INVALID


def test_only_so_many_shapes_are_tried_and_kept(ours: bytes) -> None:
    document = json.loads(ours)
    shape = recognition.look_up(uuid.UUID(document["id"].removeprefix("urn:uuid:")))
    assert shape is not None
    for number in range(recognition.MAX_TRIED + 2):
        said = json.loads(shape.document)
        said["name"] = f"Module {number}"
        other = Shape(document=write_json(said), holes=shape.holes)
        shown = {**document, "name": f"Module {number}"}
        assert recognition.recognise(shown, look_up=lambda _, other=other: other) is not None
    (met,) = recognition._MET.values()
    assert len(met) == recognition.MAX_TRIED
    oldest = {**document, "name": f"Module {number - recognition.MAX_TRIED + 1}"}
    assert recognition.recognise(oldest, look_up=nothing_stored) is not None
    assert recognition._MET[document["credentialSubject"]["achievement"]["id"]][0] is not met[0]
    assert recognition.recognise(document, look_up=nothing_stored) is None


def _unsecured(document: dict[str, Any]) -> str:
    """What a document states, to the letter."""
    return write_json({name: member for name, member in document.items() if name != "proof"})
