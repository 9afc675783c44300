"""Systems read links between frameworks and propose them; people decide."""

from typing import Any

import pytest
from django.conf import settings
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.models import LedgerEntry
from skills.models import Association, Framework, Skill

pytestmark = pytest.mark.django_db

PROPOSE = "/api/v1/associations/proposals"


@pytest.fixture
def writer(sis: APIClient) -> APIClient:
    """The system with a token that may propose."""
    AccessToken.objects.update(scope=" ".join([*settings.API_SCOPES, "skills.propose"]))
    return sis


@pytest.fixture
def other(college: Any) -> Skill:
    """A skill of another framework."""
    framework = Framework.objects.create(identifier="o", uri="https://o.example/", title="Other")
    return Skill.objects.create(
        framework=framework, identifier="1", uri="https://o.example/1", statement="Look closely"
    )


def test_a_system_proposes_links_that_wait_for_a_person(
    writer: APIClient, college: Any, other: Skill
) -> None:
    rows = [
        {"origin": college.skills[0].pk, "kind": "exactMatchOf", "destination": other.pk},
        {
            "origin": college.skills[1].pk,
            "kind": "isRelatedTo",
            "destination_uri": "https://elsewhere.example/7",
            "destination_title": "Drawing",
            "reason": "By our table",
        },
    ]
    answer = writer.post(PROPOSE, {"associations": rows}, format="json")
    assert answer.status_code == 201, answer.content
    new = answer.json()["new"]
    assert [(one["kind"], one["state"], one["destination"]) for one in new] == [
        ("exactMatchOf", "proposed", other.pk),
        ("isRelatedTo", "proposed", None),
    ]
    again = writer.post(PROPOSE, {"associations": rows}, format="json").json()
    assert (again["new"], len(again["standing"])) == ([], 2)
    link = Association.objects.get(destination=other)
    assert (link.proposed_by, link.client) == (None, "Student information system")
    assert LedgerEntry.objects.filter(act="association.proposed").count() == 2
    listed = writer.get("/api/v1/associations").json()["results"]
    assert {one["id"] for one in listed} == {one["id"] for one in new}


def test_all_that_is_wrong_is_told_by_its_place(
    writer: APIClient, college: Any, other: Skill
) -> None:
    mine = college.skills[0].pk
    rows = [
        {"origin": mine, "kind": "exactMatchOf", "destination": other.pk},
        {"origin": mine, "kind": "isPartOf", "destination": college.skills[1].pk},
        {"origin": mine, "kind": "isPartOf", "destination_uri": "javascript:1"},
    ]
    answer = writer.post(PROPOSE, {"associations": rows}, format="json")
    assert answer.status_code == 400
    pointers = [error["pointer"].split("/")[1:3] for error in answer.json()["errors"]]
    assert pointers == [["associations", "1"], ["associations", "2"]]
    assert not Association.objects.filter(framework=None).exists()


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ({"kind": "isPartOf", "destination": 1}, "origin"),
        ({"origin": 2**53, "kind": "isPartOf", "destination": 2**53}, "origin"),
        ({"origin": 1, "kind": "sameAs", "destination": 2}, "kind"),
        ({"origin": 1, "kind": "isPartOf"}, "non_field_errors"),
        ({"origin": "x", "kind": "isPartOf", "destination": 0}, "destination"),
        ({"origin": 1, "kind": "isPartOf", "destination_uri": "\0"}, "destination_uri"),
    ],
)
def test_what_no_link_can_be_is_refused(writer: APIClient, row: Any, pointer: str) -> None:
    answer = writer.post(PROPOSE, {"associations": [row]}, format="json")
    assert answer.status_code == 400
    assert f"/associations/0/{pointer}" in [one["pointer"] for one in answer.json()["errors"]]


def test_a_system_without_the_scope_may_only_read(sis: APIClient, other: Skill) -> None:
    assert sis.post(PROPOSE, {"associations": []}, format="json").status_code == 403
    assert sis.get("/api/v1/associations").status_code == 200


def test_a_body_that_is_nested_without_end_is_a_problem(writer: APIClient) -> None:
    answer = writer.post(PROPOSE, "[" * 100_000, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "too_deep")


def test_a_limit_of_thousands_of_digits_is_a_problem(writer: APIClient) -> None:
    answer = writer.get("/api/v1/associations", {"limit": "9" * 5_000})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_limit")
