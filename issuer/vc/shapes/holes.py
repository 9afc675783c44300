"""Holes: the values of a document that are left open, what each may be and how it is written."""

from __future__ import annotations

import functools
import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from issuer.vc import credential, kinds, timestamps
from issuer.vc.errors import Finding, LintFailed, NotExpressible, ShapeFault, VcError
from issuer.vc.lint import values as lint_values

Value = str | int | float

_SECTION = "Verifiable Credentials Data Model 2.0"


class Kind(StrEnum):
    """What may stand in a hole.

    A TOKEN is made of the characters that are unreserved in addresses, so it may
    stand inside a longer text or address; all others are a whole value.
    """

    IRI = "iri"
    TOKEN = "token"  # noqa: S105 - no secret
    TEXT = "text"
    NUMBER = "number"
    DATETIME = "datetime"


@dataclass(frozen=True)
class Hole:
    """A value left open, under the name by which it is filled.

    The sentinel is what stands in the document instead, wherever the value belongs.
    It must be one that nobody has written: `draw` gives such.
    """

    name: str
    kind: Kind
    sentinel: Value

    @classmethod
    def draw(cls, name: str, kind: Kind) -> Hole:
        """Return a hole with a random sentinel; that of a TOKEN is 64 hexadecimal digits."""
        return cls(name, kind, _SENTINELS[kind]())


def _moment() -> str:
    # After all that is stated in earnest, so that what is to end later does.
    return timestamps.write(
        datetime(3000, 1, 1, tzinfo=UTC) + timedelta(seconds=secrets.randbelow(10**11))
    )


_SENTINELS: dict[Kind, Callable[[], Value]] = {
    Kind.IRI: lambda: f"urn:uuid:{secrets.token_hex(16)}",
    Kind.TOKEN: lambda: secrets.token_hex(32),
    Kind.TEXT: lambda: f"Text {secrets.token_hex(16)}",
    Kind.NUMBER: lambda: 10**14 + secrets.randbelow(9 * 10**14),
    Kind.DATETIME: _moment,
}

# Of the addresses that lint accepts, those that JSON-LD and RDF take as they are: a scheme that is
# no prefix of the contexts, a host and a port that are some, one fragment, and not what
# `canonical` gives to addresses that are none.
_CHARACTERS = r"[A-Za-z0-9._~:/?@!$&'()*+,;=-]*"
_PATH = _CHARACTERS + r"(?:%[0-9A-Fa-f]{2}" + _CHARACTERS + r")*"
_IRI = (
    r"(?:https?://(?![^/\n]*\.invalid/)[A-Za-z0-9.-]+(?::[0-9]{1,4})?(?:[/?]" + _PATH + r")?"
    r"|(?:did|urn|mailto):(?=[A-Za-z0-9])" + _PATH + r")(?:#" + _PATH + r")?"
)
_DATETIME = (
    r"(?!0000)[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
)
_TOKEN = r"[A-Za-z0-9._~-]+"  # noqa: S105 - no secret
# What can be written as it is, and be told so at a glance, in UTF-8: of texts those without
# characters that are escaped, and below U+F000, among which all are some. All else is looked at by
# itself.
_PLAIN = {
    Kind.IRI: _IRI.encode(),
    Kind.TOKEN: _TOKEN.encode(),
    Kind.TEXT: rb"[^\x00-\x1f\"\\\x7f\xef-\xff]+",
    Kind.NUMBER: rb"-?[0-9][0-9.e+-]*",
    Kind.DATETIME: _DATETIME.encode(),
}
_is_token = re.compile(_TOKEN).fullmatch
_is_plain_iri = re.compile(_IRI).fullmatch


