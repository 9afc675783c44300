"""Reads the moments that files write in many ways."""

from datetime import UTC, datetime


def parsed(text: str) -> datetime | None:
    """A moment (ISO 8601) in UTC; a day counts as its beginning. None where it is neither."""
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
