"""Achievements: publish at an address of their own."""

from collections.abc import Callable

from issuer.models import Achievement
from issuer.vc import openbadges


def publish(describe: Callable[[str], openbadges.Achievement], *, image: str = "") -> Achievement:
    """Publish an Open Badges Achievement for good, with the SVG text of its image.

    `describe` is given the address at which it will be found, which is to be its id, and the
    beginning of the address of its image: `<address>/image.svg`.
    """
    achievement = Achievement(image=image)
    achievement.document = describe(achievement.url).as_json()
    achievement.save(force_insert=True)
    return achievement
