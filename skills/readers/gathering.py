"""Puts the skills and the links that stand in rows together into one framework."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from skills.readers import identifiers, links, texts
from skills.readers.errors import Unreadable
from skills.readers.links import IS_CHILD_OF, Link
from skills.readers.problems import Problems
from skills.readers.records import (
    AssociationRecord,
    FrameworkRecord,
    Package,
    RubricRecord,
    SkillRecord,
)
from skills.readers.table import Row

MAX_STATEMENT: Final = 20_000
MAX_SKILLS: Final = 100_000


class Gathering:
    """What was found of a framework so far."""

    def __init__(self, framework: FrameworkRecord, problems: Problems) -> None:
        self.framework = framework
        self._problems = problems
        self._skills: dict[str, SkillRecord] = {}
        self._rubrics: list[RubricRecord] = []
        self._places: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._links: dict[str, Link] = {}

    @property
    def skills(self) -> Mapping[str, SkillRecord]:
        """The skills by identifier."""
        return self._skills

    def add(self, row: Row, column: str, skill: SkillRecord) -> bool:
        """Take a skill in; tell whether it was. `column` is the one with its identifier.

        A second one of the same identifier is an error; one whose row is not good is remembered
        as refused. Raises Unreadable where there are too many.
        """
        identifier = skill.identifier
        if identifier and (first := self._places.get(identifier)) is not None:
            row.refuse(
                column,
                "duplicate",
                f"The same identifier stands in {first}.",
                "Keep one of the two, or give this one an identifier of its own.",
            )
            return False
        if not row.good:
            self.refuse(row, identifier)
            return False
        if len(self._skills) == MAX_SKILLS:
            raise Unreadable(
                "too_many", f"There are more than {MAX_SKILLS:,} skills.", "Give them in parts."
            )
        self._places[identifier] = row.place
        self._skills[identifier] = skill
        return True

    def refuse(self, row: Row, identifier: str) -> None:
        """Remember that a row is refused, for those that link to what it speaks of."""
        self._refused.setdefault(identifier, row.place)

    def judge_by(self, rubric: RubricRecord) -> None:
        """Take in how a skill is judged."""
        self._rubrics.append(rubric)

    def link(
        self,
        row: Row,
        column: str,
        origin: str,
        type_: str,
        destination: str,
        *,
        type_word: str = "",
        title: str = "",
        sequence: int | None = None,
    ) -> None:
        """Take a link in, once. `title` is what the file calls the destination."""
        identifier = identifiers.of_association(
            self.framework.identifier, type_, origin, destination
        )
        record = AssociationRecord(
            identifier=identifier,
            type=type_,
            type_word=type_word,
            origin=origin,
            origin_uri=_address(origin),
            destination=destination,
            destination_uri=_address(destination),
            destination_title=title,
            sequence=sequence,
        )
        place = row.shown(column)
        self._links.setdefault(identifier, Link(record, place, place, place, row.number, row.file))

    def package(self) -> Package:
        """The framework as it was found; what leads nowhere is reported and left out.

        What is part of nothing else in the file is a child of the framework.
        """
        within = {self.framework.identifier, *self._skills}
        found = links.sound(
            self._links.values(), within=within, refused=self._refused, problems=self._problems
        )
        if not self._skills:
            self._problems.add(
                "",
                code="no_items",
                reason="The file has no skills that can be used.",
                fix="Check that it was exported whole.",
                severity="warning",
            )
        return Package(
            framework=self.framework,
            skills=tuple(self._skills.values()),
            associations=(*map(self._addressed, found), *self._tops(found)),
            problems=self._problems.listed(),
            rubrics=tuple(self._rubrics),
        )

    def _addressed(self, one: AssociationRecord) -> AssociationRecord:
        """The link with the addresses and names of those of its ends that are in the file."""
        origin, destination = self._skills.get(one.origin), self._skills.get(one.destination)
        if origin is not None:
            one = replace(one, origin_uri=origin.uri, origin_title=_name(origin))
        if destination is not None:
            one = replace(
                one, destination_uri=destination.uri, destination_title=_name(destination)
            )
        return one

    def _tops(self, found: list[AssociationRecord]) -> list[AssociationRecord]:
        below = {
            one.origin
            for one in found
            if one.type == IS_CHILD_OF and one.destination in self._skills
        }
        framework = self.framework
        return [
            AssociationRecord(
                identifier=identifiers.of_association(
                    framework.identifier, IS_CHILD_OF, skill.identifier, framework.identifier
                ),
                type=IS_CHILD_OF,
                origin=skill.identifier,
                origin_uri=skill.uri,
                origin_title=_name(skill),
                destination=framework.identifier,
                destination_uri=framework.uri,
                destination_title=framework.title,
            )
            for skill in self._skills.values()
            if skill.identifier not in below
        ]


def _name(skill: SkillRecord) -> str:
    return skill.label or skill.statement


def _address(identifier: str) -> str:
    return identifier if texts.is_address(identifier) else ""
