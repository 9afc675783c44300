"""Rows of a file of awards are mended in place, left out, or taken in again."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import urlencode
from django.views.generic import View

from issuer.errors import Refusal
from issuer.pages import Page, thing_url
from registrar.admin.award_file_rows import padded
from registrar.models import AwardFile, AwardFileRow, Learner
from registrar.models.learners import full_name
from registrar.readers import award_cells
from registrar.readers.award_columns import PERSON
from registrar.services.awarding import award_file_people, award_files
from registrar.services.awarding.award_file_people import Name

Outcome = AwardFileRow.Outcome

# How the form calls a cell: by the row's number and the column's place.
_CELL: Final = re.compile("cell_([0-9]{1,9})_([0-9]{1,3})")
_NUMBER: Final = re.compile("[0-9]{1,9}")
# By the code of a problem, by what one finds whom it speaks of.
_FOUND_BY: Final = {
    "other_name": "number",
    "email_of_another": "email",
    "same_name": "name",
    "mistyped_number": "name",
}


def to_mend(kept: AwardFile, row: AwardFileRow) -> dict[str, Any]:
    """A row with fields for the wrong cells, and for the others from which something is read."""
    cells, read = padded(row, len(kept.header)), set(kept.columns.values())
    fields = [
        {
            "name": f"cell_{row.number}_{at}",
            "label": column or f"Column {at + 1}",
            "is_read": column in read,
            "value": cells[at],
            "problems": [each for each in row.problems if column and each["column"] == column],
        }
        for at, column in enumerate(kept.header)
    ]
    said = _said(kept, row)
    of_the_row = [each for each in row.problems if not each["column"]]
    # What adds somebody whose number nobody has is at hand, too.
    adds = {kept.columns.get(name) for name in PERSON}
    is_unknown = any(each["code"] == "unknown_learner" for each in row.problems)
    for field, column in zip(fields, kept.header, strict=True):
        is_wanted = is_unknown and column in adds and not field["value"]
        field["is_wrong"] = bool(of_the_row or field["problems"] or is_wanted)
    return {
        "row": row,
        "number": said["number"],
        "name": full_name(said["given_name"], said["family_name"]),
        "wrong": [each for each in fields if each["is_wrong"]],
        "others": [each for each in fields if not each["is_wrong"] and each["is_read"]],
        "problems": of_the_row,
    }


def tell_people(kept: AwardFile, rows: Sequence[Any]) -> None:
    """Give each row those on record of whom its problems speak, as `people`."""
    asked = {row.number: dict(_asked(_said(kept, row), row)) for row in rows}

    def those_of(by: str) -> list[Any]:
        return [keys[by] for keys in asked.values() if by in keys]

    names: Mapping[Name, list[Learner]] = award_file_people.by_name(those_of("name"))
    found: dict[str, Callable[[Any], list[Learner] | None]] = {
        "number": award_file_people.by_key(those_of("number")).get,
        "email": award_file_people.by_address(those_of("email")).get,
        "name": names.get,
    }
    for row in rows:
        row.people = [
            learner for by, key in asked[row.number].items() for learner in found[by](key) or []
        ]


def _asked(said: Mapping[str, str], row: AwardFileRow) -> Iterable[tuple[str, Any]]:
    for problem in row.problems:
        match _FOUND_BY.get(problem["code"]):
            case "name":
                yield "name", award_file_people.name_of(said["given_name"], said["family_name"])
            case "email":
                yield "email", said["email"].lower()
            case "number":
                yield "number", award_cells.who(said["number"])


def _said(kept: AwardFile, row: AwardFileRow) -> dict[str, str]:
    """Whom the row names, as it is written."""
    cells = dict(zip(reversed(kept.header), reversed(padded(row, len(kept.header))), strict=True))
    return {name: award_cells.composed(cells.get(kept.columns.get(name), "")) for name in PERSON}


class MendPage(Page, View):
    """Write cells anew, leave rows out, take them in again; and look at all rows again."""

    permission_required = award_files.PERMISSION

    def post(self, request: HttpRequest, object_id: Any) -> HttpResponseBase:
        kept = get_object_or_404(AwardFile.objects.defer("content"), pk=object_id)
        left, taken_in = _numbers(request.POST, "leave"), _numbers(request.POST, "take_in")
        try:
            if written := _written(kept, request.POST):
                award_files.mend(kept, written, by=self.user)
            if left or taken_in:
                award_files.leave_out(kept, left, by=self.user, take_in=taken_in)
        except Refusal as error:
            messages.error(request, str(error))
            return redirect(thing_url(kept))
        shown = request.POST.get("rows", "")
        query = f"?{urlencode({'rows': shown})}" if shown and shown != Outcome.WRONG else ""
        return redirect(f"{thing_url(kept)}{query}#rows")


def _numbers(sent: QueryDict, name: str) -> list[int]:
    return [int(each) for each in sent.getlist(name) if _NUMBER.fullmatch(each)]


def _written(kept: AwardFile, sent: QueryDict) -> dict[int, list[str]]:
    """By number the cells of rows that were changed, or of which somebody says they are right."""
    cells = {
        (int(cell[1]), int(cell[2])): str(value)
        for name, value in sent.items()
        if (cell := _CELL.fullmatch(name))
    }
    right = set(_numbers(sent, "right"))
    width = len(kept.header)
    found = {}
    for row in kept.rows.filter(number__in={number for number, _ in cells}):
        before = padded(row, width)
        after = [cells.get((row.number, at), value) for at, value in enumerate(before)]
        if after != before or row.number in right:
            found[row.number] = after
    return found
