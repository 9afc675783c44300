"""Templates: drafted by one, approved by another, published, and never changed after."""

from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from issuer.errors import ReasonMissing, SamePerson, WrongState
from issuer.models import Achievement, LedgerEntry
from issuer.services import ledger
from issuer.vc import reading
from issuer.vc.lint import lint
from registrar.errors import CodeTaken, Incomplete, NotAllowed
from registrar.models import Revision, TemplateProposal
from registrar.services.awarding import composition
from registrar.services.college import people
from registrar.services.drafting import (
    credential_facts,
    publication,
    revision_differences,
    template_proposals,
    templates,
)
from skills.models import Framework, Skill
from tests.cast import FINAL, PASSED, College, member_of_staff


def acts(subject: Any) -> list[str]:
    entries = LedgerEntry.objects.filter(subject=ledger.name_of(subject)).order_by("sequence")
    return list(entries.values_list("act", flat=True))


def test_a_template_goes_from_draft_to_approved(draft: Revision, clara: User, dev: User) -> None:
    assert draft.state == "draft"
    assert templates.submit(draft, by=clara).state == "submitted"
    approved = templates.approve(draft, by=dev)
    assert (approved.state, approved.approved_by) == ("approved", dev)
    assert acts(approved) == ["revision.drafted", "revision.submitted", "revision.approved"]


def test_approval_publishes_an_open_badges_achievement(cells: Revision, college: College) -> None:
    document = cells.achievement.document
    assert document["id"] == cells.achievement.url
    assert document["criteria"]["id"].partition("#")[0] == cells.achievement.url
    assert document["criteria"]["narrative"] == (
        "Passes BIO 101.\n\nCourse completion. For credit: 3 credits. "
        "Assessed by coursework and an examination."
    )
    assert (document["humanCode"], document["creditsAvailable"]) == ("BIO 101", 3)
    assert document["version"] == "1"
    assert document["image"]["id"].startswith(cells.achievement.url)
    assert cells.achievement.image.startswith("<svg")
    skill = college.skills[0]
    assert document["alignment"][0] == {
        "type": ["Alignment"],
        "targetCode": skill.identifier,
        "targetDescription": skill.statement,
        "targetName": "Observe",
        "targetFramework": "What our graduates can do",
        "targetType": "CFItem",
        "targetUrl": f"{settings.BASE_URL}/skills/{skill.uuid}",
    }
    (described,) = document["resultDescription"]
    assert described["id"] == cells.result_descriptions[0]["id"]
    assert described["id"].startswith("urn:uuid:")


