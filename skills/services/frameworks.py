"""Plan the import of a framework (what is new, changed, gone), and apply the plan."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, connections, models, router, transaction
from django.db.models import Max
from django.utils import timezone

from skills.errors import ImportRefused, ManyRetired, PlanOutdated
from skills.models import Association, Edition, Framework, FrameworkImport, Rubric, Skill
from skills.readers.records import FrameworkRecord, Package, Problem, Severity
from skills.services import bulk, holdings, identities
from skills.services.differences import (
    Changes,
    Difference,
    Held,
    Values,
    compare,
    differing,
    fingerprint,
)

_BATCH: Final = 2_000
# The first key of the advisory lock tells ours from others; the second is the framework's.
_LOCK: Final = 2
# What retires more than so many skills, and more than a fifth of all, is meant or a mistake.
_MANY: Final = 20
_SHARE: Final = 5
_WORDING: Final = ("uri", "code", "label", "statement", "kind")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change in its framework. Plans of the same fingerprint change the same."""

    package: Package
    record: FrameworkRecord
    sha256: str
    format: str
    framework: Framework | None
    fields: Mapping[str, tuple[Any, Any]]
    skills: Changes
    associations: Changes
    rubrics: Changes
    uuids: Mapping[str, UUID]
    warnings: tuple[Problem, ...]
    fingerprint: str
    # How many skills the framework has now.
    current: int
    # The last import and edition that it was compared with.
    compared_with: tuple[int | None, int | None]

    @property
    def title(self) -> str:
        """The framework's name in the file."""
        return self.record.title

    @property
    def changes_anything(self) -> bool:
        """Whether a new edition would come of it."""
        loud = self.fields.keys() - holdings.FRAMEWORK_QUIET
        return bool(loud or self.skills or self.associations or self.rubrics)

    @property
    def retires_many(self) -> bool:
        """Whether it is applied only where somebody accepts what it retires."""
        return _are_many(len(self.skills.retired), self.current)

    @property
    def differences(self) -> list[Difference]:
        """All that changes or retires; what is new stands in the framework itself."""
        fields = {
            name: _shown(name, pair)
            for name, pair in self.fields.items()
            if name not in holdings.FRAMEWORK_QUIET
        }
        own = Difference(self.record.identifier, self.title, "changed", fields)
        return [
            *([own] if fields and self.framework else []),
            *self.skills.differences,
            *self.associations.differences,
            *self.rubrics.differences,
        ]


def plan(package: Package, *, sha256: str = "", format: str = "") -> Plan:
    """Compare a framework that was read with the one that is held. Writes nothing.

    Skills, associations and rubrics are matched by identifier. Raises ImportRefused with all
    problems if the file has an error.
    """
    warnings = [problem for problem in package.problems if problem.severity == "warning"]
    faults = [problem for problem in package.problems if problem.severity != "warning"]
    record = package.framework
    if record is not None:
        faults.extend(_too_long(package, record))
    if faults or record is None:
        raise ImportRefused(problems=[*faults, *warnings])
    framework = Framework.objects.filter(identifier=record.identifier).first()
    compared_with = _state(framework)
    fields = differing(holdings.framework(framework), holdings.of_framework(package, record))
    held = holdings.skills(framework)
    _demand_that_some_stay(package, held, warnings)
    _demand_something(package, warnings)
    new = [each.identifier for each in package.skills if each.identifier not in held]
    uuids = identities.of_skills(record.identifier, new)
    skills = compare(
        held,
        _wanted_skills(package, held, uuids),
        quiet=holdings.SKILL_QUIET,
        retired={each.identifier for each in package.skills if each.is_retired},
    )
    associations = compare(
        holdings.associations(framework),
        _wanted_associations(package, record, framework, held, skills),
        quiet=holdings.ASSOCIATION_QUIET,
    )
    rubrics = compare(
        holdings.rubrics(framework),
        {each.identifier: holdings.of_rubric(each) for each in package.rubrics},
        quiet=holdings.RUBRIC_QUIET,
    )
    return Plan(
        package=package,
        record=record,
        sha256=sha256,
        format=format,
        framework=framework,
        fields=fields,
        skills=skills,
        associations=associations,
        rubrics=rubrics,
        uuids=uuids,
        warnings=(
            *warnings,
            *_called_alike(record, framework),
            *_older(record, framework),
            *_another(package, framework, held),
            *_many(len(skills.retired), _current(held)),
            *_kept(skills),
        ),
        fingerprint=fingerprint(fields, (skills, associations, rubrics)),
        current=_current(held),
        compared_with=compared_with,
    )


