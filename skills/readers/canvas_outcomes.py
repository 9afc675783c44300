"""Reads the outcomes.csv that Canvas imports and exports: groups, outcomes and their ratings."""

import re
from typing import Final

from skills.readers import identifiers, naming, separated, texts
from skills.readers.errors import Unreadable
from skills.readers.gathering import MAX_STATEMENT, Gathering
from skills.readers.glimpse import Glimpse
from skills.readers.links import IS_CHILD_OF
from skills.readers.problems import Problems
from skills.readers.records import (
    CriterionRecord,
    LevelRecord,
    Package,
    RubricRecord,
    SkillRecord,
)
from skills.readers.table import Row, Table, folded

REQUIRED: Final = ("vendor_guid", "object_type", "title")
RATINGS: Final = "ratings"
MAX_RATINGS: Final = 50

_POINTS = re.compile(r"[0-9]{1,6}([.,][0-9]{1,6})?", re.ASCII)
_DETAILS: Final = (
    "calculation_method",
    "calculation_int",
    "mastery_points",
    "friendly_description",
    "course_id",
    "canvas_id",
)


def is_it(glimpse: Glimpse) -> bool:
    """Whether a file looks like Canvas's outcomes.csv."""
    columns = {folded(column) for column in glimpse.columns}
    return columns >= {folded(column) for column in REQUIRED}


def read(data: bytes, *, file: str = "", framework_id: str = "", title: str = "") -> Package:
    """Read groups as headings, outcomes as competencies, and ratings as rubrics.

    Never raises for what the bytes hold. The file does not say whose outcomes these are:
    `framework_id` does. What is marked as deleted comes as retired.
    """
    problems = Problems(file)
    try:
        table = separated.read(data, problems, file=file, is_open=True)
        table.require(*REQUIRED)
        _check_ratings_are_last(table)
        framework = naming.framework_named(framework_id, title or "Canvas outcomes")
        return _package(table, Gathering(framework, problems))
    except Unreadable as error:
        problems.fatal(error)
        return Package(problems=problems.listed())


def _check_ratings_are_last(table: Table) -> None:
    """Ratings take up as many columns as they need, so that none can follow."""
    at = table.positions[RATINGS]
    after = [name for name in table.header[at + 1 :] if name] if at is not None else []
    if after:
        raise Unreadable(
            "columns_after_ratings",
            f"These columns stand after ratings: {', '.join(after)[:200]}.",
            "Move ratings to the end; only columns without a name may follow it.",
            row=1,
        )


def _package(table: Table, found: Gathering) -> Package:
    for row in table.rows:
        skill = _skill(row, found.framework.identifier)
        ratings = _ratings(row, skill)
        if found.add(row, "vendor_guid", skill) and ratings:
            found.judge_by(_rubric(skill, ratings, found.framework.identifier))
    for row in table.rows:
        if row.good:
            _link_parents(row, found)
    return found.package()


def _skill(row: Row, framework: str) -> SkillRecord:
    guid = row.text("vendor_guid", required=True, limit=200)
    if len(guid.split()) > 1:
        fix = "Write it without spaces; they separate those in parent_guids."
        row.refuse("vendor_guid", "bad_identifier", "vendor_guid has a space in it.", fix)
    title = row.text("title", required=True, limit=500)
    other = row.text("display_name", limit=500)
    is_group = _one_of(row, "object_type", "outcome", "group") == "group"
    state = _one_of(row, "workflow_state", "active", "deleted") if row.raw("workflow_state") else ""
    mastery = row.raw("mastery_points")
    if mastery and _number(mastery) is None:
        _refuse_number(row, "mastery_points")
    details = {name: row.text(name, limit=MAX_STATEMENT) for name in _DETAILS}
    return SkillRecord(
        identifier=guid,
        uri=naming.address_of(guid, within=framework),
        statement=row.text("description", limit=MAX_STATEMENT) or title,
        label=title,
        other_labels=(other,) if other and other != title else (),
        kind="category" if is_group else "competency",
        kind_word="group" if is_group else "outcome",
        is_retired=state == "deleted",
        details={name: value for name, value in details.items() if value},
    )


def _one_of(row: Row, column: str, *words: str) -> str:
    word = row.text(column, required=True).lower()
    if word and word not in words:
        row.refuse(
            column,
            "unknown_word",
            f"{column} is neither {' nor '.join(words)}.",
            f"Write {' or '.join(words)}.",
        )
    return word


def _ratings(row: Row, skill: SkillRecord) -> list[tuple[float, str]]:
    """The points and the words of each rating, best first."""
    cells = row.from_column(RATINGS)
    while cells and not cells[-1]:
        cells.pop()
    if cells and skill.kind == "category":
        row.refuse(RATINGS, "group_with_ratings", "A group has ratings.", "Leave them blank.")
    if len(cells) > 2 * MAX_RATINGS:
        reason = f"There are more than {MAX_RATINGS} ratings."
        row.refuse(RATINGS, "too_many", reason, "Keep those that are in use.")
        return []
    found: list[tuple[float, str]] = []
    for points, words in zip(cells[::2], [*cells[1::2], ""], strict=False):
        number = _number(points)
        if number is None:
            _refuse_number(row, RATINGS)
            return []
        if found and number > found[-1][0]:
            reason = f"The rating of {points} points follows one of fewer points."
            row.refuse(RATINGS, "rising_points", reason, "Write the ratings from the best down.")
        found.append((number, texts.composed(words)))
    return found


def _number(text: str) -> float | None:
    """A number of points; some languages write it with a comma."""
    if not _POINTS.fullmatch(text):
        return None
    return float(text.replace(",", "."))


def _refuse_number(row: Row, column: str) -> None:
    row.refuse(column, "bad_number", f"{column} has no number where points stand.", "Write digits.")


def _rubric(skill: SkillRecord, ratings: list[tuple[float, str]], framework: str) -> RubricRecord:
    levels = []
    for position, (points, words) in enumerate(ratings, start=1):
        identifier = identifiers.made_of("level", framework, skill.identifier, str(position))
        levels.append(
            LevelRecord(
                identifier=identifier,
                uri=naming.address_of(identifier),
                description=words,
                score=points,
                position=position,
            )
        )
    criterion = identifiers.made_of("criterion", framework, skill.identifier)
    rubric = identifiers.made_of("rubric", framework, skill.identifier)
    return RubricRecord(
        identifier=rubric,
        uri=naming.address_of(rubric),
        title=skill.label,
        criteria=(
            CriterionRecord(
                identifier=criterion,
                uri=naming.address_of(criterion),
                skill=skill.identifier,
                skill_uri=skill.uri,
                skill_title=skill.label,
                position=1,
                levels=tuple(levels),
            ),
        ),
    )


def _link_parents(row: Row, found: Gathering) -> None:
    guid = row.text("vendor_guid")
    for parent in dict.fromkeys(row.raw("parent_guids").split()):
        above = found.skills.get(parent)
        if above is not None and above.kind != "category":
            row.refuse(
                "parent_guids",
                "parent_is_no_group",
                f"{parent[:64]} is an outcome, and only groups can be above others.",
                "Name a group.",
            )
        else:
            found.link(row, "parent_guids", guid, IS_CHILD_OF, texts.composed(parent))
