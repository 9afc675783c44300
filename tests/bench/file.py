"""A file of awards with one wrong row in ten, from the upload to credentials that are taken back.

On a database of its own, with real workers: the file is read and checked, everybody whose row is
right is awarded after one approval, and then the whole batch is revoked and the lists published.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.bench import college
from tests.bench.rows import Row, exactly
from tests.registrar.award_sheets import planted

if TYPE_CHECKING:
    from issuer.models import Batch, StatusList
    from registrar.models import AwardFile, Revision

COUNT = 10_000
# Seconds for 10,000 rows: until somebody sees how far it is, until all is checked, until all is
# issued after the approval, until that is taken back and every verifier can know.
FIRST_SIGHT, READ, ISSUED, TAKEN_BACK = 2.0, 60.0, 120.0, 120.0
LOOK = 0.02


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield how long each act took, and whether exactly the right rows were awarded."""
    data, wrong = planted(count, count // 10, seed=seed or 7)
    sound = count - len(wrong)
    with college.opened() as home:
        home.employ()
        _warm(home)
        revision = _workshop(home)
        first_sight, read, award_file = _read(home, revision, data)
        yield _seconds("progress is seen", first_sight, FIRST_SIGHT)
        yield _seconds(f"{count:,} rows are read and checked", read, READ * max(count / COUNT, 1))
        named = award_file.rows.filter(outcome="wrong").values_list("number", flat=True)
        yield exactly("wrong rows that are named", len(set(named) & set(wrong)), len(wrong))
        yield exactly("right rows that are named wrong", len(set(named) - set(wrong)), 0)
        prepared, issued, batch = _issue(home, award_file)
        yield _seconds("a batch is prepared", prepared, READ)
        yield _seconds(f"{sound:,} credentials are issued", issued, ISSUED * max(count / COUNT, 1))
        taken_back, shown = _take_back(home, batch)
        yield _seconds("the batch is revoked and published", taken_back, TAKEN_BACK)
        yield exactly("revoked in the published lists", shown, sound)


def _warm(home: college.College) -> None:
    """Workers that are just starting would be timed as well."""
    home.issue(home.prepared(10))


def _workshop(home: college.College) -> Revision:
    """A template without a rule: whoever is in a file is awarded."""
    from registrar.services.drafting import templates

    draft = templates.draft(
        "workshop",
        unit=home.revision.template.unit,
        by=home.clara,
        name="Workshop",
        description="Was at the workshop from beginning to end.",
        criteria="Presence, as noted by its leader.",
        hours=Decimal(6),
        assessment="attendance",
        result_descriptions=[
            {
                "name": "Closing exercise",
                "result_type": "Percent",
                "value_min": "0",
                "value_max": "100",
            }
        ],
        skills=[each.skill for each in home.revision.attested.all()],
    )
    return templates.approve(templates.submit(draft, by=home.clara), by=home.dev)


def _read(home: college.College, revision: Revision, data: bytes) -> tuple[float, float, AwardFile]:
    """Seconds until progress is seen, until all is checked; and the file."""
    from registrar.models import AwardFile
    from registrar.services.awarding import award_files
    from registrar.tasks import read_award_file

    begin = time.perf_counter()
    kept = award_files.take(data, template=revision.template, by=home.clara, file_name="people.csv")
    read_award_file.delay(str(kept.pk))
    first_sight = 0.0
    while kept.state == AwardFile.State.READING:
        time.sleep(LOOK)
        kept.refresh_from_db(fields=["state", "total", "looked_at"])
        if kept.total and not first_sight:
            first_sight = time.perf_counter() - begin
    seconds = time.perf_counter() - begin
    kept.refresh_from_db()
    return first_sight, seconds, kept


def _issue(home: college.College, award_file: AwardFile) -> tuple[float, float, Batch]:
    """Seconds until the batch waits for its approval, from that until all is issued; the batch."""
    from registrar.services.awarding import award_files

    begin = time.perf_counter()
    batch = award_files.prepare(award_file, by=home.clara)
    prepared = time.perf_counter() - begin
    return prepared, home.issue(batch), batch


def _take_back(home: college.College, batch: Batch) -> tuple[float, int]:
    """Seconds until every verifier can know, and how many the published lists say are revoked."""
    from issuer.models import StatusList
    from issuer.services import publishing
    from registrar.services.awarding import withdrawals

    batch.refresh_from_db()
    begin = time.perf_counter()
    withdrawals.revoke_all(batch, by=home.clara, reason="It was another workshop.")
    lists = StatusList.objects.filter(entries__credential__batch=batch).distinct()
    for listed in lists.defer("permutation"):
        publishing.publish(listed)
    seconds = time.perf_counter() - begin
    return seconds, sum(bits.bit_count() for bits in map(_published, lists))


def _published(listed: StatusList) -> int:
    """The bits that the newest edition of a list says, as a number."""
    from issuer.services import status

    edition = status.newest_publication(listed)
    return int.from_bytes(status.published_bits(edition)) if edition else 0


def _seconds(name: str, value: float, bound: float) -> Row:
    return Row(
        name=name,
        value=round(value, 2),
        unit="seconds",
        reference="bound",
        reference_value=bound,
        is_good=value < bound,
    )
