"""Which column of a sheet holds what, and a guess at it from the columns' names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Any, Final

from skills.readers.table import folded

# Below this likeness two names are not the same word misspelt.
LIKENESS: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """For each thing that we know of a skill the header of its column, or '' for none.

    `statement` or `label` there must be. `parent` and those from `is_part_of` on name other
    items, by identifier, code or address; several are separated by commas, semicolons, bars or
    line ends. `category` is a heading's name.
    """

    identifier: str = ""
    code: str = ""
    statement: str = ""
    label: str = ""
    other_labels: str = ""
    kind: str = ""
    category: str = ""
    parent: str = ""
    keywords: str = ""
    notes: str = ""
    language: str = ""
    education_levels: str = ""
    address: str = ""
    sequence: str = ""
    is_part_of: str = ""
    is_peer_of: str = ""
    is_related_to: str = ""
    exact_match_of: str = ""
    precedes: str = ""
    replaced_by: str = ""
    exemplar: str = ""
    has_skill_level: str = ""

    def as_dict(self) -> dict[str, str]:
        """The columns that are mapped, by field, as they can be kept as JSON."""
        pairs = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: column for name, column in pairs if column}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "ColumnMapping":
        """The mapping that was kept; what is not a field of ours is passed over."""
        return cls(**{name: str(kept[name]) for name in FIELDS if kept.get(name)})


FIELDS: Final = tuple(each.name for each in fields(ColumnMapping))
# The fields that link an item to others, and CASE's word for each of these links.
LINKS: Final[Mapping[str, str]] = {
    "is_part_of": "isPartOf",
    "is_peer_of": "isPeerOf",
    "is_related_to": "isRelatedTo",
    "exact_match_of": "exactMatchOf",
    "precedes": "precedes",
    "replaced_by": "replacedBy",
    "exemplar": "exemplar",
    "has_skill_level": "hasSkillLevel",
}

# What people call these columns, the most telling name first.
_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "identifier": ("identifier", "uuid", "guid", "id", "item id", "skill id", "competency id"),
    "code": ("human coding scheme", "code", "notation", "number", "no", "ref", "reference"),
    "statement": (
        "full statement",
        "statement",
        "skill statement",
        "competency statement",
        "learning outcome",
        "outcome",
        "description",
        "definition",
        "competency",
        "skill",
        "text",
    ),
    "label": (
        "abbreviated statement",
        "short label",
        "label",
        "preferred label",
        "short name",
        "skill name",
        "rsd name",
        "name",
        "title",
    ),
    "other_labels": ("alternative labels", "alt labels", "synonyms", "also known as", "aliases"),
    "kind": ("cf item type", "item type", "skill type", "type", "kind"),
    "category": ("category", "skill categories", "categories", "domain", "strand", "group", "area"),
    "parent": ("is child of", "parent", "parent code", "parent id", "broader", "broader code"),
    "keywords": ("concept keywords", "keywords", "tags"),
    "notes": ("notes", "note", "comment", "comments", "remarks"),
    "language": ("language", "lang"),
    "education_levels": ("education level", "grade", "grades", "level"),
    "address": ("canonical url", "uri", "url", "address", "link"),
    "sequence": ("sequence number", "sequence", "order", "position"),
    "is_part_of": ("is part of",),
    "is_peer_of": ("is peer of",),
    "is_related_to": ("is related to", "related to", "related"),
    "exact_match_of": ("exact match of", "is exact match of", "same as"),
    "precedes": ("precedes",),
    "replaced_by": ("replaced by",),
    "exemplar": ("exemplar",),
    "has_skill_level": ("has skill level",),
}


def suggest(columns: Sequence[str]) -> ColumnMapping:
    """Guess which column holds what, as `guess` does. A person has to look at it before use."""
    return ColumnMapping(**guess(columns, _WORDS))


def guess(
    columns: Sequence[str],
    words: Mapping[str, Sequence[str]],
    *,
    likeness: float = LIKENESS,
) -> dict[str, str]:
    """By field the column that is called by one of the field's words, the most telling one first.

    Those of a known name come before those of a like name; no column is taken twice.
    """
    chosen: dict[str, str] = {}
    for field, column in _guesses(columns, words, likeness):
        if field not in chosen and column not in chosen.values():
            chosen[field] = column
    return chosen


def _guesses(
    columns: Sequence[str], known: Mapping[str, Sequence[str]], at_least: float
) -> Iterator[tuple[str, str]]:
    """Pairs of field and column, the surest first."""
    by_name = {folded(column): column for column in reversed(columns) if column}
    for field, words in known.items():
        for word in words:
            if (column := by_name.get(folded(word))) is not None:
                yield field, column
    likely = (
        (likeness, field, column)
        for name, column in by_name.items()
        for field, words in known.items()
        for word in words
        if (likeness := _likeness(name, folded(word), at_least)) >= at_least
    )
    for _, field, column in sorted(likely, key=lambda guess: -guess[0]):
        yield field, column


def _likeness(name: str, word: str, at_least: float) -> float:
    """How like two names are; 0 where a quick look tells that it is not enough."""
    matcher = SequenceMatcher(None, name, word)
    if matcher.real_quick_ratio() < at_least or matcher.quick_ratio() < at_least:
        return 0.0
    return matcher.ratio()
