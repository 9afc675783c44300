"""Sheets of awards: right rows of unusual people, and rows that are wrong in many ways."""

import csv
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from registrar.readers.award_columns import ResultField

Row = dict[str, str]

RESULTS = (ResultField("result", "Closing exercise", (), "0", "100"),)
HEADER = (
    "learner number",
    "given name",
    "family name",
    "e-mail",
    "award date",
    "valid until",
    "result",
)

# Right, however unusual.
PEOPLE = (
    ("Ada", "Byron"),
    ("Suharto", "-"),
    ("Sinéad", "O'Connor"),
    ("Seán", "Ó Súilleabháin"),
    ("محمد", "الفارسي"),
    ("𠮷", "野"),
    ("李", "明"),
    ("X", "Æ A-12"),
    ("Jean-Luc", "d’Aubigné"),
    ("Nguyễn", "Thị Ánh"),
    ("Jennifer 8.", "Lee"),
    ("O", "Null"),
    ("María José", "García y Vega"),
    ("Łukasz", "Żółć"),
    ("נועה", "כהן"),
    ("ஆதவன்", "குமார்"),
    ('Robert "Bob"', "Smith, Jr."),
    ("Æ", "Ng"),
)


def right(number: int) -> Row:
    """A row with nothing wrong in it."""
    given, family = PEOPLE[number % len(PEOPLE)]
    day, month = number % 28 + 1, number % 10 + 1
    return dict(
        zip(
            HEADER,
            (
                f"{number:07}",
                given,
                family,
                f"learner+{number}@mail.example.org",
                f"2026-{month:02}-{day:02}",
                f"2029-{month:02}-{day:02}" if number % 3 else "",
                str(number % 101) if number % 5 else "",
            ),
            strict=True,
        )
    )


def _set(**cells: str) -> Callable[[Row, Sequence[Row]], None]:
    """Put these in; an underscore stands for the space or dash of a column's name."""
    names = {"".join(sign for sign in name if sign.isalpha()): name for name in HEADER}

    def change(row: Row, before: Sequence[Row]) -> None:
        row.update({names[name]: value for name, value in cells.items()})

    return change


def _same_row(row: Row, before: Sequence[Row]) -> None:
    row.update(before[0])


def _same_number(row: Row, before: Sequence[Row]) -> None:
    row["learner number"] = before[0]["learner number"]


def _same_address(row: Row, before: Sequence[Row]) -> None:
    row["e-mail"] = before[0]["e-mail"].upper()


def _swapped(row: Row, before: Sequence[Row]) -> None:
    row["given name"], row["learner number"] = row["learner number"], row["given name"]


