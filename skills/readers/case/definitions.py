"""The words that a CASE framework describes its items with (CFDefinitions)."""

from collections.abc import Callable, Mapping
from typing import Final

from skills.readers.case import details
from skills.readers.case.items import MAX_STATEMENT
from skills.readers.members import Members
from skills.readers.records import DefinitionKind, DefinitionRecord

_PLAIN: Final[Mapping[DefinitionKind, tuple[str, ...]]] = {
    "concept": ("keywords",),
    "license": ("licenseText",),
    "item_type": ("typeCode",),
}


def builder(kind: DefinitionKind) -> Callable[[Members], DefinitionRecord]:
    """What makes a record of a definition of this kind."""

    def build(members: Members) -> DefinitionRecord:
        return DefinitionRecord(
            kind=kind,
            identifier=members.identifier(),
            uri=members.uri("uri", required=True),
            title=members.text("title", required=True, limit=500),
            description=members.text("description", limit=MAX_STATEMENT),
            code=members.text("hierarchyCode", limit=200),
            changed_at=members.moment("lastChangeDateTime"),
            details=details.of(members, plain=_PLAIN.get(kind, ())),
        )

    return build
