"""Reading OneRoster 1.2 CSV bundles: good ones whole, bad ones with every problem named."""

import csv
import io
import stat
import struct
import unicodedata
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registrar.readers import oneroster_csv
from registrar.readers.archive import Limits
from registrar.readers.oneroster_layout import LAYOUTS
from registrar.readers.oneroster_versions import NEWEST, VERSIONS
from registrar.readers.problems import Problems, excerpt
from registrar.readers.records import Bundle, Problem

HEADERS = {name: ",".join(layout.header) for name, layout in LAYOUTS.items()}

ROWS = {
    "orgs": ["o1,,,Quillhaven College,school,,", "o2,,,Sciences,department,,o1"],
    "academicSessions": [
        "y1,,,2025-26,schoolYear,2025-08-01,2026-07-31,,2026",
        "t1,,,Autumn,term,2025-09-01,2025-12-20,y1,2026",
    ],
    "courses": ["co1,,,y1,Botany,BOT101,,o2,,"],
    "classes": [
        "cl1,,,Botany A,,co1,A,scheduled,,o2,t1,,,",
        'cl2,,,Botany B,,co1,B,scheduled,,o2,"t1,y1",,,',
    ],
    "users": [
        "u1,,,true,ada,{sis:000123},Ada,Okafor,,,ada@example.edu,,,,,,,,,,o1,",
        "u2,,,TRUE,ben,,Ben,Ortiz,,,,,,,,,,,,,o1,",
    ],
    "roles": ["r1,,,u1,primary,student,,,o1,", "r2,,,u2,primary,student,2025-09-01,,o1,"],
    "enrollments": [
        "e1,,,cl1,o2,u1,student,false,2025-09-01,2025-12-20",
        "e2,,,cl2,o2,u2,student,,,",
    ],
    "categories": ["ca1,,,Module result,", "ca2,,,Essay,40.5"],
    "lineItems": [
        "li1,,,Final,,2025-09-01,2025-12-20,cl1,ca1,t1,,,o2",
        "li2,,,Essay,,2025-09-01,2025-10-20,cl1,ca2,t1,0,100,o2",
        "li3,,,Essay,,2025-09-01,2025-10-20,cl2,ca2,t1,0,100,o2",
    ],
    "results": [
        "re1,,,li1,u1,fully graded,,2025-12-20,,Pass,cl1,false,false,false,false",
        "re2,,,li2,u1,fully graded,62.5,2025-10-21,,,,,,,",
        "re3,,,li3,u2,not submitted,,2025-10-21,,,cl2,,,,",
    ],
    "lineItemLearningObjectiveIds": [
        "lo1,,,li2,case,urn:uuid:6BEEF5A2-46F3-5A9F-8F46-590C3377DA34"
    ],
    "resultLearningObjectiveIds": ["ro1,,,re2,unknown,BOT101.3,71,", "ro2,,,re2,ext:own,x,,good"],
}


# Of files of which nothing is kept.
SEEN_ROWS = {
    "demographics": "u1,,,2004-02-30,,,,,,,,,,,,",
    "resources": "rs1,,,vendor-1,Atlas,,,,",
    "classResources": "cr1,,,,cl1,rs1",
    "courseResources": "or1,,,,co1,rs1",
    "userResources": "ur1,,,u1,,,rs9",
    "userProfiles": "up1,,,u1,sso,v,,,saml,ada,secret",
    "scoreScales": 'sc1,,,Letters,letter,o2,co1,cl1,"{A:90-100},{B:80-89}"',
    "lineItemScoreScales": "ls1,,,,li2,sc1",
    "resultScoreScales": "rc1,,,,re2,sc1",
}


def one_dot_one() -> "Roster":
    """The same small bundle as OneRoster 1.1 has it."""
    roster = Roster()
    for name in ("roles", "lineItemLearningObjectiveIds", "resultLearningObjectiveIds"):
        del roster.texts[f"{name}.csv"]
    roster.manifest["oneroster.version"] = "1.1"
    known = {f"file.{name}" for name in VERSIONS["1.1"].layouts}
    for name in [each for each in roster.manifest if each.startswith("file.")]:
        if name not in known:
            del roster.manifest[name]
    rows = {
        "categories": ["ca1,,,Module result", "ca2,,,Essay"],
        "users": [
            "u1,,,true,o1,student,ada,,Ada,Okafor,,,ada@example.edu,,,,,",
            'u2,,,true,"o1,o2",teacher,ben,,Ben,Ortiz,,,,,,,,',
        ],
        "lineItems": ["li2,,,Essay,,2025-09-01,2025-10-20,cl1,ca2,t1,0,100"],
        "results": ["re2,,,li2,u1,fully graded,62.5,2025-10-21,"],
    }
    for name, lines in rows.items():
        header = ",".join(VERSIONS["1.1"].layouts[name].header)
        roster.texts[f"{name}.csv"] = "\n".join([header, *lines, ""]).encode()
    roster.texts["enrollments.csv"] = b"\n".join(
        [*roster.texts["enrollments.csv"].splitlines()[:2], b""]
    )
    return roster


