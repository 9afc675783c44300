"""The neutral dataclasses every reader of frameworks yields."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Severity = Literal["fatal", "error", "warning"]
Kind = Literal["competency", "skill", "knowledge", "ability", "category", "other"]


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


@dataclass(frozen=True, slots=True)
class FrameworkRecord:
    """A set of skills and who stands behind it (CASE CFDocument)."""

    identifier: str
    uri: str
    title: str
    creator: str
    publisher: str
    description: str
    type: str
    version: str
    language: str
    official_url: str
    adoption_status: str
    case_version: str
    changed_at: datetime
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class SkillRecord:
    """One statement of what a person can do or know (CASE CFItem).

    `kind` is our word for it, `kind_word` the one in the file. Statements may hold markup,
    kept as it stands: whoever shows them must escape it.
    """

    identifier: str
    uri: str
    statement: str
    label: str
    code: str
    kind: Kind
    kind_word: str
    keywords: tuple[str, ...]
    language: str
    education_levels: tuple[str, ...]
    notes: str
    changed_at: datetime
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class AssociationRecord:
    """A link in the direction of CASE: the origin `isChildOf` the destination.

    A top item's destination is the framework. Either end may lie outside the file; its
    address and title then say what it is.
    """

    identifier: str
    uri: str
    type: str
    origin: str
    origin_uri: str
    origin_title: str
    destination: str
    destination_uri: str
    destination_title: str
    sequence: int | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Package:
    """All that was read of one framework's file; `framework` is None after a fatal problem."""

    framework: FrameworkRecord | None = None
    skills: Sequence[SkillRecord] = ()
    associations: Sequence[AssociationRecord] = ()
    problems: Sequence[Problem] = ()

    @property
    def is_fatal(self) -> bool:
        """Whether there is nothing to apply."""
        return self.framework is None
