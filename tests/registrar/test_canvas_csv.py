"""Canvas's SIS CSV: told by its columns, read row by row into the same roster as OneRoster's."""

import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from registrar.models import (
    Course,
    Enrolment,
    Learner,
    NightRun,
    Offering,
    OrganizationUnit,
    RosterImport,
)
from registrar.readers import rosters as reader
from registrar.readers.records import Bundle
from registrar.services.feeding import feeds, nights, rosters
from tests.registrar.test_commands_import import outcome
from tests.registrar.test_oneroster_csv import Roster, codes, zipped

TODAY = date(2026, 6, 8)


class Sis:
    """A small good export that a test may spoil before it is written."""

    def __init__(self) -> None:
        self.rows = {
            "accounts": ["account_id,parent_account_id,name,status", "A1,,Sciences,active"],
            "terms": [
                "term_id,name,status,start_date,end_date",
                "T1,Autumn,active,2025-09-01T06:00:00Z,2025-12-20 00:00:00-06:00",
                "T0,Default term,active,,",
            ],
            "courses": [
                "Course_ID,short_name,long_name,account_id,term_id,status",
                "C1,BOT101,Botany,A1,T1,active",
                "C2,ZOO101,Zoology,,T0,completed",
            ],
            "sections": [
                "section_id,course_id,name,status",
                "S1,C1,Botany A,active",
                "S2,C1,Botany B,Active",
            ],
            "users": [
                "user_id,login_id,password,first_name,last_name,full_name,sortable_name,email,status",
                "000123,ada,secret,Ada,Okafor,,,ada@example.edu,active",
                '000124,ben,secret,,,Ben de Ortiz,"de Ortiz, Ben",,suspended',
                "000900,tess,,Tess,Teacher,,,tess@example.edu,active",
            ],
            "enrollments": [
                "course_id,user_id,role,section_id,status,start_date,end_date",
                "C1,000123,student,S1,active,2025-09-01,",
                "C1,000124,student,S2,completed,,",
                ",000900,teacher,S1,active,,",
                "C2,000123,Student,,active,,",
            ],
        }

    def change(self, kind: str, old: str, new: str) -> "Sis":
        text = "\n".join(self.rows[kind])
        assert old in text
        self.rows[kind] = text.replace(old, new, 1).split("\n")
        return self

    def add(self, kind: str, *rows: str) -> "Sis":
        self.rows[kind] = self.rows.get(kind, []) + list(rows)
        return self

    def files(self) -> dict[str, bytes]:
        return {f"{kind}.csv": "\n".join([*rows, ""]).encode() for kind, rows in self.rows.items()}

    def put(self, folder: Path) -> Path:
        return put(folder, self.files())

    def read(self, folder: Path) -> Bundle:
        return reader.read(self.put(folder))


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    for old in folder.iterdir():
        old.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def sis() -> Sis:
    return Sis()


# Reading


def test_courses_become_courses_and_their_sections_offerings(sis: Sis, tmp_path: Path) -> None:
    bundle = sis.read(tmp_path)
    assert codes(bundle) == [("terms.csv", 3, "start_date", "no_dates", "warning")]
    courses = {each.sourced_id: (each.code, each.title, each.org_id) for each in bundle.courses}
    assert courses == {
        "C1": ("BOT101", "Botany", "A1"),
        "C2": ("ZOO101", "Zoology", "root account"),
    }
    offerings = {each.sourced_id: (each.course_id, each.term_ids) for each in bundle.classes}
    assert offerings == {"S1": ("C1", ("T1",)), "S2": ("C1", ("T1",)), "C2": ("C2", ())}
    (term,) = bundle.sessions
    assert (term.starts_on, term.ends_on) == (date(2025, 9, 1), date(2025, 12, 20))
    people = {each.sourced_id: (each.given_name, each.family_name) for each in bundle.users}
    assert people["000124"] == ("Ben", "de Ortiz")
    assert "secret" not in repr(bundle)
    assert [(each.class_id, each.user_id, each.role) for each in bundle.enrollments] == [
        ("S1", "000123", "student"),
        ("S2", "000124", "student"),
        ("S1", "000900", "teacher"),
        ("C2", "000123", "student"),
    ]


@pytest.mark.parametrize(
    ("status", "is_gone"),
    [
        ("active", False),
        ("completed", False),
        ("inactive", True),
        ("Deleted", True),
        ("deleted_last_completed", False),
    ],
)
def test_who_has_finished_stays_and_who_takes_no_part_does_not(
    status: str, is_gone: bool, sis: Sis, tmp_path: Path
) -> None:
    bundle = sis.change("enrollments", "S2,completed", f"S2,{status}").read(tmp_path)
    assert bundle.enrollments[1].deleted == is_gone


