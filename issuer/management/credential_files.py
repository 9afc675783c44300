"""What people name on the command line, opened: folders, archives, lines of JSON."""

import os
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

STANDARD_INPUT = Path("-")
# The largest picture that anybody put a credential in, many times over.
MAX_BYTES = 16 * 1024 * 1024
MAX_LINE = 1024 * 1024
_OF_LINES = {".ndjson", ".jsonl"}
_ARCHIVE = ".zip"

# Where it lies, and what it holds; a sentence where that could not be read.
Found = tuple[str, bytes | str]


def holds_many(path: Path) -> bool:
    """Whether what is named is opened to what is inside: a folder, an archive, lines of JSON."""
    return path.is_dir() or path.suffix.lower() in {*_OF_LINES, _ARCHIVE}


def each(paths: Iterable[Path], *, lines: bool) -> Iterator[Found]:
    """Yield what lies at the paths, in order; folders are searched, their hidden files left out.

    With `lines`, also other files and standard input hold one credential on each line.
    """
    for path in paths:
        if path.is_dir():
            for inner in _in_folder(path):
                yield from _in_file(inner, lines=lines)
        else:
            yield from _in_file(path, lines=lines)


def _in_folder(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place) / name for name in sorted(names) if not name.startswith("."))


def _in_file(path: Path, *, lines: bool) -> Iterator[Found]:
    kind = path.suffix.lower()
    try:
        if path == STANDARD_INPUT:
            yield from _read(sys.stdin.buffer, "standard input", lines)
        elif kind == _ARCHIVE:
            yield from _in_archive(path)
        else:
            with path.open("rb") as stream:
                yield from _read(stream, str(path), lines or kind in _OF_LINES)
    except FileNotFoundError:
        yield str(path), f"There is no file {path}."
    except OSError as error:
        yield str(path), f"{path} cannot be read: {error.strerror}."


def _read(stream: IO[bytes], name: str, lines: bool) -> Iterator[Found]:
    if not lines:
        yield name, _whole(stream)
        return
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield f"{name}:{number}", f"The line has more than {MAX_LINE} bytes."
        elif line.strip():
            yield f"{name}:{number}", line


def _in_archive(path: Path) -> Iterator[Found]:
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    yield f"{path}/{entry.filename}", _unpacked(archive, entry)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        yield str(path), f"{path} is no archive that can be read: {error}."


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | str:
    try:
        with archive.open(entry) as stream:
            return _whole(stream)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        return f"It cannot be unpacked: {error}."


def _whole(stream: IO[bytes]) -> bytes | str:
    content = stream.read(MAX_BYTES + 1)
    return content if len(content) <= MAX_BYTES else f"It has more than {MAX_BYTES} bytes."
