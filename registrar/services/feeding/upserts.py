"""Add and change rows that a system sends; every row is told what became of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from issuer.services import ledger
from issuer.services.clients import Client
from registrar.errors import NoSource
from registrar.readers.row_members import MEMBERS
from registrar.readers.rows import Given
from registrar.services.awarding import award_file_plan
from registrar.services.college import api_clients, people, sources
from registrar.services.feeding import upsert_outcomes, upsert_results, upsert_rows, upsert_tables
from registrar.services.feeding.upsert_rows import (
    CREATED,
    DUPLICATE,
    UNCHANGED,
    UPDATED,
    Doubles,
    Row,
)
from registrar.services.learners import same_people
from registrar.services.marking import confirmations

LONGEST_SOURCE: Final = sources.LONGEST
# Names under which the college itself keeps what came from nowhere else.
OURS: Final = frozenset({people.OWN, award_file_plan.SOURCE, confirmations.SOURCE})


def demand_source(source: str, *, by: Client) -> str:
    """The name of the system that rows come from.

    Raises NoSource for what cannot be one, and SourceNotAllowed where the client may not send rows
    as that one.
    """
    if source.casefold() in OURS:
        raise NoSource
    sources.demand_name(source)
    api_clients.demand_source(by, source)
    return source


@transaction.atomic
def apply(
    kind: str,
    given: Iterable[Given],
    *,
    source: str,
    by: Client,
    is_text: bool = False,
    doubles: Doubles | None = None,
    at: datetime | None = None,
) -> list[Row]:
    """Write the rows that are right; those that are wrong say what, and change nothing.

    A row is known by its source and its key. What it leaves out stays as it is. The same rows
    again change nothing. Of rows with one key that differ none is written. `doubles` are those of
    all that was sent, where this is a part of it. Raises SourceNotAllowed.
    """
    api_clients.demand_source(by, source)
    at = at or timezone.now()
    rows = upsert_rows.read(kind, given, is_text=is_text, doubles=doubles)
    by_index = {row.index: row for row in rows}
    sources.hold(source)
    if kind == "learners":
        same_people.hold(source)
    written = [row for row in rows if row.key and row.first not in by_index]
    _write(kind, [row for row in written if not _is_refused_as_double(row)], source, by, at)
    for row in rows:
        if row.first is not None:
            _tell_repeated(row, by_index.get(row.first), MEMBERS[kind][0].name)
    counted = Counter(row.status for row in rows)
    if counted[CREATED] or counted[UPDATED]:
        details = {"kind": kind, **{name: counted[name] for name in upsert_rows.STATUSES}}
        ledger.append("rows.sent", f"source:{source}", by=by, details=details)
    return rows


def _is_refused_as_double(row: Row) -> bool:
    return any(flaw.code == DUPLICATE for flaw in row.flaws)


def _tell_repeated(row: Row, first: Row | None, key: str) -> None:
    """A row that says what one before says counts once, and is as wrong as that one."""
    if first is not None:
        row.flaws = row.flaws or first.flaws
        row.done = UNCHANGED
    if not row.flaws:
        row.note(key, DUPLICATE, f"Row {row.first} says the same; it counts once.", "Send it once.")


def _write(kind: str, rows: Sequence[Row], source: str, by: Client, at: datetime) -> None:
    if kind == "results":
        upsert_results.apply(rows, source=source, at=at)
    elif kind == "outcomes":
        upsert_outcomes.apply(rows, source=source, by=by)
    else:
        upsert_tables.apply(kind, rows, source=source, at=at)
