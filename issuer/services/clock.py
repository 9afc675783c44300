"""The one clock that all processes share: the database's."""

from datetime import datetime

from django.db import connection

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
