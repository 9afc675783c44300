"""Which skills of two frameworks read alike: by the words in common, the rarer the likelier.

Only ever a suggestion: a link comes of it when one person proposes it and another accepts it.
"""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest
from math import log, sqrt
from typing import Final, NamedTuple

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from skills.models import Comparison, Framework, Skill
from skills.services import crosswalk

# Pairs that a person looks at: so many for each skill on the left, so many in all.
PER_SKILL: Final = 3
MOST_PAIRS: Final = 5_000
LEAST_LIKE: Final = 0.15
# So many pairs are compared in two seconds or less on one core.
QUICK: Final = 2_000_000
# Who has waited for so long is rung for again.
PATIENCE: Final = timedelta(minutes=5)

_BATCH: Final = 2_000
# The words of a skill's name say three times as much as those of its description.
_NAMED: Final = 3.0
# A word that one in so many skills has tells them hardly apart, and costs most of the time.
_ONE_IN: Final = 20
_FEW: Final = 50
# PostgreSQL's names for the languages whose words it can bring to their stems.
_LANGUAGES: Final[Mapping[str, str]] = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "sv": "swedish",
}
_WORD: Final = re.compile(r"[^\W_]+")


class Pair(NamedTuple):
    """Two skills by their keys, how like they are from 0 to 1, and the stems in common."""

    origin: int
    destination: int
    likeness: float
    stems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Alike:
    """Two skills that read alike and may be linked, and why."""

    origin: Skill
    destination: Skill
    likeness: float
    words: Sequence[str]

    @property
    def why(self) -> str:
        """The reason in words."""
        return f"Words in common: {', '.join(self.words)}."


def ask(
    left: Framework, right: Framework, *, by: User | None, at: datetime | None = None
) -> Comparison:
    """Have two frameworks compared, or compared anew. Until that is done, it waits."""
    found, _ = Comparison.objects.update_or_create(
        left=left,
        right=right,
        defaults={
            "asked_by": by,
            "asked_at": at or timezone.now(),
            "compared_at": None,
            "pairs": [],
        },
    )
    return found


def is_quick(left: Framework, right: Framework) -> bool:
    """Whether somebody can wait for it."""
    counts = [Skill.objects.current().filter(framework=each).count() for each in (left, right)]
    return counts[0] * counts[1] <= QUICK


def compare(comparison: Comparison, *, at: datetime | None = None) -> Comparison:
    """Find the likest pairs of a comparison that waits; done twice it finds the same.

    For each skill on the left the best three on the right. Skills that are retired, and mere
    headings, are passed over. The stems are PostgreSQL's; how rare a word is in both frameworks
    together decides what it weighs (cosine of tf-idf). In memory are the stems of both sides.
    """
    language = _language(comparison.left, comparison.right)
    sides = [list(_stemmed(each, language)) for each in (comparison.left, comparison.right)]
    pairs = nlargest(MOST_PAIRS, _pairs(*sides), key=lambda pair: (pair.likeness, -pair.origin))
    kept = [[one.origin, one.destination, one.likeness, list(one.stems)] for one in pairs]
    comparison.pairs, comparison.compared_at = kept, at or timezone.now()
    # Somebody may have asked anew meanwhile; that one still waits then.
    Comparison.objects.filter(pk=comparison.pk, asked_at=comparison.asked_at).update(
        pairs=kept, compared_at=comparison.compared_at
    )
    return comparison


def waiting(*, at: datetime | None = None) -> list[int]:
    """The keys of the comparisons that wait for so long that a message must have been lost."""
    before = (at or timezone.now()) - PATIENCE
    rows = Comparison.objects.filter(compared_at=None, asked_at__lt=before)
    return list(rows.values_list("pk", flat=True))


def unjudged(comparison: Comparison, *, origin: Skill | None = None) -> list[Pair]:
    """The pairs of which nobody has said anything yet, the likest first."""
    judged = crosswalk.judged(comparison.left, comparison.right)
    pairs = (Pair(*pair) for pair in comparison.pairs)
    return [
        pair
        for pair in pairs
        if (origin is None or pair.origin == origin.pk)
        and frozenset((pair.origin, pair.destination)) not in judged
    ]