def test_who_moved_to_another_section_of_the_course_has_left_the_first(
    sis: Sis, tmp_path: Path
) -> None:
    sis.change("enrollments", "S1,active,2025-09-01", "S1,deleted_last_completed,2025-09-01")
    sis.add("enrollments", "C1,000123,student,S2,active,,")
    found = {each.class_id: each.deleted for each in sis.read(tmp_path).enrollments[:1]}
    assert found == {"S1": True}


def test_people_are_found_by_their_other_ids(sis: Sis, tmp_path: Path) -> None:
    sis.change("users", "user_id,", "integration_id,user_id,")
    sis.rows["users"][1:] = [f"i-{row[:6]},{row}" for row in sis.rows["users"][1:]]
    sis.add("logins", "user_id,login_id,existing_integration_id", "L9,ada2,i-000123")
    sis.rows["enrollments"] = [
        "section_id,user_id,user_integration_id,role,status",
        "S1,L9,,student,active",
        "S2,,i-000124,student,active",
        "S2,,i-nobody,student,active",
    ]
    bundle = sis.read(tmp_path)
    assert [each.user_id for each in bundle.enrollments] == ["000123", "000124"]
    assert ("enrollments.csv", 4, "user_integration_id", "unknown_reference", "error") in codes(
        bundle
    )
    assert bundle.refused["enrollments.csv"] == 1


@pytest.mark.parametrize(
    ("kind", "old", "new", "found"),
    [
        ("users", "ada@example.edu,active", "ada@example.edu,gone", (2, "status", "bad_word")),
        ("users", "ada@example.edu,active", "no address,active", (2, "email", "bad_email")),
        ("users", "Ada,Okafor,,,", ",,,,", (2, "full_name", "required")),
        ("users", "000123,ada", ",ada", (2, "user_id", "required")),
        ("users", "000123,ada", "000124,ada", (2, "user_id", "duplicate")),
        ("terms", "2025-12-20 ", "2025-02-30 ", (2, "end_date", "bad_date")),
        ("terms", "2025-12-20 ", "2025-01-20 ", (2, "end_date", "reversed_dates")),
        ("sections", "S1,C1,", "S1,,", (2, "course_id", "required")),
        ("enrollments", "C1,000123", "C1,", (2, "user_id", "required")),
        ("enrollments", "C1,000123,student", "C1,000123,", (2, "role", "required")),
        ("enrollments", ",000900,teacher,S1", ",000900,teacher,", (4, "course_id or", "required")),
        ("enrollments", "000900,teacher", "000900,Grader", (None, "role", "unknown_role")),
    ],
)
def test_what_is_wrong_is_said_of_its_row_in_the_words_of_canvas(
    kind: str, old: str, new: str, found: tuple[int | None, str, str], sis: Sis, tmp_path: Path
) -> None:
    row, column, code = found
    told = codes(sis.change(kind, old, new).read(tmp_path))
    assert any(
        (each[0], each[1], each[3]) == (f"{kind}.csv", row, code) and each[2].startswith(column)
        for each in told
    ), told


def test_a_column_that_is_missing_is_named(sis: Sis, tmp_path: Path) -> None:
    bundle = sis.change("users", "email,status", "email,state").read(tmp_path)
    assert ("users.csv", 1, "status", "missing_column", "fatal") in codes(bundle)


def test_what_is_not_kept_is_said_and_ids_that_change_stop_it(sis: Sis, tmp_path: Path) -> None:
    sis.add("xlists", "xlist_course_id,section_id,status", "C9,S1,active")
    sis.add("admins", "user_id,account_id,role,status", "000900,A1,AccountAdmin,active")
    sis.add("change_sis_id", "old_id,new_id,type")
    sis.add("lunch", "day,dish")
    told = [each for each in codes(sis.read(tmp_path)) if each[0] != "terms.csv"]
    assert told == [
        ("admins.csv", None, "", "not_used", "warning"),
        ("lunch.csv", None, "", "unknown_file", "warning"),
        ("xlists.csv", None, "", "not_used", "warning"),
    ]
    bundle = sis.add("change_sis_id", "000123,000999,user").read(tmp_path)
    assert ("change_sis_id.csv", None, "", "changed_ids", "fatal") in codes(bundle)


