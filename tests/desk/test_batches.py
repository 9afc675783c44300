"""Batches at the desk: a second person decides; progress, failures, pauses."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from config import waiting
from issuer.errors import NotPreparer
from issuer.models import Batch, Chunk, Credential, LedgerEntry
from issuer.pages import thing_url
from issuer.services import batches, credentials
from registrar.models import Award, Learner, Revision
from registrar.services.awarding import awards, awards_again, composition
from tests.cast import SIS, College, issue, member_of_staff
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


def test_a_second_person_sees_what_will_be_said_and_issues_it(
    key: Any, adas_batch: Batch, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(dev)
    page = text(client.get(thing_url(adas_batch)))
    assert "Ada Byron" in page
    assert "Distinction" in page
    assert "Issue 1 credential" in page
    answer = client.post(thing_url(adas_batch), {"act": "approve", "reason": "Looked."})
    assert answer.status_code == 302
    adas_batch.refresh_from_db()
    assert (adas_batch.state, adas_batch.decision_reason) == ("approved", "Looked.")
    assert Chunk.objects.get().batch == adas_batch


def test_from_samples_of_a_large_batch_one_comes_to_all_of_it(
    college: College,
    cells: Revision,
    adas_batch: Batch,
    clara: User,
    dev: User,
    signed_in: SignIn,
) -> None:
    client = signed_in(dev)
    everybody = reverse("admin:registrar_award_changelist") + "?batch="
    assert everybody not in text(client.get(thing_url(adas_batch)))
    for n in range(4):
        learner = Learner.objects.create(source=SIS, sourced_id=f"s{n}", family_name=f"Name {n}")
        college.enrol(learner)
        college.grade(learner, "Pass")
    batch = awards.prepare(awards.evaluate(cells, at=timezone.now()), by=clara)
    assert batch is not None
    assert f'{everybody}{batch.pk}">See all 4<' in text(client.get(thing_url(batch)))
    found = client.get(f"{everybody}{batch.pk}").context["cl"].result_list
    assert {award.batch for award in found} == {batch} and len(found) == 4
    assert client.get(f"{everybody}no-batch").status_code in (200, 302)


def test_who_prepared_a_batch_is_not_offered_to_approve_it_and_cannot(
    adas_batch: Batch, root: User, signed_in: SignIn
) -> None:
    Batch.objects.update(prepared_by=root)
    client = signed_in(root)
    assert "somebody else decides" in text(client.get(thing_url(adas_batch)))
    answer = client.post(thing_url(adas_batch), {"act": "approve"})
    assert answer.status_code == 409
    adas_batch.refresh_from_db()
    assert adas_batch.state == "prepared"


def test_registrar_staff_may_not_approve_batches(
    adas_batch: Batch, clara: User, signed_in: SignIn
) -> None:
    answer = signed_in(clara).post(thing_url(adas_batch), {"act": "approve"})
    assert answer.status_code == 403


def test_declining_needs_a_reason_and_keeps_what_was_typed(
    adas_batch: Batch, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(dev)
    answer = client.post(thing_url(adas_batch), {"act": "decline", "reason": " "})
    assert answer.status_code == 422
    assert "Say why" in text(answer)
    answer = client.post(thing_url(adas_batch), {"act": "decline", "reason": "Under appeal"})
    assert answer.status_code == 302
    answer = client.post(thing_url(adas_batch), {"act": "decline", "reason": "Once more"})
    assert answer.status_code == 409
    assert "Under appeal" in text(client.get(thing_url(adas_batch)))


def test_who_prepared_a_batch_withdraws_it(
    adas_batch: Batch, clara: User, dev: User, signed_in: SignIn
) -> None:
    with pytest.raises(NotPreparer):
        batches.withdraw(adas_batch, by=dev, reason="Not mine.")
    client = signed_in(clara)
    assert "Withdraw this batch" in text(client.get(thing_url(adas_batch)))
    said = {"act": "withdraw", "reason": "The wrong class."}
    assert client.post(thing_url(adas_batch), said | {"reason": " "}).status_code == 422
    client.post(thing_url(adas_batch), said)
    adas_batch.refresh_from_db()
    assert (adas_batch.state, adas_batch.is_withdrawn) == ("declined", True)
    assert LedgerEntry.objects.get(act="batch.withdrawn").reason == "The wrong class."
    page = text(client.get(thing_url(adas_batch)))
    assert "Withdrawn" in page and "I have seen it" not in page
    assert "batch of yours was declined" not in {task.what for task in waiting.tasks(clara)}
    assert client.post(thing_url(adas_batch), said).status_code == 409


def test_a_declined_batch_waits_for_who_prepared_it_until_it_is_seen(
    adas_batch: Batch, clara: User, dev: User, signed_in: SignIn
) -> None:
    awards.decline(adas_batch, by=dev, reason="The wrong class.")
    client = signed_in(clara)
    (task,) = [each for each in waiting.tasks(clara) if "declined" in each.what]
    assert (task.number, task.url) == (1, thing_url(adas_batch))
    assert "The wrong class." in text(client.get(task.url))
    assert signed_in(dev).post(task.url, {"act": "decline_seen"}).status_code == 409
    client.post(task.url, {"act": "decline_seen"})
    assert not [each for each in waiting.tasks(clara) if "declined" in each.what]


def test_an_unknown_act_is_refused(adas_batch: Batch, dev: User, signed_in: SignIn) -> None:
    assert signed_in(dev).post(thing_url(adas_batch), {"act": "delete"}).status_code == 404


def test_progress_is_shown_while_the_work_lasts_and_the_page_is_fresh_afterwards(
    key: Any, adas_batch: Batch, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(dev)
    address = reverse("admin:issuer_batch_progress", args=[adas_batch.pk])
    awards.approve(adas_batch, by=dev)
    part = text(client.get(address))
    assert 'hx-trigger="every 1s"' in part
    assert "<html" not in part
    assert address in text(client.get(thing_url(adas_batch)))
    issue(adas_batch)
    assert client.get(address)["HX-Refresh"] == "true"
    assert "How it went" in text(client.get(thing_url(adas_batch)))


def test_what_failed_is_named_with_its_reason(
    key: Any, adas_batch: Batch, dev: User, olu: User, signed_in: SignIn
) -> None:
    awards.approve(adas_batch, by=dev)
    chunk = batches.claim(Chunk.State.APPROVED, batch=adas_batch)
    assert chunk is not None
    batches.finish(chunk, Chunk.State.REQUESTED, refused={0: "The award date is missing."})
    page = text(signed_in(dev).get(thing_url(adas_batch)))
    assert "The award date is missing." in page
    assert 'data-label="Position">1<' in page
    assert [task.what for task in waiting.tasks(olu) if task.is_urgent] == ["batch has failures"]


def assert_that_it_leads_to(answer: Any, batch: Batch) -> None:
    (message,) = answer.context["messages"]
    assert f'<a href="{thing_url(batch)}" dir="auto">{batch.name}</a>' in str(message)
    assert str(message) in text(answer)


def test_a_failed_award_waits_until_it_is_awarded_again(
    key: Any, adas_batch: Batch, adas_award: Award, dev: User, clara: User, signed_in: SignIn
) -> None:
    awards.approve(adas_batch, by=dev)
    chunk = batches.claim(Chunk.State.APPROVED, batch=adas_batch)
    batches.finish(chunk, Chunk.State.REQUESTED, refused={0: "The award date is missing."})
    assert batches.close_if_done(adas_batch)
    client = signed_in(clara)
    page = text(client.get(thing_url(adas_award)))
    assert "Failed" in page
    assert "Award again" in page
    assert [task.what for task in waiting.tasks(clara) if task.is_urgent] == ["batch has failures"]
    reason = "It has a date now."
    sent = client.post(thing_url(adas_award), {"act": "award_again", "reason": reason}, follow=True)
    again = Award.objects.get(generation=2)
    assert again.replaces == adas_award
    assert_that_it_leads_to(sent, again.batch)
    for award in (adas_award, again):
        page = text(client.get(thing_url(award)))
        assert "Award decided again" in page and reason in page
    assert not [task for task in waiting.tasks(clara) if task.is_urgent]


def test_all_that_failed_is_awarded_again_from_the_page_of_its_batch(
    key: Any, adas_batch: Batch, adas_award: Award, dev: User, clara: User, signed_in: SignIn
) -> None:
    awards.approve(adas_batch, by=dev)
    chunk = batches.claim(Chunk.State.APPROVED, batch=adas_batch)
    batches.finish(chunk, Chunk.State.REQUESTED, refused={0: "The award date is missing."})
    client = signed_in(clara)
    assert "Award again what failed" not in text(client.get(thing_url(adas_batch)))
    batches.close_if_done(adas_batch)
    with_failures = {"failed": "yes"}
    listing = reverse("admin:issuer_batch_changelist")
    assert list(client.get(listing, with_failures).context["cl"].queryset) == [adas_batch]
    assert "Award again what failed" in text(client.get(thing_url(adas_batch)))
    assert "Award again what failed" not in text(signed_in(dev).get(thing_url(adas_batch)))
    assert client.post(thing_url(adas_batch), {"act": "award_again"}).status_code == 422
    sent = client.post(
        thing_url(adas_batch), {"act": "award_again", "reason": "It has a date now."}, follow=True
    )
    assert "Prepared 1 as the batch" in text(sent)
    assert_that_it_leads_to(sent, Award.objects.get(generation=2).batch)
    assert "It has a date now." in text(sent)
    assert Award.objects.get(generation=2).replaces == adas_award
    assert "Award again what failed" not in text(client.get(thing_url(adas_batch)))
    assert list(client.get(listing, with_failures).context["cl"].queryset) == []


def test_a_credential_that_failed_says_why_and_does_not_wait_for_its_signature(
    key: Any, adas_batch: Batch, adas_award: Award, dev: User, clara: User, signed_in: SignIn
) -> None:
    awards.approve(adas_batch, by=dev)
    chunk = batches.claim(Chunk.State.APPROVED, batch=adas_batch)
    credentials.request(chunk, composition.compose(Award.objects.filter(pk=adas_award.pk)))
    client = signed_in(clara)
    credential = Credential.objects.get()
    page = text(client.get(thing_url(credential)))
    assert "Waits for its signature" in page
    assert "Will be signed as" in page
    chunk = batches.claim(Chunk.State.REQUESTED, batch=adas_batch)
    batches.finish(chunk, Chunk.State.SIGNED, refused={0: "The verifier found two contexts."})
    page = text(client.get(thing_url(credential)))
    assert "Waits for its signature" not in page
    assert "It could not be issued: The verifier found two contexts." in page
    assert "Award it again" in page
    assert "Revoke this credential" not in page
    assert "The verifier found two contexts." in text(client.get(thing_url(adas_award)))
    batches.close_if_done(adas_batch)
    awards_again.award(adas_award, by=clara, reason="One context now.")
    assert "It was awarded again" in text(client.get(thing_url(credential)))


def test_the_operator_sees_the_batch_but_nobody_in_it(
    adas_batch: Batch, olu: User, signed_in: SignIn
) -> None:
    assert "Byron" not in text(signed_in(olu).get(thing_url(adas_batch)))


def test_a_whole_batch_is_revoked_from_its_page(
    adas_credential: Credential, clara: User, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_credential.batch)
    assert "Revoke 1 credential" in text(client.get(address))
    assert "Revoke the whole batch" not in text(signed_in(dev).get(address))
    said = {"act": "revoke_all", "reason": "The exam was void."}
    assert client.post(address, said).status_code == 422
    assert "Revoked: 1." in text(client.post(address, said | {"confirmed": "on"}, follow=True))
    page = text(client.get(address))
    assert "The exam was void." in page
    assert "1 credential of it is revoked." in page
    assert "Revoke the whole batch" not in page
    assert client.post(address, said | {"confirmed": "on"}).status_code == 409
    assert "Revoked" in text(client.get(thing_url(adas_credential)))


def test_only_who_may_revoke_a_batch_sees_the_mail_that_would_go(
    college: College, root: User, adas_credential: Credential, clara: User, signed_in: SignIn
) -> None:
    address = reverse("admin:issuer_batch_withdrawal_mail", args=[adas_credential.batch_id])
    assert "Ada" in text(signed_in(clara).get(address))
    stranger = member_of_staff(root, "ari", "registrar", college.arts)
    assert signed_in(stranger).get(address).status_code == 403


def test_a_mail_that_would_go_is_shown_as_text_whatever_somebody_is_called(
    adas_credential: Credential, ada: Learner, clara: User, signed_in: SignIn
) -> None:
    tag = '<i hx-post="/admin/logout/" hx-trigger="load">'
    Learner.objects.filter(pk=ada.pk).update(family_name=tag)
    address = reverse("admin:issuer_batch_withdrawal_mail", args=[adas_credential.batch_id])
    for page in (
        signed_in(clara).get(address, {"reason-revoke_all": tag}),
        signed_in(clara).get(thing_url(adas_credential.batch)),
    ):
        assert "&lt;i hx-post=" in text(page) and "<i hx-post=" not in text(page)


def test_a_batch_is_paused_goes_on_and_is_cancelled_from_its_page(
    adas_batch: Batch, adas_award: Award, key: object, clara: User, dev: User, signed_in: SignIn
) -> None:
    awards.approve(adas_batch, by=dev)
    client, address = signed_in(clara), thing_url(adas_batch)
    assert "Pause this batch" in text(client.get(address))
    assert "Paused." in text(client.post(address, {"act": "pause"}, follow=True))
    page = text(client.get(address))
    assert "Paused since" in page and "Pause this batch" not in page
    assert client.post(address, {"act": "pause"}).status_code == 409
    assert "The work goes on." in text(client.post(address, {"act": "resume"}, follow=True))
    said = {"act": "cancel", "reason": "The wrong term."}
    assert client.post(address, said).status_code == 422
    assert "Cancelled: 1." in text(client.post(address, said | {"confirmed": "on"}, follow=True))
    batches.close_if_done(adas_batch)
    page = text(client.get(address))
    assert "cancelled" in page and "Cancel what is left" not in page
    assert "Award 1 again" in page
    client.post(address, {"act": "award_again", "reason": "Now the right one."})
    again = Award.objects.get(replaces=adas_award)
    assert again.generation == 2


def test_whoever_may_neither_prepare_nor_approve_halts_nothing(
    adas_batch: Batch, college: Any, root: User, dev: User, signed_in: SignIn
) -> None:
    awards.approve(adas_batch, by=dev)
    stranger = member_of_staff(root, "arthur", "registrar", college.arts)
    client, address = signed_in(stranger), thing_url(adas_batch)
    assert "Pause this batch" not in text(client.get(address))
    for act in ("pause", "resume", "cancel"):
        client.post(address, {"act": act, "reason": "Why not?", "confirmed": "on"})
    adas_batch.refresh_from_db()
    assert adas_batch.paused_at is None
    assert batches.progress(adas_batch).cancelled == 0
