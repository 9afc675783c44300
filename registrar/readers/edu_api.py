"""A catalogue as JSON in the shape of Edu-API 1.0: the answers of its operations in one object.

The object has the lists `organizations`, `academicSessions`, `collectionTemplates` (programmes),
`courseTemplates` and `courseOfferings`, or some of them.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from registrar.readers.catalogue import UNSEEN, Entry, Kind, Reading
from registrar.readers.errors import Unreadable
from registrar.readers.problems import Problems

MAX_ENTRIES: Final = 100_000
_FILE: Final = "Edu-API"
_CREDIT: Final = {"credit": "credit", "nonCredit": "non-credit"}
_GONE: Final = {"inactive", "deleted"}
_STATES: Final = {"active", *_GONE}


class _Wrong(Exception):
    """Something without which the entry cannot be kept; it has been reported."""


def read(data: bytes) -> Reading:
    """Read the catalogue. An entry with something wrong in it is left out, the others go on."""
    problems = Problems()
    try:
        lists = _lists(data)
    except Unreadable as error:
        problems.fatal(_FILE, error)
        return Reading(problems=problems.listed())
    entries = [
        entry
        for name, (kind, take) in _LISTS.items()
        for entry in _entries(name, kind, take, lists.get(name, []), problems)
    ]
    return Reading(entries, problems.listed())


def _lists(data: bytes) -> dict[str, list[Any]]:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("not_utf8", "The file is not UTF-8.", "Save it again as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(
            "not_json", f"The file is no JSON{where}.", "Export it again, and read it as it is."
        ) from None
    known = ", ".join(_LISTS)
    if not isinstance(found, dict) or not found.keys() & _LISTS.keys():
        raise Unreadable(
            "no_catalogue",
            "Nothing of a catalogue is in it.",
            f"Give an object with one or more of the lists {known}.",
        )
    lists = {name: found[name] for name in _LISTS if name in found}
    for name, items in lists.items():
        if not isinstance(items, list):
            raise Unreadable("no_list", f"{name} is no list.", "Give it in square brackets.")
    if sum(map(len, lists.values())) > MAX_ENTRIES:
        raise Unreadable(
            "too_many",
            f"It has more than {MAX_ENTRIES:,} entries.",
            "Read the lists one after the other: organizations, academicSessions, and so on.",
        )
    return lists


@dataclass(frozen=True, slots=True)
class _Item:
    """One object of a list; what is wrong with it is reported where it is asked for."""

    name: str
    number: int
    said: dict[str, Any]
    problems: Problems

    def report(self, column: str, code: str, reason: str, fix: str, **more: Any) -> None:
        self.problems.add(
            self.name, row=self.number, column=column, code=code, reason=reason, fix=fix, **more
        )

    def missing(self, column: str) -> _Wrong:
        self.report(column, "missing", f"{column} is missing.", "Give it as Edu-API has it.")
        return _Wrong()

    def text(self, column: str) -> str:
        """A text, or a number as it is written; nothing for what is absent."""
        return self._checked(column, self.said.get(column))

    def _checked(self, column: str, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.report(column, "not_text", f"{column} is no text.", "Write it in quotes.")
            raise _Wrong
        text = str(value).strip()
        if UNSEEN.search(text):
            reason = f"{column} has characters in it that nobody sees."
            self.report(column, "unseen", reason, "Type it anew.", value=text)
            raise _Wrong
        return text

    def needed(self, column: str) -> str:
        """A text that has to be there."""
        if not (text := self.text(column)):
            raise self.missing(column)
        return text

    def words(self, column: str) -> str:
        """Of a text in several languages the one in the record's own, else the first."""
        found = self.said.get(column)
        pairs = found if isinstance(found, list) else [found]
        said = [pair for pair in pairs if isinstance(pair, dict) and pair.get("value")]
        own = self.said.get("recordLanguage")
        said.sort(key=lambda pair: pair.get("recordLanguage") != own)
        if said:
            return self._checked(column, said[0]["value"])
        return self._checked(column, found) if isinstance(found, str) else ""

    def needed_words(self, column: str) -> str:
        """Words that have to be there."""
        if not (words := self.words(column)):
            raise self.missing(column)
        return words

    def code(self) -> str:
        """What people call it: its primaryCode, else its sourcedId."""
        primary = self.said.get("primaryCode")
        found = primary.get("identifier") if isinstance(primary, dict) else primary
        return self._checked("primaryCode", found) or self.needed("sourcedId")

    def day(self, column: str) -> date:
        """A day that has to be there, also as a moment."""
        text = self.needed(column)
        try:
            return datetime.fromisoformat(text).date()
        except ValueError:
            reason = f"{column} is no date."
            self.report(column, "not_a_date", reason, "Write it as 2026-08-24.", value=text)
            raise _Wrong from None

    def references(self, column: str) -> tuple[str, ...] | None:
        """SourcedIds in a list; None where the property is absent."""
        found = self.said.get(column)
        if found is None:
            return None
        named = found if isinstance(found, list) else [found]
        return tuple(dict.fromkeys(self._checked(column, each) for each in named if each))

    @property
    def is_gone(self) -> bool:
        """Whether the source has it no longer. Raises for a status that nobody knows."""
        status = self.text("recordStatus") or "active"
        if status not in _STATES:
            fix = "Write active, inactive or deleted."
            self.report("recordStatus", "unknown", "Nobody knows this status.", fix, value=status)
            raise _Wrong
        return status in _GONE


