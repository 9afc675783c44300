"""Judges the links that a reader found: whether their ends are there, and lead in no circle."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from skills.readers import circles
from skills.readers.problems import Problems
from skills.readers.records import AssociationRecord

IS_CHILD_OF: Final = "isChildOf"


class Link(NamedTuple):
    """An association, and where it and its two ends stand: a JSON Pointer, or row and column."""

    record: AssociationRecord
    place: str
    origin_place: str
    destination_place: str
    row: int | None = None
    file: str = ""


def sound(
    links: Iterable[Link],
    *,
    within: Collection[str],
    refused: Mapping[str, str],
    problems: Problems,
) -> list[AssociationRecord]:
    """Keep the links that can be used, and report the others.

    Left out are a link from an item to itself, one to an item that was refused (`refused` has
    its place in words), and one that would close a circle of isChildOf. A link to something
    that is not `within` the file is kept with a warning.
    """
    found = [link for link in links if _leads_somewhere(link, within, refused, problems)]
    return [link.record for link in _without_circles(found, problems)]


def _leads_somewhere(
    link: Link, within: Collection[str], refused: Mapping[str, str], problems: Problems
) -> bool:
    one = link.record
    if one.origin == one.destination:
        problems.add(
            link.place,
            value=one.origin,
            code="self_association",
            reason="The association leads from an item to itself.",
            fix="Correct one of its ends, or remove it.",
            row=link.row,
            file=link.file,
        )
        return False
    ends = ((link.origin_place, one.origin), (link.destination_place, one.destination))
    are_there = [
        end in within
        or may_be_elsewhere(end, place, refused, problems, row=link.row, file=link.file)
        for place, end in ends
    ]
    return all(are_there)


def may_be_elsewhere(
    end: str,
    place: str,
    refused: Mapping[str, str],
    problems: Problems,
    *,
    row: int | None = None,
    file: str = "",
) -> bool:
    """Report an end that is not in the file: False if it was refused, True if it is outside."""
    if (where := refused.get(end)) is not None:
        problems.add(
            place,
            value=end,
            code="refused_reference",
            reason=f"The association leads to {where}, which was refused.",
            fix=f"Mend {where} first.",
            row=row,
            file=file,
        )
        return False
    problems.add(
        place,
        value=end,
        code="outside",
        reason="The association leads to something outside this file; it is kept.",
        fix="Nothing, if it is meant; else correct the identifier.",
        severity="warning",
        row=row,
        file=file,
    )
    return True


def _without_circles(found: list[Link], problems: Problems) -> Iterator[Link]:
    parents = [link.record for link in found if link.record.type == IS_CHILD_OF]
    closing = circles.closing(parents)
    for link in found:
        circle = closing.get(link.record.identifier)
        if circle is None:
            yield link
            continue
        problems.add(
            link.place,
            value=link.record.origin,
            code="cycle",
            reason=f"The association closes a circle of isChildOf: {circle}.",
            fix="Remove the one of them that is wrong.",
            row=link.row,
            file=link.file,
        )
