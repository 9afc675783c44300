"""What each of ESCO's files is about, and which framework it makes when it comes alone."""

import re
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from skills.readers import identifiers
from skills.readers.errors import Unreadable
from skills.readers.glimpse import Glimpse
from skills.readers.table import Table, folded

SCHEMES: Final = "http://data.europa.eu/esco/concept-scheme/"

LIST: Final = ("conceptUri", "preferredLabel")
LEVELS: Final = range(4)
HIERARCHY: Final = ("Level 0 URI", "Level 0 preferred term", "Level 1 URI")
BROADER: Final = ("conceptUri", "broaderUri")
RELATIONS: Final = ("originalSkillUri", "relationType", "relatedSkillUri")
PARENTS: Final = "broaderConceptUri"
# One of the files in use runs a skill's names and description together.
JUMBLE: Final = "labelsAndDescription"
_OF_OCCUPATIONS: Final = ("iscoGroup", "occupationUri", "greenShare")

# A collection's file does not say which one it is, but for the name that ESCO gave the file.
_COLLECTIONS: Final = {
    "digcompskillscollection": ("digcomp", "DigComp"),
    "digitalskillscollection": ("6c930acd-c104-4ece-acf7-f44fd7333036", "ESCO digital skills"),
    "greenskillscollection": ("green", "ESCO green skills"),
    "languageskillscollection": ("skill-language-groups", "ESCO language skills"),
    "transversalskillscollection": ("skill-transversal-groups", "ESCO transversal skills"),
}
_COLLECTION = re.compile(r"([a-z]+)skillscollection")
_LANGUAGE = re.compile(r"_([a-z]{2})\.")


class Columns(Protocol):
    """Anything of which one can ask whether it has columns."""

    def has(self, *columns: str) -> bool: ...


class Sort(IntEnum):
    """What a file is about. Of two files the one with the smaller number is believed first."""

    LIST = 0
    HIERARCHY = 1
    COLLECTION = 2
    JUMBLED_LIST = 3
    BROADER = 4
    RELATIONS = 5
    OTHER = 6


class Scheme(NamedTuple):
    """What makes a set of concepts a framework."""

    identifier: str
    title: str


WHOLE: Final = Scheme(SCHEMES + "skills", "ESCO skills and their hierarchy")
_MEMBERS: Final = Scheme(SCHEMES + "member-skills", "ESCO skills")
_GROUPS: Final = Scheme(SCHEMES + "skills-hierarchy", "ESCO skills hierarchy")


def is_it(glimpse: Glimpse) -> bool:
    """Whether a file looks like one of ESCO's skill files."""
    return sort(_Glimpsed(glimpse)) is not Sort.OTHER


def sort(table: Columns) -> Sort:
    """What a file with these columns is about."""
    if any(table.has(column) for column in _OF_OCCUPATIONS):
        return Sort.OTHER
    if table.has(*HIERARCHY):
        return Sort.HIERARCHY
    if table.has(*LIST, PARENTS):
        return Sort.COLLECTION
    if table.has(*LIST):
        return Sort.JUMBLED_LIST if table.has(JUMBLE) else Sort.LIST
    if table.has(*BROADER):
        return Sort.BROADER
    return Sort.RELATIONS if table.has(*RELATIONS) else Sort.OTHER


def alone(table: Table, framework_id: str) -> Scheme:
    """The framework that a file makes alone. Raises Unreadable if it makes none."""
    match sort(table):
        case Sort.LIST | Sort.JUMBLED_LIST:
            has_groups = any(row.raw("conceptType") == "SkillGroup" for row in table.rows[:1])
            return _GROUPS if has_groups else _MEMBERS
        case Sort.HIERARCHY:
            return _GROUPS
        case Sort.COLLECTION:
            return _named(framework_id) or collection(table.file) or _nameless()
        case Sort.BROADER | Sort.RELATIONS:
            raise Unreadable(
                "links_only",
                "The file links skills and says nothing else of them.",
                "Give the folder in which it lies beside the list of skills.",
            )
        case Sort.OTHER:
            raise not_esco()


def collection(file: str) -> Scheme | None:
    """The collection that ESCO means by a file's name."""
    found = _COLLECTION.search(file.lower())
    if found is None:
        return None
    if found.group() in _COLLECTIONS:
        name, title = _COLLECTIONS[found.group()]
        return Scheme(SCHEMES + name, title)
    identifier = identifiers.made_of("esco", found.group())
    return Scheme(f"urn:uuid:{identifier}", f"ESCO {found[1]} skills")


def language(file: str) -> str:
    """The language that ESCO tells by a file's name, as in skills_en.csv."""
    found = _LANGUAGE.search(file.lower())
    return found[1] if found else ""


def not_esco() -> Unreadable:
    """What to say of a file that is none of ESCO's skill files."""
    return Unreadable(
        "not_esco",
        "This is none of ESCO's files of skills: a plain list of labels, or one of occupations, "
        "is no framework, for nothing in it says which skill is meant.",
        "Give skills_en.csv, skillsHierarchy_en.csv or a collection, with their header rows.",
    )


def _named(framework_id: str) -> Scheme | None:
    return Scheme(framework_id, "ESCO collection") if framework_id else None


def _nameless() -> Scheme:
    raise Unreadable(
        "no_identity",
        "The file is a collection of ESCO and does not say which one.",
        "Give it the name that ESCO gave it (as digitalSkillsCollection_en.csv), or name the "
        "framework's identifier.",
    )


class _Glimpsed:
    """The columns at which a first look was taken."""

    def __init__(self, glimpse: Glimpse) -> None:
        self._columns = {folded(column) for column in glimpse.columns}

    def has(self, *columns: str) -> bool:
        return self._columns >= {folded(column) for column in columns}
