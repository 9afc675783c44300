"""Starts Celery workers that may be told to die: `python -m tests.faults.nursery MODULE ...`.

Reads one order a line from standard input and answers each with one line. Everything, also these
modules, is imported once and every worker is forked from here, which takes a tenth of the time of
a fresh start. What it starts ends with it.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import django

from tests.faults.points import Act, Fault, Moment, find

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Obey until nobody gives orders any more."""
    django.setup()
    from config.celery import app

    app.loader.import_default_modules()
    app.loader.import_task_module("tests.faults.freeze")
    for module in sys.argv[1:]:
        importlib.import_module(module)
    for line in sys.stdin:
        order = json.loads(line)
        answer = start(app, order) if "start" in order else ended(order["ended"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def start(app: Any, order: dict[str, Any]) -> int:
    """Fork a worker for these queues; answer with its process id.

    `first` names functions that it calls before it begins, each with its arguments.
    """
    pid = os.fork()
    if pid == 0:
        run(app, order)
    return pid


def ended(pid: int) -> int | None:
    """The signal that has ended a worker, 0 if none was needed, or None while it lives."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.WTERMSIG(status) if found else None


def run(app: Any, order: dict[str, Any]) -> NoReturn:
    """Be a worker."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    for target, *arguments in order.get("first", ()):
        find(target)(*arguments)
    if fault := order.get("fault"):
        fault = {**fault, "moment": Moment(fault["moment"]), "act": Act(fault["act"])}
        Fault(**fault).install(Path(order["witness"]))
    name = f"{Path(order['log']).stem}@%h"
    argv = [
        "worker",
        "-Q",
        order["start"],
        "-n",
        name,
        "--concurrency",
        "1",
        "-l",
        "INFO",
    ]
    app.worker_main([*argv, "--without-gossip", "--without-mingle"])
    os._exit(0)


if __name__ == "__main__":
    main()
