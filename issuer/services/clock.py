"""The one clock that all processes share: the database's."""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """The time on the database's clock at this moment, also within a long transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
