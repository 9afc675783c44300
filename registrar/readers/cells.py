"""How a cell becomes a value: text, keys, days, numbers, words; else what is wrong with it."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

# Values recur from row to row; the cache also lets equal values share one object.
_CACHE: Final = 20_000

_LONGEST_KEY: Final = 255
_LONGEST_CODE: Final = 100
_LONGEST_WORD: Final = 200
_LONGEST_PROSE: Final = 10_000
_LONGEST_EMAIL: Final = 254
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z")
_NUMBER = re.compile(r"-?[0-9]{1,7}(\.[0-9]{1,15})?")
_YEAR = re.compile(r"[0-9]{4}")
_USER_IDS = re.compile(r"\{[^{}:]+:[^{}]+\}(,\s*\{[^{}:]+:[^{}]+\})*")
_USER_ID = re.compile(r"\{([^{}:]+):([^{}]+)\}")
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BadCell(Exception):
    """A cell does not hold what its column asks for."""

    def __init__(self, code: str, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Kind:
    """How the cells of a column are read, what a blank cell means, and how long a text may be."""

    parse: Callable[[str], Any]
    blank: Any = None
    longest: int = 0


def _text(limit: int) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        text = cell if cell.isascii() else unicodedata.normalize("NFC", cell)
        if len(text) > limit:
            raise BadCell(
                "too_long",
                f"{{column}} has {len(text):,} characters, more than {limit:,}.",
                "Shorten it.",
            )
        return text

    return parse


@lru_cache(_CACHE)
def _date(cell: str) -> date:
    try:
        if _DATE.fullmatch(cell):
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise BadCell(
        "bad_date",
        "{column} is not a date of the calendar written YYYY-MM-DD.",
        "Write it like 2026-03-31; a spreadsheet may have changed its form.",
    )


@lru_cache(_CACHE)
def read_moment(cell: str) -> datetime:
    """Read dateLastModified."""
    try:
        if _MOMENT.fullmatch(cell):
            return datetime.fromisoformat(cell).astimezone(UTC)
    except ValueError:
        pass
    raise BadCell(
        "bad_date",
        "{column} is not a moment in UTC.",
        "Write it like 2026-03-31T09:30:00.000Z.",
    )


@lru_cache(_CACHE)
def _number(cell: str) -> Decimal:
    if _NUMBER.fullmatch(cell):
        return Decimal(cell)
    raise BadCell(
        "bad_number",
        "{column} is not a number of at most seven digits before the point.",
        "Write digits with a point for decimals, like 62.5, without a unit or exponent.",
    )


@lru_cache(_CACHE)
def _year(cell: str) -> int:
    if _YEAR.fullmatch(cell) and cell > "0000":
        return int(cell)
    raise BadCell("bad_date", "{column} is not a year.", "Write it like 2026.")


@lru_cache(_CACHE)
def _boolean(cell: str) -> bool:
    # Spreadsheets write TRUE and FALSE, and it can't be mistaken.
    word = cell.lower()
    if word in ("true", "false"):
        return word == "true"
    raise BadCell("bad_boolean", "{column} is neither true nor false.", "Write true or false.")


def _one_of(*words: str) -> Callable[[str], str]:
    allowed = frozenset(words)

    @lru_cache(_CACHE)
    def parse(cell: str) -> str:
        if cell in allowed or (cell.startswith("ext:") and 4 < len(cell) <= 30):
            return cell
        raise BadCell(
            "bad_word",
            "{column} is not one of the words allowed there.",
            f"Use one of {', '.join(words)}, or a short word of your own that begins with ext:.",
        )

    return parse


def read_key(cell: str) -> str:
    """Read a sourcedId: any text of at most 255 characters."""
    return _SHORT(cell)


def _word(cell: str) -> str:
    """A word that rules compare with theirs: what stands around it in the cell is no part of it."""
    return _text(_LONGEST_WORD)(cell.strip())


def _list(cell: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in _SHORT(cell).split(","))
    if all(items):
        return items
    raise BadCell(
        "bad_list",
        "{column} has an empty item in its list.",
        "Separate the items by single commas, within one quoted cell.",
    )


def _user_ids(cell: str) -> tuple[tuple[str, str], ...]:
    if len(cell) <= 4_000 and _USER_IDS.fullmatch(cell):
        return tuple((kind.strip(), value.strip()) for kind, value in _USER_ID.findall(cell))
    raise BadCell(
        "bad_list",
        "{column} is not a list of type and identifier.",
        "Write it like {LDAP:ada,studentId:000123} with each pair in its own braces.",
    )


def _email(cell: str) -> str:
    if len(cell) <= _LONGEST_EMAIL and _EMAIL.fullmatch(cell):
        return _SHORT(cell)
    raise BadCell(
        "bad_email",
        "{column} is not an e-mail address.",
        "Write one address, like ada@example.edu.",
    )


def objective_key(source: str, objective_id: str) -> str:
    """The identifier of a learning objective; for CASE the bare lower-case UUID."""
    if source != "case":
        return objective_id
    uuid = objective_id.lower().removeprefix("urn:uuid:")
    if _UUID.fullmatch(uuid):
        return uuid
    raise BadCell(
        "bad_objective",
        "learningObjectiveId is not a UUID, though its source is case.",
        "Give the identifier of the CFItem, or say where the identifier comes from in source.",
    )


_SHORT: Final = _text(_LONGEST_KEY)

KEY: Final = Kind(read_key, "", _LONGEST_KEY)
# sis:<source>:<sourcedId>, the source percent-encoded.
LONGEST_REFERENCE: Final = 1_460
REFERENCE: Final = Kind(_text(LONGEST_REFERENCE), "", LONGEST_REFERENCE)
KEYS: Final = Kind(_list, ())
TEXT: Final = Kind(_SHORT, "", _LONGEST_KEY)
CODE: Final = Kind(_text(_LONGEST_CODE), "", _LONGEST_CODE)
WORD: Final = Kind(_word, "", _LONGEST_WORD)
EMAIL: Final = Kind(_email, "", _LONGEST_EMAIL)
LONG_TEXT: Final = Kind(_text(_LONGEST_PROSE), "", _LONGEST_PROSE)
DATE: Final = Kind(_date)
NUMBER: Final = Kind(_number)
BOOLEAN: Final = Kind(_boolean)
YEAR: Final = Kind(_year)
USER_IDS: Final = Kind(_user_ids, ())


def words(*allowed: str) -> Kind:
    """One of these words, or an extension."""
    return Kind(_one_of(*allowed), "")