class Roster:
    """A small good bundle that a test may spoil before it is written."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {
            f"{name}.csv": "\n".join([HEADERS[name], *ROWS[name], ""]).encode() for name in LAYOUTS
        }
        self.manifest = {"manifest.version": "1.0", "oneroster.version": "1.2"}
        self.manifest |= {f"file.{name}": "bulk" for name in LAYOUTS}
        self.manifest |= {f"file.{name}": "absent" for name in NEWEST.only_checked}
        self.manifest |= {"source.systemName": "SIS", "source.systemCode": "sis-1"}

    def change(self, name: str, old: str, new: str) -> "Roster":
        text = self.texts[f"{name}.csv"].decode()
        assert old in text
        self.texts[f"{name}.csv"] = text.replace(old, new, 1).encode()
        return self

    def add(self, name: str, row: str) -> "Roster":
        self.texts[f"{name}.csv"] += f"{row}\n".encode()
        return self

    def drop(self, name: str) -> "Roster":
        del self.texts[f"{name}.csv"]
        self.manifest[f"file.{name}"] = "absent"
        return self

    def with_all_files(self) -> "Roster":
        for name, row in SEEN_ROWS.items():
            header = ",".join(NEWEST.layouts[name].header)
            self.texts[f"{name}.csv"] = f"{header}\n{row}\n".encode()
            self.manifest[f"file.{name}"] = "bulk"
        return self

    def files(self) -> dict[str, bytes]:
        rows = "".join(f"{name},{value}\n" for name, value in self.manifest.items())
        return {"manifest.csv": f"propertyName,value\n{rows}".encode()} | self.texts

    def read(self, folder: Path, **options: Limits) -> Bundle:
        for name, data in self.files().items():
            (folder / name).write_bytes(data)
        return oneroster_csv.read(folder, **options)


def zipped(folder: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "bundle.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def codes(bundle: Bundle) -> list[tuple[str, int | None, str, str, str]]:
    return [(p.file, p.row, p.column, p.code, p.severity) for p in bundle.problems]


def only(bundle: Bundle) -> Problem:
    assert len(bundle.problems) == 1, codes(bundle)
    return bundle.problems[0]


# Good bundles


def test_a_good_bundle_gives_all_its_records_and_no_problem(tmp_path: Path) -> None:
    bundle = Roster().read(tmp_path)
    assert bundle.problems == ()
    assert not bundle.is_fatal
    assert (bundle.version, bundle.source_code, bundle.source_name) == ("1.2", "sis-1", "SIS")
    assert bundle.rows == {f"{name}.csv": len(rows) for name, rows in ROWS.items()}
    ada, ben = bundle.users
    assert (ada.given_name, ada.family_name, ada.email) == ("Ada", "Okafor", "ada@example.edu")
    assert ada.user_ids == (("sis", "000123"),)
    assert (ada.row, ben.row, ben.enabled, ben.user_ids) == (2, 3, True, ())
    assert bundle.sessions[1].starts_on == date(2025, 9, 1)
    assert bundle.sessions[1].school_year == 2026
    assert bundle.classes[1].term_ids == ("t1", "y1")
    assert bundle.enrollments[0].primary is False
    assert bundle.enrollments[1].primary is None
    assert bundle.categories[1].weight == Decimal("40.5")
    assert [item.value_max for item in bundle.line_items] == [None, Decimal(100), Decimal(100)]
    assert [result.text_score for result in bundle.results] == ["Pass", "", ""]
    assert [result.score for result in bundle.results] == [None, Decimal("62.5"), None]
    assert bundle.result_objectives[0].score == 71


def test_a_result_without_a_class_gets_that_of_its_line_item(tmp_path: Path) -> None:
    assert Roster().read(tmp_path).results[1].class_id == "cl1"


def test_the_identifier_of_a_case_objective_becomes_a_bare_uuid(tmp_path: Path) -> None:
    objective = Roster().read(tmp_path).line_item_objectives[0]
    assert objective.objective_id == "6beef5a2-46f3-5a9f-8f46-590c3377da34"


def test_a_zip_reads_like_its_folder_with_or_without_a_folder_in_it(tmp_path: Path) -> None:
    files = Roster().files()
    plain = oneroster_csv.read(zipped(tmp_path, files))
    nested = {f"export/{name}": data for name, data in files.items()}
    nested["__MACOSX/export/._users.csv"] = b"\x00"
    inside = oneroster_csv.read(zipped(tmp_path, nested))
    folder = tmp_path / "folder"
    folder.mkdir()
    assert plain == inside == Roster().read(folder)


def test_files_that_are_not_csv_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "LICENSE.txt").write_text("CC BY 4.0")
    (tmp_path / ".DS_Store").write_bytes(b"\x00")
    assert Roster().read(tmp_path).problems == ()


def test_a_byte_order_mark_and_carriage_returns_are_accepted(tmp_path: Path) -> None:
    roster = Roster()
    roster.texts = {
        name: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n") for name, data in roster.texts.items()
    }
    bundle = roster.read(tmp_path)
    assert bundle.problems == ()
    assert bundle.users[0].sourced_id == "u1"


def test_a_last_line_without_a_line_end_is_read(tmp_path: Path) -> None:
    roster = Roster()
    roster.texts["users.csv"] = roster.texts["users.csv"].rstrip(b"\n")
    assert len(roster.read(tmp_path).users) == 2


def test_names_in_any_script_stay_and_are_composed(tmp_path: Path) -> None:
    roster = Roster()
    roster.add("users", "u3,,,true,c,,محمد,Nguye\u0302\u0303n,,,,,,,,,,,,,o1,")
    roster.add("users", "u4,,,true,d,,李,O'Brien,,,,,,,,,,,,,o1,")
    bundle = roster.read(tmp_path)
    assert bundle.problems == ()
    assert bundle.users[2].family_name == "Nguyễn"
    assert bundle.users[3].given_name == "李"


def test_someone_with_one_name_is_read_with_a_warning(tmp_path: Path) -> None:
    bundle = Roster().change("users", "Ada,Okafor", "Ada,").read(tmp_path)
    assert codes(bundle) == [("users.csv", 2, "familyName", "required", "warning")]
    assert "the row is taken" in bundle.problems[0].reason
    assert bundle.users[0].given_name == "Ada"


def test_text_is_kept_as_it_stands(tmp_path: Path) -> None:
    roster = Roster().change("users", "Ada,Okafor", "=cmd|'/C calc'!A0, Null ")
    roster.change("courses", "BOT101", "000123").change("users", "true,ada", "true,1E5")
    bundle = roster.read(tmp_path)
    assert bundle.problems == ()
    assert bundle.users[0].given_name == "=cmd|'/C calc'!A0"
    assert bundle.users[0].family_name == " Null "
    assert (bundle.courses[0].code, bundle.users[0].username) == ("000123", "1E5")


def test_words_that_rules_compare_are_read_without_the_space_around_them(tmp_path: Path) -> None:
    roster = Roster().change("results", ",Pass,", ", Pass\u00a0,")
    bundle = roster.change("categories", "Module result", " Module result ").read(tmp_path)
    assert bundle.problems == ()
    assert bundle.results[0].text_score == "Pass"
    assert bundle.categories[0].title == "Module result"


def test_a_description_may_have_line_breaks_and_rows_are_counted_as_a_spreadsheet_does(
    tmp_path: Path,
) -> None:
    roster = Roster().change("lineItems", "Final,,", 'Final,"two\nlines, ""quoted""",')
    roster.change("lineItems", "li2,,,Essay,,2025-09-01", "li2,,,Essay,,yesterday")
    bundle = roster.read(tmp_path)
    assert bundle.line_items[0].description == 'two\nlines, "quoted"'
    assert codes(bundle)[0] == ("lineItems.csv", 3, "assignDate", "bad_date", "error")


