"""Record results, correct them, take note of those that their source took back."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from issuer.errors import ReasonMissing, WrongState
from issuer.services import ledger
from registrar.models import Result
from registrar.services.college import roles, sources

# OneRoster 1.2, scoreStatus: whatever else there is has not been graded, or not to the end.
GRADED = "fully graded"

_PLACES = Decimal("0.001")
_BATCH = 2_000
# What an entry, a result, and a row that tells of one have under the same name.
WORK = (
    "status",
    "score",
    "text",
    "level",
    "possible",
    "assessor",
    "assessment",
    "dated",
    "withdrawn",
)
_SAME = ("source", "sourced_id", *WORK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a source says of a learner's work; line item, learner and outcome by their ids."""

    source: str
    sourced_id: str
    line_item: int
    learner: int
    status: str
    outcome: int | None = None
    score: Decimal | None = None
    text: str = ""
    level: str = ""
    possible: Decimal | None = None
    assessor: str = ""
    assessment: str = ""
    marked_by: int | None = None
    dated: date | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many entries were new, how many superseded an older one, how many said nothing new."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """What entries would change: the new ones, those that supersede a result by its id."""

    new: tuple[Entry, ...]
    changed: Mapping[int, Entry]
    unchanged: int

    @property
    def counts(self) -> Recorded:
        """How many there are of each."""
        return Recorded(len(self.new), len(self.changed), self.unchanged)

    @property
    def says_anything(self) -> bool:
        """Whether any result would change."""
        return bool(self.new or self.changed)


def cut(score: Decimal | None) -> Decimal | None:
    """The score as it is kept: three decimals, never rounded up, for it may miss a pass mark."""
    return None if score is None else score.quantize(_PLACES, rounding=ROUND_FLOOR)


@transaction.atomic
def record(entries: Iterable[Entry], *, by: User | None, at: datetime | None = None) -> Recorded:
    """Keep what was achieved. An entry that differs from the current one supersedes it.

    Entries are told apart by source, sourced id, and whether they speak of a single outcome; of
    two that are the same in these the later one holds. To record the same again changes nothing.
    Without `by` it is the system.
    """
    if by is not None:
        roles.demand(by, "registrar.import_roster")
    entries = list(entries)
    origins = sorted({entry.source for entry in entries})
    for source in origins:
        sources.hold(source)
    compared = compare(entries)
    keep(compared, at=at or timezone.now())
    if compared.says_anything:
        subject = "source:" + ",".join(origins)
        details = asdict(compared.counts)
        ledger.append("result.recorded", subject, by=by or "system", details=details)
    return compared.counts


def compare(entries: Iterable[Entry]) -> Compared:
    """Tell what recording these entries would change. Writes nothing."""
    wanted = {_key(entry): _as_kept(entry) for entry in entries}
    held = _current(wanted.values())
    changed = {
        held[key].pk: entry
        for key, entry in wanted.items()
        if key in held and as_entry(held[key]) != entry
    }
    new = tuple(entry for key, entry in wanted.items() if key not in held)
    return Compared(new, changed, len(wanted) - len(new) - len(changed))


def keep(compared: Compared, *, at: datetime) -> list[Result]:
    """Write what was compared. For services that have asked who may, and hold the source."""
    return supersede(compared.changed, new=[*compared.new, *compared.changed.values()], at=at)


@transaction.atomic
def correct(
    result: Result,
    *,
    by: User,
    reason: str,
    status: str | None = None,
    score: Decimal | None = None,
    text: str | None = None,
    dated: date | None = None,
) -> Result:
    """Supersede a result by one that differs in what is given, and return that.

    Raises ReasonMissing, and WrongState if the result has been superseded already.
    """
    roles.demand(by, "registrar.import_roster", unit=result.line_item.offering.opportunity.unit)
    if not reason.strip():
        raise ReasonMissing
    given: dict[str, Any] = {"status": status, "score": score, "text": text, "dated": dated}
    entry = replace(
        as_entry(result),
        **{name: value for name, value in given.items() if value is not None},
    )
    sources.hold(result.source)
    (corrected,) = supersede([result.pk], new=[entry], at=timezone.now())
    details = {"superseded": result.pk}
    ledger.append("result.corrected", corrected, by=by, reason=reason, details=details)
    return corrected


def supersede(pks: Collection[int], *, new: Iterable[Entry], at: datetime) -> list[Result]:
    """Insert the new entries as current results, and let go of those that they supersede.

    For services that have compared already and hold the source. Raises WrongState if one of the
    superseded is no longer current.
    """
    current = Result.objects.filter(pk__in=pks, superseded_at=None)
    if current.update(superseded_at=at) != len(pks):
        raise WrongState
    return Result.objects.bulk_create(map(_as_row, new), batch_size=_BATCH)


def withdraw(pks: Collection[int], *, at: datetime) -> list[Result]:
    """Supersede results by rows that say that their source took them back.

    For services that have compared already and hold the source. Raises WrongState as
    `supersede` does.
    """
    taken_back = [
        replace(as_entry(row), withdrawn=True) for row in Result.objects.filter(pk__in=pks)
    ]
    return supersede(pks, new=taken_back, at=at)


_Key = tuple[str, str, bool]


def _key(entry: Entry) -> _Key:
    return entry.source, entry.sourced_id, entry.outcome is not None


def _current(entries: Collection[Entry]) -> dict[_Key, Result]:
    rows = Result.objects.filter(
        superseded_at=None,
        source__in={entry.source for entry in entries},
        sourced_id__in={entry.sourced_id for entry in entries},
    )
    return {(row.source, row.sourced_id, row.outcome_id is not None): row for row in rows}


def as_entry(row: Result) -> Entry:
    """What the result says, to be recorded again with something changed."""
    return Entry(
        line_item=row.line_item_id,
        learner=row.learner_id,
        outcome=row.outcome_id,
        marked_by=row.marked_by_id,
        **{name: getattr(row, name) for name in _SAME},
    )


def _as_kept(entry: Entry) -> Entry:
    return replace(entry, score=cut(entry.score), possible=cut(entry.possible))


def _as_row(entry: Entry) -> Result:
    entry = _as_kept(entry)
    return Result(
        line_item_id=entry.line_item,
        learner_id=entry.learner,
        outcome_id=entry.outcome,
        marked_by_id=entry.marked_by,
        **{name: getattr(entry, name) for name in _SAME},
    )
