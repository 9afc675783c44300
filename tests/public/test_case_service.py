"""The college's frameworks as a service of CASE: to read, by all."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from django.test import Client

from skills.models import Framework, Skill
from skills.readers import case, formats
from skills.services import frameworks
from tests import groundwork
from tests.skills.case_documents import DOCUMENT, ITEMS, LINKS, full_package

pytestmark = pytest.mark.django_db

BASE = "/ims/case/v1p1"
# An identifier that nothing has.
NOBODYS = "33e8882d-10d9-42b5-aef4-8e07847824ba"


def fetched(client: Client, address: str, **headers: str) -> Any:
    """The answer, read to its end: closed before that, it would close the test's connection."""
    answer = client.get(address, headers=headers)
    if answer.streaming:
        answer.getvalue()
    return answer


def bring(package: dict[str, Any], *, is_own: bool = True) -> Framework:
    data = json.dumps(package).encode()
    return frameworks.apply(
        frameworks.plan(formats.read(data, file="f")), by=None, source="f", is_own=is_own
    ).framework


@groundwork.laid
def ward(db: None) -> Framework:
    """A framework of our own, with everything that CASE lets it have."""
    return bring(full_package())


@pytest.fixture
def theirs(shared_data: Path) -> Framework:
    """Somebody else's framework."""
    path = shared_data / "competencies" / "cocurricular_case_v1p1.json"
    return bring(json.loads(path.read_text()), is_own=False)


def get(client: Client, path: str, **asked: str) -> Any:
    answer = client.get(f"{BASE}/{path}", asked)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    return answer.json() if not answer.streaming else json.loads(answer.getvalue())


def test_the_documents_are_the_colleges_own(client: Client, ward: Any, theirs: Any) -> None:
    (document,) = get(client, "CFDocuments")["CFDocuments"]
    assert document["identifier"] == DOCUMENT
    assert document["CFPackageURI"]["uri"].endswith(f"{BASE}/CFPackages/{DOCUMENT}")
    assert get(client, f"CFDocuments/{DOCUMENT}") == document
    assert client.get(f"{BASE}/CFPackages/{theirs.identifier}").status_code == 404
    skill = theirs.skills.first()
    assert client.get(f"{BASE}/CFItems/{skill.identifier}").status_code == 404


@pytest.mark.parametrize("version", ["0", "1"])
def test_a_package_is_what_the_published_schema_allows(
    client: Client, ward: Framework, shared_data: Path, version: str
) -> None:
    answer = client.get(f"/ims/case/v1p{version}/CFPackages/{DOCUMENT}")
    data = answer.getvalue()
    path = shared_data / "case" / f"case-v1p{version}-cfpackage.schema.json"
    jsonschema.validate(json.loads(data), json.loads(path.read_text()))
    assert int(answer["Content-Length"]) == len(data)
    found = case.read(data)
    assert (len(found.skills), len(found.associations)) == (3, 3)


def test_each_object_of_a_package_answers_by_itself(client: Client, ward: Framework) -> None:
    package = get(client, f"CFPackages/{DOCUMENT}")
    for name in ("CFItems", "CFAssociations", "CFRubrics"):
        for whole in package[name]:
            alone = get(client, f"{name}/{whole['identifier']}")
            document = alone.pop("CFDocumentURI", None)
            assert alone == whole
            assert name == "CFRubrics" or document["identifier"] == DOCUMENT
    definitions = package["CFDefinitions"]
    for name in ("CFConcepts", "CFSubjects", "CFItemTypes"):
        (whole,) = definitions[name]
        assert get(client, f"{name}/{whole['identifier']}") == {name: [whole]}
    for name in ("CFLicenses", "CFAssociationGroupings"):
        (whole,) = definitions[name]
        assert get(client, f"{name}/{whole['identifier']}") == whole


def test_an_item_comes_with_what_leads_from_it_and_to_it(client: Client, ward: Framework) -> None:
    found = get(client, f"CFItemAssociations/{ITEMS[0]}")
    assert found["CFItem"]["identifier"] == ITEMS[0]
    assert [one["identifier"] for one in found["CFAssociations"]] == LINKS


