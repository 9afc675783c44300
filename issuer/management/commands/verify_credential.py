"""Verify whatever holds a credential, ours or anybody's; one, or as many as there are."""

import argparse
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import CommandError, CommandParser

from issuer.management import credential_files
from issuer.management.credential_files import STANDARD_INPUT
from issuer.management.outcomes import OutcomeCommand, content_of
from issuer.services import crew, verification
from issuer.vc.verification.inspection import Inspection
from issuer.vc.verification.verify import Outcome, Verdict

_NOT_READ: dict[str, Any] = {"verdict": Verdict.UNKNOWN, "checks": [], "contains": []}
# Seconds between two lines of progress on a terminal.
_PACE = 0.5


class Command(OutcomeCommand):
    """Prints every check of a credential and of all inside of it, and what they amount to.

    Of many it prints a line each, and at the end how many there are of each kind.
    """

    help = (
        "Verify the credential in a file: JSON, a token, a presentation, or a PNG or SVG that "
        "holds one; or all credentials in several files, in folders, in .zip archives and on the "
        "lines of .ndjson and .jsonl files. Of one, ends with status 1 unless it is valid, and so "
        "is all that is inside of it; with --json the verdict stands in the outcome. Of many, "
        "ends with 0 when all are valid, 1 when one is invalid, else 2; with --json there is a "
        "line for each, and the last one counts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, help="a file; - for standard input")
        parser.add_argument(
            "--person",
            default="",
            help="check too that it is about this person: an e-mail address, name, number or id",
        )
        parser.add_argument(
            "--lines", action="store_true", help="each line of the files holds one credential"
        )
        parser.add_argument(
            "--jobs",
            type=_number_of_jobs,
            default=crew.cores(),
            metavar="N",
            help="processes that verify at the same time; as many as there are cores",
        )
        super().add_arguments(parser)

    def carry_out(self, **options: Any) -> None:
        files: list[Path] = options["files"]
        if len(files) > 1 or options["lines"] or credential_files.holds_many(files[0]):
            self._verify_many(**options)
        else:
            self._verify_one(files[0], **options)

    def failure(self, reason: str, **options: Any) -> dict[str, Any]:
        return {**_NOT_READ, "error": reason}

    def _verify_one(self, file: Path, **options: Any) -> None:
        found = verification.verify(_content(file), person=options["person"])
        if options["json"]:
            self.tell(_as_json(found))
            return
        for line in _lines(found):
            self.stdout.write(line)
        self.stdout.write(found.verdict)
        if found.verdict is not Verdict.VALID:
            raise CommandError("The credential is not shown to be valid.")

    def _verify_many(self, **options: Any) -> None:
        counted: Counter[Verdict] = Counter()
        progress = _Progress(self)
        for name, found in _verified(**options):
            counted[found.verdict] += 1
            if options["json"]:
                self.tell({"file": name, **found.members})
            else:
                self.stdout.write(f"{found.verdict:<8} {name}{found.reason}")
            progress.show(counted.total())
        progress.close()
        if not counted:
            raise CommandError("There is no credential to verify.")
        self._sum_up(counted, **options)

    def _sum_up(self, counted: Counter[Verdict], **options: Any) -> None:
        worst = next(verdict for verdict in _FROM_WORST if counted[verdict])
        if options["json"]:
            numbers = {str(verdict): counted[verdict] for verdict in Verdict}
            self.tell({"verdict": worst, "verified": counted.total(), **numbers})
        else:
            self.stdout.write(", ".join(f"{counted[verdict]:,} {verdict}" for verdict in Verdict))
        if worst is not Verdict.VALID:
            raise CommandError(
                f"{counted.total() - counted[Verdict.VALID]:,} of {counted.total():,} are not "
                "shown to be valid.",
                returncode=1 if worst is Verdict.INVALID else 2,
            )


class _Found(NamedTuple):
    """What is printed of one of many: in a line, or as the members of an object."""

    verdict: Verdict
    reason: str
    members: dict[str, Any]


_FROM_WORST = (Verdict.INVALID, Verdict.UNKNOWN, Verdict.VALID)


class _Progress:
    """One line on a terminal that tells how far it is; nothing elsewhere."""

    def __init__(self, command: Command) -> None:
        self._stream = command.stderr
        self._is_shown = command.stderr.isatty() and not command.stdout.isatty()
        self._began = self._told = time.monotonic()

    def show(self, done: int) -> None:
        now = time.monotonic()
        if self._is_shown and now - self._told >= _PACE:
            self._told = now
            rate = done / (now - self._began)
            self._stream.write(f"\r{done:,} verified, {rate:,.0f} a second", ending="")

    def close(self) -> None:
        if self._told > self._began:
            self._stream.write("")


def _verified(**options: Any) -> Iterator[tuple[str, _Found]]:
    """Yield each thing's name with what was found, or why it could not be read, in their order."""
    waiting: deque[tuple[str, str]] = deque()

    def contents() -> Iterator[bytes]:
        for name, content in credential_files.each(options["files"], lines=options["lines"]):
            if isinstance(content, bytes):
                waiting.append((name, ""))
                yield content
            else:
                waiting.append((name, content))

    inspected = verification.verify_all(
        contents(),
        person=options["person"],
        jobs=options["jobs"],
        tell=partial(_found, as_json=options["json"]),
    )
    for found in inspected:
        while waiting[0][1]:
            yield _not_read(*waiting.popleft())
        yield waiting.popleft()[0], found
    for name, reason in waiting:
        yield _not_read(name, reason)


def _found(inspected: Inspection, *, as_json: bool) -> _Found:
    if as_json:
        return _Found(inspected.verdict, "", _as_json(inspected))
    return _Found(inspected.verdict, _reason(inspected), {})


def _not_read(name: str, why: str) -> tuple[str, _Found]:
    return name, _Found(Verdict.UNKNOWN, f": {why}", {**_NOT_READ, "error": why})


def _number_of_jobs(text: str) -> int:
    try:
        jobs = int(text)
    except ValueError:
        jobs = 0
    if not 1 <= jobs <= 256:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 to 256")
    return jobs


def _content(file: Path) -> bytes:
    return sys.stdin.buffer.read() if file == STANDARD_INPUT else content_of(file)


def _reason(found: Inspection) -> str:
    """The first thing that is wrong, also inside of it; nothing for what is valid."""
    wrong = [check for check in found.checks if check.outcome is not Outcome.PASSED]
    wrong.sort(key=lambda check: check.outcome is not Outcome.FAILED)
    if wrong:
        return f": {wrong[0].id}: {wrong[0].detail}"
    return next((f" {each.place}{_reason(each)}" for each in found.contains if _reason(each)), "")


def _as_json(found: Inspection) -> dict[str, Any]:
    return {
        "verdict": found.verdict,
        "kind": found.thing,
        "wrappings": found.wrappings,
        "issuer": found.issuer_id,
        "checks": [
            {"id": check.id, "outcome": check.outcome, "detail": check.detail}
            for check in found.checks
        ],
        "remarks": found.remarks,
        "contains": [{"place": inner.place, **_as_json(inner)} for inner in found.contains],
    }


def _lines(found: Inspection, indent: str = "") -> Iterator[str]:
    for check in found.checks:
        yield f"{indent}{check.outcome:<16} {check.id:<10} {check.detail}"
    for remark in found.remarks:
        yield f"{indent}{'remark':<16} {'':<10} {remark}"
    for inner in found.contains:
        yield f"{indent}{inner.place}: {inner.thing}, {inner.verdict}"
        yield from _lines(inner, f"{indent}    ")
