"""Positions are written as ranges and read again."""

import pytest

from issuer.services import ranges


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([3], "3"),
        ([0, 1, 2, 3], "0-3"),
        ([11, 0, 1, 8, 10, 1], "0-1,8,10-11"),
    ],
)
def test_numbers_become_ranges_and_come_back_ascending(numbers: list[int], text: str) -> None:
    assert ranges.write(numbers) == text
    assert list(ranges.read(text)) == sorted(set(numbers))
