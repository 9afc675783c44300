"""How many of the skills that people chose for a text are among the ten that are suggested.

O*NET's own links of tasks to work activities, and a hundred outcome texts labelled here with ESCO's
skills (outcome_texts.json). Intervals are of 95 %, from texts drawn anew.
"""

from __future__ import annotations

import csv
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import college, vocabulary
from tests.bench.rows import Row

if TYPE_CHECKING:
    from skills.models import Skill

# Texts of each set; fewer are the first of them.
COUNT = 2_000
SHOWN = 10
DRAWS = 1_000
TASKS = vocabulary.DATA / "skill-eval" / "onet_task_to_dwa_test2000.csv"
OUTCOMES = Path(__file__).with_name("outcome_texts.json")
# What the words alone must reach on O*NET's set, and what the meanings must.
BOUNDS = {"words": 0.40, "words and meaning": 0.55}


@dataclass(frozen=True, kw_only=True)
class Estimate(Row):
    """A mean over texts with the interval in which it lies."""

    low: float
    high: float


@dataclass(frozen=True)
class Labelled:
    """A text, and what people chose for it."""

    text: str
    chosen: frozenset[str]


def run(*, count: int, seed: int) -> Iterator[Row]:
    """Yield recall at ten and the mean reciprocal rank of each method on both sets."""
    with college.opened():
        dice = random.Random(seed)
        onet = vocabulary.folder("onet")
        yield from _judged(
            "O*NET tasks",
            _tasks()[:count],
            lambda skill: skill.code,
            {"frameworks": [onet], "kinds_at_source": ["Detailed Work Activity"]},
            dice,
            BOUNDS,
        )
        esco = vocabulary.folder("esco")
        yield from _judged(
            "outcome texts",
            _outcomes()[:count],
            lambda skill: skill.uri,
            {"frameworks": [esco]},
            dice,
        )


def _tasks() -> list[Labelled]:
    with TASKS.open(newline="", encoding="utf-8") as lines:
        return [
            Labelled(row["task"], frozenset(re.split(r"[;| ]+", row["dwa_ids"])))
            for row in csv.DictReader(lines)
        ]


def _outcomes() -> list[Labelled]:
    return [
        Labelled(each["text"], frozenset(each["skills"]))
        for each in json.loads(OUTCOMES.read_text(encoding="utf-8"))
    ]


def _judged(
    name: str,
    texts: Sequence[Labelled],
    key: Callable[[Skill], str],
    within: dict[str, Any],
    dice: random.Random,
    bounds: dict[str, float] | None = None,
) -> Iterator[Row]:
    from skills.services import suggestions

    for method in _methods():
        if method == suggestions.WORDS_AND_MEANING and (why := _why_not()):
            yield _not_run(f"{name}, {method}", why)
            continue
        recalls, ranks, times = [], [], []
        for each in texts:
            begin = time.perf_counter()
            suggested = suggestions.suggest(each.text, limit=SHOWN, **within)
            found = [key(suggestion.skill) for suggestion in suggested]
            times.append((time.perf_counter() - begin) * 1000)
            recalls.append(len(each.chosen.intersection(found)) / len(each.chosen))
            at = next((at for at, one in enumerate(found, 1) if one in each.chosen), 0)
            ranks.append(1 / at if at else 0)
        bound = (bounds or {}).get(method, 0.0)
        yield _estimate(f"{name}, {method}: recall@{SHOWN}", recalls, dice, bound=bound)
        yield _estimate(f"{name}, {method}: MRR", ranks, dice, bound=0.0)
        yield Row(
            name=f"{name}, {method}: p95",
            value=round(statistics.quantiles(times, n=20)[-1], 1),
            unit="ms",
            reference="p50",
            reference_value=round(statistics.median(times), 1),
            runs=len(times),
        )


def _methods() -> Iterator[str]:
    """Words, then meanings too: switched on, and what is new learnt, while it is their turn."""
    from django.conf import settings

    from skills.services import meanings, suggestions

    settings.SUGGEST_BY_MEANING = False
    yield suggestions.WORDS
    settings.SUGGEST_BY_MEANING = True
    while not _why_not() and meanings.learn_some():
        pass
    yield suggestions.WORDS_AND_MEANING


def _why_not() -> str:
    """Why meanings can not be measured here; nothing where they can."""
    from skills.errors import ModelUnusable
    from skills.services import meanings

    try:
        meanings.try_model()
    except ModelUnusable as error:
        return str(error)
    return ""


def _not_run(name: str, why: str) -> Row:
    return Row(
        name=name, value=0, unit="share", reference=f"not run: {why}", reference_value=0, runs=0
    )


def _estimate(name: str, values: list[float], dice: random.Random, *, bound: float) -> Estimate:
    mean = statistics.fmean(values)
    means = sorted(statistics.fmean(dice.choices(values, k=len(values))) for _ in range(DRAWS))
    return Estimate(
        name=name,
        value=round(mean, 4),
        unit="share",
        reference="bound" if bound else "none",
        reference_value=bound,
        runs=len(values),
        is_good=mean >= bound,
        low=round(means[DRAWS * 25 // 1000], 4),
        high=round(means[DRAWS * 975 // 1000], 4),
    )