@pytest.mark.parametrize(
    ("said", "of_framework", "expected"),
    [
        (
            {"identifier": "http://data.example/skill/7", "uri": "http://data.example/skill/7"},
            {"is_own": False},
            {"targetUrl": "http://data.example/skill/7", "targetType": None},
        ),
        (
            {"identifier": "ce-5f7d3b3c-5a0c-4d0e-9a75-6f6a3c1a0b99", "uri": "https://r.example/7"},
            {"is_own": False},
            {"targetUrl": "https://r.example/7", "targetType": "ceasn:Competency"},
        ),
        (
            {"uri": "https://case.example/7"},
            {"is_own": False, "case_version": "1.0"},
            {"targetUrl": "https://case.example/7", "targetType": "CFItem"},
        ),
        (
            {"identifier": "2.A.1.a", "uri": "urn:uuid:5f7d3b3c-5a0c-4d0e-9a75-6f6a3c1a0b99"},
            {"is_own": False},
            {"targetUrl": "{base}/skills/{uuid}", "targetType": "CFItem", "targetCode": "{uuid}"},
        ),
    ],
)
def test_an_alignment_leads_to_what_it_says_it_leads_to(
    draft: Revision,
    college: College,
    settings: Any,
    said: dict[str, Any],
    of_framework: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    skill = college.skills[0]
    Framework.objects.filter(pk=skill.framework_id).update(**of_framework)
    Skill.objects.filter(pk=skill.pk).update(**said)
    alignment = publication.preview(draft).as_json()["alignment"][0]
    for member, value in expected.items():
        if value is not None:
            value = value.format(base=settings.BASE_URL, uuid=skill.uuid)
        assert alignment.get(member) == value


def test_the_author_cannot_approve(draft: Revision, clara: User, root: User) -> None:
    people.give_role(clara, "approver", by=root)
    templates.submit(draft, by=clara)
    with pytest.raises(SamePerson):
        templates.approve(draft, by=clara)
    assert not Achievement.objects.exists()
    tried = LedgerEntry.objects.get(act="revision.approval_refused")
    assert (tried.user, tried.subject) == (clara, ledger.name_of(draft))
    assert tried.reason == "Whoever wrote it cannot approve it. Ask a second person."


def test_not_even_an_administrator_can_approve_what_they_wrote(
    college: College, root: User, dev: User
) -> None:
    revision = templates.draft(
        "own",
        unit=college.top,
        by=root,
        name="Own",
        description="d",
        criteria="c",
        assessment="portfolio",
        hours=Decimal(9),
        skills=college.skills,
    )
    templates.submit(revision, by=root)
    with pytest.raises(SamePerson):
        templates.approve(revision, by=root)
    assert acts(revision)[-1] == "revision.approval_refused"
    revision.refresh_from_db()
    assert revision.state == "submitted"


def test_the_database_refuses_an_author_as_approver(draft: Revision) -> None:
    with (
        pytest.raises(IntegrityError, match="revision_is_approved_by_a_second_person"),
        transaction.atomic(),
    ):
        Revision.objects.filter(pk=draft.pk).update(approved_by=draft.author)


def test_whoever_edited_a_draft_cannot_approve_it(
    draft: Revision, clara: User, dev: User, root: User
) -> None:
    people.give_role(dev, "registrar", by=root)
    templates.edit(draft, by=dev, name="Cells, reworded")
    templates.submit(draft, by=clara)
    with pytest.raises(SamePerson):
        templates.approve(draft, by=dev)


def test_a_submitted_revision_cannot_be_edited(draft: Revision, clara: User) -> None:
    templates.submit(draft, by=clara)
    with pytest.raises(WrongState):
        templates.edit(draft, by=clara, name="Other")


def test_an_approved_revision_cannot_be_edited_or_approved_again(
    cells: Revision, clara: User, dev: User
) -> None:
    with pytest.raises(WrongState):
        templates.edit(cells, by=clara, name="Other")
    with pytest.raises(WrongState):
        templates.approve(cells, by=dev)


def test_the_database_refuses_to_change_an_approved_revision(cells: Revision) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Revision.objects.filter(pk=cells.pk).update(name="Forged")
    with pytest.raises(DatabaseError), transaction.atomic():
        cells.delete()


def test_all_that_is_missing_is_named_at_once(college: College, clara: User) -> None:
    revision = templates.draft(
        "bare",
        unit=college.science,
        by=clara,
        achievement_type="Bagde",
        image="<p>not a picture</p>",
        result_descriptions=[{"name": "Grade", "result_type": "Colour"}],
        rule={"final_result": {"course": "BIO 999", "category": "x", "one_of": ["Pass"]}},
    )
    with pytest.raises(Incomplete) as raised:
        templates.submit(revision, by=clara)
    said = str(raised.value)
    for part in ("a name", "a description", "the criteria", "achievement type", "SVG", "Grade"):
        assert part in said
    for part in (
        "how it is assessed",
        "the skills that it shows",
        "the effort in hours or credits",
    ):
        assert part in raised.value.missing
    assert "words for those who do not see its image" in raised.value.missing
    assert "course BIO 999 in the catalogue" in raised.value.missing
    revision.refresh_from_db()
    assert revision.state == "draft"


def test_a_broken_rule_is_named(draft: Revision, clara: User) -> None:
    templates.edit(draft, by=clara, rule={"all": []})
    with pytest.raises(Incomplete, match="award rule"):
        templates.submit(draft, by=clara)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x", "result_type": "Result", "allowed_value": 5},
        {"allowed_value": [5]},
        {"allowed_value": {"Pass": 1}},
        {"name": 7},
        {"name": ["Grade"]},
        {"name": "Gra\u202ede"},
        {"result_type": ["LetterGrade"]},
        {"id": 7},
        {"value_min": 5},
        {"value_max": {}},
        {"required_value": ["Pass"]},
        {"levels": 5},
        {"levels": [{"name": "Pass", "points": 3}]},
        {"levels": [{"name": "Pass"}]},
        {"hue": "red"},
        {"source": "BIO 101"},
        {"source": {"course": 101}},
    ],
)
def test_a_result_of_another_shape_is_named_and_not_published(
    draft: Revision, clara: User, wrong: dict[str, Any]
) -> None:
    templates.edit(draft, by=clara, result_descriptions=[FINAL | wrong])
    with pytest.raises(Incomplete, match="a sound description of the result"):
        templates.submit(draft, by=clara)
    assert not Achievement.objects.exists()


