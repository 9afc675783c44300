"""The one clock that all processes share, the database's; and when a day is over at the college."""

from datetime import date, datetime, time

from django.db import connection
from django.utils import timezone

from issuer.models import changes


def now() -> datetime:
    """The time on the database's clock at this moment, also within a long transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def settled() -> datetime:
    """The moment before which nothing changes any more: what changed then, whoever looks now sees.

    What is still being written bears a time after it. To be asked before the rows are looked at.
    Whole seconds, one earlier than need be, for a clock that is set back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('second', LEAST(statement_timestamp(), to_timestamp("
            "MIN(objid::bigint) + %s))) - interval '1 second' FROM pg_locks "
            "WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())",
            [changes.SINCE_2020, changes.LOCK],
        )
        moment: datetime = cursor.fetchone()[0]
    return moment


def end_of(day: date) -> datetime:
    """The last second of a day where the college is, by TIME_ZONE.

    Of an hour that there is twice as clocks are put back, that of the second; of one that there is
    not as they are put forward, the last before it.
    """
    return datetime.combine(day, time(23, 59, 59, fold=1), timezone.get_current_timezone())


def day_of(moment: datetime) -> date:
    """Which day it is then where the college is: the day that people are told."""
    return timezone.localdate(moment)
