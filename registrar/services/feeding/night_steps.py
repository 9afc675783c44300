"""The steps of a night: what each does and counts, what it refuses, what holds it for a person."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.models import User

from issuer.errors import Refusal
from issuer.models import Batch
from issuer.services import clock
from registrar.models import Feed, NightStep, Pull, Revision, RosterImport
from registrar.services.awarding import awards
from registrar.services.awarding.awards import Evaluation
from registrar.services.awarding.reminders import Reminded
from registrar.services.college import roles
from registrar.services.feeding import feeds, rosters

State = NightStep.State
# A daily roster that is read a little later than yesterday's is not late.
A_DAY: Final = timedelta(hours=26)
# So much of what a step refuses is told.
SHOWN: Final = 20
# What the reader calls a file that ends within a row.
CUT_OFF: Final = "cut_off"
UNFORESEEN: Final = "It broke in an unforeseen way."
SEE_THE_LOG: Final = "See the log of the worker."
_TOTALS: Final = ("new", "changed", "retired", "unchanged", "errors")

Refused = dict[str, str]


@dataclass(slots=True)
class Took:
    """What a step did; it becomes a NightStep."""

    counts: dict[str, int] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    state: str = State.DONE
    path: str = ""
    roster: RosterImport | None = None
    batch: Batch | None = None
    is_unsettled: bool = False

    def as_step(self, name: str, about: str, began_at: datetime) -> NightStep:
        """The step, unsaved and of no night yet, that has ended now."""
        return NightStep(
            name=name,
            about=about,
            state=self.state,
            counts=self.counts,
            refused=self.refused,
            path=self.path,
            roster=self.roster,
            batch=self.batch,
            began_at=began_at,
            ended_at=clock.now(),
        )


def _ask(feed: Feed) -> str:
    return f"Ask who runs {feed.source or feed.name}."


def feeds_now() -> list[Feed]:
    """The feeds that a night looks at."""
    return list(Feed.objects.filter(retired_at=None).exclude(kind=Feed.Kind.API))


def look_into_folder(feed: Feed) -> Took:
    """The newest whole roster of the feed's folder, unless it was read before."""
    dropped = feeds.newest(feed)
    if dropped is not None and dropped.read_at is None:
        if not dropped.is_settled:
            reason = f"{dropped.path.name} is still being written to."
            refused = [refusal(reason, _ask(feed))]
            return Took({"files": 0}, refused, State.HELD, is_unsettled=True)
        return Took({"files": 1}, path=str(dropped.path))
    if dropped is None or dropped.read_at is None:
        return _missed(feed, None)
    # The same roster dropped again has come, too.
    return _missed(feed, max(dropped.read_at, dropped.came_at))


def pulled(feed: Feed, pull: Pull) -> Took | None:
    """What came of the pull; None while it goes on."""
    if pull.state == Pull.State.RUNNING:
        return None
    if pull.state == Pull.State.DONE and (pull.stored_at or feed.kind != Feed.Kind.SFTP):
        return Took(pull.rows, path=pull.stored_at)
    if pull.state == Pull.State.DONE:
        written_at = pull.position.get("written_at")
        return _missed(feed, datetime.fromtimestamp(written_at, UTC) if written_at else None)
    come = sum(pull.rows.values())
    fix = _ask(feed)
    if come:
        fix += (
            f" The {come:,} rows that have come are kept for a day: the next night goes on there."
        )
    return Took(pull.rows, [refusal(pull.error, fix)], State.FAILED)


def missing(feed: Feed, error: Refusal) -> Took:
    """A server that refuses, or says nothing."""
    return Took(refused=[refusal(str(error), _ask(feed))], state=State.FAILED)


def _missed(feed: Feed, came_at: datetime | None) -> Took:
    """Nothing new is there: held where something should have come by now."""
    is_of_today = came_at is not None and came_at > clock.now() - A_DAY
    if is_of_today or not feed.is_expected_daily:
        return Took({"files": 0})
    reason = "No new roster has come." if came_at else "No roster has come yet."
    fix = f"Ask who runs {feed.source or feed.name}; or say that none is expected every day."
    return Took({"files": 0}, [refusal(reason, fix)], State.HELD)


def plan(feed: Feed, path: Path) -> Took:
    """Read what was fetched and compare it; held where a brake says so."""
    return compared(feed, rosters.read(path, by=None, **how_to_read(feed)))


def how_to_read(feed: Feed) -> dict[str, Any]:
    """What is agreed about the feed's rosters."""
    return {"source": feed.source or None, "lists_all": feed.lists_all}


