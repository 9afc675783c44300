"""What is wrong with a sheet of awards as a whole: its columns, its encoding, its days."""

from collections.abc import Sequence
from typing import Final

from registrar.readers import award_cells, award_columns
from registrar.readers.award_columns import PERSON
from registrar.readers.award_records import Reading
from registrar.readers.loose_sheet import LooseSheet
from registrar.readers.records import Problem, Severity
from skills.readers.records import Problem as ToldOfASheet

# Of more columns from which nothing is read one learns at once.
_TOLD_SINGLY: Final = 12


def of_the_columns(
    sheet: LooseSheet, reading: Reading, file: str, *, has_known: bool, are_known: bool
) -> list[Problem]:
    """Columns that are missing, stand twice, have no name, or from which nothing is read.

    Where learners are known by their numbers, these alone may do: nothing is missing where all
    `are_known`. Where no column could hold more of people, each row tells by itself that nobody
    has its number.
    """

    def note(column: str, code: str, reason: str, fix: str, severity: Severity) -> Problem:
        return Problem(file, None, column, "", code, reason, fix, severity)

    found = []
    taken = set(reading.read.values())
    unread = [name for name in dict.fromkeys(sheet.header) if name and name not in taken]
    missing = [name for name in PERSON if reading.columns.get(name) not in sheet.header]
    are_told_by_rows = missing == [*PERSON[1:]] and not unread and "" not in sheet.header
    if missing and not are_known and (has_known or not are_told_by_rows):
        found.append(note("", "missing_column", *_missing(missing, sheet, has_known=has_known)))
    if len(unread) > _TOLD_SINGLY:
        reason = f"Nothing is read from {len(unread)} columns: {', '.join(unread)[:200]}."
        fix = "Nothing, if that is meant; else say what they hold, or rename them."
        found.append(note("", "unknown_column", reason, fix, "warning"))
        taken |= set(unread)
    seen: set[str] = set()
    for at, name in enumerate(sheet.header):
        if name in seen:
            reason = "There are two columns of this name; the first one is read."
            found.append(note(name, "doubled_column", reason, "Rename one of the two.", "warning"))
        elif name and name not in taken:
            reason = "Nothing is read from this column."
            fix = "Nothing, if that is meant; else say what it holds, or rename it."
            found.append(note(name, "unknown_column", reason, fix, "warning"))
        elif not name and any(len(row.cells) > at and row.cells[at] for row in sheet.rows):
            reason = f"Column {at + 1} has cells and no name; nothing is read from it."
            found.append(note("", "unknown_column", reason, "Name it in the header.", "warning"))
        if name:
            seen.add(name)
    return found


def _missing(
    names: Sequence[str], sheet: LooseSheet, *, has_known: bool
) -> tuple[str, str, Severity]:
    """What it means that there are no such columns, what to do, and how grave it is."""
    labels = [award_columns.LABELS[name] for name in names]
    fix = "Name the columns so; at the desk one can say instead what each column holds."
    if "number" not in names:
        reason = f"No column is known to hold the {', the '.join(labels)}."
        if has_known:
            reason = f"{reason} Only learners who are on record are awarded."
            return reason, f"Nothing, if all of them are; else {fix[0].lower()}{fix[1:]}", "warning"
    else:
        reason = f"No column is known to hold the {award_columns.LABELS['number']}."
        if others := [label for name, label in zip(names, labels, strict=True) if name != "number"]:
            also = f"Of learners who are not on record the {', the '.join(others)} are needed, too."
            fix = f"{fix} {also}"
    if any("@" in name[1:] for name in sheet.header):
        fix = "The first row seems to be a learner: put a row with names of columns above it."
    return reason, fix, "fatal"


def of_the_results(reading: Reading, file: str) -> list[Problem]:
    """A warning for each result of which something is needed and that no column holds."""
    names = award_columns.result_names(reading.results)
    fix = "Say which column holds it, or make sure that everybody in the file has reached it."
    return [
        Problem(file, None, "", "", flaw.code, flaw.reason, fix, "warning")
        for name, result in zip(names, reading.results, strict=True)
        if result.required and name not in reading.columns
        for flaw in [award_cells.unsaid_result(result)]
    ]


def of_the_encoding(sheet: LooseSheet, data: bytes) -> list[ToldOfASheet]:
    """A warning where the file is not UTF-8, with the first byte that is not."""
    if sheet.encoding in ("", "UTF-8"):
        return []
    reason = f"The file is read as {sheet.encoding}, not as UTF-8."
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason += f" Byte {error.start} (line {line} of the text) is the first that is not."
    fix = "Look at names with accents; if they are wrong, save the file as “CSV UTF-8”."
    return [ToldOfASheet("", None, "", "", "encoding", reason, fix, "warning")]


def both_orders(column: str, file: str) -> Problem:
    """A warning where nothing in a column tells whether the day or the month comes first."""
    return Problem(
        file,
        None,
        column,
        "",
        "ambiguous_dates",
        "Nothing in this column tells whether the day or the month comes first.",
        "Write days with the year first (ISO 8601), such as 2026-05-15. Or say which of the two "
        "comes first: at the desk, or with the command by --dates.",
        "warning",
    )
