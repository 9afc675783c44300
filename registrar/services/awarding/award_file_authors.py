"""Who has had a hand in the file or the choice of learners of which a batch was prepared."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from issuer.models import Batch
from issuer.services import ledger
from registrar.models import AwardFile
from registrar.services.college import api_clients

_ACTS: Final = tuple(
    f"award_file.{act}"
    for act in ("described", "mended", "rows_left_out", "rows_taken_in", "prepared")
)


def worked_on(person: User, *, among: Iterable[Batch] | QuerySet[Batch]) -> set[UUID]:
    """Of these batches, by id, those in whose rows they had a hand.

    They took in the file, chose the learners, or mended or left out a row. What a system sent,
    whoever was shown the system's secret or gave it keys can have sent.
    """
    files = AwardFile.objects.filter(batch__in=among).only("batch", "read_by")
    named = {ledger.name_of(each): each for each in files}
    touched = api_clients.acted_on(person, subjects=named.keys(), acts=_ACTS)
    return {
        each.batch_id
        for name, each in named.items()
        if each.batch_id is not None and (each.read_by_id == person.pk or name in touched)
    }


def sent_as(person: User, batch: Batch) -> str:
    """The system, by its name, for which alone `worked_on` names the batch; else nothing."""
    kept = AwardFile.objects.filter(batch=batch).only("read_by").first()
    if kept is None or kept.read_by_id == person.pk:
        return ""
    return api_clients.acted_as(person, subject=ledger.name_of(kept), acts=_ACTS)