@transaction.atomic
def apply(
    planned: Plan,
    *,
    by: User | None,
    source: str,
    client: str = "",
    is_own: bool | None = None,
    accept_retirements: bool = False,
    at: datetime | None = None,
) -> FrameworkImport:
    """Make the planned changes, all or none, and keep who made them and what they were.

    A reworded skill keeps its row, and its former wording with the dates; one that is gone is
    retired, never deleted, and comes back when a later edition has it again. Associations and
    rubrics that say something new are superseded. If anything changes it is a new edition.
    `is_own` marks the framework as the college's, or not; None leaves that as it is. Without
    `by` it is the system called `client`, or a command on the server.

    Raises ManyRetired if more than 20 skills and more than a fifth of the framework would be
    retired, unless `accept_retirements`; PlanOutdated if what the file is compared with has changed
    since, or if another import has taken a UUID that the plan gives.
    """
    if planned.retires_many and not accept_retirements:
        raise ManyRetired(problems=[*_many(len(planned.skills.retired), planned.current, "error")])
    _hold(planned.record.identifier)
    _demand_that_it_holds(planned)
    at = at or timezone.now()
    framework = _write_framework(planned, is_own)
    imported = FrameworkImport.objects.create(
        framework=framework,
        source=source,
        format=planned.format,
        sha256=planned.sha256,
        by=by,
        client=client,
        at=at,
        **planned.skills.counts,
        differences=[difference.as_json() for difference in planned.differences],
    )
    edition = (
        begin_edition(framework, at=at, made_by=imported) if planned.changes_anything else None
    )
    _write_skills(framework, planned, at)
    _write_associations(framework, planned.associations, at, edition)
    _supersede(Rubric, framework, planned.rubrics, at, quiet=holdings.RUBRIC_QUIET)
    if planned.skills.new:
        _find_ends(framework)
    return imported


def begin_edition(
    framework: Framework, *, at: datetime, made_by: FrameworkImport | None = None
) -> Edition:
    """Count a new edition of the framework, whose lock the caller holds or whose row is new."""
    last = framework.editions.aggregate(number=Max("number"))["number"] or 0
    return Edition.objects.create(
        framework=framework, number=last + 1, version=framework.version, at=at, made_by=made_by
    )


def hold(framework: Framework) -> None:
    """Let nobody else write this framework before we commit."""
    _hold(framework.identifier)


def successors(skills: Iterable[Skill]) -> dict[int, list[Skill]]:
    """For each skill that was replaced, what stands in its place now, by the skill's key.

    Follows `replacedBy` over as many steps as there are, into other frameworks too, and passes
    over what has been replaced itself. A circle leads nowhere. Skills that nothing replaces are
    not in the answer.
    """
    starts = {skill.pk for skill in skills}
    steps = _steps(starts)
    ends = {start: _ends(start, steps) for start in starts if start in steps}
    found = Skill.objects.select_related("framework").in_bulk(
        {end for reached in ends.values() for end in reached}
    )
    return {start: [found[end] for end in reached] for start, reached in ends.items()}


def _steps(starts: Iterable[int]) -> dict[int, list[int]]:
    """Where each skill on the ways from these leads to; one query, however long they are.

    Each step looks up its own links (OFFSET 0 keeps it so). Joined, a table that PostgreSQL has
    not analysed since a large import is read as a whole for each step: 3 s for 3,000 steps
    instead of 50 ms.
    """
    steps: dict[int, list[int]] = {}
    with connections[router.db_for_read(Association)].cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE replacement AS (
                SELECT id, sequence, origin_id, destination_id FROM skills_association
                WHERE kind = 'replacedBy' AND state = 'accepted' AND retired_at IS NULL
                      AND destination_id IS NOT NULL AND origin_id = ANY(%s)
                UNION
                SELECT a.id, a.sequence, a.origin_id, a.destination_id
                FROM replacement r CROSS JOIN LATERAL (
                    SELECT * FROM skills_association
                    WHERE kind = 'replacedBy' AND state = 'accepted' AND retired_at IS NULL
                          AND destination_id IS NOT NULL AND origin_id = r.destination_id
                    OFFSET 0
                ) a
            )
            SELECT origin_id, destination_id FROM replacement ORDER BY sequence, id
            """,
            [list(starts)],
        )
        for origin, destination in cursor.fetchall():
            steps.setdefault(origin, []).append(destination)
    return steps


def _ends(start: int, steps: Mapping[int, Sequence[int]]) -> list[int]:
    seen, found, ahead = {start}, [], list(steps[start])
    while ahead:
        here = ahead.pop(0)
        if here in seen:
            continue
        seen.add(here)
        if here in steps:
            ahead.extend(steps[here])
        else:
            found.append(here)
    return found


def _hold(identifier: str) -> None:
    """Let nobody else import this framework before we commit; its rows may not exist yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, identifier])


