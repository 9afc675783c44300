"""Who has had a hand in the file or the choice of learners of which a batch was prepared."""

from typing import Final

from django.contrib.auth.models import User
from django.db.models import QuerySet

from issuer.models import Batch, LedgerEntry
from issuer.services import ledger
from registrar.models import AwardFile
from registrar.services.college import api_clients

_ACTS: Final = tuple(
    f"award_file.{act}"
    for act in ("described", "mended", "rows_left_out", "rows_taken_in", "prepared")
)


def has_worked_on(person: User, batch: Batch) -> bool:
    """Whether they took in the file, chose the learners, or mended or left out a row.

    What a system sent, whoever was shown the system's secret or gave it keys can have sent.
    """
    award_file = AwardFile.objects.filter(batch=batch).only("read_by").first()
    if award_file is None:
        return False
    if award_file.read_by_id == person.pk:
        return True
    done = _done(award_file)
    if done.filter(user=person).exists():
        return True
    systems = done.filter(details__has_key="client").values_list("details__client", flat=True)
    return api_clients.could_sign_in_as(person, of=set(systems))


def _done(award_file: AwardFile) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(subject=ledger.name_of(award_file), act__in=_ACTS)
