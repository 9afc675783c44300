"""Writes CASE 1.1 and 1.0: a package as a whole, and each of its objects by itself."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from skills.readers import identifiers, naming, texts
from skills.readers.case import names
from skills.readers.records import (
    AssociationRecord,
    CriterionRecord,
    DefinitionKind,
    DefinitionRecord,
    Details,
    FrameworkRecord,
    LevelRecord,
    RubricRecord,
    SkillRecord,
)
from skills.writers import kinds
from skills.writers.pieces import moment, object_with_lists, without_blanks
from skills.writers.source import Source, framework_of

Version = Literal["1.1", "1.0"]
Link = Mapping[str, str]

# What CASE 1.1 wants of each definition, even if there is nothing to say.
_REQUIRED: Final[Mapping[DefinitionKind, tuple[str, ...]]] = {
    "concept": ("hierarchyCode",),
    "subject": ("hierarchyCode",),
    "license": ("licenseText",),
    "item_type": ("description", "hierarchyCode"),
    "grouping": (),
}
_PLAIN: Final = ("keywords", "licenseText", "typeCode")
_NEW_TYPES: Final = frozenset({"isTranslationOf"})
_EXTENSION: Final = re.compile(r"ext:[A-Za-z0-9._|-]+")
_NO_WORD: Final = re.compile(r"[^A-Za-z0-9._-]+")
_CTID: Final = re.compile(r"ce-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AT_THE_END: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


def write(source: Source, *, version: Version = "1.1") -> Iterator[str]:
    """The CFPackage, piece by piece. Items that are retired are left out: CASE has no word for it.

    What 1.0 has no member for is left out of a package of that version; an association of a kind
    that it does not know is one that isRelatedTo.
    """
    framework = framework_of(source)
    details = framework.details if version == "1.1" else {}
    members = without_blanks(
        {
            "CFDocument": document(framework, version=version),
            "CFDefinitions": _definitions(source.definitions, details, version),
            "extensions": details.get("packageExtensions"),
        }
    )
    lists: list[tuple[str, Iterable[Any]]] = [
        ("CFItems", (item(one, version=version) for one in source.skills if not one.is_retired)),
        ("CFAssociations", (association(one, version=version) for one in source.associations)),
        ("CFRubrics", (rubric(one, version=version) for one in source.rubrics)),
    ]
    return object_with_lists(members, lists)


def document(
    record: FrameworkRecord, *, version: Version = "1.1", package: Link | None = None
) -> dict[str, Any]:
    """A CFDocument; `package` is the link to its CFPackage where it stands by itself."""
    is_new = version == "1.1"
    return without_blanks(
        {
            "identifier": uuid_of(record.identifier),
            "uri": record.uri,
            "frameworkType": record.type if is_new else "",
            "caseVersion": "1.1" if is_new else "",
            "creator": record.creator or record.publisher or record.title,
            "title": record.title,
            "lastChangeDateTime": moment(record.changed_at),
            "officialSourceURL": record.official_url,
            "publisher": record.publisher,
            "description": record.description,
            "subject": list(record.subjects),
            "subjectURI": _links(record.details, "subjectURI"),
            "language": record.language,
            "version": record.version,
            "adoptionStatus": record.adoption_status,
            "statusStartDate": record.starts_on and record.starts_on.isoformat(),
            "statusEndDate": record.ends_on and record.ends_on.isoformat(),
            "licenseURI": _link(record.details.get("licenseURI")),
            "notes": record.notes,
            "CFPackageURI": package,
            "extensions": _extensions(record.details, version),
        }
    )


def item(
    record: SkillRecord, *, version: Version = "1.1", document: Link | None = None
) -> dict[str, Any]:
    """A CFItem; `document` is the link to its CFDocument where it stands by itself."""
    is_new = version == "1.1"
    word = kinds.word(record)
    return without_blanks(
        {
            "identifier": uuid_of(record.identifier),
            "uri": record.uri,
            "fullStatement": record.statement,
            "alternativeLabel": next(iter(record.other_labels), ""),
            "CFItemType": word,
            "CFItemTypeURI": _link(record.details.get("CFItemTypeURI")),
            "humanCodingScheme": record.code,
            "listEnumeration": _text(record.details, "listEnumeration"),
            "abbreviatedStatement": record.label,
            "conceptKeywords": list(record.keywords),
            "conceptKeywordsURI": _link(record.details.get("conceptKeywordsURI")),
            "notes": record.notes,
            "subject": _texts(record.details, "subject") if is_new else None,
            "subjectURI": _links(record.details, "subjectURI") if is_new else None,
            "language": record.language,
            "educationLevel": list(record.education_levels),
            "licenseURI": _link(record.details.get("licenseURI")),
            "statusStartDate": record.starts_on and record.starts_on.isoformat(),
            "statusEndDate": record.ends_on and record.ends_on.isoformat(),
            "lastChangeDateTime": moment(record.changed_at),
            "CFDocumentURI": document,
            "extensions": _extensions(record.details, version),
        }
    )


def association(
    record: AssociationRecord, *, version: Version = "1.1", document: Link | None = None
) -> dict[str, Any]:
    """A CFAssociation; `document` is the link to its CFDocument where it stands by itself."""
    return without_blanks(
        {
            "identifier": uuid_of(record.identifier),
            "uri": record.uri or naming.address_of(uuid_of(record.identifier)),
            "associationType": _type(record.type, version),
            "sequenceNumber": record.sequence,
            "originNodeURI": _end(
                record.origin,
                record.origin_uri,
                record.origin_title,
                target_type=_target_type(record.details, "originNodeURI", version),
            ),
            "destinationNodeURI": _end(
                record.destination,
                record.destination_uri,
                record.destination_title,
                target_type=_target_type(record.details, "destinationNodeURI", version),
            ),
            "CFAssociationGroupingURI": _link(record.details.get("CFAssociationGroupingURI")),
            "lastChangeDateTime": moment(record.changed_at),
            "notes": record.notes if version == "1.1" else "",
            "CFDocumentURI": document,
            "extensions": _extensions(record.details, version),
        }
    )


def definition(record: DefinitionRecord, *, version: Version = "1.1") -> dict[str, Any]:
    """A CFConcept, CFSubject, CFLicense, CFItemType or CFAssociationGrouping."""
    said = {
        "identifier": uuid_of(record.identifier),
        "uri": record.uri,
        "title": record.title,
        "description": record.description,
        "hierarchyCode": record.code,
        "lastChangeDateTime": moment(record.changed_at),
        **{name: _text(record.details, name) for name in _PLAIN},
        "extensions": _extensions(record.details, version),
    }
    known = names.DEFINITION[record.kind]
    required = dict.fromkeys(_REQUIRED[record.kind], "")
    return required | without_blanks({name: said[name] for name in said if name in known})


def rubric(record: RubricRecord, *, version: Version = "1.1") -> dict[str, Any]:
    """A CFRubric with its criteria and their levels."""
    return without_blanks(
        {
            "identifier": uuid_of(record.identifier),
            "uri": record.uri,
            "title": record.title,
            "description": record.description,
            "lastChangeDateTime": moment(record.changed_at),
            "CFRubricCriteria": [
                _criterion(each, uuid_of(record.identifier), version) for each in record.criteria
            ],
            "extensions": _extensions(record.details, version),
        }
    )


def link(identifier: str, uri: str, title: str) -> dict[str, str]:
    """A LinkURI."""
    return {"title": title, "identifier": uuid_of(identifier), "uri": uri}


def uuid_of(identifier: str) -> str:
    """The UUID that an identifier is or ends in (as a CTID does), else one made of it."""
    found = _AT_THE_END.search(identifier)
    return found[0].lower() if found else identifiers.made_of("case", identifier)


def _criterion(record: CriterionRecord, rubric: str, version: Version) -> dict[str, Any]:
    return without_blanks(
        {
            "identifier": uuid_of(record.identifier),
            "uri": record.uri,
            "category": record.category,
            "description": record.description,
            "CFItemURI": record.skill
            and link(record.skill, record.skill_uri, record.skill_title or record.skill),
            "weight": record.weight,
            "position": record.position,
            "rubricId": rubric,
            "lastChangeDateTime": moment(record.changed_at),
            "CFRubricCriterionLevels": [
                _level(each, uuid_of(record.identifier), version) for each in record.levels
            ],
            "extensions": _extensions(record.details, version),
        }
    )


def _level(record: LevelRecord, criterion: str, version: Version) -> dict[str, Any]:
    # The published schema wants a list here, and nowhere else.
    extensions = record.details.get("extensions") if version == "1.1" else None
    return without_blanks(
        {
            "identifier": uuid_of(record.identifier),
            "uri": record.uri,
            "description": record.description,
            "quality": record.quality,
            "score": record.score,
            "feedback": record.feedback,
            "position": record.position,
            "rubricCriterionId": criterion,
            "lastChangeDateTime": moment(record.changed_at),
            "extensions": [extensions] if isinstance(extensions, dict) else extensions,
        }
    )


def _definitions(
    records: Iterable[DefinitionRecord], details: Details, version: Version
) -> dict[str, Any]:
    collections = {kind: name for name, kind in names.DEFINITIONS.items()}
    found: dict[str, Any] = {}
    for record in records:
        found.setdefault(collections[record.kind], []).append(definition(record, version=version))
    return without_blanks({**found, "extensions": details.get("definitionExtensions")})


def _type(type_: str, version: Version) -> str:
    if version == "1.0":
        return type_ if type_ in names.ASSOCIATION_TYPES - _NEW_TYPES else "isRelatedTo"
    if type_ in names.ASSOCIATION_TYPES or _EXTENSION.fullmatch(type_):
        return type_
    return "ext:" + (_NO_WORD.sub("-", type_.removeprefix("ext:")).strip("-") or "other")


def _end(identifier: str, uri: str, title: str, *, target_type: str) -> dict[str, str]:
    found = {
        "title": title or uri or identifier,
        "identifier": identifier.removeprefix("ce-") if _CTID.fullmatch(identifier) else identifier,
        "uri": uri or naming.address_of(identifier),
    }
    return found | ({"targetType": target_type} if target_type else {})


def _target_type(details: Details, name: str, version: Version) -> str:
    word = _text(details, f"{name}/targetType")
    is_one = word == "CASE" or _EXTENSION.fullmatch(word)
    return word if is_one and version == "1.1" else ""


def _extensions(details: Details, version: Version) -> Any:
    found = details.get("extensions")
    return found if version == "1.1" and isinstance(found, dict) else None


def _text(details: Details, name: str) -> str:
    found = details.get(name)
    return found if isinstance(found, str) else ""


def _texts(details: Details, name: str) -> list[str]:
    return [one for one in _listed(details, name) if isinstance(one, str)]


def _links(details: Details, name: str) -> list[dict[str, str]]:
    return [found for one in _listed(details, name) if (found := _link(one))]


def _listed(details: Details, name: str) -> list[Any]:
    found = details.get(name)
    return found if isinstance(found, list) else []


def _link(value: Any) -> dict[str, str] | None:
    """A link that a source gave, with all that CASE wants of it; none where it has no address."""
    if not isinstance(value, dict) or not texts.is_address(uri := str(value.get("uri", ""))):
        return None
    identifier = str(value.get("identifier", "")) or uri
    return link(identifier, uri, str(value.get("title", "")) or uri)
