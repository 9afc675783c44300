"""Puts the parts of a CASE package together, and judges how they hang together."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from skills.readers import json_text, links
from skills.readers.case import definitions, items, names, pages
from skills.readers.case.pages import Parts, Placed
from skills.readers.case.rubrics import Rubrics
from skills.readers.errors import Unreadable
from skills.readers.intake import Identified, Intake
from skills.readers.json_text import pointer
from skills.readers.links import Link
from skills.readers.members import Members
from skills.readers.problems import Problems
from skills.readers.records import (
    AssociationRecord,
    DefinitionRecord,
    FrameworkRecord,
    Package,
    RubricRecord,
)

_Record = TypeVar("_Record", bound=Identified)


class Reading:
    """One package being read."""

    def __init__(self, text: json_text.Text, problems: Problems) -> None:
        self._text = text
        self._problems = problems
        self._intake = Intake(text, problems)

    def package(self) -> Package:
        """All that can be used of it. Raises Unreadable if that is nothing."""
        parts = pages.parts(self._text.document)
        self._refuse_spoiled(parts)
        framework = self._framework(parts)
        skills = list(self._each("CFItems", parts.items, names.ITEM, items.skill))
        if not skills:
            self._problems.add(
                "/CFItems",
                code="no_items",
                reason="The package has no items that can be used.",
                fix="Check that it was exported whole.",
                severity="warning",
            )
        within = {framework.identifier, *(skill.identifier for skill in skills)}
        associations = list(
            self._each("CFAssociations", parts.associations, names.ASSOCIATION, items.association)
        )
        return Package(
            framework=framework,
            skills=tuple(skills),
            associations=tuple(self._sound(associations, within)),
            definitions=tuple(self._definitions(parts)),
            rubrics=tuple(self._rubrics(parts, within)),
            problems=self._problems.listed(),
        )

    def _refuse_spoiled(self, parts: Parts) -> None:
        for place, page in parts.pages:
            if place in self._text.spoiled:
                raise Unreadable(
                    "spoiled", "The package has a member twice.", "Remove one of the two."
                )
            self._intake.warn_of_strangers(place, page, names.PACKAGE, "CFPackage")

    def _framework(self, parts: Parts) -> FrameworkRecord:
        place, value = self._document(parts)
        self._intake.warn_of_strangers(place, value, names.DOCUMENT, "CFDocument")
        members = Members(place, value, self._problems)
        record = items.framework(members)
        if not members.good or self._intake.is_spoiled(place):
            raise Unreadable(
                "bad_document",
                "CFDocument cannot be used, so nothing was read.",
                "Mend what is reported of it.",
                pointer=place,
            )
        self._intake.places[record.identifier] = place
        return replace(record, details={**record.details, **dict(self._extensions(parts))})

    def _document(self, parts: Parts) -> tuple[str, dict[str, Any]]:
        """The one document; an answer that has it again in the same words counts once."""
        documents: list[Placed] = []
        for place, value in parts.documents:
            if all(value != earlier for _, earlier in documents):
                documents.append((place, value))
        if len(documents) > 1:
            raise Unreadable(
                "several_documents",
                "There is more than one CFDocument.",
                "Give one framework at a time.",
                pointer=documents[1][0],
            )
        place, value = documents[0] if documents else ("/CFDocument", None)
        if not isinstance(value, dict):
            raise Unreadable(
                "no_document",
                "CFDocument is missing, or is not an object.",
                "Give a whole CFPackage, not only its items.",
                pointer=place,
            )
        return place, value

    def _extensions(self, parts: Parts) -> Iterator[tuple[str, Any]]:
        """The extensions of the package, and of its definitions."""
        named = (
            ("packageExtensions", parts.pages),
            ("definitionExtensions", parts.definition_pages),
        )
        for name, found in named:
            kept = {}
            for place, page in found:
                value, at = page.get("extensions"), f"{place}/extensions"
                if isinstance(value, dict) and not self._intake.is_spoiled(at):
                    kept.update(value)
            if kept:
                yield name, kept

    def _each(
        self,
        kind: str,
        values: list[Placed],
        known: frozenset[str],
        build: Callable[[Members], _Record],
    ) -> Iterator[_Record]:
        """Yield the records of a list; report what is wrong with the others."""
        for place, value in values:
            record = self._intake.take(place, value, known=known, build=build, kind=kind)
            if record is not None:
                yield record

    def _sound(
        self, associations: list[AssociationRecord], within: set[str]
    ) -> list[AssociationRecord]:
        found = []
        for one in associations:
            place = self._intake.places[one.identifier]
            ends = (pointer(place, "originNodeURI"), pointer(place, "destinationNodeURI"))
            found.append(Link(one, place, *ends))
        return links.sound(
            found, within=within, refused=self._intake.refused, problems=self._problems
        )

    def _definitions(self, parts: Parts) -> Iterator[DefinitionRecord]:
        for place, value in parts.definition_pages:
            known = frozenset({*names.DEFINITIONS, "extensions"})
            self._intake.warn_of_strangers(place, value, known, "CFDefinitions")
        for kind, place, value in parts.definitions:
            yield from self._each(
                kind, [(place, value)], names.DEFINITION[kind], definitions.builder(kind)
            )

    def _rubrics(self, parts: Parts, within: set[str]) -> Iterator[RubricRecord]:
        makes = Rubrics(self._intake)
        yield from self._each("CFRubrics", parts.rubrics, names.RUBRIC, makes.rubric)
        for place, skill in makes.named:
            if skill and skill not in within:
                links.may_be_elsewhere(skill, place, self._intake.refused, self._problems)
