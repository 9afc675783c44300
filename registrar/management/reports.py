"""What commands that import print: the problems as a table."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser, OutputWrapper

SHOWN: Final = 50
_REASON_WIDTH: Final = 60
_WRONG: Final = "What is wrong"


def add_arguments(parser: CommandParser) -> None:
    """The options that every import has."""
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and stop")
    parser.add_argument("--by", metavar="USERNAME", help="whose act it is; default: the system's")


def person(username: str | None) -> User | None:
    """The person of that user name; nobody for none."""
    if username is None:
        return None
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise CommandError(f"There is nobody with the user name {username}.")
    return found


def whole_file(file: str, reason: str) -> dict[str, Any]:
    """The problem, as JSON, of which a whole file has died."""
    return {
        "file": file,
        "row": None,
        "column": "",
        "value": "",
        "code": "failed",
        "reason": reason,
        "fix": "",
        "severity": "fatal",
    }


def print_problems(
    out: OutputWrapper, problems: Iterable[Mapping[str, Any]], *, at_most: int | None = SHOWN
) -> None:
    """The first problems or all, as a table: what is wrong, then in another what is not."""
    problems = sorted(problems, key=_is_warning)
    for is_warning, heading in ((False, _WRONG), (True, "Worth a look")):
        rows = [each for each in problems[:at_most] if _is_warning(each) is is_warning]
        if rows:
            out.write("")
        for line in table(rows, heading) if rows else ():
            out.write(line)
    if at_most is not None and len(problems) > at_most:
        out.write(f"... and {len(problems) - at_most:,} more; --json lists all of them.")


def table(problems: Iterable[Mapping[str, Any]], heading: str = _WRONG) -> Iterator[str]:
    """Line by line: where, in which column, what is wrong, what to do about it."""
    rows = [("Where", "Column", heading, "What to do")]
    rows.extend(map(_cells, problems))
    widths = [max(len(row[index]) for row in rows) for index in range(3)]
    widths[2] = min(widths[2], _REASON_WIDTH)
    for row in rows:
        for line in _lines(row, widths):
            yield line.rstrip()


def _is_warning(problem: Mapping[str, Any]) -> bool:
    return problem["severity"] == "warning"


def _cells(problem: Mapping[str, Any]) -> tuple[str, str, str, str]:
    where = problem["file"] + (f" row {problem['row']}" if problem["row"] else "")
    value = f" ({problem['value']})" if problem["value"] else ""
    return where, problem["column"], f"{problem['reason']}{value}", problem["fix"]


def _lines(row: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    """A row of the table; what is too wide goes on in the next line."""
    wrapped = textwrap.wrap(row[2], widths[2]) or [""]
    for number, reason in enumerate(wrapped):
        where, column, fix = (row[0], row[1], row[3]) if number == 0 else ("", "", "")
        cells = (
            where.ljust(widths[0]),
            column.ljust(widths[1]),
            reason.ljust(widths[2]),
            fix,
        )
        yield "  ".join(cells)
