"""The rows of a file of awards: what becomes of each, as it is kept."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final
from uuid import UUID

from django.db import connection

from registrar.models import AwardFile, AwardFileRow
from registrar.readers.loose_sheet import LooseRow
from registrar.services.awarding.award_file_plan import PlannedRow

# So many rows are written at once.
AT_ONCE: Final = 1_000

_TELL_AWARDS: Final = """
    UPDATE registrar_awardfilerow kept SET award_id = made.id, learner_id = made.learner_id
    FROM unnest(%s::int[]) WITH ORDINALITY said (number, place), registrar_award made
    WHERE kept.file_id = %s AND kept.number = said.number
    AND made.batch_id = %s AND made.position = said.place - 1
"""


def row_of(award_file: AwardFile, row: LooseRow, planned: PlannedRow | None) -> AwardFileRow:
    """A row of a sheet to keep; with errors as long as nobody knows what becomes of it."""
    kept = AwardFileRow(
        file=award_file,
        number=row.number,
        cells=list(row.cells),
        flaw=row.flaw,
        outcome=AwardFileRow.Outcome.WRONG,
    )
    if planned is not None:
        settle(kept, planned)
    return kept


def settle(kept: AwardFileRow, planned: PlannedRow) -> bool:
    """Let the row say what becomes of it; tell whether that is something else than before."""
    problems = [asdict(problem) for problem in planned.problems]
    before = (kept.outcome, kept.problems, kept.learner_id)
    kept.outcome, kept.problems, kept.learner_id = planned.outcome, problems, planned.learner
    return before != (kept.outcome, kept.problems, kept.learner_id)


def tell_awards(award_file: AwardFile, numbers: Sequence[int], batch: UUID) -> None:
    """Let rows tell what was awarded by them: the numbers stand in the order of the batch."""
    with connection.cursor() as cursor:
        cursor.execute(_TELL_AWARDS, [list(numbers), award_file.pk, batch])


def write_again(rows: Sequence[AwardFileRow], *fields: str) -> None:
    """Update these fields of rows that there are, in a quarter of bulk_update's time."""
    AwardFileRow.objects.bulk_create(
        rows,
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=fields,
    )
