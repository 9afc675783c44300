"""What a row leads to is told as it is sent: every reference goes back and forth unchanged."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from registrar.models import Learner, Result
from registrar.readers.row_members import MEMBERS
from tests.cast import College

pytestmark = pytest.mark.django_db

# A name of a system with signs that have a meaning in a key, and in an address.
SOURCE = "Bänner: 50% & more"
ROWS: dict[str, list[dict[str, Any]]] = {
    "organisations": [
        {"sourced_id": "a b/c:d", "name": "Mathematics", "parent": "sis:own:sci"},
        {"sourced_id": "logic", "name": "Logic", "parent": "a b/c:d"},
    ],
    "terms": [
        {"sourced_id": "y", "title": "Y", "starts_on": "2026-01-01", "ends_on": "2026-12-31"},
        {
            "sourced_id": "t",
            "title": "T",
            "starts_on": "2026-01-01",
            "ends_on": "2026-05-31",
            "parent": "y",
        },
    ],
    "courses": [{"sourced_id": "c", "title": "Sets", "organisation": "logic", "credits": 3.5}],
    "activities": [{"sourced_id": "club", "title": "Chess", "organisation": "sis:own:art"}],
    "outcomes": [{"code": "SET-1", "course": "c", "statement": "Count."}],
    "offerings": [
        {"sourced_id": "o", "course": "c", "title": "Sets", "term": "t"},
        {"sourced_id": "o2", "course": "sis:sis:bio-101", "title": "Cells", "term": "t"},
    ],
    "enrolments": [
        {"sourced_id": "e", "offering": "o", "learner": "sis:sis:stu-1001"},
        {"sourced_id": "e2", "offering": "sis:sis:bio-101-26S", "learner": "sis:sis:stu-1001"},
    ],
    "line-items": [
        {"sourced_id": "i", "offering": "o", "title": "Final"},
        {"sourced_id": "i2", "offering": "sis:sis:bio-101-26S", "title": "Quiz"},
    ],
    "results": [
        {"sourced_id": "r", "line_item": "i", "learner": "sis:sis:stu-1001", "text": "Pass"},
        {
            "sourced_id": "r2",
            "line_item": "sis:sis:bio-101-26S-final",
            "learner": "sis:sis:stu-1001",
            "outcome": "BIO101-1",
            "score": 3,
        },
    ],
}


@pytest.fixture
def system(sis: APIClient, ada: Learner) -> APIClient:
    scopes = [*settings.API_SCOPES, *settings.SIS_WRITE_SCOPES, "templates.read"]
    AccessToken.objects.update(scope=" ".join(scopes))
    for kind, rows in ROWS.items():
        assert became(sis, kind, rows) == ["created"] * len(rows)
    return sis


def became(system: APIClient, kind: str, rows: list[dict[str, Any]]) -> list[str]:
    answer = system.post(
        f"/api/v1/{kind}?source={quote(SOURCE)}", json.dumps(rows), content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    told = answer.json()["rows"]
    assert [row["errors"] for row in told if row["errors"]] == []
    return [row["status"] for row in told]


def sendable(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """Of what is read, all that may be sent."""
    return {member.name: row[member.name] for member in MEMBERS[kind] if member.name in row}


@pytest.mark.parametrize("kind", ROWS)
def test_what_is_read_is_sent_back_and_changes_nothing(system: APIClient, kind: str) -> None:
    found = system.get(f"/api/v1/{kind}").json()["results"]
    keys = {row[MEMBERS[kind][0].name] for row in ROWS[kind]}
    mine = [row for row in found if row[MEMBERS[kind][0].name] in keys]
    assert len(mine) == len(ROWS[kind])
    assert became(system, kind, [sendable(kind, row) for row in mine]) == ["unchanged"] * len(mine)
    for row in mine:
        changed = system.patch(
            f"/api/v1/{kind}/{row['id']}",
            json.dumps(sendable(kind, row)),
            content_type="application/json",
        )
        assert (changed.status_code, changed.json()) == (200, row)


@pytest.mark.parametrize("kind", ROWS)
def test_what_a_row_leads_to_is_asked_for_by_what_is_read(system: APIClient, kind: str) -> None:
    leads = {member.name: member.leads_to for member in MEMBERS[kind] if member.leads_to}
    where = {"opportunities": "courses"}
    asked = 0
    for row in system.get(f"/api/v1/{kind}").json()["results"]:
        for name, to in leads.items():
            if row[name] is None:
                continue
            assert row[name].startswith("sis:")
            led_to = system.get(f"/api/v1/{where.get(to, to)}/{quote(row[name], safe='')}")
            assert led_to.status_code == 200, row[name]
            among = system.get(f"/api/v1/{kind}", {name: row[name]}).json()["results"]
            assert row["id"] in [each["id"] for each in among]
            asked += 1
    assert asked


def test_a_learner_whom_two_systems_know_is_told_by_the_key_of_the_record(
    system: APIClient, ada: Learner
) -> None:
    told = system.get("/api/v1/results/" + str(Result.objects.get(sourced_id="r").pk)).json()
    assert told["learner"] == f"sis:{ada.source}:{ada.sourced_id}"
    (record,) = system.get("/api/v1/records").json()["results"]
    assert record["learner"] == told["learner"]


def test_a_template_tells_whose_it_is_as_it_was_sent(
    system: APIClient, college: College, cells: Any
) -> None:
    (told,) = system.get("/api/v1/templates").json()["results"]
    assert told["organisation"] == "sis:own:sci"