def compared(feed: Feed, roster: RosterImport) -> Took:
    """What a roster would change, is refused of it, and whether a brake holds it."""
    counts = _totals(roster.plan)
    refused = list(islice(_by_kind(roster), SHOWN))
    if roster.state == RosterImport.State.REFUSED:
        return Took(counts, refused, State.FAILED, roster=roster)
    braked = list(_brakes(feed, roster))
    state = State.HELD if braked else State.DONE
    return Took(counts, [*braked, *refused], state, roster=roster)


def _by_kind(roster: RosterImport) -> Iterator[Refused]:
    """The first problem of each kind, and how many more rows or files have it."""
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for problem in roster.problems:
        if problem["severity"] != "warning" and problem["code"] != CUT_OFF:
            where = problem["file"] if problem["row"] else problem["reason"]
            kinds.setdefault((problem["code"], where), []).append(problem)
    for first, *others in kinds.values():
        place = f"{first['file']}, row {first['row']}" if first["row"] else first["file"]
        what = ("row", "rows") if first["row"] else ("file", "files")
        more = f" So it is with {len(others):,} more {what[len(others) > 1]}." if others else ""
        yield refusal(f"{place}: {first['reason']}{more}", first["fix"])


def apply(roster: RosterImport) -> Took:
    """Make the changes that were planned."""
    applied = rosters.apply(roster, by=None)
    return applies(applied)


def applies(roster: RosterImport) -> Took:
    """The changes of a roster."""
    return Took(_totals(roster.plan), roster=roster)


def award(revision: Revision) -> Took:
    """Award everyone who has newly earned it, as a batch that needs nobody: the rule was approved.

    Whoever no longer meets the rule is counted; to withdraw an award is for a person.
    """
    evaluation = awards.evaluate(revision, at=clock.now())
    batch = awards.prepare_automatically(evaluation)
    return Took(evaluated(evaluation), batch=batch)


def evaluated(evaluation: Evaluation) -> dict[str, int]:
    """Whom a rule awards, has awarded, has proposed for approval, and would not award any more."""
    return {
        "learners": evaluation.learners,
        "new": len(evaluation.awards),
        "already": len(evaluation.granted),
        "waiting": len(evaluation.waiting),
        "lapsed": len(evaluation.lapsed),
    }


def reminded(did: Reminded) -> dict[str, int]:
    """Of whom a credential ends soon, and who is told."""
    return {"expiring": did.expiring, "mails": did.mails, "no address": did.no_address}


def automatic() -> list[Revision]:
    """The revisions that award by themselves."""
    approved = Revision.objects.filter(
        state=Revision.State.APPROVED, awarding=Revision.Awarding.AUTOMATIC, rule__isnull=False
    )
    return list(approved.select_related("template").order_by("template__slug"))


def readers() -> list[User]:
    """Who can act where a night needs somebody, and has an address."""
    found = User.objects.filter(is_active=True).exclude(email="").order_by("pk")
    return [person for person in found if roles.may_for_all(person, feeds.RIGHT)]


def _brakes(feed: Feed, roster: RosterImport) -> Iterable[Refused]:
    """Why a roster is not applied without a person: too much is wrong, or would be retired."""
    totals = _totals(roster.plan)
    rows = sum(totals.values()) - totals["retired"]
    fix = "Look at the roster, and apply it at the desk if it is right."
    if totals["errors"] * 100 > feed.most_wrong * rows:
        share = 100 * totals["errors"] / rows
        reason = f"{totals['errors']:,} of {rows:,} rows are wrong ({share:.1f} %)."
        yield _brake(f"{reason} At most {feed.most_wrong} % may be.", fix)
    for problem in roster.problems:
        if problem["code"] == CUT_OFF:
            reason = f"{problem['file']} ends within row {problem['row']}: it was cut off."
            yield _brake(reason, "Have it sent again; or apply it at the desk if it is right.")
    for file, counts in roster.plan.items():
        held = counts["unchanged"] + counts["changed"] + counts["retired"]
        # Few rows are in a delta, and it may well be that all of them are gone.
        held = max(held, roster.living.get(file, 0))
        if counts["retired"] * 100 > feed.most_retired * held:
            share = 100 * counts["retired"] / held
            reason = f"{file}: {counts['retired']:,} of {held:,} would be retired ({share:.0f} %)."
            yield _brake(f"{reason} At most {feed.most_retired} % may be.", fix)


def _brake(reason: str, fix: str) -> Refused:
    return refusal(reason, fix) | {"kind": "brake"}


def _totals(plan: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(counts[name] for counts in plan.values()) for name in _TOTALS}


def refusal(reason: str, fix: str) -> Refused:
    """What a step refuses, and what to do."""
    return {"reason": reason, "fix": fix}
