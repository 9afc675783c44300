"""What single cells of a sheet of awards may hold: names, numbers, addresses, results."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from registrar.readers.award_columns import BY_KEY, ResultField

LONGEST_NUMBER: Final = 100
LONGEST_NAME: Final = 300
LONGEST_EMAIL: Final = 254
LONGEST_TEXT: Final = 2_000

# Nobody writes more marks over one letter; some scripts stack seven.
_MOST_MARKS: Final = 8
# They join letters of many scripts, and have no business between Latin ones.
_JOINERS: Final = "\u200c\u200d"
# With one name, what systems that insist on two are given; nothing else without a letter is one.
_NO_NAME: Final = frozenset({"-", "."})
_PLACEHOLDERS: Final = frozenset(
    "N/A n/a NaN nan undefined None TBD tbd TBA tba unknown Unknown UNKNOWN".split()
)
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_GONE_WRONG = re.compile(r"#(?:N/A|[A-Z]+(?:/0)?[!?]|[A-Z]+_DATA)|Err:[0-9]{3}")
# Of other scripts' digits the decimal sign; and what stands in dates, as wide as Han letters.
_BETWEEN_DIGITS: Final = {"\u066b": ".", "\uff0e": ".", "\uff0f": "/", "\uff0d": "-"}
_FORMULA = re.compile(r"[=+@\uff1d\uff0b\uff20]|[-\uff0d\u2212](?=[0-9=+@(])|\|")
_ODD_SIGN = re.compile(r"[<>{}\[\]|\\^~$%*=_;:!]|https?:|www\.", re.I)
_LEARNER_NUMBER = re.compile(r"[^\W_][\w .:;/#+()-]*")
_THROUGH_A_SPREADSHEET = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+[0-9]+|[0-9]+\.0+", re.I)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@((?:{_LABEL}\.)+)([^\W\d_](?:[\w-]{{0,61}}[^\W_]))")
# As mail programs write addresses: with a name, or as a link.
_ADDRESS_INSIDE = re.compile(r"(?:[^<>]*<|mailto:)([^<>\s]+)>?", re.I)
_LONGEST_LOCAL: Final = 64
# Ends of addresses that there are not, and what was meant.
_SLIPS: Final = {"con": "com", "cmo": "com", "ocm": "com", "ogr": "org", "nte": "net", "eud": "edu"}
_LINK = re.compile(r"https?://[^\s<>\"\\^`{|}/]+\.[^\s<>\"\\^`{|}]+", re.I)
_DECIMAL = re.compile(r"-?[0-9]{1,9}(?:[.,][0-9]{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a cell and what to write instead."""

    code: str
    reason: str
    fix: str


def composed(text: str) -> str:
    """The text as it is kept: trimmed, spaces as one, in Unicode's composed form (NFC)."""
    if text.isascii() and "  " not in text and "\t" not in text:
        return text.strip()
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip()


