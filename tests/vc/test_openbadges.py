import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from issuer.vc import contexts, openbadges
from issuer.vc.errors import ForbiddenValue, MalformedDocument

from .conftest import College

DAY = datetime(2026, 1, 31, tzinfo=UTC)
CRITERIA = openbadges.Criteria(narrative="Pass.")


def achievement(**members: Any) -> openbadges.Achievement:
    return openbadges.Achievement(
        **{
            "id": "https://a.example/1",
            "name": "Name",
            "description": "Words.",
            "criteria": CRITERIA,
            **members,
        }
    )


def description(**members: Any) -> openbadges.ResultDescription:
    return openbadges.ResultDescription(
        **{"id": "urn:uuid:1", "name": "Grade", "result_type": "LetterGrade", **members}
    )


def subject(**members: Any) -> openbadges.AchievementSubject:
    return openbadges.AchievementSubject(
        **{"id": "did:key:z6Mk", "achievement": achievement(), **members}
    )


def credential(**members: Any) -> dict[str, Any]:
    return openbadges.AchievementCredential(
        **{
            "id": "urn:uuid:1",
            "issuer": openbadges.Profile(id="did:web:a.example"),
            "credential_subject": subject(),
            "name": "Name",
            "valid_from": DAY,
            **members,
        }
    ).as_credential()


def test_an_identity_is_hashed_with_the_salt_behind_it() -> None:
    expected = "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"
    assert openbadges.hash_identity("a@example.com", "Kosher") == expected
    identity = openbadges.IdentityObject.salted(
        "a@example.com", identity_type="emailAddress", salt="Kosher"
    )
    assert identity.as_json() == {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": expected,
        "identityType": "emailAddress",
        "salt": "Kosher",
    }


def test_an_identity_is_recognised_by_who_knows_it() -> None:
    hashed = openbadges.IdentityObject.salted("ada", identity_type="userName", salt="Kosher")
    plain = openbadges.IdentityObject.plain("ada", identity_type="userName")
    for identity in (hashed, plain):
        assert identity.is_of("ada")
        assert not identity.is_of("Ada")


def test_the_least_credential_states_nothing_more() -> None:
    assert credential() == {
        "@context": [
            contexts.CREDENTIALS_V2,
            contexts.OPEN_BADGES,
            contexts.OB_EXTENSIONS,
        ],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Name",
        "credentialSubject": {
            "id": "did:key:z6Mk",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://a.example/1",
                "type": ["Achievement"],
                "name": "Name",
                "description": "Words.",
                "criteria": {"narrative": "Pass."},
            },
        },
        "issuer": {"id": "did:web:a.example", "type": ["Profile"]},
        "validFrom": "2026-01-31T00:00:00Z",
        "credentialSchema": [
            {
                "id": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/"
                "ob_v3p0_achievementcredential_schema.json",
                "type": "1EdTechJsonSchemaValidator2019",
            }
        ],
    }


def test_the_learners_name_appears_only_as_an_identifier_that_was_asked_for() -> None:
    name = openbadges.IdentityObject.plain("Ada Lovelace", identity_type="name")
    assert "Ada" not in json.dumps(credential())
    assert subject(identifier=(name,)).as_json()["identifier"] == [
        {
            "type": "IdentityObject",
            "hashed": False,
            "identityHash": "Ada Lovelace",
            "identityType": "name",
        }
    ]


def test_empty_text_none_and_empty_lists_are_left_out() -> None:
    written = achievement(human_code="", tag=(), image=None, version="1").as_json()
    assert set(written) == {"id", "type", "name", "description", "criteria", "version"}


def test_moments_are_written_in_utc() -> None:
    moment = datetime(2026, 1, 31, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    assert credential(awarded_date=moment)["awardedDate"] == "2026-02-01T01:30:00Z"


@pytest.mark.parametrize(
    ("credits", "written"),
    [(3, 3), (2.5, 2.5), (Decimal("3.00"), 3), (Decimal("2.50"), 2.5)],
)
def test_credits_are_numbers(credits: Any, written: float) -> None:
    found = subject(credits_earned=credits).as_json()["creditsEarned"]
    assert found == written
    assert type(found) is type(written)


@pytest.mark.parametrize(
    "make",
    [
        lambda: openbadges.Criteria(),
        lambda: openbadges.Criteria(narrative=" "),
        lambda: openbadges.Profile(id="college"),
        lambda: openbadges.GeoCoordinates(latitude=90.5, longitude=0),
        lambda: openbadges.GeoCoordinates(latitude=0, longitude=-181),
        lambda: openbadges.Address(address_country_code="USA"),
        lambda: openbadges.IdentityObject(
            hashed=True, identity_hash="md5$1", identity_type="userName"
        ),
        lambda: openbadges.Related(id="another"),
        lambda: openbadges.RefreshService(id="renew"),
        lambda: openbadges.TermsOfUse(type=""),
        lambda: openbadges.Profile(id="did:web:a.example", url="a.example"),
        lambda: openbadges.Image("logo.png"),
        lambda: openbadges.Alignment(target_name="", target_url="https://a.example"),
        lambda: openbadges.Alignment(target_name="Name", target_url="a b"),
        lambda: openbadges.Alignment(
            target_name="N", target_url="https://a.example", target_type="Skill"
        ),
        lambda: openbadges.IdentifierEntry(identifier="1", identifier_type="number"),
        lambda: openbadges.IdentityObject.plain("", identity_type="name"),
        lambda: achievement(name=" "),
        lambda: achievement(achievement_type="Medal"),
        lambda: achievement(achievement_type="ext: Medal"),
        lambda: achievement(result_description=(description(), description())),
        lambda: description(result_type="Mark"),
        lambda: description(allowed_value=("A", "B"), required_value="C"),
        lambda: description(value_min="10", value_max="9.5"),
        lambda: description(value_min="0", required_value="-1"),
        lambda: description(required_level="urn:uuid:9"),
        lambda: openbadges.Result(status="Passed"),
        lambda: openbadges.Result(status="ext:Passed"),
        lambda: subject(id=None),
        lambda: subject(result=(openbadges.Result(result_description="urn:uuid:9"),)),
        lambda: subject(result=(openbadges.Result(achieved_level="urn:uuid:9"),)),
        lambda: credential(id="1"),
        lambda: credential(name=" "),
        lambda: credential(valid_from=datetime(2026, 1, 31)),
        lambda: credential(valid_until=DAY),
    ],
)
def test_what_the_specification_forbids_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ForbiddenValue):
        make()


