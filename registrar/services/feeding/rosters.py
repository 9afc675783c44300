"""Read a roster into a plan, look at it, apply it."""

from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone

from issuer.errors import WrongState
from issuer.services import events, ledger
from registrar.errors import ImportRefused, PlanOutdated
from registrar.models import LearningOpportunity, LineItem, Offering, RosterImport
from registrar.readers import rosters as roster_reader
from registrar.services.awarding import learner_mails
from registrar.services.college import event_types, people, roles, sources, uploads
from registrar.services.feeding import roster_plan
from registrar.services.feeding.roster_links import Links
from registrar.services.feeding.roster_plan import Changes, Plan, Values
from registrar.services.feeding.roster_tables import (
    CLASSES,
    COURSES,
    LINE_ITEMS,
    RESULT_OBJECTIVES,
    RESULTS,
    TABLES,
    USERS,
    Column,
    Table,
)
from registrar.services.learners import same_people
from registrar.services.marking import results
from registrar.services.marking.results import Entry

State = RosterImport.State

# The source of a roster that does not name the system it comes from.
NAMELESS = "oneroster"

_BATCH = 2_000
_Keys = dict[str, dict[str, int]]


def plan(path: Path, *, source: str | None = None, lists_all: bool = False) -> Plan:
    """Read the roster at the path, and compare it with what is held. Writes nothing.

    The source is the one given, else the system that the manifest names. Whether files without a
    manifest list all that there is, `lists_all` says. Raises ImportRefused if the source has the
    name under which the college keeps what came from nowhere else.
    """
    bundle = roster_reader.read(path, lists_all=lists_all)
    source = source or bundle.source_code or bundle.source_name or NAMELESS
    if source == people.OWN or len(source) > _longest_source():
        raise ImportRefused(
            f"{source[:64]} cannot be the name of a source. Give another name for it."
        )
    return roster_plan.compare(bundle, source=source)


def read(
    path: Path,
    *,
    by: User | None,
    file_name: str | None = None,
    source: str | None = None,
    lists_all: bool = False,
) -> RosterImport:
    """Read the roster at the path and keep what it would change, for somebody to look at.

    The files must stay at the path until the plan is applied. Of a roster that cannot be applied
    all problems are kept, and no files. Without `by` it is a command on the server.
    """
    if by is not None:
        roles.demand_for_all(by, "registrar.import_roster")
    roster_import, planned = look(path, source=source, lists_all=lists_all)
    if planned.is_fatal:
        uploads.discard(path)
    if file_name:
        roster_import.file_name = file_name
    roster_import.read_by = by
    roster_import.save(force_insert=True)
    return roster_import


def look(
    path: Path, *, source: str | None = None, lists_all: bool = False
) -> tuple[RosterImport, Plan]:
    """What `read` would keep of the roster at the path, unsaved, and its plan. Writes nothing."""
    sha256 = uploads.digest(path)
    planned = plan(path, source=source, lists_all=lists_all)
    told = RosterImport(
        state=State.REFUSED if planned.is_fatal else State.PLANNED,
        file_name=path.name,
        source=planned.source,
        lists_all=lists_all,
        sha256=sha256,
        stored_at=str(path.resolve()),
        plan=planned.counts_as_json(),
        living=dict(planned.living),
        examples=dict(planned.examples),
        fingerprint=planned.fingerprint,
        problems=[asdict(problem) for problem in planned.problems],
        problem_count=planned.problem_count,
    )
    return told, planned


def try_out(planned: Plan) -> None:
    """Make the planned changes in a transaction that the caller rolls back.

    No access of a learner is ended and nothing stands in the ledger, so that only who writes for
    the same source waits for the end of it.
    """
    sources.hold(planned.source)
    _write(planned, timezone.now())


@transaction.atomic
def apply(
    roster_import: RosterImport, *, by: User | None, at: datetime | None = None
) -> RosterImport:
    """Make the planned changes, all or none.

    Raises PlanOutdated if the files or what they are compared with have changed since, so that
    something else would come of it than was looked at; ImportRefused for files that cannot be
    applied; WrongState for a plan applied before.
    """
    if by is not None:
        roles.demand_for_all(by, "registrar.import_roster")
    if roster_import.state == State.REFUSED:
        raise ImportRefused
    at = at or timezone.now()
    claimed = RosterImport.objects.filter(pk=roster_import.pk, state=State.PLANNED)
    if not claimed.update(state=State.APPLIED, applied_by=by, applied_at=at):
        raise WrongState
    sources.hold(roster_import.source)
    sources.hold_trees()
    same_people.hold(roster_import.source)
    path = Path(roster_import.stored_at)
    if uploads.digest(path) != roster_import.sha256:
        raise PlanOutdated("The files are not those that were read. Read them again.")
    planned = plan(path, source=roster_import.source, lists_all=roster_import.lists_all)
    if planned.fingerprint != roster_import.fingerprint:
        raise PlanOutdated
    _end_access(planned.changes[USERS])
    _write(planned, at)
    transaction.on_commit(partial(uploads.discard, path))
    roster_import.refresh_from_db()
    events.tell(
        event_types.ROSTER_APPLIED, lambda: events.Thing(str(roster_import.pk), "/api/v1/learners")
    )
    details = {"source": roster_import.source, "sha256": roster_import.sha256}
    ledger.append(
        "roster.applied",
        roster_import,
        by=by or "system",
        details=details | _totals(planned),
    )
    return roster_import


