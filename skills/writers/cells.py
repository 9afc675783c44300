"""Makes cells of a sheet that no spreadsheet takes for formulas."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain
from typing import Any, Final

# The last four are the wide signs of East Asia, with which a formula begins there too.
FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def harmless(cell: str) -> str:
    """The cell, with a space before what a spreadsheet would run; readers trim it."""
    return f" {cell}" if cell.startswith(FORMULAS) else cell


def lines(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """CSV line by line, for people: spreadsheets read all letters right and run no formula."""
    yield "\ufeff"
    for row in chain([header], rows):
        line = StringIO()
        csv.writer(line).writerow([_quoted(cell) for cell in row])
        yield line.getvalue()


def _quoted(cell: Any) -> Any:
    # An apostrophe is how people keep a spreadsheet from reading a cell as a formula. A dash alone
    # is none, and stands for the second name of people who have one.
    is_formula = isinstance(cell, str) and cell.startswith(FORMULAS) and cell != "-"
    return f"'{cell}" if is_formula else cell
