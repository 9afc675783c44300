"""What a text from outside may hold, and when one is an address."""

import re
import unicodedata

# C0 but tab and line ends, C1, bidirectional overrides and isolates, lone surrogates,
# noncharacters and invisible tags: none belongs in a statement, all can hide text or break the
# database.
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
# Zero width space, word joiner, a byte order mark inside: nobody sees them, and two names that
# read alike would differ. ESCO has 44. Joiners stay: letters and emoji are written with them.
_UNSEEN = str.maketrans(dict.fromkeys("\u200b\u2060\ufeff"))
# They are shown as links and signed as targets, so script and data addresses are refused.
_ADDRESS = re.compile(r"(https?://|urn:)[^\s<>\"\\^`{|}]+", re.IGNORECASE)


# In an index of PostgreSQL there is room for 2,704 bytes.
_MAX_ADDRESS_BYTES = 2_000


def refused(text: str) -> str | None:
    """The first character that has no place in a text, if there is one."""
    if text.isascii() and text.isprintable():
        return None
    found = _REFUSED.search(text)
    return found.group() if found else None


def visible(text: str) -> str:
    """The text without what has no width and joins nothing."""
    return text if text.isascii() else text.translate(_UNSEEN)


def composed(text: str) -> str:
    """What is visible of the text, in Unicode's composed form (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", visible(text))


def is_address(text: str) -> bool:
    """Whether it is an https, http or urn address, of at most 2,000 bytes in UTF-8."""
    is_short = text.isascii() or len(text.encode("utf-8", "replace")) <= _MAX_ADDRESS_BYTES
    return is_short and _ADDRESS.fullmatch(text) is not None
