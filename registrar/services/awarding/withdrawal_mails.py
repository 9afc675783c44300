"""Tell learners by mail that the credentials of a batch were withdrawn, why, and whom to ask."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import dateformat

from issuer.models import Batch, Mail, StatusChange
from issuer.services import status
from registrar.models import Award, Withdrawal, WithdrawalMail
from registrar.services.awarding import award_chains, learner_mails

# So many are written in one transaction.
AT_ONCE: Final = 200


def announce(batch: Batch, *, reason: str) -> Withdrawal:
    """Let the learners be told of whom the batch was just revoked, in the same transaction."""
    newest = status.revoked(batch).latest("pk")
    return Withdrawal.objects.create(batch=batch, reason=reason, revoked_at=newest.at)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would go if a batch were revoked: so many mails, so many without an address, one."""

    mails: int
    no_address: int
    sample: str


def outlook(batch: Batch, *, reason: str = "") -> Outlook:
    """The mails that would go now for this reason."""
    credentials = status.to_revoke(batch).values("credential")
    in_batch = Q(batch=batch, credential_id__in=credentials)
    corrected = award_chains.corrected_in_force(batch)
    hit = Award.objects.filter(in_batch | Q(pk__in=corrected.values("pk")))
    told = hit.exclude(learner__email="").select_related("learner", "revision")
    first = told.order_by("position").first()
    sample = _text(first, reason or "…", learner_mails.sender()) if first else ""
    mails = told.count()
    return Outlook(mails, hit.count() - mails, sample)


def states(batch: Batch) -> dict[str, int]:
    """How many mails about the withdrawal of a batch are in which state."""
    written = WithdrawalMail.objects.filter(award__batch=batch, mail__isnull=False).order_by()
    return {state or "": count for state, count in learner_mails.states(written).items()}


def write_some() -> int:
    """Write some of the mails that are due; how many. 0 when none is left for now.

    One plain mail to each learner whose credential was revoked with the batch, once; who has no
    address gets none.
    """
    for withdrawal in _unfinished():
        if written := _write_some_of(withdrawal):
            return written
    return 0


def are_left() -> bool:
    """Whether somebody should ring for them."""
    return _unfinished().exists()


def _unfinished() -> QuerySet[Withdrawal]:
    return Withdrawal.objects.filter(told_at=None)


@transaction.atomic
def _write_some_of(withdrawal: Withdrawal) -> int:
    # Locked, because two who write at the same moment would write to the same people twice.
    held = Withdrawal.objects.select_for_update().get(pk=withdrawal.pk)
    revoked_with_it = StatusChange.objects.filter(
        verifiable_credential__credential=OuterRef("credential_id"),
        is_final=True,
        at__gte=held.revoked_at,
        reason=held.reason,
    )
    of_batch = Q(batch=held.batch_id) | Q(pk__in=award_chains.corrected(held.batch).values("pk"))
    due = list(
        Award.objects.filter(of_batch, Exists(revoked_with_it), withdrawal_mail=None)
        .exclude(learner__email="")
        .select_related("learner", "revision")
        .order_by("position")[:AT_ONCE]
    )
    sender = learner_mails.sender()
    WithdrawalMail.objects.bulk_create(
        WithdrawalMail(award=award, mail=_write(award, held.reason, sender)) for award in due
    )
    if len(due) < AT_ONCE:
        Withdrawal.objects.filter(pk=held.pk).update(told_at=Now())
    return len(due)


def _write(award: Award, reason: str, sender: dict[str, str]) -> Mail | None:
    return learner_mails.write(
        award,
        why="credential.withdrawn",
        subject="Withdrawn",
        text=_text(award, reason, sender),
    )


def _text(award: Award, reason: str, sender: dict[str, str]) -> str:
    day = dateformat.format(award.awarded_on, settings.DATE_FORMAT)
    return learner_mails.text(award, "withdrawn", day=day, reason=reason, **sender)