def plain_digits(text: str) -> str:
    """The text with the digits of whatever script as 0 to 9, and the signs between them as ours."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else _BETWEEN_DIGITS.get(sign, sign)
        for sign in text
    )


def who(cell: str) -> str:
    """A learner number in plain digits; the key of another system as it stands."""
    text = composed(cell)
    return text if text.startswith(BY_KEY) else plain_digits(text)


def other_digits(text: str) -> str:
    """Whose digits are in it besides 0 to 9, such as Arabic-Indic; blank for none."""
    if text.isascii():
        return ""
    found = next((sign for sign in text if sign.isdecimal() and not sign.isascii()), "")
    return unicodedata.name(found).partition(" DIGIT")[0].title() if found else ""


def unseen(cell: str) -> Flaw | None:
    """What hides in a cell of any kind: damage, control characters, signs that nobody sees."""
    text = cell.strip()
    if text[:1] in ("#", "E") and _GONE_WRONG.fullmatch(text):
        return Flaw(
            "spreadsheet_error",
            "A formula in this cell could not be worked out.",
            "Write what it should have come to.",
        )
    if text.isascii() and text.isprintable():
        return None
    if "\ufffd" in text:
        return Flaw(
            "damaged_letters",
            "A letter in it was lost when the file was written.",
            "Write it again as it is spelt.",
        )
    if any(sign in text for sign in "\r\n\v\f\x85\u2028\u2029"):
        said = " ".join(text.split())
        return Flaw("line_break", "There is a line break in it.", f"Write {said[:100]}.")
    if (at := next((at for at, sign in enumerate(text) if _is_unseen(text, at)), None)) is not None:
        clean = "".join(sign for place, sign in enumerate(text) if not _is_unseen(text, place))
        kind = "control character" if unicodedata.category(text[at]) == "Cc" else "character"
        return Flaw(
            "invisible_character",
            f"There is an invisible {kind} in it (U+{ord(text[at]):04X}).",
            f"Write {clean.strip()[:100]}." if clean.strip() else "Remove it.",
        )
    return _doubly_encoded(text)


def learner_number(text: str) -> Flaw | None:
    """Why this is no learner number."""
    if len(text) > LONGEST_NUMBER:
        return _too_long(text, LONGEST_NUMBER)
    if text in _PLACEHOLDERS:
        return _placeholder()
    if "@" in text[1:]:
        return _elsewhere("an e-mail address")
    if _THROUGH_A_SPREADSHEET.fullmatch(text):
        return Flaw(
            "spreadsheet_number",
            "A spreadsheet has written it as a number and may have lost digits.",
            "Write the number as it was; format the column as text before.",
        )
    if _FORMULA.match(text):
        return _formula()
    if not _LEARNER_NUMBER.fullmatch(text):
        return Flaw(
            "bad_number",
            "This is not how learner numbers are written.",
            "Write letters and digits, beginning with one of these.",
        )
    return None


def name(text: str) -> Flaw | None:
    """Why this is no name of a person. One letter is one, and so is a dash in place of one."""
    if text in _NO_NAME:
        return None
    if len(text) > LONGEST_NAME:
        return _too_long(text, LONGEST_NAME)
    if text in _PLACEHOLDERS:
        return _placeholder()
    if "@" in text[1:]:
        return _elsewhere("an e-mail address")
    if _FORMULA.match(text):
        return _formula()
    if "?" in text:
        return Flaw(
            "damaged_letters",
            "A question mark stands where a letter was lost.",
            "Write the name as it is spelt.",
        )
    if not any(map(str.isalpha, text)):
        return Flaw(
            "no_letters",
            "There is no letter in it.",
            "Write the name; a dash for somebody who has only one.",
        )
    if (odd := _ODD_SIGN.search(text)) is not None:
        return Flaw("odd_sign", f"“{odd.group()}” is no part of a name.", "Write the name alone.")
    if _most_marks(text) > _MOST_MARKS:
        return Flaw("odd_sign", "Too many marks are on one letter.", "Write the name alone.")
    return None


def email(text: str) -> Flaw | None:
    """Why this is no e-mail address to which mail can go."""
    if _FORMULA.match(text):
        return _formula()
    if len(text) > LONGEST_EMAIL or len(text.partition("@")[0]) > _LONGEST_LOCAL:
        return _too_long(text, LONGEST_EMAIL if len(text) > LONGEST_EMAIL else _LONGEST_LOCAL)
    found = _EMAIL.fullmatch(text)
    if found is None:
        inside = _ADDRESS_INSIDE.fullmatch(text)
        meant = inside[1] if inside and _EMAIL.fullmatch(inside[1]) else ""
        fix = f"Write {meant}." if meant else "Write one such as ada@example.org."
        return Flaw("bad_email", "This is no e-mail address.", fix)
    if meant := _SLIPS.get(found[2].lower()):
        said = f"{text[: -len(found[2])]}{meant}"
        return Flaw("bad_email", f"No address ends in .{found[2]}.", f"Write {said}, if it is so.")
    return None


def link(text: str) -> Flaw | None:
    """Why this is no address of a page."""
    if len(text) > LONGEST_TEXT:
        return _too_long(text, LONGEST_TEXT)
    if _LINK.fullmatch(text):
        return None
    return Flaw(
        "bad_link", "This is no web address.", "Write the whole address, beginning with https://."
    )


def wording(text: str) -> Flaw | None:
    """Why this cannot be said in words."""
    if len(text) > LONGEST_TEXT:
        return _too_long(text, LONGEST_TEXT)
    return _formula() if text[:1] in "=\uff1d" else None


def result(text: str, field: ResultField) -> str | Flaw:
    """The result as the credential says it, or why it can't."""
    if field.allowed:
        if (same := _same(text, field.allowed)) is not None:
            return same
        known = ", ".join(field.allowed)[:200]
        return Flaw(
            "unknown_result",
            f"{field.name}: “{text[:100]}” is not among the allowed ones.",
            f"Write one of these: {known}.",
        )
    if not field.is_number:
        return text if len(text) <= LONGEST_NAME else _too_long(text, LONGEST_NAME)
    lowest, highest = field.lowest or "", field.highest or ""
    between = " and ".join(filter(None, (lowest, highest)))
    bare = text.removesuffix("%").strip()
    if not _DECIMAL.fullmatch(bare):
        fix = f"Write a number between {between}." if lowest and highest else "Write a number."
        return Flaw("not_a_number", f"{field.name} is no number.", fix)
    said = bare.replace(",", ".")
    number = Decimal(said)
    if (lowest and number < Decimal(lowest)) or (highest and number > Decimal(highest)):
        return Flaw(
            "out_of_range",
            f"{field.name} is {said}; {lowest or 'any'} to {highest or 'any'} is possible.",
            "Write the right number.",
        )
    return said


