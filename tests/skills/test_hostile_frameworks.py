"""Files made to do harm, or that nobody thought of: each comes in, or is refused with a reason."""

import gzip
from itertools import count, product
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from skills.errors import ImportRefused, PlanOutdated
from skills.models import Association, Framework, Skill
from skills.readers import formats, packed
from skills.services import frameworks, hierarchy
from tests.skills.test_frameworks import (
    bring,
    compare,
    end,
    item,
    link,
    number,
    package,
)
from tests.skills.test_packed_frameworks import zipped

pytestmark = pytest.mark.django_db

Document = dict[str, Any]


def another(*numbers: int, **document: Any) -> Document:
    return package(*numbers, identifier=str(uuid4()), **document)


def sheet(framework: str, *codes: str) -> frameworks.Plan:
    rows = "".join(f"Statement {code},{code}\n" for code in codes)
    header = "fullStatement,Identifier\n"
    file = formats.read(
        (header + rows).encode(), format_name="opensalt_csv", framework_id=framework, title="x"
    )
    return frameworks.plan(file)


def codes_of(refused: pytest.ExceptionInfo[ImportRefused]) -> set[str]:
    return {problem.code for problem in refused.value.problems}


def test_a_day_that_changes_is_kept_in_the_record_of_the_import() -> None:
    bring(package(1))
    newer = package(1)
    newer["CFItems"][0]["statusStartDate"] = "2026-09-01"
    (difference,) = bring(newer).differences
    assert difference["fields"] == {"starts_on": [None, "2026-09-01"]}


def test_two_frameworks_that_are_known_by_one_uuid_have_a_page_each() -> None:
    known = str(uuid4())
    bring(package(1, identifier=known))
    for other in (f"ce-{known}", f"https://other.example/{known}"):
        frameworks.apply(sheet(other, "A"), by=None, source="x")
    assert Framework.objects.values("uuid").distinct().count() == 3
    assert str(Framework.objects.get(identifier=known).uuid) == known


def test_a_file_that_claims_the_uuid_a_name_makes_keeps_no_other_framework_out() -> None:
    claimed = str(uuid5(NAMESPACE_URL, "college-b\nA"))
    document = another(1)
    document["CFItems"] = [item(1) | {"identifier": claimed}]
    document["CFAssociations"] = []
    bring(document)
    frameworks.apply(sheet("college-b", "A", "B"), by=None, source="x")
    assert Skill.objects.filter(framework__identifier="college-b").count() == 2


def test_of_two_plans_that_give_one_uuid_the_second_is_made_anew() -> None:
    first, second = another(1), another(1)
    planned = compare(second)
    bring(first)
    with pytest.raises(PlanOutdated):
        frameworks.apply(planned, by=None, source="x")
    bring(second)
    assert Skill.objects.filter(code="S.1").values("uuid").distinct().count() == 2


def test_an_address_for_which_no_index_has_room_is_refused() -> None:
    document = package(1)
    letters = "".join(chr(0x20000 + n * 41) for n in range(980))
    document["CFItems"][0]["uri"] = f"https://x.example/{letters}"
    with pytest.raises(ImportRefused) as refused:
        compare(document)
    assert "bad_uri" in codes_of(refused)


def test_of_a_link_whose_ends_are_one_foreign_skill_one_end_lies_outside() -> None:
    foreign = another(5)
    bring(foreign)
    address = foreign["CFItems"][0]["uri"]
    document = another(1)
    document["CFAssociations"] = [
        link(1)
        | {
            "associationType": "isRelatedTo",
            "originNodeURI": end(str(uuid4())) | {"uri": address},
            "destinationNodeURI": end(str(uuid4())) | {"uri": address},
        }
    ]
    bring(document)
    kept = Association.objects.get(kind="isRelatedTo")
    assert (kept.origin_uri, kept.destination_uri) == (address, address)
    assert (kept.origin, kept.destination) == (Skill.objects.get(code="S.5"), None)


def test_a_file_without_skills_is_no_newer_edition_of_a_framework_that_has_some() -> None:
    bring(package(1, 2))
    with pytest.raises(ImportRefused) as refused:
        compare(package())
    assert "nothing_left" in codes_of(refused)
    assert Skill.objects.filter(retired_at=None).count() == 2


def test_a_long_way_of_replacements_is_followed_in_two_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    document = package(*range(1, 201))
    document["CFAssociations"] = [
        link(n, number("1", n + 1)) | {"associationType": "replacedBy"} for n in range(1, 200)
    ]
    bring(document)
    first, last = Skill.objects.get(code="S.1"), Skill.objects.get(code="S.200")
    with django_assert_num_queries(2):
        assert frameworks.successors([first]) == {first.pk: [last]}


def test_a_hierarchy_with_more_ways_than_skills_is_shown_at_once(client: Client) -> None:
    """Twenty layers of five, each skill below all of the layer above: 19 million million ways."""
    layers, width, numbers = 20, 5, count(1)
    document = package(*range(1, layers * width + 1))
    document["CFAssociations"] = [
        link(next(numbers), number("1", (layer - 1) * width + above + 1))
        | {"originNodeURI": end(number("1", layer * width + below + 1))}
        for layer, above, below in product(range(1, layers), range(width), range(width))
    ]
    bring(document)
    framework = Framework.objects.get()
    assert len(hierarchy.tree(framework)) == width
    answer = client.get(f"/frameworks/{framework.uuid}")
    assert answer.status_code == 200
    assert "Statement 100" in answer.content.decode()


def test_files_packed_within_a_zip_share_the_room_of_one() -> None:
    half = gzip.compress(b"\0" * (packed.MAX_BYTES // 2 + 1))
    found = formats.read(zipped({"a.csv.gz": half, "b.csv.gz": half}), file="x.zip")
    assert [problem.code for problem in found.problems] == ["too_large"]


def test_a_file_of_millions_of_empty_lists_is_refused_before_it_is_read() -> None:
    data = b'{"CFDocument":[' + b"[]," * 2_000_000 + b"[]]}"
    found = formats.read(data, file="x.json")
    assert [problem.code for problem in found.problems] == ["too_many"]
