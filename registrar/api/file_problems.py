"""What is wrong with a file that was sent, by the names that all errors of rows have."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from registrar.readers import rows
from registrar.readers.records import Problem as RowProblem
from skills.readers.records import Problem

# Each reader has its own; they have the same members. Where they are kept they are JSON.
AnyProblem = Problem | RowProblem | Mapping[str, Any]


class FileProblemSerializer(serializers.Serializer):
    """One thing that is wrong or worth a look, where it stands, and what to do about it."""

    file = serializers.CharField()
    row = serializers.IntegerField(
        allow_null=True,
        help_text="Counted from 0, as where rows are sent, without the header and blank lines; "
        "null where it is about the whole file, or about one that has no such rows",
    )
    line = serializers.IntegerField(
        allow_null=True,
        help_text="Where people find it: in a sheet as spreadsheets count, from the header as 1; "
        "in JSON from 1. A reason that names another line counts so",
    )
    pointer = serializers.CharField(
        help_text="JSON Pointer into the list of rows, or into a JSON file; else empty"
    )
    column = serializers.CharField(help_text="Name of the column or member, if it is about one")
    value = serializers.CharField()
    code = serializers.CharField(help_text="Stable word for the kind of problem")
    reason = serializers.CharField()
    remedy = serializers.CharField()
    severity = serializers.ChoiceField(
        choices=["fatal", "error", "warning"],
        help_text="`fatal`: nothing is made of the file; `error`: its row is left out; `warning`: "
        "nothing is left out for it",
    )


def told(problem: AnyProblem, *, row: int | None = None) -> dict[str, Any]:
    """A problem as the API tells it. `row` is the place of its row in the list of rows."""
    said = dict(problem) if isinstance(problem, Mapping) else asdict(problem)
    column, pointer = said["column"], ""
    if row is not None:
        pointer = rows.pointer(row, column)
    elif column.startswith("/"):
        column, pointer = "", column
    return {
        "file": said["file"],
        "row": row,
        "line": said["row"],
        "pointer": pointer,
        "column": column,
        "value": said["value"],
        "code": said["code"],
        "reason": said["reason"],
        "remedy": said["fix"],
        "severity": said["severity"],
    }