def test_a_delta_is_read_with_its_deleted_rows_and_references_to_what_is_known_already(
    tmp_path: Path,
) -> None:
    roster = Roster()
    for name in LAYOUTS:
        roster.drop(name)
    roster.manifest["file.enrollments"] = "delta"
    moment = "2026-01-02T03:04:05.678Z"
    rows = [
        f"e1,active,{moment},elsewhere,o9,u9,student,,,",
        f"e2,tobedeleted,{moment},elsewhere,o9,u9,student,,,",
    ]
    roster.texts["enrollments.csv"] = "\n".join([HEADERS["enrollments"], *rows]).encode()
    bundle = roster.read(tmp_path)
    assert bundle.problems == ()
    assert [row.deleted for row in bundle.enrollments] == [False, True]
    assert bundle.enrollments[0].changed_at == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert bundle.modes == {"enrollments": "delta"}


@pytest.mark.parametrize(
    ("old", "new", "column", "code"),
    [
        ("active", "inactive", "status", "bad_word"),
        ("active", "", "status", "required"),
        ("2026-01-02T03:04:05.678Z", "", "dateLastModified", "required"),
        ("2026-01-02T03:04:05.678Z", "2026-01-02", "dateLastModified", "bad_date"),
        ("2026-01-02T03:04:05.678Z", "2026-02-30T00:00:00.000Z", "dateLastModified", "bad_date"),
    ],
)
def test_a_delta_row_needs_its_status_and_moment(
    tmp_path: Path, old: str, new: str, column: str, code: str
) -> None:
    roster = Roster()
    roster.manifest["file.categories"] = "delta"
    roster.change("categories", "ca1,,,", "ca1,active,2026-01-02T03:04:05.678Z,")
    roster.change("categories", "ca2,,,", "ca2,active,2026-01-02T03:04:05.678Z,")
    bundle = roster.change("categories", old, new).read(tmp_path)
    assert codes(bundle) == [("categories.csv", 2, column, code, "error")]


def test_status_in_a_bulk_file_is_one_warning_and_is_heeded(tmp_path: Path) -> None:
    roster = (
        Roster()
        .change("users", "u1,,,", "u1,active,,")
        .change("users", "u2,,,", "u2,tobedeleted,,")
    )
    bundle = roster.read(tmp_path)
    assert only(bundle).code == "status_in_bulk"
    assert [user.deleted for user in bundle.users] == [False, True]


def test_the_real_module_presentation_reads_without_a_problem(shared_data: Path) -> None:
    bundle = oneroster_csv.read(shared_data / "oulad" / "oneroster12-BBB-2013J")
    assert bundle.problems == ()
    assert (len(bundle.users), len(bundle.enrollments), len(bundle.results)) == (2237, 2237, 16612)
    assert Counter(result.text_score for result in bundle.results if result.text_score) == {
        "Pass": 896,
        "Distinction": 176,
        "Fail": 521,
    }


# Rows with one sourcedId


def test_of_two_rows_with_one_key_that_differ_neither_is_taken(tmp_path: Path) -> None:
    roster = Roster().add("results", "re1,,,li1,u1,fully graded,,2025-12-20,,Fail,cl1,,,,")
    bundle = roster.read(tmp_path)
    assert codes(bundle) == [
        ("results.csv", 2, "sourcedId", "duplicate", "error"),
        ("results.csv", 5, "sourcedId", "duplicate", "error"),
    ]
    assert [problem.reason for problem in bundle.problems] == [
        "Row 5 has the same sourcedId.",
        "Row 2 has the same sourcedId.",
    ]
    assert [result.sourced_id for result in bundle.results] == ["re2", "re3"]
    assert bundle.refused["results.csv"] == 2


def test_a_third_row_with_the_same_key_is_refused_as_well(tmp_path: Path) -> None:
    roster = Roster()
    for word in ("Fail", "Pass", "Pass"):
        roster.add("results", f"re1,,,li1,u1,fully graded,,2025-12-20,,{word},cl1,,,,")
    bundle = roster.read(tmp_path)
    assert [problem.row for problem in bundle.problems] == [2, 5, 6, 7]
    assert bundle.refused["results.csv"] == 4


