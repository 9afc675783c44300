"""Tables as CSV files."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from django.http import HttpResponse

from skills.writers import cells


def as_csv(name: str, header: Sequence[str], rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """A CSV download that spreadsheets open with all letters right and no formula run."""
    return HttpResponse(
        csv_text(header, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def csv_text(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """The same as text, for a file among others."""
    text = StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return text.getvalue()


def _harmless(value: Any) -> Any:
    # A spreadsheet takes text that begins like this for a formula and would run it.
    if isinstance(value, str) and value.startswith(cells.FORMULAS):
        return f"'{value}"
    return value
