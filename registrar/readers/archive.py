"""Opens a folder or a zip of CSV files without trusting the zip."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final, Protocol

from registrar.readers.errors import Unreadable

_BUFFER: Final = 1 << 16
# Below this size the ratio says nothing: a few repeated rows compress a hundredfold.
_RATIO_FROM: Final = 1 << 20
_MAX_DIRECTORY: Final = 1 << 20
_BEYOND_TEXT: Final = frozenset({".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a bundle is read before it is refused as too large."""

    files: int = 1_000
    total_bytes: int = 200 << 20
    ratio: int = 100
    rows: int = 1_000_000


class Files(Protocol):
    """The files of a bundle by their bare names."""

    names: frozenset[str]

    def open(self, name: str) -> io.BufferedReader:
        """Open one of `names` for one pass; bytes are counted against the limits."""
        ...


@contextmanager
def opened(path: Path, limits: Limits, *, may_be_one: bool = False) -> Iterator[Files]:
    """Open a folder, a zip, or a zip with the files in one folder of it; or one file, if may be.

    Raises Unreadable when it is none of these, too large, damaged, or built to deceive.
    """
    meter = _Meter(limits)
    if path.is_dir():
        folder = _Folder(path, meter)
        if not folder.names:
            raise Unreadable("empty_bundle", "There is no file in it.", "Put the CSV files there.")
        yield folder
        return
    if not path.is_file():
        raise Unreadable("not_found", f"There is no {path.name}.", "Check the path.")
    if path.stat().st_size > limits.total_bytes:
        raise meter.too_large()
    if may_be_one and not _begins_as_a_zip(path):
        yield _Folder(path.parent, meter, frozenset({path.name}))
        return
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(path.open("rb"))
            _check_directory(stream)
            zipped = stack.enter_context(zipfile.ZipFile(stream))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise _damaged(error) from error
        yield _Zip(zipped, meter, limits)


