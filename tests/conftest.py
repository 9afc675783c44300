"""What every test may rely on: real services, no real network, no skip that goes unseen.

`./dev test` exports the services. Without them the tests of plain Python still run:
`.dev/venv/bin/pytest tests/vc`. The people of the stories (Ada, Ben, Clara ...) are in cast.py.
"""

import functools
import gc
import ipaddress
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
HAS_SERVICES = bool(os.environ.get("DATABASE_URL"))
NEEDS_SERVICES = "this needs PostgreSQL and a broker: run it with ./dev test"
# Everything must run: nothing may be missing on the machine that judges a change.
REQUIRE_ALL = bool(os.environ.get("REQUIRE_ALL"))

MIGRATION = pytest.StashKey[subprocess.Popen[bytes]]()

pytest_plugins = ["tests.cast"] if HAS_SERVICES else []


# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


# Begun first, or one process would still be at them when the others have ended.
LONGEST = (
    "tests/faults/",
    "tests/issuer/test_killed_workers.py",
    "tests/desk/test_in_the_browser.py",
    "tests/registrar/test_commands_setup.py",
    "tests/journeys/",
    "tests/dev/",
)


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """A test over many examples belongs to the whole run, not between edits."""
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        item.add_marker(pytest.mark.thorough)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Call a case after its argument rather than after its bytes.

    What packs a file at import (gzip states the second) would give every process other names, and
    processes that share the tests out must know the same ones.
    """
    return argname if isinstance(val, bytes) else None


# --- Services and skips -------------------------------------------------------------------------


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first, and in a file what begins alike together.

    Say in one line what to do when the database is missing.
    """
    places = {start: place for place, start in enumerate(LONGEST)}
    files: dict[Path, int] = {}

    def order(item: pytest.Item) -> tuple[int, int, list[int]]:
        starts = (place for start, place in places.items() if item.nodeid.startswith(start))
        file = files.setdefault(item.path, len(files))
        return next(starts, len(places)), file, pieces_of(item)

    items.sort(key=order)
    if not HAS_SERVICES and any(map(needs_database, items)):
        raise pytest.UsageError(NEEDS_SERVICES)


def pieces_of(item: pytest.Item) -> list[int]:
    """The groundwork a test begins with, by the places of its pieces."""
    if not HAS_SERVICES or not needs_database(item):
        return []
    from tests import groundwork

    places = {build: place for place, build in enumerate(groundwork.PIECES)}
    return [places[build] for build in groundwork.asked_for(item)]


def needs_database(item: pytest.Item) -> bool:
    """Whether a test asks for the database."""
    fixtures = {"db", "transactional_db", "live_server"}
    wanted = fixtures.intersection(getattr(item, "fixturenames", ()))
    return bool(wanted or item.get_closest_marker("django_db"))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """The same where a test file can't even be imported without Django; and no unseen skips."""
    report: pytest.CollectReport = yield
    if report.failed and not HAS_SERVICES and "ImproperlyConfigured" in str(report.longrepr):
        report.longrepr = NEEDS_SERVICES
    if report.skipped and REQUIRE_ALL:
        report.outcome = "failed"
        report.longrepr = f"skipped, but everything must run here: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn a skip into a failure with its reason, where all that any machine can do must run."""
    report: pytest.TestReport = yield
    is_due = REQUIRE_ALL and not item.get_closest_marker("where_possible")
    if report.skipped and is_due and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but everything must run here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of attributed test data beside the checkout."""
    path = ROOT.parent / "shared" / "data"
    if not path.is_dir():
        reason = f"the test data are not at {path}"
        if os.environ.get("CI") or REQUIRE_ALL:
            pytest.fail(reason)
        pytest.skip(reason)
    return path


# --- Network ------------------------------------------------------------------------------------


class RealNetwork(AssertionError):
    """A test tried to reach another machine."""


def refuse_other_machines(address: Any) -> None:
    """Let sockets reach this machine only."""
    if isinstance(address, tuple):
        host = address[0]
        name = host.decode() if isinstance(host, bytes) else str(host)
        try:
            is_local = ipaddress.ip_address(name.partition("%")[0]).is_loopback
        except ValueError:
            is_local = name == "localhost"
        if not is_local:
            raise RealNetwork(f"a test tried to reach {name}")


@pytest.fixture(autouse=True, scope="session")
def no_real_network() -> Iterator[None]:
    """Refuse connections to, and look-ups of, other machines in this process."""
    connect, connect_ex, look_up = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse_other_machines(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        refuse_other_machines(address)
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if host:
            refuse_other_machines((host,))
        return look_up(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> None:
    """Hash the passwords of the tests' people quickly: a good hash is slow on purpose."""
    if HAS_SERVICES:
        from django.conf import settings

        settings.PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")


