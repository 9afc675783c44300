"""Puts the nodes of a graph together into one framework, and judges how they hang together."""

from collections.abc import Iterator
from typing import Final

from skills.readers import identifiers, links, texts
from skills.readers.ctdl_asn import graph, nodes
from skills.readers.ctdl_asn.graph import Graph
from skills.readers.ctdl_asn.properties import DIRECTIONS, Direction
from skills.readers.ctdl_asn.values import Placed, Values
from skills.readers.errors import Unreadable
from skills.readers.intake import Intake
from skills.readers.json_text import Text
from skills.readers.links import IS_CHILD_OF, Link
from skills.readers.members import Members
from skills.readers.problems import Problems
from skills.readers.records import (
    AssociationRecord,
    DefinitionRecord,
    FrameworkRecord,
    Package,
    SkillRecord,
)

MAX_LINKS: Final = 400_000

# What a link leads to: its identifier, its address and its name.
_End = tuple[str, str, str]


class Reading:
    """One graph being read."""

    def __init__(self, text: Text, problems: Problems) -> None:
        self._text = text
        self._problems = problems
        self._intake = Intake(text, problems)
        self._identifiers: dict[str, str] = {}
        self._ends: dict[str, _End] = {}
        self._read: list[tuple[str, Values]] = []
        self._links: dict[str, Link] = {}
        self._count = 0

    def package(self) -> Package:
        """All that can be used of it. Raises Unreadable if that is nothing."""
        if "" in self._text.spoiled:
            raise Unreadable("spoiled", "The file has a member twice.", "Remove one of the two.")
        found = graph.nodes(self._text.document, self._problems)
        framework = self._framework(found)
        skills = list(self._skills(found, framework))
        if not skills:
            self._problems.add(
                "",
                code="no_items",
                reason="The graph has no competencies that can be used.",
                fix="Give the graph of the framework, not its description alone.",
                severity="warning",
            )
        definitions = list(self._definitions(found, framework.language))
        for identifier, values in self._read:
            self._link(framework.identifier, identifier, values)
        associations = links.sound(
            self._links.values(),
            within=self._intake.places,
            refused=self._intake.refused,
            problems=self._problems,
        )
        return Package(
            framework=framework,
            skills=tuple(skills),
            associations=(*associations, *self._tops(framework, skills, associations)),
            definitions=tuple(definitions),
            problems=self._problems.listed(),
        )

    def _framework(self, found: Graph) -> FrameworkRecord:
        if len(found.frameworks) != 1:
            raise Unreadable(
                "several_documents" if found.frameworks else "no_document",
                f"There are {len(found.frameworks)} nodes of type ceasn:CompetencyFramework.",
                "Give the graph of one framework.",
                pointer=found.frameworks[1][0] if found.frameworks else "",
            )
        place, value = found.frameworks[0]

        def build(members: Members) -> FrameworkRecord:
            values = Values(members, value)
            record = nodes.framework(values)
            self._remember(values, record.identifier, (record.uri, record.title))
            return record

        record = self._intake.take(place, value, build=build)
        if record is None:
            raise Unreadable(
                "bad_document",
                "The framework cannot be used, so nothing was read.",
                "Mend what is reported of it.",
                pointer=place,
            )
        return record

    def _skills(self, found: Graph, framework: FrameworkRecord) -> Iterator[SkillRecord]:
        for place, value in found.competencies:

            def build(members: Members, value: dict[str, object] = value) -> SkillRecord:
                values = Values(members, value)
                record = nodes.skill(values, framework.language)
                self._warn_of_other_frameworks(values, framework.identifier)
                self._remember(
                    values, record.identifier, (record.uri, record.label or record.statement)
                )
                return record

            record = self._intake.take(place, value, build=build)
            if record is not None:
                yield record

    def _definitions(self, found: Graph, language: str) -> Iterator[DefinitionRecord]:
        for place, value in found.concepts:

            def build(members: Members, value: dict[str, object] = value) -> DefinitionRecord:
                return nodes.concept(Values(members, value), language)

            record = self._intake.take(place, value, build=build)
            if record is not None:
                yield record

    def _remember(self, values: Values, identifier: str, named: tuple[str, str]) -> None:
        address = values.raw("id")
        if isinstance(address, str):
            self._identifiers.setdefault(address.strip(), identifier)
        self._read.append((identifier, values))
        self._ends.setdefault(identifier, (identifier, *named))

    def _warn_of_other_frameworks(self, values: Values, framework: str) -> None:
        for placed in values.addresses("isPartOf"):
            if self._identifier(placed.address) != framework:
                self._problems.add(
                    placed.place,
                    value=placed.address,
                    code="other_framework",
                    reason="The competency says that it is part of another framework.",
                    fix="Correct it, or give that framework by itself.",
                    severity="warning",
                )

    # Associations

    def _link(self, framework: str, identifier: str, values: Values) -> None:
        """Take in the links that a node says; what is said from both ends counts once."""
        if self._intake.places.get(identifier) != values.members.place:
            return
        for direction, word, index, placed in self._said(values):
            there = self._end(placed)
            if there is None:
                continue
            ends = (self._ends[identifier], there)
            origin, destination = ends[::-1] if direction.is_reversed else ends
            record = _record(framework, direction, word, origin, destination, index)
            link = Link(record, placed.place, placed.place, placed.place)
            self._links.setdefault(record.identifier, link)

    def _said(self, values: Values) -> Iterator[tuple[Direction, str, int, Placed]]:
        """The links of a node: what kind, by which word, and the place in its list."""
        for name, direction in DIRECTIONS.items():
            if values.has(name):
                # The prefix is ours, so that the same link is the same without one.
                word = "" if direction.is_plain else f"ceasn:{name}"
                for index, placed in enumerate(self._counted(values, name), start=1):
                    yield direction, word, index, placed

    def _counted(self, values: Values, name: str) -> list[Placed]:
        found = values.addresses(name)
        self._count += len(found)
        if self._count > MAX_LINKS:
            raise Unreadable(
                "too_many",
                f"The graph has more than {MAX_LINKS:,} links.",
                "Export the framework in parts.",
                pointer=values.members.place,
            )
        return found

    def _identifier(self, address: str) -> str:
        return self._identifiers.get(address) or nodes.ctid_of(address) or address

    def _end(self, placed: Placed) -> _End | None:
        identifier = self._identifier(placed.address)
        if identifier in self._intake.places:
            return self._ends.get(identifier, (identifier, placed.address, ""))
        ctid = nodes.ctid_of(placed.address)
        uri = f"urn:uuid:{ctid[3:]}" if ctid == placed.address.lower() else placed.address
        is_usable = texts.is_address(uri) and len(identifier) <= 200
        if is_usable or identifier in self._intake.refused:
            return identifier, uri, ""
        self._problems.add(
            placed.place,
            value=placed.address,
            code="bad_uri",
            reason="The link leads to no node of the file, and not to an address outside of it.",
            fix="Write the whole address of what is meant, in at most 200 characters.",
        )
        return None

    def _tops(
        self,
        framework: FrameworkRecord,
        skills: list[SkillRecord],
        found: list[AssociationRecord],
    ) -> Iterator[AssociationRecord]:
        """What is part of nothing else in the file is a child of the framework."""
        below = {
            one.origin
            for one in found
            if one.type == IS_CHILD_OF and one.destination in self._intake.places
        }
        end = self._ends[framework.identifier]
        for skill in skills:
            if skill.identifier not in below:
                own = self._ends[skill.identifier]
                yield _record(framework.identifier, DIRECTIONS["isChildOf"], "", own, end, None)


def _record(
    framework: str,
    direction: Direction,
    word: str,
    origin: _End,
    destination: _End,
    index: int | None,
) -> AssociationRecord:
    return AssociationRecord(
        identifier=identifiers.of_association(
            framework, word or direction.type, origin[0], destination[0]
        ),
        type=direction.type,
        type_word=word,
        origin=origin[0],
        origin_uri=origin[1],
        origin_title=origin[2],
        destination=destination[0],
        destination_uri=destination[1],
        destination_title=destination[2],
        sequence=index if direction.is_ordered else None,
    )
