"""Wordings: said through a shape where one can, and as a whole where none can."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from issuer.errors import BodyLost
from issuer.models import Achievement, Batch, Chunk, Credential, SecuredDocument, Shape, SigningKey
from issuer.services import batches, clock, credentials, signing, verification, wordings
from issuer.services.wordings import Place, Wording
from issuer.vc import timestamps
from issuer.vc.shapes import Kind
from issuer.vc.shapes.canonical_form import CanonicalForm
from issuer.vc.verification.verify import Verdict
from tests.issuer import badges
from tests.issuer.superuser import without_triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def chunk(approved: Callable[..., Batch], key: SigningKey) -> Chunk:
    """Four rows that are to be frozen."""
    found = batches.claim(Chunk.State.APPROVED, batch=approved(4))
    assert found
    return found


def bodies() -> list[str]:
    secured = SecuredDocument.objects.order_by("verifiable_credential__credential__position")
    return [each.body for each in secured.whole()]


def signed(chunk: Chunk) -> Chunk:
    badges.sign_all(chunk.batch)
    return Chunk.objects.get(batch=chunk.batch)


def test_credentials_of_one_wording_share_one_shape(chunk: Chunk, achievement: Achievement) -> None:
    credentials.request(chunk, badges.statements(chunk, achievement))
    shape = Shape.objects.get()
    assert set(Credential.objects.values_list("shape", "text")) == {(shape.pk, "")}
    assert signed(chunk).signed_as_a_whole == 0
    assert all(verification.verify(body.encode()).verdict is Verdict.VALID for body in bodies())


def test_a_wording_has_the_same_shape_each_time(achievement: Achievement, key: SigningKey) -> None:
    first = wordings.shape_of(badges.wording(achievement), "revocation")
    assert first == wordings.shape_of(badges.wording(achievement), "revocation")
    assert first != wordings.shape_of(badges.wording(achievement), "suspension")


def test_values_that_do_not_fit_are_refused_with_the_findings_of_lint(
    chunk: Chunk, achievement: Achievement
) -> None:
    statements = badges.statements(chunk, achievement)
    *others, grade = statements[2].values
    statements[2] = dataclasses.replace(statements[2], values=(*others, f"{grade}\x07"))
    credentials.request(chunk, statements)
    (error,) = batches.progress(chunk.batch).errors
    assert error.position == 2 and "/credentialSubject/result/0/value" in error.error
    assert Credential.objects.count() == 3


def test_what_no_shape_can_say_is_said_as_a_whole_and_counted(
    chunk: Chunk, achievement: Achievement
) -> None:
    statements = badges.statements(chunk, achievement)
    statements[1] = badges.reworded(
        statements[1],
        lambda document: document["credentialSubject"].update(id="did:example:somebody"),
    )
    credentials.request(chunk, statements)
    assert list(Credential.objects.filter(shape=None).values_list("position", flat=True)) == [1]
    assert signed(chunk).signed_as_a_whole == 1
    assert all(verification.verify(body.encode()).verdict is Verdict.VALID for body in bodies())


def test_a_sample_with_a_fault_of_its_own_costs_nobody_else_the_credential(
    chunk: Chunk, achievement: Achievement
) -> None:
    said = badges.wording(achievement)
    said.sample["credentialSubject"]["result"][0]["value"] = "\x07"
    statements = [
        dataclasses.replace(each, wording=said) for each in badges.statements(chunk, achievement)
    ]
    credentials.request(chunk, statements)
    assert not Shape.objects.exists()
    assert signed(chunk).signed_as_a_whole == 4


@pytest.fixture
def nothing_tried() -> Iterator[None]:
    """No wording was tried before, and none that is tried here counts afterwards."""
    wordings._holds.cache_clear()
    yield
    wordings._holds.cache_clear()


@pytest.mark.usefixtures("nothing_tried")
def test_a_shape_that_deviates_is_not_used(
    chunk: Chunk, achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CanonicalForm, "fill", mutant)
    credentials.request(chunk, badges.statements(chunk, achievement))
    assert not Shape.objects.exists()
    assert signed(chunk).signed_as_a_whole == 4
    assert all(verification.verify(body.encode()).verdict is Verdict.VALID for body in bodies())


def test_a_chunk_whose_sample_does_not_verify_is_signed_as_a_whole(
    chunk: Chunk, achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials.request(chunk, badges.statements(chunk, achievement))
    monkeypatch.setattr(CanonicalForm, "fill", mutant)
    assert signed(chunk).signed_as_a_whole == 4
    assert all(verification.verify(body.encode()).verdict is Verdict.VALID for body in bodies())


def mutant(form: CanonicalForm, values: object, *, digest: str = "sha256") -> bytes:
    """A canonical form that is none."""
    return b"_:c14n0 <https://college.example/#fault> _:c14n0 .\n"


def test_what_is_signed_through_a_shape_is_what_signing_as_a_whole_makes(
    chunk: Chunk, achievement: Achievement, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials.request(chunk, badges.statements(chunk, achievement))
    requested = batches.claim(Chunk.State.REQUESTED, batch=chunk.batch)
    assert requested
    work = signing._Work(signing._frozen(requested))
    through_shapes, as_a_whole = work.secure()[0], work.secure(by_shape=False)[0]
    assert [each.digest for each in through_shapes] == [each.digest for each in as_a_whole]
    assert not any(each.text for each in through_shapes)
    assert all(each.text for each in as_a_whole)


def test_until_when_it_is_valid_may_be_one_of_the_values(
    chunk: Chunk, achievement: Achievement
) -> None:
    said = badges.wording(achievement)
    said.sample["validUntil"] = timestamps.write(clock.now() + timedelta(days=1))
    ends = (clock.now() + timedelta(days=9)).replace(microsecond=0)
    said = Wording(said.sample, (*said.places, Place("/validUntil", Kind.DATETIME)))
    statements = [
        dataclasses.replace(each, wording=said, values=(*each.values, timestamps.write(ends)))
        for each in badges.statements(chunk, achievement)
    ]
    credentials.request(chunk, statements)
    assert set(Credential.objects.values_list("valid_until", flat=True)) == {ends}
    assert {json.loads(each.document)["validUntil"] for each in Credential.objects.all()} == {
        timestamps.write(ends)
    }


def test_bytes_that_can_no_longer_be_made_are_not_served(
    chunk: Chunk, achievement: Achievement
) -> None:
    credentials.request(chunk, badges.statements(chunk, achievement))
    signed(chunk)
    with without_triggers():
        Credential.objects.filter(position=1).update(values='["a", "b", "c", "Pass"]')
        Credential.objects.filter(position=2).update(values="[]")
    secured = SecuredDocument.objects.order_by("verifiable_credential__credential__position")
    good, *lost, last = secured.whole()
    assert good.body and last.body
    for each in lost:
        with pytest.raises(BodyLost):
            _ = each.body
