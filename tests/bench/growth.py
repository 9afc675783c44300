"""Whether a credential takes longer in a large batch than in a small one: it must stay flat.

Batches of 1,000, 10,000 ... up to the count, each issued by real workers on top of those before.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench import college
from tests.bench.rows import Row, peak_of

COUNT = 100_000
SMALLEST = 1000
# What is compared with: smaller batches pay for the first use of a shape.
COMPARED = 10_000


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield what a credential takes in batches of each size, and the memory in the end."""
    with college.opened() as home:
        home.employ()
        home.issue(home.prepared(SMALLEST))
        each: dict[int, float] = {}
        size = SMALLEST
        while size <= count:
            each[size] = home.issue(home.prepared(size)) / size * 1e6
            yield Row(
                name=f"{size:,} in a batch",
                value=round(each[size], 1),
                unit="microseconds/credential",
                reference=f"{min(COMPARED, size):,} in a batch",
                reference_value=round(each[min(COMPARED, size)], 1),
            )
            size *= 10
        for process, peak in home.peak_memory().items():
            yield peak_of(f"peak memory, {process}", peak)
