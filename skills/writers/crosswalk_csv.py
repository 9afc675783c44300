"""Writes a crosswalk as a sheet: a row for each link, and what it takes to read it elsewhere."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from skills.readers import crosswalk_csv as columns
from skills.readers.records import AssociationRecord, FrameworkRecord
from skills.writers import cells
from skills.writers.source import Source, framework_of

_COLUMNS: Final = (
    columns.ORIGIN,
    columns.ORIGIN_TITLE,
    columns.ORIGIN_FRAMEWORK,
    columns.ASSOCIATION,
    columns.DESTINATION,
    columns.DESTINATION_TITLE,
    columns.DESTINATION_FRAMEWORK,
    columns.NOTES,
    columns.WORD,
    columns.IDENTIFIER,
    columns.CROSSWALK,
    columns.TITLE,
    columns.CREATOR,
)


def write(source: Source) -> Iterator[str]:
    """The sheet, row by row."""
    framework = framework_of(source)
    yield "\ufeff" + _line(_COLUMNS)
    for record in source.associations:
        yield _line(_row(record, framework))


def _row(record: AssociationRecord, framework: FrameworkRecord) -> tuple[str, ...]:
    return (
        record.origin_uri,
        record.origin_title,
        str(record.details.get(columns.ORIGIN_FRAMEWORK, "")),
        record.type,
        record.destination_uri,
        record.destination_title,
        str(record.details.get(columns.DESTINATION_FRAMEWORK, "")),
        record.notes,
        record.type_word,
        record.identifier,
        framework.identifier,
        framework.title,
        framework.creator,
    )


def _line(row: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([cells.harmless(cell) for cell in row])
    return line.getvalue()
