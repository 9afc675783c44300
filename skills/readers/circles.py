"""Finds the links that would make something a part of itself."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from skills.readers.records import AssociationRecord

SHOWN: Final = 6


def closing(links: Iterable[AssociationRecord]) -> dict[str, str]:
    """The links that lead back onto their own path, by identifier, each with the circle it closes.

    Without these no circle is left: they are the back edges of a depth-first walk.
    """
    parents: defaultdict[str, list[AssociationRecord]] = defaultdict(list)
    for one in links:
        parents[one.origin].append(one)
    return {one.identifier: " > ".join(circle) for one, circle in _back_edges(parents)}


def _back_edges(
    parents: Mapping[str, list[AssociationRecord]],
) -> Iterator[tuple[AssociationRecord, list[str]]]:
    done: set[str] = set()
    for start in parents:
        if start in done:
            continue
        walked, places, onward = [start], {start: 0}, [iter(parents[start])]
        while walked:
            one = next(onward[-1], None)
            if one is None:
                onward.pop()
                here = walked.pop()
                del places[here]
                done.add(here)
            elif one.destination in places:
                yield one, _shown(walked, places[one.destination])
            elif one.destination not in done and one.destination in parents:
                places[one.destination] = len(walked)
                walked.append(one.destination)
                onward.append(iter(parents[one.destination]))


def _shown(walked: list[str], first: int) -> list[str]:
    """The circle from its first item back to it; a long one is cut short."""
    shown = walked[first : first + SHOWN]
    cut = ["..."] if len(walked) - first > SHOWN else []
    return [*shown, *cut, walked[first]]
