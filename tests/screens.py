"""What a page looks like from where somebody sits in front of it."""

from typing import Any


def width_beyond_the_screen(page: Any) -> int:
    """How many pixels one would have to scroll sideways."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