def _state(framework: Framework | None) -> tuple[int | None, int | None]:
    """Another one once anything was written to the framework."""
    if framework is None:
        return None, None
    return (
        framework.imports.aggregate(last=Max("pk"))["last"],
        framework.editions.aggregate(last=Max("pk"))["last"],
    )


def _demand_that_it_holds(planned: Plan) -> None:
    framework = Framework.objects.filter(identifier=planned.record.identifier).first()
    if (framework is None) == (planned.framework is None) and (
        _state(framework) == planned.compared_with
    ):
        return
    if plan(planned.package).fingerprint != planned.fingerprint:
        raise PlanOutdated


# Planning


def _wanted_skills(
    package: Package, held: Mapping[str, Held], uuids: Mapping[str, UUID]
) -> dict[str, Values]:
    def own_address(identifier: str) -> str:
        before = held.get(identifier)
        return before.values["uri"] if before else identities.address(uuids[identifier])

    return {
        record.identifier: holdings.of_skill(
            record, uri="" if record.uri else own_address(record.identifier)
        )
        for record in package.skills
    }


def _wanted_associations(
    package: Package,
    record: FrameworkRecord,
    framework: Framework | None,
    held: Mapping[str, Held],
    skills: Changes,
) -> dict[str, Values]:
    addresses = {identifier: before.values["uri"] for identifier, before in held.items()}
    for identifier, values in {**skills.new, **skills.changed}.items():
        addresses[identifier] = values["uri"]
    ends = holdings.Ends(package, record, framework, addresses)
    return {each.identifier: holdings.of_association(each, ends) for each in package.associations}


def _too_long(package: Package, record: FrameworkRecord) -> Iterator[Problem]:
    """What no column can hold, should a reader have let it pass."""
    rows: tuple[tuple[type[models.Model], Iterable[tuple[str, Values]]], ...] = (
        (Framework, [(record.identifier, holdings.of_framework(package, record))]),
        (Skill, ((each.identifier, holdings.of_skill(each, uri="")) for each in package.skills)),
    )
    for model, items in rows:
        limits = {
            field.name: field.max_length
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField) and field.max_length
        }
        for identifier, values in items:
            for name, limit in limits.items():
                value = identifier if name == "identifier" else values.get(name, "")
                if len(value) > limit:
                    yield _problem(
                        column=name,
                        value=value[:64],
                        code="too_long",
                        reason=f"This {name.replace('_', ' ')} has {len(value):,} characters; "
                        f"at most {limit:,} are kept.",
                        fix="Shorten it.",
                        severity="error",
                    )


def _called_alike(record: FrameworkRecord, framework: Framework | None) -> Iterator[Problem]:
    """Doubt that a framework is new where another one is called so."""
    if framework is not None or not record.title:
        return
    held = Framework.objects.filter(title__iexact=record.title).order_by("pk").first()
    if held is not None:
        yield _problem(
            column="",
            value=record.identifier[:64],
            code="title_taken",
            reason=f"“{held.title[:80]}” is here already, known by another identifier: "
            f"{held.identifier[:64]}. Applied, this is a second framework of that name.",
            fix="If it is a newer edition of that one, say so, or mend the identifier in the file.",
            severity="warning",
        )


def _older(record: FrameworkRecord, framework: Framework | None) -> Iterator[Problem]:
    held = framework.changed_on_source if framework else None
    if held and record.changed_at and record.changed_at < held:
        yield _problem(
            column="/CFDocument/lastChangeDateTime",
            value=record.changed_at.isoformat(),
            code="older_edition",
            reason=f"This edition is older than the one that is held, of {held.isoformat()}.",
            fix="Apply it only if you want to go back.",
            severity="warning",
        )


