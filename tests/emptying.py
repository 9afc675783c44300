"""Empties the tables after a test that committed, in a tenth of the time that Django takes.

Django makes every table anew, most of which nobody has touched, and enters each permission again.
Here a few rows are deleted where they are, and what the migrations have entered stays.
"""

import contextlib
from collections.abc import Callable
from functools import cache
from typing import Any

import pgtrigger
from django.db import OperationalError, connection, transaction
from psycopg import sql

KEPT = {"django_content_type", "auth_permission"}
# Rows that are deleted lie in the way of the tests that follow; so much does not matter.
FEW_BYTES = 1_000_000
# Workers that are still at work lock the same tables in another order, and one has to give way.
TRIALS = 3


def with_triggers_off(make_anew: Callable[[Any], None]) -> Callable[[Any], None]:
    """The end of a transactional test; Django's own where there is much to delete."""

    def empty(test_case: Any) -> None:
        if not any(_are_deleted() for _ in range(TRIALS)):
            with pgtrigger.ignore():
                make_anew(test_case)

    return empty


def _are_deleted() -> bool:
    """Delete all rows, unless there are many, a worker is met, or this user passes no trigger."""
    names = [sql.Identifier(name) for name in _tables()]
    with contextlib.suppress(OperationalError), transaction.atomic(), connection.cursor() as cursor:
        # Whoever was killed in the middle of a transaction ends it first.
        cursor.execute(sql.SQL("lock {}").format(sql.SQL(", ").join(names)))
        if not _may_delete(cursor, names):
            return False
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(_each(names, "select {0} where exists (select from {1})", " union all "))
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("delete from {}").format(sql.SQL(name)))
        return True
    return False


def _may_delete(cursor: Any, names: list[sql.Identifier]) -> bool:
    sizes = _each(names, "pg_relation_size({0}::regclass)", ", ")
    asked = "select rolsuper and greatest({}) < %s from pg_roles where rolname = current_user"
    cursor.execute(sql.SQL(asked).format(sizes), [FEW_BYTES])
    return bool(cursor.fetchone()[0])


def _each(names: list[sql.Identifier], text: str, between: str) -> sql.Composed:
    """The same said of each table: {0} is its name as a text, {1} as a name."""
    said = (sql.SQL(text).format(name.as_string(), name) for name in names)
    return sql.SQL(between).join(said)


@cache
def _tables() -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted({*names} - KEPT)
