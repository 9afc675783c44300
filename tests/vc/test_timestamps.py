from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc import timestamps
from issuer.vc.errors import ForbiddenValue, MalformedDocument, VcError


def test_a_moment_is_written_in_utc_without_fractions() -> None:
    moment = datetime(2026, 1, 31, 1, 2, 3, 999, tzinfo=timezone(timedelta(hours=2)))
    assert timestamps.write(moment) == "2026-01-30T23:02:03Z"


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 1, 1), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))],
    ids=["no zone", "before the calendar"],
)
def test_what_cannot_be_written_is_refused(moment: datetime) -> None:
    with pytest.raises(ForbiddenValue):
        timestamps.write(moment)


@given(st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)))
def test_what_was_written_is_read(moment: datetime) -> None:
    assert timestamps.read(timestamps.write(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00+02:00",
        "2026-01-31T12:00:00.123456789Z",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_offsets_fractions_and_far_years_are_read(text: str) -> None:
    assert timestamps.read(text) > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-01-31T12:00Z",
        "2026-01-31 12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T12:00:00z",
        "٢٠٢٦-01-31T12:00:00Z",
        "2026-01-31T12:00:00+99:00",
        "2026-01-31T12:00:00+14:01",
        "2026-01-31T12:00:00-23:59",
        "2026-01-31T12:00:00+05:99",
        20260131,
        None,
    ],
)
def test_what_is_no_date_time_stamp_is_refused(text: object) -> None:
    with pytest.raises(MalformedDocument):
        timestamps.read(text)


@given(st.text(alphabet="0123456789-:TZ+.", max_size=30))
def test_any_text_is_read_or_refused_with_our_error(text: str) -> None:
    try:
        timestamps.read(text)
    except VcError:
        pass


@given(st.dates())
def test_a_day_is_read(day: date) -> None:
    assert timestamps.read_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text", [None, 20260131, "2026-1-31", "2026-02-30", "2026-01-31T00:00:00Z", "2026-01-31Z"]
)
def test_what_is_no_day_is_refused(text: object) -> None:
    with pytest.raises(MalformedDocument):
        timestamps.read_date(text)