def alike(pairs: Iterable[Pair]) -> list[Alike]:
    """The pairs as people read them; without those of which a skill was retired since."""
    pairs = list(pairs)
    keys = {key for pair in pairs for key in (pair.origin, pair.destination)}
    found = Skill.objects.current().select_related("framework").in_bulk(keys)
    return [
        Alike(
            found[pair.origin],
            found[pair.destination],
            pair.likeness,
            _spoken(pair.stems, found[pair.origin]),
        )
        for pair in pairs
        if pair.origin in found and pair.destination in found
    ]


def _spoken(stems: Sequence[str], skill: Skill) -> list[str]:
    """The words of the skill that the stems are of: its own, not what is left of them."""
    words = dict.fromkeys(_WORD.findall(f"{skill.label} {skill.statement}".casefold()))
    found = []
    for stem in stems:
        # A stem may end otherwise than its words do: "-i" for "-y".
        beginning = stem[:-1] if len(stem) > 3 else stem
        found.append(next((word for word in words if word.startswith(beginning)), stem))
    return list(dict.fromkeys(found))


# Words


class _Stems(NamedTuple):
    key: int
    weights: dict[str, float]


def _language(left: Framework, right: Framework) -> str:
    known = {_LANGUAGES.get(each.language[:2].lower() or "en", "simple") for each in (left, right)}
    return known.pop() if len(known) == 1 else "simple"


def _stemmed(framework: Framework, language: str) -> Iterator[_Stems]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id,
                   tsvector_to_array(to_tsvector(
                       %s::regconfig, COALESCE(NULLIF(label, ''), statement))),
                   tsvector_to_array(to_tsvector(
                       %s::regconfig, label || ' ' || statement || ' ' || other_labels::text))
            FROM skills_skill
            WHERE framework_id = %s AND retired_at IS NULL AND kind <> %s
            ORDER BY id
            """,
            [language, language, framework.pk, Skill.Kind.CATEGORY],
        )
        while rows := cursor.fetchmany(_BATCH):
            for key, named, described in rows:
                weights = dict.fromkeys(described, 1.0) | dict.fromkeys(named, _NAMED)
                yield _Stems(key, weights)


def _pairs(left: Collection[_Stems], right: Collection[_Stems]) -> Iterator[Pair]:
    rarity = _rarity([*left, *right])
    columns = _Columns(right, rarity)
    for one in left:
        weights = _weighed(one, rarity)
        best = nlargest(PER_SKILL, columns.likest(weights), key=lambda found: found[1])
        for place, likeness in best:
            if likeness >= LEAST_LIKE:
                other = columns.skills[place]
                common = sorted(one.weights.keys() & other.weights.keys(), key=_by(rarity))
                yield Pair(one.key, other.key, round(likeness, 3), common[:6])


def _by(rarity: Mapping[str, float]) -> Callable[[str], tuple[float, str]]:
    return lambda stem: (-rarity[stem], stem)


def _rarity(skills: Sequence[_Stems]) -> dict[str, float]:
    times = Counter(stem for each in skills for stem in each.weights)
    return {stem: log(1 + len(skills) / count) for stem, count in times.items()}


def _weighed(one: _Stems, rarity: Mapping[str, float]) -> dict[str, float]:
    """Of length 1."""
    weights = {stem: weight * rarity[stem] for stem, weight in one.weights.items()}
    length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {stem: weight / length for stem, weight in weights.items()}


class _Columns:
    """The skills on the right by their stems, as bare numbers: some 8 bytes for each stem."""

    def __init__(self, skills: Collection[_Stems], rarity: Mapping[str, float]) -> None:
        self.skills = list(skills)
        self._places: defaultdict[str, array[int]] = defaultdict(lambda: array("L"))
        self._weights: defaultdict[str, array[float]] = defaultdict(lambda: array("f"))
        for place, each in enumerate(self.skills):
            for stem, weight in _weighed(each, rarity).items():
                self._places[stem].append(place)
                self._weights[stem].append(weight)
        self._most = max(_FEW, len(self.skills) // _ONE_IN)

    def likest(self, weights: Mapping[str, float]) -> Iterable[tuple[int, float]]:
        """How like each skill is that has a telling word in common."""
        found: defaultdict[int, float] = defaultdict(float)
        for stem, weight in weights.items():
            places = self._places.get(stem)
            if places is not None and len(places) <= self._most:
                for place, other in zip(places, self._weights[stem], strict=True):
                    found[place] += weight * other
        return found.items()
