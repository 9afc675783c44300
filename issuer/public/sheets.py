"""What was shown, as a person reads it: what it is, what it says, and how far to rely on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from issuer.services import verification
from issuer.vc import reading
from issuer.vc.errors import UnknownContext
from issuer.vc.reading import Reading
from issuer.vc.verification.inspection import Inspection
from issuer.vc.verification.report import Check, Outcome, Verdict
from issuer.vc.verification.shown import Thing, Wrapping

_THINGS = {
    Thing.BADGE: "credential",
    Thing.RECORD: "record",
    Thing.ENDORSEMENT: "endorsement",
    Thing.STATUS_LIST: "status list",
    Thing.PRESENTATION: "presentation",
    Thing.CREDENTIAL: "credential",
    Thing.NOTHING: "file",
}
_KINDS = {
    Thing.BADGE: "A badge (Open Badges)",
    Thing.RECORD: "A record of a learner (CLR)",
    Thing.ENDORSEMENT: "An endorsement",
    Thing.STATUS_LIST: "A status list",
    Thing.PRESENTATION: "A presentation of credentials",
    Thing.CREDENTIAL: "A verifiable credential",
}
_WRAPPINGS = {
    Wrapping.PNG: "inside a PNG image",
    Wrapping.SVG: "inside an SVG image",
    Wrapping.ENVELOPE: "in an envelope",
    Wrapping.TOKEN: "as a signed token",
    Wrapping.SD_JWT: "as a token of which its holder shows a part (SD-JWT)",
}

# Where the detail of a check is for those who know how signatures are made.
_REASONS = {
    ("issuer", Outcome.FAILED): "It was not signed by the issuer that it names.",
    ("issuer", Outcome.COULD_NOT_CHECK): "Its issuer could not be looked up.",
    ("holder", Outcome.FAILED): "It was not signed by who is said to present it.",
    ("holder", Outcome.COULD_NOT_CHECK): "Who presents it could not be looked up.",
    ("signature", Outcome.FAILED): (
        "It is not what its issuer signed: it was changed, or never signed by them."
    ),
    ("status", Outcome.COULD_NOT_CHECK): "Whether it was revoked could not be found out.",
}


class Standing(StrEnum):
    """How far to rely on something: what the checks say, and whether we know the issuer."""

    OURS = "valid"
    STRANGERS = "strangers"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Sheet:
    """One thing that was inspected, and what it says; with a sheet for each thing inside of it."""

    found: Inspection
    facts: Reading
    inside: tuple[Sheet, ...]

    @property
    def thing(self) -> str:
        """What it is, in one word."""
        return _THINGS[self.found.thing]

    @property
    def kind(self) -> str:
        """What it is and in what it came."""
        if self.found.thing is Thing.NOTHING:
            return ""
        ways = [_WRAPPINGS[each] for each in reversed(self.found.wrappings)]
        return ", ".join([_KINDS[self.found.thing], *ways])

    @property
    def is_ours(self) -> bool:
        """Whether it is this institution's: of a presentation, all that is presented."""
        if self.found.thing is Thing.PRESENTATION:
            return bool(self.inside) and all(sheet.is_ours for sheet in self.inside)
        return verification.is_ours(self.found)

    @property
    def standing(self) -> Standing:
        """How far to rely on it, with all that is inside."""
        if self.found.thing is Thing.NOTHING:
            return Standing.NOTHING
        if self.found.verdict is Verdict.INVALID:
            return Standing.INVALID
        if self.found.verdict is Verdict.UNKNOWN:
            return Standing.UNKNOWN
        return Standing.OURS if self.is_ours else Standing.STRANGERS

    @property
    def reasons(self) -> list[str]:
        """What makes it invalid, or else the first thing that could not be checked."""
        failed = [check for check in self.found.checks if check.outcome is Outcome.FAILED]
        unsure = [check for check in self.found.checks if check.outcome is Outcome.COULD_NOT_CHECK]
        # What could not be made after it, could not for the same reason.
        return [_in_words(check) for check in failed or unsure[:1]]

    @property
    def hangs_on_a_context(self) -> bool:
        """Whether it, or something inside, uses a context that this verifier does not know."""
        own = any(check.code == UnknownContext.code for check in self.found.checks)
        return own or any(sheet.hangs_on_a_context for sheet in self.inside)

    @property
    def hangs_on_the_person(self) -> bool:
        """Whether all that could not be checked is if it is about the person who was named."""
        unsure = [check for check in self.found.checks if check.outcome is Outcome.COULD_NOT_CHECK]
        return [check.id for check in unsure] == ["recipient"] and not self.unsure

    @property
    def endorses(self) -> str:
        """What it is attached to as an endorsement, in words; nothing for what is none."""
        above, is_endorsement, _ = self.found.place.rpartition("/endorsement")
        if not is_endorsement:
            return ""
        words = {"": "the whole", "achievement": "the achievement"}
        return words.get(above.rpartition("/")[2], "an institution or person")

    @property
    def faulty(self) -> int:
        """How many of the things inside are not valid."""
        return sum(sheet.found.verdict is Verdict.INVALID for sheet in self.inside)

    @property
    def unsure(self) -> int:
        """How many of the things inside could not be checked."""
        return sum(sheet.found.verdict is Verdict.UNKNOWN for sheet in self.inside)


def _in_words(check: Check) -> str:
    return _REASONS.get((check.id, check.outcome), check.detail)


def lay_out(found: Inspection) -> Sheet:
    """Read what was found, and all that is inside of it."""
    facts = reading.read(found.document) if found.document else Reading()
    return Sheet(found, facts, tuple(lay_out(inner) for inner in found.contains))
