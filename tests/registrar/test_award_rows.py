"""Sheets of awards are read whatever their columns, days and letters; what is wrong is named."""

import json
import sys
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from registrar.readers import award_rows, loose_sheet
from registrar.readers.award_columns import ResultField, suggest
from registrar.readers.award_records import Checked, Reading
from tests.registrar.award_sheets import (
    BROKEN_LINES,
    HEADER,
    RESULTS,
    WAYS,
    line,
    planted,
    right,
    workbook,
)

TODAY = date(2026, 11, 22)


def read(data: bytes | str, **options: Any) -> Checked:
    data = data.encode() if isinstance(data, str) else data
    return award_rows.read(data, results=RESULTS, today=TODAY, **options)


def sheet(*rows: dict[str, str]) -> str:
    return "\n".join([",".join(HEADER), *map(line, rows)]) + "\n"


def codes(found: Checked) -> list[tuple[int, str, str]]:
    return [(row.number, each.column, each.code) for row in found.rows for each in row.problems]


def test_of_10_000_rows_exactly_the_1_000_wrong_ones_are_named_in_one_pass() -> None:
    data, wrong = planted(10_000, 1_000)
    began = time.perf_counter()
    found = read(data)
    took = time.perf_counter() - began
    ways = len(WAYS) + len(BROKEN_LINES)
    sys.stdout.write(f"{len(found.rows):,} rows, wrong in {ways} ways: {took:.2f} s\n")
    assert not found.problems
    assert len(found.rows) == 10_000
    named = {row.number: {each.code for each in row.problems} for row in found.rows if row.problems}
    assert sorted(named) == sorted(wrong)
    assert {row: code for row, code in wrong.items() if code not in named[row]} == {}
    assert sum(row.record is not None for row in found.rows) == 9_000


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_being_wrong_has_a_reason_and_a_remedy(way: str) -> None:
    change, code = WAYS[way]
    rows = [right(number) for number in range(1, 40)]
    change(rows[20], rows)
    found = read(sheet(*rows))
    (wrong,) = [row for row in found.rows if row.problems]
    assert (wrong.number, wrong.record) == (22, None)
    assert code in {each.code for each in wrong.problems}
    assert all(each.reason and each.fix and each.row == 22 for each in wrong.problems)


@pytest.mark.parametrize(
    "header",
    [
        "Student ID,First Name,Last Name,Email Address,Date Awarded,Expires,Score (%)",
        "matrikelnummer,VORNAME,Nachname,E-Mail-Adresse,Verleihungsdatum,Gültig bis,Ergebnis",
        "N° étudiant,Prénom,Nom,Courriel,Date d’obtention,Date d'expiration,Note",
        "Matrícula,Nombre,Apellidos,Correo electrónico,Fecha de emisión,Válido hasta,Nota",
        "学号,名,姓,邮箱,颁发日期,有效期至,成绩",
        "Emplid,Forename *,Surname (required),Recipient,Issue date,Valid through,Closing exercise",
    ],
)
def test_columns_are_known_by_their_names_in_many_languages(header: str) -> None:
    found = suggest(header.split(","), [], RESULTS)
    assert [found.get(name) for name in _FIELDS] == header.split(",")


_FIELDS = (
    "number",
    "given_name",
    "family_name",
    "email",
    "awarded_on",
    "valid_until",
    "result",
)


def test_a_column_of_addresses_is_known_by_its_content() -> None:
    found = suggest(["A", "B"], [["1", "ada@example.org"], ["2", "b@example.org"]], ())
    assert found == {"email": "B"}


def test_a_column_that_holds_nothing_of_ours_is_told_once() -> None:
    found = read(
        "Colour,Student no,First name,Surname,E-mail,Date of birth\n"
        "red,1,Ada,Byron,a@example.org,1815-12-10\n"
    )
    assert [(each.row, each.column, each.code) for each in found.problems] == [
        (None, "Colour", "unknown_column"),
        (None, "Date of birth", "unknown_column"),
    ]
    assert found.rows[0].record is not None