def test_a_retired_item_answers_for_good_and_says_when_it_ended(
    client: Client, ward: Framework
) -> None:
    package = full_package()
    package["CFItems"].pop()
    package["CFAssociations"][2] |= {
        "associationType": "replacedBy",
        "destinationNodeURI": package["CFAssociations"][1]["originNodeURI"],
    }
    bring(package)
    item = get(client, f"CFItems/{ITEMS[2]}")
    assert (
        item["statusEndDate"]
        == Skill.objects.get(identifier=ITEMS[2]).retired_at.date().isoformat()
    )
    (link,) = get(client, f"CFItemAssociations/{ITEMS[2]}")["CFAssociations"]
    assert link["associationType"] == "replacedBy"
    kept = get(client, f"CFPackages/{DOCUMENT}")
    assert ITEMS[2] not in [one["identifier"] for one in kept["CFItems"]]
    assert link["identifier"] in [one["identifier"] for one in kept["CFAssociations"]]


def test_concepts_come_with_those_below_them(client: Client, db: None) -> None:
    package = full_package()
    (concept,) = package["CFDefinitions"]["CFConcepts"]
    codes = {"1.1": str(uuid4()), "1.1.2": str(uuid4()), "10": str(uuid4())}
    package["CFDefinitions"]["CFConcepts"] += [
        {**concept, "identifier": identifier, "hierarchyCode": code}
        for code, identifier in codes.items()
    ]
    bring(package)
    found = get(client, f"CFConcepts/{concept['identifier']}")["CFConcepts"]
    assert sorted(one["hierarchyCode"] for one in found) == ["1", "1.1", "1.1.2"]


# Lists


@groundwork.laid
def many(db: None) -> list[Framework]:
    """Five frameworks of our own."""
    found = []
    for number, title in enumerate(["Delta", "alpha", "Echo", "Bravo", "Charlie"], start=1):
        package = full_package()
        text = json.dumps(package).replace("0000-4000-8000-0000", f"0000-4000-8{number}00-0000")
        package = json.loads(text)
        package["CFDocument"] |= {
            "title": title,
            "adoptionStatus": "Adopted" if number > 2 else "Draft",
            "lastChangeDateTime": f"2026-0{number}-01T00:00:00Z",
        }
        found.append(bring(package))
    return found


def titles(client: Client, **asked: str) -> list[str]:
    return [one["title"] for one in get(client, "CFDocuments", **asked)["CFDocuments"]]


def test_lists_come_in_pages_that_lead_to_one_another(client: Client, many: Any) -> None:
    answer = client.get(f"{BASE}/CFDocuments", {"limit": 2, "offset": 2, "sort": "title"})
    assert [one["title"] for one in answer.json()["CFDocuments"]] == ["Charlie", "Delta"]
    assert answer["X-Total-Count"] == "5"
    links = dict(
        (relation.removeprefix("rel=").strip('"'), address.strip("<>"))
        for address, relation in (part.split("; ") for part in answer["Link"].split(", "))
    )
    assert set(links) == {"first", "prev", "next", "last"}
    assert "limit=2" in links["next"] and "offset=4" in links["next"]
    assert "sort=title" in links["next"]
    seen, address = [], f"{BASE}/CFDocuments?limit=2&sort=title"
    while address:
        page = client.get(address)
        seen += [one["title"] for one in page.json()["CFDocuments"]]
        following = [part for part in page["Link"].split(", ") if 'rel="next"' in part]
        address = following[0].split(">")[0].strip("<") if following else ""
    assert seen == ["alpha", "Bravo", "Charlie", "Delta", "Echo"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"filter": "title='delta'"}, ["Delta"]),
        ({"filter": "title~'LPH'"}, ["alpha"]),
        ({"filter": "title!='delta' AND adoptionStatus='Draft'"}, ["alpha"]),
        ({"filter": "title='delta' OR title='echo'"}, ["Delta", "Echo"]),
        ({"filter": "lastChangeDateTime>'2026-04-01T00:00:00.000Z'"}, ["Charlie"]),
        ({"filter": "lastChangeDateTime>='2026-04-01'"}, ["Bravo", "Charlie"]),
        ({"filter": "lastChangeDateTime<'2026-02-01'"}, ["Delta"]),
        ({"filter": "licenseURI.title='x'", "limit": "1"}, ["Delta"]),
        ({"filter": "subject='care'", "limit": "1"}, ["Delta"]),
        ({"filter": "publisher='x'"}, []),
        ({"filter": "publisher!='x'", "limit": "1"}, ["Delta"]),
        ({"filter": "creator='O''Brien'"}, []),
        ({"sort": "lastChangeDateTime", "orderBy": "desc", "limit": "2"}, ["Charlie", "Bravo"]),
        ({"sort": "nonsense", "limit": "2"}, ["Delta", "alpha"]),
        ({"limit": "0"}, []),
        ({"offset": "9"}, []),
    ],
)
def test_lists_are_filtered_and_sorted_as_asked(
    client: Client, many: Any, asked: dict[str, str], expected: list[str]
) -> None:
    assert titles(client, **asked) == expected