@pytest.mark.parametrize("character", ["\x01", "\x7f", "\u202e", "\u2066", "\u200b"])
@pytest.mark.parametrize("field", ["name", "description", "criteria", "language", "human_code"])
def test_no_wording_reads_as_something_else_than_it_is(
    draft: Revision, clara: User, field: str, character: str
) -> None:
    templates.edit(draft, by=clara, **{field: f"a{character}b"})
    with pytest.raises(Incomplete, match="without control characters"):
        templates.submit(draft, by=clara)


@pytest.mark.parametrize("character", ["\u2066", "\u200b"])
def test_no_skill_is_certified_by_a_name_that_reads_as_something_else(
    draft: Revision, clara: User, character: str
) -> None:
    Skill.objects.filter(pk__in=draft.skills.all()).update(label=f"a{character}b")
    with pytest.raises(Incomplete, match=f"targetName.*U.{ord(character):04X}"):
        templates.submit(draft, by=clara)


def test_long_texts_may_have_lines(draft: Revision, clara: User) -> None:
    templates.edit(draft, by=clara, description="One.\r\nTwo.", criteria="- a\n\t- b")
    assert templates.submit(draft, by=clara).state == "submitted"


def test_a_short_name_is_given_once(draft: Revision, college: College, clara: User) -> None:
    with pytest.raises(CodeTaken, match="short name"):
        templates.draft("cells", unit=college.science, by=clara, name="Other")


def test_a_retired_skill_must_be_replaced(draft: Revision, clara: User, college: College) -> None:
    skill = college.skills[0]
    skill.retired_at = timezone.now()
    skill.save()
    with pytest.raises(Incomplete, match="Observe"):
        templates.submit(draft, by=clara)


def test_a_new_revision_takes_the_place_of_the_old_one(
    cells: Revision, clara: User, dev: User
) -> None:
    second = templates.revise(cells.template, by=clara)
    assert (second.number, second.name) == (2, "Cells")
    assert list(second.skills.all()) == list(cells.skills.all())
    assert second.result_descriptions == cells.result_descriptions
    templates.edit(second, by=clara, name="Cells and tissues")
    templates.approve(templates.submit(second, by=clara), by=dev)
    cells.refresh_from_db()
    assert cells.state == "retired"
    assert cells.name == "Cells"
    assert acts(cells)[-1] == "revision.retired"


def test_one_revision_is_in_work_at_a_time(cells: Revision, clara: User) -> None:
    templates.revise(cells.template, by=clara)
    with pytest.raises(WrongState):
        templates.revise(cells.template, by=clara)