def test_rows_with_one_key_are_refused_also_where_they_differ_in_what_is_wrong(
    tmp_path: Path,
) -> None:
    wrong = "re1,,,li1,u1,fully graded,lots,2025-12-20,,Pass,cl1,,,,"
    for row, found in (
        (wrong, {(2, "duplicate"), (5, "duplicate"), (5, "bad_number")}),
        (wrong.replace("re1", "re4"), {(5, "bad_number"), (6, "duplicate")}),
    ):
        roster = Roster().add("results", row)
        if "re4" in row:
            roster.add("results", "re4,,,li1,u1,fully graded,,2025-12-20,,Pass,cl1,,,,")
        bundle = roster.read(tmp_path)
        assert {(problem.row, problem.code) for problem in bundle.problems} == found
        assert "re4" not in {result.sourced_id for result in bundle.results}


def test_the_same_row_twice_is_a_warning_and_counts_once(tmp_path: Path) -> None:
    bundle = Roster().add("results", ROWS["results"][0]).read(tmp_path)
    assert codes(bundle) == [("results.csv", 5, "sourcedId", "duplicate", "warning")]
    assert only(bundle).reason == "Row 2 says the same; it counts once."
    assert len(bundle.results) == 3
    assert not bundle.refused["results.csv"]


def test_what_leads_to_a_key_that_two_rows_claim_is_refused_with_them(tmp_path: Path) -> None:
    bundle = Roster().add("users", "u2,,,true,zoe,,Zoe,Ortiz,,,,,,,,,,,,,o1,").read(tmp_path)
    assert [user.sourced_id for user in bundle.users] == ["u1"]
    assert ("enrollments.csv", 3, "userSourcedId", "refused_reference", "error") in codes(bundle)


def test_an_enrolment_that_two_rows_claim_makes_no_student(tmp_path: Path) -> None:
    bundle = Roster().add("enrollments", "e2,,,cl2,o2,u2,teacher,,,").read(tmp_path)
    assert [row.sourced_id for row in bundle.enrollments] == ["e1"]
    assert ("results.csv", 4, "studentSourcedId", "not_enrolled", "error") in codes(bundle)


# The manifest and the files


def test_every_problem_is_told_in_one_pass(tmp_path: Path) -> None:
    roster = Roster().change("users", "true,ada", "yes,ada").change("enrollments", "u2", "u9")
    roster.change("lineItems", "0,100,o2", "100,0,o2").change("courses", "title", "heading")
    bundle = roster.read(tmp_path)
    found = {(p.file, p.code) for p in bundle.problems if p.severity != "warning"}
    assert found >= {
        ("courses.csv", "missing_column"),
        ("users.csv", "bad_boolean"),
        ("enrollments.csv", "unknown_reference"),
        ("lineItems.csv", "reversed_range"),
    }
    assert bundle.is_fatal
    for problem in bundle.problems:
        assert problem.reason.endswith(".")
        assert problem.fix.endswith((".", "..."))
        assert "{" not in problem.reason


def test_a_bundle_of_one_dot_one_is_read_by_its_own_columns(tmp_path: Path) -> None:
    bundle = one_dot_one().read(tmp_path)
    assert (len(bundle.problems), bundle.version) == (0, "1.1")
    assert [(user.sourced_id, user.role) for user in bundle.users] == [
        ("u1", "student"),
        ("u2", "teacher"),
    ]
    (item,), (result,) = bundle.line_items, bundle.results
    assert (item.session_id, result.score, result.class_id) == ("t1", Decimal("62.5"), "cl1")


def test_in_one_dot_one_inactive_is_another_word_for_to_be_deleted(tmp_path: Path) -> None:
    roster = one_dot_one()
    roster.manifest["file.categories"] = "delta"
    roster.change("categories", "ca1,,,", "ca1,active,2026-01-02T03:04:05.678Z,")
    roster.change("categories", "ca2,,,", "ca2,inactive,2026-01-02T03:04:05.678Z,")
    bundle = roster.read(tmp_path)
    assert bundle.problems == ()
    assert [category.deleted for category in bundle.categories] == [False, True]


def test_every_file_of_the_catalogue_is_read_and_what_is_not_used_is_told(tmp_path: Path) -> None:
    roster = Roster().with_all_files()
    assert len(roster.texts) == len(NEWEST.layouts) == 21
    bundle = roster.read(tmp_path)
    assert bundle.count("error") == bundle.count("fatal") == 0
    assert all(bundle.rows[f"{name}.csv"] == 1 for name in SEEN_ROWS)
    told = {p.file: p.reason for p in bundle.problems if p.code == "not_used"}
    assert told.keys() == {f"{name}.csv" for name in SEEN_ROWS} - {"userResources.csv"}
    assert told["resources.csv"].startswith("Read, not used: 1 rows, because")
    (stray,) = [p for p in bundle.problems if p.file == "userResources.csv"]
    assert (stray.code, stray.column) == ("unknown_reference", "resourceSourcedId")
    assert bundle.refused["userResources.csv"] == 1
    assert "secret" not in repr(bundle)


def test_a_file_of_which_nothing_is_kept_never_stops_the_others(tmp_path: Path) -> None:
    roster = Roster().with_all_files()
    roster.texts["scoreScales.csv"] = b"sourcedId,status\n"
    bundle = roster.read(tmp_path)
    assert not bundle.is_fatal and len(bundle.results) == 3
    assert ("scoreScales.csv", "warning") in {(p.file, p.severity) for p in bundle.problems}


@pytest.mark.parametrize("version", ["1.0", "", "2.0", "1.20"])
def test_another_version_is_refused(tmp_path: Path, version: str) -> None:
    roster = Roster()
    roster.manifest["oneroster.version"] = version
    problem = only(roster.read(tmp_path))
    assert (problem.file, problem.code) == ("manifest.csv", "unsupported_version")
    assert problem.severity == "fatal"


def test_a_path_that_is_not_there_is_a_fatal_problem_and_no_exception(tmp_path: Path) -> None:
    assert only(oneroster_csv.read(tmp_path / "nowhere")).code == "not_found"


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    assert only(oneroster_csv.read(tmp_path)).code == "empty_bundle"
    (tmp_path / "users.csv").write_text("sourcedId\n")
    assert only(oneroster_csv.read(tmp_path)).code == "manifest_missing"


