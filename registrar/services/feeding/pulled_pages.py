"""Pages that were pulled: kept as rows of the files they belong to, and made one roster of."""

import csv
import filecmp
import zipfile
from collections.abc import Iterator, Mapping
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import Any, Final

from registrar.models import Pull
from registrar.services.college import uploads
from registrar.services.feeding import pull_formats
from registrar.services.feeding.pull_formats import PullFormat

# Disks are filled by blocks, however little a file holds.
_BLOCK: Final = 4096


def keep(pull: Pull, collection: str, offset: int, things: list[Any]) -> int:
    """Keep the objects of a page: a file for each file of the roster that it has rows of.

    Returns how much room they take, in bytes.
    """
    spoken = pull_formats.of(pull.feed)
    texts = {name: StringIO(newline="") for name in spoken.files(collection)}
    writers = {name: csv.writer(text) for name, text in texts.items()}
    for thing in things:
        for name, cells in spoken.rows(collection, thing):
            writers[name].writerow(cells)
    paths = {name: _place(pull, name, offset) for name in texts}
    for name, text in texts.items():
        path = paths[name]
        part = path.with_suffix(".part")
        part.write_bytes(text.getvalue().encode("utf-8", "surrogatepass"))
        part.replace(path)
    return sum(map(_room, paths.values()))


def room_taken(pull: Pull) -> int:
    """How much room the pages take that were kept so far, in bytes."""
    return sum(map(_room, Path(pull.folder).glob("*-*")))


def is_first_again(pull: Pull, collection: str, offset: int) -> bool:
    """Whether a page that was kept says what the first one says, as where nobody turns pages."""
    pairs = [
        (_place(pull, name, offset), _place(pull, name, 0))
        for name in pull_formats.of(pull.feed).files(collection)
    ]
    has_rows = any(page.stat().st_size for page, _ in pairs)
    return offset > 0 and has_rows and all(filecmp.cmp(*pair, shallow=False) for pair in pairs)


def _place(pull: Pull, name: str, offset: int) -> Path:
    return Path(pull.folder) / f"{name}-{offset:012d}"


def _room(page: Path) -> int:
    return -(-page.stat().st_size // _BLOCK) * _BLOCK


def bundle(pull: Pull) -> None:
    """Make one roster of the pages, in the place of an upload."""
    spoken = pull_formats.of(pull.feed)
    folder = Path(pull.folder)
    modes = _modes(pull, spoken)
    part = uploads.place(folder).with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as packed:
        with _opened(packed, "manifest.csv") as text:
            csv.writer(text).writerows(_manifest(pull, spoken, modes))
        for name, mode in modes.items():
            with _opened(packed, f"{name}.csv") as text:
                writer = csv.writer(text)
                writer.writerow(spoken.version.layouts[name].header)
                writer.writerows(_once_each(folder, name, is_delta=mode == "delta"))
    part.replace(uploads.place(folder))


def _modes(pull: Pull, spoken: PullFormat) -> dict[str, str]:
    """By file whether it has all there is; of those only that were given."""
    return {
        name: "delta" if pull.since and collection not in spoken.whole else "bulk"
        for collection in spoken.collections
        if collection in pull.rows
        for name in spoken.files(collection)
    }


def _opened(packed: zipfile.ZipFile, name: str) -> TextIOWrapper:
    # The same rows make the same bytes, whenever they are packed.
    stream = packed.open(zipfile.ZipInfo(name), "w", force_zip64=False)
    return TextIOWrapper(stream, "utf-8", errors="surrogatepass", newline="")


def _manifest(
    pull: Pull, spoken: PullFormat, modes: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    yield "propertyName", "value"
    yield "manifest.version", "1.0"
    yield spoken.property
    for name in sorted(spoken.version.layouts):
        yield f"file.{name}", modes.get(name, "absent")
    yield "source.systemCode", pull.feed.source or pull.feed.name


def _once_each(folder: Path, name: str, *, is_delta: bool) -> Iterator[list[str]]:
    """The rows of a file, each as it was changed last: pages overlap.

    Where all was asked for a row needs no status and no moment, unless it is gone.
    """
    newest: dict[str, list[str]] = {}
    nameless: list[list[str]] = []
    for page in sorted(folder.glob(f"{name}-*")):
        with page.open(encoding="utf-8", errors="surrogatepass", newline="") as text:
            for cells in csv.reader(text):
                held = newest.get(cells[0])
                if not cells[0]:
                    nameless.append(cells)
                elif held is None or held[2] <= cells[2]:
                    newest[cells[0]] = cells
    for sourced_id, status, changed, *said in (*newest.values(), *nameless):
        if is_delta:
            yield [sourced_id, status or "active", changed, *said]
        elif status in ("", "active"):
            yield [sourced_id, "", "", *said]
        else:
            yield [sourced_id, status, changed, *said]
