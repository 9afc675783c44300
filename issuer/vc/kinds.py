"""What one JSON value may be: text, a URI, a date-time, a number, a term, a signed credential."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum, auto

from issuer.vc import credential, timestamps, vocabularies, walk
from issuer.vc.errors import VcError

# JSON-LD writes a number with a fraction in 16 digits; with more than 15, implementations differ,
# and several numbers are written alike, so one could be put in another's place.
MAX_DIGITS = 15

# As in the published JSON schemas: the language, then perhaps a script and a region.
_LANGUAGE = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_COMPACT_JWS = re.compile(r"[a-zA-Z0-9_-]+\.[a-zA-Z0-9_-]*\.[a-zA-Z0-9_-]+")


class Kind(Enum):
    """The kinds of values; a vocabulary, a set of terms, is a kind of its own."""

    TEXT = auto()
    URI = auto()
    LANGUAGE = auto()
    COUNTRY = auto()
    TIME = auto()
    DATE = auto()
    NUMBER = auto()
    BOOLEAN = auto()
    COMPACT_JWS = auto()
    TYPED = auto()
    SIGNED = auto()
    ENDORSEMENT = auto()


def problem(value: object, kind: Kind | frozenset[str]) -> str | None:
    """Say why the JSON value is not of this kind, or return None."""
    if isinstance(kind, frozenset):
        known = vocabularies.is_term(value, kind)
        return None if known else f"{value!r} is no term of the vocabulary."
    return _PROBLEMS[kind](value)


def number_problem(value: object) -> str | None:
    """Say why the value is no number that everybody signs and reads alike, or return None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "This must be a number."
    if not math.isfinite(value):
        return "This must be a finite number."
    if value == 0 and math.copysign(1, value) < 0:
        return "Write 0 without a sign."
    if abs(value) >= 10**MAX_DIGITS or _digits(value) > MAX_DIGITS:
        return f"A number may have at most {MAX_DIGITS} digits."
    return None


def _digits(value: int | float) -> int:
    return len(Decimal(repr(value)).normalize().as_tuple().digits)


def _text_problem(value: object) -> str | None:
    return None if isinstance(value, str) else "This must be text."


def _uri_problem(value: object) -> str | None:
    if credential.is_uri(value):
        return None
    return _text_problem(value) or f"{value!r} is not an absolute URI."


def _boolean_problem(value: object) -> str | None:
    return None if isinstance(value, bool) else "This must be true or false."


def _pattern(pattern: re.Pattern[str], what: str) -> Callable[[object], str | None]:
    def look(value: object) -> str | None:
        if isinstance(value, str) and pattern.fullmatch(value):
            return None
        return _text_problem(value) or f"{value!r} is not {what}."

    return look


def _moment(read: Callable[[object], object]) -> Callable[[object], str | None]:
    def look(value: object) -> str | None:
        try:
            read(value)
        except VcError as error:
            return str(error)
        return None

    return look


def _typed_problem(value: object) -> str | None:
    if not isinstance(value, dict):
        return "This must be one object."
    return None if walk.types(value) else "This must state its type."


def _signed_problem(value: object) -> str | None:
    if not isinstance(value, dict):
        return "This must be a credential as an object; one in a token does not fit here."
    if "VerifiableCredential" not in walk.types(value):
        return "This must be a VerifiableCredential."
    if "@context" not in value:
        return "The credential must bring its @context along."
    if not value.get("proof"):
        return "The credential must carry a proof of its own."
    return None


def _endorsement_problem(value: object) -> str | None:
    problem = _signed_problem(value)
    if problem is None and "EndorsementCredential" not in walk.types(value):
        return "This must be an EndorsementCredential."
    return problem


_PROBLEMS: dict[Kind, Callable[[object], str | None]] = {
    Kind.TEXT: _text_problem,
    Kind.URI: _uri_problem,
    Kind.LANGUAGE: _pattern(_LANGUAGE, "the tag of a language, such as en or pt-BR"),
    Kind.COUNTRY: _pattern(_COUNTRY, "the code of a country, two letters"),
    Kind.TIME: _moment(timestamps.read),
    Kind.DATE: _moment(timestamps.read_date),
    Kind.NUMBER: number_problem,
    Kind.BOOLEAN: _boolean_problem,
    Kind.COMPACT_JWS: _pattern(_COMPACT_JWS, "a signed token in three parts"),
    Kind.TYPED: _typed_problem,
    Kind.SIGNED: _signed_problem,
    Kind.ENDORSEMENT: _endorsement_problem,
}
