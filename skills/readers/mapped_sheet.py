"""Reads any sheet (CSV or XLSX) of which a person has said which column holds what."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from skills.readers import identifiers, kinds, naming, packed, separated, texts, workbook
from skills.readers.errors import Unreadable
from skills.readers.gathering import MAX_STATEMENT, Gathering
from skills.readers.links import IS_CHILD_OF
from skills.readers.mapping import LINKS, ColumnMapping, suggest
from skills.readers.problems import Problems
from skills.readers.records import FrameworkRecord, Kind, Package, Problem, SkillRecord
from skills.readers.table import Row, Table

__all__ = ["ColumnMapping", "Columns", "columns", "read", "suggest"]

SAMPLES: Final = 5
# So many characters of the columns' names are told.
MAX_NAMES: Final = 500
_SEPARATORS: Final = (",", ";", "|", "\n")


@dataclass(frozen=True, slots=True)
class Columns:
    """What a person sees of a sheet in order to map it; no names where it cannot be read."""

    names: tuple[str, ...] = ()
    samples: tuple[tuple[str, ...], ...] = ()
    problems: tuple[Problem, ...] = ()


def columns(data: bytes, *, file: str = "") -> Columns:
    """The sheet's columns that have a name, and their cells in the first rows."""
    problems = Problems(file)
    try:
        table = _table(data, problems, file)
    except Unreadable as error:
        problems.fatal(error)
        return Columns(problems=problems.listed())
    names = tuple(name for name in table.header if name)
    samples = tuple(tuple(row.raw(name) for name in names) for row in table.rows[:SAMPLES])
    return Columns(names, samples, problems.listed())


def read(
    data: bytes,
    mapping: ColumnMapping | None = None,
    *,
    framework_id: str = "",
    title: str = "",
    creator: str = "",
    kind: Kind = "competency",
    file: str = "",
) -> Package:
    """Read every row as an item of the framework of that identifier.

    An item without an identifier gets one made of the framework's and its code, or its
    statement where it has no code: the same every time. One without a word for its kind is a
    `kind`. A category is a heading above the items that name it and have no parent. Never
    raises for what the bytes hold.
    """
    problems = Problems(file)
    try:
        table = _table(data, problems, file)
        mapping = _usable(mapping, table)
        framework = naming.framework_named(framework_id, title or file, creator=creator)
        return _Reading(mapping, framework, kind, problems).package(table)
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())