@pytest.fixture(autouse=True, scope="session")
def few_trials() -> None:
    """Try each shape on few learners: nearly every test makes new ones."""
    if HAS_SERVICES:
        from django.conf import settings

        settings.SHAPE_TRIALS = 1


@pytest.fixture(autouse=True, scope="session")
def lists_in_one_order() -> Iterator[None]:
    """Draw the order of the entries of status lists once: it is long, and most tests open one."""
    with pytest.MonkeyPatch.context() as patch:
        if HAS_SERVICES:
            from issuer.services import status

            patch.setattr(status, "_shuffled", functools.cache(status._shuffled))
        yield


@pytest.fixture(autouse=True, scope="session")
def static_files_as_asked_for() -> None:
    """Look for a static file when it is asked for: every test client would list them all."""
    if HAS_SERVICES:
        from django.conf import settings

        settings.WHITENOISE_AUTOREFRESH = True


# --- Database -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """Let a transactional test empty the tables that refuse to be emptied, and quickly."""
    from django.test import TransactionTestCase

    from tests import emptying

    with pytest.MonkeyPatch.context() as patch:
        emptied = emptying.with_triggers_off(TransactionTestCase._fixture_teardown)
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptied)
        yield


@pytest.fixture(scope="session")
def ground(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[[Any], None]]:
    """Lays what a test begins with, where it does not lie there already."""
    from tests import groundwork

    def prepare(item: Any) -> None:
        with django_db_blocker.unblock():
            groundwork.GROUND.prepare(groundwork.asked_for(item))

    yield prepare
    with django_db_blocker.unblock():
        groundwork.GROUND.prepare([])


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: Any) -> None:
    """Before a test's own transaction begins, what it stands on is laid."""
    if fixturedef.argname == "_django_db_helper":  # whichever way the database was asked for
        request.getfixturevalue("ground")(request.node)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Name the migrated database that is copied, before the first test has its time counted.

    Whoever finds none makes it. What was read so far stays: let nobody look through it for waste.
    """
    gc.collect()
    gc.freeze()
    if session.config.option.collectonly or not any(map(needs_database, session.items)):
        return
    from django.db import connection
    from pytest_django.plugin import blocking_manager_key

    from tests import migrated

    with session.config.stash[blocking_manager_key].unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated.make()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to migrate while the processes that will need it are still reading the tests."""
    is_shared_out = session.config.getoption("numprocesses", None)
    if is_shared_out and HAS_SERVICES and not session.config.option.collectonly:
        argv = [sys.executable, "-m", "tests.migrated"]
        session.config.stash[MIGRATION] = subprocess.Popen(argv, cwd=ROOT)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave no process behind."""
    if migration := session.config.stash.get(MIGRATION, None):
        migration.wait()


# --- Workers ------------------------------------------------------------------------------------


class Workers:
    """Real Celery processes on the test database, each in a process group of its own."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env = env
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, kind: str = "worker", **env: str) -> subprocess.Popen[bytes]:
        """Start a `worker` or a `signer` (which alone is told the secret of the keys).

        More environment can be given. What it prints is in the log named by `log`.
        """
        from django.conf import settings

        queues = {"worker": settings.CELERY_TASK_DEFAULT_QUEUE, "signer": settings.QUEUE_SIGNING}
        name = f"{kind}-{len(self.processes)}"
        argv = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", queues[kind]]
        argv += ["-n", f"{name}-{os.getpid()}@%h", "--concurrency", "1", "--loglevel", "INFO"]
        told = {"KEYSTORE_DIR": str(settings.KEYSTORE_DIR)}
        if kind == "signer":
            told["KEYSTORE_SECRET_FILE"] = str(settings.KEYSTORE_SECRET_FILE)
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*argv, "--without-gossip", "--without-mingle"],
                cwd=ROOT,
                # What they leave in the temporary folder when they are killed goes with the test's.
                env={**self.env, "TMPDIR": str(self.folder), **told, **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_us(),
            )
        self.processes.append(process)
        return process

    def log(self, process: subprocess.Popen[bytes]) -> str:
        """What a process has printed."""
        number = self.processes.index(process)
        (path,) = self.folder.glob(f"*-{number}.log")
        return path.read_text(errors="replace")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the process and its children at once (SIGKILL)."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def die_with_us() -> Callable[[], None]:
    """Ask the kernel (Linux) to end a child when pytest is killed."""
    import ctypes

    library = ctypes.CDLL(None)

    def prepare() -> None:
        if sys.platform == "linux":
            library.prctl(1, int(signal.SIGKILL))  # PR_SET_PDEATHSIG

    return prepare


