"""The framework that descriptors make up."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from skills.readers import identifiers, links
from skills.readers.links import IS_CHILD_OF, Link
from skills.readers.problems import Problems
from skills.readers.records import AssociationRecord, FrameworkRecord, Package, SkillRecord
from skills.readers.rsd import identity
from skills.readers.rsd.descriptors import Alignment, Collection, Descriptor

ALIGNED: Final = "alignment"


def package(
    descriptors: Sequence[Descriptor],
    problems: Problems,
    *,
    collection: Collection,
    framework_id: str,
    title: str,
    refused: Mapping[str, str],
) -> Package:
    """Their framework, with each of them its child, and their alignments.

    Raises Unreadable where nothing tells which framework it is. That alignments lead outside
    of the file is what they are for: it is one warning for all of them.
    """
    framework = identity.framework_of(
        descriptors, collection=collection, framework_id=framework_id, title=title
    )
    found = _once(list(identity.identified(descriptors, framework.identifier)), problems)
    if not found:
        problems.add(
            "",
            code="no_items",
            reason="The file has no skills that can be used.",
            fix="Check that it was exported whole.",
            severity="warning",
        )
    children = [_child(one, framework) for one in found.values()]
    aligned = [_aligned(one, to, framework) for one in found.values() for to in one.alignments]
    within = {framework.identifier, *found}
    return Package(
        framework=framework,
        skills=tuple(map(_skill, found.values())),
        associations=(*children, *_sound(aligned, within, refused, problems)),
        problems=problems.listed(),
    )


def _once(found: Sequence[Descriptor], problems: Problems) -> dict[str, Descriptor]:
    kept: dict[str, Descriptor] = {}
    for one in found:
        if (first := kept.get(one.identifier)) is None:
            kept[one.identifier] = one
            continue
        problems.add(
            one.spot.place,
            value=one.name,
            code="duplicate",
            reason=f"The same skill stands at {first.spot}.",
            fix="Keep one of the two, or give this one a name or an address of its own.",
            row=one.spot.row,
        )
    return kept


def _skill(one: Descriptor) -> SkillRecord:
    return SkillRecord(
        identifier=one.identifier,
        uri=one.uri,
        statement=one.statement,
        label=one.name,
        kind="skill",
        kind_word="RichSkillDescriptor",
        keywords=one.keywords,
        is_retired=one.is_retired,
        changed_at=one.changed_at,
        details=one.details,
    )


def _child(one: Descriptor, framework: FrameworkRecord) -> AssociationRecord:
    identifier = identifiers.of_association(
        framework.identifier, IS_CHILD_OF, one.identifier, framework.identifier
    )
    return AssociationRecord(
        identifier=identifier,
        type=IS_CHILD_OF,
        origin=one.identifier,
        origin_uri=one.uri,
        origin_title=one.name,
        destination=framework.identifier,
        destination_uri=framework.uri,
        destination_title=framework.title,
    )


def _aligned(one: Descriptor, to: Alignment, framework: FrameworkRecord) -> Link:
    identifier = identifiers.of_association(
        framework.identifier, ALIGNED, one.identifier, to.address
    )
    record = AssociationRecord(
        identifier=identifier,
        type="isRelatedTo",
        type_word=ALIGNED,
        origin=one.identifier,
        origin_uri=one.uri,
        origin_title=one.name,
        destination=to.address,
        destination_uri=to.address,
        destination_title=to.name,
    )
    return Link(record, to.spot.place, to.spot.place, to.spot.place, to.spot.row)


def _sound(
    aligned: Sequence[Link], within: set[str], refused: Mapping[str, str], problems: Problems
) -> Iterator[AssociationRecord]:
    first: dict[str, Link] = {}
    for link in aligned:
        first.setdefault(link.record.identifier, link)
    once = list(first.values())
    outside = {
        link.record.destination
        for link in once
        if link.record.destination not in within and link.record.destination not in refused
    }
    if outside:
        count = sum(link.record.destination in outside for link in once)
        problems.add(
            "",
            code="outside",
            reason=f"Alignments that lead outside this file: {count:,}; they are kept.",
            fix="Nothing, if they are meant.",
            severity="warning",
        )
    yield from links.sound(once, within=within | outside, refused=refused, problems=problems)
