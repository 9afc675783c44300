"""Reads a roster in whichever format it is: OneRoster CSV, or Canvas's SIS CSV."""

from contextlib import suppress
from pathlib import Path

from registrar.readers import archive, canvas_csv, oneroster_csv
from registrar.readers.archive import Limits
from registrar.readers.errors import Unreadable
from registrar.readers.oneroster_manifest import MANIFEST
from registrar.readers.problems import Problems
from registrar.readers.records import Bundle, Mode


def read(
    path: Path,
    *,
    lists_all: bool = False,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> Bundle:
    """Read all of a roster, and everything that is wrong with it; never raises for what it holds.

    With a manifest.csv it is OneRoster's, and says itself which files list all that there is;
    without one Canvas's, where a file has its columns, and they do where `lists_all` says so.
    """
    with suppress(Unreadable):  # the reader of OneRoster's says why
        with archive.opened(path, limits, may_be_one=True) as files:
            if MANIFEST not in files.names and (kinds := canvas_csv.kinds(files)):
                mode: Mode = "bulk" if lists_all else "delta"
                return canvas_csv.read_files(files, kinds, mode, Problems(), limits)
    return oneroster_csv.read(path, limits=limits)
