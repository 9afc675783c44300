"""Whole numbers as text, those that follow each other as a range: "0-6,8,10-11"."""

from collections.abc import Iterable, Iterator


def write(numbers: Iterable[int]) -> str:
    """Return the numbers as ranges, ascending; the same numbers always give the same text."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def read(text: str) -> Iterator[int]:
    """Yield the numbers of a text that `write` has written."""
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
