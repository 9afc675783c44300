"""Takes the newest whole zip from a folder of an SFTP server whose host key is pinned."""

import asyncio
import stat
import zipfile
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import asyncssh

from issuer import fetch
from issuer.vc.errors import Unreachable
from registrar.errors import SourceRefuses, SourceSilent

MAX_SECONDS: Final = 90
# Entries of a folder that are looked at: what is never tidied up grows without end.
MAX_ENTRIES: Final = 10_000
# Zips that are read until one of them is whole.
MAX_TRIED: Final = 3
_CONNECT_SECONDS: Final = 10
_BLOCK: Final = 1 << 18
# What systems call a file that is still being written.
_UNFINISHED: Final = (".part", ".partial", ".tmp", ".filepart", ".crdownload")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """Where the folder is, who may enter (by a password or a private key), and the pinned key.

    A host that is not trusted has to be at a public address and the usual port.
    """

    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    fingerprint: str
    folder: str
    is_trusted: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file of the folder: its name, size in bytes, and when it was last written."""

    name: str
    size: int
    written_at: int


def listing(account: Account) -> list[File]:
    """The zips of the folder, the newest first. Raises SourceSilent and SourceRefuses."""
    return _ask(account, _list)


def take_newest(
    account: Account, target: Path, *, known: File | None, max_bytes: int
) -> tuple[File | None, list[str]]:
    """Put the newest whole zip at the target; with what is said of files that are not whole.

    None, and no file, where that is the one known, or there is none. What is being written while
    we look, and what does not end as a zip does, is passed over, of MAX_TRIED at most. Raises
    SourceSilent and SourceRefuses.
    """

    async def take(client: asyncssh.SFTPClient, folder: str) -> tuple[File | None, list[str]]:
        said: list[str] = []
        there = await _list(client, folder)
        for found in there[:MAX_TRIED]:
            if found == known:
                return None, said
            if found.size > max_bytes:
                said.append(f"{found.name} has more than {max_bytes >> 20} MiB.")
            elif await _is_taken(client, folder, found, target):
                return found, said
            else:
                said.append(f"{found.name} is not whole, or was being written.")
        if len(there) > MAX_TRIED:
            said.append(f"Of {len(there):,} zips the older ones were not looked at.")
        return None, said

    return _ask(account, take)


def check_key(secret: str) -> None:
    """Raise SourceRefuses for what looks like a private key and cannot be read."""
    if _is_key(secret):
        try:
            asyncssh.import_private_key(secret)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
            raise SourceRefuses(
                "The private key cannot be read. Give it whole, in OpenSSH form and without a "
                "passphrase."
            ) from None


async def _list(client: asyncssh.SFTPClient, folder: str) -> list[File]:
    found, seen = [], 0
    async for entry in client.scandir(folder):
        seen += 1
        if seen > MAX_ENTRIES:
            raise SourceRefuses(
                f"The folder {folder} has more than {MAX_ENTRIES:,} entries. Remove old ones, or "
                "let rosters have a folder of their own."
            )
        if _is_zip(entry):
            found.append(_file(entry))
    return sorted(found, key=lambda each: (each.written_at, each.name), reverse=True)


def _file(entry: asyncssh.SFTPName) -> File:
    return File(str(entry.filename), entry.attrs.size or 0, int(entry.attrs.mtime or 0))


def _is_zip(entry: asyncssh.SFTPName) -> bool:
    name = str(entry.filename)
    is_file = stat.S_ISREG(entry.attrs.permissions or stat.S_IFREG)
    plain = name.isprintable() and not name.startswith(".") and "/" not in name
    return is_file and plain and name.lower().endswith(".zip")


async def _is_taken(client: asyncssh.SFTPClient, folder: str, found: File, target: Path) -> bool:
    """Whether the file is there as a whole, and the same after it was read as before."""
    path = f"{folder.rstrip('/')}/{found.name}"
    part = target.with_suffix(".part")
    size = 0
    with part.open("wb") as out:
        async with client.open(path, "rb") as source:
            # It may be said to be small, and never end.
            while size <= found.size and (block := await source.read(_BLOCK)):
                size += len(block)
                out.write(cast(bytes, block))
    after = await client.stat(path)
    is_same = (after.size, int(after.mtime or 0)) == (found.size, found.written_at)
    if size == found.size and is_same and zipfile.is_zipfile(part):
        part.replace(target)
        return True
    part.unlink()
    return False


# The connection


class _Pinned(asyncssh.SSHClient):
    """Believes the host whose key has this fingerprint, and no other."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self.shown = ""

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        self.shown = key.get_fingerprint()
        return self.shown == self._fingerprint


def _ask(account: Account, question: Callable[[asyncssh.SFTPClient, str], Awaitable[T]]) -> T:
    """The answer to one question, in our words where there is none."""
    pinned = _Pinned(account.fingerprint)

    async def asked() -> T:
        connection = await _connection(account, pinned)
        try:
            client = await connection.start_sftp_client()
            return await question(client, account.folder or ".")
        finally:
            connection.abort()

    try:
        # On a thread of its own: elsewhere a loop may be running already.
        pool = ThreadPoolExecutor(1)
        return pool.submit(asyncio.run, asyncio.wait_for(asked(), MAX_SECONDS)).result()
    except asyncssh.HostKeyNotVerifiable:
        raise SourceRefuses(_other_host(pinned)) from None
    except (asyncssh.PermissionDenied, asyncssh.KeyImportError):
        raise SourceRefuses(f"The server does not let {account.user} in.") from None
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied) as error:
        raise SourceRefuses(
            f"The folder {account.folder} cannot be read there: {error.reason}."
        ) from None
    except Unreachable as error:
        raise SourceSilent(str(error)) from None
    except (asyncssh.Error, TimeoutError, OSError):
        raise SourceSilent(f"{account.host} broke off, or took too long.") from None


def _other_host(pinned: _Pinned) -> str:
    shown = pinned.shown or "a key of a kind that is not known here"
    return (
        f"The server shows {shown}, which is not the pinned key. Ask its operator which is right; "
        "nothing was sent to it."
    )


async def _connection(account: Account, pinned: _Pinned) -> asyncssh.SSHClientConnection:
    sock = fetch.connect(
        account.host, account.port, max_seconds=_CONNECT_SECONDS, is_trusted=account.is_trusted
    )
    sock.setblocking(False)
    key: dict[str, Any] = {"client_keys": None, "password": account.secret}
    if _is_key(account.secret):
        key = {"client_keys": [asyncssh.import_private_key(account.secret)]}
    connect: Any = asyncssh.connect  # what wraps it has no types
    connection: asyncssh.SSHClientConnection = await connect(
        account.host,
        sock=sock,
        config=None,
        known_hosts=([], [], []),
        client_factory=lambda: pinned,
        username=account.user,
        agent_path=None,
        gss_host=None,
        login_timeout=_CONNECT_SECONDS,
        **key,
    )
    return connection


def _is_key(secret: str) -> bool:
    return secret.lstrip().startswith("-----BEGIN")
