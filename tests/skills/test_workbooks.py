"""Excel workbooks: the first sheet's cells as a person sees them, and no surprises."""

import io
import zipfile
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import mapped_sheet, workbook
from skills.readers.errors import Unreadable
from skills.readers.mapped_sheet import ColumnMapping
from skills.readers.problems import Problems
from skills.readers.table import Table
from tests.skills.sheets import assert_says_what_is_wrong

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEETS = '<sheet name="Skills" sheetId="1" r:id="rId1"/>'
STRINGS = "<si><t>text</t></si><si><r><t>Wea</t></r><r><t>ves.</t></r><rPh><t>x</t></rPh></si>"
ROWS = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>code</t></is></c></row>'
    '<row r="3"><c r="A3" t="s"><v>1</v></c><c r="C3"><v>1.1000000000000001</v></c></row>'
    '<row><c t="str"><v>Knots &amp; bows</v></c><c t="b"><v>1</v></c><c><v>7</v></c></row>'
)


def book(
    *, rows: str = ROWS, sheets: str = SHEETS, strings: str = STRINGS, begin: str = ""
) -> bytes:
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f"<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        '<Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": f'{begin}<worksheet xmlns="{MAIN}">'
        f"<sheetData>{rows}</sheetData></worksheet>",
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return data.getvalue()


def read(data: bytes) -> tuple[Table, list[str]]:
    problems = Problems("b.xlsx")
    table = workbook.read(data, problems)
    return table, [each.code for each in problems.listed()]


def test_cells_read_as_a_person_sees_them() -> None:
    table, problems = read(book())
    assert problems == []
    assert table.header == ("text", "", "code")
    assert [(row.number, row.cells) for row in table.rows] == [
        (3, ["Weaves.", "", "1.1"]),
        (4, ["Knots & bows", "TRUE", "7"]),
    ]


def test_only_the_first_visible_sheet_is_read_and_the_others_are_told_of() -> None:
    hidden = '<sheet name="Old" sheetId="2" state="hidden" r:id="rId9"/>'
    more = '<sheet name="Notes" sheetId="3" r:id="rId3"/>'
    table, problems = read(book(sheets=hidden + SHEETS + more))
    assert len(table.rows) == 2
    assert problems == ["other_sheets"]


def test_a_mapped_sheet_may_be_a_workbook() -> None:
    mapping = ColumnMapping(statement="text", code="code")
    found = mapped_sheet.read(book(), mapping, framework_id="ours")
    assert [(skill.code, skill.statement) for skill in found.skills] == [
        ("1.1", "Weaves."),
        ("7", "Knots & bows"),
    ]
    assert mapped_sheet.columns(book()).names == ("text", "code")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_workbook"),
        (book(sheets=""), "not_a_workbook"),
        (book(sheets=SHEETS.replace("rId1", "rId5")), "not_a_workbook"),
        (book(rows=""), "empty_file"),
        (book(rows="<row>"), "damaged"),
        (book(rows='<row><c t="s"><v>99</v></c></row>'), "damaged"),
        (book(begin='<!DOCTYPE x [<!ENTITY a "b">]>'), "damaged"),
        (book(rows='<row><c r="ZZZ1"><v>1</v></c></row>'), "too_many_columns"),
        (book()[:-20], "damaged"),
        (
            book(
                strings=f"<si><t>{'x' * (1 << 20)}</t></si>",
                rows="<row>" + '<c t="s"><v>0</v></c>' * 65 + "</row>",
            ),
            "too_many_cells",
        ),
        (b"\0" * (1 << 25) + b"\0", "too_large"),
    ],
)
def test_a_workbook_that_cannot_be_read_gets_a_clear_answer(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as error:
        workbook.read(data, Problems("b.xlsx"))
    assert error.value.code == code


@given(st.integers(min_value=0), st.integers(0, 255), st.text(max_size=40))
def test_whatever_a_workbook_holds_there_is_an_answer(at: int, byte: int, text: str) -> None:
    mapping = ColumnMapping(statement="text")
    spoiled = bytearray(book())
    spoiled[at % len(spoiled)] = byte
    assert_says_what_is_wrong(mapped_sheet.read(bytes(spoiled), mapping, framework_id="ours"))
    for rows in (text, escape(text), f"<row><c t='str'><v>{escape(text)}</v></c></row>"):
        data = book(rows=ROWS + rows.encode("utf-8", "replace").decode())
        assert_says_what_is_wrong(mapped_sheet.read(data, mapping, framework_id="ours"))
