"""Shapes of every kind, filled for hostile learners, beside the full pipeline: byte for byte.

The JSON, the canonical statements for either digest and the signed document are compared, and
with pyld alone those of one learner of each shape.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from issuer.vc.errors import NotExpressible, ShapeDiffers
from issuer.vc.shapes import Shape, trials
from tests.bench import families, pyld_straight
from tests.bench.rows import Row

COUNT = 20_000
LEARNERS_PER_SHAPE = 25
WORKERS = 2


@dataclass
class Found:
    """What a share of the learners has shown."""

    learners: int = 0
    compared: int = 0
    shapes: int = 0
    without_shape: int = 0
    by_pyld: int = 0
    differing: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Put another share's findings to these."""
        self.learners += other.learners
        self.compared += other.compared
        self.shapes += other.shapes
        self.without_shape += other.without_shape
        self.by_pyld += other.by_pyld
        self.differing += other.differing


def run(*, count: int = COUNT, seed: int = 0) -> Iterator[Row]:
    """Compare so many learners on all cores, and tell what they have shown."""
    began = time.perf_counter()
    found = compare(count=count, seed=seed)
    seconds = time.perf_counter() - began
    for text in found.differing[:10]:
        print(json.dumps({"bench": "shapes", "note": text}))
    full_way = found.learners - found.compared
    yield _row("learners", found.learners, "learners", "count asked for", count)
    yield _row("compared", found.compared, "learners", "learners", found.learners)
    yield _row("full way", full_way, "learners", "learners", found.learners)
    yield _row("shapes", found.shapes, "shapes", "learners", found.learners)
    drawn = found.shapes + found.without_shape
    yield _row("without shape", found.without_shape, "documents", "documents drawn", drawn)
    yield _row("by pyld alone", found.by_pyld, "learners", "shapes", found.shapes)
    yield _row("rate", round(found.learners / seconds, 1), "learners/second", "cores", WORKERS)
    yield Row(
        name="differing",
        value=len(found.differing),
        unit="learners",
        reference="bound",
        reference_value=0,
        is_good=not found.differing,
    )


def compare(*, count: int, seed: int) -> Found:
    """Compare so many learners in WORKERS processes."""
    shares = [(count // WORKERS, seed * WORKERS + n) for n in range(WORKERS)]
    found = Found()
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        for share in pool.starmap(_share, shares):
            found.add(share)
    return found


def _row(name: str, value: float, unit: str, reference: str, reference_value: float) -> Row:
    return Row(
        name=name,
        value=value,
        unit=unit,
        reference=reference,
        reference_value=reference_value,
    )


def _share(count: int, seed: int) -> Found:
    dice = random.Random(seed)
    found = Found()
    while found.learners < count:
        try:
            shape = families.draw(dice)
        except NotExpressible:
            found.without_shape += 1
            continue
        number = min(LEARNERS_PER_SHAPE, count - found.learners)
        found.shapes += 1
        found.learners += number
        try:
            values = trials.hostile(shape, number, seed=dice.getrandbits(32))
            found.compared += trials.check(shape, values)
            found.by_pyld += _is_as_pyld_says(shape)
        except ShapeDiffers as error:
            found.differing.append(f"{seed}/{found.learners}: {error}")
    return found


def _is_as_pyld_says(shape: Shape) -> bool:
    (values,) = trials.hostile(shape, 1, seed=1)
    document = trials.exchanged(shape.document, dict(zip(shape.holes, values, strict=True)))
    try:
        ours = shape.canonical(values)
    except NotExpressible:
        return False
    if ours != pyld_straight.canonize(document):
        raise ShapeDiffers(f"pyld alone makes other statements for {values!r}.")
    return True
