"""Reads the CSV of OSMT, which names the same columns otherwise for import and for export."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from skills.readers import moments, separated, texts
from skills.readers.errors import Unreadable
from skills.readers.glimpse import Glimpse
from skills.readers.problems import Problems
from skills.readers.records import Package
from skills.readers.rsd import gathered
from skills.readers.rsd.descriptors import Alignment, Collection, Descriptor, Spot
from skills.readers.table import Row, Table, folded

MAX_STATEMENT: Final = 20_000

_ADDRESS: Final = ("Canonical URL",)
_NAME: Final = ("RSD Name", "Skill Name")
_STATEMENT: Final = ("Skill Statement", "Contextualized Skill Statement")
_AUTHORS: Final = ("Authors", "Author")
_COLLECTIONS: Final = ("Collections", "Collection")
_KEYWORDS: Final = ("Keywords",)
_STATUS: Final = ("Publish Status",)
_OCCUPATIONS: Final = (
    ("Occupation Major Groups", "BLS Major Group", "BLS Major Groups", "Major Occupations"),
    ("Occupation Minor Groups", "BLS Minor Group", "BLS Minor Groups", "Minor Occupations"),
    ("Broad Occupations", "BLS Broad Occupation", "BLS Broad Occupations"),
    ("Detailed Occupations", "BLS Detailed Occupation", "BLS Detailed Occupations"),
    ("O*NET Job Codes", "O*NET Job Role", "O*NET Job Roles", "Job Roles", "Job Codes"),
)
# What is kept under the names of the JSON form.
_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "categories": ("Categories", "Category", "Skill Categories", "Skill Category"),
    "standards": ("Standards", "Professional Standards"),
    "certifications": ("Certifications", "Certification"),
    "employers": ("Employers", "Employer"),
}
_DATES: Final[Mapping[str, tuple[str, ...]]] = {
    "publishDate": ("Publish Date",),
    "archiveDate": ("Archive Date",),
}
_GROUPS: Final = (
    *(_ADDRESS, _NAME, _STATEMENT, _AUTHORS, _COLLECTIONS, _KEYWORDS, _STATUS),
    *(*_OCCUPATIONS, *_LISTS.values(), *_DATES.values()),
)
_ALIGNMENT: Final = re.compile(r"alignment([0-9]{1,3})?(name|title|url|framework)?")
_PARTS: Final[Mapping[str | None, str]] = {
    "name": "name",
    "title": "name",
    "url": "address",
    "framework": "framework",
    None: "address",
}


def is_it(glimpse: Glimpse) -> bool:
    """Whether a file looks like OSMT's."""
    columns = {folded(column) for column in glimpse.columns}
    return all(columns & {folded(name) for name in names} for names in (_NAME, _STATEMENT))


def read(data: bytes, *, file: str = "", framework_id: str = "", title: str = "") -> Package:
    """Read rows as the skills of one framework, and all that is wrong with them.

    Which framework it is, and what a skill is known by, is decided as for `rsd`; a collection
    has no more than a name here, so it counts only together with its author. Never raises for
    what the bytes hold.
    """
    problems = Problems(file)
    try:
        reading = _Reading(separated.read(data, problems, file=file), problems)
        found = reading.descriptors()
        return gathered.package(
            found,
            problems,
            collection=Collection(),
            framework_id=framework_id,
            title=title,
            refused=reading.refused,
        )
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())


