"""Constant text with numbered places, and the marks that stand for places while it is made."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any

from issuer.vc.errors import NotExpressible

# Text with "%b" for each place, and what takes the values of the places in their order from all
# values; None where there is no place, and then the text is as it is.
Template = tuple[bytes, Any]


class Marks:
    """Texts that nobody has written, each standing for one number.

    A mark passes through JSON and JSON-LD as it is, alone as an address or a
    text, and inside either.
    """

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(16)
        self._pattern = re.compile(rb"x%b([0-9]{4}):" % self._nonce.encode())

    def mark(self, number: int) -> str:
        """Return the mark of a number below 10,000."""
        return f"x{self._nonce}{number:04}:"

    def numbers(self, text: bytes) -> list[int]:
        """Return the numbers whose marks the text holds, in their order."""
        return [int(digits) for digits in self._pattern.findall(text)]

    def split(self, text: bytes) -> list[bytes]:
        """Return the constant texts before, between and after the marks."""
        return self._pattern.split(text)[::2]

    def template(self, text: bytes) -> Template:
        """Return the template that has its places where the text has marks."""
        numbers = self.numbers(text)
        if not numbers:
            return text, None
        parts = [part.replace(b"%", b"%%") for part in self.split(text)]
        return b"%b".join(parts), itemgetter(*numbers)

    def is_decided(self, one: bytes, other: bytes) -> bool:
        """Tell whether the order of two texts is the same whatever their places are filled with."""
        pairs = enumerate(zip(one, other, strict=False))
        at = next((at for at, (left, right) in pairs if left != right), None)
        spans = [found.span() for text in (one, other) for found in self._pattern.finditer(text)]
        return at is None or not any(start <= at < end for start, end in spans)

    def in_order(self, texts: Iterable[bytes]) -> list[bytes]:
        """Return the texts sorted; raises NotExpressible where their order is not decided."""
        ordered = sorted(texts)
        if not all(self.is_decided(one, other) for one, other in pairwise(ordered)):
            raise NotExpressible("The order of statements depends on the values.")
        return ordered


def fill(template: Template, values: Sequence[bytes]) -> bytes:
    """Return the text with the values in its places."""
    text, take = template
    filled: bytes = text % take(values) if take else text
    return filled


class Texts:
    """Several templates in a row, most of them constant."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self._texts = [text for text, _ in templates]
        self._open = [(n, text, take) for n, (text, take) in enumerate(templates) if take]

    def fill(self, values: Sequence[bytes]) -> list[bytes]:
        """Return what `fill` gives for each."""
        texts = self._texts.copy()
        for n, text, take in self._open:
            texts[n] = text % take(values)
        return texts
