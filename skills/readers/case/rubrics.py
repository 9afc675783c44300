"""The rubrics of a CASE package: their criteria, and the levels of each."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from skills.readers.case import details, names
from skills.readers.case.items import MAX_STATEMENT, end
from skills.readers.intake import Identified, Intake
from skills.readers.json_text import pointer
from skills.readers.members import Members
from skills.readers.records import CriterionRecord, LevelRecord, RubricRecord

_Part = TypeVar("_Part", bound=Identified)


class Rubrics:
    """Makes records of rubrics, and notes which items their criteria are for."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        # Where each criterion names its item, and the item's identifier.
        self.named: list[tuple[str, str]] = []

    def rubric(self, members: Members) -> RubricRecord:
        """The record of a CFRubric, with all that is in it."""
        identifier = members.identifier()
        return RubricRecord(
            identifier=identifier,
            uri=members.uri("uri", required=True),
            title=members.text("title", limit=500),
            description=members.text("description", limit=MAX_STATEMENT),
            criteria=self._parts(
                members, "CFRubricCriteria", names.CRITERION, self._within("rubricId", identifier)
            ),
            changed_at=members.moment("lastChangeDateTime"),
            details=details.of(members),
        )

    def _within(self, name: str, rubric: str) -> Callable[[Members], CriterionRecord]:
        def build(members: Members) -> CriterionRecord:
            _warn_of_another_parent(members, name, rubric)
            return self._criterion(members)

        return build

    def _criterion(self, members: Members) -> CriterionRecord:
        identifier = members.identifier()
        skill = skill_uri = skill_title = ""
        if members.get("CFItemURI") is not None:
            skill, skill_uri, skill_title = end(members, "CFItemURI")
            self.named.append((pointer(members.place, "CFItemURI"), skill))

        def level(level_members: Members) -> LevelRecord:
            _warn_of_another_parent(level_members, "rubricCriterionId", identifier)
            return _level(level_members)

        return CriterionRecord(
            identifier=identifier,
            uri=members.uri("uri", required=True),
            category=members.text("category", limit=500),
            description=members.text("description", limit=MAX_STATEMENT),
            skill=skill,
            skill_uri=skill_uri,
            skill_title=skill_title,
            weight=members.number("weight"),
            position=members.whole_number("position"),
            levels=self._parts(members, "CFRubricCriterionLevels", names.LEVEL, level),
            changed_at=members.moment("lastChangeDateTime"),
            details=details.of(members),
        )

    def _parts(
        self,
        members: Members,
        name: str,
        known: frozenset[str],
        build: Callable[[Members], _Part],
    ) -> tuple[_Part, ...]:
        values = members.get(name)
        if values is None:
            return ()
        if not isinstance(values, list):
            members.refuse(name, "type", f"{name} is not a list.", "Write [...].")
            return ()
        return tuple(self._taken(pointer(members.place, name), values, name, known, build))

    def _taken(
        self,
        place: str,
        values: list[Any],
        kind: str,
        known: frozenset[str],
        build: Callable[[Members], _Part],
    ) -> Iterator[_Part]:
        for index, value in enumerate(values):
            part = self._intake.take(
                pointer(place, index), value, known=known, build=build, kind=kind
            )
            if part is not None:
                yield part


def _level(members: Members) -> LevelRecord:
    return LevelRecord(
        identifier=members.identifier(),
        uri=members.uri("uri", required=True),
        description=members.text("description", limit=MAX_STATEMENT),
        quality=members.text("quality", limit=500),
        score=members.number("score"),
        feedback=members.text("feedback", limit=MAX_STATEMENT),
        position=members.whole_number("position"),
        changed_at=members.moment("lastChangeDateTime"),
        details=details.of(members),
    )


def _warn_of_another_parent(members: Members, name: str, parent: str) -> None:
    given = members.text(name).lower()
    if given and parent and given != parent:
        members.warn(
            name,
            "other_parent",
            f"{name} names another one than that in which this stands; the latter counts.",
            "Correct it, or move this to where it belongs.",
        )