# By name the way, what it makes of a right row, and which codes say so.
WAYS: dict[str, tuple[Callable[[Row, Sequence[Row]], None], str]] = {
    "no number": (_set(learnernumber=""), "required"),
    "no given name": (_set(givenname=""), "required"),
    "no family name": (_set(familyname=""), "required"),
    "no e-mail address": (_set(email=""), "required"),
    "only spaces": (_set(givenname="   ", familyname="\u00a0"), "required"),
    "no name at all": (_set(givenname="-", familyname="."), "required"),
    "address without at": (_set(email="ada.example.org"), "bad_email"),
    "address with two ats": (_set(email="ada@@example.org"), "bad_email"),
    "address with a space": (_set(email="ada byron@example.org"), "bad_email"),
    "address without a domain": (_set(email="ada@example"), "bad_email"),
    "address with a misspelt end": (_set(email="ada@example.con"), "bad_email"),
    "two addresses": (_set(email="a@example.org; b@example.org"), "bad_email"),
    "no such day": (_set(awarddate="2026-02-30"), "bad_date"),
    "no day": (_set(awarddate="last Tuesday"), "bad_date"),
    "a day to come": (_set(awarddate="2031-01-01"), "date_in_the_future"),
    "a day long ago": (_set(awarddate="1905-01-01", validuntil=""), "date_out_of_range"),
    "day and month unclear": (_set(awarddate="03/04/2026"), "ambiguous_date"),
    "a day written otherwise": (_set(awarddate="15 May 2026"), "other_date_format"),
    "ends before it begins": (_set(validuntil="2025-12-31"), "ends_before_it_begins"),
    "over already": (_set(awarddate="2026-01-05", validuntil="2026-02-05"), "over_already"),
    "never ends": (_set(validuntil="9999-12-31"), "date_out_of_range"),
    "result above": (_set(result="101"), "out_of_range"),
    "result below": (_set(result="-1"), "out_of_range"),
    "result in words": (_set(result="very good"), "not_a_number"),
    "result as a fraction": (_set(result="½"), "not_a_number"),
    "a space in a number": (_set(learnernumber="000 1\u00a0234"), "bad_number"),
    "a tab in a name": (_set(givenname="A\tda"), "invisible_character"),
    "control character": (_set(givenname="A\x07da"), "invisible_character"),
    "nothing to be seen": (_set(familyname="By\u200bron"), "invisible_character"),
    "turned round": (_set(familyname="By\u202eron"), "invisible_character"),
    "a line break in a name": (_set(givenname="Ada\nAugusta"), "line_break"),
    "formula": (_set(familyname="=HYPERLINK(1)"), "formula"),
    "formula by a plus": (_set(givenname="+1+1"), "formula"),
    "markup": (_set(givenname="<b>Ada</b>"), "odd_sign"),
    "address among names": (_set(familyname="ada@example.org"), "mixed_up_columns"),
    "number and name swapped": (_swapped, "mixed_up_columns"),
    "digits for a name": (_set(familyname="12345"), "no_letters"),
    "lost letters": (_set(givenname="Ren?e"), "damaged_letters"),
    "letters read wrongly": (_set(givenname="JosÃ©"), "damaged_letters"),
    "a placeholder": (_set(familyname="N/A"), "placeholder"),
    "a formula gone wrong": (_set(email="#REF!"), "spreadsheet_error"),
    "a formula gone wrong elsewhere": (_set(validuntil="Err:502"), "spreadsheet_error"),
    "a sum": (
        _set(learnernumber="Total", givenname="", familyname="", email="", result="900"),
        "totals_row",
    ),
    "name too long": (_set(givenname="A" * 301), "too_long"),
    "number too long": (_set(learnernumber="9" * 101), "too_long"),
    "number through a spreadsheet": (_set(learnernumber="1.23457E+12"), "spreadsheet_number"),
    "the same row again": (_same_row, "duplicate_row"),
    "the same number": (_same_number, "number_twice"),
    "the same address": (_same_address, "email_twice"),
}
# What the row's line is made into instead of its cells, and the code that says so.
BROKEN_LINES: dict[str, tuple[Callable[[Row], str], str]] = {
    "blank": (lambda row: "," * (len(HEADER) - 1), "blank_row"),
    "too many cells": (lambda row: line(row) + ",x", "too_many_cells"),
    "too few cells": (lambda row: line(row).rpartition(",")[0], "too_few_cells"),
    "unclosed quote": (
        lambda row: f'{row["learner number"]},"Ada,Byron,a@example.org,,,',
        "unclosed_quote",
    ),
    "quote inside a quoted cell": (
        lambda row: f'{row["learner number"]},"A"da",Byron,a@example.org,,,',
        "stray_quote",
    ),
}


def line(row: Row) -> str:
    """The row as a line of CSV."""
    out = io.StringIO()
    csv.writer(out).writerow(row.values())
    return out.getvalue().removesuffix("\r\n")


def planted(rows: int, wrong: int, *, seed: int = 7) -> tuple[bytes, dict[int, str]]:
    """A sheet with so many rows wrong in all ways; by the number of each its code."""
    draw = random.Random(seed)  # noqa: S311 - it draws rows
    ways = [*WAYS, *BROKEN_LINES]
    chosen = sorted(draw.sample(range(100, rows), wrong))
    named = {at: ways[each % len(ways)] for each, at in enumerate(chosen)}
    sound = [right(at) for at in range(rows) if at not in named]
    lines, codes = [line(dict(zip(HEADER, HEADER, strict=True)))], {}
    originals = iter(sound)
    for at in range(rows):
        row = right(at)
        way = named.get(at)
        if way in WAYS:
            change, codes[at + 2] = WAYS[way]
            change(row, [next(originals)])
        if way in BROKEN_LINES:
            broken, codes[at + 2] = BROKEN_LINES[way]
            lines.append(broken(row))
        else:
            lines.append(line(row))
    return "\r\n".join([*lines, ""]).encode(), codes


def workbook(
    rows: Sequence[Sequence[str | int]],
    *,
    properties: str = "",
    others: Sequence[str] = (),
    hidden: Sequence[int] = (),
) -> bytes:
    """An Excel workbook with these cells; whole numbers are stored as numbers."""
    body = "".join(
        f'<row r="{number}" hidden="{int(number in hidden)}">{"".join(map(_cell, cells))}</row>'
        for number, cells in enumerate(rows, 1)
    )
    sheets = "".join(f'<sheet name="{name}" id="r1"/>' for name in ("Awards", *others))
    parts = {
        "xl/workbook.xml": f"<workbook>{properties}<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{body}</sheetData></worksheet>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


def _cell(value: str | int) -> str:
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
