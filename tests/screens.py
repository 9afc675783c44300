"""What a page looks like from where somebody sits in front of it."""

from collections.abc import Callable
from typing import Any


def width_beyond_the_screen(page: Any) -> int:
    """How many pixels one would have to scroll sideways, to see the page or a list on it."""
    return page.evaluate(
        """Math.max(
            ...[document.documentElement, ...document.querySelectorAll(".results")]
                .map((each) => each.scrollWidth - each.clientWidth)
        )"""
    )


# On a desk by day, and on a phone by night.
SCREENS = (("light", 1280, 900), ("dark", 360, 740))
# What the desk shows around each of its pages, the same everywhere.
FRAME = ("body > header", "nav#way")
# The rules of axe whose answer depends on the screen; the others ask about the document.
RULES_OF_LOOKS = (
    "color-contrast",
    "link-in-text-block",
    "scrollable-region-focusable",
    "target-size",
)


def faults_on_every_screen(
    page: Any, serious_faults: Callable[..., list[str]], *, but: tuple[str, ...] = ()
) -> list[str]:
    """What is wrong with the page that is shown, on each screen; all its rules are CSS.

    `but`: parts that are left out, by CSS selectors.
    """
    faults = []
    rules: tuple[str, ...] = ()
    for light, width, height in SCREENS:
        page.emulate_media(color_scheme=light)
        page.set_viewport_size({"width": width, "height": height})
        if too_wide := width_beyond_the_screen(page):
            faults.append(f"{width}: {too_wide} pixels too wide")
        faults += [f"{width}: {fault}" for fault in serious_faults(page, but=but, rules=rules)]
        rules = RULES_OF_LOOKS
    return faults
