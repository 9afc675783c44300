"""Writes the CSV from which OpenSALT, and any sheet reader, imports items and associations.

Of the sheets in use it alone has codes, a hierarchy, and a column for each kind of association,
and names items by identifiers. OSMT's has neither code nor hierarchy.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from skills.readers.records import SkillRecord
from skills.writers import cells, ends, kinds
from skills.writers.ends import End
from skills.writers.source import Source, framework_of

_FIELDS: Final = (
    "Identifier",
    "fullStatement",
    "Human Coding Scheme",
    "Abbreviated Statement",
    "ConceptKeywords",
    "Notes",
    "Language",
    "educationLevel",
    "CFItemType",
    "sequenceNumber",
    "Is Child Of",
)
_LINKS: Final[Mapping[str, str]] = {
    "isPartOf": "IsPartOf",
    "isPeerOf": "Is Peer Of",
    "isRelatedTo": "IsRelatedTo",
    "exactMatchOf": "isExactMatchOf",
    "precedes": "Precedes",
    "replacedBy": "replacedBy",
    "exemplar": "Exemplar",
    "hasSkillLevel": "hasSkillLevel",
}
_TOGETHER: Final = 200


def write(source: Source) -> Iterator[str]:
    """The sheet, piece by piece; what is retired has no row, and a top item no parent.

    A keyword with a comma or semicolon in it comes back as two: the sheet separates by them.
    """
    framework = framework_of(source)
    leading = ends.by_origin(source.associations)
    header = (*_FIELDS, *_LINKS.values())
    waiting = io.StringIO("\ufeff")
    waiting.seek(0, io.SEEK_END)
    writer = csv.writer(waiting)
    writer.writerow(header)
    count = 0
    for record in source.skills:
        if record.is_retired:
            continue
        found = leading.get(record.identifier, [])
        writer.writerow(
            [cells.harmless(cell) for cell in _row(record, found, framework.identifier)]
        )
        count += 1
        if count % _TOGETHER == 0:
            yield waiting.getvalue()
            waiting.seek(0)
            waiting.truncate()
    yield waiting.getvalue()


def _row(record: SkillRecord, found: Iterable[End], framework: str) -> Iterator[str]:
    parents = [end for end in found if end.type == "isChildOf" and end.identifier != framework]
    sequence = next((end.sequence for end in parents if end.sequence is not None), None)
    yield from (
        record.identifier,
        record.statement,
        record.code,
        record.label,
        _listed(record.keywords),
        record.notes,
        record.language,
        _listed(record.education_levels),
        kinds.word(record),
        "" if sequence is None else str(sequence),
        _listed(end.identifier for end in parents),
    )
    for type_ in _LINKS:
        yield _listed(end.identifier for end in found if end.type == type_)


def _listed(values: Iterable[str]) -> str:
    return "|".join(dict.fromkeys(values))
