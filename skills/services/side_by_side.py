"""Two frameworks side by side: each skill of the one with its links to the other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from django.db.models import Q, QuerySet

from skills.models import Association, Framework, Skill
from skills.services import crosswalk, search

# Which skills on the left are wanted: all, those without a link, those with one.
ALL: Final = ""
OPEN: Final = "open"
LINKED: Final = "linked"


@dataclass(frozen=True, slots=True)
class Linked:
    """A link of a skill on the left to one on the right; `leads_away` from the left."""

    link: Association
    other: Skill
    leads_away: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A skill on the left with its links to the right."""

    skill: Skill
    links: list[Linked]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What is on the left as it was asked for, and how far the two are linked in all.

    `holding` and `waiting` count links; `without` counts skills on the left that have neither.
    """

    skills: QuerySet[Skill]
    links: QuerySet[Association]
    holding: int
    waiting: int
    without: int

    def rows(self, skills: Iterable[Skill]) -> list[Row]:
        """These skills, each with its links to the other framework."""
        skills = list(skills)
        keys = [skill.pk for skill in skills]
        found: dict[int, list[Linked]] = {key: [] for key in keys}
        links = self.links.filter(Q(origin__in=keys) | Q(destination__in=keys))
        for link in links.order_by("kind", "pk"):
            if link.origin_id in found:
                found[link.origin_id].append(Linked(link, cast(Skill, link.destination), True))
            else:
                key = cast(int, link.destination_id)
                found[key].append(Linked(link, cast(Skill, link.origin), False))
        return [Row(skill, found[skill.pk]) for skill in skills]


def look(left: Framework, right: Framework, *, show: str = ALL, text: str = "") -> SideBySide:
    """Put the current skills of the left beside the right, in the order of their codes.

    Of the left those that `show` says and that have the words of `text`, as a search finds them.
    """
    links = crosswalk.between(left, right)
    said = list(links.order_by().values_list("state", "origin", "destination"))
    counts = Counter(state for state, _, _ in said)
    # A query for the pairs and one for the rest: joined in one, they take many seconds.
    linked = Q(pk__in={end for _, *ends in said for end in ends})
    current = Skill.objects.current().filter(framework=left)
    wanted = {ALL: current, OPEN: current.exclude(linked), LINKED: current.filter(linked)}[show]
    return SideBySide(
        skills=search.narrow(wanted, text, framework=left).order_by("code", "pk"),
        links=links,
        holding=counts[Association.State.ACCEPTED],
        waiting=counts[Association.State.PROPOSED],
        without=current.exclude(linked).count(),
    )
