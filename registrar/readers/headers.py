"""Finds the names of columns in a sheet that may begin with titles, or name them in two rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

# Among so many rows the names of columns are looked for.
LOOKED_AT: Final = 20
# So many known names prove that a row below the first holds them.
_ENOUGH: Final = 3

# How many of the names in a row somebody knows.
Knows = Callable[[Sequence[str]], int]


def nothing(names: Sequence[str]) -> int:
    """Know no names, so that only the shape of the rows tells."""
    return 0


@dataclass(frozen=True, slots=True)
class Place:
    """In which rows the names stand, counted from the first one, and what they are."""

    first: int
    last: int
    cells: Sequence[str]


def find(rows: Sequence[Sequence[str]], knows: Knows) -> Place:
    """Find the names of columns among the first rows; most often they stand in the first.

    A later row, or two of which one fills the gaps of the other, has to hold more known names.
    Where nobody knows any, a row with a single cell above wider ones is a title.
    """
    filled = [at for at, cells in enumerate(rows) if any(map(str.strip, cells))]
    places = [Place(at, at, rows[at]) for at in filled]
    places += [
        Place(above, below, both)
        for above, below in pairwise(filled)
        if (both := _together(rows[above], rows[below])) is not None
    ]
    # Of equals the first, and one row rather than two.
    best = max(places, key=lambda place: knows(place.cells))
    known, known_first = knows(best.cells), knows(rows[filled[0]])
    if known >= _ENOUGH and known > known_first:
        return best
    return places[0] if known_first else _below_titles(places[: len(filled)])


def _together(above: Sequence[str], below: Sequence[str]) -> Sequence[str] | None:
    """The names of two rows, the lower one's first; None unless the upper one fills gaps."""
    width = max(len(above), len(below))
    upper, lower = ([*cells, *[""] * (width - len(cells))] for cells in (above, below))
    both = [low if low.strip() else up for up, low in zip(upper, lower, strict=True)]
    return both if both != lower else None


def _below_titles(places: Sequence[Place]) -> Place:
    widths = [sum(bool(cell.strip()) for cell in place.cells) for place in places]
    if widths[0] > 1 or max(widths) < _ENOUGH:
        return places[0]
    return next(
        place for place, width in zip(places, widths, strict=True) if 2 * width >= max(widths)
    )
