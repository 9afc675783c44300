"""Status: allocate entries, revoke, suspend, reinstate, and tell the bits to be published."""

import secrets
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from issuer.errors import (
    NotIssued,
    NotSuspendable,
    NotSuspended,
    ReasonMissing,
    WithdrawnForGood,
    WrongState,
)
from issuer.models import (
    Batch,
    Credential,
    StatusChange,
    StatusList,
    StatusListPublication,
    VerifiableCredential,
)
from issuer.models.status import STATUS_LIST_SIZE
from issuer.services import clock, copying, events, ledger, ranges
from issuer.services.clients import Actor, Client
from issuer.vc import status_list as bitstring
from issuer.vc.json_text import parse_json

# Four bytes an index, as in `_TAKE`.
_INDEX_BYTES = 4

# One statement takes the entries and hands out their part of the permutation, so that the half
# megabyte of it is never read whole and nobody gets the same entry.
_TAKE = """
    UPDATE issuer_statuslist AS list
    SET taken = least(list.size, before.taken + %(count)s)
    FROM (
        SELECT id, taken FROM issuer_statuslist
        WHERE purpose = %(purpose)s AND format = %(format)s AND taken < size
        FOR NO KEY UPDATE
    ) AS before
    WHERE list.id = before.id
    RETURNING list.id, substring(
        list.permutation
        FROM before.taken * 4 + 1
        FOR (list.taken - before.taken) * 4
    )
"""


@dataclass(frozen=True)
class Entry:
    """One bit of a list, handed out to one secured form of a credential."""

    status_list_id: int
    index: int


@transaction.atomic
def allocate(
    count: int,
    *,
    format: str,
    purpose: str = StatusList.Purpose.REVOCATION,
) -> list[Entry]:
    """Hand out so many entries, unpredictable and never handed out before.

    They come from the list of this kind that is filling; when it is full the next one opens.
    Others who allocate wait until this transaction ends: allocate late in it.
    """
    entries: list[Entry] = []
    while len(entries) < count:
        taken = _take(count - len(entries), purpose, format)
        if not taken:
            _open_list(purpose, format)
        entries += taken
    return entries


def allocate_each(purposes: Sequence[str], *, format: str) -> list[Entry]:
    """Hand out an entry for each of these purposes, in their order, as `allocate` does."""
    # In the same order of lists for everyone, so that nobody waits for each other.
    wanted = sorted(Counter(purposes).items())
    handed = {
        purpose: iter(allocate(count, format=format, purpose=purpose)) for purpose, count in wanted
    }
    return [next(handed[purpose]) for purpose in purposes]


@transaction.atomic
def revoke(credential: Credential, *, reason: str, by: Actor) -> StatusChange:
    """Set the bit of every secured form of the credential, for good.

    Verifiers see it within STATUS_LIST_TTL: it waits for the next round of publication, then for
    the caches and copies that may be kept for `seconds_to_keep`. Where the entry is for
    suspension they are told that it is suspended; nobody can lift that. A credential that is
    still to be signed may be revoked; it is then born revoked. Revoking again changes nothing
    and returns the first change.

    Raises ReasonMissing, and NotIssued when it has no secured form.
    """
    forms = _lock_forms(credential, reason)
    final = _changes(forms).filter(is_final=True).first()
    if final is not None:
        return final
    _enter((form.pk for form in forms), value=True, is_final=True, reason=reason, by=by)
    _tell(events.CREDENTIAL_REVOKED, credential)
    ledger.append("credential.revoked", credential, by=by, reason=reason)
    return _changes(forms).latest("pk")


@transaction.atomic
def supersede(
    credential: Credential, *, successor: UUID, leads_on: bool, reason: str, by: Actor
) -> StatusChange:
    """Revoke a credential because another takes its place, which may still be to be issued.

    From now on its address says so and shows nothing of it; with `leads_on` it leads to the other.
    Raises WithdrawnForGood for what is revoked already, ReasonMissing, and NotIssued.
    """
    forms = _lock_forms(credential, reason)
    if _changes(forms).filter(is_final=True).exists():
        raise WithdrawnForGood("It is revoked already, so there is nothing to correct.")
    _enter(
        (form.pk for form in forms),
        value=True,
        is_final=True,
        reason=reason,
        by=by,
        superseded_by=successor,
        leads_on=leads_on,
    )
    _tell(events.CREDENTIAL_SUPERSEDED, credential)
    details = {"successor": str(successor)}
    ledger.append("credential.superseded", credential, by=by, reason=reason, details=details)
    return _changes(forms).latest("pk")


