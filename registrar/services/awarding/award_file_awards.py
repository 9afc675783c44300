"""Award whom the rows of a file name; people whom nobody knows become learners."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.utils import timezone
from psycopg.types.json import Jsonb

from issuer.models import Batch
from issuer.services import batches, clock, copying, ledger
from issuer.services.clients import Actor
from registrar.models import Award, AwardFile, Learner, Revision
from registrar.readers.award_records import AwardRecord
from registrar.services.awarding import award_file_plan, award_file_rows, chosen_awards
from registrar.services.awarding.award_file_plan import PlannedRow
from registrar.services.college import people
from registrar.services.learners import same_people

# Of a batch.
LONGEST_NAME: Final = 200

_LEARNER: Final = ("source", "sourced_id", "number", "given_name", "family_name", "email")
_AWARD: Final = (
    "revision_id",
    "template_id",
    "learner_id",
    "occasion",
    "generation",
    "replaces_id",
    "renewal",
    "awarded_on",
    "valid_until",
    "evidence",
    "results",
    "reasons",
    "decided_by_id",
    "decided_at",
    "batch_id",
    "position",
    "credential_id",
)


def as_batch(
    award_file: AwardFile,
    revision: Revision,
    rows: Sequence[PlannedRow],
    *,
    by: Actor | None,
    name: str,
) -> Batch:
    """Award everyone whom the rows name, as one batch, and let the rows say who got what."""
    batch_id = uuid4()
    grant(award_file, revision, rows, batch_id, by=by)
    award_file_rows.tell_awards(award_file, [row.number for row in rows], batch_id)
    whence = award_file.file_name
    if award_file.chosen:
        whence = f"{len(rows):,} chosen learner{'s' * (len(rows) != 1)}"
    title = name or title_of(revision, whence)
    client = "" if by is None or isinstance(by, User) else by
    batch = batches.open(title, count=len(rows), by=_person(by), client=client, id=batch_id)
    details = {"batch": str(batch.pk), "count": batch.count}
    ledger.append("award.decided", revision, by=by or "system", details=details)
    return batch


def title_of(revision: Revision, whence: str) -> str:
    """How a batch is called to which nobody gives a name: by what it awards, and whence it is."""
    return f"{revision.name}, {whence}"[:LONGEST_NAME]


def grant(
    award_file: AwardFile,
    revision: Revision,
    rows: Sequence[PlannedRow],
    batch_id: UUID,
    *,
    by: Actor | None,
) -> None:
    """Make the awards of the rows, in their order, in a batch that is yet to be opened."""
    learners = _learners(rows)
    chosen = chosen_awards.reasons(award_file) if award_file.chosen else None
    decided_by, now = _person(by).pk, clock.now()
    today = timezone.localdate(now)
    copying.insert(
        Award,
        _AWARD,
        (
            (
                revision.pk,
                revision.template_id,
                row.learner or learners[record.number],
                row.occasion,
                row.generation,
                row.replaces,
                "",
                record.awarded_on or today,
                record.valid_until,
                Jsonb(_evidence(record)),
                Jsonb([{"description": each, "value": value} for each, value in record.results]),
                Jsonb(chosen or [f"Line {row.number} of {award_file.file_name}"]),
                decided_by,
                now,
                batch_id,
                position,
                uuid4(),
            )
            for position, row in enumerate(rows)
            if (record := row.record) is not None
        ),
    )


def _learners(rows: Sequence[PlannedRow]) -> dict[str, int]:
    """By number the learners whom nobody knew before, made now."""
    unknown = {row.record.number: row.record for row in rows if row.record and not row.learner}
    if not unknown:
        return {}
    source = award_file_plan.SOURCE
    # What led to somebody who has another number by now still does.
    used = same_people.joined(source, among=unknown)
    ids = {number: str(uuid4()) if number in used else number for number in unknown}
    copying.insert(
        Learner,
        _LEARNER,
        (
            (source, ids[number], number, record.given_name, record.family_name, record.email)
            for number, record in unknown.items()
        ),
    )
    made = Learner.objects.filter(source=source, sourced_id__in=ids.values())
    return dict(made.values_list("number", "pk"))


def _evidence(record: AwardRecord) -> list[dict[str, str]]:
    said = {"id": record.evidence_link, "narrative": record.evidence_text}
    found = {name: text for name, text in said.items() if text}
    return [found] if found else []


def _person(by: Actor | None) -> User:
    """Whose decision it is, in rows that name a person."""
    return by if isinstance(by, User) else people.nobody()
