"""What happens at the registrar that other systems can be told, beside what the issuer tells."""

from dataclasses import dataclass
from typing import Final

from issuer.services.events import OF_THE_ISSUER, TEST, EventType, Thing


@dataclass(frozen=True)
class Night:
    """A night: how many of its steps wait for a person, or failed. `url` is a path of the API."""

    id: str
    url: str
    held: int
    failed: int


@dataclass(frozen=True)
class FinishedJob:
    """A job that came to its end, `done` or `failed`, and what became of its rows.

    Of `total` rows those that are counted nowhere were not reached. After a dry run the counts say
    what would become of them.
    """

    id: str
    url: str
    state: str
    dry_run: bool
    total: int
    created: int
    updated: int
    unchanged: int
    errors: int


TEMPLATE_APPROVED = EventType(
    "template.approved", "A revision of a template was approved", "templates.read", Thing
)
TEMPLATE_RETIRED = EventType(
    "template.retired", "A template awards nobody any more", "templates.read", Thing
)
ROSTER_APPLIED = EventType(
    "roster.applied",
    "A roster was applied: read learners, enrolments and the catalogue anew",
    "learners.read",
    Thing,
)
RESULTS_APPLIED = EventType(
    "results.applied", "A file of results was applied: read results anew", "results.read", Thing
)
JOB_FINISHED = EventType(
    "job.finished",
    "Rows that the client sent itself were written or tried",
    "jobs.read",
    FinishedJob,
)
NIGHT_HELD = EventType(
    "night.held", "A step of the night waits for a person", "", Thing, read_with="nights.read"
)
NIGHT_ENDED = EventType("night.ended", "The night is over", "", Night, read_with="nights.read")

# All that one can ask to be told.
CATALOGUE: Final = {
    each.name: each
    for each in (
        *OF_THE_ISSUER,
        TEMPLATE_APPROVED,
        TEMPLATE_RETIRED,
        ROSTER_APPLIED,
        RESULTS_APPLIED,
        JOB_FINISHED,
        NIGHT_HELD,
        NIGHT_ENDED,
    )
}
# All that is sent.
SENT: Final = {**CATALOGUE, TEST.name: TEST}
