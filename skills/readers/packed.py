"""Unpacks what strangers packed (gzip, zip), within bounds."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from skills.readers.errors import Unreadable

MAX_BYTES: Final = 128 << 20
MAX_FILES: Final = 500
_MAX_DIRECTORY: Final = 1 << 20

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


def is_gzip(data: bytes) -> bool:
    """Whether it begins as a gzip file does."""
    return data.startswith(_GZIP)


def is_zip(data: bytes) -> bool:
    """Whether it begins as a zip file does."""
    return data.startswith(_ZIP)


def gunzipped(data: bytes, *, limit: int = MAX_BYTES) -> bytes:
    """What a gzip file holds. Raises Unreadable if that is more than `limit`, or damaged."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(data, limit + 1)
    except zlib.error:
        raise _damaged() from None
    if len(found) > limit:
        raise _too_large()
    if not unpacker.eof or unpacker.unused_data.strip(b"\0"):
        raise _damaged()
    return found


def beginning(data: bytes, size: int) -> bytes:
    """The first bytes of what a gzip file holds; none where it is damaged."""
    try:
        return zlib.decompressobj(wbits=31).decompress(data, size)
    except zlib.error:
        return b""


def unzipped(data: bytes) -> Mapping[str, bytes]:
    """The files of a zip by their paths. Raises Unreadable if it is too large or damaged."""
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            # A name may be empty, which ZipInfo.is_dir of Python 3.11 does not expect.
            entries = [entry for entry in opened.infolist() if not entry.filename.endswith("/")]
            if len(entries) > MAX_FILES:
                raise _too_many_files()
            return _files(opened, entries)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ):
        raise _damaged() from None


def named(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files by their bare names, without those that a computer put there for itself.

    Raises Unreadable where two folders have different files of one name.
    """
    found: dict[str, bytes] = {}
    for path, data in files.items():
        name = PurePosixPath(path).name
        if path.startswith("__MACOSX/") or name.startswith("."):
            continue
        if found.setdefault(name, data) != data:
            raise Unreadable(
                "two_of_a_name",
                f"Two folders have a file {name[:120]}, and they differ.",
                "Pack the files of one framework only.",
            )
    return found


def _files(opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_BYTES
    for entry in entries:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _damaged()
        with opened.open(entry) as stream:
            data = stream.read(left + 1)
        left -= len(data)
        if left < 0:
            raise _too_large()
        found[entry.filename] = data
    return found


def _check_directory(data: bytes) -> None:
    """Refuse a directory too large to be ours before zipfile loads all of it."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if end < 0 or len(data) < end + 22:
        raise _damaged()
    (size,) = struct.unpack_from("<L", data, end + 12)
    if size > _MAX_DIRECTORY or data[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        raise _too_many_files()


def _too_large() -> Unreadable:
    return Unreadable(
        "too_large", f"It unpacks to more than {MAX_BYTES >> 20} MiB.", "Give it in parts."
    )


def _too_many_files() -> Unreadable:
    return Unreadable(
        "too_many_files",
        f"There are more than {MAX_FILES} files in the zip.",
        "Zip the framework's files alone.",
    )


def _damaged() -> Unreadable:
    return Unreadable(
        "damaged",
        "The packed file is damaged, encrypted, or packed in an unusual way.",
        "Copy or export it again, or unpack it first.",
    )