@pytest.mark.parametrize(
    ("members", "value"),
    [
        ({"allowed_value": ("A", "B")}, "C"),
        ({"value_min": "0", "value_max": "100"}, "100.5"),
        ({"value_min": "0", "value_max": "100"}, "-1"),
        ({"value_max": "100"}, "many"),
        ({"value_max": "100"}, "NaN"),
    ],
)
def test_a_result_outside_its_description_is_refused(members: dict[str, Any], value: str) -> None:
    of = achievement(result_description=(description(**members),))
    with pytest.raises(ForbiddenValue):
        subject(
            achievement=of,
            result=(openbadges.Result(result_description="urn:uuid:1", value=value),),
        )


def test_levels_and_statuses_belong_to_their_description() -> None:
    level = openbadges.RubricCriterionLevel(id="urn:uuid:l1", name="Good")
    rubric = description(result_type="RubricCriterionLevel", rubric_criterion_level=(level,))
    status = description(id="urn:uuid:2", result_type="Status")
    of = achievement(result_description=(rubric, status))

    def with_result(**members: Any) -> openbadges.AchievementSubject:
        return subject(achievement=of, result=(openbadges.Result(**members),))

    with_result(result_description="urn:uuid:1", achieved_level="urn:uuid:l1")
    with_result(result_description="urn:uuid:2", status="Completed")
    with pytest.raises(ForbiddenValue):
        with_result(result_description="urn:uuid:1", achieved_level="urn:uuid:l2")
    with pytest.raises(ForbiddenValue):
        with_result(result_description="urn:uuid:2", value="done")


def test_vocabularies_can_be_extended() -> None:
    assert achievement(achievement_type="ext:Medal").as_json()["achievementType"] == "ext:Medal"


def test_what_was_written_is_read_back(badge: dict[str, Any]) -> None:
    found = openbadges.AchievementSubject.from_json(badge["credentialSubject"])
    assert found.as_json() == badge["credentialSubject"]
    assert found.activity_start_date == datetime(2026, 1, 7, tzinfo=UTC)
    assert found.achievement.result_description[0].allowed_value[0] == "F"
    assert openbadges.AchievementSubject.from_json(found.as_json()) == found
    issuer = openbadges.Profile.from_json(badge["issuer"])
    assert issuer.as_json() == badge["issuer"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"type": "Achievement"},
        {"type": ["Achievement"]},
        {**achievement().as_json(), "gpa": 4},
        {**achievement().as_json(), "name": 4},
        {**achievement().as_json(), "tag": "numbers"},
        {**achievement().as_json(), "tag": [4]},
        {**achievement().as_json(), "criteria": "Pass."},
        {**achievement().as_json(), "creditsAvailable": True},
        {**achievement().as_json(), "image": None},
        {**achievement().as_json(), "version": None},
    ],
)
def test_what_was_not_written_here_is_not_read(document: Any) -> None:
    with pytest.raises(MalformedDocument):
        openbadges.Achievement.from_json(document)


def test_badges_satisfy_the_published_schema(
    shared_data: Path,
    college: College,
    make_badge: Callable[..., dict[str, Any]],
) -> None:
    path = shared_data / "schemas/ob-v3p0/ob_v3p0_achievementcredential_schema.json"
    validator = jsonschema.Draft201909Validator(
        json.loads(path.read_text()),
        format_checker=jsonschema.Draft201909Validator.FORMAT_CHECKER,
    )
    full = make_badge()
    for document in (
        credential(),
        full,
        college.sign(credential()),
        college.sign(full),
    ):
        assert [error.message for error in validator.iter_errors(document)] == []
    assert list(validator.iter_errors({**full, "description": None}))
