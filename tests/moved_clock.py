"""A clock that a test sets: that of the database, which all processes share, and Python's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import time_machine
from django.db import connection


@contextmanager
def moved_to(moment: datetime) -> Iterator[None]:
    """It is that moment, and time goes on; for a test in one transaction.

    PostgreSQL finds functions of the same names before its own, so that nothing of ours is
    replaced.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        (usual,) = cursor.fetchone()
        cursor.execute("SELECT pg_catalog.clock_timestamp()")
        (real,) = cursor.fetchone()
        cursor.execute("CREATE SCHEMA IF NOT EXISTS moved")
        for name in ("clock_timestamp", "statement_timestamp", "now"):
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION moved.{name}() RETURNS timestamptz LANGUAGE sql AS "
                f"$$ SELECT '{moment.isoformat()}'::timestamptz "
                f"+ (pg_catalog.clock_timestamp() - '{real.isoformat()}'::timestamptz) $$"
            )
        cursor.execute(f"SET LOCAL search_path = moved, pg_catalog, {usual}")
        with time_machine.travel(moment):
            yield
        cursor.execute(f"SET LOCAL search_path = {usual}")
