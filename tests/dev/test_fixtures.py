"""What conftest.py promises to every test holds."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import apart

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 80), ("2001:db8::1", 80)])
def test_no_test_reaches_another_machine(address: tuple[str, int]) -> None:
    with pytest.raises(AssertionError, match="tried to reach"):
        socket.create_connection(address, timeout=1)
    with pytest.raises(AssertionError, match="tried to reach"):
        urllib.request.urlopen("http://example.org/", timeout=1)


def test_this_machine_can_be_reached() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strictly", "status", "outcome"), [("", 0, "2 skipped"), ("1", 1, "1 failed, 1 error")]
)
def test_where_everything_must_run_a_skip_is_a_failure_with_its_reason(
    tmp_path: Path, strictly: str, status: int, outcome: str
) -> None:
    skips = "import pytest\ndef test_it():\n    pytest.skip('the moon is full')\n"
    (tmp_path / "test_skips.py").write_text(skips)
    (tmp_path / "test_whole.py").write_text("import pytest\npytest.importorskip('no_such')\n")
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    services = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_ADDOPTS")
    env = {name: value for name, value in os.environ.items() if name not in services}
    argv = [sys.executable, "-m", "pytest", "-rsf", "--continue-on-collection-errors", "."]
    ended = subprocess.run(
        argv,
        cwd=tmp_path,
        env=env | {"REQUIRE_ALL": strictly},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the moon is full" in ended.stdout
    assert "could not import 'no_such'" in ended.stdout
    assert outcome in ended.stdout
    assert ended.returncode == status


@pytest.mark.worker
def test_real_workers_do_the_tasks_of_a_test_and_only_the_signer_is_told_the_secret(
    worker_processes: Any, settings: Any, tmp_path: Path
) -> None:
    settings.KEYSTORE_SECRET_FILE = str(tmp_path / "secret")
    workers = [worker_processes.start("worker"), worker_processes.start("signer")]
    from config.celery import app

    for queue in (settings.CELERY_TASK_DEFAULT_QUEUE, settings.QUEUE_SIGNING):
        app.send_task("issuer.sweep", queue=queue)
    deadline = time.monotonic() + 60
    while not all("succeeded" in worker_processes.log(worker) for worker in workers):
        assert time.monotonic() < deadline, [worker_processes.log(w) for w in workers]
        time.sleep(0.2)


@pytest.mark.browser
def test_faults_of_accessibility_are_found(
    page: Any, serious_faults: Callable[[Any], list[str]]
) -> None:
    page.set_content("<html lang=en><title>A page</title><main><img src=x></main>")
    assert [fault.partition(":")[0] for fault in serious_faults(page)] == ["image-alt"]


@pytest.mark.parametrize(("worker", "room"), [("gw0", 41), ("gw1", 42), ("gw3", 44), ("gw4", 41)])
def test_processes_of_one_run_have_their_own_broker_database(worker: str, room: int) -> None:
    address = "redis+socket:///run/here/4/valkey?virtual_host="
    assert apart.of_worker(f"{address}41", worker) == f"{address}{room}"


def test_a_broker_of_ones_own_is_left_as_it_is_given() -> None:
    assert apart.of_worker("redis://localhost:6379/0", "gw1") == "redis://localhost:6379/0"
