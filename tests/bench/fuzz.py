"""Mutated documents, tokens, status lists and images: no error but ours, none slow, no growth.

The seeds are published vectors and samples, where ../shared/data is at hand, and documents of our
own of every form. Each mutant goes the way of what a stranger sends: read, verified, read out for
people. The same count and seed give the same mutants.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import resource
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from issuer.vc import baking, lint, reading
from issuer.vc.errors import Unreachable, VcError
from issuer.vc.jose import token_status_list
from issuer.vc.json_text import parse_json
from issuer.vc.verification import verify, verify_tokens
from tests.bench import mutants, seeds
from tests.bench.rows import Row

COUNT = 100_000
SLOW_SECONDS = 1.0
MAX_GROWTH_MB = 100
WORKERS = 2

_NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@dataclass
class Found:
    """What a share of the mutants has shown."""

    mutants: int = 0
    accepted: int = 0
    foreign: list[str] = field(default_factory=list)
    slowest: float = 0.0
    slow: list[str] = field(default_factory=list)
    growth_mb: float = 0.0

    def add(self, other: Found) -> None:
        """Put another share's findings to these."""
        self.mutants += other.mutants
        self.accepted += other.accepted
        self.foreign += other.foreign
        self.slowest = max(self.slowest, other.slowest)
        self.slow += other.slow
        self.growth_mb = max(self.growth_mb, other.growth_mb)


def run(*, count: int = COUNT, seed: int = 0) -> Iterator[Row]:
    """Run so many mutants on all cores, and tell what they have shown."""
    began = time.perf_counter()
    found = fuzz(count=count, seed=seed)
    seconds = time.perf_counter() - began
    for text in (*found.foreign[:10], *found.slow[:10]):
        print(json.dumps({"bench": "fuzz", "note": text}))
    rate = round(found.mutants / seconds, 1)
    yield _row("mutants", found.mutants, "mutants", "count asked for", count)
    yield _row("rate", rate, "mutants/second", "one a second and core", WORKERS)
    yield _row("accepted", found.accepted, "mutants", "mutants run", found.mutants)
    yield _bound("foreign errors", len(found.foreign), "errors", 0)
    yield _bound("slowest", round(found.slowest, 4), "seconds", SLOW_SECONDS)
    yield _bound("growth", round(found.growth_mb, 1), "MB", MAX_GROWTH_MB)


def fuzz(*, count: int, seed: int) -> Found:
    """Run so many mutants in WORKERS processes."""
    shares = [
        (count // WORKERS + (n < count % WORKERS), seed * WORKERS + n) for n in range(WORKERS)
    ]
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


def _bound(name: str, value: float, unit: str, bound: float) -> Row:
    return Row(
        name=name,
        value=value,
        unit=unit,
        reference="bound",
        reference_value=bound,
        is_good=value <= bound,
    )


def _share(count: int, seed: int) -> Found:
    dice = random.Random(seed)
    corpus = [(name, content, look) for name, made, look in _WAYS for content in made()]
    for _, content, look in corpus:  # the caches are filled, which is no growth
        _try(look, content)
    before = _peak_mb()
    found = Found()
    for number in range(count):
        name, content, look = dice.choice(corpus)
        mutant = mutants.mutate(content, dice)
        began = time.process_time()  # others may want the processor, too
        try:
            found.accepted += look(mutant)
        except VcError:
            pass
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            where = traceback.extract_tb(error.__traceback__)[-1]
            at = f"{Path(where.filename).name}:{where.lineno}"
            found.foreign.append(f"{name} {seed}/{number}: {error!r} at {at}, {mutant[-300:]!r}")
        seconds = time.process_time() - began
        found.slowest = max(found.slowest, seconds)
        if seconds > SLOW_SECONDS:
            found.slow.append(f"{name} {seed}/{number}: {seconds:.2f} s for {mutant[:300]!r}")
        found.mutants += 1
    found.growth_mb = _peak_mb() - before
    return found


def _try(look: Callable[[bytes], bool], content: bytes) -> None:
    try:
        look(content)
    except VcError:
        return


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# The ways that strangers' bytes go


def _document(content: bytes) -> bool:
    document = parse_json(content)
    lint.lint(document, issuer_did=seeds.DID, profile=lint.CONFORMANCE)
    lint.lint(document, issuer_did=seeds.DID)
    reading.read(document)
    report = verify.verify(
        document,
        resolve_did=_nobody,
        fetch_status_list=lambda url: document,
        now=_NOW,
        policy=verify.CONFORMANCE,
    )
    return report.verdict is verify.Verdict.VALID


def _presentation(content: bytes) -> bool:
    found = verify.verify_presentation(
        parse_json(content), resolve_did=_nobody, fetch_status_list=_nobody, now=_NOW
    )
    return found.verdict is verify.Verdict.VALID


def _listed(content: bytes) -> bool:
    """A good badge whose status list is the mutant."""
    report = verify.verify(
        seeds.badge(),
        resolve_did=_nobody,
        fetch_status_list=lambda url: parse_json(content),
        now=_NOW,
    )
    return report.verdict is verify.Verdict.VALID


def _identifier_document(content: bytes) -> bool:
    """A badge by somebody whose DID document is the mutant."""
    web = "did:web:college.example"
    badge = {**seeds.badge(), "issuer": web}
    badge["proof"] = {**badge["proof"], "verificationMethod": f"{web}#key-1"}
    report = verify.verify(
        badge,
        resolve_did=lambda name: parse_json(content),
        fetch_status_list=_nobody,
        now=_NOW,
    )
    return report.verdict is verify.Verdict.VALID


def _token(content: bytes) -> bool:
    text = content.decode("utf-8", "replace")
    report = verify_tokens.verify_token(
        text,
        resolve_did=_nobody,
        fetch_status_list=_nobody,
        fetch_status_token=lambda url: text,
        now=_NOW,
    )
    return report.verdict is verify.Verdict.VALID


def _status_token(content: bytes) -> bool:
    token_status_list.read(content.decode("utf-8", "replace")).status(3)
    return True


def _image(content: bytes) -> bool:
    baking.extract(content)
    return True


def _nobody(name: str) -> Any:
    raise Unreachable(name)


_WAYS: tuple[tuple[str, Callable[[], list[bytes]], Callable[[bytes], bool]], ...] = (
    ("documents", seeds.documents, _document),
    ("status lists", seeds.status_lists, _listed),
    ("DID documents", seeds.did_documents, _identifier_document),
    ("presentations", seeds.presentations, _presentation),
    ("tokens", seeds.tokens, _token),
    ("status tokens", seeds.status_tokens, _status_token),
    ("images", seeds.images, _image),
)
