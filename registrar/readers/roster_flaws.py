"""What is wrong with rows of a roster, in words: a cell, a blank, two rows with one key."""

from datetime import date
from typing import NamedTuple, cast

from registrar.readers.cells import BadCell
from registrar.readers.records import Severity
from registrar.readers.roster_layout import Layout
from registrar.readers.sheet import Report


class Flaw(NamedTuple):
    """What is wrong with a cell in the light of others."""

    column: str
    value: str
    code: str
    reason: str
    fix: str
    severity: Severity = "error"


def blank(column: str) -> Flaw:
    """What is wrong with a cell that should be filled in."""
    return Flaw(
        column,
        "",
        "required",
        f"{column} is blank, but is required; the row is not taken.",
        f"Fill in {column}.",
    )


def reversed_days(begins_on: date | None, ends_on: date | None, column: str) -> list[Flaw]:
    """What is wrong with a last day before the first."""
    if begins_on is None or ends_on is None or begins_on <= ends_on:
        return []
    return [
        Flaw(
            column,
            ends_on.isoformat(),
            "reversed_dates",
            f"{column} is before the first day, {begins_on.isoformat()}.",
            "Exchange or correct the two days.",
        )
    ]


def milder(report: Report) -> Report:
    """What is wrong where nothing is kept refuses nothing."""

    def warn(row: int | None, *, severity: Severity = "error", **said: str) -> None:
        report(row, severity="warning", **said)

    return cast(Report, warn)


def report_cell(
    report: Report,
    number: int,
    column: str,
    cell: str,
    bad: BadCell,
    *,
    severity: Severity = "error",
) -> None:
    """Say that a cell does not hold what its column asks for."""
    report(
        number,
        column=column,
        value=cell,
        code=bad.code,
        reason=bad.reason.replace("{column}", column),
        fix=bad.fix,
        severity=severity,
    )


def report_blank(report: Report, number: int, column: str, *, severity: Severity = "error") -> None:
    """Say that a cell should be filled in, and whether the row counts without it."""
    flaw = blank(column)
    if severity != "error":
        reason = f"{column} is blank, but is expected; the row is taken without it."
        flaw = flaw._replace(reason=reason, severity=severity)
    report(number, **flaw._asdict())


def report_repeated(report: Report, layout: Layout, number: int, key: str, first: int) -> None:
    """Say that a row stands twice, which does no harm."""
    report(
        number,
        column=layout.key,
        value=key,
        code="duplicate",
        reason=f"Row {first} says the same; it counts once.",
        fix="Remove one of the two rows.",
        severity="warning",
    )


def report_double(report: Report, layout: Layout, number: int, key: str, other: str) -> None:
    """Say that another row has the same key and says something else."""
    report(
        number,
        column=layout.key,
        value=key,
        code="duplicate",
        reason=f"{other} has the same {layout.key_in_words or layout.key}.",
        fix="Keep the one of the two rows that is right.",
    )
