"""Systems draft templates and hand them in; a person who did not write them approves."""

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.errors import SamePerson
from issuer.models import LedgerEntry
from registrar.models import CredentialTemplate, OrganizationUnit, Revision
from registrar.services.college import api_clients, people
from registrar.services.drafting import templates
from tests.cast import College, signed_in
from tests.registrar.test_at_once import at_once

pytestmark = pytest.mark.django_db

PATH = "/api/v1/templates"
RULE = {"score": {"course": "BIO 101", "line_item": "Final", "at_least": 62.5}}


@pytest.fixture
def system(college: College, root: User) -> APIClient:
    scopes = ["templates.draft", "templates.read"]
    application, _ = api_clients.add("Catalogue", by=root, scopes=scopes)
    client = signed_in(application)
    AccessToken.objects.update(scope=" ".join(scopes))
    return client


def new(college: College, **others: Any) -> dict[str, Any]:
    return {
        "slug": "cells",
        "organisation": str(college.top.pk),
        "name": "Cells",
        "description": "Has looked at cells.",
        "criteria": "Look at cells.",
        "kind": "course",
        "assessment": "examination",
        "hours": "12.5",
        "rule": RULE,
        "skills": [{"skill": college.skills[0].uri, "level": "advanced"}],
        **others,
    }


def test_a_system_drafts_and_submits_and_a_second_person_approves(
    system: APIClient, college: College, root: User, dev: User
) -> None:
    tried = system.post(f"{PATH}?dry_run=true", new(college), format="json")
    assert (tried.status_code, CredentialTemplate.objects.count()) == (200, 0), tried.content
    begun = system.post(PATH, new(college), format="json")
    assert begun.status_code == 201, begun.content
    (made,) = begun.json()["revisions"]
    noted = {"notes": begun.json()["notes"]}
    assert system.get(begun["Location"]).json() | noted == begun.json()
    address = f"/api/v1/revisions/{made['id']}"
    told = system.get(address).json()
    assert (told["state"], told["hours"], told["achievement_type"]) == ("draft", "12.5", "Course")
    assert told["rule"] == RULE
    assert told["skills"] == [{"skill": college.skills[0].uri, "level": "advanced"}]
    tag = system.get(address)["ETag"]
    changed = system.patch(address, {"hours": "20"}, format="json", headers={"if-match": tag})
    assert (changed.status_code, changed.json()["hours"]) == (200, "20.0")
    assert changed.json()["skills"] == told["skills"]
    late = system.patch(address, {"name": "x"}, format="json", headers={"if-match": tag})
    assert late.status_code == 412
    submitted = system.post(f"{address}/submit")
    assert submitted.json()["state"] == "submitted", submitted.content
    assert system.patch(address, {"name": "x"}, format="json").status_code == 409
    revision = Revision.objects.get()
    assert revision.written_by == "Catalogue"
    assert set(LedgerEntry.objects.filter(act="revision.submitted").values_list("user")) == {
        (None,)
    }
    with pytest.raises(SamePerson):
        templates.approve(revision, by=root)  # who was shown the secret of the system
    templates.approve(revision, by=dev)
    again = system.post(f"{PATH}/{revision.template_id}/revisions", {"level": "2"}, format="json")
    assert (again.status_code, again.json()["number"]) == (201, 2), again.content
    assert (again.json()["name"], again.json()["level"]) == ("Cells", "2")
    third = system.post(f"{PATH}/{revision.template_id}/revisions", {}, format="json")
    assert third.json()["code"] == "wrong_state"


