"""A credential holds until the end of a day: the same day wherever people are told of it."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.template import Context, Template
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from issuer.services import clock
from issuer.vc import reading, timestamps

ZONES = sorted(name for name in available_timezones() if "/" in name)


@given(zone=st.sampled_from(ZONES), day=st.dates(date(2015, 1, 1), date(2200, 1, 1)))
def test_the_day_that_people_are_told_is_the_day_on_which_it_ends(zone: str, day: date) -> None:
    with timezone.override(ZoneInfo(zone)):
        end = timestamps.read(timestamps.write(clock.end_of(day)))
        assert clock.day_of(end) == day
        assert clock.day_of(end + timedelta(seconds=1)) > day
        facts = reading.Reading(valid_until=timestamps.write(end))
        said = Template('{{ facts.ends_at|date:"Y-m-d" }}').render(Context({"facts": facts}))
        assert said == day.isoformat()


def test_where_clocks_are_put_forward_at_night_the_day_ends_before_and_put_back_after() -> None:
    with timezone.override(ZoneInfo("America/Nuuk")):
        assert timestamps.write(clock.end_of(date(2026, 3, 28))) == "2026-03-29T00:59:59Z"
        assert timestamps.write(clock.end_of(date(2026, 10, 24))) == "2026-10-25T01:59:59Z"
