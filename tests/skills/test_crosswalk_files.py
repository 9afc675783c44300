"""A crosswalk goes out and comes in again elsewhere as it was; what is wrong in it is all named."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from skills.models import Association, Framework, FrameworkImport, Skill
from skills.readers import formats
from skills.readers.records import Package
from skills.services import crosswalk, crosswalk_files, frameworks
from skills.services.crosswalk import Proposal
from skills.writers import case, crosswalk_csv
from tests.skills.test_crosswalk import framework, skill

HEADER = "Origin,Origin title,Association,Destination,Notes,Crosswalk\n"
ROW = "https://a.example/1,Weave,exactMatchOf,https://b.example/1,=Same,ours to theirs\n"


def read(text: str, **said: str) -> Package:
    return formats.read(text.encode(), file="crosswalk.csv", **said)


def said(package: Package) -> list[tuple[Any, ...]]:
    return [(one.row, one.column, one.code) for one in package.problems]


def test_a_sheet_of_links_is_recognised_and_read_in_cases_words() -> None:
    assert formats.recognise((HEADER + ROW).encode()) == "crosswalk_csv"
    found = read(HEADER + ROW.replace("exactMatchOf", "exact match of"))
    assert found.framework is not None
    assert (found.framework.identifier, found.skills, found.problems) == ("ours to theirs", (), ())
    (link,) = found.associations
    assert (link.type, link.origin_uri, link.destination_uri, link.origin_title, link.notes) == (
        "exactMatchOf",
        "https://a.example/1",
        "https://b.example/1",
        "Weave",
        "=Same",
    )


def test_every_wrong_cell_is_named_in_one_pass_with_row_and_column() -> None:
    rows = [
        ROW,
        ROW,
        "https://a.example/2,,sameAs,https://b.example/2,,\n",
        "S-1,,isPartOf,,,\n",
        "https://a.example/3,,isPartOf,https://a.example/3,,another\n",
        "https://a.example/4,,ext:overlaps,https://b.example/4,,\n",
    ]
    found = read(HEADER + "".join(rows))
    assert said(found) == [
        (3, "Origin", "duplicate"),
        (4, "Association", "unknown_word"),
        (5, "Origin", "bad_uri"),
        (5, "Destination", "required"),
        (6, "Destination", "self_association"),
        (6, "Crosswalk", "several_crosswalks"),
    ]
    assert all(one.reason and one.fix for one in found.problems)
    assert [one.type for one in found.associations] == ["exactMatchOf", "ext:overlaps"]


def test_a_sheet_that_does_not_say_which_crosswalk_it_is_needs_a_person_to_say_it() -> None:
    text = "origin,association,destination\nhttps://a.example/1,isPartOf,https://b.example/1\n"
    assert said(read(text)) == [(None, "", "no_identity")]
    found = read(text, framework_id="x-1", title="Ours to theirs")
    assert found.framework is not None
    assert (found.framework.title, len(found.associations)) == ("Ours to theirs", 1)


# With a database


@pytest.fixture
def walk(db: None) -> tuple[Framework, Framework]:
    """Two frameworks with a crosswalk: accepted, accepted the other way, and still waiting."""
    ann, bob = (User.objects.create(username=name) for name in ("ann", "bob"))
    left, right = framework("left"), framework("right")
    ours = [skill(left, f"ours {n}", code=f"-{n}") for n in range(3)]
    theirs = [skill(right, f"=theirs {n}") for n in range(3)]
    links = crosswalk.propose(
        [
            Proposal(origin=ours[0], kind="exactMatchOf", destination=theirs[0], reason="@same"),
            Proposal(origin=theirs[1], kind="isPartOf", destination=ours[1]),
            Proposal(origin=ours[2], kind="precedes", destination=theirs[2]),
        ],
        by=ann,
    ).new
    crosswalk.accept(links[:2], by=bob)
    return left, right


def as_csv(package: Package) -> bytes:
    return "".join(crosswalk_csv.write(package)).encode()


def as_case(package: Package) -> bytes:
    return "".join(case.write(package)).encode()


def bring(data: bytes) -> FrameworkImport:
    return frameworks.apply(
        frameworks.plan(formats.read(data, file="f"), sha256="x"), by=None, source="f"
    )


def saying(source: Framework) -> set[tuple[Any, ...]]:
    rows = Association.objects.filter(framework=source, retired_at=None)
    return {
        (
            row.kind,
            row.origin and row.origin.statement,
            row.destination and row.destination.statement,
            row.origin_uri,
            row.destination_uri,
            row.notes,
        )
        for row in rows.select_related("origin", "destination")
    }


@pytest.mark.parametrize("write", [as_csv, as_case])
def test_an_exported_crosswalk_comes_in_as_accepted_with_its_source(
    walk: Any, write: Callable[[Package], bytes]
) -> None:
    exported = write(crosswalk_files.package(*walk, creator="Small College"))
    source = bring(exported).framework
    assert (source.creator, source.title) == ("Small College", "Crosswalk: left / right")
    assert source.skills.count() == 0
    assert saying(source) == {
        (
            "exactMatchOf",
            "ours 0",
            "=theirs 0",
            "https://left.example/ours-0",
            "https://right.example/=theirs-0",
            "@same",
        ),
        (
            "isPartOf",
            "=theirs 1",
            "ours 1",
            "https://right.example/=theirs-1",
            "https://left.example/ours-1",
            "",
        ),
    }
    assert set(Association.objects.filter(framework=source).values_list("state", flat=True)) == {
        "accepted"
    }
    before = Association.objects.count()
    bring(exported)
    assert Association.objects.count() == before


def test_both_files_say_the_same_and_the_other_way_round_it_is_the_same_crosswalk(
    walk: Any,
) -> None:
    source = bring(as_csv(crosswalk_files.package(*walk))).framework
    held = saying(source)
    again = bring(as_case(crosswalk_files.package(walk[1], walk[0]))).framework
    assert again == source
    assert saying(again) == held


def test_what_is_ended_here_is_retired_where_the_next_export_is_taken_in(walk: Any) -> None:
    source = bring(as_csv(crosswalk_files.package(*walk))).framework
    link = Association.objects.get(framework=None, kind="isPartOf")
    assert link.reviewed_by is not None
    crosswalk.withdraw([link], by=link.reviewed_by, reason="No more")
    bring(as_csv(crosswalk_files.package(*walk)))
    assert [one[0] for one in saying(source)] == ["exactMatchOf"]


def test_what_several_sources_say_is_exported_once(walk: Any) -> None:
    rows = "Origin,Association,Destination,Identifier,Crosswalk\n"
    rows += "https://left.example/ours-0,exactMatchOf,https://right.example/=theirs-0,1,other\n"
    rows += "https://left.example/ours-0,isRelatedTo,https://right.example/=theirs-1,2,other\n"
    bring(rows.encode())
    bring(rows.replace(",other", ",third").replace("isRelatedTo", "precedes").encode())
    found = crosswalk_files.package(*walk).associations
    assert sorted(one.type for one in found) == [
        "exactMatchOf",
        "isPartOf",
        "isRelatedTo",
        "precedes",
    ]
    assert len({one.identifier for one in found}) == 4
    assert bring(as_csv(crosswalk_files.package(*walk))).framework.associations.count() == 4


def test_the_case_export_is_json_of_links_alone(walk: Any) -> None:
    document = json.loads(as_case(crosswalk_files.package(*walk)))
    assert document["CFItems"] == []
    assert {one["associationType"] for one in document["CFAssociations"]} == {
        "exactMatchOf",
        "isPartOf",
    }


def test_links_to_what_is_not_held_are_kept_and_find_their_skill_later(db: None) -> None:
    source = bring((HEADER + ROW).encode()).framework
    link = Association.objects.get(framework=source)
    assert (link.origin, link.destination) == (None, None)
    assert Skill.objects.count() == 0