def test_without_a_column_for_what_is_required_nothing_is_read() -> None:
    found = read("Student no,First name,Surname\n1,Ada,Byron\n")
    assert (found.is_fatal, found.rows) == (True, [])
    assert "e-mail address" in found.problems[0].reason


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (["15/05/2026", "03/04/2026"], "day/month/year (15/05/2026)"),
        (["05/15/2026", "03/04/2026"], "month/day/year (05/15/2026)"),
        (["15.5.26", "3.4.2026"], "day/month/year (15/05/2026)"),
        (["15 May 2026", "April 3, 2026"], "in words (15 May 2026)"),
        (["15. Mai 2026", "3 avril 2026"], "in words (15 May 2026)"),
        (["2026-05-15 00:00:00", "2026/4/3"], "year-month-day (2026-05-15)"),
        (["2026年5月15日", "2026年4月3日"], "year-month-day (2026-05-15)"),
    ],
)
def test_how_days_are_written_is_told_from_the_column(days: list[str], told: str) -> None:
    rows = [right(number) | {"award date": day} for number, day in enumerate(days)]
    found = read(sheet(*rows))
    assert codes(found) == []
    assert found.days["awarded_on"] == told
    first = found.rows[0].record
    assert first is not None
    assert first.awarded_on == date(2026, 5, 15)


def test_where_nothing_tells_day_from_month_somebody_is_asked() -> None:
    data = sheet(*(right(n) | {"award date": "03/04/2026", "valid until": ""} for n in (1, 2)))
    assert {code for _, _, code in codes(read(data))} == {"ambiguous_date"}
    (column,) = read(data).problems
    assert (column.code, "ISO 8601" in column.fix) == ("ambiguous_dates", True)
    fixes = {each.fix for row in read(data).rows for each in row.problems}
    assert all(each.startswith("Write the year first: 2026-") for each in fixes)
    said = read(data, orders={"awarded_on": "month first"}).rows[0].record
    assert said is not None
    assert said.awarded_on == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("codec", "told"),
    [("utf-8-sig", ""), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("cp1252", "Windows-1252")],
)
def test_letters_are_read_in_the_encoding_that_they_are_in(codec: str, told: str) -> None:
    row = right(1) | {"given name": "Renée", "family name": "Müller"}
    found = read(sheet(row).encode(codec))
    (record,) = [each.record for each in found.rows if each.record]
    assert (record.given_name, record.family_name) == ("Renée", "Müller")
    assert [told in each.reason for each in found.problems] == ([True] if told else [])
    if codec == "cp1252":
        at = sheet(row).encode(codec).index(0xE9)
        assert f"Byte {at} (line 2 of the text)" in found.problems[0].reason


def test_one_damaged_letter_costs_one_row() -> None:
    data = sheet(*map(right, range(40))).encode().replace(b"0000003,", b"000\xff003,")
    found = read(data)
    assert not found.problems
    assert [(row, code) for row, _, code in codes(found)] == [(5, "damaged_letters")]


@pytest.mark.parametrize(
    ("properties", "day"), [("", 46_157), ('<workbookPr date1904="1"/>', 44_695)]
)
def test_a_workbook_is_read_with_days_that_it_counts(properties: str, day: int) -> None:
    rows: list[list[str | int]] = [[*HEADER], [1, "Ada", "Byron", "a@example.org", day, "", 85]]
    found = read(workbook(rows, properties=properties))
    record = found.rows[0].record
    assert record is not None
    assert (record.number, record.awarded_on, record.results) == (
        "1",
        date(2026, 5, 15),
        (("result", "85"),),
    )


def test_sheets_that_are_not_read_are_told_of() -> None:
    cells = [list(right(1).values())]
    found = read(workbook([[*HEADER], *cells], others=["Autumn", "Spring"]))
    (told,) = found.problems
    assert (told.row, told.code, told.value) == (None, "other_sheets", "Autumn, Spring")
    assert told.severity == "warning" and found.rows[0].record is not None


NAMES = "Student no;First name;Last name;E-mail;Award date;Score"
ROWS = "1;Ada;Byron;a@example.org;2026-05-01;85,5\n2;Bo;Ek;b@example.org;2026-05-02;80\n"


@pytest.mark.parametrize(
    ("data", "said", "first"),
    [
        (f"Graduates 2026, spring\n\n{NAMES}\n{ROWS}", ["semicolons", "line 3"], 4),
        (f'"Our\ngraduates";;\n{NAMES}\n{ROWS}', ["semicolons", "line 2"], 3),
        (f"sep=;\r\n{NAMES}\r\n{ROWS}", ["semicolons, as the first line says"], 2),
        (f"{NAMES}\n{ROWS}".replace(";", "|"), ["bars"], 2),
        (f"{NAMES}\n{ROWS}".replace("\n", "\r"), ["semicolons"], 2),
    ],
)
def test_a_sheet_as_people_send_them_is_read_and_one_is_told_how(
    data: str, said: list[str], first: int
) -> None:
    opened = award_rows.opened(data.encode(), RESULTS)
    assert len(opened.read_as) == len(said)
    assert all(words in told for words, told in zip(said, opened.read_as, strict=True))
    found = read(data)
    assert [row.number for row in found.rows if row.record] == [first, first + 1]
    titles = [each.row for each in found.problems if each.code == "above_header"]
    assert titles == ([1] if "raduates" in data else [])