def superseded(credential: Credential) -> StatusChange | None:
    """The change by which another credential took its place, if one has."""
    changes = StatusChange.objects.filter(
        verifiable_credential__credential=credential, superseded_by__isnull=False
    )
    return changes.first()


@transaction.atomic
def revoke_all(batch: Batch, *, reason: str, by: Actor) -> int:
    """Revoke whatever an issued batch holds and is not revoked yet; how many that are.

    All or none, with one entry in the ledger, which names them by their positions, and one new
    edition of each list. Raises ReasonMissing, and WrongState while the batch is being issued
    and when nothing is left to revoke.
    """
    forms = _lock_all(batch, to_revoke, reason, or_else="Every credential is revoked already.")
    _enter(forms, value=True, is_final=True, reason=reason, by=by)
    return _note_all("revoked", events.CREDENTIAL_REVOKED, batch, forms, reason=reason, by=by)


@transaction.atomic
def suspend_all(batch: Batch, *, reason: str, by: Actor) -> int:
    """Suspend whatever an issued batch holds that can be and is in force; how many that are.

    As one act, like `revoke_all`, and raises the same.
    """
    forms = _lock_all(batch, to_suspend, reason, or_else="None of them can be suspended now.")
    _enter(forms, value=True, reason=reason, by=by)
    return _note_all("suspended", events.CREDENTIAL_SUSPENDED, batch, forms, reason=reason, by=by)


@transaction.atomic
def reinstate_all(batch: Batch, *, reason: str, by: Actor) -> int:
    """Lift the suspension of whatever a batch holds that is suspended; how many that are.

    Those suspended one by one are among them. As one act, like `revoke_all`; raises the same.
    """
    forms = _lock_all(batch, to_reinstate, reason, or_else="None of them is suspended.")
    _enter(forms, value=False, reason=reason, by=by)
    return _note_all("reinstated", events.CREDENTIAL_REINSTATED, batch, forms, reason=reason, by=by)


def revoked(batch: Batch) -> QuerySet[StatusChange]:
    """The changes by which credentials in a batch were revoked; those of one may be several."""
    return StatusChange.objects.filter(
        verifiable_credential__credential__batch=batch, is_final=True
    )


def to_revoke(batch: Batch) -> QuerySet[VerifiableCredential]:
    """The secured forms in a batch that are signed and not revoked."""
    revoked = StatusChange.objects.filter(verifiable_credential=OuterRef("pk"), is_final=True)
    return VerifiableCredential.objects.filter(
        ~Exists(revoked), credential__batch=batch, secured__isnull=False
    )


def to_suspend(batch: Batch) -> QuerySet[VerifiableCredential]:
    """The secured forms in a batch that are signed, not revoked, and can be suspended now."""
    return _that_can_be_lifted(batch).exclude(is_set=True)


def to_reinstate(batch: Batch) -> QuerySet[VerifiableCredential]:
    """The secured forms in a batch that are suspended."""
    return _that_can_be_lifted(batch).filter(is_set=True)


@transaction.atomic
def suspend(credential: Credential, *, reason: str, by: Actor) -> StatusChange:
    """Set the bit of every secured form of the credential until it is reinstated.

    Verifiers see it as they see a revocation. To suspend what is suspended changes nothing and
    returns the newest change.

    Raises ReasonMissing, NotIssued when it has no secured form, NotSuspendable when its entry is
    for revocation, and WithdrawnForGood.
    """
    forms = _lock_forms(credential, reason)
    newest = _newest_that_can_be_lifted(forms)
    if newest is not None and newest.value:
        return newest
    _enter((form.pk for form in forms), value=True, reason=reason, by=by)
    _tell(events.CREDENTIAL_SUSPENDED, credential)
    ledger.append("credential.suspended", credential, by=by, reason=reason)
    return _changes(forms).latest("pk")


