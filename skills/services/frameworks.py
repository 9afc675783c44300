"""Plan the import of a framework (what is new, changed, gone), and apply the plan."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from skills.errors import ImportRefused, PlanOutdated
from skills.models import Association, Framework, FrameworkImport, Skill
from skills.readers.records import FrameworkRecord, Package, Problem

_BATCH = 2_000
# The first key of the advisory lock tells ours from others; the second is the framework's.
_LOCK = 2

_DATE: Final = "changed_on_source"
_FRAMEWORK: Final = (
    "uri",
    "title",
    "creator",
    "description",
    "version",
    "language",
    _DATE,
)
_WORDING: Final = (
    "uri",
    "code",
    "label",
    "statement",
    "kind",
    "kind_at_source",
    "keywords",
)
_SKILL: Final = (*_WORDING, _DATE)
_ASSOCIATION: Final = (
    "kind",
    "origin",
    "origin_uri",
    "destination",
    "destination_uri",
    "sequence",
)
_ENDS: Final = ("origin", "destination")
# An association's end: a skill of this framework by its identifier, of another one by its key.
_OWN: Final = "own:"
_FOREIGN: Final = "skill:"

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a newer edition does to one skill or association: each field's old and new value."""

    identifier: str
    name: str
    change: str
    fields: Mapping[str, tuple[Any, Any]]

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the import's record."""
        fields = {name: list(pair) for name, pair in self.fields.items() if name != _DATE}
        return {
            "identifier": self.identifier,
            "name": self.name,
            "change": self.change,
            "fields": fields,
        }


@dataclass(slots=True)
class Changes:
    """What becomes of the skills, or of the associations, by identifier.

    What is `redated` says the same as before, with a newer date; it counts as unchanged.
    """

    new: dict[str, Values] = field(default_factory=dict)
    changed: dict[str, Values] = field(default_factory=dict)
    redated: dict[str, Values] = field(default_factory=dict)
    retired: list[str] = field(default_factory=list)
    unchanged: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change in its framework. Plans of the same fingerprint change the same."""

    package: Package
    record: FrameworkRecord
    sha256: str
    framework: Framework | None
    fields: Mapping[str, tuple[Any, Any]]
    skills: Changes
    associations: Changes
    warnings: tuple[Problem, ...]
    fingerprint: str

    @property
    def title(self) -> str:
        """The framework's name in the file."""
        return self.record.title

    @property
    def differences(self) -> list[Difference]:
        """All that changes or retires; what is new stands in the framework itself."""
        fields = {name: pair for name, pair in self.fields.items() if name != _DATE}
        own = Difference(self.record.identifier, self.title, "changed", fields)
        return [
            *([own] if fields and self.framework else []),
            *self.skills.differences,
            *self.associations.differences,
        ]


def plan(package: Package, *, sha256: str = "") -> Plan:
    """Compare a framework that was read with the one that is held. Writes nothing.

    Skills and associations are matched by identifier. Raises ImportRefused with all problems if
    the file has an error.
    """
    warnings = [problem for problem in package.problems if problem.severity == "warning"]
    faults = [problem for problem in package.problems if problem.severity != "warning"]
    if faults or package.framework is None:
        raise ImportRefused(problems=[*faults, *warnings])
    framework = Framework.objects.filter(identifier=package.framework.identifier).first()
    warnings.extend(_older(package.framework, framework))
    held = _held_skills(framework)
    fields = _differing(_held_framework(framework), _framework_values(package.framework))
    skills = _compare(held, _skill_values(package))
    associations = _compare(
        _held_associations(framework), _association_values(package, framework, held)
    )
    return Plan(
        package=package,
        record=package.framework,
        sha256=sha256,
        framework=framework,
        fields=fields,
        skills=skills,
        associations=associations,
        warnings=tuple(warnings),
        fingerprint=_fingerprint(fields, skills, associations),
    )