def _another(
    package: Package, framework: Framework | None, held: Mapping[str, Held]
) -> Iterator[Problem]:
    """Doubt that a file with none of a framework's skills is a newer edition of it."""
    ends = _current(held)
    if framework and ends and not held.keys() & {each.identifier for each in package.skills}:
        yield _problem(
            column="",
            value="",
            code="nothing_in_common",
            reason=f"No skill that “{framework.title}” has now is in this file. Retired by it: "
            f"{ends:,}.",
            fix="Check that it is a newer edition of the same framework.",
            severity="warning",
        )


def _are_many(retired: int, current: int) -> bool:
    return retired > _MANY and retired * _SHARE > current


def _many(retired: int, current: int, severity: Severity = "warning") -> Iterator[Problem]:
    """Doubt that so much of a framework has ended at once: the file may be only a part of it."""
    if _are_many(retired, current):
        yield _problem(
            column="",
            value="",
            code="many_retired",
            reason=f"{retired:,} of the {current:,} skills that the framework has now would be "
            "retired.",
            fix="Check that it is the whole file. If it is meant, accept the retirements.",
            severity=severity,
        )


def _current(held: Mapping[str, Held]) -> int:
    """How many skills a file could retire."""
    return sum(not each.is_retired and not each.stays for each in held.values())


def _demand_that_some_stay(
    package: Package, held: Mapping[str, Held], warnings: Sequence[Problem]
) -> None:
    """Refuse a file without skills for a framework that has some: it is cut off, or another."""
    ends = _current(held)
    if ends and not package.skills:
        problem = _problem(
            column="",
            value="",
            code="nothing_left",
            reason=f"The file has no skills; all {ends:,} of this framework would be retired.",
            fix="Check that it is the whole file, and that it names its own framework.",
            severity="error",
        )
        raise ImportRefused(problems=[problem, *warnings])


def _demand_something(package: Package, warnings: Sequence[Problem]) -> None:
    """Refuse a file that says nothing: a header alone, or a document to which nothing belongs."""
    if package.skills or package.associations or package.rubrics or package.definitions:
        return
    problem = _problem(
        column="",
        value="",
        code="nothing_there",
        reason="The file has no skills and no links; there is nothing to import.",
        fix="Fill in its rows, or choose the file that has some.",
        severity="error",
    )
    raise ImportRefused(problems=[problem, *warnings])


def _kept(skills: Changes) -> Iterator[Problem]:
    for identifier in skills.kept:
        yield _problem(
            column="",
            value=identifier[:64],
            code="written_here",
            reason="The file words a competency otherwise that was written and published here.",
            fix="Nothing, if ours is right; else revise the competency here.",
            severity="warning",
        )


def _problem(**said: Any) -> Problem:
    return Problem(file="", row=None, **said)


def _shown(name: str, pair: tuple[Any, Any]) -> tuple[Any, Any]:
    """Both values as a person reads them: of definitions only what they define."""
    if name != "definitions":
        return pair
    before, after = ([each["title"] for each in value or ()] for value in pair)
    return before, after


# Writing


@contextmanager
def _nobody_else() -> Iterator[None]:
    """A UUID that was free when it was chosen may be taken when it is written.

    Another framework with the same item, or UUID, has been imported meanwhile.
    """
    try:
        yield
    except IntegrityError as error:
        raise PlanOutdated from error


def _write_framework(planned: Plan, is_own: bool | None) -> Framework:
    values = holdings.of_framework(planned.package, planned.record)
    if is_own is not None:
        values["is_own"] = is_own
    identifier = planned.record.identifier
    with _nobody_else():
        framework, _ = Framework.objects.update_or_create(
            identifier=identifier,
            defaults=values,
            create_defaults={**values, "uuid": identities.of_framework(identifier)},
        )
    return framework


def _write_skills(framework: Framework, planned: Plan, at: datetime) -> None:
    changes = planned.skills
    retired = {each.identifier for each in planned.package.skills if each.is_retired}

    def row(identifier: str, values: Values) -> Values:
        return {
            **values,
            "framework_id": framework.pk,
            "identifier": identifier,
            "worded_at": at,
            "retired_at": at if identifier in retired else None,
        }

    new = (
        {**row(identifier, values), "uuid": planned.uuids[identifier]}
        for identifier, values in changes.new.items()
    )
    with _nobody_else():
        bulk.insert(Skill, new)
    given = changes.changed | changes.touched
    given |= {each: values for each, values in changes.retired.items() if values is not None}
    _update_skills(framework, [Skill(**row(each, values)) for each, values in given.items()])
    gone = [each for each, values in changes.retired.items() if values is None]
    Skill.objects.filter(framework=framework, identifier__in=gone, retired_at=None).update(
        retired_at=at
    )