def test_only_the_fields_that_were_asked_for_come(client: Client, many: Any) -> None:
    found = get(client, "CFDocuments", fields="identifier, title")["CFDocuments"]
    assert all(set(one) == {"identifier", "title"} for one in found)
    whole = get(client, "CFDocuments")["CFDocuments"]
    assert get(client, "CFDocuments", fields="title,nonsense")["CFDocuments"] == whole


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("CFDocuments?filter=nonsense%3D'x'", 400, "invalid_filter_field"),
        ("CFDocuments?filter=title", 400, "invalid_filter_field"),
        ("CFDocuments?filter=title%3D'a'%20XOR%20title%3D'b'", 400, "invalid_filter_field"),
        (
            "CFDocuments?filter=title%3D'a'%20OR%20title%3D'b'%20OR%20title%3D'c'",
            400,
            "invalid_filter_field",
        ),
        ("CFDocuments?limit=-1", 400, "invalid_selection_field"),
        ("CFDocuments?offset=x", 400, "invalid_selection_field"),
        ("CFDocuments/nonsense", 404, "invaliduuid"),
        (f"CFDocuments/{NOBODYS}", 404, "unknownobject"),
        (f"CFPackages/{NOBODYS}", 404, "unknownobject"),
        (f"CFItems/{NOBODYS}", 404, "unknownobject"),
        (f"CFItemAssociations/{NOBODYS}", 404, "unknownobject"),
        (f"CFAssociations/{NOBODYS}", 404, "unknownobject"),
        (f"CFRubrics/{NOBODYS}", 404, "unknownobject"),
        (f"CFConcepts/{NOBODYS}", 404, "unknownobject"),
        ("CFNothing", 404, "unknownobject"),
    ],
)
def test_what_is_wrong_is_told_as_1edtech_tells_it(
    client: Client, ward: Any, path: str, status: int, code: str
) -> None:
    answer = client.get(f"{BASE}/{path}")
    assert answer.status_code == status
    told = answer.json()
    assert (told["imsx_codeMajor"], told["imsx_severity"]) == ("failure", "error")
    (field,) = told["imsx_codeMinor"]["imsx_codeMinorField"]
    assert field["imsx_codeMinorFieldValue"] == code
    assert told["imsx_description"]
    assert answer["Cache-Control"] == "no-store"


# Caches


def test_caches_ask_whether_there_is_a_newer_edition(client: Client, ward: Framework) -> None:
    for path in (f"CFPackages/{DOCUMENT}", f"CFItems/{ITEMS[0]}", "CFDocuments"):
        answer = fetched(client, f"{BASE}/{path}")
        assert set(answer["Cache-Control"].split(", ")) == {"max-age=300", "public"}
        again = client.get(f"{BASE}/{path}", headers={"if-none-match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == answer["ETag"]
    whole = fetched(client, f"{BASE}/CFPackages/{DOCUMENT}")["ETag"]
    assert fetched(client, f"/ims/case/v1p0/CFPackages/{DOCUMENT}")["ETag"] != whole
    package = full_package()
    package["CFItems"][0]["fullStatement"] = "In other words"
    bring(package)
    newer = fetched(client, f"{BASE}/CFPackages/{DOCUMENT}", **{"if-none-match": whole})
    assert newer.status_code == 200
    assert newer["ETag"] != whole


def test_a_package_is_not_read_for_those_who_have_it(
    client: Client, ward: Framework, django_assert_max_num_queries: Any
) -> None:
    tag = fetched(client, f"{BASE}/CFPackages/{DOCUMENT}")["ETag"]
    with django_assert_max_num_queries(6):
        client.get(f"{BASE}/CFPackages/{DOCUMENT}", headers={"if-none-match": tag})


def test_the_service_is_read_only(client: Client, ward: Framework) -> None:
    assert client.post(f"{BASE}/CFDocuments").status_code == 405
    assert client.head(f"{BASE}/CFDocuments").status_code == 200
