"""Keeps the processes of pytest-xdist apart at the broker, as pytest-django does at PostgreSQL.

`-p tests.apart`: importing it must come before Django reads its settings. The address that
`./dev test` names is the first of ROOMS databases; without one, nothing is changed.
"""

import os
import re

ROOMS = 4


def of_worker(address: str, worker: str) -> str:
    """The address of the database for `gw0`, `gw1` ...; workers beyond ROOMS share."""
    number = int(worker.removeprefix("gw")) % ROOMS
    return re.sub(r"(?<=[?&]virtual_host=)\d+", lambda room: str(int(room[0]) + number), address)


if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("BROKER_URL", "REDIS_URL"):
        if name in os.environ:
            os.environ[name] = of_worker(os.environ[name], os.environ["PYTEST_XDIST_WORKER"])
