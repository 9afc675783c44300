"""The commands that import: what they print, and when they refuse."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from issuer.models import LedgerEntry
from registrar.models import Learner, RosterImport
from skills.models import Framework, FrameworkImport, Skill
from tests.registrar.test_oneroster_csv import Roster
from tests.skills.test_frameworks import package

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


def run(command: str, *arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    try:
        call_command(command, *map(str, arguments), stdout=out, stderr=io.StringIO(), **options)
    except CommandError as error:
        return f"{out.getvalue()}REFUSED {error}"
    return out.getvalue()


def outcome(command: str, *arguments: Any) -> dict[str, Any]:
    """The JSON on the last line."""
    printed = run(command, *arguments, "--json").split("REFUSED")[0]
    return json.loads(printed.strip().splitlines()[-1])


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    roster = Roster().drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")
    for name, data in roster.files().items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def framework(tmp_path: Path) -> Path:
    path = tmp_path / "framework.json"
    path.write_text(json.dumps(package(1, 2)))
    return path


def test_a_roster_is_imported_and_a_second_time_unchanged(bundle: Path) -> None:
    first = outcome("import_oneroster", bundle)
    assert first["results.csv"] == {
        "new": 3,
        "changed": 0,
        "retired": 0,
        "unchanged": 0,
        "errors": 0,
        "warnings": 0,
        "problems": [],
    }
    again = outcome("import_oneroster", bundle)
    assert all(not (c["new"] or c["changed"] or c["retired"]) for c in again.values())
    assert again["results.csv"]["unchanged"] == 3
    assert RosterImport.objects.filter(state="applied", applied_by=None).count() == 2
    assert LedgerEntry.objects.filter(act="roster.applied", actor="system").count() == 2


def test_of_what_is_only_read_along_it_is_said_that_nothing_is_kept(bundle: Path) -> None:
    said = run("import_oneroster", bundle)
    assert "as nothing of their own is kept: categories.csv, roles.csv." in said


def test_a_dry_run_writes_nothing(bundle: Path, framework: Path) -> None:
    assert outcome("import_oneroster", bundle, "--dry-run")["users.csv"]["new"] == 2
    assert outcome("import_framework", framework, "--dry-run")["new"] == 2
    assert not Learner.objects.exists() and not RosterImport.objects.exists()
    assert not Skill.objects.exists() and not FrameworkImport.objects.exists()


def test_bad_rows_are_listed_and_the_good_ones_go_on(bundle: Path) -> None:
    path = bundle / "results.csv"
    path.write_text(path.read_text().replace(",62.5,", ",lots,"))
    told = outcome("import_oneroster", bundle)["results.csv"]
    assert (told["new"], told["errors"]) == (2, 1)
    (problem,) = told["problems"]
    assert (problem["row"], problem["column"], problem["value"]) == (3, "score", "lots")


def test_people_read_a_table(bundle: Path) -> None:
    path = bundle / "results.csv"
    path.write_text(path.read_text().replace(",62.5,", ",lots,"))
    printed = run("import_oneroster", bundle)
    assert "results.csv row 3  score" in printed
    assert "Write digits with a point for decimals" in printed


def test_the_table_stops_where_nobody_reads_on(bundle: Path) -> None:
    path = bundle / "results.csv"
    rows = [f"x{n},,,li2,u1,fully graded,lots,2025-10-21,,,,,,," for n in range(60)]
    path.write_text("\n".join([path.read_text().strip(), *rows, ""]))
    printed = run("import_oneroster", bundle)
    assert "... and 10 more; --json lists all of them." in printed
    assert run("import_oneroster", bundle, "--dry-run").count("lots") == 60
    assert len(outcome("import_oneroster", bundle)["results.csv"]["problems"]) == 60


def test_a_bundle_that_is_none_is_refused(bundle: Path, tmp_path: Path) -> None:
    (bundle / "manifest.csv").unlink()
    printed = run("import_oneroster", bundle, "--json")
    assert "REFUSED The roster cannot be applied; nothing was changed." in printed
    assert outcome("import_oneroster", bundle)["manifest.csv"]["errors"] == 1
    assert "REFUSED There is no nothing" in run("import_oneroster", tmp_path / "nothing")
    assert not Learner.objects.exists()


def test_whose_act_it_is_can_be_said(bundle: Path, framework: Path, clara: User) -> None:
    run("import_oneroster", bundle, "--by", "clara")
    run("import_framework", framework, "--by", "clara")
    assert RosterImport.objects.get().applied_by == clara
    assert FrameworkImport.objects.get().by == clara
    assert "REFUSED There is nobody" in run("import_oneroster", bundle, "--by", "nobody")


def test_somebody_who_may_not_is_refused(bundle: Path, framework: Path, dev: User) -> None:
    assert "REFUSED This concerns" in run("import_oneroster", bundle, "--by", "dev")
    assert "REFUSED This concerns" in run("import_framework", framework, "--by", "dev")
    assert not Learner.objects.exists() and not FrameworkImport.objects.exists()


def test_a_framework_is_imported_and_a_second_time_unchanged(framework: Path) -> None:
    first = outcome("import_framework", framework, "--own")
    assert {name: first[name] for name in ("new", "changed", "retired", "unchanged")} == {
        "new": 2,
        "changed": 0,
        "retired": 0,
        "unchanged": 0,
    }
    assert first["errors"] == []
    again = outcome("import_framework", framework, "--format", "case")
    assert (again["new"], again["unchanged"]) == (0, 2)
    assert Framework.objects.get().is_own
    entry = LedgerEntry.objects.filter(act="framework.imported").latest("sequence")
    assert entry.details["unchanged"] == 2


def test_a_framework_with_errors_is_refused_with_all_of_them(framework: Path) -> None:
    document = package(1, 2)
    del document["CFItems"][0]["fullStatement"]
    document["CFItems"][1]["lastChangeDateTime"] = "yesterday"
    framework.write_text(json.dumps(document))
    told = outcome("import_framework", framework)
    assert [error["column"] for error in told["errors"]][:2] == [
        "/CFItems/0/fullStatement",
        "/CFItems/1/lastChangeDateTime",
    ]
    printed = run("import_framework", framework)
    assert "/CFItems/0/fullStatement" in printed and "REFUSED" in printed
    assert not Framework.objects.exists()


def test_what_is_only_worth_a_look_is_printed_apart_from_what_is_wrong(framework: Path) -> None:
    document = package(1) | {"colour": "green"}
    framework.write_text(json.dumps(document))
    printed = run("import_framework", framework, "--dry-run")
    assert "Worth a look" in printed and "What is wrong" not in printed
    del document["CFItems"][0]["fullStatement"]
    framework.write_text(json.dumps(document))
    wrong, look = run("import_framework", framework).split("Worth a look")
    assert "/CFItems/0/fullStatement" in wrong.split("What is wrong")[1]
    assert "/colour" in look and "/colour" not in wrong
    told = outcome("import_framework", framework)
    assert "/colour" in [each["column"] for each in told["warnings"]]
    assert "/colour" not in [each["column"] for each in told["errors"]]


def test_most_of_a_framework_is_retired_only_where_that_is_accepted(framework: Path) -> None:
    framework.write_text(json.dumps(package(*range(1, 31))))
    run("import_framework", framework)
    framework.write_text(json.dumps(package(1)))
    assert "29 of the 30 skills" in run("import_framework", framework, "--dry-run")
    printed = run("import_framework", framework)
    assert "REFUSED" in printed and "--accept-retirements" in printed
    assert outcome("import_framework", framework)["errors"][0]["code"] == "many_retired"
    assert outcome("import_framework", framework, "--accept-retirements")["retired"] == 29


def test_addresses_and_absent_files_are_said_plainly(tmp_path: Path) -> None:
    printed = run("import_framework", "http://frameworks.example/1")
    assert "REFUSED http://frameworks.example/1 is no address that is fetched" in printed
    assert "REFUSED There is no file" in run("import_framework", tmp_path / "absent.json")
    assert "has no files" in run("import_framework", tmp_path)


def test_a_framework_that_cannot_be_read_ends_with_json_too(
    framework: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for arguments in (
        [framework.parent / "absent.json"],
        [tmp_path / "empty"],
        ["http://frameworks.example/1"],
        [framework, "--by", "nobody"],
        [framework, "--column", "colour=Colour"],
        [framework, "--framework-id", "bird\udce9"],
        [framework, "--column", "code=R\udce9f"],
    ):
        told = outcome("import_framework", *arguments)
        assert (told["new"], told["changed"], told["retired"], told["unchanged"]) == (0, 0, 0, 0)
        (error,) = told["errors"]
        assert error["file"] == str(arguments[0])
        assert f"REFUSED {error['reason']}" in run("import_framework", *arguments)


def test_a_sheet_is_read_by_its_columns_and_the_next_time_as_before(tmp_path: Path) -> None:
    sheet = tmp_path / "ours.csv"
    sheet.write_text("Ref,What they can do\nA1,Count birds\nA2,Name trees\n")
    told = outcome("import_framework", sheet)
    assert told["new"] == 0 and {error["code"] for error in told["errors"]} == {"no_mapping"}
    printed = run("import_framework", sheet)
    assert "The file has: Ref, What they can do." in printed
    assert "--framework-id and --title, and of a sheet with --column FIELD=COLUMN" in printed
    said = ["--framework-id", "birds", "--title", "Birds and trees"]
    columns = ["--column", "code=Ref", "--column", "statement=What they can do"]
    assert outcome("import_framework", sheet, *said, *columns)["new"] == 2
    sheet.write_text(sheet.read_text().replace("Name trees", "Name all trees"))
    again = outcome("import_framework", sheet)
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 1, 1)
    assert Framework.objects.get().title == "Birds and trees"


def test_whose_a_sheet_is_and_what_its_rows_are_can_be_said(tmp_path: Path) -> None:
    sheet = tmp_path / "ours.csv"
    sheet.write_text("Ref,What they can do\nA1,Count birds\n")
    said = ["--framework-id", "birds", "--title", "Birds", "--creator", "Field College"]
    columns = ["--column", "code=Ref", "--column", "statement=What they can do"]
    assert outcome("import_framework", sheet, *said, *columns, "--kind", "ability")["new"] == 1
    assert Framework.objects.get().creator == "Field College"
    assert Skill.objects.get().kind == "ability"


def test_a_file_that_does_not_say_which_framework_it_is_asks_for_it(shared_data: Path) -> None:
    path = shared_data / "rsd" / "osmt_fixture_rsds.json"
    told = outcome("import_framework", path)
    if told["errors"]:
        assert {error["code"] for error in told["errors"]} == {"no_identity"}
        told = outcome("import_framework", path, "--framework-id", "wgu")
    assert (told["new"], told["errors"]) == (148, [])


def test_a_header_alone_is_refused_as_often_as_it_comes(shared_data: Path) -> None:
    path = shared_data / "rsd" / "osmt-batch-import-example.csv"
    first = outcome("import_framework", path, "--framework-id", "wgu")
    assert [error["code"] for error in first["errors"]] == ["nothing_there"]
    assert outcome("import_framework", path, "--framework-id", "wgu") == first
    assert not Framework.objects.exists()


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_a_roster_that_cannot_be_read_ends_with_json_too(bundle: Path, dry_run: list[str]) -> None:
    noise = bundle.parent / "noise.zip"
    noise.write_bytes(bytes(range(256)))
    for arguments in ([bundle.parent / "absent"], [noise], [bundle, "--by", "nobody"]):
        told = outcome("import_oneroster", *arguments, *dry_run)
        (counts,) = [counts for counts in told.values() if counts["errors"]]
        assert (counts["new"], counts["errors"]) == (0, 1)
        (problem,) = counts["problems"]
        assert problem["severity"] == "fatal" and problem["reason"]
        assert "REFUSED" in run("import_oneroster", *arguments, *dry_run, "--json")


def test_the_names_that_colleges_share_are_loaded_once() -> None:
    printed = run("load_known_names")
    assert "NACE career readiness competencies: 8 names." in printed
    assert "AAC&U VALUE rubrics: 16 names." in printed
    assert run("load_known_names") == printed
    assert Framework.objects.filter(is_own=False).count() == 2
    assert Skill.objects.current().count() == 24
    assert not Skill.objects.exclude(uri__contains="/skills/").exists()
