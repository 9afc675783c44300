"""The document, an item and an association of CASE, each as its record."""

from collections.abc import Mapping
from typing import Any, Final

from skills.readers import kinds
from skills.readers.case import details, names
from skills.readers.members import Members
from skills.readers.records import AssociationRecord, FrameworkRecord, SkillRecord

MAX_STATEMENT: Final = 20_000


def framework(members: Members) -> FrameworkRecord:
    """The record of a CFDocument."""
    starts_on, ends_on = members.days("statusStartDate", "statusEndDate")
    return FrameworkRecord(
        identifier=members.identifier(),
        uri=members.uri("uri", required=True),
        title=members.text("title", required=True, limit=500),
        creator=members.text("creator", required=True, limit=500),
        publisher=members.text("publisher", limit=500),
        description=members.text("description", limit=MAX_STATEMENT),
        type=members.text("frameworkType", limit=200),
        version=members.text("version", limit=100),
        language=members.text("language", limit=20),
        official_url=members.uri("officialSourceURL"),
        adoption_status=members.text("adoptionStatus", limit=100),
        case_version=_version(members),
        notes=members.text("notes", limit=MAX_STATEMENT),
        subjects=members.texts("subject", or_one=True),
        changed_at=members.moment("lastChangeDateTime"),
        starts_on=starts_on,
        ends_on=ends_on,
        details=details.of(members, links=("licenseURI",), link_lists=("subjectURI",)),
    )


def skill(members: Members) -> SkillRecord:
    """The record of a CFItem."""
    starts_on, ends_on = members.days("statusStartDate", "statusEndDate")
    word = _kind_word(members)
    other = members.text("alternativeLabel", limit=500)
    return SkillRecord(
        identifier=members.identifier(),
        uri=members.uri("uri", required=True),
        statement=members.text("fullStatement", required=True, limit=MAX_STATEMENT),
        label=members.text("abbreviatedStatement", limit=500),
        other_labels=(other,) if other else (),
        code=members.text("humanCodingScheme", limit=200),
        # CASE leaves the words of CFItemType to the publisher.
        kind=kinds.of(word),
        kind_word=word,
        keywords=members.texts("conceptKeywords"),
        language=members.text("language", limit=20),
        education_levels=members.texts("educationLevel", or_one=True),
        notes=members.text("notes", limit=MAX_STATEMENT),
        changed_at=members.moment("lastChangeDateTime"),
        starts_on=starts_on,
        ends_on=ends_on,
        details=details.of(
            members,
            plain=("listEnumeration",),
            lists=("subject",),
            links=("licenseURI", "conceptKeywordsURI", "CFItemTypeURI"),
            link_lists=("subjectURI",),
        ),
    )


def association(members: Members) -> AssociationRecord:
    """The record of a CFAssociation."""
    type_ = members.text("associationType", required=True, limit=100)
    if type_ and type_ not in names.ASSOCIATION_TYPES and not type_.startswith("ext:"):
        members.warn(
            "associationType",
            "unknown_type",
            "associationType is not one that CASE knows; it is kept as it stands.",
            "Correct it, or let it begin with ext:.",
        )
    origin, origin_uri, origin_title = end(members, "originNodeURI")
    destination, destination_uri, destination_title = end(members, "destinationNodeURI")
    found = details.of(members, links=("CFAssociationGroupingURI",))
    return AssociationRecord(
        identifier=members.identifier(),
        uri=members.uri("uri", required=True),
        type=type_,
        origin=origin,
        origin_uri=origin_uri,
        origin_title=origin_title,
        destination=destination,
        destination_uri=destination_uri,
        destination_title=destination_title,
        sequence=members.whole_number("sequenceNumber"),
        grouping=_grouping(found),
        notes=members.text("notes", limit=MAX_STATEMENT),
        changed_at=members.moment("lastChangeDateTime"),
        details=found | _target_types(members),
    )


def end(members: Members, name: str) -> tuple[str, str, str]:
    """Identifier, address and title of what a required link leads to."""
    link = members.link(name)
    if link is None:
        return "", "", ""
    # Outside of CASE an identifier may be anything; those of the file are compared in lower case.
    identifier = link.text("identifier", required=True, limit=200, is_lowered=True)
    uri, title = link.uri("uri", required=True), link.text("title", limit=MAX_STATEMENT)
    members.good = members.good and link.good
    return identifier, uri, title


def _version(members: Members) -> str:
    version = members.text("caseVersion", limit=10) or "1.0"
    if version not in names.VERSIONS:
        members.warn(
            "caseVersion",
            "unknown_version",
            "caseVersion is neither 1.0 nor 1.1; the package is read as 1.1.",
            "Compare what was read with its source.",
        )
    return version


def _kind_word(members: Members) -> str:
    """The publisher's word for the kind of item, which may stand in a link's title alone."""
    word = members.text("CFItemType", limit=200)
    link = members.get("CFItemTypeURI")
    title = link.get("title") if isinstance(link, dict) else None
    return word or (title if isinstance(title, str) and len(title) <= 200 else "")


def _grouping(found: Mapping[str, Any]) -> str:
    identifier = str(found.get("CFAssociationGroupingURI", {}).get("identifier", "")).lower()
    return identifier if len(identifier) <= 200 else ""


def _target_types(members: Members) -> dict[str, str]:
    """What kind of thing each end is, where the package says so (CASE 1.1, targetType)."""
    found = {}
    for name in ("originNodeURI", "destinationNodeURI"):
        link = members.get(name)
        word = link.get("targetType") if isinstance(link, dict) else None
        if isinstance(word, str) and word.strip() and len(word) <= 255:
            found[f"{name}/targetType"] = word
    return found
