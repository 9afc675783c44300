"""A rule as somebody builds it: parts that may still be empty, to be added, moved and removed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from registrar.rules.conditions import Data
from registrar.rules.parsing import RuleProblem

# How many of its parts a group asks for.
GROUPS: Final = ("all", "any", "at_least", "none")
# By kind of condition: where its name stands in the data, and what one fills in.
FIELDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "final_result": ("final_result", ("course", "category", "one_of", "from", "to")),
    "score": ("score", ("course", "category", "line_item", "at_least", "from", "to")),
    "every_score": ("every_score", ("course", "category", "at_least", "from", "to")),
    "outcome_score": ("outcome", ("outcome", "at_least", "from", "to")),
    "outcome_word": ("outcome", ("outcome", "one_of", "from", "to")),
    "outcome_level": ("outcome", ("outcome", "level_at_least", "from", "to")),
    "activity": ("activity", ("activity", "from", "to")),
    "credential": ("credential", ("template",)),
}
_WINDOW: Final = ("from", "to")
_MARKS: Final = {
    "at_least": "outcome_score",
    "one_of": "outcome_word",
    "level_at_least": "outcome_level",
}


@dataclass(slots=True)
class Part:
    """A condition with what was filled in, as it was typed; or a group with its parts.

    `is_tried` says that somebody tried to keep it as it stood.
    """

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    parts: list["Part"] = field(default_factory=list)
    is_tried: bool = False
    pointer: str = ""
    problems: list[RuleProblem] = field(default_factory=list)

    @property
    def is_group(self) -> bool:
        """Whether it holds other parts."""
        return self.kind in GROUPS

    def walk(self, depth: int = 0) -> Iterator[tuple["Part", int]]:
        """Yield the part and all within it with their depths, from the top."""
        yield self, depth
        for part in self.parts:
            yield from part.walk(depth + 1)

    def as_data(self, pointer: str = "") -> Data | None:
        """Return JSON data for `parse`, as far as they go, and note where each part stands in it.

        A group of one part is that part; an empty one has an empty list. Nothing at all is None.
        """
        self.pointer = pointer
        if not self.is_group:
            return self._condition()
        if self.kind == "none":
            return {"not": self._joined("any", f"{pointer}/not")} if self.parts else {"not": None}
        if self.kind == "at_least":
            inner = [part.as_data(f"{pointer}/of/{n}") for n, part in enumerate(self.parts)]
            return {"at_least": _number(self.values.get("count", "")), "of": inner}
        return self._joined(self.kind, pointer)

    def _joined(self, kind: str, pointer: str) -> Data | None:
        if len(self.parts) == 1:
            return self.parts[0].as_data(pointer)
        return {kind: [part.as_data(f"{pointer}/{kind}/{n}") for n, part in enumerate(self.parts)]}

    def _condition(self) -> Data:
        name, fields = FIELDS[self.kind]
        members: Data = {}
        for each in fields:
            text = self.values.get(each, "").strip()
            if not text or each in _WINDOW:
                continue
            members[each] = _value(each, text)
        window = {each: text for each in _WINDOW if (text := self.values.get(each, "").strip())}
        if window:
            members["within"] = window
        return {name: members}


def begin(data: object) -> Part:
    """Take a rule apart, to be built further; the top is always a group.

    What is not understood is left out, so it is for rules that `parse` takes.
    """
    made = _part(data) if isinstance(data, dict) else None
    if made is not None and made.is_group and made.kind != "none":
        return made
    return Part("all", parts=[made] if made else [])


def lay_out(rows: Sequence[tuple[Part, int]]) -> Part:
    """Put parts together again that `walk` has yielded; what has no group goes to the top."""
    top = rows[0][0] if rows and rows[0][0].is_group else Part("all")
    groups: dict[int, Part] = {0: top}
    for part, depth in rows:
        if part is top:
            continue
        nearest = max((level for level in groups if level < max(depth, 1)), default=0)
        groups[nearest].parts.append(part)
        groups = {level: group for level, group in groups.items() if level <= nearest}
        if part.is_group:
            groups[nearest + 1] = part
    return top


def move(top: Part, part: Part, way: str) -> None:
    """Move a part up or down among those beside it, into the group before it, or out of its own."""
    holder = holder_of(top, part)
    if holder is None or way not in ways(top, part):
        return
    at = _place(holder.parts, part)
    del holder.parts[at]
    if way == "up":
        holder.parts.insert(at - 1, part)
    elif way == "down":
        holder.parts.insert(at + 1, part)
    elif way == "in":
        holder.parts[at - 1].parts.append(part)
    else:
        outer = holder_of(top, holder) or top
        outer.parts.insert(_place(outer.parts, holder) + 1, part)


def ways(top: Part, part: Part) -> list[str]:
    """Where a part can be moved."""
    holder = holder_of(top, part)
    if holder is None:
        return []
    at = _place(holder.parts, part)
    possible = {
        "up": at > 0,
        "down": at < len(holder.parts) - 1,
        "in": at > 0 and holder.parts[at - 1].is_group,
        "out": holder is not top,
    }
    return [way for way, can in possible.items() if can]


def remove(top: Part, part: Part) -> None:
    """Take a part out, with all that is in it."""
    holder = holder_of(top, part)
    if holder is not None:
        del holder.parts[_place(holder.parts, part)]


def note(top: Part, problems: Sequence[RuleProblem]) -> None:
    """Give each problem to the part that it is about, by where that stands in the data."""
    for problem in problems:
        about = [
            part
            for part, _ in top.walk()
            if problem.pointer == part.pointer or problem.pointer.startswith(f"{part.pointer}/")
        ]
        # Of a group of one and its part, which stand at the same place, the part.
        max(reversed(about), key=lambda part: len(part.pointer)).problems.append(problem)


def holder_of(top: Part, part: Part) -> Part | None:
    """The group that holds a part; nothing for the top."""
    return next(
        (group for group, _ in top.walk() if any(each is part for each in group.parts)), None
    )


def _place(parts: Sequence[Part], part: Part) -> int:
    # By identity: two empty conditions are equal.
    return next(place for place, each in enumerate(parts) if each is part)


def _part(data: Mapping[str, Any]) -> Part | None:
    if "of" in data:
        return Part("at_least", {"count": str(data.get("at_least", ""))}, _parts(data["of"]))
    for kind in ("all", "any"):
        if kind in data:
            return Part(kind, parts=_parts(data[kind]))
    if "not" in data:
        inner = data["not"]
        several = inner.get("any") if isinstance(inner, dict) else None
        return Part("none", parts=_parts(several if several else [inner]))
    name = next(iter(data), "")
    members = data.get(name)
    return _filled(name, members) if isinstance(members, dict) else None


def _filled(name: str, members: Mapping[str, Any]) -> Part | None:
    kind = name
    if name == "outcome":
        kind = next((kind for mark, kind in _MARKS.items() if mark in members), "outcome_score")
    if kind not in FIELDS:
        return None
    flat = {**members, **(members.get("within") or {})}
    values = {each: _text(flat[each]) for each in FIELDS[kind][1] if flat.get(each) is not None}
    return Part(kind, values)


def _parts(data: object) -> list[Part]:
    rows = data if isinstance(data, list) else []
    return [made for each in rows if isinstance(each, dict) and (made := _part(each))]


def _text(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _value(name: str, text: str) -> object:
    if name == "one_of":
        return _words(text)
    return _number(text) if name == "at_least" else text


def _words(text: str) -> list[str]:
    """One on each line; a list as JSON, as rules are shown elsewhere, is understood too."""
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list) and all(isinstance(word, str) for word in listed):
            return [word.strip() for word in listed if word.strip()]
    return [word for line in text.splitlines() if (word := line.strip())]


def _number(text: str) -> object:
    """The number that was typed; what is none stays as it was typed, for `parse` to say so."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value) > Decimal(10) ** 12:
        return text
    return int(value) if value == int(value) else float(value)
