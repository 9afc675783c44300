"""The words that a result may have, the worst first: plain ones, or the levels of a rubric."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

# The result type of OB 3.0 whose results name a level by its address.
RUBRIC: Final = "RubricCriterionLevel"
# What a level may state; the name is what results say.
MEMBERS: Final = ("name", "points", "description")


def levels(described: Mapping[str, Any]) -> list[dict[str, str]]:
    """The levels that the description of a result has; of a draft those that are whole."""
    said = described.get("levels")
    return [level for level in said if _is_level(level)] if isinstance(said, list) else []


def words(described: Mapping[str, Any]) -> tuple[str, ...]:
    """The words that the description of a result allows; none if it allows any."""
    names = tuple(level["name"] for level in levels(described))
    return names or tuple(described.get("allowed_value") or ())


def address(described: Mapping[str, Any], word: str) -> str | None:
    """The URI of the level of that name, the same at all times; None where there is none."""
    if word not in (level["name"] for level in levels(described)):
        return None
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{described['id']}#{word}").urn


def problem(described: Mapping[str, Any]) -> str:
    """What is wrong with the levels; blank for nothing."""
    said = described.get("levels")
    if not said:
        return ""
    names = [level["name"] for level in levels(described)]
    if not isinstance(said, list) or len(names) < len(said):
        return "levels: Each must have a name, and may have points and a description, as texts."
    if described["result_type"] != RUBRIC:
        return f"levels: They are for results of type {RUBRIC}."
    if described.get("allowed_value"):
        return "levels: They take the place of allowed values."
    twins = [name for name in names if names.count(name) > 1]
    return f"levels: {twins[0]} is there twice." if twins else ""


def _is_level(level: Any) -> bool:
    return (
        isinstance(level, dict)
        and bool(level.get("name"))
        and set(level) <= set(MEMBERS)
        and all(isinstance(said, str) for said in level.values())
    )
