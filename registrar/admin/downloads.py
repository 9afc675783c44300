"""Tables as CSV files."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from skills.writers import cells


def as_csv(name: str, header: Sequence[str], rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """A CSV download that spreadsheets open with all letters right and no formula run."""
    return HttpResponse(csv_text(header, rows), **_as_file(name))


def as_long_csv(
    name: str, header: Sequence[str], rows: Iterable[Iterable[Any]]
) -> StreamingHttpResponse:
    """The same for rows that take long to make: it comes as they do."""
    return StreamingHttpResponse(cells.lines(header, rows), **_as_file(name))


def csv_text(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """The same as text, for a file among others."""
    return "".join(cells.lines(header, rows))


def _as_file(name: str) -> dict[str, Any]:
    return {
        "content_type": "text/csv; charset=utf-8",
        "headers": {"Content-Disposition": f'attachment; filename="{name}"'},
    }
