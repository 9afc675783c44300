"""The words of CASE 1.0 and 1.1: what each object may have, and what its values say."""

from collections.abc import Mapping
from typing import Final

from skills.readers.records import DefinitionKind

ASSOCIATION_TYPES: Final = frozenset(
    {
        "isChildOf",
        "isPartOf",
        "isPeerOf",
        "precedes",
        "isRelatedTo",
        "replacedBy",
        "exactMatchOf",
        "exemplar",
        "hasSkillLevel",
        "isTranslationOf",
    }
)
VERSIONS: Final = ("1.0", "1.1")

DEFINITIONS: Final[Mapping[str, DefinitionKind]] = {
    "CFConcepts": "concept",
    "CFSubjects": "subject",
    "CFLicenses": "license",
    "CFItemTypes": "item_type",
    "CFAssociationGroupings": "grouping",
}

_OBJECT: Final = frozenset({"identifier", "uri", "lastChangeDateTime", "extensions"})
_DATED: Final = frozenset({"statusStartDate", "statusEndDate"})

PACKAGE: Final = frozenset(
    {
        "CFDocument",
        "CFDocuments",
        "CFItems",
        "CFAssociations",
        "CFDefinitions",
        "CFRubrics",
        "extensions",
    }
)
DOCUMENT: Final = (
    _OBJECT
    | _DATED
    | {
        "frameworkType",
        "caseVersion",
        "creator",
        "title",
        "version",
        "officialSourceURL",
        "publisher",
        "description",
        "subject",
        "subjectURI",
        "language",
        "adoptionStatus",
        "licenseURI",
        "notes",
        "CFPackageURI",
    }
)
ITEM: Final = (
    _OBJECT
    | _DATED
    | {
        "fullStatement",
        "alternativeLabel",
        "CFItemType",
        "humanCodingScheme",
        "listEnumeration",
        "abbreviatedStatement",
        "conceptKeywords",
        "conceptKeywordsURI",
        "notes",
        "subject",
        "subjectURI",
        "language",
        "educationLevel",
        "CFItemTypeURI",
        "licenseURI",
        "CFDocumentURI",
    }
)
ASSOCIATION: Final = _OBJECT | {
    "associationType",
    "sequenceNumber",
    "originNodeURI",
    "destinationNodeURI",
    "notes",
    "CFAssociationGroupingURI",
    "CFDocumentURI",
}
DEFINITION: Final[Mapping[DefinitionKind, frozenset[str]]] = {
    "concept": _OBJECT | {"title", "keywords", "hierarchyCode", "description"},
    "subject": _OBJECT | {"title", "hierarchyCode", "description"},
    "license": _OBJECT | {"title", "description", "licenseText"},
    "item_type": _OBJECT | {"title", "description", "hierarchyCode", "typeCode"},
    "grouping": _OBJECT | {"title", "description"},
}
RUBRIC: Final = _OBJECT | {"title", "description", "CFRubricCriteria"}
CRITERION: Final = _OBJECT | {
    "category",
    "description",
    "CFItemURI",
    "weight",
    "position",
    "rubricId",
    "CFRubricCriterionLevels",
}
LEVEL: Final = _OBJECT | {
    "description",
    "quality",
    "score",
    "feedback",
    "position",
    "rubricCriterionId",
}