def test_the_approver_can_send_a_revision_back(draft: Revision, clara: User, dev: User) -> None:
    templates.submit(draft, by=clara)
    with pytest.raises(ReasonMissing):
        templates.send_back(draft, by=dev, reason=" ")
    assert templates.send_back(draft, by=dev, reason="Say more.").state == "draft"
    templates.edit(draft, by=clara, description="More.")


def test_a_retired_revision_stays_retired(cells: Revision, dev: User) -> None:
    with pytest.raises(ReasonMissing):
        templates.retire(cells, by=dev, reason="")
    assert templates.retire(cells, by=dev, reason="No longer taught.").state == "retired"
    with pytest.raises(WrongState):
        templates.retire(cells, by=dev, reason="Again.")


def test_roles_reach_no_further_than_their_unit(college: College, fay: User, root: User) -> None:
    arts = member_of_staff(root, "art-registrar", "registrar", college.arts)
    with pytest.raises(NotAllowed):
        templates.draft("x", unit=college.science, by=arts, name="x", description="", criteria="")
    with pytest.raises(NotAllowed):
        templates.draft("x", unit=college.science, by=fay, name="x", description="", criteria="")
    templates.draft("y", unit=college.arts, by=arts, name="y", description="", criteria="")


def test_an_approver_of_another_unit_cannot_approve(
    draft: Revision, clara: User, college: College, root: User
) -> None:
    other = member_of_staff(root, "art-approver", "approver", college.arts)
    templates.submit(draft, by=clara)
    with pytest.raises(NotAllowed):
        templates.approve(draft, by=other)


def test_the_seal_is_the_template_s_own_picture_where_it_has_one(
    draft: Revision, clara: User, dev: User
) -> None:
    picture = '<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>'
    templates.edit(draft, by=clara, image=picture, image_alternative="A cell")
    assert publication.preview(draft).as_json()["image"]["caption"] == "A cell"
    assert templates.approve(templates.submit(draft, by=clara), by=dev).achievement.image == picture


def test_result_descriptions_keep_their_ids_when_edited(draft: Revision, clara: User) -> None:
    known = draft.result_descriptions[0]
    edited = templates.edit(draft, by=clara, result_descriptions=[known, FINAL], rule=PASSED)
    assert edited.result_descriptions[0]["id"] == known["id"]
    assert edited.result_descriptions[1]["id"] not in ("", known["id"])


def test_how_it_is_taken_back_is_chosen_in_a_draft_carried_on_and_frozen(
    draft: Revision, clara: User, dev: User
) -> None:
    assert draft.status_purpose == "revocation"
    templates.edit(draft, by=clara, status_purpose="suspension")
    approved = templates.approve(templates.submit(draft, by=clara), by=dev)
    assert templates.revise(approved.template, by=clara).status_purpose == "suspension"
    with pytest.raises(DatabaseError, match="Cannot update rows"), transaction.atomic():
        Revision.objects.filter(pk=approved.pk).update(status_purpose="revocation")


def test_it_is_taken_back_by_revocation_or_suspension_and_nothing_else(
    draft: Revision, clara: User
) -> None:
    with pytest.raises(IntegrityError, match="revocation_or_suspension"), transaction.atomic():
        templates.edit(draft, by=clara, status_purpose="refresh")


def test_what_has_no_skills_or_effort_says_in_public_why(draft: Revision, clara: User) -> None:
    templates.edit(draft, by=clara, skills=[], credits=None, not_stated_because="It is a gift.")
    assert "Not stated: It is a gift." in credential_facts.paragraph(draft)
    assert templates.submit(draft, by=clara).state == "submitted"


def test_credits_are_no_effort_of_what_is_without_credit(draft: Revision, clara: User) -> None:
    templates.edit(draft, by=clara, credit="non-credit")
    with pytest.raises(Incomplete, match="the effort in hours or credits"):
        templates.submit(draft, by=clara)
    templates.edit(draft, by=clara, hours=Decimal("12.5"))
    assert "About 12.5 hours of work." in credential_facts.paragraph(draft)
    assert "creditsAvailable" not in publication.preview(draft).as_json()


