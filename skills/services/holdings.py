"""What is held of a framework, and what a file says of it, in the same words."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime
from itertools import chain
from typing import Any, Final

from django.db.models import Exists, OuterRef

from skills.models import Association, Competency, Framework, Rubric, Skill
from skills.readers.records import (
    AssociationRecord,
    FrameworkRecord,
    Package,
    RubricRecord,
    SkillRecord,
)
from skills.services.differences import Held, Values

# Fields that may differ without anything having changed.
FRAMEWORK_QUIET: Final = frozenset({"changed_on_source", "case_version"})
SKILL_QUIET: Final = frozenset({"changed_on_source"})
# What the ends are called, and which of them are held here, is not the association's saying.
ASSOCIATION_QUIET: Final = frozenset(
    {"changed_on_source", "origin", "origin_title", "destination", "destination_title"}
)
RUBRIC_QUIET: Final = frozenset({"changed_on_source"})

_FRAMEWORK: Final = (
    "uri",
    "title",
    "creator",
    "publisher",
    "description",
    "type",
    "version",
    "language",
    "official_url",
    "adoption_status",
    "case_version",
    "notes",
    "subjects",
    "starts_on",
    "ends_on",
    "definitions",
    "details",
    "changed_on_source",
)
_SKILL: Final = (
    "uri",
    "code",
    "label",
    "statement",
    "kind",
    "kind_at_source",
    "other_labels",
    "keywords",
    "language",
    "education_levels",
    "notes",
    "starts_on",
    "ends_on",
    "details",
    "changed_on_source",
)
_ENDS: Final = ("origin", "destination")
_ASSOCIATION: Final = (
    "uri",
    "kind",
    "kind_at_source",
    *_ENDS,
    "origin_uri",
    "origin_title",
    "destination_uri",
    "destination_title",
    "sequence",
    "grouping",
    "notes",
    "details",
    "changed_on_source",
)
_RUBRIC: Final = ("uri", "title", "description", "criteria", "details", "changed_on_source")
# An association's end: a skill of this framework by its identifier, of another one by its key.
_OWN: Final = "own:"
_FOREIGN: Final = "skill:"


# Held


def framework(held: Framework | None) -> Values:
    """The framework's own fields; none where it is not held."""
    return {name: getattr(held, name) for name in _FRAMEWORK} if held else {}


def skills(held: Framework | None) -> dict[str, Held]:
    """Its skills by identifier; those that were written here stay, whatever a file leaves out."""
    if held is None:
        return {}
    written_here = Competency.objects.filter(skill=OuterRef("pk"))
    rows = Skill.objects.filter(framework=held).order_by().annotate(stays=Exists(written_here))
    return {
        identifier: Held(dict(zip(_SKILL, values, strict=True)), retired_at is not None, stays)
        for identifier, retired_at, stays, *values in rows.values_list(
            "identifier", "retired_at", "stays", *_SKILL
        ).iterator()
    }


def associations(held: Framework | None) -> dict[str, Held]:
    """Its associations that are not retired, by identifier; those that were made here stay."""
    if held is None:
        return {}
    rows = Association.objects.filter(framework=held, retired_at=None).order_by()
    # A join would do, but not before the database has counted what the last import brought.
    own = dict(Skill.objects.filter(framework=held).order_by().values_list("pk", "identifier"))
    found: dict[str, Held] = {}
    for identifier, edition, imported, *values in rows.values_list(
        "identifier", "edition", "edition__made_by", *_ASSOCIATION
    ).iterator():
        said = dict(zip(_ASSOCIATION, values, strict=True))
        for end in _ENDS:
            if said[end] in own:
                said[end] = _OWN + own[said[end]]
            elif said[end] is not None:
                said[end] = f"{_FOREIGN}{said[end]}"
        found[identifier] = Held(
            said, is_retired=False, stays=edition is not None and imported is None
        )
    return found


def rubrics(held: Framework | None) -> dict[str, Held]:
    """Its rubrics that are not retired, by identifier."""
    if held is None:
        return {}
    rows = Rubric.objects.filter(framework=held, retired_at=None).order_by()
    return {
        identifier: Held(dict(zip(_RUBRIC, values, strict=True)), is_retired=False)
        for identifier, *values in rows.values_list("identifier", *_RUBRIC)
    }


# Wanted