def test_of_what_is_submitted_it_is_told_how_it_can_be_changed(
    system: APIClient, college: College, dev: User
) -> None:
    begun = system.post(PATH, new(college), format="json")
    address = f"/api/v1/revisions/{begun.json()['revisions'][0]['id']}"
    assert system.post(f"{address}/submit").status_code == 200
    for late in (
        system.post(f"{address}/submit"),
        system.patch(address, {"name": "x"}, format="json"),
    ):
        assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
        assert late.json()["detail"].startswith("It is submitted. Whoever wrote it takes it back")


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_to_the_version_that_both_have_seen_one_is_refused(
    system: APIClient, college: College
) -> None:
    (made,) = system.post(PATH, new(college), format="json").json()["revisions"]
    address = f"/api/v1/revisions/{made['id']}"
    seen = {"if-match": system.get(address)["ETag"]}
    change = partial(system.patch, address, format="json", headers=seen)
    said = at_once(*(partial(change, {"hours": hours}) for hours in ("20", "30", "40")))
    assert sorted(each.status_code for each in said) == [200, 412, 412]


@pytest.mark.parametrize(
    ("others", "pointer"),
    [
        ({"slug": "two words"}, "/slug"),
        ({"organisation": "nowhere"}, "/organisation"),
        ({"organisation": "sis:banner:none"}, "/organisation"),
        ({"name": ""}, "/name"),
        ({"kind": "thing"}, "/kind"),
        ({"achievement_type": "Thing"}, "/achievement_type"),
        ({"hours": "-1"}, "/hours"),
        ({"hours": 12}, "/hours"),
        ({"credits": "many"}, "/credits"),
        ({"valid_for": 0}, "/valid_for"),
        ({"rule": {"all": []}}, "/rule/all"),
        ({"rule": "x"}, "/rule"),
        ({"skills": [{"skill": "urn:none"}]}, "/skills/0/skill"),
        ({"skills": "x"}, "/skills"),
        ({"state": "approved"}, "/state"),
        ({"note": "For colleagues"}, "/note"),
        ({"pilot_unit": 1}, "/pilot_unit"),
    ],
)
def test_what_is_wrong_with_a_draft_is_told(
    others: dict[str, Any], pointer: str, system: APIClient, college: College
) -> None:
    answer = system.post(PATH, new(college, **others), format="json")
    assert answer.status_code == 400, answer.content
    assert {each["pointer"] for each in answer.json()["errors"]} == {pointer}


def test_each_thing_that_is_wrong_with_a_rule_is_told_at_its_place(
    system: APIClient, college: College
) -> None:
    final = {"final_result": {"course": "BIO 101", "one_of": ["Pass"]}}
    rule = {"all": [final, {"no/thing": 1}, {"score": {"course": "BIO 101"}}]}
    answer = system.post(PATH, new(college, rule=rule), format="json")
    assert answer.status_code == 400
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/rule/all/0/final_result/category", "required"),
        ("/rule/all/1/no~1thing", "unknown_member"),
        ("/rule/all/2/score/category", "required"),
        ("/rule/all/2/score/at_least", "required"),
    ]


@pytest.mark.parametrize(
    ("rule", "places"),
    [
        ({"all": [{"atLeastt": 2, "of": [RULE]}]}, ["/all/0/atLeastt", "/all/0/at_least"]),
        ({"scoer": {}}, ["/scoer"]),
        ({**RULE, "activity": {}}, ["/activity", "/activity/activity"]),
        ({"message": 1, "code": 2}, ["/message", "/code"]),
    ],
)
def test_what_is_misspelt_in_a_rule_is_told_at_that_member(
    rule: dict[str, Any], places: list[str], system: APIClient, college: College
) -> None:
    errors = system.post(PATH, new(college, rule=rule), format="json").json()["errors"]
    assert [each["pointer"] for each in errors] == [f"/rule{place}" for place in places]
    assert not [each for each in errors if "At /" in each["reason"]]


