"""The formats in which frameworks are given away, a line each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from skills.writers import case, ctdl_asn, opensalt_csv, rsd
from skills.writers.source import Source


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a framework down; `write` yields it piece by piece."""

    name: str
    title: str
    media_type: str
    suffix: str
    write: Callable[[Source], Iterator[str]]


_TABLE: Final = (
    Format("case", "CASE 1.1", "application/json", "case.json", case.write),
    Format("ctdl_asn", "CTDL-ASN", "application/ld+json", "ctdl-asn.jsonld", ctdl_asn.write),
    Format("rsd", "Rich Skill Descriptors", "application/ld+json", "rsd.jsonld", rsd.write),
    Format("csv", "CSV", "text/csv; charset=utf-8", "csv", opensalt_csv.write),
)
FORMATS: Final = {each.name: each for each in _TABLE}
