"""./dev starts what is needed, shows what happens, and leaves no process behind."""

import contextlib
import dataclasses
import http.client
import importlib.machinery
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).parent / "project"
IS_LINUX = sys.platform == "linux"
pytestmark = pytest.mark.timeout(300)
OWN_SERVICES = ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "PGHOST", "PGUSER")


class Checkout:
    """A small project with ./dev in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / ".dev" / "data"
        shutil.copytree(PROJECT, folder)
        shutil.copy(ROOT / "dev", folder)
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        (folder / ".dev").mkdir()
        (folder / ".dev" / "venv").symlink_to(ROOT / ".dev" / "venv")
        self.share_compiled(ROOT / ".dev" / "venv", folder / ".dev" / "venv")
        self.share_compiled(Path(sys.base_prefix), Path(sys.base_prefix))
        self.env = {n: v for n, v in os.environ.items() if n not in OWN_SERVICES}
        self.port = free_port()
        self.output = folder / "output.txt"

    def share_compiled(self, source: Path, as_seen: Path) -> None:
        """Read what is compiled already: every process here would compile Django anew."""
        link = self.folder / ".dev" / "bytecode" / as_seen.relative_to("/")
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT / ".dev" / "bytecode" / source.relative_to("/"))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ./dev to its end."""
        return subprocess.run(
            [sys.executable, str(self.folder / "dev"), *arguments],
            capture_output=True,
            text=True,
            timeout=200,
            env=self.env,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ./dev, and wait until the web process answers."""
        with self.output.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(self.folder / "dev"), *arguments, "--port", str(self.port)],
                stdout=output,
                stderr=output,
                env=self.env,
                start_new_session=True,
            )
        wait_until(lambda: self.says("Running.") or process.poll(), self.output.read_text)
        assert process.poll() is None, self.output.read_text()
        return process

    def says(self, text: str) -> bool:
        """Whether the started ./dev has printed this."""
        return text in self.output.read_text()

    def processes(self) -> list[str]:
        """The command lines of all that this checkout runs, the database server included."""
        marks = [str(self.folder).encode()]
        for note in (self.data / "postgres.path", self.data / "run.path"):
            if note.exists():
                marks.append(note.read_text().encode())
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environ = (entry / "environ").read_bytes()
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(entry.name) != os.getpid() and any(m in environ + line for m in marks):
                found.append(f"{entry.name} {line.replace(bytes(1), b' ').decode()}")
        return found

    def clean(self) -> None:
        """Remove what lies outside the folder."""
        for note in self.folder.glob(".dev/*/*.path"):
            shutil.rmtree(note.read_text(), ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(happens: object, said: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happens():  # type: ignore[operator]
        assert time.monotonic() < deadline, said()  # type: ignore[operator]
        time.sleep(0.1)


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    if not IS_LINUX:
        pytest.skip("finds processes by /proc")
    checkout = Checkout(tmp_path / "a checkout")
    yield checkout
    left = checkout.processes()
    for line in left:
        os.kill(int(line.split()[0]), signal.SIGKILL)
    checkout.clean()
    assert left == []


@pytest.fixture
def place(dev: ModuleType, tmp_path: Path) -> Iterator[Any]:
    """A data folder of its own."""
    place = dev.Place(tmp_path / "data")
    place.prepare()
    yield place
    for note in place.folder.glob("*.path"):
        shutil.rmtree(note.read_text())


@pytest.fixture(scope="session")
def dev() -> ModuleType:
    """The file as a module."""
    loader = importlib.machinery.SourceFileLoader("dev", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["dev"] = module
    loader.exec_module(module)
    return module


# --- What one sees ------------------------------------------------------------------------------


def test_the_help_fits_one_screen() -> None:
    shown = subprocess.run(
        [sys.executable, str(ROOT / "dev"), "--help"], capture_output=True, text=True, check=True
    )
    lines = shown.stdout.splitlines()
    assert len(lines) <= 24
    assert max(len(line) for line in lines) <= 80
    for command in ("demo", "up", "manage", "test", "lint"):
        assert any(line.strip().startswith(command) for line in lines)


def run_dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "dev"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_without_a_command_the_help_is_shown() -> None:
    bare, asked = run_dev(), run_dev("--help")
    assert bare.returncode == asked.returncode == 0
    assert bare.stdout == asked.stdout != ""


@pytest.mark.parametrize("command", ["demo", "up", "test", "lint"])
def test_the_help_of_a_command_names_it_as_it_is_typed(command: str) -> None:
    shown = run_dev(command, "--help")
    assert shown.returncode == 0
    assert shown.stdout.startswith(f"usage: ./dev {command} [-h]")


def test_a_mistyped_option_is_answered_with_what_the_command_takes() -> None:
    refused = run_dev("demo", "--prt", "8001")
    assert refused.returncode == 2
    assert refused.stderr.startswith("usage: ./dev demo [-h] [--exit] [--port N]")
    assert refused.stderr.endswith("./dev demo: error: unknown: --prt 8001\n")


def test_everything_after_manage_is_for_manage_py(dev: ModuleType) -> None:
    for rest in ([], ["--help"], ["check_ledger", "--help"], ["check", "--deploy"]):
        options = dev.read_arguments(["manage", *rest])
        assert (options.command, options.arguments) == (dev.manage, rest)


def test_where_to_look_and_who_can_sign_in_is_said_at_the_end(
    dev: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    report = dev.Report("http://localhost:8000")
    report.hear('{"address": {"label": "Start", "url": "/"}}')
    person = '{"role": "registrar", "username": "clara", "password": "x", "start": "/in/"}'
    report.hear(f'{{"sign_in": {person}}}')
    report.close()
    shown = capsys.readouterr().out
    assert "Start" in shown and "http://localhost:8000/\n" in shown
    assert "clara" in shown and "http://localhost:8000/in/\n" in shown


def test_where_nobody_is_known_the_address_is_said(
    dev: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    dev.Report("https://localhost:8000").close()
    assert capsys.readouterr().out == "\nhttps://localhost:8000\n"


def test_in_a_pipe_a_step_is_one_line_with_name_count_and_time(
    dev: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    report = dev.Report("http://localhost:8000")
    report.hear('{"step": "sign", "done": 500, "total": 1072}')
    report.hear('{"step": "sign", "count": 1072, "seconds": 2.51, "finished": true}')
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split() == ["sign", "1,072", "2.5", "s"]


def test_a_step_on_a_terminal_has_a_bar(
    dev: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev.SCREEN, "is_terminal", True)
    dev.SCREEN.progress("sign", 536, 1072)
    dev.SCREEN.finish("sign", 1072, 2.0)
    shown = capsys.readouterr().out
    assert "█" * 10 + "░" * 10 + " 536 of 1,072" in shown
    assert shown.endswith("2.0 s\n")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_step_that_takes_long_says_meanwhile_how_far_it_is(
    is_terminal: bool,
    dev: ModuleType,
    place: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dev.SCREEN, "is_terminal", is_terminal)
    monkeypatch.setattr(dev.SCREEN, "pause", 0.2)
    monkeypatch.setattr(dev, "DEMO", place)
    long = "import time; print('Applying a', flush=True); time.sleep(2); print('Applying b')"
    keeper = types.SimpleNamespace(guard=lambda _: None)
    dev.run_step(keeper, "migrate", ["shell", "-c", long], dict(os.environ), counts="^Applying ")
    said = [line.split() for line in re.split(r"\n|\r\x1b\[K", capsys.readouterr().out) if line]
    so_far = [line for line in said if line[-3:] == ["so", "far", "..."]]
    assert ["migrate", "1"] in [line[:2] for line in so_far]
    assert [line[:2] for line in said if line not in so_far][-1] == ["migrate", "2"]


def test_what_a_job_says_otherwise_is_shown_as_it_is(
    dev: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    report = dev.Report("http://localhost:8000")
    report.hear("a warning {")
    report.hear('{"note": "17 rows were left out"}')
    report.hear('{"later": "kinds of events are passed over"}')
    report.hear("42")
    shown = capsys.readouterr().out.splitlines()
    assert shown == ["  a warning {", "  17 rows were left out", "  42"]


# --- What is where ------------------------------------------------------------------------------


def test_socket_paths_are_short_and_plain_wherever_the_checkout_lies(
    dev: ModuleType, tmp_path: Path
) -> None:
    for name in ("plain", "with space", "é", "long" * 30):
        place = dev.Place(tmp_path / name)
        place.prepare()
        assert dev.is_plain(place.sockets)
        assert place.sockets == dev.Place(tmp_path / name).sockets
        assert place.sockets.stat().st_mode & 0o777 == 0o700
        shutil.rmtree(place.sockets)


def test_a_copied_checkout_does_not_share_the_outside_folder(
    dev: ModuleType, tmp_path: Path
) -> None:
    first = dev.remembered_folder(tmp_path / "first", tmp_path)
    shutil.copy(tmp_path / "first", tmp_path / "second")
    assert dev.remembered_folder(tmp_path / "second", tmp_path) != first
    assert dev.remembered_folder(tmp_path / "first", tmp_path) == first


def test_the_address_is_fixed_when_the_data_are_first_made(place: Any) -> None:
    assert place.django({}, 8123)["ISSUER_DID"] == "did:web:localhost%3A8123"
    assert place.django({}, 9000)["BASE_URL"] == "http://localhost:8123"


def test_the_port_is_that_of_the_address(place: Any) -> None:
    assert place.port() == 8000
    place.django({}, 8123)
    assert place.port() == 8123


def test_secrets_are_made_once_and_read_by_their_owner_alone(place: Any) -> None:
    secret = place.folder / "keystore_secret"
    before = secret.read_text()
    place.prepare()
    assert secret.read_text() == before
    assert secret.stat().st_mode & 0o777 == 0o400
    assert "KEYSTORE_SECRET_FILE" not in place.django({})


# --- What pytest is asked -----------------------------------------------------------------------


def test_the_callers_mark_narrows_each_phase(dev: ModuleType, tmp_path: Path) -> None:
    given = ["-m", "slow", "-k", "kill"]
    argv = dev.pytest_command(given, "not browser", tmp_path / "r.xml", at_once=False, by_file=True)
    assert argv[argv.index("-m", 3) + 1] == "(slow) and (not browser)"
    assert argv[-2:] == ["-k", "kill"]


def test_no_heavy_test_is_passed_over(dev: ModuleType) -> None:
    passed_over = {part.removeprefix("--ignore=") for part in dev.light_files()}
    assert passed_over and __file__ not in passed_over
    # What a file imports would be seen by nobody who reads the file alone.
    others = (path for path in (dev.ROOT / "tests").rglob("*.py") if path.name[:5] != "test_")
    assert [path for path in others if dev.marks_heavy(path)] == []


def test_the_closing_line_adds_up_both_phases(
    dev: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = {"a": 'tests="10" failures="1" errors="1" skipped="2"', "b": 'tests="5"'}
    for name, count in counts.items():
        (tmp_path / name).write_text(f"<testsuites><testsuite {count}/></testsuites>")
    dev.print_sum([tmp_path / "a", tmp_path / "b"])
    assert capsys.readouterr().out == "11 passed, 2 failed, 2 skipped\n"


# --- Processes ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_demo_runs_its_job_on_real_workers_and_again_on_the_kept_data(
    checkout: Checkout,
) -> None:
    first = checkout.run("demo", "--exit", "--port", str(checkout.port))
    assert first.returncode == 0, first.stdout + first.stderr
    lines = [line.split() for line in first.stdout.splitlines()]
    assert ["work", "done", "by", "workers", "12,345"] == next(
        line[:5] for line in lines if line[:1] == ["work"]
    )
    assert ["signer:", "told"] in lines
    assert ["worker:", "not", "told"] in lines
    # Nobody can sign in where everything has stopped.
    assert "http://localhost" not in first.stdout
    assert "Without --exit it goes on" in first.stdout
    assert checkout.processes() == []

    again = checkout.run("demo", "--exit", "--port", str(free_port()))
    assert again.returncode == 0, again.stdout + again.stderr
    *_, migrate = [line.split() for line in again.stdout.splitlines() if "migrate" in line]
    assert migrate[:2] == ["migrate", "0"]
    address = (checkout.data / "address").read_text().strip()
    assert address == f"http://localhost:{checkout.port}"


@pytest.mark.slow
def test_a_failing_job_shows_its_error_and_ends_1(checkout: Checkout) -> None:
    ended = checkout.run("demo", "--exit", "--passing", "fail", "--port", str(checkout.port))
    assert ended.returncode == 1
    assert "this job fails because it was asked to" in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_and_ends_0(checkout: Checkout, number: signal.Signals) -> None:
    process = checkout.start("up")
    process.send_signal(number)
    assert process.wait(40) == 0, checkout.output.read_text()
    assert checkout.processes() == []


@pytest.mark.slow
@pytest.mark.parametrize("victims", ["the command", "its keeper", "both"])
def test_kill_9_leaves_no_process(checkout: Checkout, victims: str) -> None:
    process = checkout.start("up")
    keeper = next(int(line.split()[0]) for line in checkout.processes() if " _keep " in line)
    if victims != "its keeper":
        process.kill()
    if victims != "the command":
        os.kill(keeper, signal.SIGKILL)
    process.wait(40)
    wait_until(lambda: not checkout.processes(), checkout.processes, 30)

    assert checkout.run("manage", "check").returncode == 0


@pytest.mark.slow
def test_a_dead_server_or_worker_is_started_again(checkout: Checkout) -> None:
    process = checkout.start("up")
    for mark in ("postgres -D", "/valkey-server", "-n signer@", "gunicorn config.wsgi"):
        pids = {int(line.split()[0]) for line in checkout.processes() if mark in line}
        os.kill(min(pids), signal.SIGKILL)
    done = ["shell", "-c", "from trial import tasks as t; t.tell_the_secret(); print('stored')"]

    def is_back() -> bool:
        return "stored" in checkout.run("manage", *done).stdout and answers(checkout.port)

    wait_until(is_back, checkout.processes)
    process.terminate()
    assert process.wait(40) == 0


@pytest.mark.slow
def test_commands_share_the_services_and_a_second_demo_is_refused(checkout: Checkout) -> None:
    process = checkout.start("up")
    servers = [line for line in checkout.processes() if "postgres -D" in line]
    assert len(servers) == 1
    assert checkout.run("manage", "check", "--database", "default").returncode == 0
    assert [line for line in checkout.processes() if "postgres -D" in line] == servers

    second = checkout.run("demo", "--exit", "--port", str(free_port()))
    assert second.returncode == 1
    assert f"it runs already: http://localhost:{checkout.port}" in second.stderr
    assert not checkout.says("Leave out --port")
    process.terminate()
    assert process.wait(40) == 0


@pytest.mark.slow
def test_who_serves_the_data_again_is_told_who_can_sign_in(checkout: Checkout) -> None:
    process = checkout.start("up")
    assert checkout.says("clara")
    assert checkout.says(f"http://localhost:{checkout.port}/in/")
    assert not checkout.says("work done by workers")
    process.terminate()
    assert process.wait(40) == 0


@pytest.mark.slow
def test_at_another_port_than_that_of_the_kept_data_it_says_so(checkout: Checkout) -> None:
    checkout.data.mkdir()
    (checkout.data / "address").write_text("http://localhost:8123\n")
    process = checkout.start("up")
    assert checkout.says("Credentials carry http://localhost:8123,")
    process.terminate()
    assert process.wait(40) == 0


@pytest.mark.slow
def test_two_commands_at_once_make_one_set_of_services(checkout: Checkout) -> None:
    argv = [sys.executable, str(checkout.folder / "dev"), "manage", "migrate", "--check"]
    both = [subprocess.Popen(argv, env=checkout.env) for _ in range(2)]
    assert [process.wait(60) for process in both] == [1, 1]  # there is something to migrate
    wait_until(lambda: not checkout.processes(), checkout.processes, 30)


@pytest.mark.slow
@pytest.mark.parametrize("is_disposable", [True, False])
def test_a_damaged_test_database_is_made_anew_but_no_other(
    dev: ModuleType, place: Any, is_disposable: bool
) -> None:
    database = dev.Postgres(dataclasses.replace(place, is_disposable=is_disposable))
    database.start()
    database.child.stop()
    control = database.data / "global" / "pg_control"
    control.write_bytes(b"damaged")
    try:
        database.start()
    except dev.Problem:
        assert not is_disposable
        assert control.read_bytes() == b"damaged"
    else:
        assert is_disposable
    finally:
        database.child.stop()


@pytest.mark.slow
def test_a_port_in_use_is_said_before_anything_is_started(checkout: Checkout) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", checkout.port))
        other.listen()
        ended = checkout.run("up", "--port", str(checkout.port))
    assert ended.returncode == 1
    assert f"port {checkout.port}" in ended.stderr
    assert not (checkout.data / "postgres").exists()


def answers(port: int) -> bool:
    """Whether the web process answers."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(line), contextlib.suppress(OSError):
        line.request("GET", "/livez")
        return line.getresponse().status == 200
    return False
