"""What an information system reads of decisions, and what it may do about them."""

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken

from issuer.models import LedgerEntry, StatusChange
from registrar.models import Award, Enrolment, Result
from registrar.services.awarding import awards
from registrar.services.marking import results
from tests.api.test_drafts import new

pytestmark = pytest.mark.django_db


def test_a_revision_and_its_rule_are_read_by_themselves(sis, cells) -> None:
    (revision,) = sis.get("/api/v1/revisions?template=cells&state=approved").json()["results"]
    assert (revision["template"], revision["number"]) == ("cells", 1)
    assert {each["skill"] for each in revision["skills"]} <= {
        f"https://college.example/skills/{number}" for number in range(3)
    }
    (rule,) = sis.get("/api/v1/rules").json()["results"]
    assert (rule["id"], rule["rule"]) == (revision["id"], revision["rule"])


@pytest.mark.parametrize(
    ("path", "also"),
    [
        ("templates/cells", "/api/v1/templates?slug="),
        ("templates/sis:sis:cells", "/api/v1/templates?slug="),
        ("credentials/cells", "An id is a UUID."),
        ("learners/stu-1001", "An id is a number, or sis:<source>:<sourcedId>."),
        ("outcomes/BIO-1", "sis:<source>:<code>"),
    ],
)
def test_who_names_a_thing_by_what_cannot_be_its_id_is_told_what_can(
    sis, cells, path, also
) -> None:
    AccessToken.objects.update(scope="templates.read credentials.read learners.read catalog.read")
    answer = sis.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert also in answer.json()["detail"]


@pytest.mark.parametrize("path", ["learners/0", "learners/sis:sis:nobody"])
def test_who_names_nothing_by_an_id_is_told_no_more(sis, path) -> None:
    AccessToken.objects.update(scope="learners.read")
    assert sis.get(f"/api/v1/{path}").json()["detail"] == "There is nothing with this id."


def test_a_rule_tells_who_would_be_awarded_and_awards_nobody(sis, college, cells, ada, ben) -> None:
    for learner, grade in ((ada, "Distinction"), (ben, "Fail")):
        college.enrol(learner)
        college.grade(learner, grade)
    address = f"/api/v1/rules/{cells.pk}/evaluate"
    assert sis.post(address).status_code == 403
    AccessToken.objects.update(scope="rules.evaluate templates.read awards.read")
    told = sis.post(address).json()
    assert (told["awarded"], told["already"], told["not_met"]) == (1, 0, 1)
    assert told["is_complete"] is True
    outcomes = {each["learner"]: each["outcome"] for each in told["learners"]}
    assert outcomes == {"sis:sis:stu-1001": "awarded", "sis:sis:stu-1002": "not_met"}
    assert all(each["reasons"] for each in told["learners"])
    assert sis.get("/api/v1/awards").json()["results"] == []


def test_what_of_a_rule_leads_nowhere_is_told_with_whom_it_would_award(sis, college) -> None:
    AccessToken.objects.update(scope="templates.draft templates.read rules.evaluate")
    passed = {"course": "BIO 999", "category": "Final", "one_of": ["Pass"]}
    rule = {"any": [{"final_result": passed}, {"outcome": {"outcome": "X-1", "at_least": 1}}]}
    (made,) = sis.post("/api/v1/templates", new(college, rule=rule), format="json").json()[
        "revisions"
    ]
    address = f"/api/v1/rules/{made['id']}/evaluate"
    told = sis.post(address).json()
    assert told["awarded"] == 0
    assert [(each["pointer"], each["code"]) for each in told["notes"]] == [
        ("/rule/any/0/final_result/course", "unknown_reference"),
        ("/rule/any/1/outcome/outcome", "unknown_reference"),
    ]
    assert "BIO 999" in told["notes"][0]["reason"] and told["notes"][0]["remedy"]


def test_where_nothing_is_read_of_a_body_none_is_passed_over(sis, cells) -> None:
    AccessToken.objects.update(scope="rules.evaluate templates.read")
    address = f"/api/v1/rules/{cells.pk}/evaluate"
    refused = sis.post(address, {"rule": {"activity": {"activity": "x"}}}, format="json")
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/rule", "unknown_field")
    assert "Leave it out" in error["reason"]
    assert sis.post(address, {}, format="json").status_code == 200


