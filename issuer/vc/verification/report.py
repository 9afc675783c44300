"""What a verification tells: named checks, each passed, failed, or one that could not be made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from issuer.vc.errors import UnknownContext, Unreachable, UnsupportedProof, VcError


class Outcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    COULD_NOT_CHECK = "could_not_check"


class Verdict(StrEnum):
    """What the checks amount to."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, how it ended, and a sentence that says why.

    Of the signature, `parts` are the embedded proofs, each for itself, and of the status its
    entries; `value` is what the list states of that one, None where it could not be read.
    `code` is that of the error that ended it, if it was one of ours.
    """

    id: str
    outcome: Outcome
    detail: str
    parts: tuple[Check, ...] = ()
    value: int | None = None
    code: str = ""


@dataclass(frozen=True)
class Report:
    """The checks of one document; of a credential structure, issuer, signature, dates, status."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """Invalid if a check failed, else unknown if one could not be made, else valid."""
        outcomes = {check.outcome for check in self.checks}
        if Outcome.FAILED in outcomes:
            return Verdict.INVALID
        return Verdict.VALID if outcomes == {Outcome.PASSED} else Verdict.UNKNOWN

    def check(self, id: str) -> Check:
        """Return the check of that name."""
        return next(check for check in self.checks if check.id == id)


@dataclass(frozen=True)
class PresentationReport:
    """The checks of a presentation, structure, holder and signature, and each credential's own."""

    presentation: Report
    credentials: tuple[Report, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all that was looked at."""
        reports = (self.presentation, *self.credentials)
        return Report(tuple(check for report in reports for check in report.checks)).verdict


class Failed(Exception):
    """Ends a check as failed."""


class CouldNotCheck(Exception):
    """Ends a check as one that could not be made."""


def unreadable(error: Exception) -> Report:
    """The report on what could not even be read as a credential, and why."""

    def look() -> str:
        raise error

    detail = "Not looked at, as it could not be read."
    skipped = ("issuer", "signature", "dates", "status")
    return Report(
        (
            made("structure", look),
            *(Check(id, Outcome.COULD_NOT_CHECK, detail) for id in skipped),
        )
    )


def made(id: str, look: Callable[[], str]) -> Check:
    """Look, and tell how it ended; what is looked at says by its errors what is wrong."""
    try:
        return Check(id, Outcome.PASSED, look())
    except (CouldNotCheck, Unreachable, UnknownContext, UnsupportedProof) as error:
        return Check(id, Outcome.COULD_NOT_CHECK, str(error), code=_code(error))
    except (Failed, VcError) as error:
        return Check(id, Outcome.FAILED, str(error), code=_code(error))


def _code(error: Exception) -> str:
    return error.code if isinstance(error, VcError) else ""


def all_of(checks: Iterable[Check]) -> str:
    """Return what the checks tell together; raises Failed or CouldNotCheck for the worst."""
    found = list(checks)
    for outcome, ending in (
        (Outcome.FAILED, Failed),
        (Outcome.COULD_NOT_CHECK, CouldNotCheck),
    ):
        for check in found:
            if check.outcome is outcome:
                raise ending(check.detail)
    return " ".join(dict.fromkeys(check.detail for check in found))
