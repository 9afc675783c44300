"""The values of a node's properties: texts in their languages, addresses and dates."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from skills.readers import moments, texts
from skills.readers.json_text import pointer
from skills.readers.members import Members

_LANGUAGE: Final = re.compile(r"@none|[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_END_OF_PREFIX: Final = re.compile(r"[:/#]")


class Said(NamedTuple):
    """A text, and the language that it is marked with, if any."""

    language: str
    text: str


class Placed(NamedTuple):
    """An address, and where it stands."""

    place: str
    address: str


def local(name: str) -> str:
    """The name of a property without its prefix: `ceasn:name`, a whole address and `name`."""
    return _END_OF_PREFIX.split(name)[-1].removeprefix("@")


def each(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The values of a property one by one, out of any lists and sets."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from each(pointer(place, index), one)
    elif isinstance(value, dict) and ("@list" in value or "@set" in value):
        name = "@list" if "@list" in value else "@set"
        yield from each(pointer(place, name), value[name])
    elif value is not None:
        yield place, value


class Values:
    """The properties of one node, by their names without prefix."""

    def __init__(self, members: Members, value: dict[str, Any]) -> None:
        self.members = members
        self.language = ""
        self._value = value
        self._keys = {local(name): name for name in reversed(value)}
        self._read: set[str] = set()

    def key(self, name: str) -> str:
        """The name as it stands in the file."""
        return self._keys.get(name, name)

    def has(self, name: str) -> bool:
        """Whether the node has the property."""
        return self.raw(name) is not None

    def raw(self, name: str) -> Any:
        """A property as it stands."""
        return self._value.get(self.key(name))

    def said(self, name: str, *, limit: int = 255) -> list[Said]:
        """The texts of a property, in all languages."""
        found = []
        for _, value in self._each(name):
            spoken = _spoken(value)
            if spoken is None:
                self._refuse(name, "type", "is not a text or a language map")
                return []
            found += [Said(one.language, texts.composed(one.text)) for one in spoken]
        if any(len(one.text) > limit for one in found):
            self._refuse(name, "too_long", f"has a text of more than {limit:,} characters")
            return []
        if len({one.language for one in found}) > 1:
            self._read.discard(self.key(name))
        return [one for one in found if one.text.strip()]

    def texts(self, name: str, *, limit: int = 255) -> tuple[str, ...]:
        """The texts of a property in the node's language, or in the next best."""
        found = self.said(name, limit=limit)
        if not found:
            return ()
        chosen = _best({one.language for one in found}, self.language)
        return tuple(one.text for one in found if one.language == chosen)

    def text(self, name: str, *, required: bool = False, limit: int = 255) -> str:
        """The first text of a property in the node's language, or in the next best."""
        found = self.texts(name, limit=limit)
        if not found and required and self.members.good:
            key = self.key(name)
            self.members.refuse(key, "required", f"{key} is missing.", f"Add {key}.")
        return found[0] if found else ""

    def addresses(self, name: str) -> list[Placed]:
        """The addresses (or CTIDs) that a property leads to."""
        found = []
        for place, value in self._each(name):
            address = _name(value) if isinstance(value, dict) else value
            if not isinstance(address, str) or not address.strip() or len(address) > 1_000:
                self._refuse(name, "bad_uri", "does not lead to an address")
                continue
            found.append(Placed(place, address.strip()))
        return found

    def moment(self, name: str) -> datetime | None:
        """A moment; a day counts as its beginning, and what is neither is passed over."""
        value = self._date_text(name)
        found = moments.parsed(value)
        if value and found is None:
            self._warn_of_date(name)
        return found

    def day(self, name: str) -> date | None:
        """A day; what is none is passed over."""
        value = self._date_text(name)[:10]
        try:
            if _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        if value:
            self._warn_of_date(name)
        return None

    def rest(self) -> dict[str, Any]:
        """What was not read, or not in all of its languages, as it stands."""
        return {
            name: value
            for name, value in self._value.items()
            if name not in self._read and not name.startswith("@") and value is not None
        }

    def mark_read(self, *names: str) -> None:
        """Keep these out of the rest."""
        self._read |= {self.key(name) for name in names}

    def _each(self, name: str) -> Iterator[tuple[str, Any]]:
        key = self.key(name)
        self._read.add(key)
        return each(pointer(self.members.place, key), self._value.get(key))

    def _date_text(self, name: str) -> str:
        for _, value in self._each(name):
            one = value.get("@value") if isinstance(value, dict) else value
            return one.strip()[:40] if isinstance(one, str) else "?"
        return ""

    def _warn_of_date(self, name: str) -> None:
        key = self.key(name)
        self.members.warn(
            key,
            "bad_date",
            f"{key} is not a date of the calendar; it is not read.",
            "Write it like 2026-03-31.",
        )

    def _refuse(self, name: str, code: str, what: str) -> None:
        key = self.key(name)
        fix = "Shorten it." if code == "too_long" else "Write it as the Credential Registry does."
        self.members.refuse(key, code, f"{key} {what}.", fix)


def _name(node: dict[str, Any]) -> Any:
    """What a node within a property, or a reference to one, is known by."""
    named = {local(name): one for name, one in node.items()}
    return named.get("id", named.get("ctid"))


def _spoken(value: Any) -> list[Said] | None:
    """What a value says, or None where it is no text."""
    if isinstance(value, str):
        return [Said("", value)]
    if not isinstance(value, dict):
        return None
    if "@value" in value:
        text, language = value["@value"], value.get("@language", "")
        is_text = isinstance(text, str) and isinstance(language, str)
        return [Said(language, text)] if is_text else None
    found = []
    for language, said in value.items():
        values = said if isinstance(said, list) else [said]
        if not _LANGUAGE.fullmatch(language) or not all(isinstance(one, str) for one in values):
            return None
        found += [Said(language.removeprefix("@none"), one) for one in values]
    return found


def _best(languages: set[str], wanted: str) -> str:
    """The language that is nearest to the one wanted; English where none is near."""

    def far(language: str) -> tuple[bool, bool, bool, bool, str]:
        own, asked = language.lower().replace("_", "-"), wanted.lower().replace("_", "-")
        return (
            own != asked,
            own.partition("-")[0] != asked.partition("-")[0],
            own != "",
            own.partition("-")[0] != "en",
            own,
        )

    return min(languages, key=far)
