"""SFTP: the newest whole zip is taken, from a host whose key is the pinned one and no other."""

import asyncio
import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from django.contrib.auth.models import User

from issuer.services import clock
from registrar.errors import FeedRefused, SourceRefuses
from registrar.models import Feed, Learner, Pull, RosterImport
from registrar.services.feeding import feeds, night_rehearsals
from registrar.sources import sftp
from tests.registrar.test_oneroster_csv import Roster, zipped
from tests.registrar.test_pulls import night, step

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse"
TAKEN_IN = ("fetch", "plan", "apply")


class FileServer:
    """An SFTP server on this machine, with one folder and one user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.users_key = asyncssh.generate_private_key("ssh-ed25519")
        self.passwords: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.origin = f"sftp://127.0.0.1:{self._listener.get_port()}"

    async def _listen(self) -> Any:
        server = self

        class Door(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                server.passwords.append(password)
                return (username, password) == ("banner", PASSWORD)

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return key.get_fingerprint() == server.users_key.get_fingerprint()

        def files(channel: Any) -> asyncssh.SFTPServer:
            return asyncssh.SFTPServer(channel, chroot=str(server.folder).encode())

        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Door, server_host_keys=[self.key], sftp_factory=files
        )

    def close(self) -> None:
        """Stop."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._listener.close()
        await self._listener.wait_closed()