class Writer:
    """Checks the values of some holes as lint does, and writes them.

    JSON and canonical N-Quads escape alike all that lint lets through; only
    numbers have two forms.
    """

    def __init__(self, holes: Sequence[Hole], pointers: Sequence[str], *, max_bytes: int) -> None:
        self._holes = tuple(zip(holes, pointers, strict=True))
        self._max_bytes = max_bytes
        self._numbers = [n for n, hole in enumerate(holes) if hole.kind is Kind.NUMBER]
        plain = b"\n".join(b"(?:%b)" % _PLAIN[hole.kind] for hole in holes)
        self._are_plain = re.compile(plain).fullmatch

    def write(self, values: Sequence[Value]) -> tuple[list[bytes], list[bytes]]:
        """Return the values in their order as they stand in N-Quads and as they stand in JSON.

        Raises LintFailed with every value that must not be signed, NotExpressible,
        and ShapeFault for another number of values than there are holes.
        """
        if len(values) != len(self._holes):
            raise ShapeFault(f"There are {len(self._holes)} holes for {len(values)} values.")
        in_json = self._at_a_glance(values)
        if in_json is None:
            in_json = self._one_by_one(values)
        if not self._numbers:
            return in_json, in_json
        in_rdf = in_json.copy()
        for n in self._numbers:
            in_rdf[n] = _number_forms(values[n])[0]
        return in_rdf, in_json

    def _at_a_glance(self, values: Sequence[Value]) -> list[bytes] | None:
        texts = list(values)
        try:
            for n in self._numbers:
                texts[n] = _number_forms(texts[n])[1]
            joined = "\n".join(texts).encode()  # type: ignore[arg-type]  # that is found out here
        except (TypeError, UnicodeEncodeError, LintFailed):
            return None
        if len(joined) > self._max_bytes or not self._are_plain(joined):
            return None
        return joined.split(b"\n") if texts else []

    def _one_by_one(self, values: Sequence[Value]) -> list[bytes]:
        findings = []
        for (hole, pointer), value in zip(self._holes, values, strict=True):
            if message := problem(hole.kind, value):
                findings.append(
                    Finding("wrong_value", pointer, f"{hole.name}: {message}", _SECTION)
                )
        if findings:
            raise LintFailed(findings)
        for (hole, _), value in zip(self._holes, values, strict=True):
            if hole.kind is Kind.IRI and not _is_plain_iri(str(value)):
                raise NotExpressible(f"{hole.name}: JSON-LD may read {value!r} as another address.")
        in_json = [_in_json(value) for value in values]
        if sum(map(len, in_json)) > self._max_bytes:
            raise NotExpressible("With values as long as these the document may be too large.")
        return in_json


def problem(kind: Kind, value: object) -> str | None:
    """Say why the value must not be signed in a hole of this kind, or return None."""
    if kind is Kind.NUMBER:
        return kinds.number_problem(value)
    if not isinstance(value, str):
        return "This must be text."
    if not value:
        return "Leave out what is not stated."
    if kind is Kind.TEXT:
        found = lint_values.BAD_CHARACTER.search(value)
        return "The text holds a control or no character." if found else None
    if kind is Kind.TOKEN:
        return None if _is_token(value) else "Only letters, digits and . _ ~ - are allowed."
    if kind is Kind.IRI:
        return None if credential.is_uri(value) else f"{value!r} is not an absolute URI."
    return _moment_problem(value)


def _moment_problem(value: str) -> str | None:
    try:
        written = timestamps.write(timestamps.read(value))
    except VcError as error:
        return str(error)
    return None if written == value else f"This must be written as {written}."


def _in_json(value: Value) -> bytes:
    text = json.dumps(value, ensure_ascii=False)
    return (text[1:-1] if isinstance(value, str) else text).encode()


@functools.lru_cache(maxsize=4096, typed=True)
def _number_forms(value: Value) -> tuple[bytes, str]:
    """How a number stands in N-Quads, and in JSON; raises LintFailed.

    JSON-LD 1.1 API, "Data Round Tripping": the canonical double unless it is whole.
    """
    if message := kinds.number_problem(value):
        raise LintFailed([Finding("wrong_value", "", message, _SECTION)])
    number = float(value)
    if number.is_integer():
        return str(int(value)).encode(), json.dumps(value)
    mantissa, _, exponent = f"{number:.15E}".partition("E")
    digits = mantissa.rstrip("0")
    lexical = f"{digits}0" if digits.endswith(".") else digits
    return f"{lexical}E{int(exponent)}".encode(), json.dumps(value)
