"""A first look at a file: enough to tell which format it is in, and no judgement of it."""

import csv
import io
import re
from functools import cached_property
from typing import Final

_HEADER_BYTES: Final = 1 << 16
_SEPARATORS: Final = (",", ";", "\t")
_MEMBER = re.compile(rb'"([^"\\]{1,64})"\s*:')


class Glimpse:
    """What can be told of a file without reading it through."""

    def __init__(self, data: bytes, file_name: str = "") -> None:
        self._data = data
        self.file_name = file_name

    @cached_property
    def is_json(self) -> bool:
        """Whether it begins as a JSON object or list does."""
        return self._data[:_HEADER_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")

    @cached_property
    def is_page(self) -> bool:
        """Whether it begins as a web page does."""
        start = self._data[:_HEADER_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
        return start.startswith((b"<!doctype html", b"<html"))

    @cached_property
    def members(self) -> frozenset[str]:
        """The names of members anywhere in the JSON; none where it is no JSON."""
        if not self.is_json:
            return frozenset()
        return frozenset(name.decode("utf-8", "replace") for name in _MEMBER.findall(self._data))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The cells of the first line in lower case; none where it is JSON or has no such line."""
        if self.is_json:
            return ()
        text = self._data[:_HEADER_BYTES].decode("utf-8-sig", "replace")
        line = text.lstrip("\r\n").partition("\n")[0].rstrip("\r")
        separator = max(_SEPARATORS, key=line.count)
        try:
            cells = next(csv.reader(io.StringIO(line), delimiter=separator), [])
        except csv.Error:
            return ()
        return tuple(" ".join(cell.lower().split()) for cell in cells)
