"""Systems send rows of everything they know; each row is told what became of it."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from oauth2_provider.models import AccessToken, Application
from rest_framework.test import APIClient

from issuer.models import Event, LedgerEntry
from issuer.services import webhooks
from issuer.services.clients import Client
from registrar import tasks
from registrar.models import (
    Course,
    Enrolment,
    KeptAnswer,
    Learner,
    LearningOpportunity,
    LearningOutcome,
    LineItem,
    Offering,
    OrganizationUnit,
    Result,
    Revision,
    Term,
    UpsertedRow,
    UpsertJob,
)
from registrar.services.awarding import corrections
from registrar.services.college import api_clients, people
from registrar.services.feeding import feeds, upsert_jobs
from tests.cast import College, signed_in

pytestmark = pytest.mark.django_db

BANNER = "?source=banner"


@pytest.fixture
def writer(sis: APIClient) -> APIClient:
    AccessToken.objects.update(scope=" ".join([*settings.API_SCOPES, *settings.SIS_WRITE_SCOPES]))
    return sis


def send(sis: APIClient, path: str, rows: Any, query: str = BANNER, **more: Any) -> Any:
    return sis.post(
        f"/api/v1/{path}{query}", json.dumps(rows), content_type="application/json", **more
    )


def became(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["status"] for row in answer.json()["rows"]]


def errors(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.content
    rows = answer.json()["rows"]
    return [(each["pointer"], each["code"]) for row in rows for each in row["errors"]]


ALL = {
    "organisations": [
        {"sourced_id": "math", "name": "Mathematics", "parent": "top"},
        {"sourced_id": "top", "name": "College", "kind": "school"},
    ],
    "terms": [
        {
            "sourced_id": "t1",
            "title": "Banner term",
            "starts_on": "2026-01-12",
            "ends_on": "2026-05-08",
        }
    ],
    "courses": [
        {"sourced_id": "m1", "code": "MAT 101", "title": "Algebra", "organisation": "math"},
        {"sourced_id": "m2", "title": "Analysis", "organisation": "math", "credits": 3.5},
    ],
    "activities": [{"sourced_id": "club", "title": "Chess club", "organisation": "top"}],
    "outcomes": [{"code": "MAT-1", "course": "m1", "statement": "Solve an equation."}],
    "offerings": [{"sourced_id": "o1", "course": "m1", "title": "Algebra A", "term": "t1"}],
    "learners": [{"sourced_id": "l1", "number": "000123", "given_name": "李", "email": "a@b.edu"}],
    "enrolments": [{"sourced_id": "e1", "offering": "o1", "learner": "l1"}],
    "line-items": [
        {"sourced_id": "i1", "offering": "o1", "title": "Final", "category": "Exam", "maximum": 100}
    ],
    "results": [
        {"sourced_id": "r1", "line_item": "i1", "learner": "l1", "score": 81.2345, "text": "A+"},
        {
            "sourced_id": "r1",
            "line_item": "i1",
            "learner": "l1",
            "outcome": "MAT-1",
            "score": "3",
            "assessment": "exam",
        },
    ],
}


def test_everything_is_sent_and_the_same_again_changes_nothing(writer: APIClient) -> None:
    for path, rows in ALL.items():
        tried = send(writer, path, rows, BANNER + "&dry_run=true")
        done = send(writer, path, rows)
        assert became(done) == ["created"] * len(rows), done.content
        assert {**tried.json(), "dry_run": False} == done.json()
        again = send(writer, path, rows)
        assert set(became(again)) == {"unchanged"}, again.content
    assert OrganizationUnit.objects.get(source="banner", sourced_id="math").parent.name == "College"
    assert Course.objects.get(source="banner", sourced_id="m2").code == "m2"
    assert Term.objects.get(source="banner").title == "Banner term"
    assert LearningOutcome.objects.get(code="MAT-1").opportunity.sourced_id == "m1"
    assert Offering.objects.get(source="banner").term.sourced_id == "t1"
    assert Learner.objects.get(source="banner").number == "000123"
    assert Enrolment.objects.get(source="banner").learner.given_name == "李"
    assert str(LineItem.objects.get(source="banner").maximum) == "100.000"
    whole = Result.objects.get(source="banner", outcome=None)
    assert (str(whole.score), whole.text, whole.status) == ("81.234", "A+", "fully graded")
    assert LedgerEntry.objects.filter(act="rows.sent").count() == len(ALL)


@pytest.mark.parametrize("query", ["?source=banner&source=other", "?source=banner&source=banner"])
def test_a_parameter_that_is_given_twice_is_refused_and_nothing_is_written(
    writer: APIClient, query: str
) -> None:
    refused = send(writer, "learners", [{"sourced_id": "s1"}], query)
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_parameter")
    assert refused.json()["detail"] == "Give `source` once."
    assert not Learner.objects.filter(sourced_id="s1").exists()


@pytest.fixture
def sent(writer: APIClient) -> APIClient:
    for path, rows in ALL.items():
        send(writer, path, rows[:1] if path == "results" else rows)
    return writer


def test_a_row_changes_what_it_says_and_leaves_the_rest(sent: APIClient) -> None:
    changed = send(sent, "learners", [{"sourced_id": "l1", "family_name": "Li"}])
    assert became(changed) == ["updated"]
    learner = Learner.objects.get(source="banner")
    assert (learner.given_name, learner.number) == ("李", "000123")
    assert became(send(sent, "learners", [{"sourced_id": "l1", "retired": True}])) == ["updated"]
    assert became(send(sent, "learners", [{"sourced_id": "l1", "retired": True}])) == ["unchanged"]
    assert became(send(sent, "learners", [{"sourced_id": "l1"}])) == ["updated"]
    assert Learner.objects.get(source="banner").retired_at is None
    assert became(send(sent, "courses", [{"sourced_id": "m1", "credits": 4}])) == ["updated"]
    reworded = [{"code": "MAT-1", "statement": "Solve two equations."}]
    assert became(send(sent, "outcomes", reworded)) == ["updated"]
    assert became(send(sent, "outcomes", [{"code": "MAT-1", "retired": True}])) == ["updated"]


def test_results_are_superseded_and_never_edited(sent: APIClient) -> None:
    assert became(send(sent, "results", [{"sourced_id": "r1", "score": 90}])) == ["updated"]
    old, new = Result.objects.filter(source="banner").order_by("pk")
    assert (old.superseded_at is None, new.superseded_at is None) == (False, True)
    assert (str(old.score), str(new.score), new.text) == ("81.234", "90.000", "A+")
    taken_back = send(sent, "results", [{"sourced_id": "r1", "withdrawn": True}])
    assert became(taken_back) == ["updated"]
    assert not Result.objects.current().filter(source="banner").exists()


def refused(answer: Any) -> str:
    (error,) = answer.json()["errors"]
    return error["code"]


def test_one_result_is_superseded_and_the_answer_is_the_new_one(sent: APIClient) -> None:
    old = Result.objects.get(source="banner")
    address = f"/api/v1/results/{old.pk}"
    tag = sent.get(address)["ETag"]
    tried = sent.patch(f"{address}?dry_run=true", {"score": 90}, format="json")
    assert (tried.status_code, Result.objects.filter(source="banner").count()) == (200, 1)
    done = sent.patch(address, {"score": 90}, format="json", headers={"if-match": tag})
    assert done.status_code == 200, done.content
    new = done.json()
    assert (new["id"] != old.pk, new["score"], new["text"]) == (True, "90.000", "A+")
    assert sent.get(address).json()["superseded_at"]
    late = sent.patch(address, {"score": 91}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
    now = f"/api/v1/results/{new['id']}"
    assert sent.patch(now, {"text": "A+"}, format="json").json() == new
    assert refused(sent.patch(now, {"sourced_id": "r2"}, format="json")) == "fixed"
    assert refused(sent.patch(now, {"outcome": "MAT-1"}, format="json")) == "fixed"
    assert sent.patch(now, {"score": 101}, format="json").json()["errors"][0]["pointer"] == "/score"
    key = "/api/v1/results/sis:banner:r1"
    assert sent.patch(key, {"withdrawn": True}, format="json").json()["withdrawn"] is True
    assert sent.patch(key, {"level": "x"}, format="json").json()["withdrawn"] is True


@pytest.mark.parametrize("said", ["", "abc", '"abc', 'abc"', "W/abc", "*, *", '"a" "b"', '"a";"b"'])
def test_what_names_no_version_is_refused_as_that(sent: APIClient, said: str) -> None:
    key = "/api/v1/results/sis:banner:r1"
    answer = sent.patch(key, {"score": 90}, format="json", headers={"if-match": said})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_if_match"), said
    assert Result.objects.filter(source="banner").count() == 1


def test_any_version_and_one_of_several_are_changed_and_a_weak_one_is_not(sent: APIClient) -> None:
    key = "/api/v1/results/sis:banner:r1"

    def change(score: int, said: str) -> Any:
        return sent.patch(key, {"score": score}, format="json", headers={"if-match": said})

    tag = sent.get(key)["ETag"]
    weak = change(90, f"W/{tag}")
    assert (weak.status_code, "weak" in weak.json()["detail"]) == (412, True)
    late = change(90, '"of,another"')
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert change(90, f' , "a" ,, {tag}, ').status_code == 200
    assert change(91, "*").status_code == 200


def test_a_result_of_one_outcome_does_not_become_one_of_another(sent: APIClient) -> None:
    more = [{"code": "MAT-2", "course": "m1", "statement": "Draw a line."}]
    assert became(send(sent, "outcomes", more)) == ["created"]
    row = {"sourced_id": "q1", "line_item": "i1", "learner": "l1", "score": 3}
    assert became(send(sent, "results", [row | {"outcome": "MAT-1"}])) == ["created"]
    other = send(sent, "results", [row | {"outcome": "MAT-2"}])
    assert (became(other), errors(other)) == (["error"], [("/0/outcome", "fixed")])
    assert became(send(sent, "results", [row | {"outcome": "MAT-1"}])) == ["unchanged"]
    result = Result.objects.current().get(source="banner", sourced_id="q1")
    assert result.outcome is not None
    assert result.outcome.code == "MAT-1"


def test_one_outcome_is_reworded_and_retired(sent: APIClient) -> None:
    outcome = LearningOutcome.objects.get(code="MAT-1")
    address = f"/api/v1/outcomes/{outcome.pk}"
    reworded = sent.patch(address, {"statement": "Solve two equations."}, format="json")
    assert reworded.status_code == 200, reworded.content
    assert reworded.json()["statement"] == "Solve two equations."
    assert reworded["ETag"] == sent.get(address)["ETag"]
    assert refused(sent.patch(address, {"code": "MAT-2"}, format="json")) == "fixed"
    assert sent.patch(address, {"retired": True}, format="json").json()["retired_at"]
    assert sent.patch(address, {"statement": "x"}, format="json").status_code == 409


def test_what_is_right_is_kept_beside_what_is_wrong(sent: APIClient) -> None:
    answer = send(
        sent,
        "learners",
        [
            {"sourced_id": "l2", "given_name": "Ada"},
            {"sourced_id": "l3"},
            {"sourced_id": "l4", "given_name": "A", "nick/name": "x"},
            {"sourced_id": "l5", "given_name": "A\u0000"},
            {"sourced_id": "l6", "given_name": "\ud800"},
            {"sourced_id": "l7", "given_name": 5},
            {"sourced_id": "l8", "given_name": "A", "email": "no address"},
            {"sourced_id": "l2", "given_name": "Ben"},
            {"given_name": "A"},
            [],
            {"sourced_id": "l9", "number": "9" * 101, "given_name": "A"},
            {"sourced_id": "", "given_name": "A"},
            {"sourced_id": "l10", "email": "no address"},
            {"sourced_id": "l11", "given_name": 5, "email": "no address"},
        ],
    )
    assert errors(answer) == [
        ("/0/sourced_id", "duplicate"),
        ("/1/family_name", "required"),
        ("/2/nick~1name", "unknown_field"),
        ("/3/given_name", "control_character"),
        ("/4/given_name", "control_character"),
        ("/5/given_name", "type"),
        ("/6/email", "bad_email"),
        ("/7/sourced_id", "duplicate"),
        ("/8/sourced_id", "required"),
        ("/9", "type"),
        ("/10/number", "too_long"),
        ("/11/sourced_id", "required"),
        ("/12/email", "bad_email"),
        ("/12/family_name", "required"),
        ("/13/given_name", "type"),
        ("/13/email", "bad_email"),
    ]
    assert all(each["remedy"] for row in answer.json()["rows"] for each in row["errors"])
    assert [each.sourced_id for each in Learner.objects.filter(source="banner")] == ["l1"]


def notes(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.content
    rows = answer.json()["rows"]
    return [(each["pointer"], each["code"]) for row in rows for each in row["notes"]]


def test_of_two_rows_with_one_key_one_counts_if_they_say_the_same_and_else_none(
    writer: APIClient,
) -> None:
    ada, ben = ({"sourced_id": key, "given_name": key.title()} for key in ("ada", "ben"))
    wrong = {"sourced_id": "cy", "given_name": "Cy", "email": "no address"}
    rows = [ada, ben, ada, ben | {"given_name": "Benjamin"}, ben, wrong, wrong]
    tried = send(writer, "learners", rows, BANNER + "&dry_run=true")
    answer = send(writer, "learners", rows)
    assert answer.json()["rows"] == tried.json()["rows"]
    assert became(answer) == ["created", "error", "unchanged", *["error"] * 4]
    assert notes(answer) == [("/2/sourced_id", "duplicate")]
    told = [row["errors"][0]["reason"] for row in answer.json()["rows"] if row["key"] == "ben"]
    assert [re.findall(r"Row (\d)", reason) for reason in told] == [["3"], ["1"], ["3"]]
    assert errors(answer)[-2:] == [("/5/email", "bad_email"), ("/6/email", "bad_email")]
    assert [each.sourced_id for each in Learner.objects.filter(source="banner")] == ["ada"]
    late = [{"sourced_id": "t", "name": "T", "parent": "nowhere"}] * 2
    assert {code for _, code in errors(send(writer, "organisations", late))} == {
        "unknown_reference"
    }


def test_two_learners_of_a_source_with_one_number_are_kept_and_it_is_said(sent: APIClient) -> None:
    same = {"number": "000123", "given_name": "Ben"}
    answer = send(sent, "learners", [{"sourced_id": "l2"} | same, {"sourced_id": "l3"} | same])
    assert became(answer) == ["created", "created"]
    assert notes(answer) == [("/0/number", "number_of_several"), ("/1/number", "number_of_several")]
    assert "l1" in answer.json()["rows"][0]["notes"][0]["reason"]
    assert notes(send(sent, "learners", [{"sourced_id": "l4"} | same], "?source=other")) == []
    gone = [{"sourced_id": key, "retired": True} for key in ("l2", "l3")]
    assert notes(send(sent, "learners", gone)) == []
    exchanged = [{"sourced_id": "l5", "number": "000123", "given_name": "E"}]
    exchanged.append({"sourced_id": "l1", "number": "5"})
    assert notes(send(sent, "learners", exchanged)) == []


@pytest.mark.parametrize(
    ("agreed", "family_name", "status", "code"),
    [
        (True, "Okafor", "updated", "same_person"),
        (True, "Obi", "created", "maybe_the_same"),
        (False, "Okafor", "created", "number_known"),
    ],
)
def test_whom_a_file_of_awards_named_first_is_known_by_the_colleges_number(
    writer: APIClient,
    workshop: Revision,
    clara: User,
    agreed: bool,
    family_name: str,
    status: str,
    code: str,
) -> None:
    if agreed:
        feeds.add("SIS", kind="api", source="sis", shares_numbers=True, by=clara)
    AccessToken.objects.update(scope="learners.write awards.prepare")
    ada = {"number": "N77", "given_name": "Ada", "family_name": "Okafor", "email": "a@b.edu"}
    filed = send(writer, "award-files", [ada], "?template=workshop")
    assert filed.status_code == 201, filed.content
    row = ada | {"sourced_id": "p77", "family_name": family_name}
    answer = send(writer, "learners", [row], "?source=sis")
    assert (became(answer), [each for _, each in notes(answer)]) == ([status], [code])
    assert Learner.objects.filter(number="N77").count() == (1 if status == "updated" else 2)
    assert all(each["remedy"] for each in answer.json()["rows"][0]["notes"])


def test_in_a_sheet_an_empty_cell_empties_and_a_column_that_is_left_out_does_not(
    sent: APIClient,
) -> None:
    def sheet(text: str) -> Any:
        return sent.post(f"/api/v1/learners{BANNER}", text, content_type="text/csv")

    learner = Learner.objects.filter(source="banner").values_list("number", "email")
    assert became(sheet("sourced_id,number\nl1,7\n")) == ["updated"]
    assert learner.get() == ("7", "a@b.edu")
    assert became(sheet("sourced_id,number,email\nl1,7,\n")) == ["updated"]
    assert learner.get() == ("7", "")
    assert errors(sheet("sourced_id,given_name\nl1,\n")) == [("/0/family_name", "required")]
    nulls = [{"sourced_id": "l1", "number": None}]
    assert became(send(sent, "learners", nulls)) == ["updated"]
    assert learner.get() == ("", "")


def test_what_held_something_and_is_emptied_is_named(sent: APIClient) -> None:
    def sheet(path: str, text: str, query: str = "") -> Any:
        return sent.post(f"/api/v1/{path}{BANNER}{query}", text, content_type="text/csv")

    rows = "sourced_id,number,email,retired\nl1,000123,,\nl2,,,\n"
    alone = "sourced_id,given_name\nl2,B\n"
    assert notes(sheet("learners", alone)) == []
    for query in ("&dry_run=true", ""):
        told = sheet("learners", rows, query)
        assert (became(told), notes(told)) == (["updated", "unchanged"], [("/0/email", "emptied")])
    assert notes(sheet("learners", rows)) == []
    told = sheet("results", "sourced_id,text,score,level\nr1,,,\n")
    assert notes(told) == [("/0/score", "emptied"), ("/0/text", "emptied")]
    assert notes(send(sent, "offerings", [{"sourced_id": "o1", "term": None}])) == [
        ("/0/term", "emptied")
    ]
    kept = {"sourced_id": "i1", "minimum": 0}
    assert notes(send(sent, "line-items", [kept])) == []
    assert notes(send(sent, "line-items", [kept | {"minimum": None}])) == [
        ("/0/minimum", "emptied")
    ]


def test_a_row_that_brings_back_what_was_retired_without_saying_so_is_told_of_it(
    sent: APIClient,
) -> None:
    for path, key, gone in (("learners", "l1", "retired"), ("results", "r1", "withdrawn")):
        row = {"sourced_id": key}
        for again in ({}, {gone: False}, {gone: None}):
            assert became(send(sent, path, [row | {gone: True}])) == ["updated"]
            expected = [] if again else [(f"/0/{gone}", "brought_back")]
            for query in (BANNER + "&dry_run=true", BANNER):
                told = send(sent, path, [row | again], query)
                assert (became(told), notes(told)) == (["updated"], expected)
        assert notes(send(sent, path, [row])) == []
    assert became(send(sent, "learners", [{"sourced_id": "l1", "retired": True}])) == ["updated"]
    still = sent.patch("/api/v1/learners/sis:banner:l1", {"email": "x@b.edu"}, format="json")
    assert still.json()["retired_at"] is not None


def test_what_is_sent_of_a_learner_who_is_retired_says_so(sent: APIClient) -> None:
    changed = {
        "enrolments": {"sourced_id": "e2", "offering": "o1", "learner": "l1"},
        "results": {"sourced_id": "r1", "text": "Other"},
    }
    assert became(send(sent, "learners", [{"sourced_id": "l1", "retired": True}])) == ["updated"]
    for kind, row in changed.items():
        for query in (BANNER + "&dry_run=true", BANNER):
            told = send(sent, kind, [row], query)
            assert notes(told) == [("/0/learner", "learner_retired")]
        assert notes(send(sent, kind, [row])) == []
        gone = "withdrawn" if kind == "results" else "retired"
        assert notes(send(sent, kind, [row | {gone: True}])) == []
    assert became(send(sent, "learners", [{"sourced_id": "l1", "retired": False}])) == ["updated"]
    for kind, row in changed.items():
        assert "learner_retired" not in str(send(sent, kind, [row]).json())


def test_whoever_does_not_say_as_which_system_is_told_that_the_parameter_is_missing(
    writer: APIClient,
) -> None:
    (error,) = send(writer, "learners", [], "").json()["errors"]
    assert (error["pointer"], error["code"]) == ("/source", "required")
    assert "The parameter is missing" in error["reason"]


def test_rows_that_contradict_what_is_held_are_told(sent: APIClient) -> None:
    assert errors(
        send(
            sent,
            "results",
            [
                {"sourced_id": "r2", "line_item": "i1", "learner": "nobody"},
                {"sourced_id": "r3", "line_item": "i1", "learner": "l1", "score": 101},
                {"sourced_id": "r4", "line_item": "i1", "learner": "l1", "score": True},
                {"sourced_id": "r5", "line_item": "i1", "learner": "l1", "outcome": "X"},
                {"sourced_id": "r6", "line_item": "i1", "learner": "l1", "assessor": "x"},
                {"sourced_id": "r7", "line_item": "i1", "learner": "l1", "dated": "2026-02-30"},
                {"sourced_id": "r8", "line_item": "i1", "learner": "l1", "score": 10**30},
                {"sourced_id": "r9", "line_item": "sis:x%00y:1", "learner": "l1"},
            ],
        )
    ) == [
        ("/0/learner", "unknown_reference"),
        ("/1/score", "out_of_range"),
        ("/2/score", "type"),
        ("/3/outcome", "unknown_outcome"),
        ("/4/assessor", "bad_word"),
        ("/5/dated", "bad_date"),
        ("/6/score", "bad_number"),
        ("/7/line_item", "unknown_reference"),
    ]
    assert errors(
        send(
            sent,
            "organisations",
            [
                {"sourced_id": "a", "name": "A", "parent": "b"},
                {"sourced_id": "b", "name": "B", "parent": "a"},
                {"sourced_id": "c", "name": "C", "parent": "nothing"},
                {"sourced_id": "d", "name": "D", "parent": "c"},
                {"sourced_id": "top", "parent": "math"},
            ],
        )
    ) == [
        ("/0/parent", "circle"),
        ("/1/parent", "circle"),
        ("/2/parent", "unknown_reference"),
        ("/3/parent", "unknown_reference"),
        ("/4/parent", "circle"),
    ]
    taken = [{"sourced_id": "m1", "title": "x", "organisation": "math"}]
    assert errors(send(sent, "activities", taken)) == [("/0/sourced_id", "key_taken")]
    taken = [{"sourced_id": "new", "code": "MAT 101", "title": "x", "organisation": "math"}]
    assert errors(send(sent, "activities", taken)) == [("/0/code", "code_taken")]
    taken = [{"code": "BIO101-1", "course": "m1", "statement": "x"}]
    assert errors(send(sent, "outcomes", taken)) == [("/0/code", "code_taken")]
    backwards = [
        {"sourced_id": "t2", "title": "T", "starts_on": "2026-02-01", "ends_on": "2026-01-01"}
    ]
    assert errors(send(sent, "terms", backwards)) == [("/0/ends_on", "reversed_period")]
    outside = [{"sourced_id": "l1", "given_name": "A"}]
    send(sent, "learners", [{"sourced_id": "l9", "given_name": "Not enrolled"}])
    stranger = [{"sourced_id": "r10", "line_item": "i1", "learner": "l9"}]
    assert errors(send(sent, "results", stranger)) == [("/0/learner", "not_enrolled")]
    assert became(send(sent, "learners", outside, "?source=other")) == ["created"]


def test_references_lead_to_other_sources_too(sent: APIClient, college: Any) -> None:
    key = college.offering
    row = {
        "sourced_id": "e2",
        "offering": f"sis:{key.source}:{key.sourced_id}",
        "learner": "sis:banner:l1",
    }
    assert became(send(sent, "enrolments", [row])) == ["created"]
    assert Enrolment.objects.get(sourced_id="e2").offering == key


def test_rows_are_addressed_by_their_sources_too(sent: APIClient) -> None:
    for path, key in (("learners", "l1"), ("line-items", "i1"), ("results", "r1")):
        found = sent.get(f"/api/v1/{path}/sis:banner:{key}")
        assert (found.status_code, found.json()["sourced_id"]) == (200, key)
        assert sent.get(f"/api/v1/{path}/sis:other:{key}").status_code == 404
    row = {"sourced_id": "PSUNV;GRAD/0650.1 a", "given_name": "A"}
    assert became(send(sent, "learners", [row])) == ["created"]
    assert sent.get("/api/v1/learners/sis:banner:PSUNV;GRAD%2F0650.1%20a").status_code == 200
    for key in ("sis:", "sis:%00:x", "sis:%2500:x", "sis:x:%00", "sis:x:%ff"):
        assert sent.get(f"/api/v1/learners/{key}").status_code == 404
    assert sent.get("/api/v1/outcomes/sis:banner:none").status_code == 404


def test_an_outcome_is_addressed_by_its_code_and_the_source_of_its_course(sent: APIClient) -> None:
    row = {"code": "MAT 1/2", "course": "m1", "statement": "Counts to ten."}
    assert became(send(sent, "outcomes", [row])) == ["created"]
    address = "/api/v1/outcomes/sis:banner:MAT%201%2F2"
    assert sent.get(address).json()["code"] == "MAT 1/2"
    assert sent.get(address.replace("banner", "other")).status_code == 404
    changed = sent.patch(address, {"statement": "Counts to twenty."}, format="json")
    assert (changed.status_code, changed.json()["statement"]) == (200, "Counts to twenty.")
    found = sent.get("/api/v1/outcomes?source=banner").json()["results"]
    assert [each["code"] for each in found] == ["MAT-1", "MAT 1/2"]


def test_every_answer_has_an_id_to_ask_about(sent: APIClient) -> None:
    asked = sent.get("/api/v1/learners", headers={"x-request-id": "night-7.1"})
    assert asked["X-Request-Id"] == "night-7.1"
    other = sent.get("/api/v1/nothing", headers={"x-request-id": "a b"})
    assert len(other["X-Request-Id"]) == 36


def test_a_correction_made_here_holds_until_the_source_says_something_new(
    sent: APIClient, clara: Any
) -> None:
    learner = Learner.objects.get(source="banner")
    corrections.correct_learner(learner, by=clara, reason="Spelling", given_name="Lee")
    said = {"sourced_id": "l1", "given_name": "李"}
    assert became(send(sent, "learners", [said])) == ["unchanged"]
    assert became(send(sent, "learners", [said | {"given_name": "Leah"}])) == ["updated"]


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (
            "application/x-ndjson",
            '{"sourced_id": "l1", "given_name": "A"}\n\n{"sourced_id": "l1", "sourced_id": 2}\n[}\n'
            '{"sourced_id": "l2", "family_name": "B", "retired": true}\n',
        ),
        (
            "text/csv",
            "\ufeffsourced_id,given_name,family_name,retired\r\nl1,A,,\r\n,B,,\r\n"
            'l9,"un"closed,,\r\nl2,,B,TRUE\r\n',
        ),
    ],
)
def test_rows_come_as_lines_and_sheets_too(writer: APIClient, media_type: str, body: str) -> None:
    answer = writer.post(f"/api/v1/learners{BANNER}", body, content_type=media_type)
    assert became(answer) == ["created", "error", "error", "created"]
    assert [row["row"] for row in answer.json()["rows"]] == [0, 1, 2, 3]
    assert Learner.objects.get(source="banner", sourced_id="l2").retired_at


@pytest.mark.parametrize(
    ("media_type", "body", "status", "code"),
    [
        ("application/json", "", 400, "body_required"),
        ("application/json", "{}", 400, "no_list"),
        ("application/json", "[{]", 400, "parse_error"),
        ("application/json", '[{"a": NaN}]', 400, "parse_error"),
        ("application/json", '[{"a": 1, "a": 2}]', 400, "duplicate_key"),
        ("application/json", "[" * 200_000, 400, "too_deep"),
        ("application/json", f'[{{"score": {"9" * 5_000}}}]', 400, "parse_error"),
        ("application/json", b"\xff\xfe", 400, "not_utf8"),
        ("application/json; charset=utf-16", "[]", 415, "unsupported_media_type"),
        ("application/xml", "<a/>", 415, "unsupported_media_type"),
        ("text/csv", "", 400, "body_required"),
        ("text/csv", "sourced_id;given_name\n", 422, "delimiter"),
        ("text/csv", "sourced_id,constructor\n", 422, "unknown_field"),
        ("text/csv", "sourced_id,sourced_id\n", 422, "duplicate_key"),
    ],
)
def test_what_is_no_list_of_rows_is_refused(
    writer: APIClient, media_type: str, body: Any, status: int, code: str
) -> None:
    answer = writer.post(f"/api/v1/learners{BANNER}", body, content_type=media_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"


LATIN_1 = {
    "application/json": b'[{"sourced_id": "l1",\n "given_name": "Ren\xe9e"}]',
    "application/x-ndjson": b'{"sourced_id": "l0",         \n "given_name": "Ren\xe9e"}',
    "text/csv": b"sourced_id,given_name,email,number\nl1,Ren\xe9e,,\n",
}


@pytest.mark.parametrize("media_type", LATIN_1)
def test_the_byte_that_is_not_utf8_is_named(writer: APIClient, media_type: str) -> None:
    body = LATIN_1[media_type]
    answer = writer.post(f"/api/v1/learners{BANNER}", body, content_type=media_type).json()
    told = answer if "code" in answer else answer["rows"][-1]["errors"][0]
    assert told["code"] == "not_utf8"
    said = told.get("detail") or told["reason"]
    assert f"Byte {body.index(0xE9)} " in said, said
    assert "line 2" in said or media_type == "text/csv"


def test_what_is_read_is_named_to_who_sends_something_else(writer: APIClient) -> None:
    address = f"/api/v1/learners{BANNER}"
    told = writer.post(address, "<a/>", content_type="application/xml").json()["detail"]
    assert told == (
        "application/xml is not read here: send application/json, application/x-ndjson or "
        "text/csv, and say so in Content-Type."
    )
    told = writer.post(address, "[]", content_type="application/json; charset=latin-1").json()
    assert "UTF-8" in told["detail"]


@pytest.mark.parametrize("source", ["", "own", "award file", "x" * 101, " ", "a\tb\x07"])
def test_what_cannot_be_a_source_is_refused(writer: APIClient, source: str) -> None:
    answer = writer.post(
        f"/api/v1/learners?{urlencode({'source': source})}", "[]", content_type="application/json"
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "no_source")


def test_a_client_sends_rows_as_the_systems_that_it_was_given_and_as_no_other(
    sent: APIClient, root: User, college: College
) -> None:
    client = Application.objects.get()
    job = take(sent, lines(1_001), "?source=moodle")
    api_clients.change(client, sources=["banner", "canvas"], by=root)
    row = [{"sourced_id": "l7", "given_name": "G"}]
    for query in ("?source=moodle", "?source=moodle&dry_run=true", "?source=Banner"):
        refused = send(sent, "learners", row, query)
        assert (refused.status_code, refused.json()["code"]) == (403, "source_not_allowed")
        assert "banner, canvas" in refused.json()["detail"]
    assert became(send(sent, "learners", row)) == ["created"]
    tasks.write_rows(str(job.pk))
    job.refresh_from_db()
    assert (job.state, Learner.objects.filter(source="moodle").exists()) == ("failed", False)

    theirs = f"/api/v1/courses/{college.course.pk}"
    changed = sent.patch(theirs, {"title": "Ours"}, format="json")
    assert (changed.status_code, changed.json()["code"]) == (403, "source_not_allowed")
    assert "Leave it to that system" in changed.json()["detail"]
    code = college.outcome.code
    reworded = send(sent, "outcomes", [{"code": code, "statement": "Ours."}])
    assert errors(reworded) == [("/0/code", "source_not_allowed")]
    changed = sent.patch(f"/api/v1/outcomes/{college.outcome.pk}", {"statement": "Ours."}, "json")
    assert changed.status_code == 403
    AccessToken.objects.update(scope="client.manage")
    assert sent.get("/api/v1/client").json()["sources"] == ["banner", "canvas"]
    entry = LedgerEntry.objects.get(act="api_client.changed")
    assert (entry.user, entry.details["sources"]) == (root, ["banner", "canvas"])


CANVAS = "?source=canvas"
OF_CANVAS: dict[str, list[dict[str, Any]]] = {
    "organisations": [{"sourced_id": "math", "name": "Theirs", "parent": "sis:banner:top"}],
    "terms": [ALL["terms"][0] | {"title": "Theirs"}],
    "courses": [{"sourced_id": "m1", "title": "Theirs", "organisation": "sis:banner:math"}],
    "activities": [
        {"sourced_id": "club", "code": "theirs", "title": "Theirs", "organisation": "math"}
    ],
    "offerings": [{"sourced_id": "o1", "course": "sis:banner:m1", "title": "Theirs"}],
    "learners": [
        {"sourced_id": "l1", "number": "000123", "family_name": "Wang", "email": "their@x.edu"}
    ],
    "enrolments": [{"sourced_id": "e1", "offering": "sis:banner:o1", "learner": "l1"}],
    "line-items": [{"sourced_id": "i1", "offering": "sis:banner:o1", "title": "Theirs"}],
    "results": [
        {"sourced_id": "r1", "line_item": "sis:banner:i1", "learner": "sis:banner:l1", "score": 5}
    ],
}


def of_banner() -> list[Any]:
    """Every row that the student information system brought, as it stands."""
    own = [OrganizationUnit, Term, LearningOpportunity, Offering, Learner, Enrolment, LineItem]
    models = {model: "source" for model in [*own, Result]}
    models |= {LearningOutcome: "opportunity__source"}
    return [
        (model.__name__, *row.values())
        for model, source in models.items()
        for row in model.objects.filter(**{source: "banner"}).order_by("pk").values()
    ]


@pytest.mark.parametrize("is_joined", [False, True])
def test_a_client_that_is_limited_adds_to_what_others_brought_and_changes_nothing_of_it(
    sent: APIClient, root: User, clara: User, is_joined: bool
) -> None:
    send(sent, "learners", [ALL["learners"][0] | {"family_name": "Wang"}])
    for source in ("banner", "canvas"):
        feeds.add(source, kind="api", source=source, shares_numbers=is_joined, by=clara)
    api_clients.change(Application.objects.get(), sources=["canvas"], by=root)
    before, found = of_banner(), {}
    for kind in ALL:
        found[kind] = sent.get(f"/api/v1/{kind}?source=banner").json()["results"]
    for kind, rows in OF_CANVAS.items():
        told = send(sent, kind, rows, CANVAS)
        is_known = kind == "learners" and is_joined
        assert became(told) == ["updated" if is_known else "created"], told.content
        gone = "withdrawn" if kind == "results" else "retired"
        if kind not in ("organisations", "terms", "offerings"):
            assert not send(sent, kind, [rows[0] | {gone: True}], CANVAS).json()["errors"]
    for row in ({"code": "MAT-1", "retired": True}, {"code": "MAT-1", "course": "sis:banner:m1"}):
        assert errors(send(sent, "outcomes", [row], CANVAS)) == [("/0/code", "source_not_allowed")]
    own = {"code": "MAT-1", "course": "m1", "statement": "Theirs."}
    assert errors(send(sent, "outcomes", [own], CANVAS)) == [("/0/code", "code_taken")]
    assert became(send(sent, "outcomes", [own | {"retired": True}], CANVAS)) == ["unchanged"]
    keys = {"learners": ["sis:canvas:l1"] if is_joined else []}
    assert sum(map(len, found.values())) >= len(ALL)
    for kind, rows in found.items():
        for key in [*(row["id"] for row in rows), *keys.get(kind, [])]:
            changed = sent.patch(f"/api/v1/{kind}/{key}", {}, format="json")
            assert (changed.status_code, changed.json()["code"]) == (403, "source_not_allowed")
    assert of_banner() == before


def test_who_may_only_read_sends_nothing(sis: APIClient) -> None:
    for path, rows in ALL.items():
        assert send(sis, path, rows).status_code == 403
    AccessToken.objects.update(scope="learners.read results.write")
    assert send(sis, "learners", ALL["learners"]).status_code == 403


NUMBERS = ["1e999", "-1e999999999", "1e-999999999", "1" + "0" * 4_000]
NUMBERS += ["1e99999999999999999999", "1e-99999999999999999999"]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_with_too_many_digits_are_errors_of_their_rows(
    writer: APIClient, number: str
) -> None:
    body = f'[{{"sourced_id": "m", "title": "T", "organisation": "x", "credits": {number}}}]'
    answer = writer.post(f"/api/v1/courses{BANNER}", body, content_type="application/json")
    assert ("/0/credits", "bad_number") in errors(answer)


@pytest.mark.parametrize("number", ["1e99999999999999999999", "1e-99999999999999999999"])
def test_a_change_to_a_number_that_nobody_can_keep_is_an_error_of_its_member(
    sent: APIClient, number: str
) -> None:
    address = "/api/v1/results/sis:banner:r1"
    answer = sent.patch(address, f'{{"score": {number}}}', content_type="application/json")
    assert (answer.status_code, refused(answer)) == (400, "bad_number")
    assert answer.json()["errors"][0]["pointer"] == "/score"


HALF = '{"sourced_id": "l2", "given_name": "B", "\\ud800": 1}'


def test_a_member_named_by_half_a_character_is_refused_before_anything_is_written(
    writer: APIClient,
) -> None:
    good = '{"sourced_id": "l1", "given_name": "A"}'
    address = f"/api/v1/learners{BANNER}"
    whole = writer.post(address, f"[{good}, {HALF}]", content_type="application/json")
    assert (whole.status_code, whole.json()["code"]) == (400, "parse_error")
    assert not Learner.objects.filter(source="banner").exists()
    by_line = writer.post(address, f"{good}\n{HALF}\n", content_type="application/x-ndjson")
    assert (became(by_line), errors(by_line)) == (["created", "error"], [("/1", "parse_error")])
    changed = writer.patch("/api/v1/learners/sis:banner:l1", HALF, content_type="application/json")
    assert (changed.status_code, changed.json()["code"]) == (400, "parse_error")


def test_a_job_goes_on_behind_a_member_named_by_half_a_character(writer: APIClient) -> None:
    job = take(writer, HALF + "\n" + lines(1_001))
    while upsert_jobs.carry_on(job.pk, seconds=60):
        pass
    job.refresh_from_db()
    assert (job.state, job.created, job.errors) == (UpsertJob.State.DONE, 1_001, 1)


def lines(count: int) -> str:
    rows = ({"sourced_id": f"l{n}", "given_name": f"L {n}"} for n in range(count))
    return "".join(json.dumps(row) + "\n" for row in rows)


def take(writer: APIClient, body: str, query: str = BANNER) -> UpsertJob:
    answer = writer.post(f"/api/v1/learners{query}", body, content_type="application/x-ndjson")
    assert answer.status_code == 202, answer.content
    job = UpsertJob.objects.get()
    assert answer["Location"] == f"/api/v1/jobs/{job.pk}"
    assert answer.json()["total"] == body.count("\n")
    return job


def test_more_than_a_thousand_rows_become_a_job(writer: APIClient) -> None:
    job = take(writer, lines(1_500) + lines(1) + '{"sourced_id": "x"}\n')
    assert not Learner.objects.filter(source="banner").exists()
    address = f"/api/v1/jobs/{job.pk}"
    assert writer.get(address).json()["state"] == "waiting"
    # As if its worker had died after the first piece.
    assert upsert_jobs.carry_on(job.pk, seconds=0)
    running = writer.get(address).json()
    assert (running["state"], running["done"], running["total"]) == ("running", 1000, 1502)
    assert writer.get("/api/v1/jobs?state=running").json()["results"] == [running]
    tasks.write_rows(str(job.pk))
    told = writer.get(f"/api/v1/jobs/{job.pk}").json()
    assert (told["state"], told["done"], told["created"], told["errors"]) == ("done", 1502, 1500, 1)
    assert told["unchanged"] == 1
    wrong = writer.get(f"/api/v1/jobs/{job.pk}/rows?status=error").json()["results"]
    assert [(row["row"], row["errors"][0]["code"]) for row in wrong] == [
        (1501, "required"),
    ]
    page = writer.get(f"/api/v1/jobs/{job.pk}/rows?limit=1000").json()
    assert [row["row"] for row in page["results"]] == list(range(1000))
    assert writer.get("/api/v1/jobs").json()["results"][0]["id"] == str(job.pk)
    assert Learner.objects.filter(source="banner").count() == 1_500
    tasks.write_rows(str(job.pk))
    assert UpsertedRow.objects.count() == 1_502


def test_the_end_of_a_job_is_told_with_its_counts(writer: APIClient) -> None:
    client = Client.of(AccessToken.objects.get())
    webhooks.add("https://hooks.example/", types=["job.finished"], by=client)
    job = take(writer, lines(1_500) + lines(1) + '{"sourced_id": "x"}\n')
    tasks.write_rows(str(job.pk))
    told = Event.objects.get(type="job.finished").data
    assert told == {
        "id": str(job.pk),
        "url": f"/api/v1/jobs/{job.pk}",
        "state": "done",
        "dry_run": False,
        "total": 1_502,
        "created": 1_500,
        "updated": 0,
        "unchanged": 1,
        "errors": 1,
    }
    Event.objects.all().delete()
    UpsertJob.objects.all().delete()
    job = take(writer, lines(1_001))
    UpsertJob.objects.update(attempts=upsert_jobs.MOST_ATTEMPTS)
    tasks.write_rows(str(job.pk))
    failed = Event.objects.get(type="job.finished").data
    assert (failed["state"], failed["total"], failed["created"]) == ("failed", 1_001, 0)
    Event.objects.all().delete()
    UpsertJob.objects.all().delete()
    job = take(writer, lines(1_001), query=f"{BANNER}&dry_run=true")
    tasks.write_rows(str(job.pk))
    tried = Event.objects.get(type="job.finished").data
    assert (tried["dry_run"], tried["state"], tried["total"]) == (True, "done", 1_001)


def test_a_row_of_a_job_is_refused_for_one_that_comes_much_later(writer: APIClient) -> None:
    job = take(writer, lines(1_200) + '{"sourced_id": "l0", "given_name": "Another"}\n')
    tasks.write_rows(str(job.pk))
    job.refresh_from_db()
    assert (job.created, job.errors) == (1_199, 2)
    wrong = writer.get(f"/api/v1/jobs/{job.pk}/rows?status=error").json()["results"]
    assert [row["row"] for row in wrong] == [0, 1200]
    assert not Learner.objects.filter(source="banner", sourced_id="l0").exists()


def test_a_job_is_tried_first_and_fails_with_a_reason(writer: APIClient) -> None:
    job = take(writer, lines(1_001), BANNER + "&dry_run=true")
    tasks.write_rows(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.created, job.dry_run) == ("done", 1_001, True)
    assert not Learner.objects.filter(source="banner").exists()
    UpsertJob.objects.all().delete()
    job = take(writer, lines(1_001))
    UpsertJob.objects.update(attempts=upsert_jobs.MOST_ATTEMPTS)
    tasks.write_rows(str(job.pk))
    job.refresh_from_db()
    assert (job.state, bool(job.reason)) == ("failed", True)


def test_nobody_sees_the_jobs_of_others(writer: APIClient, root: Any) -> None:
    job = take(writer, lines(1_001))
    other, _ = api_clients.add("Another", by=root, scopes=["jobs.read"])
    AccessToken.objects.update(application=other)
    assert writer.get(f"/api/v1/jobs/{job.pk}").status_code == 404
    assert writer.get(f"/api/v1/jobs/{job.pk}/rows").status_code == 404
    assert writer.get("/api/v1/jobs").json()["results"] == []


def test_a_list_that_is_too_long_is_refused_whole(writer: APIClient) -> None:
    body = "{}\n" * 100_001
    answer = writer.post(f"/api/v1/learners{BANNER}", body, content_type="application/x-ndjson")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_items")


def test_rows_sent_again_with_their_key_are_answered_alike(writer: APIClient) -> None:
    headers = {"idempotency-key": "night-1"}
    first = send(writer, "learners", [{"sourced_id": "k", "given_name": "K"}], headers=headers)
    again = send(writer, "learners", [{"sourced_id": "k", "given_name": "K"}], headers=headers)
    assert (became(first), again.content) == (["created"], first.content)
    assert KeptAnswer.objects.count() == 1


def test_rows_that_are_tried_with_a_key_become_one_job_and_leave_the_key_free(
    writer: APIClient,
) -> None:
    def post(query: str, count: int = 1_001) -> Any:
        path, headers = f"/api/v1/learners{BANNER}{query}", {"idempotency-key": "night-2"}
        return writer.post(path, lines(count), content_type="application/x-ndjson", headers=headers)

    tried, again = post("&dry_run=true"), post("&dry_run=true")
    assert (tried.status_code, again.content) == (202, tried.content)
    assert again["Idempotency-Replayed"] == "true"
    assert (again["Location"], UpsertJob.objects.get().dry_run) == (tried["Location"], True)
    other = post("&dry_run=true", 1_002)
    assert (other.status_code, other["Location"] != tried["Location"]) == (202, True)
    done, again = post(""), post("")
    assert (done.status_code, again.content) == (202, done.content)
    assert list(UpsertJob.objects.order_by("taken_at").values_list("dry_run", flat=True)) == [
        True,
        True,
        False,
    ]


def noted(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.content
    rows = answer.json()["rows"]
    return [(each["pointer"], each["code"]) for row in rows for each in row["notes"]]


CLUBS = [{"sourced_id": "row", "name": "Rowing"}, {"sourced_id": "sail", "name": "Sailing"}]


def parents(sis: APIClient) -> list[str | None]:
    found = sis.get("/api/v1/organisations?source=banner").json()["results"]
    return [row["parent"] for row in found]


def test_an_organisation_of_which_no_parent_is_told_is_a_part_of_the_institution(
    writer: APIClient, college: Any, dev: Any
) -> None:
    tried = send(writer, "organisations", CLUBS, BANNER + "&dry_run=true")
    first = send(writer, "organisations", CLUBS)
    assert tried.json()["rows"] == first.json()["rows"]
    assert became(first) == ["created", "created"]
    assert noted(first) == [("/0/parent", "under_institution"), ("/1/parent", "under_institution")]
    assert "sis:own:institution" in first.json()["rows"][0]["notes"][0]["reason"]
    assert parents(writer) == ["sis:own:institution"] * 2
    assert dev.has_perm("registrar.approve_revision", OrganizationUnit.objects.get(name="Sailing"))
    blank = [row | {"parent": None} for row in CLUBS]
    for again in (CLUBS, blank):
        answer = send(writer, "organisations", again)
        assert (became(answer), noted(answer)) == (["unchanged", "unchanged"], [])
    moved = send(writer, "organisations", [CLUBS[0] | {"parent": "sail"}])
    assert (became(moved), noted(moved)) == (["updated"], [])
    assert became(send(writer, "organisations", CLUBS)) == ["unchanged", "unchanged"]
    assert became(send(writer, "organisations", blank)) == ["updated", "unchanged"]


def test_who_names_a_parent_that_there_is_not_is_told_how_the_institution_is_named(
    writer: APIClient, college: Any
) -> None:
    answer = send(writer, "organisations", [CLUBS[0] | {"parent": "sis:own:nothing"}])
    assert errors(answer) == [("/0/parent", "unknown_reference")]
    (error,) = answer.json()["rows"][0]["errors"]
    assert error["remedy"].endswith("The institution is sis:own:institution.")
    assert became(send(writer, "terms", [ALL["terms"][0] | {"parent": "x"}])) == ["error"]


def test_who_reaches_an_organisation_that_is_a_part_of_nothing_is_told(
    writer: APIClient, college: Any, dev: Any, root: Any
) -> None:
    alone = OrganizationUnit.objects.create(source="banner", sourced_id="row", name="Rowing")
    answer = send(writer, "organisations", [CLUBS[0]])
    assert (became(answer), noted(answer)) == (["unchanged"], [("/0/parent", "part_of_nothing")])
    (note,) = answer.json()["rows"][0]["notes"]
    assert note["reason"].endswith("So many approvers have one: 0.")
    assert note["remedy"].startswith("Send its parent")
    people.give_role(dev, "approver", alone, by=root)
    (note,) = send(writer, "organisations", [CLUBS[0]]).json()["rows"][0]["notes"]
    assert note["reason"].endswith("So many approvers have one: 1.")
    put = send(writer, "organisations", [CLUBS[0] | {"parent": "sis:own:institution"}])
    assert (became(put), noted(put)) == (["updated"], [])


def test_the_first_organisation_is_the_institution_and_is_not_put_under_itself(root: Any) -> None:
    writer = signed_in(api_clients.add("Student information system", by=root)[0])
    AccessToken.objects.update(scope="catalog.read catalog.write")
    top = {"sourced_id": "college", "name": "College"}
    told = send(writer, "organisations", [top])
    assert (became(told), noted(told)) == (["created"], [("/0/parent", "part_of_nothing")])
    assert became(send(writer, "organisations", [*CLUBS, top | {"name": "The College"}])) == [
        "created",
        "created",
        "updated",
    ]
    assert parents(writer) == [None, "sis:banner:college", "sis:banner:college"]
    assert became(send(writer, "organisations", [top | {"parent": None}])) == ["updated"]
    assert parents(writer)[0] is None
    people.give_role(root, "approver", OrganizationUnit.objects.get(parent=None), by=root)
    assert noted(send(writer, "organisations", [top])) == []