class _Reading:
    """One table being read."""

    def __init__(self, table: Table, problems: Problems) -> None:
        self._table = table
        self._problems = problems
        self._named = {folded(name): name for name in table.header if name}
        self._alignments = self._alignment_columns()
        self.refused: dict[str, str] = {}
        self._require(_NAME, _STATEMENT)
        self._warn_of_strangers()

    def descriptors(self) -> list[Descriptor]:
        """The rows that can be used."""
        found = []
        for row in self._table.rows:
            one = self._descriptor(row)
            if row.good:
                found.append(one)
            elif one.identifier:
                self.refused.setdefault(one.identifier, row.place)
        return found

    def _descriptor(self, row: Row) -> Descriptor:
        address = row.address(self._column(_ADDRESS), limit=200)
        details = self._details(row)
        return Descriptor(
            spot=Spot(self._column(_ADDRESS if address else _NAME), row.number),
            identifier=address,
            uri=address,
            name=row.text(self._column(_NAME), required=True, limit=500),
            statement=row.text(self._column(_STATEMENT), required=True, limit=MAX_STATEMENT),
            keywords=self._list(row, _KEYWORDS),
            authors=tuple(details.get("authors", ())),
            collections=tuple(
                Collection(name=one["name"]) for one in details.get("collections", ())
            ),
            status=details.get("status") or ("archived" if "archiveDate" in details else ""),
            alignments=tuple(self._aligned(row, details.get("alignments", ()))),
            details=details,
        )

    def _details(self, row: Row) -> dict[str, Any]:
        """What the row says, in the words of the JSON form."""
        found: dict[str, Any] = {
            name: list(self._list(row, names)) for name, names in _LISTS.items()
        }
        codes = [code for names in _OCCUPATIONS for code in self._list(row, names)]
        found["authors"] = list(self._list(row, _AUTHORS))
        found["collections"] = [{"name": name} for name in self._list(row, _COLLECTIONS)]
        found["occupations"] = list(dict.fromkeys(codes))
        found["alignments"] = list(self._stated_alignments(row))
        found["status"] = _said(row.text(self._column(_STATUS)))
        for name, names in _DATES.items():
            found[name] = self._date(row, self._column(names))
        return {name: value for name, value in found.items() if value}

    def _list(self, row: Row, names: tuple[str, ...]) -> tuple[str, ...]:
        column = self._column(names)
        return row.texts(column, ";") if _said(row.raw(column)) else ()

    def _date(self, row: Row, column: str) -> str:
        value = _said(row.text(column))
        if value and moments.parsed(value) is None:
            row.warn(
                column,
                "bad_date",
                f"{column} is not a date of the calendar; it is not read.",
                "Write it like 2026-03-31.",
            )
            return ""
        return value

    # Alignments

    def _stated_alignments(self, row: Row) -> Iterator[dict[str, str]]:
        for columns in self._alignments.values():
            framework = row.text(columns.get("framework", ""), limit=500)
            for address, name in self._pairs(row, columns):
                stated = {"id": address, "skillName": name, "isPartOf": framework}
                yield {key: value for key, value in stated.items() if value}

    def _aligned(self, row: Row, stated: Iterable[Mapping[str, str]]) -> Iterator[Alignment]:
        for one in stated:
            address = one.get("id", "")
            if not address:
                continue
            column = self._column_with(row, address)
            if len(address) <= 200 and texts.is_address(address):
                yield Alignment(Spot(column, row.number), address, one.get("skillName", ""))
            else:
                row.refuse(
                    column,
                    "bad_uri",
                    f"{column} has what is not an https, http or urn address, or too long.",
                    "Write whole addresses of at most 200 characters, separated by ;.",
                )

    def _column_with(self, row: Row, address: str) -> str:
        names = [columns.get("address", "") for columns in self._alignments.values()]
        return next((name for name in names if address in row.raw(name)), "")

    def _pairs(self, row: Row, columns: Mapping[str, str]) -> list[tuple[str, str]]:
        """Addresses and names; older exports list several of each in one cell."""
        addresses = row.texts(columns.get("address", ""), ";")
        names = row.texts(columns.get("name", ""), ";")
        if len(addresses) == len(names):
            return list(zip(addresses, names, strict=True))
        if len(addresses) <= 1:
            return [(addresses[0] if addresses else "", row.raw(columns.get("name", "")))]
        return [(address, "") for address in addresses]

    def _alignment_columns(self) -> dict[str, dict[str, str]]:
        """The columns of each alignment by its number: its name, its address, its framework."""
        found: dict[str, dict[str, str]] = {}
        for key, name in self._named.items():
            if match := _ALIGNMENT.fullmatch(key):
                number, part = match.groups()
                found.setdefault(number or "1", {}).setdefault(_PARTS[part], name)
        return found

    # Columns

    def _column(self, names: tuple[str, ...]) -> str:
        """The column of these names that the table has; '' where it has none of them."""
        return next(
            (self._named[key] for name in names if (key := folded(name)) in self._named), ""
        )

    def _require(self, *wanted: tuple[str, ...]) -> None:
        missing = [" or ".join(names) for names in wanted if not self._column(names)]
        if missing:
            raise Unreadable(
                "missing_column",
                f"The header lacks {', and '.join(missing)}.",
                "Add what is missing, or check that the file is the one you mean.",
                row=1,
            )

    def _warn_of_strangers(self) -> None:
        known = {self._column(names) for names in _GROUPS}
        known |= {name for columns in self._alignments.values() for name in columns.values()}
        for name in self._named.values():
            if name not in known:
                self._problems.add(
                    name,
                    code="unknown_column",
                    reason=f"The column “{name[:64]}” is not known here; it is not read.",
                    fix="Correct its name, if it is meant to be read.",
                    severity="warning",
                    row=1,
                )


def _said(cell: str) -> str:
    """The cell, where it says anything: an absent value is exported as the word null."""
    return "" if cell.strip().lower() == "null" else cell
