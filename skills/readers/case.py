"""Reads a 1EdTech CASE package (CFPackage JSON), version 1.1 or 1.0."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from skills.readers import circles, json_text
from skills.readers.errors import Unreadable
from skills.readers.glimpse import Glimpse
from skills.readers.json_text import pointer
from skills.readers.members import Members
from skills.readers.problems import Problems
from skills.readers.records import (
    AssociationRecord,
    FrameworkRecord,
    Kind,
    Package,
    SkillRecord,
)

MAX_ITEMS: Final = 100_000
MAX_ASSOCIATIONS: Final = 400_000
MAX_STATEMENT: Final = 20_000

IS_CHILD_OF: Final = "isChildOf"
ASSOCIATION_TYPES: Final = frozenset(
    {
        IS_CHILD_OF,
        "isPartOf",
        "isPeerOf",
        "precedes",
        "isRelatedTo",
        "replacedBy",
        "exactMatchOf",
        "exemplar",
        "hasSkillLevel",
        "isTranslationOf",
    }
)

# CASE leaves the words of CFItemType to the publisher; these say one of our kinds.
KINDS: Final[Mapping[str, Kind]] = {
    "competency": "competency",
    "competence": "competency",
    "skill": "skill",
    "knowledge": "knowledge",
    "ability": "ability",
    "category": "category",
    "cluster": "category",
    "domain": "category",
    "strand": "category",
    "grouping": "category",
    "heading": "category",
}

_PACKAGE = frozenset(
    {"CFDocument", "CFItems", "CFAssociations", "CFDefinitions", "CFRubrics", "extensions"}
)
_DOCUMENT = frozenset(
    {
        "identifier",
        "uri",
        "frameworkType",
        "caseVersion",
        "creator",
        "title",
        "version",
        "lastChangeDateTime",
        "officialSourceURL",
        "publisher",
        "description",
        "subject",
        "subjectURI",
        "language",
        "adoptionStatus",
        "statusStartDate",
        "statusEndDate",
        "licenseURI",
        "notes",
        "CFPackageURI",
        "extensions",
    }
)
_ITEM = frozenset(
    {
        "identifier",
        "uri",
        "fullStatement",
        "alternativeLabel",
        "CFItemType",
        "humanCodingScheme",
        "listEnumeration",
        "abbreviatedStatement",
        "conceptKeywords",
        "conceptKeywordsURI",
        "notes",
        "subject",
        "subjectURI",
        "language",
        "educationLevel",
        "CFItemTypeURI",
        "licenseURI",
        "statusStartDate",
        "statusEndDate",
        "lastChangeDateTime",
        "CFDocumentURI",
        "extensions",
    }
)
_ASSOCIATION = frozenset(
    {
        "identifier",
        "uri",
        "associationType",
        "sequenceNumber",
        "originNodeURI",
        "destinationNodeURI",
        "notes",
        "CFAssociationGroupingURI",
        "lastChangeDateTime",
        "CFDocumentURI",
        "extensions",
    }
)

_Record = TypeVar("_Record", SkillRecord, AssociationRecord)


def read(data: bytes, *, file: str = "") -> Package:
    """Read a framework, its skills and their associations, and all that is wrong with them.

    Never raises for what the bytes hold. Items and associations with an error are left
    out, and so is an association with an item that was left out, or one that would close
    a circle of isChildOf; one that leads outside the file is kept with a warning.
    Identifiers of items are compared, and given, in lower case.
    """
    problems = Problems(file)
    try:
        return _Reading(json_text.parse(data, problems), problems).package()
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())


def is_it(glimpse: Glimpse) -> bool:
    """Whether a file looks like a CASE package."""
    return bool(glimpse.members & {"CFDocument", "CFDocuments"})


class _Reading:
    """One package being read."""

    def __init__(self, text: json_text.Text, problems: Problems) -> None:
        self._document = text.document
        self._problems = problems
        # An item is spoiled with any part of it: /CFItems/3/language spoils /CFItems/3.
        self._spoiled = {"/".join(place.split("/")[:3]) for place in text.spoiled}
        self._places: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._strangers: set[tuple[str, str]] = set()

    def package(self) -> Package:
        root = self._document
        if not isinstance(root, dict):
            raise Unreadable("type", "The file is not a JSON object.", "Give a CASE CFPackage.")
        if "" in self._spoiled:
            raise Unreadable("spoiled", "The package has a member twice.", "Remove one of the two.")
        framework = self._framework(root.get("CFDocument"))
        self._warn_of_strangers("", root, _PACKAGE)
        skills = list(self._each("CFItems", MAX_ITEMS, _ITEM, _skill))
        if not skills:
            self._problems.add(
                "/CFItems",
                code="no_items",
                reason="The package has no items that can be used.",
                fix="Check that it was exported whole.",
                severity="warning",
            )
        associations = list(
            self._each("CFAssociations", MAX_ASSOCIATIONS, _ASSOCIATION, _association)
        )
        within = {framework.identifier, *(skill.identifier for skill in skills)}
        found = [one for one in associations if self._leads_somewhere(one, within)]
        return Package(
            framework=framework,
            skills=tuple(skills),
            associations=tuple(self._without_circles(found)),
            problems=self._problems.listed(),
        )

    def _framework(self, value: Any) -> FrameworkRecord:
        place = "/CFDocument"
        if not isinstance(value, dict):
            raise Unreadable(
                "no_document",
                "CFDocument is missing, or is not an object.",
                "Give a whole CFPackage, not only its items.",
                pointer=place,
            )
        self._warn_of_strangers(place, value, _DOCUMENT)
        members = Members(place, value, self._problems)
        record = _framework(members)
        if not members.good or any(
            spoiled == place or spoiled.startswith(f"{place}/") for spoiled in self._spoiled
        ):
            raise Unreadable(
                "bad_document",
                "CFDocument cannot be used, so nothing was read.",
                "Mend what is reported of it.",
                pointer=place,
            )
        self._places[record.identifier] = place
        return record

    def _each(
        self,
        name: str,
        limit: int,
        known: frozenset[str],
        build: Callable[[Members], _Record],
    ) -> Iterator[_Record]:
        """Yield the records of a list; report what is wrong with the others."""
        values = self._document.get(name)
        place = f"/{name}"
        if values is None:
            return
        if not isinstance(values, list) or place in self._spoiled:
            raise Unreadable("type", f"{name} is not a list.", "Write [...].", pointer=place)
        if len(values) > limit:
            raise Unreadable(
                "too_many",
                f"{name} has more than {limit:,} entries.",
                "Export the framework in parts.",
                pointer=place,
            )
        for index, value in enumerate(values):
            record = self._one(pointer(place, index), value, known, build)
            if record is not None:
                yield record

    def _one(
        self,
        place: str,
        value: Any,
        known: frozenset[str],
        build: Callable[[Members], _Record],
    ) -> _Record | None:
        if not isinstance(value, dict):
            self._problems.add(
                place, code="type", reason="This is not an object.", fix="Write {...}."
            )
            return None
        self._warn_of_strangers(place, value, known)
        members = Members(place, value, self._problems)
        record = build(members)
        identifier = record.identifier
        if identifier and (first := self._places.get(identifier)) is not None:
            members.refuse(
                "identifier",
                "duplicate",
                f"The same identifier stands at {first}.",
                "Keep one of the two, or give this one an identifier of its own.",
            )
            return None
        if not members.good or place in self._spoiled:
            self._refused.setdefault(identifier, place)
            return None
        self._places[identifier] = place
        return record

    def _warn_of_strangers(
        self, place: str, value: Mapping[str, Any], known: frozenset[str]
    ) -> None:
        """Warn once of each member, of each kind of object, that CASE does not know."""
        kind = place.split("/")[1] if place else ""
        for name in value:
            if name not in known and (kind, name) not in self._strangers:
                self._strangers.add((kind, name))
                self._problems.add(
                    pointer(place, name),
                    code="unknown_member",
                    reason="This member is not known in CASE; it is not read.",
                    fix="Correct its name, or move it into extensions.",
                    severity="warning",
                )

    # Associations

    def _leads_somewhere(self, one: AssociationRecord, within: set[str]) -> bool:
        place = self._places[one.identifier]
        if one.origin == one.destination:
            self._problems.add(
                place,
                value=one.origin,
                code="self_association",
                reason="The association leads from an item to itself.",
                fix="Correct one of its ends, or remove it.",
            )
            return False
        ends = (("originNodeURI", one.origin), ("destinationNodeURI", one.destination))
        are_there = [self._is_there(pointer(place, name), end, within) for name, end in ends]
        return all(are_there)

    def _is_there(self, place: str, end: str, within: set[str]) -> bool:
        if end in within:
            return True
        if (refused := self._refused.get(end)) is not None:
            self._problems.add(
                place,
                value=end,
                code="refused_reference",
                reason=f"The association leads to {refused}, which was refused.",
                fix=f"Mend {refused} first.",
            )
            return False
        self._problems.add(
            place,
            value=end,
            code="outside",
            reason="The association leads to something outside this file; it is kept.",
            fix="Nothing, if it is meant; else correct the identifier.",
            severity="warning",
        )
        return True

    def _without_circles(self, found: list[AssociationRecord]) -> Iterator[AssociationRecord]:
        closing = circles.closing(one for one in found if one.type == IS_CHILD_OF)
        for one in found:
            if one.identifier not in closing:
                yield one
                continue
            self._problems.add(
                self._places[one.identifier],
                value=one.origin,
                code="cycle",
                reason=f"The association closes a circle of isChildOf: {closing[one.identifier]}.",
                fix="Remove the one of them that is wrong.",
            )


def _framework(members: Members) -> FrameworkRecord:
    starts_on, ends_on = members.days("statusStartDate", "statusEndDate")
    return FrameworkRecord(
        identifier=members.identifier(),
        uri=members.uri("uri", required=True),
        title=members.text("title", required=True, limit=500),
        creator=members.text("creator", required=True, limit=500),
        publisher=members.text("publisher", limit=500),
        description=members.text("description", limit=MAX_STATEMENT),
        type=members.text("frameworkType"),
        version=members.text("version", limit=100),
        language=members.text("language", limit=20),
        official_url=members.uri("officialSourceURL"),
        adoption_status=members.text("adoptionStatus"),
        case_version=members.text("caseVersion") or "1.0",
        changed_at=members.moment("lastChangeDateTime"),
        starts_on=starts_on,
        ends_on=ends_on,
    )


def _skill(members: Members) -> SkillRecord:
    starts_on, ends_on = members.days("statusStartDate", "statusEndDate")
    word = _kind_word(members)
    return SkillRecord(
        identifier=members.identifier(),
        uri=members.uri("uri", required=True),
        statement=members.text("fullStatement", required=True, limit=MAX_STATEMENT),
        label=members.text("abbreviatedStatement", limit=500),
        code=members.text("humanCodingScheme", limit=200),
        kind=KINDS.get(word.strip().lower(), "other"),
        kind_word=word,
        keywords=members.texts("conceptKeywords"),
        language=members.text("language", limit=20),
        education_levels=members.texts("educationLevel"),
        notes=members.text("notes", limit=MAX_STATEMENT),
        changed_at=members.moment("lastChangeDateTime"),
        starts_on=starts_on,
        ends_on=ends_on,
    )


def _kind_word(members: Members) -> str:
    """The publisher's word for the kind of item, which may stand in a link's title alone."""
    word = members.text("CFItemType", limit=200)
    link = members.get("CFItemTypeURI")
    title = link.get("title") if isinstance(link, dict) else None
    return word or (title if isinstance(title, str) and len(title) <= 200 else "")


def _association(members: Members) -> AssociationRecord:
    type_ = members.text("associationType", required=True, limit=100)
    if type_ and type_ not in ASSOCIATION_TYPES and not type_.startswith("ext:"):
        members.warn(
            "associationType",
            "unknown_type",
            "associationType is not one that CASE knows; it is kept as it stands.",
            "Correct it, or let it begin with ext:.",
        )
    origin, origin_uri, origin_title = _end(members, "originNodeURI")
    destination, destination_uri, destination_title = _end(members, "destinationNodeURI")
    return AssociationRecord(
        identifier=members.identifier(),
        uri=members.uri("uri", required=True),
        type=type_,
        origin=origin,
        origin_uri=origin_uri,
        origin_title=origin_title,
        destination=destination,
        destination_uri=destination_uri,
        destination_title=destination_title,
        sequence=members.whole_number("sequenceNumber"),
        changed_at=members.moment("lastChangeDateTime"),
    )


def _end(members: Members, name: str) -> tuple[str, str, str]:
    link = members.link(name)
    if link is None:
        return "", "", ""
    # Outside of CASE an identifier may be anything; those of the file are compared in lower case.
    identifier = link.text("identifier", required=True, limit=200).lower()
    uri, title = link.uri("uri", required=True), link.text("title", limit=MAX_STATEMENT)
    members.good = members.good and link.good
    return identifier, uri, title