def _update_skills(framework: Framework, rows: Sequence[Skill]) -> None:
    """Write rows over those of the same identifier; one that stays retired keeps its date."""
    held = {
        identifier: (retired_at, worded_at, wording)
        for identifier, retired_at, worded_at, *wording in Skill.objects.filter(
            framework=framework, identifier__in=[row.identifier for row in rows]
        ).values_list("identifier", "retired_at", "worded_at", *_WORDING)
    }
    for row in rows:
        retired_at, worded_at, wording = held[row.identifier]
        if row.retired_at is not None and retired_at is not None:
            row.retired_at = retired_at
        if wording == [getattr(row, name) for name in _WORDING] and retired_at == row.retired_at:
            row.worded_at = worded_at
    kept = {"id", "uuid", "framework", "identifier", "updated_at"}
    Skill.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["framework", "identifier"],
        update_fields=[
            field.name for field in Skill._meta.concrete_fields if field.name not in kept
        ],
    )


def _write_associations(
    framework: Framework, changes: Changes, at: datetime, edition: Edition | None
) -> None:
    keys = dict(Skill.objects.filter(framework=framework).values_list("identifier", "pk"))
    with_keys = Changes(
        new={each: holdings.resolved(values, keys) for each, values in changes.new.items()},
        changed={each: holdings.resolved(values, keys) for each, values in changes.changed.items()},
        touched={each: holdings.resolved(values, keys) for each, values in changes.touched.items()},
        retired=changes.retired,
    )
    _supersede(
        Association,
        framework,
        with_keys,
        at,
        quiet=holdings.ASSOCIATION_QUIET,
        edition_id=edition.pk if edition else None,
    )


def _supersede(
    model: type[Any],
    framework: Framework,
    changes: Changes,
    at: datetime,
    *,
    quiet: Collection[str],
    **more: Any,
) -> None:
    """Retire what is gone or says something else now, and insert what is new or says it."""
    rows = model._default_manager.filter(framework=framework, retired_at=None)
    rows.filter(identifier__in=[*changes.retired, *changes.changed]).update(retired_at=at)
    bulk.insert(
        model,
        (
            {
                **values,
                **more,
                "framework_id": framework.pk,
                "identifier": identifier,
                "began_at": at,
            }
            for identifier, values in (changes.new | changes.changed).items()
        ),
    )
    if changes.touched:
        bulk.update(model, framework, changes.touched, quiet)


def _find_ends(framework: Framework) -> None:
    """Lead associations that come from or go outside to the skills that have come to be held.

    Those of an address that skills of several frameworks have are left alone, and so is what was
    proposed here if the same is said already of the skill.
    """
    with connection.cursor() as cursor:
        # Where PostgreSQL counted the tables while they were empty, as after an import that was
        # undone, it takes the new rows for a few and compares each with each: minutes for 14,000.
        cursor.execute("SET LOCAL enable_nestloop = off")
        for end in ("origin", "destination"):
            other = "destination" if end == "origin" else "origin"
            cursor.execute(
                f"""
                UPDATE skills_association a SET {end}_id = s.id FROM skills_skill s
                WHERE s.framework_id = %s AND a.{end}_id IS NULL AND a.{end}_uri = s.uri
                      AND a.framework_id IS DISTINCT FROM s.framework_id
                      AND a.{other}_id IS DISTINCT FROM s.id
                      AND NOT EXISTS (
                          SELECT FROM skills_skill t WHERE t.uri = s.uri AND t.id <> s.id
                      )
                      AND NOT EXISTS (
                          SELECT FROM skills_association b
                          WHERE a.framework_id IS NULL AND b.framework_id IS NULL
                                AND b.kind = a.kind AND b.{end}_id = s.id
                                AND b.{other}_id = a.{other}_id
                                AND b.retired_at IS NULL AND b.state <> 'rejected'
                      )
                """,  # noqa: S608 - the names are ours
                [framework.pk],
            )
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
