"""Rows of a file of awards: which are shown, and how they leave as CSV."""

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.generic import View

from issuer.pages import Page
from registrar.admin.downloads import as_long_csv
from registrar.models import AwardFile, AwardFileRow

State = AwardFile.State
Outcome = AwardFileRow.Outcome

# Rows that are shown together besides those of one outcome.
_KINDS: Final = {
    "people": Q(outcome__in=AwardFileRow.AWARDING, learner=None),
    "warned": ~Q(outcome=Outcome.WRONG) & ~Q(problems=[]),
}
# What a file of the rows with errors has beside the cells; nothing is read from these columns.
_ADDED: Final = ("Line", "What is wrong", "What to do")
# What a file of any rows has beside them.
_TOLD: Final = ("Line", "What becomes of it", "Worth a look")


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


def padded(row: AwardFileRow, width: int) -> list[str]:
    """The cells of a row, as many as there are columns."""
    return [*map(str, row.cells), *[""] * width][:width]


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
        yield [*padded(row, len(kept.header)), row.number, *said]


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
        yield [*padded(row, len(kept.header)), row.number, outcome, said]
