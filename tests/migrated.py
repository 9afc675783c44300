"""The migrated database of which every test process has a copy: `python -m tests.migrated`.

It stays on the server of ./dev until the migrations change; on one's own server nothing may be
left behind, and each process migrates for itself.
"""

import contextlib
import hashlib
import sys
import time
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection
from psycopg import sql

# Who makes it holds this lock; all others wait for it.
LOCK = 7_205_759_403
# Checkouts with other migrations use the same server.
OTHERS = 5


def name() -> str | None:
    """What it is called; None where there is none."""
    if not connection.settings_dict["NAME"].startswith("run_"):
        return None
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        for path in sorted(Path(app.path).glob("migrations/*.py")):
            digest.update(path.read_bytes())
    return f"migrated_{digest.hexdigest()[:16]}"


def exists(found: str) -> bool:
    """Whether it is there."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", [found])
        return cursor.fetchone() is not None


def make() -> str | None:
    """Make it if there is none, beside the newest few of other migrations; its name."""
    found = name()
    if found is None or exists(found):
        return found
    with connection._nodb_cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [LOCK])
        if not exists(found):
            half = f"{found}_half"
            cursor.execute(
                "select datname from pg_database where datname like 'migrated%%' "
                "order by oid desc offset %s",
                [OTHERS],
            )
            for (old,) in [*cursor.fetchall(), (half,)]:
                with contextlib.suppress(DatabaseError):  # somebody is copying it
                    _say(cursor, "drop database if exists {}", old)
            _say(cursor, "create database {}", half)
            _tell("Migrating a database for the tests; it stays until a migration changes ...")
            began = time.monotonic()
            _migrate(half)
            _tell(f"Migrated in {time.monotonic() - began:.0f} s.")
            with contextlib.suppress(DatabaseError):  # another process was faster
                _say(cursor, "alter database {} rename to {}", half, found)
    return found


def _say(cursor: Any, command: str, *names: str) -> None:
    cursor.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")
    sys.stderr.flush()


def _migrate(database: str) -> None:
    settings = connection.settings_dict
    usual = settings["NAME"]
    connection.close()
    settings["NAME"] = database
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        settings["NAME"] = usual


if __name__ == "__main__":
    import django

    django.setup()
    make()