def test_every_fact_is_told_at_the_end_of_the_criteria(
    draft: Revision, clara: User, college: College
) -> None:
    templates.edit(
        draft,
        by=clara,
        skills=college.skills[:2],
        levels={college.skills[1].pk: "advanced"},
        kind="micro-credential",
        credit="both",
        credit_unit="ECTS credits",
        level="EQF level 5",
        hours=Decimal(80),
        assessment="practical",
        is_supervised=True,
        identity_checked=False,
        evidence_rule="required",
        valid_for=24,
        renewal="By twelve hours of training.",
    )
    assert publication.preview(draft).criteria.narrative == (
        "Passes BIO 101.\n\n"
        "Micro-credential. With or without credit: 3 ECTS credits. Level: EQF level 5. "
        "About 80 hours of work. Assessed by practical work that was watched, under supervision. "
        "The learner's identity was not checked. Skills at a level: Draw (advanced). "
        "Evidence stands in the credential. Valid for 24 months from the award. "
        "Renewal: By twelve hours of training."
    )
    assert ("Valid", "For 24 months") in credential_facts.lines(draft)


def test_a_kind_brings_its_type_in_open_badges_unless_another_is_chosen(
    college: College, clara: User
) -> None:
    proposed = templates.draft("a", unit=college.science, by=clara, name="a", kind="membership")
    chosen = templates.draft(
        "b",
        unit=college.science,
        by=clara,
        name="b",
        kind="degree",
        achievement_type="MasterDegree",
    )
    assert (proposed.achievement_type, chosen.achievement_type) == ("Membership", "MasterDegree")
    assert set(credential_facts.PROPOSED_TYPES) == set(Revision.Kind)


def test_how_far_a_skill_is_shown_is_carried_on(
    draft: Revision, college: College, clara: User, dev: User
) -> None:
    drawn = college.skills[1]
    templates.edit(draft, by=clara, skills=college.skills, levels={drawn.pk: "expert"})
    approved = templates.approve(templates.submit(draft, by=clara), by=dev)
    second = templates.revise(approved.template, by=clara)
    assert dict(second.attested.values_list("skill", "level"))[drawn.pk] == "expert"
    templates.edit(second, by=clara, name="Other")
    assert second.attested.get(skill=drawn).level == "expert"


def test_two_revisions_differ_word_by_word(cells: Revision, college: College, clara: User) -> None:
    second = templates.revise(cells.template, by=clara)
    assert revision_differences.compare(cells, second) == []
    templates.edit(
        second,
        by=clara,
        description="Knows what a plant cell is made of.",
        hours=Decimal(90),
        rule=None,
        skills=college.skills[1:],
        levels={college.skills[1].pk: "advanced"},
        image='<svg xmlns="http://www.w3.org/2000/svg"/>',
        image_alternative="A plant cell",
    )
    found = {each.name: each for each in revision_differences.compare(cells, second)}
    assert list(found) == [
        *("Description", "Effort", "Skills", "Award rule", "What the image shows", "Image")
    ]
    assert [piece.text for piece in found["Description"].after if piece.is_different] == [" plant"]
    assert not any(piece.is_different for piece in found["Description"].before)
    assert found["Effort"].before[0].text == "—"
    assert "Draw (advanced)" in "".join(piece.text for piece in found["Skills"].after)
    assert found["Image"].pictures == (publication.seal(cells), second.image)


def test_a_sample_shows_what_its_credentials_would_say(draft: Revision, clara: User) -> None:
    templates.edit(draft, by=clara, includes_name=True, evidence_rule="required", valid_for=12)
    document = composition.sample(draft)
    assert lint(document, issuer_did=settings.ISSUER_DID) == []
    assert "proof" not in document
    facts = reading.read(document)
    assert (facts.learner, facts.results[0].value) == ("Sample Learner", "Pass")
    assert facts.evidence[0].narrative
    assert facts.valid_until
    assert not Achievement.objects.exists()