def test_a_revision_without_a_rule_says_so(sis, workshop) -> None:
    AccessToken.objects.update(scope="templates.read rules.evaluate")
    address = f"/api/v1/rules/{workshop.pk}"
    for answer in (sis.get(address), sis.post(f"{address}/evaluate")):
        assert (answer.status_code, answer.json()["code"]) == (404, "no_rule")
        assert f"/api/v1/revisions/{workshop.pk}" in answer.json()["detail"]
    for nothing in ("0", "x", "9" * 30):
        answer = sis.get(f"/api/v1/rules/{nothing}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_what_was_taken_back_is_told_of_whom_a_rule_judges(sis, college, cells, ada, ben) -> None:
    for learner in (ada, ben):
        college.enrol(learner)
    college.grade(ada, "Distinction")
    bens = college.grade(ben, "Distinction")
    Enrolment.objects.filter(learner=ada).update(retired_at=timezone.now())
    AccessToken.objects.update(scope="rules.evaluate templates.read")
    address = f"/api/v1/rules/{cells.pk}/evaluate"

    def told() -> dict[str, tuple[str, list[str]]]:
        learners = sis.post(address).json()["learners"]
        return {
            each["learner"]: (each["outcome"], [note["code"] for note in each["notes"]])
            for each in learners
        }

    left = {"sis:sis:stu-1001": ("awarded", ["enrolment_withdrawn"])}
    assert told() == {**left, "sis:sis:stu-1002": ("awarded", [])}
    results.withdraw([bens.pk], at=timezone.now())
    assert told() == {**left, "sis:sis:stu-1002": ("not_met", ["result_withdrawn"])}
    Enrolment.objects.update(retired_at=None)
    assert told()["sis:sis:stu-1001"] == ("awarded", [])


def test_an_award_whose_result_was_taken_back_is_told_as_lapsed(
    sis, cells, adas_batch, dev
) -> None:
    awards.approve(adas_batch, by=dev)
    AccessToken.objects.update(scope="rules.evaluate templates.read")
    address = f"/api/v1/rules/{cells.pk}/evaluate"
    told = sis.post(address).json()
    assert (told["lapsed"], told["lapsed_awards"]) == (0, [])
    results.withdraw(Result.objects.values_list("pk", flat=True), at=timezone.now())
    told = sis.post(address).json()
    assert (told["lapsed"], told["already"], told["not_met"]) == (1, 0, 1)
    award = Award.objects.get()
    whose = {"award": award.pk, "learner": "sis:sis:stu-1001", "occasion": award.occasion}
    assert (told["lapsed_awards"], told["is_complete"]) == ([whose], True)
    assert [each["code"] for each in told["learners"][0]["notes"]] == ["result_withdrawn"]


def test_who_is_awarded_by_a_batch_that_nobody_approved_is_not_told_as_awarded(
    sis, cells, adas_batch, dev
) -> None:
    AccessToken.objects.update(scope="rules.evaluate templates.read")
    address = f"/api/v1/rules/{cells.pk}/evaluate"

    def told() -> tuple[int, int, str]:
        answer = sis.post(address).json()
        return answer["waiting"], answer["already"], answer["learners"][0]["outcome"]

    assert told() == (1, 0, "waiting")
    awards.approve(adas_batch, by=dev)
    assert told() == (0, 1, "already")


def test_a_record_tells_what_a_learner_was_awarded_and_how_it_stands(
    sis, adas_credential, ben
) -> None:
    page = sis.get("/api/v1/records").json()
    awarded = {each["number"]: each["awards"] for each in page["results"]}
    assert awarded["1002"] == []
    (award,) = awarded["1001"]
    assert (award["template"], award["state"]) == ("cells", "valid")
    assert award["credential"] == str(adas_credential.pk)
    one = sis.get("/api/v1/records/sis:sis:stu-1001")
    assert one.json() == sis.get(f"/api/v1/records/{page['results'][0]['id']}").json()
    assert sis.get("/api/v1/records/sis:sis:nobody").status_code == 404
    AccessToken.objects.update(scope="learners.read")
    assert sis.get("/api/v1/records").status_code == 403


def test_a_client_revokes_with_a_reason_and_once(sis, adas_credential) -> None:
    address = f"/api/v1/credentials/{adas_credential.pk}/revoke"
    said = {"reason": "Awarded by mistake"}
    assert sis.post(address, said, format="json").status_code == 403
    AccessToken.objects.update(scope="credentials.read credentials.revoke")
    assert sis.post(address, {"reason": " "}, format="json").status_code == 400
    tried = sis.post(address + "?dry_run=true", said, format="json")
    assert (tried.status_code, tried.json()["act"]) == (200, "revoked")
    assert not StatusChange.objects.exists()
    first, again = (sis.post(address, said, format="json") for _ in range(2))
    assert first.json() == again.json()
    assert LedgerEntry.objects.filter(act="credential.revoked").count() == 1
    (told,) = sis.get(f"/api/v1/status?credential={adas_credential.pk}").json()["results"]
    assert (told["act"], told["reason"]) == ("revoked", "Awarded by mistake")
    late = sis.post(address.replace("revoke", "reinstate"), said, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "not_suspendable")
    assert sis.post("/api/v1/credentials/x/revoke", said, format="json").status_code == 404


def test_what_can_be_suspended_is_suspended_and_reinstated(sis, adas_licence) -> None:
    AccessToken.objects.update(scope="credentials.read credentials.revoke")
    said = {"reason": "Under review"}
    for act, state in (("suspend", "suspended"), ("reinstate", "valid")):
        done = sis.post(f"/api/v1/credentials/{adas_licence.pk}/{act}", said, format="json")
        assert done.status_code == 200
        assert sis.get(f"/api/v1/credentials/{adas_licence.pk}").json()["state"] == state
