from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc.errors import Expired, ForbiddenValue, MalformedToken, NotYetValid
from issuer.vc.jose import numeric_dates

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SKEW = timedelta(minutes=5)


@given(st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)))
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    assert numeric_dates.read(numeric_dates.write(moment)) == moment


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    assert numeric_dates.write(NOW.astimezone(timezone(timedelta(hours=-7)))) == SECONDS


@pytest.mark.parametrize("moment", [datetime(2026, 6, 15), NOW + timedelta(microseconds=1)])
def test_a_moment_without_zone_or_with_a_fraction_is_not_written(moment: datetime) -> None:
    with pytest.raises(ForbiddenValue):
        numeric_dates.write(moment)


@pytest.mark.parametrize("value", [None, True, "1", [], 10**15, -(10**15), 1e300])
def test_what_is_no_moment_of_the_calendar_is_refused(value: Any) -> None:
    with pytest.raises(MalformedToken):
        numeric_dates.read(value)


def test_a_fraction_and_an_issuing_date_in_words_are_read() -> None:
    assert numeric_dates.read(SECONDS + 0.5) == NOW + timedelta(seconds=0.5)
    assert numeric_dates.find({"iat": "2026-06-15T12:00:00Z"}, "iat") == NOW
    assert numeric_dates.find({}, "iat") is None
    with pytest.raises(MalformedToken):
        numeric_dates.find({"exp": "2026-06-15T12:00:00Z"}, "exp")


def test_a_token_is_current_from_its_start_to_its_end_give_or_take_the_skew() -> None:
    for claims in (
        {},
        {"iat": SECONDS, "nbf": SECONDS, "exp": SECONDS + 1},
        {"iat": SECONDS + 300, "nbf": SECONDS + 300, "exp": SECONDS - 299},
    ):
        numeric_dates.require_current(claims, now=NOW, skew=SKEW)


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_a_token_of_the_future_is_refused(name: str) -> None:
    with pytest.raises(NotYetValid):
        numeric_dates.require_current({name: SECONDS + 301}, now=NOW, skew=SKEW)


def test_a_token_of_the_past_is_refused_from_its_last_second_on() -> None:
    with pytest.raises(Expired):
        numeric_dates.require_current({"exp": SECONDS - 300}, now=NOW, skew=SKEW)
