"""Composition: the award in the words of Open Badges 3.0, and nothing else about the learner."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from issuer.models import Batch
from issuer.vc import openbadges
from issuer.vc.lint import lint
from registrar.models import Award, Learner, Revision
from registrar.services.awarding import awards, composition
from registrar.services.drafting import templates
from tests.cast import FINAL, College


def composed(award: Award) -> dict[str, Any]:
    (statement,) = composition.compose(Award.objects.filter(pk=award.pk))
    assert (statement.credential_id, statement.position) == (award.credential_id, award.position)
    return statement.said()


def subject(award: Award) -> dict[str, Any]:
    return composed(award)["credentialSubject"]


def test_it_says_what_was_decided(adas_award: Award, cells: Revision) -> None:
    document = composed(adas_award)
    assert document["id"] == f"urn:uuid:{adas_award.credential_id}"
    assert document["name"] == "Cells"
    assert document["issuer"]["id"] == settings.ISSUER_DID
    assert document["credentialSubject"]["achievement"] == cells.achievement.document
    assert document["credentialSubject"]["result"] == [
        {
            "type": ["Result"],
            "resultDescription": cells.result_descriptions[0]["id"],
            "value": "Distinction",
        }
    ]
    assert document["credentialSubject"]["creditsEarned"] == 3
    assert document["credentialSubject"]["term"] == "Spring 2026"
    assert document["credentialSubject"]["activityStartDate"] == "2026-01-12T00:00:00Z"
    assert document["credentialSubject"]["activityEndDate"] == "2026-05-15T00:00:00Z"


def test_its_times_are_whole_seconds_of_the_decision(adas_award: Award) -> None:
    document = composed(adas_award)
    decided = adas_award.decided_at.astimezone(UTC)
    assert document["validFrom"] == f"{decided:%Y-%m-%dT%H:%M:%S}Z"
    assert document["awardedDate"] == f"{adas_award.awarded_on}T00:00:00Z"


def test_the_learner_is_told_by_a_salted_hash_alone(adas_award: Award, ada: Learner) -> None:
    (identifier,) = subject(adas_award)["identifier"]
    assert identifier["identityType"] == "emailAddress"
    assert identifier["identityHash"] == openbadges.hash_identity(ada.email, identifier["salt"])
    text = json.dumps(composed(adas_award), ensure_ascii=False)
    for known in (ada.email, ada.number, ada.given_name, ada.family_name, ada.sourced_id):
        assert known not in text


def test_salts_differ_from_credential_to_credential(adas_award: Award) -> None:
    salts = {subject(adas_award)["identifier"][0]["salt"] for _ in range(3)}
    assert len(salts) == 3


def test_without_an_address_the_learner_number_stands_in(adas_award: Award, ada: Learner) -> None:
    Learner.objects.update(email="")
    adas_award.learner.refresh_from_db()
    (identifier,) = subject(adas_award)["identifier"]
    assert identifier["identityType"] == "ext:learnerNumber"
    assert identifier["identityHash"] == openbadges.hash_identity("1001", identifier["salt"])
    Learner.objects.update(number="")
    adas_award.learner.refresh_from_db()
    assert subject(adas_award)["identifier"][0]["identityType"] == "sourcedId"


@pytest.fixture
def named(draft: Revision, clara: User, dev: User) -> Revision:
    templates.edit(draft, by=clara, includes_name=True)
    return templates.approve(templates.submit(draft, by=clara), by=dev)


def award_to(learner: Learner, revision: Revision, college: College, by: User) -> Award:
    college.grade(learner, "Pass")
    batch = awards.prepare(awards.evaluate(revision, at=timezone.now()), by=by)
    return Award.objects.get(batch=batch)


def test_the_name_stands_in_it_where_the_template_says_so(
    college: College, named: Revision, ben: Learner, clara: User
) -> None:
    _, name = subject(award_to(ben, named, college, clara))["identifier"]
    assert name == {
        "type": "IdentityObject",
        "hashed": False,
        "identityHash": "بن العلي",
        "identityType": "name",
    }


def test_a_number_never_stands_in_for_a_name(
    college: College, named: Revision, ada: Learner, clara: User
) -> None:
    Learner.objects.update(given_name="", family_name="")
    assert len(subject(award_to(ada, named, college, clara))["identifier"]) == 1


def test_what_is_not_known_is_left_out(
    college: College, draft: Revision, ada: Learner, clara: User, dev: User
) -> None:
    several = {"any": [draft.rule, {"outcome": {"outcome": "BIO101-1", "at_least": 50}}]}
    templates.edit(draft, by=clara, rule=several, credits=None, hours=9)
    revision = templates.approve(templates.submit(draft, by=clara), by=dev)
    document = subject(award_to(ada, revision, college, clara))
    for member in ("term", "activityStartDate", "activityEndDate", "creditsEarned"):
        assert member not in document


@pytest.mark.parametrize(
    ("months", "awarded_on", "ends_on"),
    [
        (24, "2026-05-20", "2028-05-20"),
        (1, "2030-01-31", "2030-02-28"),
        (13, "2027-01-31", "2028-02-29"),
        (12, "2026-12-01", "2027-12-01"),
    ],
)
def test_it_is_valid_for_as_many_months_as_the_template_says(
    college: College,
    draft: Revision,
    ada: Learner,
    clara: User,
    dev: User,
    months: int,
    awarded_on: str,
    ends_on: str,
) -> None:
    templates.edit(draft, by=clara, valid_for=months)
    revision = templates.approve(templates.submit(draft, by=clara), by=dev)
    college.grade(ada, "Pass")
    day = datetime.fromisoformat(awarded_on).replace(tzinfo=UTC)
    awards.prepare(awards.evaluate(revision, at=day), by=clara)
    assert composed(Award.objects.get())["validUntil"] == f"{ends_on}T23:59:59Z"


def test_lint_has_nothing_to_say(adas_award: Award) -> None:
    assert lint(composed(adas_award), issuer_did=settings.ISSUER_DID) == []


def test_lint_has_nothing_to_say_of_a_name_either(
    college: College, named: Revision, ben: Learner, clara: User
) -> None:
    document = composed(award_to(ben, named, college, clara))
    assert lint(document, issuer_did=settings.ISSUER_DID) == []


@pytest.fixture(scope="module")
def published_schema(shared_data: Path) -> Any:
    path = shared_data / "schemas" / "ob-v3p0" / "ob_v3p0_achievementcredential_schema.json"
    schema = json.loads(path.read_text())
    validator = jsonschema.validators.validator_for(schema)
    return validator(schema, format_checker=validator.FORMAT_CHECKER)


def test_the_published_schema_accepts_it(adas_award: Award, published_schema: Any) -> None:
    errors = published_schema.iter_errors(composed(adas_award))
    assert [error.message for error in errors] == []


def test_a_result_by_a_rubric_names_the_level_that_was_reached(
    college: College, draft: Revision, ada: Learner, clara: User, dev: User, published_schema: Any
) -> None:
    levels = [{"name": "Fail"}, {"name": "Pass", "points": "1", "description": "Sees cells."}]
    by_rubric = {**FINAL, "result_type": "RubricCriterionLevel", "levels": levels}
    del by_rubric["allowed_value"]
    templates.edit(draft, by=clara, result_descriptions=[by_rubric])
    revision = templates.approve(templates.submit(draft, by=clara), by=dev)
    document = composed(award_to(ada, revision, college, clara))
    (described,) = document["credentialSubject"]["achievement"]["resultDescription"]
    low, high = described["rubricCriterionLevel"]
    assert (low["name"], high["points"], high["description"]) == ("Fail", "1", "Sees cells.")
    assert described["requiredLevel"] == high["id"] != low["id"]
    assert "allowedValue" not in described and "requiredValue" not in described
    (result,) = document["credentialSubject"]["result"]
    assert (result["achievedLevel"], result["value"]) == (high["id"], "Pass")
    assert lint(document, issuer_did=settings.ISSUER_DID) == []
    assert [error.message for error in published_schema.iter_errors(document)] == []


def test_a_batch_is_composed_in_its_order_with_as_many_queries_as_one_award(
    college: College,
    cells: Revision,
    ada: Learner,
    ben: Learner,
    clara: User,
    django_assert_max_num_queries: Any,
) -> None:
    for learner in (ada, ben):
        college.enrol(learner)
        college.grade(learner, "Pass")
    batch = awards.prepare(awards.evaluate(cells, at=timezone.now()), by=clara)
    assert isinstance(batch, Batch)
    with django_assert_max_num_queries(5):
        statements = composition.compose(Award.objects.filter(batch=batch))
    assert [statement.position for statement in statements] == [0, 1]
