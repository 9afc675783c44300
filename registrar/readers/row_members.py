"""What the rows that systems send may hold: each kind of row, each of its members."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from registrar.readers.cells import (
    BOOLEAN,
    CODE,
    DATE,
    EMAIL,
    KEY,
    LONG_TEXT,
    NUMBER,
    REFERENCE,
    TEXT,
    WORD,
    BadCell,
    Kind,
)
from skills.readers import texts

# The name by which a source knows a row, or `sis:<source>:<sourcedId>` for one of another source.
ELSEWHERE: Final = "sis:"

Json = Literal["string", "number", "boolean"]
_MOST: Final = 6  # the power of ten of the first digit
_MOST_DECIMALS: Final = 15
_LINE_ENDS: Final = ("\n", "\r", "\t")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a row: what it holds, and to which kind of rows it leads.

    One that is left out keeps what is held, unless it `resets` to its blank.
    """

    name: str
    kind: Kind
    what: str
    needed: bool = False
    leads_to: str = ""
    json: Json = "string"
    words: tuple[str, ...] = ()
    resets: bool = False

    def read(self, given: Any, *, is_text: bool) -> Any:
        """The value; raises BadCell. In a sheet all that is given is text."""
        if given is None or (is_text and given == ""):
            if self.needed:
                raise BadCell("required", "{column} is blank, but is required.", "Fill it in.")
            return self.kind.blank
        if self.json == "boolean" and not is_text:
            if isinstance(given, bool):
                return given
            raise _not("true or false")
        if self.json == "number" and isinstance(given, int | Decimal):
            if isinstance(given, bool):
                raise _not("a number")
            return self.kind.parse(_plain(given))
        if not isinstance(given, str):
            raise _not("a string" if self.json != "number" else "a number")
        return self._text(given)

    def _text(self, given: str) -> Any:
        is_prose = self.kind is LONG_TEXT
        stray = None if is_prose else next((each for each in _LINE_ENDS if each in given), None)
        found = texts.refused(given) or stray
        if found is not None:
            raise BadCell(
                "control_character",
                f"{{column}} holds a character that nobody sees (U+{ord(found):04X}).",
                "Leave it out.",
            )
        value = self.kind.parse(given)
        if self.words and value not in self.words:
            raise BadCell(
                "bad_word",
                "{column} is not one of the words that it can be.",
                f"Use one of: {', '.join(filter(None, self.words))}.",
            )
        if self.needed and not str(value).strip():
            raise BadCell("required", "{column} is blank, but is required.", "Fill it in.")
        return value


def _not(what: str) -> BadCell:
    return BadCell("type", f"{{column}} is not {what}.", f"Send {what}.")


def _plain(given: int | Decimal) -> str:
    number = Decimal(given)
    exponent = number.as_tuple().exponent
    # What would have thousands of digits is refused before it is written out.
    if not isinstance(exponent, int) or exponent < -_MOST_DECIMALS or number.adjusted() > _MOST:
        raise BadCell(
            "bad_number", "{column} has more digits than can be kept.", "Check the number."
        )
    return format(number, "f")


def _text(name: str, what: str, **more: Any) -> Member:
    return Member(name, TEXT, what, **more)


def _lead(name: str, leads_to: str, what: str, *, needed: bool = False) -> Member:
    return Member(name, REFERENCE, what, leads_to=leads_to, needed=needed)


def _day(name: str, what: str, *, needed: bool = False) -> Member:
    return Member(name, DATE, what, needed=needed)


def _number(name: str, what: str) -> Member:
    return Member(name, NUMBER, what, json="number")


def _gone(name: str = "retired", what: str = "Whether the source no longer has it") -> Member:
    return Member(name, Kind(BOOLEAN.parse, False), what, json="boolean", resets=True)


_SOURCED_ID: Final = Member("sourced_id", KEY, "The source's own name for it", needed=True)
_COURSE: Final = _lead("course", "opportunities", "The course or activity", needed=True)
_OPPORTUNITY: Final = (
    _SOURCED_ID,
    Member("code", CODE, "What people call it; the sourcedId where nothing is given"),
    _text("title", "Its name", needed=True),
    Member("description", LONG_TEXT, "What it is about"),
    _lead("organisation", "organisations", "Its organisation", needed=True),
    _text("credit", "Whether it is for credit", words=("", "credit", "non-credit")),
    _number("credits", "What it is worth"),
    _number("hours", "How long it takes"),
    _gone(),
)
STATUSES: Final = (
    "exempt",
    "fully graded",
    "not submitted",
    "partially graded",
    "submitted",
)