def test_it_comes_as_a_zip_with_a_folder_or_as_one_file_of_any_name(
    sis: Sis, tmp_path: Path
) -> None:
    packed = zipped(tmp_path, {f"sis/{name}": data for name, data in sis.files().items()})
    assert len(reader.read(packed).users) == 3
    deep = {f"exports/sis/{name}": data for name, data in sis.files().items()}
    assert len(reader.read(zipped(tmp_path, deep)).users) == 3
    alone = tmp_path / "upload"
    alone.write_bytes(sis.files()["users.csv"])
    assert [each.username for each in reader.read(alone).users] == ["ada", "ben", "tess"]
    alone.write_bytes(b"day,dish\n")
    assert [each.code for each in reader.read(alone).problems] == ["not_a_bundle"]


def test_of_several_files_of_a_kind_no_row_hides_another(sis: Sis, tmp_path: Path) -> None:
    files = sis.files()
    header, ada, *others = files.pop("users.csv").splitlines(keepends=True)
    files["a.csv"] = header + ada
    files["b.csv"] = header + ada.replace(b"Okafor", b"Okafur") + b"".join(others)
    bundle = reader.read(put(tmp_path, files))
    assert [each.username for each in bundle.users] == ["ben", "tess"]
    told = [each for each in bundle.problems if each.code == "duplicate"]
    assert [(each.file, each.row) for each in told] == [("b.csv", 2)]
    assert told[0].reason.startswith("Row 2 of an earlier file")


def test_a_zip_with_a_manifest_is_onerosters(tmp_path: Path) -> None:
    assert reader.read(zipped(tmp_path, Roster().files())).version == "1.2"