def test_a_manifest_with_another_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("name,value\n")
    assert only(oneroster_csv.read(tmp_path)).code == "bad_manifest"


def test_files_and_manifest_must_agree(tmp_path: Path) -> None:
    roster = Roster()
    roster.manifest["manifest.version"] = "2.0"
    roster.manifest["file.roles"] = "absent"
    roster.manifest["file.gradebook"] = "bulk"
    roster.manifest["file.categories"] = "full"
    del roster.texts["results.csv"], roster.manifest["file.scoreScales"]
    roster.texts["notes.csv"] = b"a,b\n"
    found = {(p.file, p.code, p.severity) for p in roster.read(tmp_path).problems}
    assert found == {
        ("manifest.csv", "manifest_version", "warning"),
        ("roles.csv", "file_undeclared", "error"),
        ("manifest.csv", "unknown_file", "warning"),
        ("manifest.csv", "bad_mode", "fatal"),
        ("results.csv", "file_missing", "fatal"),
        ("manifest.csv", "file_unnamed", "warning"),
        ("notes.csv", "unknown_file", "warning"),
    }


def test_a_property_given_twice_is_reported_and_the_first_counts(tmp_path: Path) -> None:
    roster = Roster()
    roster.manifest["source.systemCode"] = "sis-1\nsource.systemCode,other"
    bundle = roster.read(tmp_path)
    assert only(bundle).code == "duplicate"
    assert bundle.source_code == "sis-1"


# Headers


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("sourcedId,status,dateLastModified,weight,title", [("column_order", "warning")]),
        ("sourcedId,status,dateLastModified,title", [("absent_column", "warning")]),
        (
            "sourcedId,status,dateLastModified,title,weight,colour",
            [("unknown_column", "warning")],
        ),
        ("sourcedId,status,dateLastModified,title,weight,metadata.colour", []),
        (
            "sourcedId,status,dateLastModified,Title,weight",
            [("missing_column", "fatal"), ("bad_header", "fatal")],
        ),
        (
            "sourcedId,status,dateLastModified,title,title",
            [("duplicate_column", "fatal"), ("bad_header", "fatal")],
        ),
        ("sourcedId;status;dateLastModified;title;weight", [("delimiter", "fatal")]),
        ("sourcedId\tstatus\tdateLastModified\ttitle\tweight", [("delimiter", "fatal")]),
        ('sourcedId,status,"dateLastModified,title,weight', [("bad_header", "fatal")]),
        ("sourcedId,status,dateLastModified,title,weight\0", [("control_character", "fatal")]),
        ("sourcedId,status,dateLastModified,t\xeftle", [("not_utf8", "fatal")]),
        ("", [("empty_file", "fatal")]),
        (",".join(["x"] * 1001), [("too_many_columns", "fatal")]),
    ],
)
def test_what_is_odd_in_a_header(tmp_path: Path, header: str, found: list[tuple[str, str]]) -> None:
    roster = Roster().drop("lineItems").drop("results")
    roster.drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")
    roster.manifest["file.categories"] = "bulk"
    roster.texts["categories.csv"] = header.encode("latin-1")
    bundle = roster.read(tmp_path)
    assert [(p.code, p.severity) for p in bundle.problems] == found


def test_columns_in_another_order_are_read_by_name(tmp_path: Path) -> None:
    roster = Roster()
    roster.texts["categories.csv"] = (
        b"title,weight,sourcedId,status,dateLastModified\nModule result,,ca1,,\nEssay,2,ca2,,\n"
    )
    bundle = roster.read(tmp_path)
    assert bundle.categories[1].title == "Essay"
    assert only(bundle).severity == "warning"


def test_a_column_misspelt_is_named_in_the_remedy(tmp_path: Path) -> None:
    bundle = Roster().change("users", "familyName", "FamilyName").read(tmp_path)
    assert {p.code for p in bundle.problems} >= {"unknown_column", "absent_column"}
    bundle = Roster().change("users", "enabledUser", "EnabledUser ").read(tmp_path)
    problem = next(p for p in bundle.problems if p.code == "missing_column")
    assert problem.fix == "Rename the column “EnabledUser ” to enabledUser."


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_other_unicode_encodings_are_named(tmp_path: Path, encoding: str) -> None:
    roster = Roster()
    text = roster.texts["users.csv"].decode()
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    roster.texts["users.csv"] = (mark + text).encode(encoding)
    bundle = roster.read(tmp_path)
    assert codes(bundle)[0] == ("users.csv", None, "", "not_utf8", "fatal")


# Rows


