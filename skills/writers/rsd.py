"""Writes Rich Skill Descriptors: one by itself, or a framework as a collection of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from skills.readers.records import AssociationRecord, FrameworkRecord, SkillRecord
from skills.writers import ends
from skills.writers.pieces import moment, object_with_lists, without_blanks
from skills.writers.source import Source, framework_of

CONTEXT: Final = "https://rsd.openskillsnetwork.org/context-v1.json"

MAX_NAME: Final = 500
# What a descriptor may say beyond our own fields, and is given back as it came.
_KEPT: Final = (
    "categories",
    "certifications",
    "standards",
    "employers",
    "occupations",
    "collections",
    "creationDate",
    "publishDate",
)
_HIERARCHY: Final = frozenset({"isChildOf", "isPartOf", "precedes", "hasSkillLevel"})


def write(source: Source) -> Iterator[str]:
    """The framework as a collection, piece by piece; the archived descriptors are there too.

    A descriptor has no code and no place in a hierarchy. Its alignments are the skill's links to
    others but those of the hierarchy.
    """
    framework = framework_of(source)
    aligned = ends.by_origin(one for one in source.associations if _is_alignment(one))
    members = {
        "@context": CONTEXT,
        "id": framework.uri,
        "uuid": ends.uuid_in(framework.identifier),
        "name": framework.title,
        "description": framework.description,
        "creator": framework.creator,
    }
    descriptors = (
        _members(one, framework, aligned.get(one.identifier, ())) for one in source.skills
    )
    return object_with_lists(without_blanks(members), [("skills", descriptors)])


def descriptor(
    record: SkillRecord, framework: FrameworkRecord, links: Iterable[AssociationRecord] = ()
) -> dict[str, Any]:
    """One descriptor with its context; `links` are the associations that lead from the skill."""
    aligned = [ends.destination(one) for one in links if _is_alignment(one)]
    return {"@context": CONTEXT, **_members(record, framework, aligned)}


def _members(
    record: SkillRecord, framework: FrameworkRecord, links: Sequence[ends.End]
) -> dict[str, Any]:
    details = record.details
    return without_blanks(
        {
            # What is a urn says no more than the UUID.
            "id": "" if record.uri.startswith("urn:uuid:") else record.uri,
            "uuid": ends.uuid_in(record.identifier),
            "type": "RichSkillDescriptor",
            "skillName": _name(record),
            "skillStatement": record.statement,
            "keywords": list(record.keywords),
            "authors": _given(details, "authors") or [framework.creator or framework.title],
            "creator": details.get("creator"),
            "status": _status(record),
            "updateDate": moment(record.changed_at) if record.changed_at else None,
            "alignments": _alignments(details, links),
            **{name: details.get(name) for name in _KEPT},
            "archiveDate": details.get("archiveDate") or _archived_on(record),
        }
    )


def _name(record: SkillRecord) -> str:
    """The label; a descriptor must have a name, so that else as much of the statement as fits."""
    return record.label or record.statement[:MAX_NAME]


def _status(record: SkillRecord) -> str:
    given = str(record.details.get("status", ""))
    if record.is_retired:
        return given if given.lower() in ("archived", "deleted") else "archived"
    return "" if given.lower() in ("archived", "deleted") else given


def _archived_on(record: SkillRecord) -> str | None:
    return record.ends_on.isoformat() if record.is_retired and record.ends_on else None


def _alignments(details: Mapping[str, Any], links: Sequence[ends.End]) -> list[Any]:
    """Those that the source gave, as it gave them, and what the skill was linked to since."""
    given = _given(details, "alignments")
    addresses = {one.get("id") if isinstance(one, dict) else one for one in given}
    return given + [
        without_blanks({"id": link.uri, "skillName": link.title[:MAX_NAME]})
        for link in links
        if link.uri not in addresses
    ]


def _given(details: Mapping[str, Any], name: str) -> list[Any]:
    found = details.get(name)
    return found if isinstance(found, list) else [found] if found else []


def _is_alignment(record: AssociationRecord) -> bool:
    return record.type not in _HIERARCHY
