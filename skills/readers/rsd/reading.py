"""Reads descriptors out of JSON, in the words of either version of the format."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from skills.readers import moments, texts
from skills.readers.errors import Unreadable
from skills.readers.intake import Intake
from skills.readers.json_text import Text, pointer
from skills.readers.members import Members
from skills.readers.problems import Problems
from skills.readers.rsd.descriptors import Alignment, Collection, Descriptor, Spot

MAX_SKILLS: Final = 100_000
MAX_STATEMENT: Final = 20_000

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What stands in fields of ours; all else is kept under its name.
_READ: Final = frozenset(
    {"@context", "@type", "type", "@id", "id", "uuid", "skillName", "skillStatement", "keywords"}
)
# The newer version's words for lists that the older one names in the plural.
_PLURALS: Final[Mapping[str, str]] = {"category": "categories", "author": "authors"}
# Where an object stands for a text, one of these members is the text.
_NAMES: Final = ("name", "skillName", "targetNodeName", "value")


class Reading:
    """One document being read."""

    def __init__(self, text: Text, problems: Problems) -> None:
        self._text = text
        self._problems = problems
        self._intake = Intake(text, problems)

    @property
    def refused(self) -> Mapping[str, str]:
        """The places of the descriptors that were refused, by identifier."""
        return self._intake.refused

    def descriptors(self) -> list[Descriptor]:
        """The descriptors that can be used. Raises Unreadable where it cannot hold any."""
        if "" in self._text.spoiled:
            raise Unreadable("spoiled", "The file has a member twice.", "Remove one of the two.")
        place, values = self._listed()
        if len(values) > MAX_SKILLS:
            raise Unreadable(
                "too_many",
                f"There are more than {MAX_SKILLS:,} descriptors.",
                "Export them in parts.",
                pointer=place,
            )
        found = []
        for index, value in enumerate(values):
            at = place if value is self._text.document else pointer(place, index)
            record = self._intake.take(at, value, build=_descriptor)
            if record is not None:
                found.append(record)
        return found

    def collection(self) -> Collection:
        """The collection that the document itself is, if it is one."""
        root = self._text.document
        if not isinstance(root, dict) or not isinstance(root.get("skills"), list):
            return Collection()
        return _collection(root)

    def _listed(self) -> tuple[str, list[Any]]:
        root = self._text.document
        if isinstance(root, list):
            return "", root
        if isinstance(root, dict):
            for name in ("skills", "@graph"):
                if isinstance(root.get(name), list):
                    return pointer("", name), root[name]
            return "", [root]
        raise Unreadable(
            "type", "There are no JSON objects.", "Give one Rich Skill Descriptor or a list."
        )


def _descriptor(members: Members) -> Descriptor:
    identifier, uri = _identity(members)
    return Descriptor(
        spot=Spot(members.place),
        identifier=identifier,
        uri=uri,
        name=members.text("skillName", required=True, limit=500),
        statement=members.text("skillStatement", required=True, limit=MAX_STATEMENT),
        keywords=_names(members, "keywords"),
        authors=_names(members, "authors") or _names(members, "author"),
        collections=tuple(_collection(one) for one in _list(members, "collections")),
        creator=next(iter(_names(members, "creator", "id", "@id")), ""),
        status=members.text("status"),
        alignments=_alignments(members),
        changed_at=_changed_at(members),
        details=_details(members),
    )


def _identity(members: Members) -> tuple[str, str]:
    """The address, or else the UUID; where it has neither, its name must do."""
    name = "id" if members.get("id") is not None else "@id"
    address = members.uri(name)
    uuid = members.text("uuid").lower()
    if uuid and not _UUID.fullmatch(uuid):
        members.refuse(
            "uuid",
            "bad_identifier",
            "uuid is not a UUID.",
            "Write it like 1d0dbb9c-7499-5c4f-b656-341355cc0722.",
        )
        return "", ""
    members.identified_by = name if address and len(address) <= 200 else "uuid"
    if members.identified_by == name:
        return address, address
    if address and not uuid:
        members.refuse(name, "too_long", f"{name} has more than 200 characters.", "Add a uuid.")
    return uuid, address or (f"urn:uuid:{uuid}" if uuid else "")


def _list(members: Members, name: str) -> list[Any]:
    """The values of a member, whether it is a list or one of them."""
    value = members.get(name)
    values = value if isinstance(value, list) else [value]
    return [one for one in values if one is not None]


def _names(members: Members, name: str, *also: str) -> tuple[str, ...]:
    """The texts of a member: of a list, of one, or of objects that have a name."""
    found = [_name(one, also) for one in _list(members, name)]
    if None in found:
        members.refuse(
            name, "type", f"{name} is not a list of texts.", 'Write it like ["one", "two"].'
        )
        return ()
    if any(len(one) > 500 for one in found if one):
        members.refuse(
            name, "too_long", f"A text in {name} has more than 500 characters.", "Shorten it."
        )
        return ()
    return tuple(dict.fromkeys(texts.composed(one.strip()) for one in found if one and one.strip()))


def _name(value: Any, also: tuple[str, ...]) -> str | None:
    if isinstance(value, dict):
        value = next((value[name] for name in (*also, *_NAMES) if value.get(name)), None)
    return value if isinstance(value, str) else None


def _collection(value: Any) -> Collection:
    """A collection, of which no more need be there than a name."""
    if isinstance(value, str):
        return Collection(name=texts.composed(value.strip())[:500])
    if not isinstance(value, dict):
        return Collection()
    found = {
        name: texts.composed(one.strip())
        for name in ("uuid", "id", "@id", "name")
        if isinstance(one := value.get(name), str) and len(one) <= 200
    }
    uuid = found.get("uuid", "").lower()
    address = found.get("id") or found.get("@id", "")
    identifier = uuid if _UUID.fullmatch(uuid) else address if texts.is_address(address) else ""
    return Collection(identifier, found.get("name", ""))


def _alignments(members: Members) -> tuple[Alignment, ...]:
    """Those that lead to an address; the others are kept with the details."""
    found = []
    values = members.get("alignments")
    at = pointer(members.place, "alignments")
    for index, value in enumerate(_list(members, "alignments")):
        place = pointer(at, index) if isinstance(values, list) else at
        if isinstance(value, str):
            value = {"id": value}
        if not isinstance(value, dict):
            members.refuse("alignments", "type", "An alignment is not an object.", "Write {...}.")
            continue
        inner = Members(place, value, members.problems)
        name = "id" if value.get("id") is not None else "@id"
        address, title = inner.uri(name), inner.text("skillName", limit=500)
        if len(address) > 200:
            inner.refuse(name, "too_long", f"{name} has more than 200 characters.", "Shorten it.")
        members.good = members.good and inner.good
        if address and inner.good:
            found.append(Alignment(Spot(place), address, title))
    return tuple(found)


def _changed_at(members: Members) -> datetime | None:
    value = members.get("updateDate")
    found = moments.parsed(value) if isinstance(value, str) else None
    if value is not None and found is None:
        members.warn(
            "updateDate",
            "bad_date",
            "updateDate is not a date of the calendar; it is not read.",
            "Write it like 2026-03-31T09:30:00Z.",
        )
    return found


def _details(members: Members) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in members.items():
        if name in _READ or value is None or value == [] or value == "":
            continue
        if name in _PLURALS:
            found.setdefault(_PLURALS[name], value if isinstance(value, list) else [value])
        else:
            found[name] = value
    return found
