"""Moments as JSON Web Tokens write them, in seconds since 1970 (RFC 7519, NumericDate)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from issuer.vc import timestamps
from issuer.vc.errors import Expired, ForbiddenValue, MalformedToken, NotYetValid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES = ("iat", "nbf", "exp")


def write(moment: datetime) -> int:
    """Write a moment in whole seconds; raises ForbiddenValue for fractions and without a zone."""
    if moment.utcoffset() is None:
        raise ForbiddenValue(f"{moment!r} carries no zone.")
    seconds, rest = divmod(moment - _EPOCH, timedelta(seconds=1))
    if rest:
        raise ForbiddenValue(f"{moment.isoformat()} does not fall on a whole second.")
    return seconds


def read(value: object) -> datetime:
    """Read a NumericDate, whole or with a fraction; raises MalformedToken."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedToken(f"{value!r} is not a number of seconds since 1970.")
    try:
        return _EPOCH + timedelta(seconds=value)
    except (OverflowError, ValueError):
        raise MalformedToken(f"{value!r} lies outside the calendar.") from None


def find(claims: Mapping[str, Any], name: str) -> datetime | None:
    """Return the moment of iat, nbf or exp, None where the claim is absent; raises MalformedToken.

    Of `iat` the test suite of VC-JOSE-COSE writes date-times as text, so these are read too.
    """
    if name not in claims:
        return None
    if name == "iat" and isinstance(claims[name], str):
        return timestamps.read(claims[name])
    return read(claims[name])


def require_current(claims: Mapping[str, Any], *, now: datetime, skew: timedelta) -> None:
    """Raise unless the token is of this time (RFC 7519, sections 4.1.4 to 4.1.6).

    `skew` is how far the clocks of the two sides may be apart. Raises NotYetValid
    when `iat` or `nbf` is to come, Expired from `exp` on, and MalformedToken.
    """
    issued, begins, ends = (find(claims, name) for name in _NAMES)
    for start in (issued, begins):
        if start is not None and start > now + skew:
            raise NotYetValid(f"The token is not for use before {start.isoformat()}.")
    if ends is not None and ends <= now - skew:
        raise Expired(f"The token was for use until {ends.isoformat()}.")