@pytest.mark.parametrize("sign", ['"', "\r", ""])
def test_what_cannot_stand_between_cells_is_not_taken_for_it(sign: str) -> None:
    opened = award_rows.opened(f"sep={sign}\n{NAMES}\n{ROWS}".encode(), RESULTS)
    assert opened.header == tuple(NAMES.split(";"))


def test_names_of_columns_may_stand_in_two_rows_or_below_groups_of_them() -> None:
    ada = [1, "Ada", "Byron", "a@example.org"]
    groups = workbook(
        [["Learner", "", "", "Contact"], ["Student no", "Given name", "Surname", "E-mail"], ada]
    )
    split = workbook([["Student no", "Name", "", "E-mail"], ["", "Given name", "Surname"], ada])
    unknown = "All of them\n\na,b,c,d\n1,Ada,Byron,a@example.org\n"
    for data in (groups, split):
        (row,) = read(data).rows
        assert (row.number, row.record is not None) == (3, True)
    assert loose_sheet.read(unknown.encode()).header == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("row", "whose"),
    [
        ("١٠٠١;محمد;الفارسي;a@example.org;٢٠٢٦/٠٥/٠١;٨٥٫٥", "Arabic-Indic"),
        ("१००१;आदित्य;राव;a@example.org;२०२६-०५-०१;८५.५", "Devanagari"),
        ("１００１;明;李;a@example.org;２０２６／０５／０１;８５．５", "Fullwidth"),
    ],
)
def test_digits_of_other_scripts_are_read_in_days_and_numbers(row: str, whose: str) -> None:
    found = read(f"{NAMES}\n{row}\n")
    (record,) = [each.record for each in found.rows]
    assert record is not None
    assert (record.number, record.awarded_on) == ("1001", date(2026, 5, 1))
    assert record.results == (("result", "85.5"),)
    assert all(
        f"{whose} digits read as 0 to 9" in found.days[name] for name in ("number", "result")
    )


def test_what_is_odd_about_a_sheet_is_told_once() -> None:
    many = ",".join([*HEADER[:4], *(f"column {n}" for n in range(251))])
    wide = read(f"{many}\n{line(right(1)).rsplit(',', 3)[0]}{',' * 251}\n")
    assert [each.code for each in wide.problems] == ["unknown_column"]
    assert (len(wide.rows), wide.rows[0].problems) == (1, [])
    (missing, *_) = read("1,Ada,Byron,a@example.org\n2,Bo,Ek,b@example.org\n").problems
    assert (missing.code, "row with names of columns" in missing.fix) == ("missing_column", True)
    ((wrong,),) = [row.problems for row in read(sheet(right(1) | {"e-mail": "A <a@b.org>"})).rows]
    assert wrong.fix == "Write a@b.org."


def test_rows_that_a_workbook_hides_are_told_of() -> None:
    rows = [list(HEADER[:4]), [1, "Ada", "Byron", "a@example.org"]]
    packed = workbook(rows, hidden=[2])
    assert [each.code for each in read(packed).problems] == ["hidden_rows"]


def test_a_line_of_json_ends_where_the_line_does() -> None:
    row = json.dumps(right(1) | {"given name": "Ada\u2028Mae"}, ensure_ascii=False)
    assert codes(read(row)) == [(1, "given name", "line_break")]


def test_titles_of_columns_may_stand_below_empty_rows_and_rows_count_as_a_spreadsheet_does() -> (
    None
):
    found = read("\n\n" + sheet(right(1), right(2) | {"e-mail": ""}))
    assert codes(found) == [(5, "e-mail", "required")]


def test_where_all_rows_end_before_the_header_does_nothing_is_missing() -> None:
    rows = [",".join(line(right(number)).split(",")[:5]) for number in (1, 2, 3)]
    assert codes(read("\n".join([",".join(HEADER), *rows]))) == []


def test_results_are_kept_as_the_credential_says_them() -> None:
    for said, kept in (("85,5", "85.5"), ("85%", "85"), ("085", "085"), ("100.0", "100.0")):
        record = read(sheet(right(1) | {"result": said})).rows[0].record
        assert record is not None
        assert record.results == (("result", kept),)


