"""The formats in which frameworks come, a line each, and how a file's own is found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from skills.readers import case, ctdl_asn, osmt_csv, rsd
from skills.readers.glimpse import Glimpse
from skills.readers.problems import Problems
from skills.readers.records import Package, Problem


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a framework down.

    `read` takes the bytes, `file=` for its name, and by name those of `choices` that a person
    made. `is_it` looks at a file's content; the first format of the table that says yes has it.
    """

    name: str
    title: str
    read: Callable[..., Package]
    is_it: Callable[[Glimpse], bool]
    choices: tuple[str, ...] = ()


_TABLE: Final = (
    Format("case", "CASE 1.0 or 1.1 package", case.read, case.is_it),
    Format("ctdl_asn", "CTDL-ASN (JSON-LD)", ctdl_asn.read, ctdl_asn.is_it),
    Format("rsd", "Rich Skill Descriptors (JSON)", rsd.read, rsd.is_it, ("framework_id", "title")),
    Format("osmt_csv", "OSMT (CSV)", osmt_csv.read, osmt_csv.is_it, ("framework_id", "title")),
)
FORMATS: Final = {each.name: each for each in _TABLE}


def recognise(data: bytes, file_name: str = "") -> str:
    """The name of the format that the file is in, or '' where it is none that we know."""
    glimpse = Glimpse(data, file_name)
    return next((each.name for each in _TABLE if each.is_it(glimpse)), "")


def read(data: bytes, *, file: str = "", format_name: str = "", **choices: Any) -> Package:
    """Read a file in the format named, or in the one that it is recognised to be in.

    Choices that the format does not ask for are passed over. Never raises for what the bytes
    hold: a file in no known format is a fatal problem.
    """
    found = FORMATS.get(format_name or recognise(data, file))
    if found is None:
        return Package(problems=_unknown(file))
    asked = {name: value for name, value in choices.items() if name in found.choices}
    return found.read(data, file=file, **asked)


def _unknown(file: str) -> tuple[Problem, ...]:
    problems = Problems(file)
    problems.add(
        "",
        code="unknown_format",
        reason="The file is in none of the formats that are known here.",
        fix=f"Name its format ({', '.join(FORMATS)}), or map the columns of a sheet.",
        severity="fatal",
    )
    return problems.listed()
