"""The results that credentials carry are filled in as a form, and taken from what is on record."""

import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from issuer.pages import thing_url
from registrar.models import Learner, Revision
from registrar.services.deciding import facts
from registrar.services.drafting import templates
from tests.cast import FINAL, College

pytestmark = pytest.mark.django_db

GRADE = {
    "id-0": "",
    "name-0": "Grade",
    "result_type-0": "LetterGrade",
    "allowed_value-0": "Fail\r\nPass\r\n\r\nDistinction",
    "required_value-0": "Pass",
    "course-0": "BIO 101",
    "category-0": "Module result",
}


@pytest.fixture
def clerk(clara: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(clara)


def address(draft: Revision) -> str:
    return reverse("admin:registrar_revision_results", args=[draft.pk])


def test_results_are_added_filled_in_moved_and_kept(draft: Revision, clerk: Client) -> None:
    templates.edit(draft, by=draft.author, result_descriptions=[])
    assert "It carries no results." in clerk.get(address(draft)).content.decode()
    body = clerk.post(address(draft), {"count": "0", "do": "add"}).content.decode()
    assert 'name="allowed_value-0"' in body
    score = {"name-1": "Score", "result_type-1": "Percent", "value_min-1": "9", "value_max-1": "1"}
    sent = {"count": "2", **GRADE, **score}
    answer = clerk.post(address(draft), sent | {"do": "keep"})
    assert (answer.status_code, "valueMin is greater" in answer.content.decode()) == (422, True)
    body = clerk.post(address(draft), sent | {"do": "down-0"}).content.decode()
    assert body.index('value="Score"') < body.index('value="Grade"')
    body = clerk.post(address(draft), sent | {"do": "remove-1"}).content.decode()
    assert ('value="Grade"' in body, 'value="Score"' in body) == (True, False)
    answer = clerk.post(address(draft), sent | {"value_max-1": "100", "do": "keep"})
    assert answer["Location"] == thing_url(draft)
    draft.refresh_from_db()
    grade, percent = draft.result_descriptions
    assert {name: grade[name] for name in FINAL} == FINAL | {"name": "Grade"}
    assert (percent["value_min"], percent["value_max"], "source" in percent) == ("9", "100", False)
    again = {"count": "1", **GRADE, "id-0": grade["id"], "do": "keep"}
    clerk.post(address(draft), again)
    draft.refresh_from_db()
    assert draft.result_descriptions == [grade]


def test_the_scale_of_an_outcome_is_one_click_and_filled_from_its_results(
    college: College, draft: Revision, ada: Learner, clerk: Client
) -> None:
    code = college.outcome.code
    answer = clerk.post(address(draft), {"count": "0", "outcome-scale": "none", "do": "scale"})
    assert (answer.status_code, "There is no outcome none." in answer.content.decode()) == (
        422,
        True,
    )
    answer = clerk.post(address(draft), {"count": "0", "outcome-scale": "bio", "do": "scale"})
    assert f"There is no outcome bio. Do you mean {code}?" in answer.content.decode()
    assert (answer.context["scale"], answer.context["is_json_refused"]) == ("bio", False)
    offered = reverse("admin:registrar_revision_rule_options") + "?of=outcome&at=scale"
    assert code in clerk.get(f"{offered}&outcome-scale=bio").content.decode()
    assert "<option" not in clerk.get(f"{offered}&outcome-scale=chem").content.decode()
    shown = clerk.post(address(draft), {"count": "0", "outcome-scale": code, "do": "scale"})
    (row,) = [each["row"] for each in shown.context["shown"]]
    assert (row["allowed_value"], row["outcome"]) == ("Not met\nMet", code)
    sent = {f"{name}-0": value for name, value in row.items()}
    clerk.post(address(draft), sent | {"count": "1", "do": "keep"})
    draft.refresh_from_db()
    (described,) = draft.result_descriptions
    college.grade(ada, "Not met", outcome=college.outcome)
    college.grade(ada, "Met", outcome=college.outcome)
    assert facts.values(described)[ada.pk, None] == "Met"


def test_the_levels_of_a_rubric_are_lines_with_points_and_meaning(
    draft: Revision, clerk: Client
) -> None:
    sent = {
        "count": "1",
        **GRADE,
        "result_type-0": "RubricCriterionLevel",
        "allowed_value-0": "Beginner\nAble | 2\nMaster | 3 | Draws | from memory",
        "required_value-0": "Able",
    }
    clerk.post(address(draft), sent | {"do": "keep"})
    draft.refresh_from_db()
    (described,) = draft.result_descriptions
    assert described["levels"] == [
        {"name": "Beginner"},
        {"name": "Able", "points": "2"},
        {"name": "Master", "points": "3", "description": "Draws | from memory"},
    ]
    (shown,) = clerk.get(address(draft)).context["shown"]
    assert shown["row"]["allowed_value"] == sent["allowed_value-0"]
    twice = clerk.post(address(draft), sent | {"allowed_value-0": "Able\nAble", "do": "keep"})
    assert (twice.status_code, "Able is there twice" in twice.content.decode()) == (422, True)
    none = clerk.post(address(draft), sent | {"required_value-0": "Superb", "do": "keep"})
    assert (none.status_code, "none of its levels" in none.content.decode()) == (422, True)
    assert "Grade: Grade:" not in none.content.decode()


def test_json_is_taken_into_the_form_or_refused(
    draft: Revision, clerk: Client, dev: User, signed_in: Callable[[User], Client]
) -> None:
    answer = clerk.post(address(draft), {"count": "0", "json": "[1", "do": "import"})
    assert "This is not JSON. Look at line 1" in answer.content.decode()
    answer = clerk.post(address(draft), {"count": "0", "json": '{"a": 1}', "do": "import"})
    assert "Write a list of objects" in answer.content.decode()
    wrong = '[{"name": "x", "allowed_value": 5, "source": 7}]'
    answer = clerk.post(address(draft), {"count": "0", "json": wrong, "do": "import"})
    assert 'value="x"' in answer.content.decode()
    for lost, named in (
        ('[{"name": "x", "hue": 5}]', "A result has no hue."),
        ('[{"levels": [{"name": "Able", "worth": "3"}]}]', "levels: Each must have a name"),
        (json.dumps([{}] * 31), "30 results at most; these are 31"),
    ):
        answer = clerk.post(address(draft), {"count": "0", "json": lost, "do": "import"})
        assert (answer.status_code, named in answer.content.decode()) == (422, True), named
    assert signed_in(dev).get(address(draft)).status_code == 403