_Take = Callable[[_Item, dict[str, Any]], None]


def _entries(
    name: str, kind: Kind, take: _Take, items: list[Any], problems: Problems
) -> Iterator[Entry]:
    for number, said in enumerate(items, start=1):
        item = _Item(name, number, said if isinstance(said, dict) else {}, problems)
        try:
            made: dict[str, Any] = {"sourced_id": item.needed("sourcedId")}
            made["is_gone"] = item.is_gone
            if not made["is_gone"]:
                take(item, made)
        except _Wrong:
            continue
        yield Entry(kind, name, number, **made)


def _take_unit(item: _Item, made: dict[str, Any]) -> None:
    primary = item.said.get("primaryCode")
    made["said"] = {"name": item.needed_words("name"), "kind": item.text("organizationType")}
    if primary:
        made["said"]["code"] = item.code()
    if parent := item.text("parent"):
        made["refers"] = {"parent": parent}


def _take_term(item: _Item, made: dict[str, Any]) -> None:
    made["said"] = {
        "title": item.words("title") or item.code(),
        "kind": item.text("sessionType"),
        "starts_on": item.day("startDate"),
        "ends_on": item.day("endDate"),
    }
    if made["said"]["ends_on"] < made["said"]["starts_on"]:
        item.report("endDate", "before", "It ends before it begins.", "Correct the dates.")
        raise _Wrong
    if parent := item.text("parent"):
        made["refers"] = {"parent": parent}


def _take_programme(item: _Item, made: dict[str, Any]) -> None:
    made["said"] = {"code": item.code(), "title": item.needed_words("title")}
    made["refers"] = {"unit": item.needed("organization")}


def _take_course(item: _Item, made: dict[str, Any]) -> None:
    _take_programme(item, made)
    said = made["said"]
    if description := item.words("description"):
        said["description"] = description
    if credit := _CREDIT.get(item.text("creditType")):
        said["credit"] = credit
    if (credits := _credits(item)) is not None:
        said["credits"] = credits
    made["programmes"] = item.references("parent")


def _credits(item: _Item) -> Decimal | None:
    """Edu-API has a description of the credits, which is a number or is passed over."""
    if not (text := item.text("creditsAwarded")):
        return None
    try:
        credits = Decimal(text)
    except InvalidOperation:
        credits = Decimal("NaN")
    if not credits.is_finite() or credits < 0:
        reason, fix = "This is no number of credits; it is left out.", "Write a number alone."
        item.report("creditsAwarded", "not_a_number", reason, fix, value=text, severity="warning")
        return None
    return credits


def _take_offering(item: _Item, made: dict[str, Any]) -> None:
    primary = item.said.get("primaryCode")
    made["said"] = {"title": item.needed_words("title"), "code": item.code() if primary else ""}
    made["refers"] = {"opportunity": item.needed("course"), "term": item.needed("academicSession")}


_LISTS: Final[dict[str, tuple[Kind, _Take]]] = {
    "organizations": ("unit", _take_unit),
    "academicSessions": ("term", _take_term),
    "collectionTemplates": ("programme", _take_programme),
    "courseTemplates": ("course", _take_course),
    "courseOfferings": ("offering", _take_offering),
}
