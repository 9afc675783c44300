"""Takes the members of a JSON object one by one, and reports what is wrong with them."""

import re
from collections.abc import ItemsView, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from skills.readers import texts
from skills.readers.json_text import pointer
from skills.readers.problems import Problems

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)


class Members:
    """The members of the object at `place`. When all are taken, `good` tells whether it is usable.

    A member that is refused is given as its blank, so that taking can go on.
    """

    def __init__(self, place: str, members: Mapping[str, Any], problems: Problems) -> None:
        self.place = place
        self.good = True
        self.identified_by = "identifier"
        self._members = members
        self._problems = problems

    def refuse(self, name: str, code: str, reason: str, fix: str) -> None:
        """Report what makes the object unusable."""
        self.good = False
        self._report(name, code, reason, fix)

    def warn(self, name: str, code: str, reason: str, fix: str) -> None:
        """Report what the object can do without."""
        self._report(name, code, reason, fix, is_warning=True)

    @property
    def problems(self) -> Problems:
        """Where the problems of the object are noted."""
        return self._problems

    def items(self) -> ItemsView[str, Any]:
        """The members as they stand, with their names."""
        return self._members.items()

    def get(self, name: str) -> Any:
        """Return the member as it stands; an absent one and null are both None."""
        return self._members.get(name)

    def text(
        self, name: str, *, required: bool = False, limit: int = 255, is_lowered: bool = False
    ) -> str:
        """Return a text, composed (NFC), or '' where it is absent."""
        value = self.get(name)
        if value is None or (isinstance(value, str) and not texts.visible(value).strip()):
            if required:
                self.refuse(name, "required", f"{name} is missing.", f"Add {name}.")
            return ""
        if not isinstance(value, str):
            self.refuse(name, "type", f"{name} is not a text.", "Write it in quotes.")
            return ""
        text = texts.composed(value.lower() if is_lowered else value)
        if len(text) > limit:
            reason = f"{name} has {len(text):,} characters, more than {limit:,}."
            self.refuse(name, "too_long", reason, "Shorten it.")
            return ""
        return text

    def texts(self, name: str, *, or_one: bool = False) -> tuple[str, ...]:
        """Return a list of short texts, or one text as a list; blank ones are passed over."""
        value = self.get(name)
        if value is None:
            return ()
        if or_one and isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            reason = f"{name} is not a list of texts."
            self.refuse(name, "type", reason, 'Write it like ["one", "two"].')
            return ()
        if any(len(item) > 255 for item in value):
            reason = f"A text in {name} has more than 255 characters."
            self.refuse(name, "too_long", reason, "Shorten it.")
            return ()
        return tuple(texts.composed(item) for item in value if texts.visible(item).strip())

    def identifier(self) -> str:
        """Return the object's own UUID in lower case."""
        value = self.text("identifier", required=True, is_lowered=True)
        if value and not _UUID.fullmatch(value):
            self.refuse(
                "identifier",
                "bad_identifier",
                "identifier is not a UUID.",
                "Write it like 1d0dbb9c-7499-5c4f-b656-341355cc0722.",
            )
            return ""
        return value

    def uri(self, name: str, *, required: bool = False) -> str:
        """Return an https, http or urn address."""
        value = self.text(name, required=required, limit=1_000)
        if value and not texts.is_address(value):
            self.refuse(
                name,
                "bad_uri",
                f"{name} is not an https, http or urn address.",
                "Write the whole address, without spaces.",
            )
            return ""
        return value

    def moment(self, name: str) -> datetime:
        """Return a required moment; one without a time zone counts as UTC, with a warning."""
        value = self.text(name, required=True)
        if not value:
            return LONG_AGO
        try:
            found = datetime.fromisoformat(value) if _MOMENT.fullmatch(value) else None
            if found is not None and found.tzinfo is not None:
                return found.astimezone(UTC)
        except (ValueError, OverflowError):
            found = None
        if found is None:
            self.refuse(
                name,
                "bad_date",
                f"{name} is not a moment of the calendar.",
                "Write it like 2026-03-31T09:30:00Z.",
            )
            return LONG_AGO
        reason = f"{name} has no time zone; it is taken as UTC."
        self.warn(name, "no_time_zone", reason, "Add Z, or the offset, at its end.")
        return found.replace(tzinfo=UTC)

    def day(self, name: str) -> date | None:
        """Return a day, or None where it is absent; a moment counts as the day it names."""
        value = self.text(name)
        if not value:
            return None
        try:
            if _DAY.fullmatch(value) or _MOMENT.fullmatch(value):
                return date.fromisoformat(value[:10])
        except ValueError:
            pass
        reason = f"{name} is not a day of the calendar."
        self.refuse(name, "bad_date", reason, "Write it like 2026-03-31.")
        return None

    def days(self, first: str, last: str) -> tuple[date | None, date | None]:
        """Return two days in their order."""
        begin, end = self.day(first), self.day(last)
        if begin and end and end < begin:
            reason = f"{last} is before {first}."
            self.refuse(last, "reversed_dates", reason, "Exchange or correct the two days.")
        return begin, end

    def whole_number(self, name: str) -> int | None:
        """Return a whole number; anything else counts as absent, with a warning."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31:
            return value
        self.warn(name, "type", f"{name} is not a whole number.", "Write digits, without quotes.")
        return None

    def number(self, name: str) -> float | None:
        """Return a number; anything else counts as absent, with a warning."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
            return float(value)
        self.warn(name, "type", f"{name} is not a number.", "Write digits, without quotes.")
        return None

    def link(self, name: str) -> "Members | None":
        """Return the members of a required link."""
        value = self.get(name)
        if isinstance(value, dict):
            return Members(pointer(self.place, name), value, self._problems)
        fix = "Write it as an object with title, identifier and uri."
        if value is None:
            self.refuse(name, "required", f"{name} is missing.", fix)
        else:
            self.refuse(name, "type", f"{name} is not an object.", fix)
        return None

    def _report(
        self, name: str, code: str, reason: str, fix: str, *, is_warning: bool = False
    ) -> None:
        self._problems.add(
            pointer(self.place, name),
            value=self._members.get(name),
            code=code,
            reason=reason,
            fix=fix,
            severity="warning" if is_warning else "error",
        )