MEMBERS: Final[Mapping[str, tuple[Member, ...]]] = {
    "organisations": (
        _SOURCED_ID,
        _text("name", "Its name", needed=True),
        Member("kind", CODE, "Such as department, school"),
        Member("code", CODE, "A short name"),
        _lead(
            "parent", "organisations", "What it is a part of; if nothing is told, the institution"
        ),
    ),
    "terms": (
        _SOURCED_ID,
        _text("title", "Its name", needed=True),
        Member("kind", CODE, "Such as term, semester, schoolYear"),
        _day("starts_on", "Its first day", needed=True),
        _day("ends_on", "Its last day", needed=True),
        _lead("parent", "terms", "What it is a part of"),
    ),
    "courses": _OPPORTUNITY,
    "activities": _OPPORTUNITY,
    "outcomes": (
        Member("code", CODE, "Its code, which no other outcome has", needed=True),
        _COURSE,
        Member("statement", LONG_TEXT, "What a learner can do afterwards", needed=True),
        _gone(what="Whether it ends with the term before the one that is edited"),
    ),
    "offerings": (
        _SOURCED_ID,
        _COURSE,
        _text("title", "Its name", needed=True),
        Member("code", CODE, "What people call it"),
        _lead("term", "terms", "The term in which it is held"),
    ),
    "learners": (
        _SOURCED_ID,
        Member("number", CODE, "Learner number"),
        _text("given_name", "One of the two names is enough"),
        _text("family_name", "One of the two names is enough"),
        Member("email", EMAIL, "E-mail address"),
        _gone(),
    ),
    "enrolments": (
        _SOURCED_ID,
        _lead("offering", "offerings", "The offering", needed=True),
        _lead("learner", "learners", "The learner", needed=True),
        _day("begins_on", "First day"),
        _day("ends_on", "Last day"),
        _gone(),
    ),
    "line-items": (
        _SOURCED_ID,
        _lead("offering", "offerings", "The offering", needed=True),
        _text("title", "What is assessed", needed=True),
        Member("category", WORD, "Such as Exam; award rules name it"),
        _number("minimum", "Least score"),
        _number("maximum", "Greatest score"),
        _gone(),
    ),
    "results": (
        _SOURCED_ID,
        _lead("line_item", "line-items", "The line item", needed=True),
        _lead("learner", "learners", "The learner", needed=True),
        Member("outcome", CODE, "Code of the outcome that it speaks of alone"),
        _text("status", "`fully graded` where nothing is given", words=("", *STATUSES)),
        _number("score", "Points"),
        Member("text", WORD, "The result in words, such as Pass"),
        _text("level", "Address of the level of a rubric"),
        _number("possible", "Most points"),
        Member("assessment", CODE, "Kind of assessment"),
        Member("assessor", CODE, "Role of who assessed"),
        _day("dated", "When it was given"),
        _gone("withdrawn", "Whether the source took it back"),
    ),
}


@dataclass(frozen=True, slots=True)
class Check:
    """What some members of a row must be to one another."""

    members: tuple[str, ...]
    judge: Callable[[Mapping[str, Any]], tuple[str, str, str, str] | None]


def _in_order(first: str, last: str, code: str) -> Check:
    def judge(values: Mapping[str, Any]) -> tuple[str, str, str, str] | None:
        low, high = values.get(first), values.get(last)
        if low is None or high is None or low <= high:
            return None
        return last, code, f"{last} comes before {first}.", "Exchange the two."

    return Check((first, last), judge)


def _named(values: Mapping[str, Any]) -> tuple[str, str, str, str] | None:
    if values.get("given_name") or values.get("family_name"):
        return None
    reason = "Neither given_name nor family_name is filled in."
    return "family_name", "required", reason, "Fill in at least one of them."


CHECKS: Final[Mapping[str, Check]] = {
    "terms": _in_order("starts_on", "ends_on", "reversed_period"),
    "learners": Check(("given_name", "family_name"), _named),
    "enrolments": _in_order("begins_on", "ends_on", "reversed_period"),
    "line-items": _in_order("minimum", "maximum", "reversed_range"),
}

__all__ = ["CHECKS", "ELSEWHERE", "MEMBERS", "STATUSES", "Member"]
