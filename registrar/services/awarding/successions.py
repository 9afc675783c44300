"""One credential takes the place of another: decided with the award, done when it is signed.

Nothing is revoked for something that is not there yet.
"""

import logging
from collections.abc import Iterable
from typing import Any, Final, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from issuer.errors import NotSuspendable, WithdrawnForGood
from issuer.models import Batch, Credential, SecuredDocument, StatusChange
from issuer.models.batches import failed_row
from issuer.services import status
from registrar.models import Award, Correction, Succession
from registrar.models.awards import OVER

log = logging.getLogger(__name__)

# So many are superseded in one transaction.
AT_ONCE: Final = 200


def decide(
    pairs: Iterable[tuple[Award, Award]], *, by: User, reason: str, leads_on: bool = True
) -> None:
    """Let the credential of each former award be superseded when that of the new one is signed."""
    Succession.objects.bulk_create(
        Succession(award=new, former=former, leads_on=leads_on, reason=reason, by=by)
        for former, new in pairs
    )


def decide_for(batch: Batch, *, by: User) -> None:
    """The same for what is in force of the awards that those of a batch follow.

    What is renewed holds until its end.
    """
    decide(_in_force_before(batch), by=by, reason="Superseded by a newer credential.")


@transaction.atomic
def settle_some() -> int:
    """Supersede some of what has a successor by now; how many. 0 when none is left for now.

    What was withdrawn meanwhile, or never came to be issued, stays as it is. Where the new one
    corrects it, it is withdrawn or suspended as well, by whichever door the former was. What fails
    is logged and waits for another time, behind it the others are settled.
    """
    tried = 0
    while due := _some_due(after=tried):
        credentials = [cast(UUID, each.former.credential_id) for each in due]
        held = Credential.objects.in_bulk(credentials)
        settled = [
            each.pk
            for each in due
            if _is_settled(each, held.get(cast(UUID, each.former.credential_id)))
        ]
        if settled:
            Succession.objects.filter(pk__in=settled).update(settled_at=Now())
            return len(settled)
        tried = due[-1].pk
    return 0


def are_due() -> bool:
    """Whether somebody should ring for them."""
    return _due().exists()


def are_expected(batch_id: UUID) -> bool:
    """Whether credentials of this batch are to take the place of others, or others of theirs."""
    of_batch = Q(award__batch=batch_id) | Q(former__batch=batch_id)
    return Succession.objects.filter(of_batch, settled_at=None).exists()


def _due() -> QuerySet[Succession]:
    """Whose new credential is signed, while the former one is there or never will be.

    A former award that is still to be issued is superseded when it has a credential.
    """
    signed = SecuredDocument.objects.filter(
        verifiable_credential__credential=OuterRef("award__credential_id")
    )
    composed = Credential.objects.filter(pk=OuterRef("former__credential_id"))
    never = Award.objects.filter(Q(batch__state=Batch.State.DECLINED) | failed_row())
    return Succession.objects.filter(
        Exists(composed) | Exists(never.filter(pk=OuterRef("former"))),
        Exists(signed),
        settled_at=None,
    )


def _some_due(*, after: int) -> list[Succession]:
    locked = _due().select_for_update(of=("self",), skip_locked=True)
    found = locked.select_related("award", "former", "by").filter(pk__gt=after)
    return list(found.order_by("pk")[:AT_ONCE])


def _is_settled(succession: Succession, former: Credential | None) -> bool:
    """Supersede the former credential, if there is one in force; False where that failed."""
    if former is None:
        return True
    try:
        with transaction.atomic():
            _supersede(succession, former)
    except Exception:
        log.exception("credential %s could not be superseded", former.pk)
        return False
    return True


def _supersede(succession: Succession, former: Credential) -> None:
    """Put the new credential in the place of the former one; a correction takes over its status."""
    try:
        status.supersede(
            former,
            successor=cast(UUID, succession.award.credential_id),
            leads_on=succession.leads_on,
            reason=succession.reason,
            by=succession.by,
        )
    except WithdrawnForGood:
        pass
    changes = StatusChange.objects.filter(verifiable_credential__credential=former)
    before = changes.filter(superseded_by=None).last()
    if before is not None and before.value and _is_correction(succession):
        _carry_over(before, succession)


def _is_correction(succession: Succession) -> bool:
    return Correction.objects.filter(batch=succession.award.batch_id).exists()


def _carry_over(change: StatusChange, succession: Succession) -> None:
    """What was done to a credential while its correction was being signed is done to this too."""
    corrected = Credential.objects.get(pk=cast(UUID, succession.award.credential_id))
    reason = f"As what it corrects was {change.act}: {change.reason}"
    if not change.is_final:
        try:
            status.suspend(corrected, reason=reason, by=succession.by)
            return
        except WithdrawnForGood:
            return
        except NotSuspendable:
            # Better none than one in force.
            pass
    status.revoke(corrected, reason=reason, by=succession.by)


def _in_force_before(batch: Batch) -> list[tuple[Award, Award]]:
    """What is in force of the same occasion, with what of this batch takes its place.

    Behind what is over, the one before is asked in turn: it may be in force as what was to follow
    was declined, withdrawn or could not be issued.
    """
    following = Award.objects.filter(batch=batch, replaces__isnull=False, renewal="")
    places: dict[Any, Award] = {award.replaces_id: award for award in following}
    found: list[tuple[Award, Award]] = []
    while places:
        before: dict[Any, Award] = {}
        for former in Award.objects.filter(pk__in=places).with_state():
            new = places[former.pk]
            if former.state in OVER:
                before[former.replaces_id] = new
            elif former.occasion == new.occasion:
                found.append((former, new))
        places = {key: new for key, new in before.items() if key is not None}
    return found
