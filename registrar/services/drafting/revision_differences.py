"""What differs between two revisions, field by field, as people read it."""

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from registrar.models import Revision
from registrar.services.deciding import result_levels, rule_names
from registrar.services.drafting import credential_facts, publication

# Texts that have less in common than this are shown as wholes.
_ALIKE: Final = 0.3
_NOTHING: Final = "—"


@dataclass(frozen=True)
class Piece:
    """A part of a text, and whether the other text lacks it."""

    text: str
    is_different: bool


@dataclass(frozen=True)
class Difference:
    """What one field said before and says now; of pictures, their SVG text besides."""

    name: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    pictures: tuple[str, str] | None = None


def compare(former: Revision, revision: Revision) -> list[Difference]:
    """All that differs, in the order in which a revision is read."""
    found = [
        _difference(name, shown(former), shown(revision)) for name, shown in _shown_fields().items()
    ]
    told = [each for each in found if each is not None]
    if former.image != revision.image:
        pictures = (publication.seal(former), publication.seal(revision))
        both = _pieces(_picture(former), _picture(revision))
        told.append(Difference("Image", *both, pictures))
    return told


def _difference(name: str, before: str, after: str) -> Difference | None:
    return Difference(name, *_pieces(before, after)) if before != after else None


def _pieces(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in pieces: words that stand in one of them alone are told from the others."""
    said, says = (re.findall(r"\w+|\s+|[^\w\s]", text) for text in (before, after))
    matcher = difflib.SequenceMatcher(None, said, says, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return (Piece(before or _NOTHING, True),), (Piece(after or _NOTHING, True),)
    steps = matcher.get_opcodes()
    return (
        _joined(said, [(tag, first, last) for tag, first, last, _, _ in steps]),
        _joined(says, [(tag, first, last) for tag, _, _, first, last in steps]),
    )


def _joined(words: Sequence[str], steps: list[tuple[str, int, int]]) -> tuple[Piece, ...]:
    pieces = [(tag != "equal", word) for tag, first, last in steps for word in words[first:last]]
    return tuple(
        Piece("".join(word for _, word in group), is_different)
        for is_different, group in groupby(pieces, key=lambda piece: piece[0])
    )


def _shown_fields() -> dict[str, Callable[[Revision], str]]:
    """What is compared, under its name, and how it is said."""
    plain: list[tuple[str, str]] = [
        ("Name", "name"),
        ("Description", "description"),
        ("Criteria", "criteria"),
        ("Code", "human_code"),
        ("Language", "language"),
        ("Type in Open Badges", "achievement_type"),
    ]
    found = {name: _plain(field) for name, field in plain}
    found |= {name: _fact(name) for name in credential_facts.NAMES}
    return found | {
        "Skills": _skills,
        "Award rule": lambda revision: rule_names.in_words(revision.rule),
        "How it is awarded": lambda revision: revision.get_awarding_display(),
        "Mails": lambda revision: (
            "Learners are told" if revision.tells_learners else "None are sent"
        ),
        "Results it carries": _results,
        "Learner's name": lambda revision: (
            "Stands in every credential" if revision.includes_name else "Not in the credential"
        ),
        "Can be taken back by": lambda revision: revision.get_status_purpose_display(),
        "What the image shows": _plain("image_alternative"),
        "Why it is so": _plain("note"),
    }


def _plain(field: str) -> Callable[[Revision], str]:
    return lambda revision: str(getattr(revision, field))


def _fact(name: str) -> Callable[[Revision], str]:
    return lambda revision: dict(credential_facts.lines(revision)).get(name, "")


def _skills(revision: Revision) -> str:
    attested = revision.attested.select_related("skill__framework").order_by("pk")
    return "\n".join(map(str, attested))


def _results(revision: Revision) -> str:
    return "\n".join(map(_result, revision.result_descriptions))


def _result(described: dict[str, Any]) -> str:
    words = [str(described.get("name", "?"))]
    if levels := result_levels.levels(described):
        words.append(": " + "; ".join(map(_level, levels)))
    elif allowed := described.get("allowed_value"):
        words.append(": " + ", ".join(map(str, allowed)))
    for label, member in {
        "least": "value_min",
        "most": "value_max",
        "needed": "required_value",
    }.items():
        if described.get(member) is not None:
            words.append(f"; {label} {described[member]}")
    source = described.get("source")
    if isinstance(source, dict) and "outcome" in source:
        words.append(f"; from the outcome {source['outcome']}")
    elif isinstance(source, dict):
        words.append(f"; from {source.get('course')}, {source.get('category')}")
    return "".join(words)


def _level(level: dict[str, str]) -> str:
    points, meaning = level.get("points"), level.get("description")
    words = f"{level.get('name')} ({points})" if points else str(level.get("name"))
    return f"{words}, {meaning}" if meaning else words


def _picture(revision: Revision) -> str:
    return "An image of its own" if revision.image else "A seal drawn from the name"
