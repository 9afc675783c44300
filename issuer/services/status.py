"""Status: allocate entries, revoke, and tell the bits that are to be published."""

import secrets
from array import array
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from issuer.errors import NotIssued, ReasonMissing
from issuer.models import Credential, StatusChange, StatusList, StatusListPublication
from issuer.models.status import STATUS_LIST_SIZE
from issuer.services import clock, ledger
from issuer.services.clients import Actor, columns
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
        FOR UPDATE
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


@transaction.atomic
def revoke(credential: Credential, *, reason: str, by: Actor) -> StatusChange:
    """Set the revocation bit of every secured form of the credential, for good.

    Verifiers see it within STATUS_LIST_TTL: it waits for the next round of publication, then for
    the caches and copies that may be kept for `seconds_to_keep`. A credential that is still to be
    signed may be revoked; it is then born revoked. Revoking again changes nothing and returns the
    first change.

    Raises ReasonMissing, and NotIssued when no form of it is in a revocation list.
    """
    if not reason.strip():
        raise ReasonMissing()
    # Locked, so that two who revoke at the same moment make one change.
    forms = list(
        credential.verifiable_credentials.select_for_update(of=("self",))
        .filter(status_list__purpose=StatusList.Purpose.REVOCATION)
        .order_by("pk")
    )
    if not forms:
        raise NotIssued()
    first = StatusChange.objects.filter(verifiable_credential__in=forms).order_by("pk").first()
    if first is not None:
        return first
    changes = StatusChange.objects.bulk_create(
        StatusChange(verifiable_credential=form, value=True, reason=reason, **columns(by))
        for form in forms
    )
    ledger.append("credential.revoked", credential, by=by, reason=reason)
    return changes[0]


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
    # In the order of random keys by the operating system's generator: from a few indexes of a
    # lesser one the next could be told. Thrice as fast as SystemRandom().shuffle.
    keys = array("Q", secrets.token_bytes(8 * STATUS_LIST_SIZE))
    indexes = sorted(range(STATUS_LIST_SIZE), key=keys.__getitem__)
    permutation = b"".join(index.to_bytes(_INDEX_BYTES) for index in indexes)
    new = StatusList(purpose=purpose, format=format, permutation=permutation)
    StatusList.objects.bulk_create([new], ignore_conflicts=True)