@pytest.mark.parametrize("spoilt", [b"", b"\x00", b"user_id,login_id", b"PK", b"\xff\xfeu"])
def test_no_bytes_make_the_reader_raise(spoilt: bytes, sis: Sis, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(spoilt)
    assert reader.read(path).is_fatal
    path.unlink()
    assert reader.read(put(tmp_path, sis.files() | {"users.csv": spoilt})).count("error") >= 0


# Planned and applied


def bring(sis: Sis, folder: Path) -> RosterImport:
    return rosters.apply(rosters.read(sis.put(folder), by=None), by=None)


def counts(imported: RosterImport) -> dict[str, tuple[int, int, int]]:
    """What is new, changed, retired in the files in which something is."""
    found = {
        file: (count["new"], count["changed"], count["retired"])
        for file, count in imported.plan.items()
    }
    return {file: count for file, count in found.items() if any(count)}


@pytest.mark.django_db
def test_it_comes_in_and_a_second_time_changes_nothing(
    sis: Sis, tmp_path: Path, clara: User
) -> None:
    User.objects.create(username="tess")
    first = bring(sis, tmp_path)
    assert (first.source, first.problem_count) == ("canvas", 1)
    assert counts(first) == {
        "accounts.csv": (2, 0, 0),
        "terms.csv": (1, 0, 0),
        "courses.csv": (2, 0, 0),
        "sections.csv": (3, 0, 0),
        "users.csv": (2, 0, 0),
        "enrollments.csv": (4, 0, 0),
    }
    ada = Learner.objects.get(number="000123")
    assert (ada.name, ada.email, ada.source) == ("Ada Okafor", "ada@example.edu", "canvas")
    assert [each.username for each in Offering.objects.get(sourced_id="S1").teachers.all()] == [
        "tess"
    ]
    assert Offering.objects.get(sourced_id="S1").term.title == "Autumn"
    assert Course.objects.get(code="ZOO101").unit.name == "Root account of Canvas"
    again = bring(sis, tmp_path)
    assert counts(again) == {}
    assert {each["errors"] for each in again.plan.values()} == {0}


@pytest.mark.django_db
def test_what_is_absent_stays_and_what_says_so_is_retired(sis: Sis, tmp_path: Path) -> None:
    bring(sis, tmp_path)
    changed = Sis()
    changed.rows = {
        "users": [*sis.rows["users"][:1], "000124,ben,,Ben,Ortiz,,,,deleted"],
        "enrollments": [*sis.rows["enrollments"][:1], "C2,000123,student,,deleted,,"],
        "courses": [*sis.rows["courses"][:1], "C2,ZOO101,Zoology,,,deleted"],
        "sections": [*sis.rows["sections"][:1], "S1,C1,Botany,active"],
    }
    assert counts(bring(changed, tmp_path)) == {
        "users.csv": (0, 0, 1),
        "enrollments.csv": (0, 0, 1),
        "courses.csv": (0, 0, 1),
        "sections.csv": (0, 1, 0),
    }
    assert Learner.objects.filter(retired_at=None).count() == 1
    assert Enrolment.objects.filter(retired_at=None).count() == 2
    botany = Offering.objects.get(sourced_id="S1")
    assert (botany.title, botany.term.title) == ("Botany", "Autumn")


@pytest.mark.django_db
def test_of_people_alone_those_come_in_who_are_said_to_learn(sis: Sis, tmp_path: Path) -> None:
    sis.rows = {"users": sis.rows["users"]}
    (told,) = bring(sis, tmp_path).problems
    assert (told["file"], told["code"]) == ("users.csv", "who_learns")
    assert not Learner.objects.exists()
    types = ("declared_user_type", "student", "Student_other", "teacher")
    rows = zip(sis.rows["users"], types, strict=True)
    sis.rows["users"] = [f"{row},{type}" for row, type in rows]
    assert counts(bring(sis, tmp_path)) == {"users.csv": (2, 0, 0)}


@pytest.mark.django_db
def test_who_is_absent_has_left_where_the_files_are_said_to_list_all(
    sis: Sis, tmp_path: Path, clara: User, settings: Any
) -> None:
    folder = tmp_path / "canvas"
    folder.mkdir()
    settings.FEED_DIR = str(tmp_path)
    settings.FEED_SETTLES_SECONDS = 0
    feeds.add("Canvas", "canvas", by=clara, lists_all=True, most_retired=40)
    drop(sis, folder, "monday.zip")
    nightly()
    sis.rows["enrollments"].pop(2)
    drop(sis, folder, "tuesday.zip")
    roster = step(nightly(), "apply").roster
    assert (roster.lists_all, counts(roster)) == (True, {"enrollments.csv": (0, 0, 1)})
    assert Enrolment.objects.get(retired_at__isnull=False).sourced_id == "S2/000124/student"
    del sis.rows["enrollments"][2:]
    drop(sis, folder, "wednesday.zip")
    assert "would be retired" in step(nightly(), "plan").refused[0]["reason"]


@pytest.mark.django_db
def test_what_leads_nowhere_is_said_in_the_words_of_canvas(sis: Sis, tmp_path: Path) -> None:
    sis.change("courses", "A1,T1", "A9,T1").change("accounts", "A1,,", "A1,A1,")
    told = {
        (each["file"], each["row"], each["column"], each["severity"])
        for each in rosters.read(sis.put(tmp_path), by=None).problems
    }
    assert ("accounts.csv", 2, "parent_account_id", "error") in told
    assert ("courses.csv", 2, "account_id", "error") in told
    assert ("sections.csv", 2, "course_id", "error") in told
    assert ("enrollments.csv", 2, "section_id", "error") in told


@pytest.mark.django_db
def test_a_term_that_is_not_kept_costs_no_course(sis: Sis, tmp_path: Path) -> None:
    sis.change("courses", "A1,T1", "A1,T9")
    imported = bring(sis, tmp_path)
    assert {each["severity"] for each in imported.problems} == {"warning"}
    assert Offering.objects.get(sourced_id="S1").term is None


@pytest.mark.django_db
def test_the_night_takes_it_from_its_folder_and_its_brakes_hold(
    sis: Sis, tmp_path: Path, clara: User, settings: Any
) -> None:
    folder = tmp_path / "canvas"
    folder.mkdir()
    settings.FEED_DIR = str(tmp_path)
    settings.FEED_SETTLES_SECONDS = 0
    feeds.add("Canvas", "canvas", by=clara, source="lms")
    drop(sis, folder, "monday.zip")
    assert step(nightly(), "apply").counts["new"] == 13
    assert OrganizationUnit.objects.filter(source="lms").count() == 2
    for row in ("S1,active", "S2,completed"):
        sis.change("enrollments", row, f"{row[:2]},deleted")
    drop(sis, folder, "tuesday.zip")
    held = step(nightly(), "plan")
    assert held.state == "held"
    assert "enrollments.csv: 2 of 4 would be retired" in held.refused[0]["reason"]
    for number in ("000123", "000124"):
        sis.change("users", f"{number},", ",")
    drop(sis, folder, "wednesday.zip")
    assert "rows are wrong" in step(nightly(), "plan").refused[0]["reason"]


def drop(sis: Sis, folder: Path, name: str) -> None:
    with zipfile.ZipFile(folder / name, "w") as archive:
        for file, data in sis.files().items():
            archive.writestr(file, data)


def nightly() -> NightRun:
    return nights.carry_on(nights.begin(TODAY))


def step(run: NightRun, name: str) -> Any:
    return run.steps.get(name=name, about="Canvas")


@pytest.mark.django_db
def test_the_command_reads_it_too(sis: Sis, tmp_path: Path) -> None:
    told = outcome("import_roster", sis.put(tmp_path))
    assert (told["sections.csv"]["new"], told["terms.csv"]["warnings"]) == (3, 1)
