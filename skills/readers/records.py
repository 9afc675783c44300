"""The neutral dataclasses every reader of frameworks yields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Severity = Literal["fatal", "error", "warning"]
Kind = Literal["competency", "skill", "knowledge", "ability", "category", "other"]
DefinitionKind = Literal["concept", "subject", "license", "item_type", "grouping"]
# JSON values, under the names that the source gives them.
Details = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it stands, and what to do about it.

    `column` is a JSON Pointer in a JSON file (and `row` the line, where there is one). An
    `error` leaves one item or association out, a `warning` leaves nothing out, and after a
    `fatal` there is nothing to apply.
    """

    file: str
    row: int | None
    column: str
    value: str
    code: str
    reason: str
    fix: str
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkRecord:
    """A set of skills and who stands behind it (CASE CFDocument).

    `changed_at` is None where the format knows no date. `details` holds what the source says
    beyond these fields.
    """

    identifier: str
    uri: str
    title: str
    creator: str = ""
    publisher: str = ""
    description: str = ""
    type: str = ""
    version: str = ""
    language: str = ""
    official_url: str = ""
    adoption_status: str = ""
    case_version: str = ""
    notes: str = ""
    subjects: tuple[str, ...] = ()
    changed_at: datetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillRecord:
    """One statement of what a person can do or know (CASE CFItem).

    `kind` is our word for it, `kind_word` the one in the file. `other_labels` are the names
    that it is also found by. `is_retired` where the source itself says that it is no longer in
    use. Statements may hold markup, kept as it stands: whoever shows them must escape it.
    """

    identifier: str
    uri: str
    statement: str
    label: str = ""
    other_labels: tuple[str, ...] = ()
    code: str = ""
    kind: Kind = "other"
    kind_word: str = ""
    keywords: tuple[str, ...] = ()
    language: str = ""
    education_levels: tuple[str, ...] = ()
    notes: str = ""
    is_retired: bool = False
    changed_at: datetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationRecord:
    """A link in the direction of CASE: the origin `isChildOf` the destination.

    A top item's destination is the framework. Either end may lie outside the file; its
    address and title then say what it is. `type` is one of CASE's words (or `ext:...`),
    `type_word` the source's own where that says more. `grouping` is a definition's identifier.
    """

    identifier: str
    uri: str = ""
    type: str
    type_word: str = ""
    origin: str
    origin_uri: str = ""
    origin_title: str = ""
    destination: str
    destination_uri: str = ""
    destination_title: str = ""
    sequence: int | None = None
    grouping: str = ""
    notes: str = ""
    changed_at: datetime | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRecord:
    """How well a criterion can be met (CASE CFRubricCriterionLevel)."""

    identifier: str
    uri: str
    description: str = ""
    quality: str = ""
    score: float | None = None
    feedback: str = ""
    position: int | None = None
    changed_at: datetime | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionRecord:
    """What a rubric looks at, and the item that this shows (CASE CFRubricCriterion)."""

    identifier: str
    uri: str
    category: str = ""
    description: str = ""
    skill: str = ""
    skill_uri: str = ""
    skill_title: str = ""
    weight: float | None = None
    position: int | None = None
    levels: tuple[LevelRecord, ...] = ()
    changed_at: datetime | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricRecord:
    """By what criteria, and at what levels, items are judged (CASE CFRubric)."""

    identifier: str
    uri: str
    title: str = ""
    description: str = ""
    criteria: tuple[CriterionRecord, ...] = ()
    changed_at: datetime | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionRecord:
    """A word that the framework's items are described with (CASE CFDefinitions)."""

    kind: DefinitionKind
    identifier: str
    uri: str
    title: str
    description: str = ""
    code: str = ""
    changed_at: datetime | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Package:
    """All that was read of one framework's file; `framework` is None after a fatal problem."""

    framework: FrameworkRecord | None = None
    skills: Sequence[SkillRecord] = ()
    associations: Sequence[AssociationRecord] = ()
    problems: Sequence[Problem] = ()
    rubrics: Sequence[RubricRecord] = ()
    definitions: Sequence[DefinitionRecord] = ()

    @property
    def is_fatal(self) -> bool:
        """Whether there is nothing to apply."""
        return self.framework is None