def of_framework(package: Package, record: FrameworkRecord) -> Values:
    """What the file says of the framework itself."""
    definitions = sorted(package.definitions, key=lambda each: (each.kind, each.identifier))
    return {
        "uri": record.uri,
        "title": record.title,
        "creator": record.creator,
        "publisher": record.publisher,
        "description": record.description,
        "type": record.type,
        "version": record.version,
        "language": record.language,
        "official_url": record.official_url,
        "adoption_status": record.adoption_status,
        "case_version": record.case_version,
        "notes": record.notes,
        "subjects": list(record.subjects),
        "starts_on": record.starts_on,
        "ends_on": record.ends_on,
        "definitions": [_plain(asdict(each)) for each in definitions],
        "details": dict(record.details),
        "changed_on_source": record.changed_at,
    }


def of_skill(record: SkillRecord, *, uri: str) -> Values:
    """What the file says of a skill; `uri` is its address where the file has none."""
    return {
        "uri": record.uri or uri,
        "code": record.code,
        "label": record.label,
        "statement": record.statement,
        "kind": record.kind,
        "kind_at_source": record.kind_word,
        "other_labels": list(record.other_labels),
        "keywords": list(record.keywords),
        "language": record.language,
        "education_levels": list(record.education_levels),
        "notes": record.notes,
        "starts_on": record.starts_on,
        "ends_on": record.ends_on,
        "details": dict(record.details),
        "changed_on_source": record.changed_at,
    }


class Ends:
    """Finds the skills that associations lead from and to, here or in other frameworks."""

    def __init__(
        self,
        package: Package,
        record: FrameworkRecord,
        framework: Framework | None,
        addresses: Mapping[str, str],
    ) -> None:
        """`addresses` are those of the framework's own skills, by identifier."""
        self._addresses = addresses
        self._framework = {record.identifier: record.uri}
        self._elsewhere = _skills_elsewhere(package, framework, addresses)

    def skill(self, identifier: str, uri: str) -> str | None:
        """The skill that an end is, or None where it is none that we hold."""
        if identifier in self._addresses:
            return _OWN + identifier
        return f"{_FOREIGN}{self._elsewhere[uri]}" if uri in self._elsewhere else None

    def address(self, identifier: str, uri: str) -> str:
        """The address of an end, whether or not the file gives it."""
        known = self._addresses.get(identifier) or self._framework.get(identifier)
        return uri or known or identifier


def of_association(record: AssociationRecord, ends: Ends) -> Values:
    """What the file says of an association; its ends are skills wherever we hold them.

    Where both would be the same skill, known by two identifiers, only one of them is.
    """
    origin = ends.skill(record.origin, record.origin_uri)
    destination = ends.skill(record.destination, record.destination_uri)
    return {
        "uri": record.uri,
        "kind": record.type,
        "kind_at_source": record.type_word,
        "origin": origin,
        "destination": None if destination == origin else destination,
        "origin_uri": ends.address(record.origin, record.origin_uri),
        "origin_title": record.origin_title,
        "destination_uri": ends.address(record.destination, record.destination_uri),
        "destination_title": record.destination_title,
        "sequence": record.sequence,
        "grouping": record.grouping,
        "notes": record.notes,
        "details": dict(record.details),
        "changed_on_source": record.changed_at,
    }


def of_rubric(record: RubricRecord) -> Values:
    """What the file says of a rubric, its criteria and their levels with it."""
    return {
        "uri": record.uri,
        "title": record.title,
        "description": record.description,
        "criteria": [_plain(asdict(criterion)) for criterion in record.criteria],
        "details": dict(record.details),
        "changed_on_source": record.changed_at,
    }


def resolved(values: Values, keys: Mapping[str, int]) -> Values:
    """The same with the keys of the skills at its ends; `keys` are those of its framework."""
    found = dict(values)
    for end in _ENDS:
        skill = found.pop(end)
        if skill is None:
            found[f"{end}_id"] = None
        elif skill.startswith(_OWN):
            found[f"{end}_id"] = keys[skill.removeprefix(_OWN)]
        else:
            found[f"{end}_id"] = int(skill.removeprefix(_FOREIGN))
    return found


def _skills_elsewhere(
    package: Package, framework: Framework | None, own: Collection[str]
) -> dict[str, int]:
    """The skills of other frameworks that the file links to, by address if it is theirs alone."""
    ends = chain.from_iterable(
        ((record.origin, record.origin_uri), (record.destination, record.destination_uri))
        for record in package.associations
    )
    addresses = {uri for identifier, uri in ends if uri and identifier not in own}
    if not addresses:
        return {}
    found = Skill.objects.filter(uri__in=addresses).exclude(framework=framework)
    pairs = list(found.values_list("uri", "pk"))
    times = Counter(uri for uri, _ in pairs)
    return {uri: pk for uri, pk in pairs if times[uri] == 1}


def _plain(value: Any) -> Any:
    """The value in JSON's own types."""
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
