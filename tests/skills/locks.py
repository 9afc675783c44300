"""Two at the same moment, one of whom waits for the other."""

import time

from django.db import connection


def wait_until_somebody_waits() -> None:
    """For a lock that we hold."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_locks WHERE NOT granted")
            if cursor.rowcount:
                return
        time.sleep(0.01)
    raise AssertionError("Nobody waits for a lock.")