def test_what_is_missing_is_named_before_it_is_submitted(
    system: APIClient, college: College, dev: User
) -> None:
    body = {"slug": "bare", "organisation": f"sis:{college.top.source}:{college.top.sourced_id}"}
    begun = system.post(PATH, body | {"name": "Bare"}, format="json")
    assert begun.status_code == 201, begun.content
    (made,) = begun.json()["revisions"]
    refused = system.post(f"/api/v1/revisions/{made['id']}/submit?dry_run=true")
    assert (refused.status_code, refused.json()["code"]) == (409, "incomplete")
    assert "the criteria" in refused.json()["detail"]
    told = {each["pointer"]: each for each in refused.json()["errors"]}
    assert set(told) == {"/description", "/criteria", "/assessment", "/skills", "/hours"}
    assert {each["code"] for each in told.values()} == {"required"}
    assert all(each["reason"] and each["remedy"] for each in told.values())
    taken = system.post(PATH, body | {"name": "Bare"}, format="json")
    assert (taken.status_code, taken.json()["code"]) == (409, "code_taken")
    AccessToken.objects.update(scope="templates.read")
    assert system.post(PATH, body, format="json").status_code == 403


def told(notes: list[dict[str, str]]) -> list[tuple[str, str]]:
    assert all(each["reason"] and each["remedy"] for each in notes)
    return [(each["pointer"], each["code"]) for each in notes]


def test_what_a_rule_names_and_nobody_knows_is_told_when_it_is_put(
    system: APIClient, college: College, dev: User
) -> None:
    passed = {"course": "sis:banner:none", "category": "Module result", "one_of": ["Pass"]}
    rule = {"all": [{"not": {"credential": {"template": "none"}}}, {"final_result": passed}]}
    begun = system.post(PATH, new(college, rule=rule), format="json").json()
    unknown = [
        ("/rule/all/0/not/credential/template", "unknown_reference"),
        ("/rule/all/1/final_result/course", "unknown_reference"),
    ]
    assert told(begun["notes"]) == unknown
    assert "course sis:banner:none" in begun["notes"][1]["reason"]
    address = f"/api/v1/revisions/{begun['revisions'][0]['id']}"
    refused = system.post(f"{address}/submit").json()
    assert (refused["code"], told(refused["errors"])) == ("incomplete", unknown)
    tag = system.get(address)["ETag"]
    changed = system.patch(address, {"rule": RULE}, format="json", headers={"if-match": tag})
    assert changed["ETag"] == system.get(address)["ETag"]
    assert told(changed.json()["notes"]) == [("/rule/score/line_item", "never_met")]
    assert "“Final”" in changed.json()["notes"][0]["reason"]
    assert system.post(f"{address}/submit").status_code == 200


def test_what_nobody_could_approve_is_not_taken_for_approval(
    system: APIClient, college: College, root: User, dev: User
) -> None:
    club = OrganizationUnit.objects.create(source="banner", sourced_id="club", name="Rowing club")
    begun = system.post(PATH, new(college, organisation=str(club.pk), rule=None), format="json")
    assert told(begun.json()["notes"]) == [("/organisation", "no_approver")]
    address = f"/api/v1/revisions/{begun.json()['revisions'][0]['id']}"
    refused = system.post(f"{address}/submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_approver")
    (error,) = refused.json()["errors"]
    assert "Rowing club" in error["reason"]
    assert "part of nothing" in error["reason"]
    assert "administrator" in error["remedy"]
    assert Revision.objects.get().state == "draft"
    system.patch(address, {"criteria": ""}, format="json")
    both = system.post(f"{address}/submit").json()
    assert both["code"] == "incomplete"
    assert [each["pointer"] for each in both["errors"]] == ["/criteria", "/organisation"]
    system.patch(address, {"criteria": "Row."}, format="json")
    people.give_role(dev, "approver", club, by=root)
    assert system.post(f"{address}/submit").status_code == 200


def test_an_approver_who_could_sign_in_as_the_system_does_not_count(
    system: APIClient, college: College, root: User, dev: User
) -> None:
    begun = system.post(PATH, new(college), format="json").json()
    assert told(begun["notes"]) == [("/rule/score/line_item", "never_met")]
    User.objects.filter(pk=dev.pk).update(is_active=False)
    address = f"/api/v1/revisions/{begun['revisions'][0]['id']}/submit"
    assert "nobody is one for Small College." in system.post(address).json()["detail"]
    people.give_role(root, "approver", college.top, by=root)
    refused = system.post(address).json()
    assert refused["code"] == "no_approver"
    assert "everybody who could approve it has" in refused["detail"]
