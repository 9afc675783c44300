"""Reads a crosswalk as a sheet: a row for each link between skills of different frameworks."""

from typing import Final

from skills.readers import identifiers, naming, separated, texts
from skills.readers.case.names import ASSOCIATION_TYPES
from skills.readers.errors import Unreadable
from skills.readers.glimpse import Glimpse
from skills.readers.problems import Problems
from skills.readers.records import AssociationRecord, Package
from skills.readers.table import Row, Table, folded

# The columns, as the writer names them; letter case and spaces do not matter.
CROSSWALK: Final = "crosswalk"
TITLE: Final = "crosswalk title"
CREATOR: Final = "crosswalk creator"
IDENTIFIER: Final = "identifier"
ORIGIN: Final = "origin"
ORIGIN_TITLE: Final = "origin title"
ORIGIN_FRAMEWORK: Final = "origin framework"
ASSOCIATION: Final = "association"
WORD: Final = "word at source"
DESTINATION: Final = "destination"
DESTINATION_TITLE: Final = "destination title"
DESTINATION_FRAMEWORK: Final = "destination framework"
NOTES: Final = "notes"

_NEEDED: Final = (ORIGIN, ASSOCIATION, DESTINATION)
_TYPES: Final = {folded(word): word for word in ASSOCIATION_TYPES}
_EXTENSION: Final = "ext:"
_MAX_TITLE: Final = 20_000


def is_it(glimpse: Glimpse) -> bool:
    """Whether a file looks like a crosswalk: origins, destinations, and how they are linked."""
    return {folded(column) for column in glimpse.columns} >= set(_NEEDED)


def read(
    data: bytes, *, file: str = "", framework_id: str = "", title: str = "", creator: str = ""
) -> Package:
    """Read every row as a link in CASE's direction: the origin `isPartOf` the destination.

    Both ends are addresses. Which crosswalk it is, the column `crosswalk` says, the same in each
    row, or else `framework_id`. Never raises for what the bytes hold.
    """
    problems = Problems(file)
    try:
        table = separated.read(data, problems, file=file)
        table.require(*_NEEDED)
        first = table.rows[0] if table.rows else None
        framework = naming.framework_named(
            framework_id or (first.text(CROSSWALK, limit=200) if first else ""),
            title or (first.text(TITLE, limit=500) if first else "") or file,
            creator=creator or (first.text(CREATOR, limit=500) if first else ""),
        )
        links = _links(table, framework.identifier)
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())
    return Package(framework=framework, associations=links, problems=problems.listed())


def _links(table: Table, crosswalk: str) -> list[AssociationRecord]:
    found: dict[str, AssociationRecord] = {}
    rows: dict[tuple[str, str, str], Row] = {}
    named: dict[str, Row] = {}
    for row in table.rows:
        link = _link(row, crosswalk)
        said = (link.type, link.origin, link.destination)
        _refuse_another(row, crosswalk)
        if all(said):
            _refuse_again(row, ORIGIN, rows.setdefault(said, row), "The same link")
        if row.raw(IDENTIFIER):
            first = named.setdefault(link.identifier, row)
            _refuse_again(row, IDENTIFIER, first, "This identifier")
        if row.good:
            found[link.identifier] = link
    return list(found.values())


def _link(row: Row, crosswalk: str) -> AssociationRecord:
    origin = row.address(ORIGIN, required=True)
    destination = row.address(DESTINATION, required=True)
    if origin and origin == destination:
        row.refuse(
            DESTINATION,
            "self_association",
            "The link leads from a skill to itself.",
            "Correct one of its ends, or remove the row.",
        )
    type_ = _type(row)
    given = row.text(IDENTIFIER, limit=200)
    return AssociationRecord(
        identifier=given or identifiers.of_association(crosswalk, type_, origin, destination),
        type=type_,
        type_word=row.text(WORD, limit=200),
        origin=origin,
        origin_uri=origin,
        origin_title=row.text(ORIGIN_TITLE, limit=_MAX_TITLE),
        destination=destination,
        destination_uri=destination,
        destination_title=row.text(DESTINATION_TITLE, limit=_MAX_TITLE),
        notes=row.text(NOTES, limit=_MAX_TITLE),
        details={
            column: value
            for column in (ORIGIN_FRAMEWORK, DESTINATION_FRAMEWORK)
            if (value := row.text(column, limit=500))
        },
    )


def _type(row: Row) -> str:
    word = row.text(ASSOCIATION, required=True, limit=100)
    if not word or word.startswith(_EXTENSION):
        return word
    found = _TYPES.get(folded(word), "")
    if not found:
        row.refuse(
            ASSOCIATION,
            "unknown_word",
            f"{texts.composed(word)[:60]} is no kind of association.",
            f"Write one of {', '.join(sorted(ASSOCIATION_TYPES))}, or ext: and a word of your own.",
        )
    return found


def _refuse_another(row: Row, crosswalk: str) -> None:
    said = row.text(CROSSWALK, limit=200)
    if said and said != crosswalk:
        row.refuse(
            CROSSWALK,
            "several_crosswalks",
            "The row is of another crosswalk.",
            "Give one crosswalk at a time.",
        )


def _refuse_again(row: Row, column: str, first: Row, what: str) -> None:
    if first is not row:
        fix = "Keep one of the two."
        row.refuse(column, "duplicate", f"{what} stands in {first.place} already.", fix)
