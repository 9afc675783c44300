"""Run a night now: fetch, compare, apply, award and issue what was approved for it."""

import time
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from issuer.errors import Refusal
from issuer.management.outcomes import OutcomeCommand
from issuer.services import batches
from registrar import tasks
from registrar.models import NightRun, NightStep
from registrar.services.feeding import night_rehearsals, nights

# Seconds without any progress after which it is left to the clock.
PATIENCE = 60


class Command(OutcomeCommand):
    """Safe to run again: what was read, awarded and issued is not read, awarded, issued twice."""

    help = (
        "Run a night now: fetch what the feeds have, compare, apply, evaluate and award by "
        "templates that award by themselves, issue, and tell who must act. A night that was broken "
        "off goes on where it stopped. It needs workers to issue, as ./dev up starts them. With "
        "--dry-run it asks the feeds, compares, and evaluates as if that were applied, and tells "
        "per step what would be done, refused, and held up for a person; all of it is undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which night, and whether only to look."""
        parser.add_argument(
            "--date", type=_day, default=None, help="whose night, YYYY-MM-DD; today if not given"
        )
        parser.add_argument("--dry-run", action="store_true", help="change nothing, tell nobody")
        super().add_arguments(parser)

    def carry_out(self, **options: Any) -> None:
        """Carry on until the night is done, or nothing moves any more."""
        day = options["date"] or timezone.localdate()
        try:
            if options["dry_run"]:
                self._introduce(day)
                steps = night_rehearsals.rehearse()
            else:
                steps = list(self._carry_on(nights.begin(day)).steps.all())
        except Refusal as error:
            raise CommandError(str(error)) from error
        self._print(steps)
        if options["json"]:
            self.tell(_as_json(steps))
        if options["dry_run"]:
            self.stderr.write("Nothing was written: it was a dry run.")

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        refused = [{"step": "", "about": "", "reason": reason, "fix": "Put it right, run again."}]
        return {"steps": [], "refused": refused, "issued": 0}

    def _carry_on(self, run: NightRun) -> NightRun:
        before, since = None, time.monotonic()
        while tasks.carry_on(run).state == NightRun.State.RUNNING:
            now = [
                [batches.progress(batch).signed for batch in nights.being_issued(run)],
                list(run.pulls.values_list("position", "failures")),
            ]
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                self.stderr.write(
                    "Nothing is being issued: no worker is running. The night goes on when one is."
                )
                break
            time.sleep(1)
        return run

    def _introduce(self, day: date) -> None:
        self.stderr.write(f"What the night of {day} would do if it began now:")
        if run := nights.unfinished():
            self.stderr.write(f"{run} is running: it would go on first, with what is left of it.")

    def _print(self, steps: Iterable[NightStep]) -> None:
        for step in steps:
            head = f"{step!s:<40} {step.state:<7} {step.seconds:>7.1f} s"
            self.stdout.write(f"{head}  {_listed(step.counted)}")
            for file, counted in _by_file(step).items():
                self.stdout.write(f"    {file:<36} {_listed(counted)}")
            for refused in step.refused:
                self.stdout.write(f"    {refused['reason']} {refused['fix']}")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _by_file(step: NightStep) -> dict[str, dict[str, int]]:
    """Of a roster that was compared, what changes in each file; unchanged ones are left out."""
    if step.name != NightStep.Name.PLAN or step.roster is None:
        return {}
    counted = {
        file: {name: count for name, count in counts.items() if count and name != "unchanged"}
        for file, counts in step.roster.plan.items()
    }
    return {file: counts for file, counts in counted.items() if counts}


def _as_json(steps: Iterable[NightStep]) -> dict[str, Any]:
    told = list(steps)
    return {
        "steps": [
            {
                "name": step.name,
                "about": step.about,
                "state": step.state,
                "counts": step.counts,
                "files": _by_file(step),
                "seconds": round(step.seconds, 3),
            }
            for step in told
        ],
        "refused": [
            {"step": step.name, "about": step.about, **refused}
            for step in told
            for refused in step.refused
        ],
        "issued": sum(step.counts.get("issued", 0) for step in told),
    }


def _day(text: str) -> date:
    return date.fromisoformat(text)