def test_a_result_among_named_ones_is_spelt_as_it_is_allowed() -> None:
    grades = (ResultField("grade", "Grade", ("Pass", "Distinction")),)
    data = "id,first name,surname,e-mail,grade\n1,A,B,a@example.org,pass\n2,C,D,c@example.org,X\n"
    found = award_rows.read(data.encode(), results=grades, today=TODAY)
    first = found.rows[0].record
    assert first is not None
    assert first.results == (("grade", "Pass"),)
    assert codes(found) == [(3, "grade", "unknown_result")]
    assert "“X”" in found.rows[1].problems[0].reason


def test_a_result_below_what_is_needed_is_wrong_and_none_is_worth_a_look() -> None:
    levels = (ResultField("level", "Bandages", ("Beginning", "Proficient"), required="Proficient"),)
    data = "Stud. No,First,Last,E-mail,Level\n1,A,B,a@x.org,beginning\n2,C,D,c@x.org,\n"
    found = award_rows.read(data.encode(), results=levels, today=TODAY)
    assert codes(found) == [(2, "Level", "below_required"), (3, "Level", "no_result")]
    assert [row.record is None for row in found.rows] == [True, False]
    points = (ResultField("points", "Points", (), "0", "100", "59.5"),)
    for said, is_wrong in (("60.0%", False), ("59", True), ("100", False)):
        data = f"id,first name,surname,e-mail,points\n1,A,B,a@x.org,{said}\n"
        found = award_rows.read(data.encode(), results=points, today=TODAY)
        assert found.rows[0].is_wrong == is_wrong
    without = award_rows.read(data.replace("points", "hat").encode(), results=points, today=TODAY)
    assert [each.code for each in without.problems] == ["unknown_column", "no_result"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\n \n", "empty_file"),
        (b"a,b\n", "no_rows"),
        (b'"a,b\n1,2', "bad_header"),
        (b"%PDF-1.7 etc", "not_a_sheet"),
        (b"PK\x03\x04 nothing in it", "not_a_sheet"),
        (b"\xd0\xcf\x11\xe0 old", "old_workbook"),
        (",".join("x" * 600).encode() + b"\n1\n", "too_many_columns"),
    ],
)
def test_what_is_no_sheet_is_refused_with_a_reason(data: bytes, code: str) -> None:
    found = read(data)
    assert [each.code for each in found.problems] == [code]
    assert found.is_fatal


def test_columns_said_by_hand_are_read_instead() -> None:
    known = loose_sheet.read(b"a,b,c,d\n7,Ada,Byron,a@example.org\n")
    columns = {"number": "a", "given_name": "b", "family_name": "c", "email": "d"}
    record = award_rows.check(known, Reading(columns), today=TODAY).rows[0].record
    assert record is not None
    assert (record.number, record.email) == ("7", "a@example.org")


def test_evidence_is_asked_for_or_left_out_as_the_template_says() -> None:
    data = b"id,first name,surname,e-mail,evidence\n1,A,B,a@x.org,\n2,C,D,c@x.org,A chair.\n"
    known = loose_sheet.read(data)
    columns = award_rows.suggest(known, ())
    asked = Reading(columns, evidence="required")
    assert codes(award_rows.check(known, asked, today=TODAY)) == [(2, "evidence", "required")]
    without = award_rows.check(known, Reading(columns, evidence="none"), today=TODAY)
    assert [(each.column, each.code) for each in without.problems] == [
        ("evidence", "unknown_column")
    ]
    assert [row.record.evidence_text for row in without.rows if row.record] == ["", ""]


# Whatever comes


@given(some.binary(max_size=400))
def test_whatever_the_bytes_are_the_answer_is_clear(data: bytes) -> None:
    found = read(data)
    assert found.rows or found.is_fatal


@given(some.lists(some.lists(some.text(max_size=30), min_size=7, max_size=7), max_size=8))
def test_right_rows_and_wrong_rows_are_all_rows(cells: list[list[str]]) -> None:
    rows = [dict(zip(HEADER, each, strict=True)) for each in cells]
    found = read(sheet(right(1), *rows).encode("utf-8", "replace"))
    assert sum(row.is_wrong for row in found.rows) + sum(
        row.record is not None for row in found.rows
    ) == len(found.rows)
    first = found.rows[0]
    assert (first.number, first.record is not None) == (2, True)


@given(some.sets(some.integers(1, 38), max_size=12), some.randoms(use_true_random=False))
def test_a_right_row_stays_right_whatever_stands_around_it(at: set[int], draw: Any) -> None:
    rows = [right(number) for number in range(40)]
    for each in at:
        change, _ = WAYS[draw.choice(sorted(WAYS))]
        change(rows[each], rows)
    named = {row.number - 2 for row in read(sheet(*rows)).rows if row.problems}
    assert named == at
