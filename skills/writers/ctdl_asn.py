"""Writes a framework as a graph of CTDL-ASN, as the Credential Registry gives it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from skills.readers.ctdl_asn.properties import DIRECTIONS
from skills.readers.records import DefinitionRecord, FrameworkRecord, SkillRecord
from skills.writers import ends, kinds
from skills.writers.ends import End
from skills.writers.pieces import moment, object_with_lists, without_blanks
from skills.writers.source import Source, framework_of

CONTEXT: Final = "https://credreg.net/ctdlasn/schema/context/json"

_CHILD: Final = "isChildOf"
# How our associations are said, from the skill that they lead from.
_PLAIN: Final[Mapping[str, str]] = {
    "exactMatchOf": "exactAlignment",
    "precedes": "prerequisiteAlignment",
    "replacedBy": "supersededBy",
    "isRelatedTo": "alignTo",
}
# What the skill says that the association leads to.
_REVERSED: Final[Mapping[str, str]] = {"isPartOf": "comprisedOf"}
_DEPRECATED: Final = "publicationStatus:Deprecated"


def write(source: Source) -> Iterator[str]:
    """The graph, piece by piece, with the framework first; deprecated competencies are in it.

    Of kinds of association that CTDL-ASN has no property for nothing is said, nor of rubrics.
    """
    framework = framework_of(source)
    return object_with_lists(
        {"@context": CONTEXT, "@id": framework.uri + "#graph"},
        [("@graph", _Graph(source, framework).nodes())],
    )


class _Graph:
    """One graph being written. What stays in memory is where associations lead."""

    def __init__(self, source: Source, framework: FrameworkRecord) -> None:
        self._source = source
        self._framework = framework
        self._language = framework.language or "en"
        self._leading, arriving = ends.both_ways(source.associations, arriving=(_CHILD, *_REVERSED))
        self._arriving = {end: sorted(found, key=_place) for end, found in arriving.items()}

    def nodes(self) -> Iterator[dict[str, Any]]:
        """The framework, its competencies, and the concepts that it is described with."""
        yield self._framework_node()
        yield from map(self._competency, self._source.skills)
        yield from (self._concept(one) for one in self._source.definitions if one.kind == "concept")

    def _framework_node(self) -> dict[str, Any]:
        record = self._framework
        return _node(
            record,
            "ceasn:CompetencyFramework",
            {
                "ceasn:name": self._said(record.title),
                "ceasn:description": self._said(record.description),
                "ceasn:inLanguage": record.details.get("ceasn:inLanguage") or [self._language],
                "ceasn:publisherName": self._said(record.publisher or record.creator),
                "ceasn:source": record.details.get("ceasn:source")
                or ([record.official_url] if record.official_url else None),
                "ceasn:versionIdentifier": record.version,
                "ceasn:comment": self._said_all(record.notes.split("\n\n")),
                "ceasn:publicationStatusType": record.adoption_status,
                "ceasn:dateModified": record.changed_at and moment(record.changed_at),
                "ceasn:dateValidFrom": record.starts_on and record.starts_on.isoformat(),
                "ceasn:dateValidUntil": record.ends_on and record.ends_on.isoformat(),
                "ceasn:hasTopChild": self._from(record.identifier, _CHILD),
            },
        )

    def _competency(self, record: SkillRecord) -> dict[str, Any]:
        language = record.language or self._language
        # A competency is what all of them are to CTDL-ASN.
        word = kinds.word(record, plain=("competency", "other"))
        return _node(
            record,
            "ceasn:Competency",
            {
                "ceasn:competencyText": {language: record.statement},
                "ceasn:competencyLabel": self._said(record.label, language),
                "ceasn:competencyCategory": self._said(word, language),
                "ceasn:codedNotation": record.code,
                "ceasn:altCodedNotation": list(record.other_labels),
                "ceasn:conceptKeyword": self._said_all(record.keywords, language),
                "ceasn:comment": self._said_all(record.notes.split("\n\n"), language),
                "ceasn:educationLevelType": list(record.education_levels),
                "ceasn:dateModified": record.changed_at and moment(record.changed_at),
                "ceasn:publicationStatusType": _DEPRECATED
                if record.is_retired
                else record.details.get("ceasn:publicationStatusType"),
                "ceasn:isPartOf": self._framework.uri,
                "ceasn:hasChild": self._from(record.identifier, _CHILD),
                "ceasn:comprisedOf": self._from(record.identifier, "isPartOf"),
                **self._links(record.identifier),
            },
        )

    def _concept(self, record: DefinitionRecord) -> dict[str, Any]:
        return _node(
            record,
            "skos:Concept",
            {
                "skos:prefLabel": self._said(record.title),
                "skos:definition": self._said(record.description),
                "skos:notation": record.code,
                "ceasn:dateModified": record.changed_at and moment(record.changed_at),
            },
        )

    def _links(self, identifier: str) -> dict[str, list[str]]:
        """The properties by which a competency leads to others."""
        found: dict[str, list[str]] = {}
        for end in self._leading.get(identifier, ()):
            if name := self._property(end):
                found.setdefault(f"ceasn:{name}", []).append(end.uri)
        return found

    def _property(self, end: End) -> str:
        if end.type == _CHILD:
            is_top = end.identifier == self._framework.identifier
            return "isTopChildOf" if is_top else "isChildOf"
        word = end.type_word.removeprefix("ceasn:")
        direction = DIRECTIONS.get(word)
        if direction and direction.type == end.type and not direction.is_reversed:
            return word
        return _PLAIN.get(end.type, "")

    def _from(self, identifier: str, type_: str) -> list[str]:
        return [end.uri for end in self._arriving.get(identifier, ()) if end.type == type_]

    def _said(self, text: str, language: str = "") -> dict[str, str] | None:
        return {language or self._language: text} if text else None

    def _said_all(self, said: Sequence[str], language: str = "") -> dict[str, list[str]] | None:
        found = [text for text in said if text.strip()]
        return {language or self._language: found} if found else None


def _node(
    record: FrameworkRecord | SkillRecord | DefinitionRecord, type_: str, said: Mapping[str, Any]
) -> dict[str, Any]:
    """A node with what its source said beyond our own fields, and in other languages."""
    uuid = ends.uuid_in(record.identifier)
    node: dict[str, Any] = {"@id": record.uri, "@type": type_}
    if uuid:
        node["ceterms:ctid"] = f"ce-{uuid}"
    for name, value in record.details.items():
        if name.startswith(("ceasn:", "ceterms:", "skos:")):
            node[name] = value
    for name, value in without_blanks(said).items():
        others = node.get(name)
        if isinstance(others, dict) and isinstance(value, dict):
            value = {**others, **value}
        node[name] = value
    return node


def _place(end: End) -> tuple[bool, int]:
    return end.sequence is None, end.sequence or 0
