"""The formats in which frameworks come, a line each, and how a file's own is found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from skills.readers import (
    canvas_outcomes,
    case,
    crosswalk_csv,
    ctdl_asn,
    esco,
    mapped_sheet,
    onet,
    opensalt_csv,
    osmt_csv,
    packed,
    rsd,
    workbook,
)
from skills.readers.errors import Unreadable
from skills.readers.glimpse import Glimpse
from skills.readers.problems import Problems
from skills.readers.records import Package


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a framework down.

    `read` takes the bytes, `file=` for its name, and by name those of `choices` that a person
    made; `read_folder` the bytes of several files by their names, where the format may come
    so. `is_it` looks at a file's content: the first format of the table that says yes has it.
    A format without `is_it` is had only by name.
    """

    name: str
    title: str
    read: Callable[..., Package]
    is_it: Callable[[Glimpse], bool] | None
    choices: tuple[str, ...] = ()
    read_folder: Callable[..., Package] | None = None

    def has(self, glimpse: Glimpse) -> bool:
        """Whether a file looks like it."""
        return self.is_it is not None and self.is_it(glimpse)

    def chosen(self, choices: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the choices that it asks for."""
        return {name: value for name, value in choices.items() if name in self.choices}


_NAMED: Final = ("framework_id", "title")
_OWNED: Final = (*_NAMED, "creator")
_TABLE: Final = (
    Format("case", "CASE 1.0 or 1.1", case.read, case.is_it),
    Format("ctdl_asn", "CTDL-ASN (JSON-LD)", ctdl_asn.read, ctdl_asn.is_it),
    Format("rsd", "Rich Skill Descriptors (JSON)", rsd.read, rsd.is_it, _NAMED),
    Format("osmt_csv", "OSMT (CSV)", osmt_csv.read, osmt_csv.is_it, _NAMED),
    Format("esco", "ESCO (CSV)", esco.read, esco.is_it, ("framework_id",), esco.read_folder),
    Format("onet", "O*NET (text files)", onet.read, onet.is_it, (), onet.read_folder),
    Format("canvas", "Canvas outcomes.csv", canvas_outcomes.read, canvas_outcomes.is_it, _NAMED),
    Format(
        "opensalt_csv",
        "OpenSALT (CSV)",
        opensalt_csv.read,
        opensalt_csv.is_it,
        _OWNED,
    ),
    Format("crosswalk_csv", "Crosswalk (CSV)", crosswalk_csv.read, crosswalk_csv.is_it, _OWNED),
    Format(
        "sheet",
        "Any sheet, by its columns (CSV, XLSX)",
        mapped_sheet.read,
        None,
        (*_OWNED, "kind", "mapping"),
    ),
)
FORMATS: Final = {each.name: each for each in _TABLE}
_TITLES: Final = ", ".join(each.title for each in _TABLE)


def recognise(data: bytes, file_name: str = "") -> str:
    """The name of the format that the file is in, or '' where it is none that we know."""
    try:
        return recognise_folder(_opened(data, file_name))
    except Unreadable:
        return ""


def recognise_folder(files: Mapping[str, bytes]) -> str:
    """The name of the format of a folder's files, or '' where they make no one framework."""
    try:
        found = _found(_unpacked(files), "")
    except Unreadable:
        return ""
    return found[0].name if found else ""


def read(data: bytes, *, file: str = "", format_name: str = "", **choices: Any) -> Package:
    """Read a file in the format named, or in the one that it is recognised to be in.

    What is packed by gzip or zip is unpacked, once. Choices that the format does not ask for
    are passed over. Never raises for what the bytes hold: a file in no known format is a fatal
    problem.
    """
    try:
        files = _opened(data, file)
    except Unreadable as error:
        return _refused(error, file)
    return read_folder(files, file=file, format_name=format_name, **choices)


def read_folder(
    files: Mapping[str, bytes], *, file: str = "", format_name: str = "", **choices: Any
) -> Package:
    """Read the files of a folder, given by name, as one framework.

    Where the format comes as one file, the folder must have just one of that kind; what else
    lies there is passed over.
    """
    try:
        unpacked = _unpacked(files)
        found = _found(unpacked, format_name)
        if found is None:
            raise _unknown(unpacked)
    except Unreadable as error:
        return _refused(error, file)
    format_, names = found
    if len(names) > 1 and format_.read_folder is not None:
        return format_.read_folder(unpacked, file=file)
    return format_.read(unpacked[names[0]], file=names[0], **format_.chosen(choices))


def _found(files: Mapping[str, bytes], format_name: str) -> tuple[Format, list[str]] | None:
    """The one format that has a framework among these files, and which of them it is in."""
    among = [each for each in _TABLE if format_name in ("", each.name)]
    if len(files) == 1 and format_name:
        return next(((each, list(files)) for each in among), None)
    kinds: dict[str, list[str]] = {}
    for name, data in files.items():
        glimpse = Glimpse(data, name)
        if (has := next((each for each in among if each.has(glimpse)), None)) is not None:
            kinds.setdefault(has.name, []).append(name)
    if len(kinds) != 1:
        return None
    ((name, names),) = kinds.items()
    is_one = len(names) == 1 or FORMATS[name].read_folder is not None
    return (FORMATS[name], names) if is_one else None


def _opened(data: bytes, file: str) -> Mapping[str, bytes]:
    """The file by its name, or those that are packed in it."""
    if packed.is_zip(data) and not workbook.is_it(data):
        return packed.named(packed.unzipped(data))
    return {file: data}


def _unpacked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """All of them unpacked; together they may be as large as one alone."""
    found: dict[str, bytes] = {}
    left = packed.MAX_BYTES
    for name, data in files.items():
        found[name] = data
        if packed.is_gzip(data):
            found[name] = packed.gunzipped(data, limit=left)
            left -= len(found[name])
    return found


def _refused(error: Unreadable, file: str) -> Package:
    problems = Problems(file)
    problems.fatal(error)
    return Package(problems=problems.listed())


def _unknown(files: Mapping[str, bytes]) -> Unreadable:
    glimpses = [Glimpse(data, name) for name, data in files.items()]
    if len(glimpses) > 1:
        return Unreadable(
            "unknown_format",
            "None of these files is a framework in a format that is known here, or several are.",
            f"Give those of one framework, in one of {_TITLES}.",
        )
    if not any(data.strip() for data in files.values()):
        return Unreadable("empty_file", "The file is empty.", "Export it again.")
    if glimpses[0].is_page:
        return Unreadable(
            "web_page",
            "It is a web page, not a framework.",
            "Download the file itself; a page on which one signs in often comes in its place.",
        )
    if len(glimpses[0].columns) == 1:
        return Unreadable(
            "plain_list",
            "The file is a plain list, and nothing in it says which skill is meant.",
            "Give the framework as its publisher exports it, or map the columns of a sheet.",
        )
    return Unreadable(
        "unknown_format",
        "It is in no format that is known here.",
        f"Give the whole file, as its publisher exports it: {_TITLES}.",
    )
