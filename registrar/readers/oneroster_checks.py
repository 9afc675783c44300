"""Checks of single OneRoster records, by themselves and against others of their bundle."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from registrar.readers.cells import BadCell, objective_key
from registrar.readers.records import LineItemRecord, ResultRecord, UserRecord
from registrar.readers.roster_flaws import Flaw, reversed_days
from registrar.readers.roster_rows import Check, Gathered


def note_students(gathered: Gathered) -> None:
    """Remember who learns in which class, once the enrolments are read."""
    for record in gathered.known["enrollments"].values():
        if record.role == "student":
            gathered.students[record.class_id].add(record.user_id)


def _session(_: Gathered, record: Any) -> tuple[Any, list[Flaw]]:
    return record, reversed_days(record.starts_on, record.ends_on, "endDate")


def _period(_: Gathered, record: Any) -> tuple[Any, list[Flaw]]:
    return record, reversed_days(record.begins_on, record.ends_on, "endDate")


def _user(_: Gathered, record: UserRecord) -> tuple[Any, list[Flaw]]:
    if record.given_name or record.family_name:
        return record, []
    reason = "Neither givenName nor familyName is filled in."
    return record, [Flaw("familyName", "", "required", reason, "Fill in at least one of them.")]


def _line_item(_: Gathered, record: LineItemRecord) -> tuple[Any, list[Flaw]]:
    low, high = record.value_min, record.value_max
    if low is not None and high is not None and low > high:
        return record, [
            Flaw(
                "resultValueMax",
                str(high),
                "reversed_range",
                f"resultValueMax is less than resultValueMin ({low}).",
                "Exchange the two values.",
            )
        ]
    return record, []


def _objective(_: Gathered, record: Any) -> tuple[Any, list[Flaw]]:
    try:
        key = objective_key(record.source, record.objective_id)
    except BadCell as bad:
        column = "learningObjectiveId"
        return record, [Flaw(column, record.objective_id, bad.code, bad.reason, bad.fix)]
    return record if key == record.objective_id else replace(record, objective_id=key), []


def _result(gathered: Gathered, record: ResultRecord) -> tuple[Any, list[Flaw]]:
    item = gathered.known["lineItems"].get(record.line_item_id)
    flaws: list[Flaw] = []
    if item is not None:
        if not record.class_id:
            record = replace(record, class_id=item.class_id)
        elif record.class_id != item.class_id:
            flaws.append(_class_differs(record, item))
        flaws.extend(_out_of_range(record, item))
    if not flaws and not _is_student(gathered, record):
        flaws.append(
            Flaw(
                "studentSourcedId",
                record.student_id,
                "not_enrolled",
                f"The student is not enrolled as student in class {record.class_id[:64]}.",
                "Add the enrolment to enrollments.csv, or correct the student or the class.",
            )
        )
    return record, flaws


def _is_student(gathered: Gathered, record: ResultRecord) -> bool:
    if "enrollments" not in gathered.complete or not record.class_id:
        return True
    return record.student_id in gathered.students.get(record.class_id, ())


def _class_differs(record: ResultRecord, item: LineItemRecord) -> Flaw:
    return Flaw(
        "classSourcedId",
        record.class_id,
        "class_differs",
        f"The line item belongs to class {item.class_id[:64]}, not to this one.",
        "Name the class of the line item, or leave classSourcedId blank.",
    )


def _out_of_range(record: ResultRecord, item: LineItemRecord) -> Iterator[Flaw]:
    score, low, high = record.score, item.value_min, item.value_max
    if score is None:
        return
    if (low is not None and score < low) or (high is not None and score > high):
        bounds = f"{'' if low is None else low} to {'' if high is None else high}"
        yield Flaw(
            "score",
            str(score),
            "out_of_range",
            f"The score is outside the range of its line item, {bounds}.",
            "Correct the score, or the range in lineItems.csv.",
        )


CHECKS: Final[Mapping[str, Check]] = {
    "academicSessions": _session,
    "users": _user,
    "roles": _period,
    "enrollments": _period,
    "lineItems": _line_item,
    "results": _result,
    "lineItemLearningObjectiveIds": _objective,
    "resultLearningObjectiveIds": _objective,
}