@pytest.mark.parametrize(
    ("name", "old", "new", "row", "column", "code"),
    [
        ("users", "true,ada", "maybe,ada", 2, "enabledUser", "bad_boolean"),
        ("users", "true,ada", "1,ada", 2, "enabledUser", "bad_boolean"),
        ("users", "true,ada", "true,", 2, "username", "required"),
        ("users", "Ada,Okafor", ",", 2, "familyName", "required"),
        ("users", "Okafor", "O" * 256, 2, "familyName", "too_long"),
        ("users", "o1,", "o9,", 2, "primaryOrgSourcedId", "unknown_reference"),
        ("users", "u2", "", 3, "sourcedId", "required"),
        ("users", "u2", "u" * 256, 3, "sourcedId", "too_long"),
        ("users", "u1,,", "u1,gone,", 2, "status", "bad_word"),
        ("orgs", "school", "college", 2, "type", "bad_word"),
        ("orgs", "school", "ext:", 2, "type", "bad_word"),
        ("academicSessions", "2025-12-20", "2025-02-30", 3, "endDate", "bad_date"),
        ("academicSessions", "2025-12-20", "12/20/2025", 3, "endDate", "bad_date"),
        ("academicSessions", "2025-12-20", "20251220", 3, "endDate", "bad_date"),
        ("academicSessions", "2025-12-20", "0000-01-01", 3, "endDate", "bad_date"),
        ("academicSessions", "2025-12-20", "２０２５-12-20", 3, "endDate", "bad_date"),
        ("academicSessions", "2025-12-20", "2025-08-31", 3, "endDate", "reversed_dates"),
        ("academicSessions", "y1,2026", "y1,26", 3, "schoolYear", "bad_date"),
        ("courses", "o2", "o9", 2, "orgSourcedId", "unknown_reference"),
        ("classes", '"t1,y1"', '"t1,t9"', 3, "termSourcedIds", "unknown_reference"),
        ("classes", '"t1,y1"', '"t1,,y1"', 3, "termSourcedIds", "bad_list"),
        ("roles", "u2", "u9", 3, "userSourcedId", "unknown_reference"),
        ("enrollments", "cl2", "cl9", 3, "classSourcedId", "unknown_reference"),
        ("enrollments", "2025-12-20", "2025-08-20", 2, "endDate", "reversed_dates"),
        ("enrollments", "student,false", "pupil,false", 2, "role", "bad_word"),
        ("lineItems", "0,100,o2", "9,8,o2", 3, "resultValueMax", "reversed_range"),
        ("results", "li1", "li9", 2, "lineItemSourcedId", "unknown_reference"),
        ("results", "62.5", "62,5", 3, "", "too_many_cells"),
        ("results", "62.5", '"62,5"', 3, "score", "bad_number"),
        ("results", "62.5", "½", 3, "score", "bad_number"),
        ("results", "62.5", "NaN", 3, "score", "bad_number"),
        ("results", "62.5", "1e3", 3, "score", "bad_number"),
        ("results", "62.5", "9" * 5000, 3, "score", "bad_number"),
        ("results", "62.5", "100.01", 3, "score", "out_of_range"),
        ("results", "62.5", "-1", 3, "score", "out_of_range"),
        ("results", "fully graded", "graded", 2, "scoreStatus", "bad_word"),
        ("results", "2025-12-20", "", 2, "scoreDate", "required"),
        ("results", "Pass,cl1", "Pass,cl2", 2, "classSourcedId", "class_differs"),
        ("results", "li3,u2", "li3,u1", 4, "studentSourcedId", "not_enrolled"),
        (
            "lineItemLearningObjectiveIds",
            "590C3377DA34",
            "590C3377DA3",
            2,
            "learningObjectiveId",
            "bad_objective",
        ),
    ],
)
def test_a_bad_row_is_named_and_left_out_and_the_others_stay(
    tmp_path: Path, name: str, old: str, new: str, row: int, column: str, code: str
) -> None:
    bundle = Roster().change(name, old, new).read(tmp_path)
    errors = [p for p in bundle.problems if p.severity == "error"]
    problem = errors[0]
    assert (problem.file, problem.row, problem.column) == (f"{name}.csv", row, column)
    assert problem.code == code
    assert len(problem.value) <= 64
    assert problem.reason and problem.fix
    assert not bundle.is_fatal
    file = f"{name}.csv"
    assert bundle.rows[file] == len(ROWS[name])
    assert bundle.refused[file] == 1
    in_its_wake = {"refused_reference", "unknown_reference", "not_enrolled"}
    assert {p.code for p in errors} <= {code} | in_its_wake


@pytest.mark.parametrize(
    ("name", "old", "new", "row", "column", "code"),
    [
        ("users", "ada@example.edu", "ada@@example.edu", 2, "email", "bad_email"),
        ("users", "ada@example.edu", "a" * 400 + "@example.edu", 2, "email", "bad_email"),
        ("users", "{sis:000123}", "000123", 2, "userIds", "bad_list"),
        ("lineItems", "2025-12-20", "", 2, "dueDate", "required"),
        ("orgs", "department,,o1", "department,,o9", 3, "parentSourcedId", "unknown_reference"),
        ("academicSessions", "2026-07-31,", "2026-07-31,t1", 2, "parentSourcedId", "circle"),
    ],
)
def test_what_we_can_do_without_costs_a_warning_and_not_the_row(
    tmp_path: Path, name: str, old: str, new: str, row: int, column: str, code: str
) -> None:
    bundle = Roster().change(name, old, new).read(tmp_path)
    problem = bundle.problems[0]
    assert (problem.file, problem.row, problem.column) == (f"{name}.csv", row, column)
    assert (problem.code, problem.severity) == (code, "warning")
    assert bundle.count("error") == 0
    assert bundle.refused[f"{name}.csv"] == 0


def test_rows_that_lead_to_a_refused_row_are_refused_and_say_which(tmp_path: Path) -> None:
    bundle = Roster().change("users", "true,ada", "yes,ada").read(tmp_path)
    reasons = {p.file: p.reason for p in bundle.problems if p.code == "refused_reference"}
    assert reasons["enrollments.csv"] == (
        "userSourcedId leads to row 2 of users.csv, which was refused."
    )
    assert [user.sourced_id for user in bundle.users] == ["u2"]
    assert [enrolment.user_id for enrolment in bundle.enrollments] == ["u2"]
    assert [result.student_id for result in bundle.results] == ["u2"]


def test_a_file_that_is_absent_is_not_missed_by_references_to_it(tmp_path: Path) -> None:
    bundle = Roster().drop("users").drop("orgs").drop("enrollments").read(tmp_path)
    assert bundle.problems == ()
    assert len(bundle.results) == 3


