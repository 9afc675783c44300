"""The audit: whether the ledger is whole and the documents are still those that it entered."""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from issuer.models import Batch, Credential, LedgerEntry, SecuredDocument, StatusChange
from issuer.services import credentials, ledger

REQUESTED = "credentials.requested"
SIGNED = "credentials.signed"
REVOKED = "credential.revoked"


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
    and positions, and a revocation that was taken out or put in. A broken chain vouches for
    nothing: then no row is looked at. Credentials may be issued meanwhile.
    """
    chain = ledger.check()
    if chain.first_bad is not None:
        faults = [_Fault(chain.first_bad, f"Entry {chain.first_bad} was changed or is missing.")]
    else:
        faults = [*_documents(REQUESTED), *_documents(SIGNED), *_revocations()]
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
        texts = _texts(act, batch, chunk["first"], chunk["last"])
        root = ledger.merkle_root([credentials.digest(text) for text in texts.iterator()])
        if root != chunk["root"]:
            yield _Fault(
                entry.sequence,
                f"Batch {batch}, positions {chunk['first']} to {chunk['last']}: these are not "
                f"the documents of entry {entry.sequence} ({act}).",
            )
    for batch, count in stored.items():
        if count > entered[batch]:
            yield _Fault(None, f"Batch {batch} holds documents of which no entry tells ({act}).")


def _texts(act: str, batch: str, first: int, last: int) -> "QuerySet[Any, str]":
    if act == REQUESTED:
        requested = Credential.objects.filter(batch=uuid.UUID(batch), position__range=(first, last))
        return requested.order_by("position").values_list("document", flat=True)
    signed = SecuredDocument.objects.filter(
        verifiable_credential__credential__batch=uuid.UUID(batch),
        verifiable_credential__credential__position__range=(first, last),
    )
    in_order = signed.order_by("verifiable_credential__credential__position")
    return in_order.values_list("body", flat=True)


def _count(act: str) -> dict[str, int]:
    batch = "credentials" if act == REQUESTED else "credentials__verifiable_credentials__secured"
    counted = Batch.objects.order_by().annotate(rows=Count(batch)).filter(rows__gt=0)
    return {str(pk): rows for pk, rows in counted.values_list("pk", "rows")}


def _revocations() -> Iterator[_Fault]:
    """The revocations of which entry or change is missing."""
    # Read on both sides of the entries, so that what is revoked meanwhile is not taken for a fault.
    before = _revoked()
    entered = {
        _id(subject): sequence
        for subject, sequence in LedgerEntry.objects.filter(act=REVOKED)
        .order_by("sequence")
        .values_list("subject", "sequence")
    }
    after = _revoked()
    for credential, sequence in entered.items():
        if uuid.UUID(credential) not in after:
            text = f"Credential {credential} is revoked by entry {sequence}, but no longer so."
            yield _Fault(sequence, text)
    for revoked in sorted(before - {uuid.UUID(pk) for pk in entered}):
        yield _Fault(None, f"Credential {revoked} is revoked, of which no entry tells.")


def _revoked() -> set[uuid.UUID]:
    latest = dict(
        StatusChange.objects.order_by("pk").values_list(
            "verifiable_credential__credential", "value"
        )
    )
    return {credential for credential, value in latest.items() if value}


def _id(subject: str) -> str:
    return subject.partition(":")[2]
