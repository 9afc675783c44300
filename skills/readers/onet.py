"""Reads the O*NET database's text files: the content model and the work activities below it.

Tasks are left out: they say what an occupation does, and lead to the activities that are read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from skills.readers import separated
from skills.readers.errors import Unreadable
from skills.readers.gathering import MAX_STATEMENT, Gathering
from skills.readers.glimpse import Glimpse
from skills.readers.links import IS_CHILD_OF
from skills.readers.problems import Problems
from skills.readers.records import FrameworkRecord, Kind, Package, SkillRecord
from skills.readers.table import Row, Table, folded

IDENTIFIER: Final = "https://www.onetcenter.org/content.html"

_ELEMENT_PAGE: Final = "https://www.onetonline.org/find/descriptor/result/"
_OWNER: Final = "U.S. Department of Labor, Employment and Training Administration"
_CREDIT: Final = (
    "This page includes information from the O*NET Database by the U.S. Department of Labor, "
    "Employment and Training Administration (USDOL/ETA). Used under the CC BY 4.0 license. "
    "O*NET® is a trademark of USDOL/ETA."
)
_EDITION = re.compile(rb"O\*NET\s+([0-9]{1,3}\.[0-9]{1,2})\s+Database")

_ELEMENTS: Final = ("Element ID", "Element Name", "Description")
_INTERMEDIATE: Final = ("Element ID", "IWA ID", "IWA Title")
_DETAILED: Final = ("Element ID", "IWA ID", "DWA ID", "DWA Title")
_SERVE: Final = tuple(
    (f"{what} Element ID", "Work Activities Element ID") for what in ("Skills", "Abilities")
)
_NAMES: Final = {
    _ELEMENTS: "Content Model Reference.txt",
    _INTERMEDIATE: "IWA Reference.txt",
    _DETAILED: "DWA Reference.txt",
}
# The branches whose leaves a person can show. All others describe an occupation, its place or
# its market: they are headings here, which nobody can choose.
_BRANCHES: Final[Mapping[str, Kind]] = {
    "1.A.": "ability",
    "1.C.": "other",
    "1.D.": "other",
    "2.A.": "skill",
    "2.B.": "skill",
    "2.C.": "knowledge",
    "4.A.": "skill",
}


def is_it(glimpse: Glimpse) -> bool:
    """Whether a file looks like one of those that the framework is made of."""
    return _layout(glimpse) is not None


def read(data: bytes, *, file: str = "") -> Package:
    """Tell that one of the files alone is not enough."""
    problems = Problems(file)
    problems.add(
        "",
        code="not_alone",
        reason="One of the O*NET files alone is no framework.",
        fix=f"Give the folder, or a zip of it, with {', '.join(_NAMES.values())}.",
        severity="fatal",
    )
    return Package(problems=problems.listed())


def read_folder(files: Mapping[str, bytes], *, file: str = "") -> Package:
    """Read elements, intermediate and detailed work activities as one framework.

    Each is a child of the one above it. Skills are related to the work activities that they
    serve where the folder has that file.
    """
    problems = Problems(file)
    try:
        return _package(files, problems)
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())


def _package(files: Mapping[str, bytes], problems: Problems) -> Package:
    tables = dict(_tables(files, problems))
    if missing := [name for layout, name in _NAMES.items() if layout not in tables]:
        raise Unreadable(
            "missing_file",
            f"The folder lacks {' and '.join(missing)}.",
            "Give the folder of the database's text files as it was published.",
        )
    found = Gathering(_framework(files), problems)
    _take_elements(found, tables[_ELEMENTS])
    for row in tables[_INTERMEDIATE].rows:
        _take_activity(found, row, "IWA", "Element ID", "Intermediate Work Activity")
    for row in tables[_DETAILED].rows:
        _take_activity(found, row, "DWA", "IWA ID", "Detailed Work Activity")
    for layout in _SERVE:
        if layout in tables:
            _link_serving(found, tables[layout], *layout)
    return found.package()


def _tables(
    files: Mapping[str, bytes], problems: Problems
) -> Iterator[tuple[tuple[str, ...], Table]]:
    for name, data in sorted(files.items()):
        glimpse = Glimpse(data, name)
        layout = _layout(glimpse)
        if layout is None:
            continue
        is_quoted = b"\t" not in data.partition(b"\n")[0]
        yield layout, separated.read(data, problems, file=name, is_quoted=is_quoted)


def _layout(glimpse: Glimpse) -> tuple[str, ...] | None:
    columns = [folded(column) for column in glimpse.columns]
    for layout in _NAMES:
        if columns == [folded(column) for column in layout]:
            return layout
    for layout in _SERVE:
        if {folded(column) for column in layout} <= set(columns):
            return layout
    return None


def _framework(files: Mapping[str, bytes]) -> FrameworkRecord:
    found = (
        _EDITION.search(data[:1_000])
        for name, data in sorted(files.items())
        if folded(name).startswith("readme")
    )
    return FrameworkRecord(
        identifier=IDENTIFIER,
        uri=IDENTIFIER,
        title="O*NET content model and work activities",
        creator=_OWNER,
        publisher="National Center for O*NET Development",
        version=next((edition[1].decode() for edition in found if edition), ""),
        language="en",
        official_url="https://www.onetcenter.org/database.html",
        notes=_CREDIT,
    )


def _take_elements(found: Gathering, table: Table) -> None:
    above = {row.raw("Element ID").rpartition(".")[0] for row in table.rows}
    for row in table.rows:
        identifier = row.text("Element ID", required=True, limit=100)
        name = row.text("Element Name", required=True, limit=500)
        is_heading = identifier in above
        element = SkillRecord(
            identifier=identifier,
            uri=_ELEMENT_PAGE + quote(identifier),
            statement=row.text("Description", limit=MAX_STATEMENT) or name,
            label=name,
            code=identifier,
            kind="category" if is_heading else _BRANCHES.get(identifier[:4], "category"),
            kind_word="Element",
            language="en",
        )
        parent = identifier.rpartition(".")[0]
        if found.add(row, "Element ID", element) and parent:
            found.link(row, "Element ID", identifier, IS_CHILD_OF, parent)


def _take_activity(found: Gathering, row: Row, short: str, above: str, word: str) -> None:
    identifier = row.text(f"{short} ID", required=True, limit=100)
    element = row.text("Element ID", required=True, limit=100)
    parent = row.text(above, required=True, limit=100)
    # No activity has a page of its own; the fragment tells it from its element's others.
    activity = SkillRecord(
        identifier=identifier,
        uri=f"{_ELEMENT_PAGE}{quote(element)}#{quote(identifier)}",
        statement=row.text(f"{short} Title", required=True, limit=MAX_STATEMENT),
        code=identifier,
        kind="skill",
        kind_word=word,
        language="en",
    )
    if found.add(row, f"{short} ID", activity):
        found.link(row, above, identifier, IS_CHILD_OF, parent)


def _link_serving(found: Gathering, table: Table, serving: str, activity: str) -> None:
    for row in table.rows:
        origin = row.text(serving, required=True, limit=100)
        destination = row.text(activity, required=True, limit=100)
        title = row.text(activity.replace(" ID", " Name"), limit=500)
        if row.good:
            found.link(row, activity, origin, "isRelatedTo", destination, title=title)