@transaction.atomic
def discard(roster_import: RosterImport, *, by: User | None) -> RosterImport:
    """Put a plan aside for good, and remove the files if they were uploaded for it.

    Raises WrongState for a plan that waits no longer. Without `by` it is the system, after
    UPLOAD_KEEP_HOURS.
    """
    if by is not None:
        roles.demand_for_all(by, "registrar.import_roster")
    uploads.put_aside(roster_import, act="roster.discarded", by=by)
    return roster_import


def sweep(*, at: datetime | None = None) -> int:
    """Discard the plans that nobody has applied in time, and uploads that led to none; how many."""
    waiting = RosterImport.objects.filter(state=State.PLANNED)
    late = list(waiting.filter(read_at__lt=uploads.expiry(at=at)))
    for roster_import in late:
        with suppress(WrongState):  # somebody has applied it meanwhile
            discard(roster_import, by=None)
    needed = set(waiting.values_list("stored_at", flat=True))
    return len(late) + uploads.sweep(needed=needed, at=at)


def _longest_source() -> int:
    return RosterImport._meta.get_field("source").max_length or 0


def _totals(planned: Plan) -> dict[str, int]:
    names = ("new", "changed", "retired", "unchanged")
    return {name: sum(getattr(count, name) for count in planned.counts.values()) for name in names}


# Writing


def _write(planned: Plan, at: datetime) -> None:
    same_people.note(planned.source, planned.matches)
    keys: _Keys = {}
    for file, table in TABLES.items():
        changes = planned.changes[file]
        keys[file] = {sourced_id: held.pk for sourced_id, held in changes.held.items()}
        if file in (RESULTS, RESULT_OBJECTIVES):
            _write_results(planned.source, table, changes, keys, at)
        else:
            _write_table(planned.source, table, changes, keys)
            _retire(table, changes, at)
    _write_links(Offering.teachers.through, planned.teachers, keys[CLASSES], "offering", "user")
    _write_links(
        LineItem.outcomes.through,
        planned.outcomes,
        keys[LINE_ITEMS],
        "lineitem",
        "learningoutcome",
    )


def _write_table(source: str, table: Table, changes: Changes, keys: _Keys) -> None:
    """Insert what is new and update what has changed, in one statement a batch."""
    given = changes.new | changes.changed
    # A parent may be as new as its child: its key is known only after the insertion.
    own = [column for column in table.columns if column.refers_to != table.file]
    always = {"kind": LearningOpportunity.Kind.COURSE} if table.file == COURSES else {}
    back = {table.gone: None} if table.gone else {}
    rows = [
        table.model(
            source=source,
            sourced_id=sourced_id,
            **always,
            **back,
            **_attributes(table, own, values, keys),
        )
        for sourced_id, values in given.items()
    ]
    written = table.model._default_manager.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["source", "sourced_id"],
        update_fields=[column.attribute for column in own] + list(back),
    )
    keys[table.file].update(zip(given, (row.pk for row in written), strict=True))
    if own != list(table.columns):
        _write_parents(source, table, changes, keys[table.file])


def _end_access(changes: Changes) -> None:
    place = [column.attribute for column in TABLES[USERS].columns].index("email")
    learner_mails.move(
        {changes.held[key].pk: values[place] for key, values in changes.changed.items()}
    )


def _attributes(table: Table, columns: list[Column], values: Values, keys: _Keys) -> dict[str, Any]:
    return {
        column.attribute: _resolved(column, value, keys)
        for column, value in zip(table.columns, values, strict=True)
        if column in columns
    }


def _resolved(column: Column, value: Any, keys: _Keys) -> Any:
    return keys[column.refers_to][value] if column.refers_to and value is not None else value


def _write_parents(source: str, table: Table, changes: Changes, own_keys: dict[str, int]) -> None:
    """What was put under a row of another source stays there, unless the roster tells a parent."""
    place = next(i for i, column in enumerate(table.columns) if column.refers_to == table.file)
    attribute = table.columns[place].attribute
    held = [own_keys[sourced_id] for sourced_id in changes.changed]
    put = dict(
        table.rows()
        .filter(pk__in=held)
        .exclude(**{f"{attribute.removesuffix('_id')}__source": source})
        .values_list("pk", attribute)
    )
    rows = []
    for sourced_id, values in (changes.new | changes.changed).items():
        pk, said = own_keys[sourced_id], values[place]
        parent = own_keys.get(said) if said else put.get(pk)
        rows.append(table.model(pk=pk, **{attribute: parent}))
    table.model._default_manager.bulk_update(rows, [attribute], batch_size=_BATCH)


def _retire(table: Table, changes: Changes, at: datetime) -> None:
    if changes.retired:
        pks = [changes.held[sourced_id].pk for sourced_id in changes.retired]
        table.rows().filter(pk__in=pks).update(**{table.gone: at})


def _write_results(source: str, table: Table, changes: Changes, keys: _Keys, at: datetime) -> None:
    def entry(sourced_id: str, values: Values) -> Entry:
        named = {
            column.attribute.removesuffix("_id"): _resolved(column, value, keys)
            for column, value in zip(table.columns, values, strict=True)
        }
        return Entry(source=source, sourced_id=sourced_id, **named)

    entries = [entry(*item) for item in (changes.new | changes.changed).items()]
    results.supersede(
        [changes.held[sourced_id].pk for sourced_id in changes.changed],
        new=entries,
        at=at,
    )
    results.withdraw([changes.held[sourced_id].pk for sourced_id in changes.retired], at=at)


def _write_links(
    through: type[models.Model],
    links: Links,
    keys: dict[str, int],
    left: str,
    right: str,
) -> None:
    rows = through._default_manager
    rows.bulk_create(
        [through(**{f"{left}_id": keys[key], f"{right}_id": other}) for key, other in links.new],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    for key, other in links.retired:
        rows.filter(**{left: keys[key], right: other}).delete()