class OpenSsh:
    """OpenSSH's own server on this machine, which lets one user in by a key.

    Its user is whoever runs the tests; for root it is daemon, who needs files within reach.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self.folder = folder
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.users_key = asyncssh.generate_private_key("ssh-ed25519")
        self.user = getpass.getuser()
        (folder / "out").mkdir()
        self.key.write_private_key(folder / "host")
        (folder / "host").chmod(0o600)
        self.users_key.write_public_key(folder / "authorized")
        if program.is_relative_to(ROOT):
            unpacked = shutil.copytree(program.parents[2], folder / "unpacked", symlinks=True)
            program = unpacked / "usr" / "sbin" / program.name
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.origin = f"sftp://127.0.0.1:{port}"
        said: dict[str, object] = {
            "ListenAddress": f"127.0.0.1:{port}",
            "HostKey": folder / "host",
            "AuthorizedKeysFile": folder / "authorized",
            "StrictModes": "no",
            "PidFile": "none",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "Subsystem": "sftp internal-sftp",
        }
        # From version 9.8 on it is made of several programs.
        for part, keyword in (("sshd-session", "SshdSessionPath"), ("sshd-auth", "SshdAuthPath")):
            if (own := program.parents[1] / "lib" / "openssh" / part).exists():
                said[keyword] = own
        (folder / "config").write_text("".join(f"{k} {v}\n" for k, v in said.items()))
        libraries = {str(each.parent) for each in folder.glob("unpacked/**/*.so*")}
        self._process = subprocess.Popen(
            [str(program), "-D", "-e", "-f", str(folder / "config")],
            stderr=subprocess.PIPE,
            text=True,
            env={"LD_LIBRARY_PATH": ":".join(sorted(libraries))},
            **self._as_daemon(),
        )
        assert self._process.stderr is not None
        told = []
        for line in self._process.stderr:
            told.append(line)
            if "listening" in line:
                return
        self.close()
        pytest.fail(f"OpenSSH's server does not start: {''.join(told)}")

    def _as_daemon(self) -> dict[str, Any]:
        """As root it would ask for an account and a folder of its own, which only root can make."""
        if os.geteuid():
            return {}
        daemon = pwd.getpwnam("daemon")
        self.user = daemon.pw_name
        for path in (self.folder, self.folder / "host"):
            os.chown(path, daemon.pw_uid, daemon.pw_gid)
        return {"user": daemon.pw_uid, "group": daemon.pw_gid, "extra_groups": []}

    def close(self) -> None:
        """Stop."""
        self._process.terminate()
        self._process.communicate()


@pytest.fixture
def sshd(settings: Any, tmp_path: Path) -> Iterator[OpenSsh]:
    """OpenSSH's server, a stranger's code."""
    program = os.environ.get("SSHD")
    if not program:
        pytest.skip("OpenSSH's server is not here; ./dev test says how it comes")
    settings.UPLOAD_DIR = str(tmp_path)
    # Folders of pytest's are closed to others.
    with tempfile.TemporaryDirectory(prefix="sshd-") as folder:
        server = OpenSsh(Path(program), Path(folder))
        settings.FEED_ORIGINS = [server.origin]
        yield server
        server.close()


@pytest.fixture
def server(settings: Any, tmp_path: Path) -> Iterator[FileServer]:
    (tmp_path / "there" / "out").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    settings.UPLOAD_DIR = str(tmp_path / "here")
    server = FileServer(tmp_path / "there")
    settings.FEED_ORIGINS = [server.origin]
    yield server
    server.close()


@pytest.fixture
def roster() -> Roster:
    return Roster().drop("lineItemLearningObjectiveIds").drop("resultLearningObjectiveIds")


def connect(server: FileServer | OpenSsh, by: User, **said: Any) -> Feed:
    own = {
        "name": "Banner",
        "kind": Feed.Kind.SFTP,
        "address": server.origin,
        "host_key": server.key.get_fingerprint(),
        "account": "banner",
        "secret": PASSWORD,
        "folder": "/out",
    }
    return feeds.add(by=by, **own | said)


def drop(server: FileServer | OpenSsh, roster: Roster, name: str, *, hours_ago: int = 0) -> Path:
    made = zipped(server.folder, roster.files())
    place = made.rename(server.folder / "out" / name)
    when = (clock.now() - timedelta(hours=hours_ago)).timestamp()
    os.utime(place, (when, when))
    return place


def test_the_newest_whole_zip_is_taken_once(
    server: FileServer, clara: User, roster: Roster
) -> None:
    feed = connect(server, clara)
    drop(server, roster, "monday.zip", hours_ago=30)
    drop(server, roster, "tuesday.zip", hours_ago=2)
    half = drop(server, roster, "wednesday.zip", hours_ago=1)
    half.write_bytes(half.read_bytes()[:400])
    for name in ("thursday.zip.part", ".friday.zip", "notes.txt"):
        drop(server, roster, name)
    assert feeds.try_connection(feed, by=clara)["zips"] == 3
    told = {each.name: each for each in night_rehearsals.rehearse() if each.about}
    assert {name: each.state for name, each in told.items()} == dict.fromkeys(TAKEN_IN, "done")
    assert not Pull.objects.exists() and not list((server.folder.parent / "here").iterdir())
    run = night()
    assert {name: step(run, name).counts for name in TAKEN_IN} == {
        name: each.counts for name, each in told.items()
    }
    assert step(run, "apply").state == "done"
    pull = Pull.objects.get(run=run)
    assert pull.position["name"] == "tuesday.zip"
    assert pull.notes == ["wednesday.zip is not whole, or was being written."]
    assert Learner.objects.count() == 2
    half.unlink()
    again = night()
    assert step(again, "fetch").state == "done"
    assert RosterImport.objects.count() == 1
    assert not Path(Pull.objects.get(run=again).folder).exists()


def test_the_same_roster_written_again_has_come_and_an_old_one_is_missed(
    server: FileServer, clara: User, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(server, clara)
    drop(server, roster, "nightly.zip")
    night()
    later = clock.now() + timedelta(hours=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    missed = step(night(), "fetch")
    assert (missed.state, missed.refused[0]["reason"]) == ("held", "No new roster has come.")
    drop(server, roster, "nightly.zip")
    counts = step(night(), "apply").counts
    assert (counts["new"], counts["changed"], counts["retired"]) == (0, 0, 0)


def test_a_host_with_another_key_is_told_nothing(
    server: FileServer, clara: User, roster: Roster
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()
    feed = connect(server, clara, host_key=other)
    drop(server, roster, "nightly.zip")
    with pytest.raises(SourceRefuses, match="not the pinned key") as refused:
        feeds.try_connection(feed, by=clara)
    assert server.key.get_fingerprint() in str(refused.value)
    assert not server.passwords
    assert step(night(), "fetch").state == "failed"
    Feed.objects.update(host_key=server.key.get_fingerprint())
    feed.refresh_from_db()
    with pytest.raises(FeedRefused, match="does not open"):
        feeds.try_connection(feed, by=clara)


def test_one_enters_with_a_key_too_and_not_with_another_password(
    server: FileServer, clara: User, roster: Roster
) -> None:
    drop(server, roster, "nightly.zip")
    key = server.users_key.export_private_key().decode()
    feed = connect(server, clara, secret=key)
    assert feeds.try_connection(feed, by=clara)["zips"] == 1
    feeds.change_secret(feed, "wrong", by=clara)
    with pytest.raises(SourceRefuses, match="does not let banner in"):
        feeds.try_connection(feed, by=clara)
    assert server.passwords == ["wrong"]


def test_a_folder_that_is_not_there_is_named(server: FileServer, clara: User) -> None:
    feed = connect(server, clara, folder="/nowhere")
    with pytest.raises(SourceRefuses, match="The folder /nowhere cannot be read"):
        feeds.try_connection(feed, by=clara)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"host_key": ""}, "fingerprint"),
        ({"host_key": "MD5:aa:bb"}, "fingerprint"),
        ({"address": "sftp://127.0.0.1:2222"}, "FEED_ORIGINS"),
        ({"address": "https://files.example.edu"}, "Write the server as"),
        ({"secret": "-----BEGIN OPENSSH PRIVATE KEY-----\nx"}, "cannot be read"),
    ],
)
def test_a_server_that_cannot_be_told_from_others_is_not_added(
    said: dict[str, str], why: str, server: FileServer, clara: User
) -> None:
    with pytest.raises((FeedRefused, SourceRefuses), match=why):
        connect(server, clara, **said)


def test_an_address_inside_is_not_entered_unless_the_operator_names_it(
    server: FileServer, clara: User, settings: Any
) -> None:
    feed = connect(server, clara)
    settings.FEED_ORIGINS = []
    with pytest.raises(Exception, match="public addresses only"):
        feeds.try_connection(feed, by=clara)
    assert not server.passwords


@pytest.mark.where_possible
def test_openssh_is_entered_with_a_key_and_no_secret_is_in_any_log(
    sshd: OpenSsh, clara: User, roster: Roster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret = sshd.users_key.export_private_key().decode()
    own = str(sshd.folder / "out")
    feed = connect(sshd, clara, account=sshd.user, secret=secret, folder=own)
    drop(sshd, roster, "monday.zip", hours_ago=30)
    drop(sshd, roster, "tuesday.zip", hours_ago=2)
    half = drop(sshd, roster, "wednesday.zip")
    half.write_bytes(half.read_bytes()[:400])
    run = night()
    assert step(run, "fetch").refused == []
    assert step(run, "apply").state == "done"
    assert Pull.objects.get(run=run).position["name"] == "tuesday.zip"
    assert Learner.objects.count() == 2
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    feeds.change_secret(feed, stranger, by=clara)
    with pytest.raises(SourceRefuses, match="does not let"):
        feeds.try_connection(feed, by=clara)
    feeds.change_secret(feed, PASSWORD, by=clara)
    with pytest.raises(SourceRefuses, match="does not let"):
        feeds.try_connection(feed, by=clara)
    for line in (PASSWORD, secret.splitlines()[1], stranger.splitlines()[1]):
        assert line not in caplog.text


def test_a_folder_that_is_never_tidied_up_is_refused(
    server: FileServer, clara: User, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = connect(server, clara)
    monkeypatch.setattr(sftp, "MAX_ENTRIES", 6)
    for number in range(4):
        drop(server, roster, f"{number}.zip")
    assert feeds.try_connection(feed, by=clara)["zips"] == 4
    (server.folder / "out" / "notes.txt").touch()
    with pytest.raises(SourceRefuses, match=r"more than 6 entries\. Remove old ones"):
        feeds.try_connection(feed, by=clara)


def test_of_many_zips_that_are_not_whole_few_are_read(
    server: FileServer, clara: User, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(server, clara)
    drop(server, roster, "whole.zip", hours_ago=9)
    for number in range(4):
        half = drop(server, roster, f"{number}.zip", hours_ago=number)
        half.write_bytes(half.read_bytes()[:400])
    run = night()
    assert step(run, "fetch").state == "held"
    assert Pull.objects.get(run=run).notes[-1] == "Of 5 zips the older ones were not looked at."


def test_a_truncated_file_trips_the_brake(server: FileServer, clara: User, roster: Roster) -> None:
    connect(server, clara)
    drop(server, roster, "monday.zip", hours_ago=2)
    night()
    lines = roster.texts["results.csv"].splitlines(keepends=True)
    roster.texts["results.csv"] = b"".join(lines[:2])
    drop(server, roster, "tuesday.zip")
    held = step(night(), "plan")
    assert held.state == "held"
    assert "would be retired" in held.refused[0]["reason"]
