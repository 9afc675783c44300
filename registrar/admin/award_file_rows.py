"""Rows of a file of awards: those with errors are mended in place, and all leave as CSV."""

import re
from collections.abc import Iterator
from typing import Any, Final

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.generic import View

from issuer.errors import Refusal
from issuer.pages import Page, thing_url
from registrar.admin.downloads import as_long_csv
from registrar.models import AwardFile, AwardFileRow
from registrar.services import award_files

State = AwardFile.State
Outcome = AwardFileRow.Outcome

# How the form calls a cell: by the row's number and the column's place.
_CELL: Final = re.compile("cell_([0-9]{1,9})_([0-9]{1,3})")
# Rows that are shown together besides those of one outcome.
_KINDS: Final = {
    "people": Q(outcome__in=AwardFileRow.AWARDING, learner=None),
    "warned": ~Q(outcome=Outcome.WRONG) & ~Q(problems=[]),
}
# What a file of the rows with errors has beside the cells; nothing is read from these columns.
_ADDED: Final = ("Row", "What is wrong", "What to do")
# What a file of any rows has beside them.
_TOLD: Final = ("Row", "What becomes of it", "Worth a look")


def shown_kind(kept: AwardFile, asked: str) -> str:
    """Which rows are shown: those that are asked for, else what there is to mend."""
    if asked in Outcome.values or asked in _KINDS or asked == "all":
        return asked.removeprefix("all")
    return str(Outcome.WRONG) if kept.state == State.READ and kept.counts.get("wrong") else ""


def rows_of_kind(kept: AwardFile, shown: str) -> QuerySet[AwardFileRow]:
    """The rows that are shown, in their order."""
    rows = kept.rows.order_by("number")
    if not shown:
        return rows
    return rows.filter(_KINDS.get(shown) or Q(outcome=shown))


def kinds(kept: AwardFile) -> list[tuple[str, str, int]]:
    """Of which kinds there are rows, how these are called, and how many there are."""
    found = [(str(each), Outcome(each).label) for each in Outcome.values]
    if kept.state == State.READ:
        found.append(("people", "New people"))
    found.append(("warned", "Worth a look"))
    return [(kind, label, kept.counts[kind]) for kind, label in found if kept.counts.get(kind)]


def to_mend(kept: AwardFile, row: AwardFileRow) -> dict[str, Any]:
    """A row with a field for each cell that is wrong; for all of them where the row itself is."""
    named = {problem["column"] for problem in row.problems}
    cells = _padded(row, len(kept.header))
    fields = [
        {
            "name": f"cell_{row.number}_{at}",
            "label": column or f"Column {at + 1}",
            "value": cells[at],
            "problems": [each for each in row.problems if column and each["column"] == column],
        }
        for at, column in enumerate(kept.header)
        if "" in named or column in named
    ]
    of_the_row = [each for each in row.problems if not each["column"]]
    return {"row": row, "fields": fields, "problems": of_the_row}


def _padded(row: AwardFileRow, width: int) -> list[str]:
    return [*map(str, row.cells), *[""] * width][:width]


class MendPage(Page, View):
    """Write cells anew and look at all rows again."""

    permission_required = award_files.PERMISSION

    def post(self, request: HttpRequest, object_id: Any) -> HttpResponseBase:
        kept = get_object_or_404(AwardFile.objects.defer("content"), pk=object_id)
        sent = {
            (int(cell[1]), int(cell[2])): str(value)
            for name, value in request.POST.items()
            if (cell := _CELL.fullmatch(name))
        }
        rows = kept.rows.filter(number__in={number for number, _ in sent})
        written = {row.number: _padded(row, len(kept.header)) for row in rows}
        for (number, at), value in sent.items():
            if number in written and at < len(kept.header):
                written[number][at] = value
        try:
            award_files.mend(kept, written, by=self.user)
        except Refusal as error:
            messages.error(request, str(error))
        return redirect(thing_url(kept) + "#rows")


class FailuresPage(Page, View):
    """Only the rows with errors, as CSV: mend them there and upload that file."""

    permission_required = "registrar.view_awardfile"

    def get(self, request: HttpRequest, object_id: Any) -> HttpResponseBase:
        kept = get_object_or_404(AwardFile.objects.defer("content"), pk=object_id)
        return as_long_csv("errors.csv", [*kept.header, *_ADDED], _failures(kept))


def _failures(kept: AwardFile) -> Iterator[list[Any]]:
    for row in kept.rows.filter(outcome=Outcome.WRONG).order_by("number").iterator():
        said = [
            " ".join(dict.fromkeys(f"{each['column']}: {each[what]}" for each in row.problems))
            for what in ("reason", "fix")
        ]
        yield [*_padded(row, len(kept.header)), row.number, *said]


class RowsPage(Page, View):
    """Every row of the file that is shown, as CSV, with what becomes of it."""

    permission_required = "registrar.view_awardfile"

    def get(self, request: HttpRequest, object_id: Any) -> HttpResponseBase:
        kept = get_object_or_404(AwardFile.objects.defer("content"), pk=object_id)
        shown = shown_kind(kept, request.GET.get("rows", "all"))
        return as_long_csv("rows.csv", [*kept.header, *_TOLD], _told(kept, shown))


def _told(kept: AwardFile, shown: str) -> Iterator[list[Any]]:
    for row in rows_of_kind(kept, shown).iterator():
        said = " ".join(f"{each['reason']} {each['fix']}".strip() for each in row.problems)
        outcome = Outcome(row.outcome).label + (", new person" if row.adds_a_person else "")
        yield [*_padded(row, len(kept.header)), row.number, outcome, said]
