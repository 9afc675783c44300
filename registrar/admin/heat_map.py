"""The coverage of a programme as a picture: courses by skills, each cell in four quarters."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from django.template.loader import render_to_string

from registrar.services.reporting.programme_coverage import MARKS, Cell, Coverage
from registrar.templatetags.coverage import shade
from skills.models import Skill

# In pixels: a cell, what stands left of the first and over it, the margin, the legend's height.
SIDE: Final = 30
LEFT: Final = 300
TOP: Final = 290
MARGIN: Final = 20
LEGEND: Final = 60
LONGEST_NAME: Final = 34
# So many columns wide it is at least: the legend takes the room.
FEWEST: Final = 20

# The stylesheet's shades by day: a picture goes into slides and reports.
FILLS: Final = ("#f6f6f3", "#e4eef4", "#c9dfea", "#a7cbdd", "#1f5673")
_INK, _ON_DARKEST = "#1b2127", "#ffffff"


class Square(NamedTuple):
    """A part of a cell, with its number."""

    x: int
    y: int
    side: int
    fill: str
    ink: str
    number: int | str

    @property
    def middle(self) -> int:
        """Where the number stands, from the left."""
        return self.x + self.side // 2

    @property
    def foot(self) -> int:
        """Where the number stands, from the top."""
        return self.y + self.side // 2 + 4


class Label(NamedTuple):
    """A line of text and where it stands."""

    x: int
    y: int
    code: str
    text: str
    is_gap: bool = False


def draw(coverage: Coverage, *, mark: str = "", heading: str, summary: str) -> str:
    """The picture as SVG, of one mark or of all four; the heading says what it shows."""
    width = LEFT + SIDE * max(len(coverage.skills), FEWEST) + MARGIN
    base = TOP + SIDE * (len(coverage.rows) + 1)
    context: dict[str, Any] = {
        "width": width,
        "height": base + LEGEND + MARGIN,
        "heading": heading,
        "summary": summary,
        "columns": _columns(coverage),
        "rows": _rows(coverage),
        "squares": list(_squares(coverage, mark)),
        "foot": base - SIDE // 2 + 4,
        "line": base - SIDE,
        "left": LEFT,
        "right": LEFT + SIDE * len(coverage.skills),
        "legend": _legend(base + MARGIN, mark),
    }
    return render_to_string("registrar/desk/heat_map.svg", context)


def name_of(skill: Skill) -> str:
    """The skill's name, as far as it fits."""
    name = skill.name
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def _columns(coverage: Coverage) -> list[Label]:
    gaps = {skill.pk for skill in coverage.gaps}
    return [
        Label(
            LEFT + SIDE * place + SIDE // 2 + 4,
            TOP - 8,
            skill.code,
            name_of(skill),
            skill.pk in gaps,
        )
        for place, skill in enumerate(coverage.skills)
    ]


def _rows(coverage: Coverage) -> list[Label]:
    return [
        Label(
            MARGIN, TOP + SIDE * place + SIDE // 2 + 4, row.opportunity.code, row.opportunity.title
        )
        for place, row in enumerate(coverage.rows)
    ]


def _squares(coverage: Coverage, mark: str) -> Iterator[Square]:
    for place, row in enumerate(coverage.rows):
        for number, cell in enumerate(row.cells):
            yield from _of_cell(cell, LEFT + SIDE * number, TOP + SIDE * place, mark)
    y = TOP + SIDE * len(coverage.rows)
    for number, total in enumerate(coverage.totals):
        yield from _of_cell(total, LEFT + SIDE * number, y, mark)


def _of_cell(cell: Cell, x: int, y: int, mark: str) -> Iterator[Square]:
    if mark:
        yield _square(x + 1, y + 1, SIDE - 2, cell.counts, mark)
    elif cell.outcomes:
        half = SIDE // 2 - 1
        for place, each in enumerate(MARKS):
            left, top = x + 1 + place % 2 * half, y + 1 + place // 2 * half
            yield _square(left, top, half - 1, cell.counts, each)


def _square(x: int, y: int, side: int, counts: Mapping[str, int], mark: str) -> Square:
    number = counts.get(mark, 0)
    level = shade(number)
    return Square(x, y, side, FILLS[level], _ink(level), number or "")


def _ink(level: int) -> str:
    return _ON_DARKEST if level == len(FILLS) - 1 else _INK


def _legend(y: int, mark: str) -> dict[str, Any]:
    half = SIDE // 2 - 1
    quarters = [
        Square(
            LEFT + place % 2 * half,
            y + place // 2 * half,
            half - 1,
            FILLS[1],
            _INK,
            each[0].upper(),
        )
        for place, each in enumerate(MARKS)
    ]
    shades = [
        Square(
            LEFT + 360 + level * 28,
            y,
            24,
            FILLS[level],
            _ink(level),
            f"{level}{'+' * (level == 4)}",
        )
        for level in range(1, len(FILLS))
    ]
    return {
        "quarters": [] if mark else quarters,
        "words": mark or ", ".join(f"{each[0].upper()} {each}" for each in MARKS),
        "words_x": LEFT if mark else LEFT + SIDE + 8,
        "shades": shades,
        "after": LEFT + 360 + 5 * 28 + 8,
        "y": y + 17,
    }
