"""Reads the manifest of a OneRoster bundle: its version, its source, what each file is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from registrar.readers import edu_api_layout
from registrar.readers.archive import Files
from registrar.readers.errors import Unreadable
from registrar.readers.oneroster_layout import MODES
from registrar.readers.oneroster_versions import VERSIONS, Version
from registrar.readers.problems import Problems
from registrar.readers.records import Mode
from registrar.readers.sheet import Sheet

MANIFEST: Final = "manifest.csv"
ONEROSTER: Final = "oneroster.version"
EDU_API: Final = "eduapi.version"

_MAX_ROWS: Final = 1_000
_MAX_NAME: Final = 100
_EITHER: Final = " or ".join(VERSIONS)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself. `modes` has the files to be read alone."""

    version: Version
    source_code: str
    source_name: str
    modes: Mapping[str, Mode]


def read(files: Files, problems: Problems) -> Manifest:
    """Read manifest.csv and compare what it declares with what is there.

    Raises Unreadable when there is none, or it is of a version that we don't read.
    """
    properties = _properties(files, problems)
    version = _version(properties)
    if properties.get("manifest.version") != "1.0":
        problems.add(
            MANIFEST,
            column="manifest.version",
            value=properties.get("manifest.version", ""),
            code="manifest_version",
            reason="manifest.version is not 1.0.",
            fix="Write 1.0.",
            severity="warning",
        )
    _warn_of_strangers(version, properties, files, problems)
    modes = {name: _mode(name, properties, files, problems) for name in sorted(version.layouts)}
    return Manifest(
        version=version,
        source_code=properties.get("source.systemCode", "")[:_MAX_NAME],
        source_name=properties.get("source.systemName", "")[:_MAX_NAME],
        modes={name: modes[name] for name in version.layouts if modes[name] != "absent"},
    )


def _version(properties: Mapping[str, str]) -> Version:
    if properties.get(EDU_API) == "1.0":  # what was asked of a server, and kept as files
        return edu_api_layout.VERSION
    said = properties.get(ONEROSTER, "")
    for name, version in VERSIONS.items():
        if said == name or said.startswith(f"{name}."):
            return version
    raise Unreadable(
        "unsupported_version",
        f"The manifest says OneRoster {said[:16] or 'nothing of its version'}; we read {_EITHER}.",
        f"Export the bundle as OneRoster {_EITHER} CSV.",
    )


def _properties(files: Files, problems: Problems) -> dict[str, str]:
    if MANIFEST not in files.names:
        raise Unreadable(
            "manifest_missing",
            "There is no manifest.csv (OneRoster), and no file with the columns of Canvas.",
            "Give the folder (or a zip of it) that has manifest.csv beside the other files; or "
            "Canvas's users.csv, courses.csv and so on.",
        )
    properties: dict[str, str] = {}
    with files.open(MANIFEST) as stream:
        sheet = Sheet(stream, report=problems.of(MANIFEST), max_rows=_MAX_ROWS)
        if sheet.header != ["propertyName", "value"]:
            raise Unreadable(
                "bad_manifest",
                "The header of manifest.csv is not propertyName,value.",
                "Check that it is the manifest of a OneRoster CSV bundle.",
            )
        for row, (name, value) in sheet.rows():
            if name not in properties:
                properties[name] = value
                continue
            problems.add(
                MANIFEST,
                row=row,
                column="propertyName",
                value=name,
                code="duplicate",
                reason=f"{name[:64]} is given twice; the first is used.",
                fix="Remove one of the two rows.",
            )
    return properties


def _warn_of_strangers(
    version: Version, properties: Mapping[str, str], files: Files, problems: Problems
) -> None:
    warn = partial(problems.add, code="unknown_file", severity="warning")
    declared = {name for name in properties if name.startswith("file.")}
    for name in sorted(declared - {f"file.{known}" for known in version.layouts}):
        warn(
            MANIFEST,
            column="propertyName",
            value=name,
            reason=f"The manifest names a file that {version.name} does not know.",
            fix="Correct its name, or remove the row.",
        )
    for file in sorted(files.names - {f"{known}.csv" for known in version.layouts} - {MANIFEST}):
        if file.endswith(".csv"):
            warn(
                file,
                reason=f"{file[:64]} is not a file of {version.name}; it is not read.",
                fix="Correct its name, or leave it out.",
            )


def _mode(name: str, properties: Mapping[str, str], files: Files, problems: Problems) -> Mode:
    """Tell how a file is to be read; what is not as declared is not read, and reported."""
    file = f"{name}.csv"
    mode = properties.get(f"file.{name}")
    present = file in files.names
    if mode is None or mode == "absent":
        _report_absent(name, declared=mode is not None, present=present, problems=problems)
        return "absent"
    if mode not in MODES:
        problems.add(
            MANIFEST,
            column="value",
            value=mode,
            code="bad_mode",
            reason=f"The manifest says file.{name} is neither absent, bulk nor delta.",
            fix="Write absent, bulk or delta.",
            severity="fatal",
        )
        return "absent"
    if not present:
        problems.add(
            file,
            code="file_missing",
            reason=f"The manifest says {mode}, but {file} is not in the bundle.",
            fix="Add the file, or say absent in the manifest.",
            severity="fatal",
        )
        return "absent"
    return cast(Mode, mode)


def _report_absent(name: str, *, declared: bool, present: bool, problems: Problems) -> None:
    file = f"{name}.csv"
    if present:
        said = "says it is absent" if declared else "does not name it"
        problems.add(
            file,
            code="file_undeclared",
            reason=f"{file} is in the bundle, but the manifest {said}; it is not read.",
            fix=f"Write file.{name},bulk in the manifest, or leave the file out.",
        )
    elif not declared:
        problems.add(
            MANIFEST,
            column="propertyName",
            value=f"file.{name}",
            code="file_unnamed",
            reason=f"The manifest does not name {file}; it counts as absent.",
            fix=f"Add the row file.{name},absent.",
            severity="warning",
        )