@pytest.fixture
def worker_processes(transactional_db: None, tmp_path: Path) -> Iterator[Workers]:
    """Starts real workers on the test database; none of them is left after the test.

    They use the keystore that the settings name when they are started. Messages that earlier
    tests have left in the queues, or in the hands of killed workers, are thrown away first.
    """
    from django.db import connection

    from config.celery import app

    app.control.purge()
    with app.connection_for_write() as connected:
        connected.default_channel.client.delete("unacked", "unacked_index")
    address = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    env = {**os.environ, "DATABASE_URL": urlunsplit(address._replace(path=f"/{name}"))}
    env.pop("KEYSTORE_SECRET_FILE", None)
    workers = Workers(env, tmp_path)
    yield workers
    for process in workers.processes:
        workers.kill(process)


# --- Browser ------------------------------------------------------------------------------------

CHROMIUM_FLAGS = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests: the one of the machine, else Playwright's own."""
    from playwright.sync_api import sync_playwright

    # Playwright leaves an event loop running in our thread, and Django's ORM asks for none.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    installed = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=installed, headless=True, args=CHROMIUM_FLAGS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page on a desk (1280 pixels). Script errors and refused content fail the test."""
    yield from open_page(browser, width=1280, height=900)


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    """The same on a phone (360 pixels)."""
    yield from open_page(browser, width=360, height=740)


@pytest.fixture
def without_scripts(browser: Any) -> Iterator[Any]:
    """A page on a phone in which no script runs."""
    yield from open_page(browser, width=360, height=740, java_script_enabled=False)


def open_page(browser: Any, *, width: int, height: int, **options: Any) -> Iterator[Any]:
    """A page in a browser context of its own, watched for errors."""
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    page = context.new_page()
    page.set_default_timeout(15_000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: note_refusal(message, faults))
    yield page
    context.close()
    assert not faults, faults


def note_refusal(message: Any, faults: list[str]) -> None:
    """Remember what the Content Security Policy has refused."""
    if message.type == "error" and "Content Security Policy" in message.text:
        faults.append(message.text)


@pytest.fixture
def serious_faults() -> Callable[..., list[str]]:
    """Looks at a page with axe: a line for each serious or critical fault of accessibility.

    It takes a page, what of it to leave out (`but`, CSS selectors) and `rules`, else all.
    """
    from axe_playwright_python.sync_playwright import Axe

    script = Axe().axe_script

    def look(page: Any, *, but: tuple[str, ...] = (), rules: tuple[str, ...] = ()) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(script)
        options = {"resultTypes": ["violations"], "preload": False}
        if rules:
            options["runOnly"] = {"type": "rule", "values": list(rules)}
        parts = {"include": [["html"]], "exclude": [[each] for each in but]}
        violations = page.evaluate(
            "([parts, options]) => axe.run(parts, options).then(results => results.violations)",
            [parts, options],
        )
        return [
            f"{found['id']}: {found['help']} {[node['target'] for node in found['nodes']]}"
            for found in violations
            if found["impact"] in ("serious", "critical")
        ]

    return look