@transaction.atomic
def reinstate(credential: Credential, *, reason: str, by: Actor) -> StatusChange:
    """Lift the suspension of every secured form of the credential.

    Raises NotSuspended, and what `suspend` raises.
    """
    forms = _lock_forms(credential, reason)
    newest = _newest_that_can_be_lifted(forms)
    if newest is None or not newest.value:
        raise NotSuspended()
    _enter((form.pk for form in forms), value=False, reason=reason, by=by)
    _tell(events.CREDENTIAL_REINSTATED, credential)
    ledger.append("credential.reinstated", credential, by=by, reason=reason)
    return _changes(forms).latest("pk")


def state_of(credential: Credential) -> str:
    """Tell in which `Credential.State` it is, by the definition of `with_state`."""
    states = Credential.objects.with_state().values_list("state", flat=True)
    return states.get(pk=credential.pk)


def bits(status_list: StatusList) -> bytes:
    """The list's bits, computed from all changes and from nothing that was published before."""
    latest = dict(
        StatusChange.objects.filter(verifiable_credential__status_list=status_list)
        .order_by("pk")
        .values_list("verifiable_credential__status_index", "value")
    )
    is_set = (index for index, value in latest.items() if value)
    return bytes(bitstring.set_bits(is_set, status_list.size))


def published_bits(publication: StatusListPublication) -> bytes:
    """The bits that verifiers find in a publication."""
    document = parse_json(publication.body.encode())
    return bitstring.decode(document["credentialSubject"]["encodedList"])


def seconds_to_keep() -> int:
    """For how long a cache may keep a published list, and a verifier what it fetched: its `ttl`.

    Three eighths of STATUS_LIST_TTL each; a list is published every quarter. So a verifier whose
    copy came from a cache still knows of a revocation within STATUS_LIST_TTL.
    """
    return settings.STATUS_LIST_TTL * 3 // 8


def newest_publication(status_list: StatusList) -> StatusListPublication | None:
    """What verifiers are served now, or None before the first publication."""
    return status_list.publications.order_by("-version").first()


def newest_change(status_list: StatusList) -> StatusChange | None:
    """The newest change of an entry of the list, or None while all are as they were born."""
    changes = StatusChange.objects.filter(verifiable_credential__status_list=status_list)
    return changes.order_by("-pk").first()


def lists_to_publish() -> list[StatusList]:
    """The lists that verifiers should be given anew.

    Those never published, those whose bits have changed, and those of which half the validity
    has passed. Bits are compared, not numbers of changes: a slow transaction may enter a lower
    number later.
    """
    fresh_until = clock.now() + timedelta(seconds=settings.STATUS_LIST_VALIDITY / 2)

    def is_stale(status_list: StatusList) -> bool:
        newest = newest_publication(status_list)
        return (
            newest is None
            or newest.valid_until < fresh_until
            or published_bits(newest) != bits(status_list)
        )

    return [found for found in StatusList.objects.defer("permutation") if is_stale(found)]


def _tell(type: events.EventType, credential: Credential) -> None:
    events.tell(type, lambda: events.one(credential.pk, at=events.CREDENTIALS))


def _that_can_be_lifted(batch: Batch) -> "QuerySet[Any]":
    """Those whose entry is for suspension, each with whether it `is_set`."""
    changes = StatusChange.objects.filter(verifiable_credential=OuterRef("pk")).order_by("-pk")
    newest = Coalesce(Subquery(changes.values("value")[:1]), Value(False))
    found = to_revoke(batch).filter(status_list__purpose=StatusList.Purpose.SUSPENSION)
    return found.annotate(is_set=newest)


def _lock_all(
    batch: Batch,
    left: Callable[[Batch], QuerySet[VerifiableCredential]],
    reason: str,
    *,
    or_else: str,
) -> dict[int, int]:
    """What is left of a batch: the positions by the keys of their secured forms.

    All of it is locked before it is asked what is left, as somebody may be changing one of them.
    """
    _demand_reason(reason)
    if batch.state != Batch.State.ISSUED:
        raise WrongState("Only what has been issued can be revoked or suspended.")
    forms = VerifiableCredential.objects.filter(credential__batch=batch).order_by("pk")
    list(forms.select_for_update(of=("self",)).values_list("pk"))
    found = dict(left(batch).values_list("pk", "credential__position"))
    if not found:
        raise WrongState(or_else)
    return found


