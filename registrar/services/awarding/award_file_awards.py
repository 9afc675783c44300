"""Award whom the rows of a file name; people whom nobody knows become learners."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.utils import timezone

from issuer.models import Batch
from issuer.services import batches, clock, ledger
from issuer.services.clients import Actor
from registrar.models import Award, AwardFile, Learner, Revision
from registrar.readers.award_records import AwardRecord
from registrar.services.awarding import award_file_plan, award_file_rows, chosen_awards
from registrar.services.awarding.award_file_plan import PlannedRow
from registrar.services.awarding.award_file_rows import AT_ONCE
from registrar.services.college import people


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
    made = grant(award_file, revision, rows, batch_id, by=by)
    by_number = {row.number: award for row, award in zip(rows, made, strict=True)}
    kept = list(award_file.rows.filter(number__in=by_number))
    for each in kept:
        award = by_number[each.number]
        each.award, each.learner_id = award, award.learner_id
    award_file_rows.write_again(kept, "award", "learner")
    whence = award_file.file_name
    if award_file.chosen:
        whence = f"{len(made):,} chosen learner{'s' * (len(made) != 1)}"
    title = (name or f"{revision.name}, {whence}")[:200]
    client = "" if by is None or isinstance(by, User) else by
    batch = batches.open(title, count=len(made), by=_person(by), client=client, id=batch_id)
    details = {"batch": str(batch.pk), "count": batch.count}
    ledger.append("award.decided", revision, by=by or "system", details=details)
    return batch


def grant(
    award_file: AwardFile,
    revision: Revision,
    rows: Sequence[PlannedRow],
    batch_id: UUID,
    *,
    by: Actor | None,
) -> list[Award]:
    """The awards of the rows, in their order, in a batch that is yet to be opened."""
    learners = _learners(rows)
    chosen = chosen_awards.reasons(award_file) if award_file.chosen else None
    decided_by, today = _person(by), timezone.localdate(clock.now())
    return Award.objects.bulk_create(
        (
            Award(
                revision=revision,
                template_id=revision.template_id,
                learner_id=row.learner or learners[record.number],
                occasion=row.occasion,
                generation=row.generation,
                replaces_id=row.replaces,
                awarded_on=record.awarded_on or today,
                valid_until=record.valid_until,
                evidence=_evidence(record),
                results=[{"description": each, "value": value} for each, value in record.results],
                reasons=chosen or [f"Row {row.number} of {award_file.file_name}"],
                decided_by=decided_by,
                batch_id=batch_id,
                position=position,
            )
            for position, row in enumerate(rows)
            if (record := row.record) is not None
        ),
        batch_size=AT_ONCE,
    )


def _learners(rows: Sequence[PlannedRow]) -> dict[str, int]:
    """By number the learners whom nobody knew before, made now."""
    unknown = {row.record.number: row.record for row in rows if row.record and not row.learner}
    made = Learner.objects.bulk_create(
        (
            Learner(
                source=award_file_plan.SOURCE,
                sourced_id=number,
                number=number,
                given_name=record.given_name,
                family_name=record.family_name,
                email=record.email,
            )
            for number, record in unknown.items()
        ),
        batch_size=AT_ONCE,
    )
    return {learner.number: learner.pk for learner in made}


def _evidence(record: AwardRecord) -> list[dict[str, str]]:
    said = {"id": record.evidence_link, "narrative": record.evidence_text}
    found = {name: text for name, text in said.items() if text}
    return [found] if found else []


def _person(by: Actor | None) -> User:
    """Whose decision it is, in rows that name a person."""
    return by if isinstance(by, User) else people.nobody()
