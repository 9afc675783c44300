"""The audit: whether the ledger is whole and the documents are still those that it entered."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count

from issuer.models import Batch, Credential, LedgerEntry, SecuredDocument, StatusChange
from issuer.services import ledger, ranges

REQUESTED = "credentials.requested"
SIGNED = "credentials.signed"
# What was done to a batch as a whole; the entry names the credentials by their positions.
ALL_CHANGED = {
    "credentials.revoked": "revoked",
    "credentials.suspended": "suspended",
    "credentials.reinstated": "reinstated",
}
CHANGES = {
    "credential.revoked": "revoked",
    "credential.superseded": "revoked",
    "credential.suspended": "suspended",
    "credential.reinstated": "reinstated",
}

# How often what was done to which credential.
_Acts = Counter[tuple[uuid.UUID, str]]


@dataclass(frozen=True)
class Verdict:
    """What an audit found.

    `first_bad` is the first sequence number of an entry that is wrong itself or that the rows no
    longer bear out; it is None where rows are there of which no entry tells. Each fault is a
    sentence.
    """

    entries: int
    ok: bool
    first_bad: int | None
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Fault:
    sequence: int | None
    text: str


def check() -> Verdict:
    """Follow the chain, then compute the Merkle root of every chunk anew from the stored rows.

    Finds a credential or a signed document that was changed, taken out or put in, told by batch
    and positions, and a revocation, suspension or reinstatement that was taken out or put in. A
    broken chain vouches for nothing: then no row is looked at. Credentials may be issued meanwhile.
    """
    chain = ledger.check()
    if chain.first_bad is not None:
        faults = [_Fault(chain.first_bad, f"Entry {chain.first_bad} was changed or is missing.")]
    else:
        faults = [*_documents(REQUESTED), *_documents(SIGNED), *_status_changes()]
    numbers = [fault.sequence for fault in faults if fault.sequence is not None]
    return Verdict(
        entries=chain.entries,
        ok=not faults,
        first_bad=min(numbers, default=None),
        faults=tuple(fault.text for fault in faults),
    )


def _documents(act: str) -> Iterator[_Fault]:
    """The chunks whose root is another now, and the batches with more rows than were entered."""
    # Counted before the entries are read, so that what is issued meanwhile is not taken for more.
    stored = _count(act)
    entered: Counter[str] = Counter()
    for entry in LedgerEntry.objects.filter(act=act).order_by("sequence").iterator():
        batch, chunk = _id(entry.subject), entry.details
        entered[batch] += chunk["count"]
        root = ledger.merkle_root(_digests(act, batch, chunk["first"], chunk["last"]))
        if root != chunk["root"]:
            yield _Fault(
                entry.sequence,
                f"Batch {batch}, positions {chunk['first']} to {chunk['last']}: these are not "
                f"the documents of entry {entry.sequence} ({act}).",
            )
    for batch, count in stored.items():
        if count > entered[batch]:
            yield _Fault(None, f"Batch {batch} holds documents of which no entry tells ({act}).")


def _digests(act: str, batch: str, first: int, last: int) -> list[bytes]:
    """The SHA-256 of what was frozen, or of what was signed, at these positions, made anew."""
    if act == REQUESTED:
        requested = Credential.objects.filter(batch=uuid.UUID(batch), position__range=(first, last))
        return [each.frozen for each in requested.select_related("shape").order_by("position")]
    signed = SecuredDocument.objects.filter(
        verifiable_credential__credential__batch=uuid.UUID(batch),
        verifiable_credential__credential__position__range=(first, last),
    )
    in_order = signed.whole().order_by("verifiable_credential__credential__position")
    return [each.digest_anew() for each in in_order]


def _count(act: str) -> dict[str, int]:
    batch = "credentials" if act == REQUESTED else "credentials__verifiable_credentials__secured"
    counted = Batch.objects.order_by().annotate(rows=Count(batch)).filter(rows__gt=0)
    return {str(pk): rows for pk, rows in counted.values_list("pk", "rows")}


def _status_changes() -> Iterator[_Fault]:
    """The revocations, suspensions and reinstatements of which entry or row is missing."""
    # Counted on both sides of the entries, so that what is done meanwhile is not taken for a
    # fault: rows and entries only grow.
    before = _done()
    entered, newest = _entered()
    after = _done()
    for (credential, act), times in entered.items():
        if times > after[credential, act]:
            text = f"Credential {credential} was {act} by an entry, but no row bears that out."
            yield _Fault(newest[credential], text)
    for (credential, act), times in sorted(before.items()):
        if times > entered[credential, act]:
            text = f"Credential {credential} was {act}, of which no entry tells."
            yield _Fault(newest.get(credential), text)


def _done() -> _Acts:
    """How often something was done to each credential, as the rows say."""
    rows = StatusChange.objects.order_by().values_list(
        "verifiable_credential__credential", "verifiable_credential", "value", "is_final"
    )
    found: _Acts = Counter()
    for credential, _, value, is_final, times in rows.annotate(Count("pk")):
        act = StatusChange(value=value, is_final=is_final).act
        # What is done to a credential is done to each of its forms.
        found[credential, act] = max(found[credential, act], times)
    return found


def _entered() -> tuple[_Acts, dict[uuid.UUID, int]]:
    """The same as the ledger says, and the newest entry about each credential."""
    found: _Acts = Counter()
    newest: dict[uuid.UUID, int] = {}
    words = CHANGES | ALL_CHANGED
    entries = LedgerEntry.objects.filter(act__in=words).order_by("sequence")
    for entry in entries.iterator():
        subject = uuid.UUID(_id(entry.subject))
        if entry.act in ALL_CHANGED:
            members = _members(subject, entry.details["positions"])
        else:
            members = [subject]
        for credential in members:
            found[credential, words[entry.act]] += 1
            newest[credential] = entry.sequence
    return found, newest


def _members(batch: uuid.UUID, positions: str) -> list[uuid.UUID]:
    """The credentials at these positions of a batch."""
    ids = dict(Credential.objects.filter(batch=batch).values_list("position", "pk"))
    return [ids[position] for position in ranges.read(positions) if position in ids]


def _id(subject: str) -> str:
    return subject.partition(":")[2]
