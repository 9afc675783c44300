"""What the tests of readers of tables share."""

import csv
import io
from collections.abc import Sequence

from skills.readers.records import Package


def csv_of(*rows: Sequence[str], separator: str = ",") -> bytes:
    """The rows as a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()


def told(package: Package) -> list[tuple[int | None, str, str, str]]:
    """Where each problem stands, and what it is."""
    return [(each.row, each.column, each.code, each.severity) for each in package.problems]


def children(package: Package) -> set[tuple[str, str]]:
    """Every skill with what it is a child of."""
    return {
        (each.origin, each.destination) for each in package.associations if each.type == "isChildOf"
    }


def assert_says_what_is_wrong(package: Package) -> None:
    """Whatever was read: all problems can be shown, and a fatal one stands alone for a reason."""
    for problem in package.problems:
        assert problem.code
        assert problem.reason.endswith(".")
        assert problem.fix
        assert all(sign >= " " for sign in problem.column + problem.value)
    if package.is_fatal:
        assert any(problem.severity == "fatal" for problem in package.problems)
    for skill in package.skills:
        assert skill.identifier
        assert skill.statement
        assert "\0" not in skill.statement
