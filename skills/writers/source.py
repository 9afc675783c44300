"""What a writer is given."""

from collections.abc import Iterable
from typing import Protocol

from skills.readers.records import (
    AssociationRecord,
    DefinitionRecord,
    FrameworkRecord,
    RubricRecord,
    SkillRecord,
)


class Source(Protocol):
    """A framework to write down; a reader's Package with a framework is one.

    Each part may be gone through several times, and need not be in memory. Identifiers are UUIDs,
    or CTIDs; every address is whole. What the framework has retired is among the skills where
    they say so themselves.
    """

    @property
    def framework(self) -> FrameworkRecord | None: ...
    @property
    def skills(self) -> Iterable[SkillRecord]: ...
    @property
    def associations(self) -> Iterable[AssociationRecord]: ...
    @property
    def rubrics(self) -> Iterable[RubricRecord]: ...
    @property
    def definitions(self) -> Iterable[DefinitionRecord]: ...


def framework_of(source: Source) -> FrameworkRecord:
    """The framework itself. Raises ValueError for a package of which none could be read."""
    if source.framework is None:
        raise ValueError("There is no framework to write.")
    return source.framework