class _Reading:
    """One sheet being read."""

    def __init__(
        self,
        mapping: ColumnMapping,
        framework: FrameworkRecord,
        kind: Kind,
        problems: Problems,
    ) -> None:
        self._mapping = mapping
        self._framework = framework.identifier
        self._kind = kind
        self._found = Gathering(framework, problems)
        self._taken: list[tuple[Row, str]] = []
        # Items by everything that a cell of another row may call them by.
        self._called: defaultdict[str, list[str]] = defaultdict(list)

    def package(self, table: Table) -> Package:
        """The framework with all items, their headings and their links."""
        for row in table.rows:
            self._take(row)
        for row, identifier in self._taken:
            is_below = self._link(row, self._mapping.parent, identifier, IS_CHILD_OF)
            if not is_below and (category := self._text(row, self._mapping.category)):
                self._put_below(row, identifier, category)
            for field, type_ in LINKS.items():
                self._link(row, getattr(self._mapping, field), identifier, type_)
        return self._found.package()

    def _take(self, row: Row) -> None:
        mapping = self._mapping
        code = self._text(row, mapping.code)
        label = self._text(row, mapping.label, limit=500)
        statement = self._text(row, mapping.statement, limit=MAX_STATEMENT) or label
        if not statement:
            row.text(mapping.statement or mapping.label, required=True)
        given = self._text(row, mapping.identifier)
        identifier = _lower_if_uuid(given) or identifiers.made_of(
            "item", self._framework, code or statement
        )
        word = self._text(row, mapping.kind)
        address = row.address(mapping.address) if mapping.address else ""
        skill = SkillRecord(
            identifier=identifier,
            uri=address or naming.address_of(identifier, within=self._framework),
            statement=statement,
            label=label if label != statement else "",
            other_labels=self._texts(row, mapping.other_labels),
            code=code,
            kind=kinds.of(word, otherwise="other" if word else self._kind),
            kind_word=word,
            keywords=self._texts(row, mapping.keywords),
            language=self._text(row, mapping.language, limit=20),
            education_levels=self._texts(row, mapping.education_levels),
            notes=self._text(row, mapping.notes, limit=MAX_STATEMENT),
        )
        column = (given and mapping.identifier) or (code and mapping.code) or mapping.statement
        if self._found.add(row, column or mapping.label, skill):
            self._taken.append((row, identifier))
            for name in {identifier, given, code, address} - {""}:
                self._called[name].append(identifier)

    def _link(self, row: Row, column: str, origin: str, type_: str) -> bool:
        """Link an item with those that the cell names; tell whether there are any."""
        named = list(self._named(row, column)) if column else []
        sequence = self._sequence(row) if named and type_ == IS_CHILD_OF else None
        for name in named:
            known = self._called.get(name, [name])
            if len(known) > 1:
                row.refuse(
                    column,
                    "ambiguous",
                    f"{name[:64]} is the code of {len(known)} items.",
                    "Write the identifier of the one that is meant.",
                )
                continue
            self._found.link(row, column, origin, type_, known[0], title=name, sequence=sequence)
        return bool(named)

    def _named(self, row: Row, column: str) -> Iterator[str]:
        """What the cell names: one thing, if something is called so, else a list of them."""
        cell = texts.composed(row.raw(column))
        for name in (cell,) if cell in self._called else row.texts(column, *_SEPARATORS):
            yield _lower_if_uuid(name)

    def _put_below(self, row: Row, identifier: str, category: str) -> None:
        heading = identifiers.made_of("category", self._framework, category)
        if heading not in self._found.skills:
            self._found.add(
                row,
                self._mapping.category,
                SkillRecord(
                    identifier=heading,
                    uri=naming.address_of(heading),
                    statement=category,
                    kind="category",
                ),
            )
        column, sequence = self._mapping.category, self._sequence(row)
        self._found.link(row, column, identifier, IS_CHILD_OF, heading, sequence=sequence)

    def _text(self, row: Row, column: str, *, limit: int = 200) -> str:
        return row.text(column, limit=limit) if column else ""

    def _texts(self, row: Row, column: str) -> tuple[str, ...]:
        return row.texts(column, *_SEPARATORS) if column else ()

    def _sequence(self, row: Row) -> int | None:
        column = self._mapping.sequence
        value = row.raw(column) if column else ""
        if not value:
            return None
        if value.isascii() and value.isdecimal() and len(value) < 10:
            return int(value)
        reason = f"{column} is not a whole number; it is not read."
        row.warn(column, "bad_number", reason, "Write digits.")
        return None


def _table(data: bytes, problems: Problems, file: str) -> Table:
    if workbook.is_it(data):
        return workbook.read(data, problems, file=file)
    plain = packed.gunzipped(data) if packed.is_gzip(data) else data
    return separated.read(plain, problems, file=file)


def _usable(mapping: ColumnMapping | None, table: Table) -> ColumnMapping:
    if mapping is None or not (mapping.statement or mapping.label):
        raise Unreadable(
            "no_mapping",
            "Nobody has said which column holds the statements.",
            "Say which column is the statement, or the label. The file has: "
            f"{', '.join(name for name in table.header if name)[:MAX_NAMES]}.",
        )
    table.require(*mapping.as_dict().values())
    return mapping


def _lower_if_uuid(identifier: str) -> str:
    return identifier.lower() if naming.is_uuid(identifier) else identifier
