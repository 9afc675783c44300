"""Status lists: hand out entries, revoke a whole batch, publish, each beside a plainer way.

On a database of its own, with credentials that real workers have issued. Every way is in
transactions of its own and commits; the median of several turns counts.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.bench import college, pyld_straight, side_by_side
from tests.bench.rows import Row

if TYPE_CHECKING:
    from issuer.models import StatusList

COUNT = 10_000
RUNS = 5
# The plainer ways are slow enough to be told from fewer.
PLAIN_COUNT = 500
FORMAT = "eddsa-rdfc-2022"

_TAKE_ONE = """
    UPDATE issuer_statuslist SET taken = taken %% size + 1 WHERE id = %s
    RETURNING substring(permutation FROM (taken - 1) * 4 + 1 FOR 4)
"""


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield how many entries, credentials and lists a second, and what else would do."""
    with college.opened() as home:
        home.employ()
        home.issue(home.prepared(count))
        yield from _allocate(count)
        yield from _revoke(home, count)
        yield from _publish()


def _allocate(count: int) -> Iterator[Row]:
    from issuer.services import status

    ways = {
        "allocate": _rate(count, lambda: status.allocate(count, format=FORMAT)),
        f"one UPDATE .. RETURNING an entry, {PLAIN_COUNT} in a transaction": _rate(
            PLAIN_COUNT, _take_one_by_one
        ),
        "all that are used, and a draw from the rest": _rate(count, lambda: _draw(count)),
    }
    yield from _rows("allocate", ways, unit="entries/second")


def _take_one_by_one() -> None:
    """A statement for each entry; each passes over all versions of the row before its own."""
    from django.db import connection, transaction

    from issuer.models import StatusList

    listed = StatusList.objects.only("pk").latest("pk")
    with transaction.atomic(), connection.cursor() as cursor:
        for _ in range(PLAIN_COUNT):
            cursor.execute(_TAKE_ONE, [listed.pk])
            cursor.fetchone()
        transaction.set_rollback(True)


def _draw(count: int) -> list[int]:
    """Ask which entries of the list are used, and draw others; whoever is second must wait."""
    from django.db import transaction

    from issuer.models import StatusList, VerifiableCredential

    with transaction.atomic():
        listed = StatusList.objects.defer("permutation").select_for_update().earliest("pk")
        found = VerifiableCredential.objects.filter(status_list=listed)
        used = set(found.values_list("status_index", flat=True))
        free = [index for index in range(listed.size) if index not in used]
        return random.SystemRandom().sample(free, min(count, len(free)))


def _revoke(home: college.College, count: int) -> Iterator[Row]:
    from issuer.models import Credential
    from registrar.services.awarding import withdrawals

    def all_at_once() -> float:
        batch = home.prepared(count)
        home.issue(batch)
        batch.refresh_from_db()
        begin = time.perf_counter()
        withdrawals.revoke_all(batch, by=home.clara, reason="The examination was void.")
        return count / (time.perf_counter() - begin)

    def one_by_one() -> float:
        batch = home.prepared(PLAIN_COUNT)
        home.issue(batch)
        credentials = list(Credential.objects.filter(batch=batch))
        begin = time.perf_counter()
        for credential in credentials:
            withdrawals.revoke(credential, by=home.clara, reason="The examination was void.")
        return len(credentials) / (time.perf_counter() - begin)

    ways = {"revoke": all_at_once, "one transaction for each": one_by_one}
    yield from _rows("revoke", ways, unit="credentials/second")


def _publish() -> Iterator[Row]:
    from issuer.models import StatusList
    from issuer.services import publishing

    lists = StatusList.objects.defer("permutation").filter(entries__status_changes__isnull=False)
    listed = lists.earliest("pk")
    ways = {
        "publish": _rate(1, lambda: publishing.publish(listed)),
        "pyld, no check and no ledger": _rate(1, lambda: _publish_by_pyld(listed)),
    }
    yield from _rows("publish", ways, unit="lists/second")


def _publish_by_pyld(listed: StatusList) -> None:
    """Read, build, sign and store the same list, and neither check nor enter it anywhere."""
    from issuer.models import StatusListPublication
    from issuer.services import clock, status
    from issuer.vc import status_list
    from issuer.vc.signers import Ed25519Signer

    now = clock.now().replace(microsecond=0)
    document = status_list.status_list_credential(
        url=listed.url,
        issuer="did:web:college.example",
        purpose=listed.purpose,
        encoded_list=status_list.encode(status.bits(listed)),
        valid_from=now,
        valid_until=now + timedelta(days=7),
    )
    signer = Ed25519Signer(secrets.token_bytes(32))
    signed = pyld_straight.add_proof(document, signer, "did:web:college.example#key", now)
    newest = status.newest_publication(listed)
    StatusListPublication.objects.create(
        status_list=listed,
        version=newest.version + 1 if newest else 1,
        body=json.dumps(signed),
        sha256="",
        valid_until=now + timedelta(days=7),
    )


def _rate(count: int, do: Callable[[], object]) -> Callable[[], float]:
    """How many a second, when it does so many at once."""

    def way() -> float:
        begin = time.perf_counter()
        do()
        return count / (time.perf_counter() - begin)

    return way


def _rows(name: str, ways: dict[str, Callable[[], float]], *, unit: str) -> Iterator[Row]:
    """The first way beside each of the others."""
    ours, *others = side_by_side.medians(ways, runs=RUNS).items()
    for reference, value in others:
        yield Row(
            name=name,
            value=round(ours[1], 1),
            unit=unit,
            reference=reference,
            reference_value=round(value, 1),
            runs=RUNS,
        )
