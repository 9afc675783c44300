"""Let one writer at a time change what came from a source."""

from typing import Final

from django.db import connection

from registrar.errors import NoSource
from skills.readers import texts

LONGEST: Final = 100

# The first key of the advisory lock tells ours from others; the second is the source's.
_SOURCES = 1
_TREES = 6
_NUMBERS = 7


def demand_name(source: str) -> None:
    """Raise NoSource for what no system can be called."""
    if not source.strip() or len(source) > LONGEST or texts.refused(source):
        raise NoSource


def hold(source: str) -> None:
    """Wait until nobody else writes what came from this source, and hold it to the commit.

    To be called in a transaction. Rows that do not exist yet cannot be locked, and two writers
    would both insert them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_SOURCES, source])


def hold_trees() -> None:
    """The same as `hold_tree` for all that lies below others: for who reads whole rosters."""
    for kind in ("organisations", "terms"):
        hold_tree(kind)


def hold_tree(kind: str) -> None:
    """Wait until nobody else moves things of this kind below others, and hold it to the commit.

    To be called in a transaction, after `hold`. Two moves that are right alone may close a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_TREES, kind])


def hold_numbers(*, alone: bool) -> None:
    """Wait until nobody else finds people by their numbers, and hold that to the commit.

    To be called in a transaction, after `hold`. Who writes learners whose numbers are not compared
    may do so beside others (`alone` is false), but not while somebody finds people by them: both
    would add the person whom neither has found.
    """
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, 0)", [_NUMBERS])
