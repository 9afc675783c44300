"""Rows of a sheet of awards that name the same person twice."""

from collections.abc import Mapping, Sequence

from registrar.readers.award_records import AwardRecord, CheckedRow
from registrar.readers.problems import excerpt
from registrar.readers.records import Problem


def find(rows: Sequence[CheckedRow], columns: Mapping[str, str], file: str) -> None:
    """Of two rows about the same person the second is wrong, and names the first."""
    numbers: dict[tuple[str, str], AwardRecord] = {}
    addresses: dict[str, AwardRecord] = {}
    for row in rows:
        if row.record is None:
            continue
        record = row.record
        first = numbers.setdefault((record.number, record.occasion), record)
        if first is not record:
            _note(row, columns["number"], record.number, first, file)
            continue
        if not record.email:
            continue
        other = addresses.setdefault(record.email.lower(), record)
        if other.number != record.number:
            reason = f"Line {other.row} has this address for a learner of another number."
            fix = "Write this learner's own address: credentials are recognised by it."
            row.problems.append(
                Problem(
                    file,
                    row.number,
                    columns["email"],
                    excerpt(record.email),
                    "email_twice",
                    reason,
                    fix,
                    "error",
                )
            )
            row.record = None


def _note(row: CheckedRow, column: str, value: str, first: AwardRecord, file: str) -> None:
    record = row.record
    same = record is not None and _may_be_one(record, first)
    if same:
        code, reason = "duplicate_row", f"Line {first.row} awards the same learner."
        fix = "Remove one of the two rows."
    else:
        code, reason = "number_twice", f"Line {first.row} has this number for another learner."
        fix = "Write the learner's own number."
    row.problems.append(
        Problem(file, row.number, column, excerpt(value), code, reason, fix, "error")
    )
    row.record = None


def _may_be_one(record: AwardRecord, other: AwardRecord) -> bool:
    """Whether nothing that both rows say of the person differs."""
    said = zip(_said(record), _said(other), strict=True)
    return all(one == another for one, another in said if one and another)


def _said(record: AwardRecord) -> tuple[str, str, str]:
    return (
        record.given_name.casefold(),
        record.family_name.casefold(),
        record.email.casefold(),
    )
