"""Templates at the desk: drafts, what differs, approval."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from issuer.models import LedgerEntry
from issuer.pages import thing_url
from issuer.services.clients import Client as System
from registrar.errors import NotAllowed
from registrar.models import OrganizationUnit, Revision, TemplateProposal
from registrar.services.college import api_clients, people
from registrar.services.drafting import templates
from tests.cast import member_of_staff
from tests.desk.reading import SignIn, text

pytestmark = pytest.mark.django_db


def test_a_template_goes_from_a_form_to_approval(
    college: Any, clara: User, dev: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    form = {
        "slug": "",
        "unit": college.science.pk,
        "name": "Cells",
        "description": "Knows what a cell is made of.",
        "criteria": "Passes BIO 101.",
        "kind": "course",
        "language": "en",
        "credit": "credit",
        "credits": "3",
        "credit_unit": "ECTS credits",
        "assessment": "examination",
        "is_supervised": "true",
        "identity_checked": "unknown",
        "valid_for": "24",
        "note": "The senate asked for it.",
        "rule": '{"final_result": {"course": "BIO 101", "category": "Module result",'
        ' "one_of": ["Pass"]}}',
        "skills": [college.skills[0].pk, college.skills[0].pk],
        f"level-{college.skills[0].pk}": "advanced",
    }
    answer = client.post(reverse("admin:registrar_credentialtemplate_draft"), form)
    revision = Revision.objects.get()
    assert answer["Location"] == thing_url(revision)
    assert [skill.label for skill in revision.skills.all()] == ["Observe"]
    page = text(client.get(thing_url(revision)))
    assert "It is awarded to nobody: there is no rule." in page
    for fact in (
        "Course completion",
        "3 ECTS credits",
        "For 24 months",
        "The senate asked for it.",
    ):
        assert fact in page
    assert (revision.achievement_type, revision.attested.get().level) == ("Course", "advanced")
    assert (revision.is_supervised, revision.identity_checked) == (True, None)
    edit = reverse("admin:registrar_revision_edit", args=[revision.pk])
    written = client.get(edit).context["form"]
    said = {name: written[name].value() for name in ("credit", "valid_for", "note")}
    assert said == {name: written.fields[name].to_python(form[name]) for name in said}
    assert '<option value="true" selected>Yes</option>' in text(client.get(edit))
    client.post(edit, form | {"name": "Living cells", "kind": "certificate"})
    revision.refresh_from_db()
    assert revision.achievement_type == "Certificate"
    client.post(thing_url(revision), {"act": "submit"})
    page = text(client.get(thing_url(revision)))
    assert "It is awarded when the final result in BIO 101 Cells is Pass." in page
    assert "Approve and publish" not in page
    assert client.post(thing_url(revision), {"act": "approve"}).status_code == 403
    assert LedgerEntry.objects.get(act="revision.approval_refused").user == clara
    approver = signed_in(dev)
    assert "Approve and publish" in text(approver.get(thing_url(revision)))
    assert approver.post(thing_url(revision), {"act": "approve"}).status_code == 302
    revision.refresh_from_db()
    assert (revision.state, revision.name) == ("approved", "Living cells")


def test_a_wrong_rule_is_said_at_its_field_with_its_place_and_all_that_was_typed(
    college: Any, draft: Revision, clara: User, signed_in: SignIn
) -> None:
    answer = signed_in(clara).post(
        reverse("admin:registrar_revision_edit", args=[draft.pk]),
        {
            "name": "A name that took long to find",
            "achievement_type": "Course",
            "language": "en",
            "rule": '{"all": [{"final_result": {"course": "BIO 101"}}]}',
            "skills": [college.skills[2].pk],
        },
    )
    page = text(answer)
    assert "/all/0/final_result/category" in page
    assert "A name that took long to find" in page
    assert "Explain" in page
    assert Revision.objects.get().name == "Cells"


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
    draft: Revision, clara: User, signed_in: SignIn, written: str
) -> None:
    form = {
        "name": "Other cells",
        "achievement_type": "Course",
        "language": "en",
        "rule": written,
    }
    edit = reverse("admin:registrar_revision_edit", args=[draft.pk])
    answer = signed_in(clara).post(edit, form)
    assert answer.status_code in (200, 422)
    assert answer.context["form"].errors.keys() == {"rule"}
    assert Revision.objects.get().name == "Cells"


def test_a_draft_with_a_result_of_another_shape_is_shown_with_what_is_wrong(
    draft: Revision, clara: User, signed_in: SignIn
) -> None:
    wrong = {"name": "x", "result_type": "Result", "allowed_value": 5}
    leveled = [wrong | {"levels": levels} for levels in (1, True, [3], "Pass")]
    templates.edit(draft, by=clara, result_descriptions=[wrong, *leveled])
    client = signed_in(clara)
    assert "a sound description of the result x" in text(client.get(thing_url(draft)))
    assert client.post(thing_url(draft), {"act": "submit"}).status_code == 409


def test_who_wrote_it_takes_it_back_until_it_is_decided(
    draft: Revision, clara: User, dev: User, signed_in: SignIn
) -> None:
    templates.submit(draft, by=clara)
    with pytest.raises(NotAllowed):
        templates.take_back(draft, by=dev)
    client = signed_in(clara)
    assert "Take it back" in text(client.get(thing_url(draft)))
    client.post(thing_url(draft), {"act": "take_back"})
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert LedgerEntry.objects.get(act="revision.taken_back").user == clara
    assert client.post(thing_url(draft), {"act": "take_back"}).status_code == 409
    assert "Take it back" not in text(client.get(thing_url(draft)))


def test_no_button_is_offered_where_nobody_could_approve_and_why_is_said(
    college: Any, draft: Revision, clara: User, dev: User, root: User, signed_in: SignIn
) -> None:
    club = OrganizationUnit.objects.create(source="banner", sourced_id="club", name="Rowing club")
    draft.template.unit = club
    draft.template.save()
    people.give_role(clara, "registrar", club, by=root)
    templates.edit(draft, by=root, name="Rowing")
    client, address = signed_in(clara), thing_url(draft)
    page = text(client.get(address))
    assert "It still needs an approver: nobody is one for Rowing club" in page
    assert "Submit for approval" not in page
    assert client.post(address, {"act": "submit"}).status_code == 409
    eve = member_of_staff(root, "eve", "approver", club)
    assert "Submit for approval" in text(client.get(address))
    client.post(address, {"act": "submit"})
    elsewhere = text(signed_in(dev).get(address))
    assert "Your role does not reach Rowing club. It is decided by" in elsewhere
    assert "<bdi>Eve Example</bdi>" in elsewhere
    assert "Approve and publish" not in elsewhere
    assert "Approve and publish" in text(signed_in(eve).get(address))
    User.objects.filter(pk=eve.pk).update(is_active=False)
    assert "It still needs an approver" in text(client.get(address))


def test_who_approves_reads_what_of_the_rule_nobody_may_meet(
    college: Any, draft: Revision, clara: User, dev: User, signed_in: SignIn
) -> None:
    rule = {"final_result": {"course": "BIO 101", "category": "Viva", "one_of": ["Pass"]}}
    templates.submit(templates.edit(draft, by=clara, rule=rule), by=clara)
    page = text(signed_in(dev).get(thing_url(draft)))
    assert "Nobody may meet its rule" in page
    assert "has no kind of assessment “Viva”" in page
    assert "Approve and publish" in page
    college.course.code = "BIO 102"
    college.course.save()
    page = text(signed_in(dev).get(thing_url(draft)))
    assert "It still needs course BIO 101 in the catalogue." in page
    assert "Approve and publish" not in page


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Cells", "has the same name"),
        ("C\u0435lls", "Here stands CYRILLIC SMALL LETTER IE"),
        ("\uff23\uff25\uff2c\uff2c\uff33", "Here stands FULLWIDTH LATIN CAPITAL LETTER C"),
        ("CeIIs.", "which reads alike"),
        ("Cells, with much more", ""),
        ("Cell", ""),
        ("\u263a", ""),
    ],
)
def test_who_approves_is_told_of_a_name_that_reads_like_another(
    cells: Revision,
    draft: Revision,
    clara: User,
    dev: User,
    signed_in: SignIn,
    name: str,
    told: str,
) -> None:
    wording = {field: getattr(draft, field) for field in templates.WORDING} | {"name": name}
    skills = [each.skill for each in draft.attested.all()]
    unit = draft.template.unit
    other = templates.draft("others", unit=unit, by=clara, skills=skills, **wording)
    assert ("The template cells" in text(signed_in(clara).get(thing_url(other)))) == bool(told)
    templates.submit(other, by=clara)
    page = text(signed_in(dev).get(thing_url(other)))
    assert ("Its name reads like another" in page) == bool(told)
    assert told in page and "Approve and publish" in page


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
    assert "<del>Knows</del>" in page
    assert "<ins>Draws</ins>" in page
    assert approver.post(thing_url(second), {"act": "send_back"}).status_code == 422
    approver.post(thing_url(second), {"act": "send_back", "reason": "Say which cells."})
    second.refresh_from_db()
    assert second.state == "draft"
    assert "Say which cells." in text(client.get(thing_url(second)))


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


def test_an_administrator_who_wrote_it_is_refused_at_the_desk_and_in_the_api(
    draft: Revision, root: User, sis: Any, clara: User, dev: User, signed_in: SignIn
) -> None:
    templates.edit(draft, by=root, name="Cells, reworded")
    templates.submit(draft, by=clara)
    client = signed_in(root)
    page = text(client.get(thing_url(draft)))
    assert "You wrote this, so somebody else approves it." in page
    answer = client.post(thing_url(draft), {"act": "approve"})
    assert answer.status_code == 409
    assert "Whoever wrote it cannot approve it" in text(answer)
    address = f"/api/v1/templates/{draft.template_id}"
    for method in (sis.post, sis.put, sis.patch):
        assert method(address, {"state": "approved"}, format="json").status_code in (404, 405)
    draft.refresh_from_db()
    assert draft.state == "submitted"
    assert LedgerEntry.objects.filter(act="revision.approval_refused", user=root).count() == 1


def test_who_was_shown_the_secret_of_the_system_that_wrote_it_is_told_so(
    college: Any, root: User, dev: User, signed_in: SignIn
) -> None:
    application, _ = api_clients.add("Portal", by=root, scopes=["templates.draft"])
    portal = System(application.client_id, application.name)
    revision = templates.draft("cells-2", unit=college.top, by=portal, name="Cells")
    Revision.objects.filter(pk=revision.pk).update(state="submitted")
    page = text(signed_in(root).get(thing_url(revision)))
    assert "The system Portal wrote this, and you were shown a secret of that system" in page
    assert "You wrote this" not in page
    assert "You wrote this" not in text(signed_in(dev).get(thing_url(revision)))


def test_who_approves_what_awards_by_itself_is_told_from_when_and_to_how_many(
    college: Any, draft: Revision, clara: User, dev: User, ada: Any, ben: Any, signed_in: SignIn
) -> None:
    for learner in (ada, ben):
        college.grade(learner, "Pass")
    templates.edit(draft, by=clara, awarding="automatic")
    templates.submit(draft, by=clara)
    page = text(signed_in(dev).get(thing_url(draft)))
    assert page.count("From the next night on it awards by itself whoever meets its rule") == 1
    assert "as things stand, 2 credentials." in page
    templates.take_back(draft, by=clara)
    templates.edit(draft, by=clara, awarding="hand")
    templates.submit(draft, by=clara)
    page = text(signed_in(dev).get(thing_url(draft)))
    assert ("Approve and publish" in page, "awards by itself" in page) == (True, False)


def test_a_preview_shows_page_json_and_what_a_verifier_says_and_that_it_is_not_signed(
    draft: Revision, clara: User, signed_in: SignIn
) -> None:
    templates.edit(draft, by=clara, includes_name=True)
    client = signed_in(clara)
    address = reverse("admin:registrar_revision_preview", args=[draft.pk])
    assert address in text(client.get(thing_url(draft)))
    page = text(client.get(address))
    assert "Sample Learner" in page
    assert "Nothing here is signed or published" in page
    assert "Nothing in it keeps it from being signed" in page
    assert "AchievementCredential" in page
    templates.edit(draft, by=clara, criteria="", language="no such language")
    page = text(client.get(address))
    assert "It cannot be shown yet" in page
    assert "It still needs the criteria." in page


def test_a_template_is_retired_where_one_looks_and_who_may_is_said(
    cells: Revision, clara: User, dev: User, signed_in: SignIn
) -> None:
    url = thing_url(cells.template)
    said = {"act": "retire", "reason": "The course is not taught any more."}
    client = signed_in(clara)
    assert f"<bdi>{dev.get_full_name() or dev.username}</bdi>" in text(client.get(url))
    assert client.post(url, said).status_code == 403
    approver = signed_in(dev)
    assert "Retire revision 1" in text(approver.get(url))
    approver.post(url, said)
    cells.refresh_from_db()
    assert cells.state == "retired"
    assert "Retire revision 1" not in text(approver.get(url))
    assert approver.post(url, said).status_code == 409


def test_an_image_goes_along_with_a_form_that_is_shown_again(
    college: Any, clara: User, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    begin = reverse("admin:registrar_credentialtemplate_draft")
    assert not {"rule", "is_drawn"} & client.get(begin).context["form"].fields.keys()
    sound = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>'
    form = {"name": "", "language": "en", "unit": college.science.pk}
    answer = client.post(begin, form | {"image_file": SimpleUploadedFile("a.svg", sound)})
    assert answer.status_code == 422
    kept = answer.context["form"].signed_image
    assert kept in text(answer)
    again = client.post(begin, form | {"hours": "x", "kept_image": kept})
    assert again.context["form"].image_to_keep
    forged = client.post(begin, form | {"kept_image": "<svg/>"})
    assert not forged.context["form"].image_to_keep
    client.post(begin, form | {"name": "Cells", "kept_image": kept})
    assert "circle" in Revision.objects.get().image


def test_an_image_is_uploaded_written_anew_and_left_out_again(
    draft: Revision, clara: User, college: Any, signed_in: SignIn
) -> None:
    client = signed_in(clara)
    edit = reverse("admin:registrar_revision_edit", args=[draft.pk])
    form = {"name": "Cells", "language": "en", "pilot_unit": college.science.pk}
    harm = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    answer = client.post(edit, form | {"image_file": SimpleUploadedFile("a.svg", harm)})
    assert "The drawing has the element script. Take it out." in text(answer)
    sound = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>'
    client.post(edit, form | {"image_file": SimpleUploadedFile("a.svg", sound)})
    draft.refresh_from_db()
    assert "circle" in draft.image
    page = text(client.get(thing_url(draft)))
    assert "It still needs words for those who do not see its image." in page
    assert "(pilot)" in page
    client.post(edit, form)
    draft.refresh_from_db()
    assert "circle" in draft.image
    client.post(edit, form | {"is_drawn": "on"})
    draft.refresh_from_db()
    assert draft.image == ""


def test_a_chair_proposes_where_faculty_work_and_reads_the_answer(
    cells: Revision, chen: User, clara: User, signed_in: SignIn
) -> None:
    chair, registrar = signed_in(chen), signed_in(clara)
    address = reverse("teach:templates")
    chair.post(address, {"template": cells.template_id, "reason": "Name the cells."})
    proposal = TemplateProposal.objects.get()
    page = text(registrar.get(thing_url(proposal)))
    assert "Name the cells." in page
    assert registrar.post(thing_url(proposal), {"act": "decline"}).status_code == 422
    registrar.post(thing_url(proposal), {"act": "decline", "reason": "They have no names."})
    assert "They have no names." in text(chair.get(address))
    assert signed_in(clara).get(address).status_code == 403
    registrar.post(thing_url(cells), {"act": "comment", "reason": "Ask Chen again."})
    assert "Ask Chen again." in text(registrar.get(thing_url(cells)))
