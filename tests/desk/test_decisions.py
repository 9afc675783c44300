"""Batches, templates, tags and revocations, as people decide about them at the desk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config import waiting
from issuer.models import Batch, Chunk, Credential, LedgerEntry, StatusChange
from issuer.pages import thing_url
from issuer.services import batches, credentials
from registrar.models import Award, Learner, Revision, SkillTag
from registrar.services import awards, composition, results, templates
from tests.cast import SIS, College, issue, member_of_staff

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


def text(answer: Any) -> str:
    return answer.content.decode()


# Batches


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
    assert "The award date is missing." in text(signed_in(dev).get(thing_url(adas_batch)))
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
    awards.award_again(adas_award, by=clara, reason="One context now.")
    assert "It was awarded again" in text(client.get(thing_url(credential)))


def test_the_operator_sees_the_batch_but_nobody_in_it(
    adas_batch: Batch, olu: User, signed_in: SignIn
) -> None:
    assert "Byron" not in text(signed_in(olu).get(thing_url(adas_batch)))


# Evaluating


def test_evaluating_shows_who_and_why_and_prepares_a_batch_once(
    college: Any, cells: Revision, ada: Any, ben: Any, clara: User, signed_in: SignIn
) -> None:
    for learner, result in ((ada, "Pass"), (ben, "Fail")):
        college.enrol(learner)
        college.grade(learner, result)
    client = signed_in(clara)
    address = reverse("admin:registrar_award_evaluate", args=[cells.pk])
    assert "Ada Byron" in text(client.get(address))
    assert "is Fail" in text(client.get(address, {"show": "not_met"}))
    assert "Nobody of that name" in text(client.get(address, {"q": "Zoe"}))
    answer = client.post(address, {"name": "Spring"})
    batch = Batch.objects.get(name="Spring")
    assert answer["Location"] == thing_url(batch)
    client.post(address, {"name": "Spring again"})
    assert Batch.objects.count() == 1
    assert "Ada Byron" in text(client.get(address, {"show": "already"}))


# Results


def test_results_that_no_longer_hold_are_found(
    college: Any, ada: Any, ben: Any, clara: User, signed_in: SignIn
) -> None:
    college.supersede(college.grade(ada, "Fail"), "Pass")
    results.withdraw([college.grade(ben, "Merit").pk], at=timezone.now())
    address = reverse("admin:registrar_result_changelist")
    client = signed_in(clara)

    def shown(holds: str) -> set[str]:
        listed = client.get(address, {"holds": holds}).context["cl"].queryset
        assert "NOT IN" not in str(listed.query)
        return {result.text for result in listed}

    assert (shown("yes"), shown("no")) == ({"Pass"}, {"Fail", "Merit"})


# Templates


def test_a_template_goes_from_a_form_to_approval(
    college: Any, clara: User, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    form = {
        "slug": "cells",
        "unit": college.science.pk,
        "name": "Cells",
        "description": "Knows what a cell is made of.",
        "criteria": "Passes BIO 101.",
        "achievement_type": "Course",
        "language": "en",
        "rule": '{"final_result": {"course": "BIO 101", "category": "Module result",'
        ' "one_of": ["Pass"]}}',
        "skills": [college.skills[0].pk, college.skills[0].pk],
    }
    answer = client.post(reverse("admin:registrar_credentialtemplate_draft"), form)
    revision = Revision.objects.get()
    assert answer["Location"] == thing_url(revision)
    assert [skill.label for skill in revision.skills.all()] == ["Observe"]
    assert "It is awarded when the final result in BIO 101 Cells is Pass." in text(
        client.get(thing_url(revision))
    )
    edit = reverse("admin:registrar_revision_edit", args=[revision.pk])
    client.post(edit, form | {"name": "Living cells"})
    client.post(thing_url(revision), {"act": "submit"})
    page = text(client.get(thing_url(revision)))
    assert "Approve and publish" not in page
    assert client.post(thing_url(revision), {"act": "approve"}).status_code == 403
    approver = signed_in(dev)
    assert "Approve and publish" in text(approver.get(thing_url(revision)))
    assert approver.post(thing_url(revision), {"act": "approve"}).status_code == 302
    revision.refresh_from_db()
    assert (revision.state, revision.name) == ("approved", "Living cells")


def test_a_wrong_rule_is_said_at_its_field_with_its_place_and_all_that_was_typed(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    answer = signed_in(clara).post(
        reverse("admin:registrar_credentialtemplate_draft"),
        {
            "slug": "cells",
            "unit": college.science.pk,
            "name": "A name that took long to find",
            "achievement_type": "Course",
            "language": "en",
            "rule": '{"all": [{"final_result": {"course": "BIO 101"}}]}',
            "result_descriptions": "[1",
            "skills": [college.skills[2].pk],
        },
    )
    page = text(answer)
    assert "/all/0/final_result/category" in page
    assert "This is not JSON. Look at line 1" in page
    assert "A name that took long to find" in page
    assert "Explain" in page
    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    "written",
    [
        '[{"n": NaN}]',
        '[{"n": 1e999}]',
        '[{"n": "\\ud800"}]',
        '[{"n": "\\u0000"}]',
        "[" * 40 + "]" * 40,
        "[" * 100_000,
        '[{"n": 1, "n": 2}]',
        "9" * 5_000,
        '1}, {"value": 2',
    ],
)
def test_json_that_two_readers_could_understand_differently_is_refused_at_its_field(
    college: Any, clara: User, signed_in: SignIn, written: str
) -> None:
    form = {
        "slug": "cells",
        "unit": college.science.pk,
        "name": "Cells",
        "achievement_type": "Course",
        "language": "en",
        "result_descriptions": written,
    }
    answer = signed_in(clara).post(reverse("admin:registrar_credentialtemplate_draft"), form)
    assert answer.status_code in (200, 422)
    assert answer.context["form"].errors.keys() == {"result_descriptions"}
    assert not Revision.objects.exists()


def test_a_draft_with_a_result_of_another_shape_is_shown_with_what_is_wrong(
    draft: Revision, clara: User, signed_in: SignIn
) -> None:
    wrong = {"name": "x", "result_type": "Result", "allowed_value": 5}
    templates.edit(draft, by=clara, result_descriptions=[wrong])
    client = signed_in(clara)
    assert "a sound description of the result x" in text(client.get(thing_url(draft)))
    assert client.post(thing_url(draft), {"act": "submit"}).status_code == 409


def test_a_new_revision_shows_what_differs_and_can_be_sent_back(
    cells: Revision, clara: User, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    client.post(thing_url(cells.template), {"act": "revise"})
    second = Revision.objects.get(number=2)
    templates.edit(second, by=clara, description="Draws what a cell is made of.")
    client.post(thing_url(second), {"act": "submit"})
    approver = signed_in(dev)
    page = text(approver.get(thing_url(second)))
    assert "What differs from revision 1" in page
    assert "Draws what a cell is made of." in page
    assert approver.post(thing_url(second), {"act": "send_back"}).status_code == 422
    approver.post(thing_url(second), {"act": "send_back", "reason": "Say which cells."})
    second.refresh_from_db()
    assert second.state == "draft"
    assert "Say which cells." in text(client.get(thing_url(second)))


def test_skills_are_found_by_some_letters_and_taken_as_a_chip(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:registrar_revision_skills")
    assert "Observe" in text(client.get(address, {"q": "obs"}))
    assert "No current skill" in text(client.get(address, {"q": "zzz"}))
    chip = text(client.get(address, {"take": college.skills[0].pk}))
    assert f'name="skills" value="{college.skills[0].pk}"' in chip


# Tags


def test_a_chair_accepts_and_rejects_many_at_once(
    college: Any, tag: SkillTag, chen: User, signed_in: SignIn
) -> None:
    client = signed_in(chen)
    address = reverse("admin:registrar_skilltag_review")
    assert "Draw a cell from observation." in text(client.get(address))
    assert "Choose at least one" in text(client.post(address, {"act": "accept"}))
    rejection = client.post(address, {"act": "reject", "tag": [tag.pk]})
    assert (rejection.status_code, "Say why" in text(rejection)) == (422, True)
    client.post(address, {"act": "accept", "tag": [tag.pk], "comment": "Good."})
    tag.refresh_from_db()
    assert (tag.state, tag.comment, tag.reviewed_by) == ("accepted", "Good.", chen)


def test_tags_of_another_department_are_not_offered(
    college: Any, tag: SkillTag, root: User, signed_in: SignIn
) -> None:
    from tests.cast import member_of_staff

    art = member_of_staff(root, "arthur", "chair", college.arts)
    client = signed_in(art)
    address = reverse("admin:registrar_skilltag_review")
    assert "Draw a cell" not in text(client.get(address))
    client.post(address, {"act": "accept", "tag": [tag.pk]})
    tag.refresh_from_db()
    assert tag.state == "proposed"


def test_accepted_tags_count_in_the_coverage_and_gaps_are_marked(
    college: Any, tag: SkillTag, chen: User, signed_in: SignIn
) -> None:
    client = signed_in(chen)
    address = reverse("admin:registrar_skilltag_coverage")
    assert "3 skills are covered nowhere" in text(client.get(address))
    client.post(reverse("admin:registrar_skilltag_review"), {"act": "accept", "tag": [tag.pk]})
    assert "2 skills are covered nowhere" in text(client.get(address))
    assert "3 skills are covered nowhere" in text(client.get(address, {"emphasis": "assessed"}))
    assert "3 skills are covered" not in text(client.get(address, {"unit": college.top.pk}))
    table = text(client.get(reverse("admin:registrar_skilltag_coverage_csv")))
    assert "course,BIO 101,Cells,S-1,Draw,1,0,0" in table


# Credentials


def test_a_credential_is_found_by_its_id_and_by_its_learner(
    adas_credential: Credential, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = reverse("admin:issuer_credential_changelist")
    id = str(adas_credential.pk)
    by_id = (
        id,
        adas_credential.urn,
        id[:8],
        f"{id[:8]}…",
        id[:1].upper(),
        id[:11],
        f"urn:uuid:{id[:6]}",
    )
    for words in (*by_id, "byron", "ada by", "1001", "10"):
        assert thing_url(adas_credential) in text(client.get(address, {"q": words})), words
    another = f"{(int(id[0], 16) + 1) % 16:x}{id[1:8]}"
    for words in ("00000000-0000-0000-0000-000000000000", another, f"{id}0", "-", "…", "nobody"):
        assert "Nothing matches" in text(client.get(address, {"q": words})), words


def test_revoking_needs_reason_and_confirmation_and_then_the_verifier_says_so(
    adas_credential: Credential, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_credential)
    assert "Valid" in text(client.get(address))
    reason = "The result was somebody else's."
    assert client.post(address, {"act": "revoke", "confirmed": "on"}).status_code == 422
    refused = client.post(address, {"act": "revoke", "reason": reason})
    assert refused.status_code == 422
    assert "somebody else&#x27;s" in text(refused)
    client.post(address, {"act": "revoke", "reason": reason, "confirmed": "on"})
    assert StatusChange.objects.get().by == clara
    assert LedgerEntry.objects.get(act="credential.revoked").reason == reason
    page = text(client.get(address))
    assert "Revoked" in page
    assert "Revoke this credential" not in page


def test_approvers_may_look_at_a_credential_and_not_revoke_it(
    adas_credential: Credential, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(dev)
    assert "Revoke this credential" not in text(client.get(thing_url(adas_credential)))
    answer = client.post(
        thing_url(adas_credential), {"act": "revoke", "reason": "x", "confirmed": "on"}
    )
    assert answer.status_code == 403


def test_registrar_staff_of_another_unit_cannot_revoke(
    adas_credential: Credential, college: Any, root: User, signed_in: SignIn
) -> None:
    client = signed_in(member_of_staff(root, "art-registrar", "registrar", college.arts))
    address = thing_url(adas_credential)
    assert "Revoke this credential" not in text(client.get(address))
    answer = client.post(address, {"act": "revoke", "reason": "Not mine.", "confirmed": "on"})
    assert answer.status_code == 409
    assert not StatusChange.objects.exists()


def test_a_revoked_award_can_be_awarded_again(
    adas_credential: Credential, adas_award: Award, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    assert "Award again" not in text(client.get(thing_url(adas_award)))
    client.post(
        thing_url(adas_credential), {"act": "revoke", "reason": "Misspelt.", "confirmed": "on"}
    )
    assert "Award again" in text(client.get(thing_url(adas_award)))
    client.post(thing_url(adas_award), {"act": "award_again", "reason": "Spelt rightly."})
    again = Award.objects.get(generation=2)
    assert "Replaced by" in text(client.get(thing_url(adas_award)))
    assert again.batch.state == "prepared"


# Suspending


def test_a_credential_is_suspended_and_reinstated_with_reason_and_confirmation(
    adas_licence: Credential, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_licence)
    page = text(client.get(address))
    assert "Suspend this credential" in page
    assert "Reinstate" not in page
    said = {"reason": "Her case is under review.", "confirmed": "on"}
    for gap in ("reason", "confirmed"):
        left = {name: value for name, value in said.items() if name != gap}
        assert client.post(address, {"act": "suspend", **left}).status_code == 422
    client.post(address, {"act": "suspend", **said})
    page = text(client.get(address))
    assert "Suspended" in page
    assert "Her case is under review." in page
    assert "Suspend this credential" not in page
    listing = reverse("admin:issuer_credential_changelist")
    assert address in text(client.get(listing, {"standing": "suspended"}))
    assert address not in text(client.get(listing, {"standing": "valid"}))
    assert "Suspended" in text(client.get(thing_url(Award.objects.get())))
    assert client.post(address, {"act": "reinstate", "reason": "Settled."}).status_code == 422
    client.post(address, {"act": "reinstate", "reason": "Settled.", "confirmed": "on"})
    page = text(client.get(address))
    assert "Reinstated" in page
    assert "Suspend this credential" in page
    again = client.post(address, {"act": "reinstate", "reason": "Settled.", "confirmed": "on"})
    assert (again.status_code, "not suspended" in text(again)) == (409, True)


def test_what_can_be_suspended_can_be_withdrawn_for_good_and_the_page_says_what_that_means(
    adas_licence: Credential, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_licence)
    assert "will be told that it is suspended, because" in text(client.get(address))
    client.post(address, {"act": "revoke", "reason": "Struck off.", "confirmed": "on"})
    page = text(client.get(address))
    assert "It was withdrawn for good." in page
    assert "Reinstate this credential" not in page
    assert "Suspend this credential" not in page


def test_what_can_be_revoked_is_not_offered_to_be_suspended(
    adas_credential: Credential, clara: User, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    address = thing_url(adas_credential)
    assert "Suspend" not in text(client.get(address))
    said = {"act": "suspend", "reason": "Under review.", "confirmed": "on"}
    answer = client.post(address, said)
    assert (answer.status_code, "can be revoked, not suspended" in text(answer)) == (409, True)
    assert signed_in(dev).post(address, said).status_code == 403


def test_how_it_is_taken_back_is_chosen_in_the_form_and_shown_in_the_difference(
    cells: Revision, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    assert "By revoking it, for good" in text(client.get(thing_url(cells)))
    client.post(thing_url(cells.template), {"act": "revise"})
    second = Revision.objects.get(number=2)
    edit = reverse("admin:registrar_revision_edit", args=[second.pk])
    page = text(client.get(edit))
    assert "Suspending it, until it is reinstated" in page
    assert "allows a credential one status entry" in page
    form = {"name": "Cells", "achievement_type": "Course", "language": "en"}
    wrong = client.post(edit, form | {"status_purpose": "refresh"})
    assert wrong.context["form"].errors.keys() == {"status_purpose"}
    client.post(edit, form | {"status_purpose": "suspension"})
    page = text(client.get(thing_url(second)))
    assert "By suspending it" in page
    assert "Can be taken back by" in page


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
    assert "Revoke the whole batch" not in page
    assert client.post(address, said | {"confirmed": "on"}).status_code == 409
    assert "Revoked" in text(client.get(thing_url(adas_credential)))


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
