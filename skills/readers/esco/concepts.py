"""What the rows of ESCO's files say of one concept, and the skill that this makes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from skills.readers import moments
from skills.readers.esco import layout
from skills.readers.gathering import MAX_STATEMENT
from skills.readers.records import Kind, SkillRecord
from skills.readers.table import Row

GROUP: Final = "SkillGroup"
_KINDS: Final[Mapping[str, Kind]] = {
    "skill/competence": "skill",
    "knowledge": "knowledge",
    GROUP: "category",
}
_NO_LONGER_USED: Final = frozenset({"obsolete", "deprecated", "retired", "withdrawn"})
# The groups of the knowledge branch have no code in the file; their address ends with it.
_FIELDS_OF_EDUCATION: Final = "http://data.europa.eu/esco/isced-f/"


@dataclass(frozen=True, slots=True)
class Concept:
    """What the files said so far of one concept, in their words."""

    uri: str
    label: str = ""
    other_labels: tuple[str, ...] = ()
    description: str = ""
    jumble: str = ""
    code: str = ""
    type: str = ""
    notes: str = ""
    status: str = ""
    reuse: str = ""
    schemes: tuple[str, ...] = ()
    changed_at: datetime | None = None

    def filled_from(self, other: "Concept") -> "Concept":
        """What this one says, and what only the other one knows."""
        names = [each.name for each in fields(self)]
        return Concept(**{name: getattr(self, name) or getattr(other, name) for name in names})

    def skill(self, language: str) -> SkillRecord:
        """The skill; what ESCO calls its description states it.

        One whose type the files leave blank counts as a skill: it stands in the list of skills.
        """
        has_statement = bool(self.description or not self.label)
        details = {"reuseLevel": self.reuse, "status": self.status, "inScheme": [*self.schemes]}
        return SkillRecord(
            identifier=self.uri,
            uri=self.uri,
            statement=self.description or self.label or self.jumble,
            label=self.label,
            other_labels=tuple(one for one in self.other_labels if one != self.label),
            code=self.code,
            kind=_KINDS.get(self.type, "skill"),
            kind_word=self.type,
            language=language,
            notes=self.notes or ("" if has_statement else self.jumble),
            is_retired=self.status.lower() in _NO_LONGER_USED,
            changed_at=self.changed_at,
            details={name: value for name, value in details.items() if value},
        )


def listed(row: Row) -> Concept:
    """The concept of a row in a list or a collection."""
    label = row.text("preferredLabel", limit=500)
    description = row.text("description", limit=MAX_STATEMENT)
    definition = row.text("definition", limit=MAX_STATEMENT)
    jumble = row.text(layout.JUMBLE, limit=MAX_STATEMENT)
    if not label:
        _report_no_label(row, description or definition or jumble)
    type_ = row.text("skillType", limit=200)
    return Concept(
        uri=row.address("conceptUri", required=True, limit=200),
        label=label,
        other_labels=_labels(row),
        description=description or definition,
        jumble=jumble,
        code=row.text("code", limit=200),
        type=type_ or (GROUP if row.raw("conceptType") == GROUP else ""),
        notes=row.text("scopeNote", limit=MAX_STATEMENT),
        status=row.text("status"),
        reuse=row.text("reuseLevel"),
        schemes=row.texts("inScheme", ",", "\n"),
        changed_at=_changed_at(row),
    )


def path(row: Row) -> Iterator[Concept]:
    """The groups of a row in the hierarchy, from the top down; the last one is described."""
    deepest = max((level for level in layout.LEVELS if row.raw(f"Level {level} URI")), default=0)
    for level in range(deepest + 1):
        is_last = level == deepest
        uri = row.address(f"Level {level} URI", required=True, limit=200)
        yield Concept(
            uri=uri,
            label=row.text(f"Level {level} preferred term", required=True, limit=500),
            description=row.text("Description", limit=MAX_STATEMENT) if is_last else "",
            code=row.text(f"Level {level} code", limit=200) or _field_of_education(uri),
            type=GROUP,
            notes=row.text("Scope note", limit=MAX_STATEMENT) if is_last else "",
        )


def _labels(row: Row) -> tuple[str, ...]:
    found = (*row.texts("altLabels", "|", "\n"), *row.texts("hiddenLabels", "|", "\n"))
    return tuple(dict.fromkeys(found))


def _report_no_label(row: Row, text: str) -> None:
    if text:
        row.warn(
            "preferredLabel",
            "no_label",
            "preferredLabel is blank; the skill is shown by its text.",
            "Fill it in, or take the list that ESCO publishes.",
        )
    else:
        row.text("preferredLabel", required=True)


def _field_of_education(uri: str) -> str:
    return uri.removeprefix(_FIELDS_OF_EDUCATION) if uri.startswith(_FIELDS_OF_EDUCATION) else ""


def _changed_at(row: Row) -> datetime | None:
    value = row.text("modifiedDate")
    found = moments.parsed(value)
    if value and found is None:
        row.warn(
            "modifiedDate",
            "bad_date",
            "modifiedDate is not a moment of the calendar; it is not read.",
            "Write it like 2026-03-31T09:30:00Z.",
        )
    return found