def test_several_classes_of_a_course_and_several_results_of_a_learner_are_normal(
    tmp_path: Path,
) -> None:
    roster = Roster().add("enrollments", "e3,,,cl2,o2,u1,student,,,")
    roster.add("results", "re4,,,li3,u1,fully graded,40,2025-10-21,,,cl2,,,,")
    roster.add("results", "re5,,,li3,u1,fully graded,55,2025-11-21,,,cl2,,,,")
    bundle = roster.read(tmp_path)
    assert bundle.problems == ()
    assert len(bundle.results) == 5


# Damaged CSV


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ('ca3,,,"Oral,', "unclosed_quote"),
        ('ca3,,,"Or"al,', "stray_quote"),
        ("ca3,,,Oral,,", "too_many_cells"),
        ("ca3,,,Oral", "too_few_cells"),
        ("ca3,,,Or\0al,", "control_character"),
        ("ca3,,,Or\x1bal,", "control_character"),
        ("ca3,,,Or\ral,", "control_character"),
        ("ca3,,,Or\u202eal,", "control_character"),
        ("ca3,,,Or\ufeffal,", "control_character"),
        ("ca3,,,Or\u0085al,", "control_character"),
        ('ca3,,,"Or\nal",', "line_break"),
        (f"ca3,,,{'x' * 131_073},", "field_too_long"),
    ],
)
def test_a_damaged_row_costs_only_itself(tmp_path: Path, damage: str, code: str) -> None:
    roster = Roster().change("categories", "ca2,", f"{damage}\nca2,")
    bundle = roster.read(tmp_path)
    problem = bundle.problems[0]
    assert (problem.file, problem.row, problem.code) == ("categories.csv", 3, code)
    assert [category.sourced_id for category in bundle.categories] == ["ca1", "ca2"]


def test_the_byte_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    roster = Roster()
    text = roster.texts["users.csv"]
    roster.texts["users.csv"] = text.replace(b"Okafor", b"Okaf\xf3r")
    problem = roster.read(tmp_path).problems[0]
    assert (problem.row, problem.code) == (2, "not_utf8")
    assert f"Byte {text.index(b'Okafor') + 4} " in problem.reason


def test_a_quote_left_open_does_not_swallow_the_rows_below(tmp_path: Path) -> None:
    roster = Roster().change("users", "Ben,", '"Ben,')
    for number in range(10, 3000):
        roster.add("users", f'u{number},,,true,n{number},,"A, B",C,,,,,,,,,,,,,o1,')
    bundle = roster.read(tmp_path)
    assert codes(bundle)[0][:2] == ("users.csv", 3)
    assert len(bundle.users) == 1 + 2990


def test_a_file_of_open_quotes_is_given_up(tmp_path: Path) -> None:
    roster = Roster()
    roster.texts["users.csv"] = (HEADERS["users"] + "\n" + 'u,"\n' * 200_001).encode()
    bundle = roster.read(tmp_path)
    assert "too_many_broken_rows" in {p.code for p in bundle.problems if p.severity == "fatal"}


def test_blank_rows_at_the_end_are_nothing_and_in_the_middle_a_warning(tmp_path: Path) -> None:
    assert Roster().add("categories", "\n\n,,,,\n").read(tmp_path).problems == ()
    bundle = Roster().change("categories", "ca2", "\n,,,,\nca2").read(tmp_path)
    assert only(bundle).reason == "Rows 3 to 4 are blank."
    assert [category.row for category in bundle.categories] == [2, 5]


def test_a_line_without_end_is_refused_without_being_read(tmp_path: Path) -> None:
    roster = Roster()
    roster.texts["users.csv"] += b"u" * (2 << 20)
    assert codes(roster.read(tmp_path))[0][3:] == ("line_too_long", "fatal")


def test_a_file_with_too_many_rows_is_refused(tmp_path: Path) -> None:
    bundle = Roster().read(tmp_path, limits=Limits(rows=2))
    assert {p.code for p in bundle.problems if p.severity == "fatal"} == {"too_many_rows"}


def test_an_empty_file_is_fatal_and_a_bare_header_is_not(tmp_path: Path) -> None:
    roster = Roster()
    roster.texts["resultLearningObjectiveIds.csv"] = b""
    roster.texts["roles.csv"] = HEADERS["roles"].encode()
    assert codes(roster.read(tmp_path)) == [
        ("resultLearningObjectiveIds.csv", None, "", "empty_file", "fatal")
    ]


def test_ten_thousand_problems_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    roster = Roster()
    rows = "".join(f"x{number},,,,\n" for number in range(10_500))
    roster.texts["categories.csv"] += rows.encode()
    bundle = roster.read(tmp_path)
    assert bundle.count("error") == 10_500
    assert len(bundle.problems) == 10_001
    assert bundle.problems[-1].reason == "There are 500 more errors in this file."
    assert bundle.refused["categories.csv"] == 10_500


def test_warnings_do_not_crowd_out_errors() -> None:
    problems = Problems(keep=1)
    for severity in ("warning", "warning", "error"):
        problems.add("a.csv", code="c", reason="r", fix="f", severity=severity)
    assert [p.severity for p in problems.listed()] == ["warning", "error", "warning"]


def test_what_is_quoted_of_a_value_is_short_and_printable() -> None:
    assert excerpt("x" * 1000) == "x" * 63 + "…"
    assert excerpt("a\u202eb\0") == "a\ufffdb\ufffd"


# Zips built to harm


def fatal(path: Path, **limits: int) -> str:
    problem = only(oneroster_csv.read(path, limits=Limits(**limits)))
    assert problem.severity == "fatal"
    return problem.code


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"")
    assert fatal(path) == "not_a_bundle"
    path.write_bytes(b"sourcedId,status\n" * 10_000)
    assert fatal(path) == "not_a_bundle"


