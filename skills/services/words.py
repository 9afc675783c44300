"""Words as the search sees them: folded as the triggers fold them, and how far two are apart."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_IN_ADDRESSES: Final = str.maketrans(dict.fromkeys("./\\-_:@&", " "))
_WORD: Final = re.compile(r"\w+")
MAX_LENGTH: Final = 20_000


def fold(text: str) -> str:
    """Small letters without accents; only spaces where a search takes words apart."""
    plain = unicodedata.normalize("NFKD", text[:MAX_LENGTH].replace("\0", " ").lower())
    return _ACCENTS.sub("", plain).translate(_IN_ADDRESSES).strip()


def split(text: str) -> list[str]:
    """The words of a text, each folded."""
    return _WORD.findall(fold(text))


def nearest(word: str, candidates: Iterable[str], *, is_beginning: bool) -> str:
    """The candidate that somebody who typed `word` is likeliest to have meant, or nothing.

    Candidates come the likeliest first. One slip is allowed for up to five letters, two for more;
    where only the beginning was typed, the candidate may go on.
    """
    allowed = 1 if len(word) <= 5 else 2
    best, least = "", allowed + 1
    for candidate in candidates:
        lengths = range(len(word) - 1, len(word) + 2) if is_beginning else [len(candidate)]
        slips = min(_slips(word, candidate[:length]) for length in lengths)
        # Hardly anybody mistypes the first letter.
        slips += candidate[:1] != word[:1]
        if slips < least:
            best, least = candidate, slips
    return best


def _slips(one: str, other: str) -> int:
    """How many letters are wrong, missing, too many, or swapped with the next one."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        row = [at]
        for to, against in enumerate(other, 1):
            cost = min(last[to] + 1, row[-1] + 1, last[to - 1] + (letter != against))
            is_swapped = at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == against
            row.append(min(cost, before[to - 2] + 1) if is_swapped else cost)
        before, last = last, row
    return last[-1]
