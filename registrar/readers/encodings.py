"""Which letters the bytes of a text are; told by the bytes themselves."""

import codecs
import re
from typing import Final

UTF8: Final = "UTF-8"
# What may be said by hand, by the names that people know.
ENCODINGS: Final = {
    UTF8: "utf-8-sig",
    "UTF-16": "utf-16",
    "Windows-1252": "cp1252",
    "Windows-1250": "cp1250",
    "Windows-1251": "cp1251",
    "Mac Roman": "mac-roman",
    "Shift JIS": "cp932",
    "GB 18030": "gb18030",
}

# The longer marks first: one of UTF-32 begins as one of UTF-16 does.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8-sig", UTF8),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_FIRST: Final = 1 << 12
_HIGH = re.compile(rb"[\x80-\xff]")
_WHOLE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def decoded(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text, and the encoding that it was found to be in or, by `encoding`, is said to be in.

    Never raises: what is no letter there stands as a replacement character.
    """
    codec, name = (ENCODINGS[encoding], encoding) if encoding in ENCODINGS else _found(data)
    return data.decode(codec, "replace").removeprefix("\ufeff"), name


def _found(data: bytes) -> tuple[str, str]:
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return codec, name
    if wide := _without_mark(data[:_FIRST]):
        return wide, "UTF-16"
    return ("utf-8", UTF8) if _is_utf8(data) else ("cp1252", "Windows-1252")


def _without_mark(beginning: bytes) -> str:
    """UTF-16 of mostly Latin letters: every other byte is zero."""
    even, odd = beginning[::2].count(0), beginning[1::2].count(0)
    if max(even, odd) * 4 < len(beginning) or not even + odd:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_utf8(data: bytes) -> bool:
    """Whether all of it is, or all but a few damaged places."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        whole = _WHOLE.findall(data)
        return len(whole) > len(_HIGH.findall(data)) - sum(map(len, whole))
    return True