def test_a_zip_cut_short_or_altered_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, Roster().files(), zipfile.ZIP_STORED)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert fatal(path) == "not_a_bundle"
    path.write_bytes(whole[100:])
    assert oneroster_csv.read(path).is_fatal
    path.write_bytes(whole.replace(b"Okafor", b"Okafur"))
    assert "damaged" in {p.code for p in oneroster_csv.read(path).problems}


@pytest.mark.parametrize(
    "name", ["../manifest.csv", "/manifest.csv", "a\\..\\b.csv", "C:manifest.csv", "a/../../b.csv"]
)
def test_names_that_lead_out_of_the_zip_are_refused(tmp_path: Path, name: str) -> None:
    assert fatal(zipped(tmp_path, Roster().files() | {name: b""})) == "bad_zip"


def test_a_name_that_is_empty_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, Roster().files() | {"nameless": b""})
    path.write_bytes(path.read_bytes().replace(b"nameless", b"\0" * 8))
    assert fatal(path) == "bad_zip"


def test_a_zip_in_a_zip_is_refused(tmp_path: Path) -> None:
    assert fatal(zipped(tmp_path, Roster().files() | {"more.zip": b"PK"})) == "bad_zip"


def test_a_symbolic_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, Roster().files())
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert fatal(path) == "bad_zip"


def test_an_encrypted_or_oddly_packed_zip_is_refused(tmp_path: Path) -> None:
    assert fatal(zipped(tmp_path, Roster().files(), zipfile.ZIP_BZIP2)) == "bad_zip"
    data = bytearray(zipped(tmp_path, Roster().files()).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path = tmp_path / "locked.zip"
    path.write_bytes(data)
    assert fatal(path) == "bad_zip"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, Roster().files())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("users.csv", "other")
    assert fatal(path) == "bad_zip"


def test_two_bundles_in_a_zip_are_refused(tmp_path: Path) -> None:
    files = Roster().files()
    both = files | {f"b/{name}": data for name, data in files.items()}
    assert fatal(zipped(tmp_path, both)) == "several_bundles"


def test_a_bundle_is_found_in_its_zip_however_deep_it_lies(tmp_path: Path) -> None:
    files = {f"exports/2026/June/{name}": data for name, data in Roster().files().items()}
    files |= {"README.txt": b"Nightly export", "exports/2026/notes.csv": b"day,dish\n"}
    (tmp_path / "folder").mkdir()
    assert oneroster_csv.read(zipped(tmp_path, files)) == Roster().read(tmp_path / "folder")


def test_of_csv_files_in_several_folders_none_is_guessed_at(tmp_path: Path) -> None:
    files = {f"a/b/{name}": data for name, data in Roster().files().items()}
    del files["a/b/manifest.csv"]
    problem = only(oneroster_csv.read(zipped(tmp_path, files | {"c/users.csv": b"x\n"})))
    assert problem.code == "several_folders"
    assert (problem.reason, problem.fix) == (
        "CSV files lie in 2 folders of the zip, and none of them has a manifest.csv.",
        "Put all files of one roster into one folder, and zip it.",
    )
    assert fatal(zipped(tmp_path, files)) == "manifest_missing"


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path) -> None:
    files = Roster().files() | {f"{number}.txt": b"" for number in range(1001)}
    assert fatal(zipped(tmp_path, files)) == "too_many_files"


def test_a_zip_with_a_huge_directory_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    path = zipped(tmp_path, Roster().files())
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, data.rindex(b"PK\x05\x06") + 12, 2 << 20)
    path.write_bytes(data)
    assert fatal(path) == "too_many_files"


@pytest.mark.thorough
def test_a_zip_bomb_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    files = Roster().files()
    files["users.csv"] += b",\n" * (8 << 20)
    found = oneroster_csv.read(zipped(tmp_path, files)).problems
    assert ("users.csv", "zip_bomb") in {(p.file, p.code) for p in found}


def test_the_total_is_counted_while_it_unpacks(tmp_path: Path) -> None:
    files = Roster().files()
    files["users.csv"] += (b"," * 21 + b"\n") * 10_000
    path = zipped(tmp_path, files)
    found = oneroster_csv.read(path, limits=Limits(total_bytes=100_000)).problems
    assert "too_large" in {p.code for p in found if p.severity == "fatal"}
    assert fatal(path, total_bytes=100) == "too_large"


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, Roster().files())
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    path.write_bytes(data)
    assert fatal(path) == "zip_bomb"


# Anything at all


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_raise(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    roster = Roster()
    roster.texts["users.csv"] = HEADERS["users"].encode() + b"\n" + data
    folder = tmp_path_factory.mktemp("any")
    bundle = roster.read(folder)
    assert bundle.rows.get("users.csv", 0) >= len(bundle.users)
    (folder / "manifest.csv").write_bytes(data)
    assert oneroster_csv.read(folder).is_fatal


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5000), st.integers(0, 255))
def test_no_altered_byte_of_a_zip_makes_the_reader_raise(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = zipped(folder, Roster().files())
    data = bytearray(path.read_bytes())
    data[place % len(data)] = value
    path.write_bytes(data)
    assert isinstance(oneroster_csv.read(path), Bundle)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(
            st.characters(codec="utf-8", categories=["L", "M", "N", "P", "S", "Zs"]),
            min_size=1,
            max_size=30,
        ),
        min_size=1,
        max_size=20,
        unique=True,
    )
)
def test_any_printable_text_survives_as_a_key(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str]
) -> None:
    keys = list(dict.fromkeys(unicodedata.normalize("NFC", key) for key in keys))
    roster = Roster().drop("lineItems").drop("results")
    roster.drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(HEADERS["categories"].split(","))
    writer.writerows([key, "", "", key, ""] for key in keys)
    roster.texts["categories.csv"] = sheet.getvalue().encode()
    bundle = roster.read(tmp_path_factory.mktemp("any"))
    assert bundle.problems == ()
    assert [category.sourced_id for category in bundle.categories] == keys