@transaction.atomic
def apply(
    planned: Plan,
    *,
    by: User | None,
    source: str,
    is_own: bool | None = None,
    at: datetime | None = None,
) -> FrameworkImport:
    """Make the planned changes, all or none, and keep who made them and what they were.

    A reworded skill keeps its row; one that is gone is retired, never deleted, and comes back
    when a later edition has it again. `is_own` marks the framework as the college's, or not;
    None leaves that as it is. Without `by` it is a command on the server.

    Raises PlanOutdated if what the file is compared with has changed since.
    """
    _hold(planned.record.identifier)
    if plan(planned.package).fingerprint != planned.fingerprint:
        raise PlanOutdated
    at = at or timezone.now()
    framework = _write_framework(planned.record, is_own)
    _write(Skill, framework, planned.skills, at)
    _write_associations(framework, planned.associations, at)
    return FrameworkImport.objects.create(
        framework=framework,
        source=source,
        sha256=planned.sha256,
        by=by,
        new=len(planned.skills.new),
        changed=len(planned.skills.changed),
        retired=len(planned.skills.retired),
        unchanged=planned.skills.unchanged,
        differences=[difference.as_json() for difference in planned.differences],
    )


def _hold(identifier: str) -> None:
    """Let nobody else import this framework before we commit; its rows may not exist yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, identifier])


# What is held, and what the file says, in the same words


class _Held(NamedTuple):
    values: Values
    is_retired: bool


def _held_framework(framework: Framework | None) -> Values:
    return {name: getattr(framework, name) for name in _FRAMEWORK} if framework else {}


def _held_skills(framework: Framework | None) -> dict[str, _Held]:
    rows = Skill.objects.filter(framework=framework).order_by()
    return {
        row["identifier"]: _Held({name: row[name] for name in _SKILL}, bool(row["retired_at"]))
        for row in rows.values("identifier", "retired_at", *_SKILL)
    }


def _held_associations(framework: Framework | None) -> dict[str, _Held]:
    if framework is None:
        return {}
    rows = Association.objects.filter(framework=framework).order_by()
    ends = [f"{end}__{name}" for end in _ENDS for name in ("framework_id", "identifier", "id")]
    held: dict[str, _Held] = {}
    for row in rows.values("identifier", "retired_at", *_ASSOCIATION, *ends):
        values = {name: row[name] for name in _ASSOCIATION}
        for end in _ENDS:
            if row[f"{end}__framework_id"] == framework.pk:
                values[end] = _OWN + row[f"{end}__identifier"]
            elif row[f"{end}__id"] is not None:
                values[end] = f"{_FOREIGN}{row[f'{end}__id']}"
        held[row["identifier"]] = _Held(values, bool(row["retired_at"]))
    return held


def _framework_values(record: FrameworkRecord) -> Values:
    return {
        "uri": record.uri,
        "title": record.title,
        "creator": record.creator,
        "description": record.description,
        "version": record.version,
        "language": record.language,
        "changed_on_source": record.changed_at,
    }


def _skill_values(package: Package) -> dict[str, Values]:
    return {
        record.identifier: {
            "uri": record.uri,
            "code": record.code,
            "label": record.label,
            "statement": record.statement,
            "kind": record.kind,
            "kind_at_source": record.kind_word,
            "keywords": list(record.keywords),
            "changed_on_source": record.changed_at,
        }
        for record in package.skills
    }


def _association_values(
    package: Package, framework: Framework | None, held: Collection[str]
) -> dict[str, Values]:
    """What the file says of its associations; their ends are skills wherever we hold them."""
    own = {record.identifier for record in package.skills} | set(held)
    elsewhere = _skills_elsewhere(package, framework, own)

    def end(identifier: str, uri: str) -> str | None:
        if identifier in own:
            return _OWN + identifier
        return f"{_FOREIGN}{elsewhere[uri]}" if uri in elsewhere else None

    return {
        record.identifier: {
            "kind": record.type,
            "origin": end(record.origin, record.origin_uri),
            "origin_uri": record.origin_uri,
            "destination": end(record.destination, record.destination_uri),
            "destination_uri": record.destination_uri,
            "sequence": record.sequence,
        }
        for record in package.associations
    }


def _skills_elsewhere(
    package: Package, framework: Framework | None, own: Collection[str]
) -> dict[str, int]:
    """The skills of other frameworks that the file links to, by address if it is theirs alone."""
    ends = chain.from_iterable(
        (
            (record.origin, record.origin_uri),
            (record.destination, record.destination_uri),
        )
        for record in package.associations
    )
    addresses = {uri for identifier, uri in ends if identifier not in own}
    found = Skill.objects.filter(uri__in=addresses).exclude(framework=framework)
    pairs = list(found.values_list("uri", "pk"))
    times = Counter(uri for uri, _ in pairs)
    return {uri: pk for uri, pk in pairs if times[uri] == 1}


# Comparing


def _compare(held: Mapping[str, _Held], wanted: Mapping[str, Values]) -> Changes:
    changes = Changes()
    for identifier, values in wanted.items():
        before = held.get(identifier)
        if before is None:
            changes.new[identifier] = values
            continue
        fields = _differing(before.values, values)
        if not before.is_retired and fields.keys() <= {_DATE}:
            changes.unchanged += 1
            if fields:
                changes.redated[identifier] = values
            continue
        changes.changed[identifier] = values
        change = "returned" if before.is_retired else "changed"
        changes.differences.append(Difference(identifier, _name(values), change, fields))
    for identifier, before in held.items():
        if identifier not in wanted and not before.is_retired:
            changes.retired.append(identifier)
            changes.differences.append(Difference(identifier, _name(before.values), "retired", {}))
    return changes


def _differing(before: Values, after: Values) -> dict[str, tuple[Any, Any]]:
    return {
        name: (before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    }


def _name(values: Values) -> str:
    """What a person recognises it by."""
    if "statement" in values:
        return f"{values['code']} {values['label'] or values['statement']}".strip()
    return f"{values['origin_uri']} {values['kind']} {values['destination_uri']}"


def _fingerprint(fields: Mapping[str, Any], *changes: Changes) -> str:
    digest = hashlib.sha256(repr(sorted(fields.items())).encode())
    for change in changes:
        what = (
            change.new,
            change.changed,
            change.redated,
            change.retired,
            change.differences,
        )
        digest.update(repr(what).encode())
    return digest.hexdigest()


def _older(record: FrameworkRecord, framework: Framework | None) -> Iterator[Problem]:
    if framework is None or framework.changed_on_source is None or record.changed_at is None:
        return
    if record.changed_at < framework.changed_on_source:
        yield Problem(
            file="",
            row=None,
            column="/CFDocument/lastChangeDateTime",
            value=record.changed_at.isoformat(),
            code="older_edition",
            reason="This edition is older than the one that is held, "
            f"of {framework.changed_on_source.isoformat()}.",
            fix="Apply it only if you want to go back.",
            severity="warning",
        )


# Writing


def _write_framework(record: FrameworkRecord, is_own: bool | None) -> Framework:
    values = _framework_values(record)
    if is_own is not None:
        values["is_own"] = is_own
    framework, _ = Framework.objects.update_or_create(identifier=record.identifier, defaults=values)
    return framework


def _write(
    model: type[Any],
    framework: Framework,
    changes: Changes,
    at: datetime,
) -> None:
    """Insert what is new, update what has changed, retire what is gone."""
    given = changes.new | changes.changed | changes.redated
    rows = [
        model(framework=framework, identifier=identifier, retired_at=None, **values)
        for identifier, values in given.items()
    ]
    if rows:
        names = next(iter(given.values())).keys()
        model._default_manager.bulk_create(
            rows,
            batch_size=_BATCH,
            update_conflicts=True,
            unique_fields=["framework", "identifier"],
            update_fields=[*names, "retired_at"],
        )
    gone = model._default_manager.filter(framework=framework, identifier__in=changes.retired)
    gone.filter(retired_at=None).update(retired_at=at)


def _write_associations(framework: Framework, changes: Changes, at: datetime) -> None:
    keys = dict(Skill.objects.filter(framework=framework).values_list("identifier", "pk"))

    def key(end: str | None) -> int | None:
        if end is None:
            return None
        return keys[end.removeprefix(_OWN)] if end.startswith(_OWN) else int(end[len(_FOREIGN) :])

    def resolved(values: Values) -> Values:
        ends = {f"{end}_id": key(values[end]) for end in _ENDS}
        return {name: value for name, value in values.items() if name not in _ENDS} | ends

    with_keys = Changes(
        new={identifier: resolved(values) for identifier, values in changes.new.items()},
        changed={identifier: resolved(values) for identifier, values in changes.changed.items()},
        retired=changes.retired,
    )
    _write(Association, framework, with_keys, at)