class _Meter:
    """Counts the bytes that really come out, whatever a header promises."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._total = 0

    def count(self, size: int, *, unpacked: int, packed: int | None) -> None:
        self._total += size
        if self._total > self._limits.total_bytes:
            raise self.too_large()
        if packed is not None and unpacked > max(_RATIO_FROM, self._limits.ratio * packed):
            raise Unreadable(
                "zip_bomb",
                f"A file in the zip unpacks to more than {self._limits.ratio} times its size.",
                "Make the zip again from the CSV files alone, or give the folder.",
            )

    def too_large(self) -> Unreadable:
        size = self._limits.total_bytes >> 20
        return Unreadable(
            "too_large",
            f"The bundle holds more than {size} MiB.",
            "Send it in parts, or ask the operator to raise the limit.",
        )


class _Metered(io.RawIOBase):
    """A stream whose bytes are counted and whose damage is reported in our words."""

    def __init__(self, inner: IO[bytes], meter: _Meter, packed: int | None = None) -> None:
        self._inner = inner
        self._meter = meter
        self._packed = packed
        self._unpacked = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        try:
            data = self._inner.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise _damaged(error) from error
        size = len(data)
        buffer[:size] = data
        self._unpacked += size
        self._meter.count(size, unpacked=self._unpacked, packed=self._packed)
        return size

    def close(self) -> None:
        self._inner.close()
        super().close()


class _Folder:
    def __init__(self, path: Path, meter: _Meter, names: frozenset[str] | None = None) -> None:
        self._path = path
        self._meter = meter
        found = (each.name for each in path.iterdir() if each.is_file())
        self.names = frozenset(found) if names is None else names

    def open(self, name: str) -> io.BufferedReader:
        try:
            stream = (self._path / name).open("rb", buffering=0)
        except OSError as error:
            raise Unreadable(
                "unreadable",
                f"{name} cannot be opened.",
                "Check who may read the file.",
            ) from error
        return io.BufferedReader(_Metered(stream, self._meter), _BUFFER)


class _Zip:
    def __init__(self, zipped: zipfile.ZipFile, meter: _Meter, limits: Limits) -> None:
        self._zipped = zipped
        self._meter = meter
        entries = zipped.infolist()
        if len(entries) > limits.files:
            raise _too_many_files()
        _refuse_overlaps(entries)
        self._entries = _in_one_folder(entries)
        self.names = frozenset(self._entries)

    def open(self, name: str) -> io.BufferedReader:
        entry = self._entries[name]
        try:
            stream = self._zipped.open(entry)
        except (zipfile.BadZipFile, OSError, RuntimeError, ValueError) as error:
            raise _damaged(error) from error
        return io.BufferedReader(_Metered(stream, self._meter, entry.compress_size), _BUFFER)


def _begins_as_a_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"PK"


def _check_directory(stream: IO[bytes]) -> None:
    """Refuse a central directory too large to be ours before zipfile loads all of it."""
    size = stream.seek(0, io.SEEK_END)
    tail_size = min(size, 65_535 + 22 + 20)
    stream.seek(size - tail_size)
    tail = stream.read(tail_size)
    stream.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise Unreadable(
            "not_a_bundle",
            "The file is no zip that is whole.",
            "Send it again if it was cut off; or give the folder with manifest.csv in it.",
        )
    (directory_size,) = struct.unpack_from("<L", tail, end + 12)
    is_zip64 = end >= 20 and tail[end - 20 : end - 16] == b"PK\x06\x07"
    if is_zip64 or directory_size > _MAX_DIRECTORY:
        raise _too_many_files()


def _refuse_overlaps(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse entries that share bytes: the way to pack more than the file could hold."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise Unreadable(
                "zip_bomb",
                "Files in the zip overlap.",
                "Make the zip again from the CSV files.",
            )
        end = entry.header_offset + 30 + len(entry.filename) + entry.compress_size


def _in_one_folder(entries: list[zipfile.ZipInfo]) -> Mapping[str, zipfile.ZipInfo]:
    """The files beside manifest.csv, or sheets without one, in the only folder that has such."""
    found: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for entry in entries:
        # A name may be empty, which ZipInfo.is_dir of Python 3.11 does not expect.
        if entry.filename.endswith("/") or entry.filename.startswith("__MACOSX/"):
            continue
        path = _safe_path(entry)
        folder = found.setdefault(str(path.parent), {})
        if path.name in folder:
            raise _deceptive(entry, "is in the zip twice")
        folder[path.name] = entry
    homes = [name for name, files in found.items() if "manifest.csv" in files]
    if len(homes) > 1:
        raise Unreadable(
            "several_bundles",
            "There is more than one manifest.csv in the zip.",
            "Zip each bundle alone.",
        )
    homes = homes or [name for name, files in found.items() if any(map(_is_sheet, files))]
    if len(homes) == 1:
        return found[homes[0]]
    if homes and "." not in homes:
        raise Unreadable(
            "several_folders",
            f"CSV files lie in {len(homes)} folders of the zip, and none of them has a "
            "manifest.csv.",
            "Put all files of one roster into one folder, and zip it.",
        )
    return found.get(".", {})


def _is_sheet(name: str) -> bool:
    return name.lower().endswith(".csv")


def _safe_path(entry: zipfile.ZipInfo) -> PurePosixPath:
    path = PurePosixPath(entry.filename)
    leads_out = path.is_absolute() or ".." in path.parts or set("\\:") & set(entry.filename)
    if leads_out or not path.name:
        raise _deceptive(entry, "has a name that leads out of the zip")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _deceptive(entry, "is a symbolic link")
    if entry.flag_bits & 0x1:
        raise _deceptive(entry, "is encrypted")
    if path.suffix.lower() in _BEYOND_TEXT:
        raise _deceptive(entry, "is an archive within the zip")
    # Other methods unpack without a bound on the size of one step.
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _deceptive(entry, "is packed in an unusual way")
    return path


def _deceptive(entry: zipfile.ZipInfo, what: str) -> Unreadable:
    name = entry.filename if entry.filename.isprintable() else "A file"
    return Unreadable(
        "bad_zip",
        f"{name[:64]} {what}.",
        "Make the zip again from the CSV files alone.",
    )


def _too_many_files() -> Unreadable:
    return Unreadable(
        "too_many_files",
        "There are too many files in the zip.",
        "Zip the CSV files alone.",
    )


def _damaged(error: Exception) -> Unreadable:
    reason = "The zip is damaged." if not isinstance(error, OSError) else "The file failed to read."
    return Unreadable("damaged", reason, "Copy or export it again.")
