"""Learners that a system sends, some of whom another system may have brought before."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from registrar.models import Learner
from registrar.services.feeding.upsert_rows import UNCHANGED, UPDATED, Row
from registrar.services.learners import same_people

SAME: Final = "same_person"
MAYBE: Final = "maybe_the_same"
_AT: Final = "sourced_id"


@dataclass(frozen=True, slots=True)
class _Person:
    """Whom a row speaks of, as rosters do."""

    sourced_id: str
    identifier: str
    given_name: str
    family_name: str
    row: int
    preferred_family_name: str = ""
    deleted: bool = False


def set_apart(rows: Sequence[Row], *, source: str) -> list[Row]:
    """The rows but those of people who were found to be learners of another source.

    What these say of themselves changes nothing: the other source does.
    """
    joined = same_people.joined(source, among=[row.key for row in rows])
    learners = Learner.objects.in_bulk(joined.values())
    for row in rows:
        if row.key in joined:
            _tell(row, learners[joined[row.key]], UNCHANGED)
    return [row for row in rows if row.key not in joined]


def match(
    rows: Sequence[Row], *, source: str, said: Callable[[Row], Mapping[str, Any]]
) -> tuple[list[Row], list[Row]]:
    """Find whom another source knows; the rows of the others, which are to be written.

    Whoever is one beyond doubt is joined at once, as by a roster; of the others somebody decides.
    Whom only a file of awards had named is the source's own from now on: their rows are to be
    written, too, and are the second list.
    """
    matches = same_people.match(
        source, [_person(row, said(row)) for row in rows if not row.said["retired"]]
    )
    over = same_people.taken_over(matches)
    same_people.note(source, matches)
    by_key = {row.key: row for row in rows}
    learners = Learner.objects.in_bulk({found.learner for found in matches})
    joined = set()
    for found in matches:
        row, learner = by_key[found.sourced_id], learners[found.learner]
        if found.doubt:
            row.note(
                "number",
                MAYBE,
                f"{_named(learner)} has this number, but {found.doubt}.",
                "Have somebody say at the desk, under “Same people”, whether they are one person.",
            )
        elif found.sourced_id in over:
            reason = f"A file of awards named learner {learner.pk} before, who is this one."
            row.note(_AT, SAME, reason, "Nothing needs to be done; they are yours from now on.")
        else:
            _tell(row, learner, UPDATED)
            joined.add(row.key)
    good = [row for row in rows if row.key not in joined]
    return good, [row for row in good if row.key in over]


def note_shared_numbers(
    rows: Sequence[Row], *, source: str, said: Callable[[Row], Mapping[str, Any]]
) -> None:
    """Tell those whose number another learner of the same source has, now or by these rows."""
    numbers = {row.key: said(row)["number"] for row in rows if not row.said["retired"]}
    held = same_people.by_number({source}, set(numbers.values()) - {""})
    having: dict[str, list[str]] = defaultdict(list)
    sent = {row.key for row in rows}
    for number, learners in held.items():
        having[number] += [each.sourced_id for each in learners if each.sourced_id not in sent]
    for key, number in numbers.items():
        if number:
            having[number].append(key)
    for row in rows:
        others = [key for key in having[numbers.get(row.key, "")] if key != row.key]
        if others:
            reason = f"{others[0]} of this source has the same number; both are kept."
            row.note("number", same_people.SHARED_NUMBER, reason, same_people.OWN_NUMBERS)


def note_known_numbers(
    rows: Sequence[Row], *, source: str, said: Callable[[Row], Mapping[str, Any]]
) -> None:
    """Tell those of a source that is not agreed whose number is known as the college's own."""
    numbers = {row.key: said(row)["number"] or "" for row in rows if not row.said["retired"]}
    known = same_people.known(source, set(numbers.values()))
    for row in rows:
        if learner := known.get(numbers.get(row.key, "")):
            reason = f"{_named(learner)} has this number; both are kept."
            row.note("number", same_people.KNOWN_NUMBER, reason, same_people.AGREE)


def _person(row: Row, said: Mapping[str, Any]) -> _Person:
    return _Person(row.key, said["number"], said["given_name"], said["family_name"], row.index)


def _tell(row: Row, learner: Learner, done: str) -> None:
    row.done = done
    reason = f"This is {_named(learner)}: what you send of their work is said of that learner."
    row.note(_AT, SAME, reason, "Nothing needs to be done; their name is what that system says.")


def _named(learner: Learner) -> str:
    return f"learner {learner.pk} of {learner.source}"
