"""Read results for single outcomes into a plan, look at it, apply it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from issuer.errors import WrongState
from issuer.services import events, ledger
from registrar.errors import ImportRefused, PlanOutdated
from registrar.models import LineItem, Offering, ResultImport
from registrar.readers import outcome_results
from registrar.readers.outcome_results import Reading, ResultColumns
from registrar.services.college import event_types, people, roles, sources, uploads
from registrar.services.marking import result_plan, results
from registrar.services.marking.marks import CATEGORY
from registrar.services.marking.result_plan import Plan
from registrar.services.marking.results import Entry

State = ResultImport.State

PERMISSION: Final = "registrar.import_roster"
# Where results come from that do not say so.
SOURCES: Final[Mapping[str, str]] = {"canvas": "Canvas outcomes", "sheet": "Sheet of results"}
_LONGEST_SOURCE: Final = 100


def plan(
    path: Path, *, file: str = "", source: str = "", columns: ResultColumns | None = None
) -> Plan:
    """Read the results at the path and compare them with what is held. Writes nothing.

    Of a sheet that is not Canvas's, `columns` says what the columns hold; where nobody says so, it
    is what was said of a sheet with the same header. Raises ImportRefused for a file that is not
    there, and for the name of a source that is another's.
    """
    data = _content(path)
    reading = outcome_results.read(data, file=file or path.name, columns=columns)
    if reading.columns is None and (known := remembered(reading.header)):
        reading = outcome_results.read(data, file=file or path.name, columns=known)
    return result_plan.compare(reading, source=_checked(source or SOURCES[reading.format]))


def remembered(header: Sequence[str]) -> ResultColumns | None:
    """What somebody said last of a sheet with these columns, and applied."""
    applied = ResultImport.objects.filter(header=list(header), state=State.APPLIED)
    last = applied.exclude(columns={}).order_by("-applied_at").first() if header else None
    return ResultColumns.from_dict(last.columns) if last else None


def suggested(result_import: ResultImport) -> tuple[Reading, ResultColumns]:
    """The sheet as it stands, and a guess at what its columns hold."""
    reading = outcome_results.read(_content(Path(result_import.stored_at)))
    return reading, outcome_results.suggest(reading.header)


def read(
    path: Path,
    *,
    by: User | None,
    file_name: str = "",
    source: str = "",
    columns: ResultColumns | None = None,
) -> ResultImport:
    """Read the results at the path and keep what they would change, for somebody to look at.

    The file must stay at the path until the plan is applied. Raises what `plan` raises; without
    `by` it is a command on the server.
    """
    if by is not None:
        roles.demand_for_all(by, PERMISSION)
    sha256 = uploads.digest(path)
    planned = plan(path, file=file_name, source=source, columns=columns)
    if planned.is_fatal:
        uploads.discard(path)
    return ResultImport.objects.create(
        file_name=file_name or path.name,
        sha256=sha256,
        stored_at=str(path.resolve()),
        read_by=by,
        **_planned(planned),
    )


def describe(
    result_import: ResultImport, columns: ResultColumns, *, by: User | None
) -> ResultImport:
    """Say what the columns of a sheet hold. It is planned anew; nothing changes yet.

    Raises ImportRefused where nothing can be read so, and WrongState for what waits no longer.
    """
    if by is not None:
        roles.demand_for_all(by, PERMISSION)
    path = Path(result_import.stored_at)
    planned = plan(path, file=result_import.file_name, columns=columns)
    if planned.is_fatal:
        fatal = next(each for each in planned.problems if each.severity == "fatal")
        raise ImportRefused(f"{fatal.reason} {fatal.fix}")
    waiting = ResultImport.objects.filter(pk=result_import.pk, state=State.PLANNED)
    if not waiting.update(**_planned(planned)):
        raise WrongState
    result_import.refresh_from_db()
    return result_import


@transaction.atomic
def apply(
    result_import: ResultImport, *, by: User | None, at: datetime | None = None
) -> ResultImport:
    """Keep the results as planned, all or none; what differs from before supersedes it.

    Results that the file does not name stay. Raises PlanOutdated if something else would come of it
    than was looked at, ImportRefused, and WrongState for a plan that waits no longer.
    """
    if by is not None:
        roles.demand_for_all(by, PERMISSION)
    if result_import.state == State.REFUSED or result_import.waits_for_columns:
        raise ImportRefused("Nobody has said yet what the columns hold.")
    at = at or timezone.now()
    claimed = ResultImport.objects.filter(pk=result_import.pk, state=State.PLANNED)
    if not claimed.update(state=State.APPLIED, applied_by=by, applied_at=at):
        raise WrongState
    sources.hold(result_import.source)
    path = Path(result_import.stored_at)
    if uploads.digest(path) != result_import.sha256:
        raise PlanOutdated("The file is not the one that was read. Read it again.")
    planned = plan(
        path,
        file=result_import.file_name,
        source=result_import.source,
        columns=_said(result_import),
    )
    if planned.fingerprint != result_import.fingerprint:
        raise PlanOutdated("Something has changed since this plan was made. Read the file again.")
    _write(planned, at)
    transaction.on_commit(partial(uploads.discard, path))
    result_import.refresh_from_db()
    events.tell(
        event_types.RESULTS_APPLIED, lambda: events.Thing(str(result_import.pk), "/api/v1/results")
    )
    details = {"source": result_import.source, "sha256": result_import.sha256}
    counts = asdict(planned.compared.counts)
    ledger.append("results.applied", result_import, by=by or "system", details=details | counts)
    return result_import


@transaction.atomic
def discard(result_import: ResultImport, *, by: User | None) -> ResultImport:
    """Put a plan aside for good and remove the upload. Raises WrongState if it waits no longer."""
    if by is not None:
        roles.demand_for_all(by, PERMISSION)
    uploads.put_aside(result_import, act="results.discarded", by=by)
    return result_import


def discard_late(*, at: datetime | None = None) -> int:
    """Discard the plans that nobody has applied in time; how many."""
    waiting = ResultImport.objects.filter(state=State.PLANNED)
    late = list(waiting.filter(read_at__lt=uploads.expiry(at=at)))
    for result_import in late:
        with suppress(WrongState):  # somebody has applied it meanwhile
            discard(result_import, by=None)
    return len(late)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise ImportRefused(f"There is no {path.name} that can be read.") from None


def _checked(source: str) -> str:
    """The name, unless it is the college's own or a roster's: theirs would be taken for ours."""
    is_taken = source == people.OWN or Offering.objects.filter(source=source).exists()
    if is_taken or len(source) > _LONGEST_SOURCE:
        raise ImportRefused(f"{source[:64]} names another source already. Choose another name.")
    return source


def _planned(planned: Plan) -> dict[str, object]:
    reading = planned.reading
    return {
        "state": State.REFUSED if planned.is_fatal else State.PLANNED,
        "source": planned.source,
        "header": list(reading.header),
        "columns": reading.columns.as_dict() if reading.columns else {},
        "plan": planned.counts,
        "fingerprint": planned.fingerprint,
        "problems": [asdict(problem) for problem in planned.problems],
        "problem_count": len(planned.problems),
    }


def _said(result_import: ResultImport) -> ResultColumns | None:
    """The columns as somebody said them; of Canvas's own file they are known by themselves."""
    if result_import.source == SOURCES["canvas"]:
        return None
    return ResultColumns.from_dict(result_import.columns)


def _write(planned: Plan, at: datetime) -> None:
    items = {item: item for item in planned.measured if item > 0}
    for stand_in, work in planned.works.items():
        made = LineItem.objects.create(
            source=planned.source,
            sourced_id=work.sourced_id,
            offering_id=work.offering,
            title=work.title,
            category=CATEGORY,
        )
        items[stand_in] = made.pk

    def kept(entry: Entry) -> Entry:
        return replace(entry, line_item=items[entry.line_item])

    compared = replace(
        planned.compared,
        new=tuple(map(kept, planned.compared.new)),
        changed={pk: kept(entry) for pk, entry in planned.compared.changed.items()},
    )
    results.keep(compared, at=at)
    through = LineItem.outcomes.through
    through.objects.bulk_create(
        [
            through(lineitem_id=items[item], learningoutcome_id=outcome)
            for item, outcomes in planned.measured.items()
            for outcome in outcomes
        ],
        ignore_conflicts=True,
    )
