"""A PostgreSQL and a broker of one's own, which may be killed, flushed and filled up."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.machinery
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
# What is committed without waiting stays in memory: only so does a crash show it.
LAZY = {
    "wal_writer_delay": "10s",
    "wal_writer_flush_after": "1GB",
    "bgwriter_lru_maxpages": "0",
    "max_wal_size": "96MB",
    # Whoever is killed loses nothing that the kernel has; without power it would be otherwise.
    "fsync": "off",
}
SMALL_DISK_MB = 320
CLONE_NEWNS = 0x00020000


@cache
def dev() -> ModuleType:
    """`./dev` as a module: it knows how both servers are found, started and kept from root."""
    loader = importlib.machinery.SourceFileLoader("dev", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["dev"] = module
    loader.exec_module(module)
    return module


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A short folder through which the user of the database may go, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


class Database:
    """A PostgreSQL cluster in a folder of its own."""

    def __init__(self, home: Path) -> None:
        place = dev().Place(home)
        place.prepare()
        self.server = dev().Postgres(place)
        for name, value in LAZY.items():
            self.server.child.argv += ["-c", f"{name}={value}"]
        self._notes = list(home.glob("*.path"))

    @property
    def disk(self) -> Path:
        """A folder on the disk that holds it, where anybody may write."""
        return Path(self.server.home)

    @property
    def data(self) -> Path:
        """The folder of the cluster."""
        return Path(self.server.data)

    def start(self) -> None:
        """Make the cluster and start it."""
        self.server.start()

    def address(self, name: str = "postgres") -> str:
        """The URL of one of its databases."""
        url: str = self.server.addresses()["DATABASE_URL"]
        return url.replace(f"/{self.server.DATABASE}?", f"/{name}?")

    def read(self, name: str, dump: Path) -> None:
        """Fill one of its databases from a dump, which is quicker than the migrations are."""
        restore = self.server.program.path.with_name("pg_restore")
        argv = [str(restore), "--exit-on-error", "--no-owner", "-d", self.address(name), str(dump)]
        subprocess.run(argv, check=True)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the postmaster at once; its processes follow."""
        self.server.child.process.send_signal(number)
        self.server.child.process.wait()

    @property
    def is_alive(self) -> bool:
        """Whether the postmaster is there."""
        return bool(self.server.child.is_alive)

    def revive(self) -> None:
        """Start it again, as a service manager does."""
        self.server.start_server()

    def stop(self) -> None:
        """Stop it and remove what lies outside of its folder."""
        self.server.child.stop()
        for note in self._notes:
            shutil.rmtree(note.read_text(), ignore_errors=True)


class Broker:
    """A Valkey (or Redis) in a folder of its own."""

    def __init__(self, home: Path) -> None:
        place = dev().Place(home)
        place.prepare()
        self.server = dev().Valkey(place)

    @property
    def address(self) -> str:
        """Its URL."""
        return str(self.server.addresses()["BROKER_URL"])

    def start(self) -> None:
        """Start it."""
        self.server.start()

    def kill(self) -> None:
        """Kill -9. When it starts again, it finds what it has written down."""
        self.server.child.process.kill()
        self.server.child.process.wait()

    def holds(self, queue: str) -> int:
        """How many messages of a queue nobody has taken."""
        from redis import Redis

        with Redis(unix_socket_path=str(self.server.socket)) as line:
            return int(line.llen(queue))

    def flush(self) -> None:
        """Let it forget everything."""
        self.server.answers(b"FLUSHALL", b"+OK")

    def stop(self) -> None:
        """Stop it."""
        self.server.child.stop()


@contextlib.contextmanager
def running(home: Path) -> Iterator[tuple[Database, Broker]]:
    """Both servers, stopped afterwards."""
    database, broker = Database(home), Broker(home)
    try:
        database.start()
        broker.start()
        yield database, broker
    finally:
        database.stop()
        broker.stop()


@contextlib.contextmanager
def small_disk(home: Path) -> Iterator[bool]:
    """A small file system in the folder; False where none can be had."""
    home.mkdir(mode=0o711)
    size = f"size={SMALL_DISK_MB}m,mode=711"
    is_mounted = _mounts_are_ours() and _succeeds(
        "mount", "-t", "tmpfs", "-o", size, "faults", str(home)
    )
    try:
        yield is_mounted
    finally:
        if is_mounted:
            _succeeds("umount", str(home))


@cache
def _mounts_are_ours() -> bool:
    """Whether what we mount is seen by our own processes alone, and ends with them."""
    is_apart = ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0
    return is_apart and _succeeds("mount", "--make-rprivate", "/")


def can_mount() -> bool:
    """Whether a small disk can be had; to be asked before processes start that are to see it."""
    with folder() as home, small_disk(home / "small") as is_mounted:
        return is_mounted


def _succeeds(*argv: str) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not a byte is left on a disk."""
    path = disk / "filler"
    try:
        with path.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass
        yield
    finally:
        path.unlink()


def faketime_library() -> Path | None:
    """Where libfaketime lies, which can step the clock of a running process; None without it."""
    for parent in (Path("/usr/lib"), Path("/usr/local/lib"), Path("/usr/lib64")):
        for found in parent.glob("**/faketime/libfaketime.so.1"):
            return found
    return None


def die_with_us() -> Any:
    """Ask the kernel to end a child when we are killed."""
    library = ctypes.CDLL(None)

    def prepare() -> None:
        library.prctl(1, int(signal.SIGKILL))  # PR_SET_PDEATHSIG

    return prepare


def kill(pid: int) -> None:
    """Kill -9 a process, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
