"""The ledger: who did what, when and why, in a chain in which every later change shows."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, models, transaction

from issuer.models import LedgerEntry
from issuer.services import clock
from issuer.services.clients import Actor, Client

NO_HASH = "0" * 64

# "ledger" in ASCII: the advisory lock under which one entry is chained after the other.
_LOCK = 0x6C6564676572


@dataclass(frozen=True)
class Verdict:
    """What a check of the chain found; `first_bad` is the first sequence number that is wrong."""

    entries: int
    ok: bool
    first_bad: int | None


@dataclass(frozen=True)
class Stretch:
    """A part of the chain that was followed: its last whole entry, and the first that is wrong."""

    last: int
    hash: str
    first_bad: int | None


@transaction.atomic
def append(
    act: str,
    subject: models.Model | str,
    *,
    by: Actor | str,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> LedgerEntry:
    """Enter an act in the transaction that performs it; nothing is entered if that fails.

    Entries follow each other without a gap, which is why writers wait here for each other until
    they commit: append last. `details` are ids, counts and digests, whole numbers and texts,
    never anything about a person; of a client they get the id, since anything may bear its name.
    The time is the database's.
    """
    user = by if isinstance(by, User) else None
    details = dict(details or {})
    if isinstance(by, Client):
        details["client"] = by.id
    at, sequence, previous_hash = _next_place()
    entry = LedgerEntry(
        sequence=sequence,
        at=at,
        actor=user.get_username() if user else str(by),
        user=user,
        act=act,
        subject=subject if isinstance(subject, str) else name_of(subject),
        reason=reason,
        details=details,
        previous_hash=previous_hash,
    )
    entry.hash = _hash(entry)
    entry.save(force_insert=True)
    return entry


def check() -> Verdict:
    """Compute every hash anew and follow the chain from its first entry.

    Finds an entry that was changed, taken out or put in. Entries cut off at the end are found
    only by who has kept a later hash.
    """
    found = follow(0, NO_HASH)
    if found.first_bad is None:
        return Verdict(entries=found.last, ok=True, first_bad=None)
    return Verdict(entries=LedgerEntry.objects.count(), ok=False, first_bad=found.first_bad)


def follow(after: int, previous_hash: str, *, count: int | None = None) -> Stretch:
    """Compute anew the hashes of the entries after this one, of so many at most."""
    last = after
    entries = LedgerEntry.objects.filter(sequence__gt=after).order_by("sequence")
    for entry in entries[:count].iterator():
        if (
            entry.sequence != last + 1
            or entry.previous_hash != previous_hash
            or entry.hash != _hash(entry)
        ):
            return Stretch(last=last, hash=previous_hash, first_bad=last + 1)
        last, previous_hash = entry.sequence, entry.hash
    return Stretch(last=last, hash=previous_hash, first_bad=None)


def name_of(subject: models.Model) -> str:
    """How the ledger names a row: "app.model:id"."""
    return f"{subject._meta.label_lower}:{subject.pk}"


def merkle_root(digests: Sequence[bytes]) -> str:
    """The root, in hexadecimal, of the Merkle tree over these digests in this order.

    Leaves and nodes are told apart by their first byte, as in RFC 6962, section 2.1, so that one
    entry vouches for every document of a chunk.
    """
    if not digests:
        return hashlib.sha256().hexdigest()
    level = [hashlib.sha256(b"\x00" + digest).digest() for digest in digests]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        # The last of an odd number hangs one level higher.
        level = above + level[2 * len(above) :]
    return level[0].hex()


def _next_place() -> tuple[datetime, int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    # Statements of their own: only what begins after the lock was granted sees the entry before.
    last = LedgerEntry.objects.order_by("-sequence").values_list("sequence", "hash").first()
    sequence, previous_hash = last or (0, NO_HASH)
    return clock.now(), sequence + 1, previous_hash


def _hash(entry: LedgerEntry) -> str:
    covered = {
        "sequence": entry.sequence,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "user": entry.user_id,
        "act": entry.act,
        "subject": entry.subject,
        "reason": entry.reason,
        "details": entry.details,
        "previous_hash": entry.previous_hash,
    }
    text = json.dumps(covered, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
