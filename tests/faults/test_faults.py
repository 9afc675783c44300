"""The bench of faults in its short form: the engine comes through, its mutants do not."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from tests.bench.faults import SHORT_KINDS, SHORT_MUTANTS, servers

pytestmark = [pytest.mark.worker, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
BENCH = [sys.executable, "-m", "tests.bench", "faults", "--short"]
KILLS = len(SHORT_KINDS)


@pytest.fixture
def bench(transactional_db: None, tmp_path: Path) -> dict[str, str]:
    """The environment of the bench: with a dump, from which it need not migrate, if it can be."""
    program = servers.dev().find_postgres().path.with_name("pg_dump")
    dump = tmp_path / "dump"
    address = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(address._replace(path=f"/{connection.settings_dict['NAME']}"))
    done = subprocess.run([program, "-Fc", "-f", dump, url], check=False)
    return {**os.environ, **({} if done.returncode else {"MIGRATED": str(dump)})}


def test_faults_lose_and_double_nothing_and_each_mutant_is_refused(bench: dict[str, str]) -> None:
    done = subprocess.run(
        [*BENCH, "--kills", str(KILLS), "--count", "400"],
        cwd=ROOT,
        env=bench,
        capture_output=True,
        text=True,
        check=False,
    )
    rows: dict[str, dict[str, Any]] = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        rows[row["name"]] = row
    assert done.returncode == 0, done.stderr[-3000:]
    assert rows["kills"]["value"] == KILLS
    assert [rows[kind]["value"] for kind in SHORT_KINDS] == [1] * len(SHORT_KINDS)
    assert [rows[name]["value"] for name in ("lost", "doubled", "shared", "stuck")] == [0] * 4
    assert rows["mutants_caught"]["value"] == rows["mutants_seeded"]["value"] == len(SHORT_MUTANTS)


def test_a_stopped_bench_leaves_no_process_and_no_folder() -> None:
    with tempfile.TemporaryDirectory(prefix="stop-") as folder:
        Path(folder).chmod(0o711)  # the database's user goes through
        bench = subprocess.Popen(
            BENCH,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 60
        while not any("valkey" in words for words in processes_of(folder)):
            assert time.monotonic() < end
            time.sleep(0.1)
        bench.send_signal(signal.SIGTERM)
        assert bench.wait(60) == 128 + signal.SIGTERM
        assert list(Path(folder).iterdir()) == []
        # Whoever was killed last may still be on the way out.
        end = time.monotonic() + 10
        while left := processes_of(folder):
            assert time.monotonic() < end, left
            time.sleep(0.1)


def processes_of(folder: str) -> list[str]:
    """The command lines of processes that were told of a place in this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if folder in words:
            found.append(words)
    return found