def _note_all(
    done: str,
    event: events.EventType,
    batch: Batch,
    forms: Mapping[int, int],
    *,
    reason: str,
    by: Actor,
) -> int:
    """One event and one entry in the ledger, which names the credentials by their positions."""
    positions = set(forms.values())
    changed = Credential.objects.filter(batch=batch, position__in=positions)
    events.tell(
        event,
        lambda: events.in_batch(changed, batch.pk, count=len(positions), at=events.CREDENTIALS),
    )
    details = {"count": len(positions), "positions": ranges.write(positions)}
    ledger.append(f"credentials.{done}", batch, by=by, reason=reason, details=details)
    return len(positions)


def _demand_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing()


def _lock_forms(credential: Credential, reason: str) -> list[VerifiableCredential]:
    """The secured forms, locked so that two who change them at the same moment make one change."""
    _demand_reason(reason)
    forms = credential.verifiable_credentials.select_related("status_list")
    locked = forms.defer("status_list__permutation").select_for_update(of=("self",))
    found = list(locked.order_by("pk"))
    if not found:
        raise NotIssued()
    return found


def _changes(forms: Sequence[VerifiableCredential]) -> QuerySet[StatusChange]:
    return StatusChange.objects.filter(verifiable_credential__in=forms).order_by("pk")


def _newest_that_can_be_lifted(forms: Sequence[VerifiableCredential]) -> StatusChange | None:
    if any(form.status_list.purpose != StatusList.Purpose.SUSPENSION for form in forms):
        raise NotSuspendable()
    newest = _changes(forms).last()
    if newest is not None and newest.is_final:
        raise WithdrawnForGood()
    return newest


def _enter(
    form_ids: Iterable[int],
    *,
    value: bool,
    reason: str,
    by: Actor,
    is_final: bool = False,
    superseded_by: UUID | None = None,
    leads_on: bool = False,
) -> None:
    by_id, client = (None, by.name) if isinstance(by, Client) else (by.pk, "")
    now = clock.now()
    copying.insert(
        StatusChange,
        (
            "verifiable_credential_id",
            "value",
            "is_final",
            "reason",
            "superseded_by",
            "leads_on",
            "by_id",
            "client",
            "at",
        ),
        (
            (pk, value, is_final, reason, superseded_by, leads_on, by_id, client, now)
            for pk in form_ids
        ),
    )


def _take(count: int, purpose: str, format: str) -> list[Entry]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"count": count, "purpose": purpose, "format": format})
        row = cursor.fetchone()
    if row is None:
        return []
    status_list_id, part = row
    return [
        Entry(status_list_id, int.from_bytes(part[at : at + _INDEX_BYTES]))
        for at in range(0, len(part), _INDEX_BYTES)
    ]


def _open_list(purpose: str, format: str) -> None:
    """Open the next list of this kind, unless somebody else just did."""
    permutation = array("I", _shuffled(STATUS_LIST_SIZE))
    if sys.byteorder == "little":
        permutation.byteswap()
    new = StatusList(purpose=purpose, format=format, permutation=permutation.tobytes())
    StatusList.objects.bulk_create([new], ignore_conflicts=True)


def _shuffled(size: int) -> list[int]:
    """All indexes in an order drawn by the operating system's generator (Fisher-Yates).

    From a few indexes of a lesser generator the next could be told. All numbers are drawn at
    once, which is several times as fast as SystemRandom().shuffle; with 64 bits each no order is
    noticeably likelier than another.
    """
    indexes = list(range(size))
    drawn = memoryview(secrets.token_bytes(8 * size)).cast("Q")
    for last, number in zip(range(size - 1, 0, -1), drawn, strict=False):
        chosen = number % (last + 1)
        indexes[last], indexes[chosen] = indexes[chosen], indexes[last]
    return indexes
