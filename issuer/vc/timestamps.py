"""Date-times and days as credentials write them (XML Schema 1.1, part 2)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from issuer.vc.errors import ForbiddenValue, MalformedDocument

# XML Schema 1.1 dateTimeStamp: the zone is required, and at most 14 hours away. Years of four
# digits are all that is met.
_DATE_TIME_STAMP = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?"
    r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))",
    re.ASCII,
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def write(moment: datetime) -> str:
    """Write a moment as YYYY-MM-DDTHH:MM:SSZ, in UTC, fractions of a second cut off.

    Raises ForbiddenValue when it carries no zone.
    """
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise ForbiddenValue(f"{moment!r} is not a date-time with a zone.")
    try:
        in_utc = moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise ForbiddenValue(f"{moment!r} lies outside the calendar in UTC.") from None
    return in_utc.isoformat(timespec="seconds") + "Z"


def read(text: object) -> datetime:
    """Read a dateTimeStamp: seconds and a zone are required; raises MalformedDocument."""
    if not isinstance(text, str) or not _DATE_TIME_STAMP.fullmatch(text):
        raise MalformedDocument(f"{text!r} is not a date-time with seconds and a zone.")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise MalformedDocument(f"{text!r} is not a moment of the calendar.") from None


def read_date(text: object) -> date:
    """Read a day as YYYY-MM-DD (XML Schema date, without a zone); raises MalformedDocument."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise MalformedDocument(f"{text!r} is not a date, YYYY-MM-DD.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MalformedDocument(f"{text!r} is not a day of the calendar.") from None