def test_a_pilot_says_so_everywhere_and_is_promoted_without_writing_it_again(
    draft: Revision, college: College, clara: User, dev: User
) -> None:
    templates.edit(draft, by=clara, pilot_unit=college.science)
    pilot = templates.approve(templates.submit(draft, by=clara), by=dev)
    published = pilot.achievement
    assert published.document["name"] == composition.sample(pilot)["name"] == "Cells (pilot)"
    assert "Pilot: this credential is tried out in Science" in str(published.document["criteria"])
    assert ">PILOT</text>" in published.image
    promoted = templates.promote(pilot.template, by=clara)
    assert (promoted.state, promoted.pilot_unit) == ("draft", None)
    differing = {each.name for each in revision_differences.compare(pilot, promoted)}
    assert differing == {"Pilot in"}
    templates.approve(templates.submit(promoted, by=clara), by=dev)
    with pytest.raises(WrongState, match="no pilot"):
        templates.promote(pilot.template, by=clara)
    assert not pilot.template.revisions.filter(state="draft").exists()


def test_what_faculty_propose_is_taken_up_by_the_registrar_and_approved_by_a_third_person(
    cells: Revision, fay: User, clara: User, dev: User, root: User, college: College
) -> None:
    with pytest.raises(ReasonMissing):
        template_proposals.propose(cells.template, by=fay, reason=" ")
    proposal = template_proposals.propose(
        cells.template, by=fay, reason="We draw, too.", criteria="Passes BIO 101 and draws a cell."
    )
    with pytest.raises(NotAllowed):
        template_proposals.take_up(proposal, by=fay)
    revision = template_proposals.take_up(proposal, by=clara)
    assert (revision.state, revision.description) == ("draft", cells.description)
    revision.refresh_from_db()
    assert revision.criteria == "Passes BIO 101 and draws a cell."
    people.give_role(fay, "approver", college.science, by=root)
    fay = User.objects.get(pk=fay.pk)
    templates.submit(revision, by=clara)
    with pytest.raises(SamePerson):
        templates.approve(revision, by=fay)
    assert templates.approve(revision, by=dev).state == "approved"
    with pytest.raises(WrongState):
        template_proposals.decline(proposal, by=clara, reason="Too late.")
    with pytest.raises(DatabaseError, match="Cannot update rows"), transaction.atomic():
        TemplateProposal.objects.update(reason="Other")


def test_nobody_proposes_for_a_unit_that_is_not_theirs(
    cells: Revision, college: College, root: User
) -> None:
    artist = member_of_staff(root, "artist", "faculty", college.arts)
    assert not template_proposals.open_to(artist).exists()
    with pytest.raises(NotAllowed):
        template_proposals.propose(cells.template, by=artist, reason="Paint cells.")


def test_a_revision_is_commented_on_without_becoming_its_author(
    draft: Revision, clara: User, dev: User, fay: User
) -> None:
    with pytest.raises(NotAllowed):
        templates.comment(draft, "Why?", by=fay)
    templates.comment(draft, "Say which cells.", by=dev)
    assert [each.text for each in draft.comments.all()] == ["Say which cells."]
    assert templates.approve(templates.submit(draft, by=clara), by=dev).state == "approved"


def test_a_pilot_does_not_end_what_is_approved_for_the_whole_college(
    cells: Revision, college: College, clara: User
) -> None:
    pilot = templates.revise(cells.template, by=clara)
    templates.edit(pilot, by=clara, pilot_unit=college.science)
    with pytest.raises(Incomplete, match="to be no pilot: revision 1 is approved"):
        templates.submit(pilot, by=clara)
    templates.edit(pilot, by=clara, pilot_unit=None)
    assert templates.submit(pilot, by=clara).state == "submitted"
    cells.refresh_from_db()
    assert cells.state == "approved"
