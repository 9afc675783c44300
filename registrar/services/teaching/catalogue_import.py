"""Read a catalogue from Edu-API's JSON or a sheet of courses into a plan, look at it, apply it."""

from io import BufferedReader, BytesIO
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from issuer.services import ledger
from registrar.errors import ImportRefused, PlanOutdated
from registrar.models import (
    LearningOpportunity,
    ProgrammeCourse,
    Term,
)
from registrar.readers import courses_csv, edu_api
from registrar.readers.catalogue import Kind
from registrar.services.college import people, roles, sources, terms
from registrar.services.teaching import catalog, catalogue_plan
from registrar.services.teaching.catalogue_plan import TABLES, Change, Key, Plan

PERMISSION: Final = "registrar.import_roster"
MOST_BYTES: Final = 20 << 20
_LONGEST_SOURCE: Final = 100
_BRACE: Final = b"{"


def plan(data: bytes, *, source: str, since: Term | None = None) -> Plan:
    """Compare: what the catalogue would change. Outcomes and programmes change from the term on.

    Raises ImportRefused for a name under which no source is kept, and for far too much.
    """
    if not source.strip() or source == people.OWN or len(source) > _LONGEST_SOURCE:
        raise ImportRefused(
            f"“{source[:64]}” cannot be the name of a source. Give another name for it."
        )
    if len(data) > MOST_BYTES:
        raise ImportRefused(f"The file has more than {MOST_BYTES >> 20} MiB. Split it.")
    is_json = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (_BRACE, b"[")
    reading = edu_api.read(data) if is_json else courses_csv.read(BufferedReader(BytesIO(data)))
    return catalogue_plan.compare(reading, source=source, since=since)


@transaction.atomic
def apply(
    data: bytes, *, source: str, fingerprint: str, by: User | None, since: Term | None = None
) -> Plan:
    """Make the changes of the plan of that fingerprint, all or none.

    Raises PlanOutdated if this is no longer what would change, ImportRefused for what cannot be
    read, NotAllowed. Without `by` it is a command on the server.
    """
    if by is not None:
        roles.demand_for_all(by, PERMISSION)
    sources.hold(source)
    sources.hold_trees()
    planned = plan(data, source=source, since=since)
    if planned.is_fatal:
        raise ImportRefused(planned.problems[0].reason)
    if planned.fingerprint != fingerprint:
        raise PlanOutdated("This is not what you looked at. Look again at what will change.")
    for change in planned.changes:
        _write(change, source)
    for change in planned.changes:
        _join(change, source, since)
        _record(change, source, since, by)
    if planned.changes:
        details: dict[str, Any] = {kind: dict(each) for kind, each in planned.counts.items()}
        ledger.append("catalogue.imported", f"source:{source}", by=by or "system", details=details)
    return planned


def _write(change: Change, source: str) -> None:
    table = TABLES[change.kind]
    rows: Any = table.model._default_manager
    if change.is_retired:
        rows.filter(pk=change.pk, retired_at=None).update(retired_at=timezone.now())
        return
    values = {
        name: _find(table.refers[name], value) if name in table.refers and value else value
        for name, value in change.values.items()
    }
    if change.pk is not None:
        if values:
            rows.filter(pk=change.pk).update(**values)
        return
    kind = {"kind": LearningOpportunity.Kind.COURSE} if change.kind == "course" else {}
    rows.create(source=source, sourced_id=change.sourced_id, **kind, **values)


def _find(kind: Kind, key: Key) -> Any:
    source, sourced_id = key
    return TABLES[kind].model._default_manager.get(source=source, sourced_id=sourced_id)


def _course(change: Change, source: str) -> LearningOpportunity:
    """The course that was changed, or has been made by now."""
    if change.pk is not None:
        return LearningOpportunity.objects.get(pk=change.pk)
    return LearningOpportunity.objects.get(source=source, sourced_id=change.sourced_id)


def _join(change: Change, source: str, since: Term | None) -> None:
    if change.joins:
        course = _course(change, source)
        ProgrammeCourse.objects.bulk_create(
            ProgrammeCourse(
                programme=_find("programme", (source, programme)),
                opportunity=course,
                holds_from=terms.begins(since),
            )
            for programme in change.joins
        )


def _record(change: Change, source: str, since: Term | None, by: User | None) -> None:
    if change.outcomes:
        course = _course(change, source)
        catalog.record_outcomes(course, change.outcomes, by=by, term=since)
