"""Compares the header of a OneRoster file with the one the specification asks for."""

import difflib
from collections import Counter
from collections.abc import Iterable, Set
from functools import partial

from registrar.readers.errors import Unreadable
from registrar.readers.oneroster_layout import COMMON
from registrar.readers.roster_layout import Layout
from registrar.readers.sheet import Report


def check_header(header: list[str], layout: Layout, report: Report) -> None:
    """Refuse a file without the columns we need; warn of whatever else is odd in its header."""
    wanted = (
        *COMMON,
        *(column.name for column in layout.taken if column.need == "required"),
    )
    present = set(header)
    unknown = [
        name
        for name in dict.fromkeys(header)
        if name not in layout.header and not name.startswith("metadata.")
    ]
    check_needed(header, wanted, unknown, report, example=layout.header[:6])
    _warn_of_header(header, unknown, layout, present, report)


def check_needed(
    header: list[str],
    wanted: Iterable[str],
    unknown: list[str],
    report: Report,
    *,
    example: Iterable[str],
) -> None:
    """Refuse a file that lacks a wanted column, or has one twice. Raises Unreadable.

    A missing column may be one of the unknown ones, misspelt.
    """
    counts = Counter(header)
    missing = [name for name in wanted if name not in counts]
    for name in (name for name, count in counts.items() if count > 1):
        report(
            1,
            column=name,
            code="duplicate_column",
            reason=f"The column {name[:64]} stands in the header twice.",
            fix="Remove one of the two columns.",
            severity="fatal",
        )
    for name in missing:
        _report_missing(name, unknown, report)
    if missing or len(counts) < len(header):
        raise Unreadable(
            "bad_header",
            "The header has columns missing or twice, so no row was read.",
            f"The header must begin {','.join(example)},...",
        )


def _report_missing(name: str, unknown: list[str], report: Report) -> None:
    lowered = {other.strip().lower(): other for other in unknown}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.8)
    report(
        1,
        column=name,
        code="missing_column",
        reason=f"The column {name} is missing.",
        fix=(
            f"Rename the column “{lowered[near[0]][:64]}” to {name}."
            if near
            else f"Add the column {name}."
        ),
        severity="fatal",
    )


def _warn_of_header(
    header: list[str], unknown: list[str], layout: Layout, present: Set[str], report: Report
) -> None:
    warn = partial(report, 1, severity="warning")
    for name in unknown:
        warn(
            column=name[:64],
            code="unknown_column",
            reason=f"The column “{name[:64]}” is not known; it is not read.",
            fix="Correct its name, or let it begin with metadata.",
        )
    absent = [name for name in layout.header if name not in present]
    if absent:
        warn(
            code="absent_column",
            reason=f"Optional columns are absent: {', '.join(absent)}; they count as blank.",
            fix="The specification asks for every column, blank or not.",
        )
    expected = [name for name in layout.header if name in present]
    if [name for name in header if name in layout.header] != expected:
        warn(
            code="column_order",
            reason="The columns are not in the order of the specification; they are read by name.",
            fix=f"Put them in the order {', '.join(expected)}.",
        )
