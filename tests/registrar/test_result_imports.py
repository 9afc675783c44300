"""Results for single outcomes are read from Canvas's report and from sheets of any columns."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from registrar.errors import ImportRefused, PlanOutdated
from registrar.models import Learner, LearningOutcome, LineItem, Result, ResultImport
from registrar.readers import outcome_results
from registrar.readers.outcome_results import ResultColumns
from registrar.services.marking import result_imports
from registrar.services.teaching import tagging
from tests.cast import College
from tests.registrar.test_marks import rubric

CANVAS = (
    "student name,student id,student sis id,assessment title,assessment id,assessment type,"
    "submission date,submission score,learning outcome name,learning outcome id,attempt,"
    "outcome score,assessment question,assessment question id,course name,course id,"
    "course sis id,section name,section id,section sis id,assignment url,"
    "learning outcome friendly name,learning outcome points possible,"
    "learning outcome mastery score,learning outcome mastered,learning outcome rating,"
    "learning outcome rating points,learning outcome group title,learning outcome group id,"
    "account id,account name,enrollment state"
).split(",")
MAPPED = ResultColumns(learner="Who", outcome="What", level="How well", points="Points")


def canvas(*rows: dict[str, str]) -> bytes:
    """Canvas's report with these cells, each row about Ada's drawing of a cell."""
    usual = {
        "student name": "Ada Byron",
        "student sis id": "1001",
        "assessment title": "Essay",
        "assessment id": "77",
        "assessment type": "assignment",
        "submission date": "2026-04-02T10:11:12Z",
        "learning outcome name": "BIO101-1",
        "learning outcome id": "5",
        "attempt": "1",
        "outcome score": "3.0",
        "section sis id": "bio-101-26S",
        "learning outcome points possible": "4",
        "learning outcome mastered": "1",
        "learning outcome rating": "Able",
    }
    lines = [CANVAS, *([(usual | row).get(name, "") for name in CANVAS] for row in rows)]
    return ("\ufeff" + "\r\n".join(",".join(line) for line in lines)).encode()


def codes(problems: Any) -> list[tuple[int | None, str]]:
    return [(each.row, each.code) for each in problems]


# The reader


def test_canvas_is_known_by_its_columns() -> None:
    found = outcome_results.read(canvas({}), file="results.csv")
    assert (found.format, found.problems) == ("canvas", ())
    (row,) = found.rows
    assert (row.learner, row.outcome, row.level, row.met) == ("1001", "BIO101-1", "Able", True)
    assert (str(row.points), str(row.possible), str(row.dated)) == ("3.0", "4", "2026-04-02")


def test_all_errors_come_in_one_pass_with_row_column_and_remedy() -> None:
    found = outcome_results.read(
        canvas(
            {"student sis id": ""},
            {"outcome score": "many", "submission date": "02/04/2026"},
            {"learning outcome mastered": "perhaps"},
            {
                "outcome score": "",
                "learning outcome mastered": "",
                "learning outcome rating": "",
            },
            {},
        )
    )
    assert len(found.rows) == 1
    assert [(each.row, each.column, each.code) for each in found.problems] == [
        (2, "student sis id", "required"),
        (3, "outcome score", "bad_number"),
        (3, "submission date", "bad_date"),
        (4, "learning outcome mastered", "unknown_word"),
        (5, "learning outcome rating", "no_result"),
    ]
    assert all(each.reason and each.fix for each in found.problems)


def test_another_sheet_waits_for_somebody_to_say_what_its_columns_hold() -> None:
    sheet = b"Who;What;How well;Points\n1001;BIO101-1;Able;3,5\n"
    found = outcome_results.read(sheet)
    assert (found.columns, found.rows) == (None, [])
    assert found.header == ("Who", "What", "How well", "Points")
    assert found.samples == (("1001", "BIO101-1", "Able", "3,5"),)
    (row,) = outcome_results.read(sheet, columns=MAPPED).rows
    assert (row.level, str(row.points)) == ("Able", "3.5")


def test_columns_are_guessed_by_their_names() -> None:
    found = outcome_results.suggest(["Student ID", "Outcome", "Rating", "Score", "Colour"])
    assert found.as_dict() == {
        "learner": "Student ID",
        "outcome": "Outcome",
        "level": "Rating",
        "points": "Score",
    }
    assert ResultColumns.from_dict(found.as_dict() | {"odd": "x"}) == found


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        (b"", None),
        (b"\xff\xfea\x00b\x00", None),
        (b"a,b\n" + b"\x00" * 100, MAPPED),
        (b"Who,What\n1,2\n", MAPPED),
        (b"Who,What,How well,Points\n1,2,3,4\n", ResultColumns(learner="Who", level="Points")),
        (b"Who,What,How well,Points\n1,2,3,4\n", ResultColumns(learner="Who", outcome="What")),
        (
            b"Who,What,How well,Points\n1,2,3,4\n",
            ResultColumns(learner="Who", outcome="Who", level="Points"),
        ),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, columns: ResultColumns | None) -> None:
    found = outcome_results.read(data, file="odd.csv", columns=columns)
    assert not found.rows
    assert "fatal" in {each.severity for each in found.problems}


# Plan and apply


@pytest.fixture
def file(tmp_path: Path) -> Any:
    """Writes a file to be read."""

    def write(data: bytes, name: str = "results.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def learning(college: College, ada: Learner, ben: Learner, fay: User, chen: User) -> College:
    """Ada and Ben learn to draw a cell, which a rubric judges."""
    for learner in (ada, ben):
        college.enrol(learner)
    tag = tagging.propose(college.outcome, college.skills[1], emphasis="practised", by=fay)
    tagging.accept(tag, by=chen)
    rubric(college.skills[1], ("Master", 4), ("Able", 3), ("Beginner", 1))
    return college


@pytest.mark.django_db
def test_nothing_is_written_before_it_is_applied_and_the_same_again_changes_nothing(
    learning: College, file: Any, clara: User, ada: Learner
) -> None:
    path = file(canvas({}, {"student sis id": "1002@college.example", "outcome score": "1.25"}))
    kept = result_imports.read(path, by=clara)
    assert (kept.plan["new"], kept.source) == (2, "Canvas outcomes")
    assert not Result.objects.exists()
    assert not LineItem.objects.filter(title="Essay").exists()
    result_imports.apply(kept, by=clara)
    result = Result.objects.get(learner=ada)
    assert (result.text, result.score, result.possible) == ("Able", 3, 4)
    assert result.level == "https://college.example/Able"
    assert (result.assessment, str(result.dated)) == ("assignment", "2026-04-02")
    assert (result.line_item.title, result.line_item.offering) == ("Essay", learning.offering)
    assert list(result.line_item.outcomes.all()) == [learning.outcome]
    again = result_imports.read(file(canvas({}), "again.csv"), by=clara)
    assert (again.plan["new"], again.plan["changed"], again.plan["unchanged"]) == (0, 0, 1)


@pytest.mark.django_db
def test_what_differs_supersedes_and_the_last_attempt_holds(
    learning: College, file: Any, ada: Learner
) -> None:
    result_imports.apply(result_imports.read(file(canvas({})), by=None), by=None)
    later = canvas(
        {"attempt": "3", "learning outcome rating": "Master", "outcome score": "4"},
        {"attempt": "2", "learning outcome rating": "Beginner", "outcome score": "1"},
    )
    kept = result_imports.read(file(later), by=None)
    assert kept.plan["changed"] == 1
    result_imports.apply(kept, by=None)
    assert [each.text for each in Result.objects.order_by("pk")] == ["Able", "Master"]
    assert [each.text for each in Result.objects.current()] == ["Master"]


@pytest.mark.django_db
def test_work_under_two_titles_is_one_piece_of_work(learning: College, file: Any) -> None:
    rows = canvas({}, {"assessment title": "Essay (renamed)", "assessment question id": "2"})
    result_imports.apply(result_imports.read(file(rows), by=None), by=None)
    item = LineItem.objects.get(source="Canvas outcomes")
    assert (item.title, item.results.count()) == ("Essay", 2)


@pytest.mark.django_db
def test_names_that_mean_nothing_are_told_row_by_row_and_good_rows_go_on(
    learning: College, file: Any, root: User
) -> None:
    chemistry = learning.course_named("CHE 101")
    LearningOutcome.objects.create(opportunity=chemistry, code="CHE101-1", statement="Titrate.")
    Learner.objects.create(source="sis", sourced_id="idle", number="1003")
    path = file(
        canvas(
            {"student sis id": "nobody"},
            {"learning outcome name": "Juggle"},
            {"learning outcome name": "CHE101-1"},
            {"section sis id": "elsewhere"},
            {"student sis id": "1003"},
            {"learning outcome rating": "Splendid", "assessment id": "78"},
            {"learning outcome name": "BIO101-1: Cells"},
            {"learning outcome name": "draw a  CELL from observation.", "assessment id": "79"},
            {"section sis id": "", "course sis id": "BIO 101", "assessment id": "80"},
            {"section sis id": "", "assessment id": "81"},
        )
    )
    planned = result_imports.plan(path)
    assert codes(planned.problems) == [
        (2, "unknown_learner"),
        (3, "unknown_outcome"),
        (4, "unknown_outcome"),
        (5, "unknown_section"),
        (6, "takes_no_part"),
        (7, "unknown_level"),
    ]
    assert (planned.counts["new"], planned.counts["errors"]) == (5, 5)
    assert planned.problems[0].column == "student sis id"


@pytest.mark.django_db
def test_of_several_classes_one_has_to_be_named(learning: College, file: Any, ada: Learner) -> None:
    learning.enrol(ada, learning.offer(learning.course, "bio-101-evening"))
    unnamed = {"section sis id": "", "submission date": ""}
    assert codes(result_imports.plan(file(canvas(unnamed))).problems) == [(2, "several_sections")]
    assert not result_imports.plan(file(canvas({"submission date": ""}))).problems


@pytest.mark.django_db
def test_what_columns_hold_is_remembered_once_it_was_applied(
    learning: College, file: Any, clara: User
) -> None:
    sheet = b"Who,What,How well,Points\n1001,BIO101-1,able,\n"
    kept = result_imports.read(file(sheet), by=clara)
    assert kept.waits_for_columns
    with pytest.raises(ImportRefused):
        result_imports.apply(kept, by=clara)
    with pytest.raises(ImportRefused, match="the outcome"):
        result_imports.describe(kept, ResultColumns(learner="Who", points="Points"), by=clara)
    result_imports.describe(kept, MAPPED, by=clara)
    result_imports.apply(kept, by=clara)
    # Points that the sheet leaves blank are the level's.
    assert (Result.objects.get().text, Result.objects.get().score) == ("Able", 3)
    again = result_imports.read(file(sheet), by=clara)
    assert (again.waits_for_columns, again.plan["unchanged"]) == (False, 1)


@pytest.mark.django_db
def test_a_plan_that_is_no_longer_true_is_not_applied(
    learning: College, file: Any, clara: User, ben: Learner
) -> None:
    path = file(canvas({}))
    first, second = (result_imports.read(path, by=clara) for _ in range(2))
    result_imports.apply(first, by=clara)
    with pytest.raises(PlanOutdated):
        result_imports.apply(second, by=clara)
    path.write_bytes(canvas({"student sis id": "1002"}))
    with pytest.raises(PlanOutdated):
        result_imports.apply(second, by=clara)
    path.unlink()
    with pytest.raises(ImportRefused):
        result_imports.apply(second, by=clara)
    result_imports.discard(second, by=clara)
    assert ResultImport.objects.get(pk=second.pk).state == "discarded"


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["own", "sis", "x" * 101])
def test_results_do_not_take_the_name_of_another_source(
    learning: College, file: Any, source: str
) -> None:
    with pytest.raises(ImportRefused):
        result_imports.plan(file(canvas({})), source=source)


# The command


def told(*arguments: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command("import_results", *map(str, arguments), "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.django_db
def test_the_command_reads_looks_and_applies(learning: College, file: Any) -> None:
    path = file(canvas({}, {"student sis id": "nobody"}))
    dry = told(path, "--dry-run")
    assert (dry["new"], dry["errors"][0]["row"], dry["errors"][0]["file"]) == (1, 3, "results.csv")
    assert not Result.objects.exists()
    assert told(path)["new"] == 1
    assert told(path) == dry | {"new": 0, "unchanged": 1}
    sheet = file(b"Who,What,How well,Points\n1001,BIO101-1,Able,3\n", "sheet.csv")
    with pytest.raises(CommandError, match="--column"):
        told(sheet)
    said = ["learner=Who", "outcome=What", "level=How well"]
    columns = [part for each in said for part in ("--column", each)]
    assert told(sheet, "--source", "Clickers", *columns)["new"] == 1
    with pytest.raises(CommandError, match="colour"):
        told(sheet, "--column", "colour=Who")
    with pytest.raises(CommandError):
        told(file(b"", "empty.csv"))
    with pytest.raises(CommandError):
        told("missing.csv")