def too_low(value: str, field: ResultField) -> Flaw | None:
    """Why nobody earns the credential with this result, which is a right one in itself."""
    needed = field.required
    if not needed or not _is_below(value, needed, field.allowed):
        return None
    return Flaw(
        "below_required",
        f"{field.name}: “{value}” is less than {needed}, which is needed to earn it.",
        "Correct it, or leave the row out.",
    )


def unsaid_result(field: ResultField) -> Flaw:
    """That a row does not say a result of which something is needed."""
    return Flaw(
        "no_result",
        f"{field.name} is not told; {field.required} is needed to earn the credential.",
        "Add it, or make sure that it was reached.",
    )


def _is_below(value: str, needed: str, allowed: tuple[str, ...]) -> bool:
    """Whether it is less; what cannot be compared is not."""
    if value in allowed and needed in allowed:
        return allowed.index(value) < allowed.index(needed)
    wanted = needed.removesuffix("%").strip().replace(",", ".")
    said = value.removesuffix("%").strip().replace(",", ".")
    if _DECIMAL.fullmatch(said) and _DECIMAL.fullmatch(wanted):
        return Decimal(said) < Decimal(wanted)
    return False


def _same(text: str, allowed: tuple[str, ...]) -> str | None:
    if text in allowed:
        return text
    like = [each for each in allowed if each.casefold() == text.casefold()]
    return like[0] if len(like) == 1 else None


def _is_unseen(text: str, at: int) -> bool:
    sign = text[at]
    if sign.isascii() and sign.isprintable():
        return False
    if sign in _JOINERS:
        around = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
        return len(around) < 2 or around.isascii() or "LATIN" in unicodedata.name(around[0], "")
    return unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cn", "Cs")


def _doubly_encoded(text: str) -> Flaw | None:
    """Text in UTF-8 that was read as Windows-1252 and written again: JosÃ© for José."""
    if text.isascii():
        return None
    try:
        meant = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None
    return Flaw(
        "damaged_letters", "Its letters were read in a wrong encoding.", f"Write {meant[:100]}."
    )


def _most_marks(text: str) -> int:
    most = run = 0
    for sign in text:
        run = run + 1 if unicodedata.combining(sign) else 0
        most = max(most, run)
    return most


def _too_long(text: str, limit: int) -> Flaw:
    return Flaw(
        "too_long", f"It has {len(text):,} characters; at most {limit} are kept.", "Shorten it."
    )


def _placeholder() -> Flaw:
    return Flaw("placeholder", "This only holds the place of something.", "Write what is meant.")


def _elsewhere(what: str) -> Flaw:
    return Flaw("mixed_up_columns", f"There is {what} here.", "Move each cell to its column.")


def _formula() -> Flaw:
    return Flaw(
        "formula", "A spreadsheet would take this for a formula.", "Write the text without it."
    )
