"""Days as people write them, and which order of day and month a column keeps to."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

Order = Literal["year first", "day first", "month first", "words", "serial"]

Digits = Literal["day first", "month first", ""]

# How each order is told to people.
TOLD: Final[Mapping[Order, str]] = {
    "year first": "year-month-day (2026-05-15)",
    "day first": "day/month/year (15/05/2026)",
    "month first": "month/day/year (05/15/2026)",
    "words": "in words (15 May 2026)",
    "serial": "as days of a spreadsheet",
}
# One day in so many may be written in the other order and is then taken for a slip.
_SLIPS: Final = 20

_TIME = r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AP]M)?(?:Z|[+-][0-9:]{4,6})?)?"
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})\.?" + _TIME, re.I)
_EAST_ASIAN = re.compile(r"([0-9]{4})[年년] ?([0-9]{1,2})[月월] ?([0-9]{1,2})[日일]")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})" + _TIME, re.I)
_WORDS = re.compile(
    r"(?:(?P<day>[0-9]{1,2})(?:st|n[d]|rd|th|º|er)?[. -]*(?:de )?"
    r"(?P<month>[^\W\d_]{3,12})\.?,?[ -]*(?:de )?"
    r"|(?P<month2>[^\W\d_]{3,12})\.? (?P<day2>[0-9]{1,2})(?:st|n[d]|rd|th)?,? )(?P<year>[0-9]{4})",
    re.I,
)
_SERIAL = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_MONTHS: Final[Sequence[Sequence[str]]] = json.loads(
    Path(__file__).with_name("column_words.json").read_text("utf-8")
)["months"]
_MONTH: Final = {word: at for at, words in enumerate(_MONTHS, 1) for word in words}
_NO_OLDER_THAN: Final = 1900


@dataclass(frozen=True, slots=True)
class Habit:
    """How a column writes its days: mostly so, and in which order where only digits are written.

    `order` is blank where nothing tells day and month apart.
    """

    mostly: Order | None = None
    order: Digits = ""

    @property
    def told(self) -> str:
        """The habit in words; blank for a column without days."""
        if self.mostly in ("day first", "month first") and not self.order:
            return "day/month/year or month/day/year"
        return TOLD[self.mostly] if self.mostly else ""


@dataclass(frozen=True, slots=True)
class Misread:
    """Why a text is no day: `code`, and the days that it may mean."""

    code: Literal["bad_date", "ambiguous_date", "other_date_format"]
    candidates: tuple[date, ...] = ()


@lru_cache(maxsize=65_536)
def readings(
    text: str, *, is_workbook: bool = False, since_1904: bool = False
) -> dict[Order, date]:
    """Every day that the text may mean, by the order in which it is read. To be left unchanged."""
    if found := _YEAR_FIRST.fullmatch(text):
        return _one("year first", int(found[1]), int(found[3]), int(found[4]))
    if found := _EAST_ASIAN.fullmatch(text):
        return _one("year first", *map(int, found.groups()))
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), _full(found[4])
        read = _one("day first", year, second, first)
        # With points nobody writes the month first.
        return read if found[2] == "." else read | _one("month first", year, first, second)
    if found := _WORDS.fullmatch(text):
        month = _MONTH.get((found["month"] or found["month2"]).casefold(), 0)
        return _one("words", int(found["year"]), month, int(found["day"] or found["day2"]))
    if is_workbook and _SERIAL.fullmatch(text):
        began = date(1904, 1, 1) if since_1904 else date(1899, 12, 30)
        return {"serial": began + timedelta(days=int(float(text)))}
    return {}


def habit(found: Iterable[Mapping[Order, date]], *, said: str = "") -> Habit:
    """How the column is written in which these readings were found; `said` is what a person says.

    The other order may be a slip in one of twenty that can be told apart.
    """
    found = list(found)
    counts = Counter(order for each in found for order in each)
    if not counts:
        return Habit()
    sure = Counter(next(iter(each)) for each in found if len(each) == 1)
    order = _order(sure["day first"], sure["month first"], said)
    mostly: Order = max(counts, key=lambda each: (counts[each], each == order))
    return Habit(mostly, order)


def _order(day: int, month: int, said: str) -> Digits:
    if said == "day first" or (said != "month first" and day > _SLIPS * month):
        return "day first"
    if said == "month first" or month > _SLIPS * day:
        return "month first"
    return ""


def understood(text: str, found: Mapping[Order, date], column: Habit) -> date | Misread:
    """The day that the text means in a column with this habit, or why nobody can tell."""
    if not found:
        return Misread("bad_date")
    if "year first" in found or "serial" in found:
        return next(iter(found.values()))
    days = tuple(dict.fromkeys(found.values()))
    if column.mostly == "words" and "words" in found:
        return days[0]
    if column.mostly in ("day first", "month first") and "words" not in found:
        if column.order in found:
            return found[column.order]  # type: ignore[index] # blank is in none
        if not column.order and len(days) == 1:
            return days[0]
    return Misread("ambiguous_date" if len(days) > 1 else "other_date_format", days)


def _full(year: str) -> int:
    """Two digits are of this century; a credential is not older."""
    return int(year) + 2000 if len(year) == 2 else int(year)


def _one(order: Order, year: int, month: int, day: int) -> dict[Order, date]:
    try:
        found = date(year, month, day)
    except ValueError:
        return {}
    return {order: found} if year >= _NO_OLDER_THAN else {}
