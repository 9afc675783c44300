"""What a programme can show for its outcomes, for somebody who comes to look at it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import User
from django.utils import timezone

from registrar.models import LearningOutcome, LineItem, Programme, SkillTag, Term
from registrar.services.college import terms
from registrar.services.reporting import evidence, programme_coverage
from registrar.services.reporting.evidence import LEAST_LEARNERS, TermCount
from registrar.services.teaching import programmes

FEW: Final = f"<{LEAST_LEARNERS}"


class Table(NamedTuple):
    """One table of the pack, under the name of its file."""

    name: str
    header: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome as it read then: its tags, the work that shows it, and its results."""

    outcome: LearningOutcome
    statement: str
    tags: list[SkillTag]
    work: list[LineItem]
    counts: list[TermCount]


@dataclass(frozen=True, slots=True)
class Pack:
    """The outcomes of a programme as of a day, with what there is for them.

    Work and results are of the term, or without one of all terms that had begun by then.
    """

    programme: Programme
    day: date
    term: Term | None
    outcomes: list[Outcome]

    @property
    def reviewers(self) -> list[tuple[str, int]]:
        """Who accepted the tags, and how many."""
        found = Counter(name_of(tag.reviewed_by) for each in self.outcomes for tag in each.tags)
        return sorted(found.items())

    def tables(self) -> Iterator[Table]:
        """The pack as tables, each line with the code of its outcome."""
        yield Table(
            "outcomes",
            ("course", "title", "outcome", "statement", "tags", "pieces of work"),
            [
                (
                    each.outcome.opportunity.code,
                    each.outcome.opportunity.title,
                    each.outcome.code,
                    each.statement,
                    len(each.tags),
                    len(each.work),
                )
                for each in self.outcomes
            ],
        )
        yield self._tags()
        yield Table(
            "evidence",
            ("outcome", "skill", "work", "rubric row", "share of the grade in percent"),
            [
                (
                    each.outcome.code,
                    tag.skill.name,
                    shown_by.title,
                    shown_by.rubric_row,
                    "" if shown_by.share is None else shown_by.share,
                )
                for each in self.outcomes
                for tag in each.tags
                for shown_by in tag.evidence.all()
            ],
        )
        yield Table(
            "work",
            ("outcome", "term", "offering", "work", "category"),
            [
                (
                    each.outcome.code,
                    item.offering.term or "",
                    item.offering.title,
                    item.title,
                    item.category,
                )
                for each in self.outcomes
                for item in each.work
            ],
        )
        yield Table(
            "results",
            ("outcome", "term", "learners", "results"),
            [
                (each.outcome.code, count.term or "", shown(count.learners), shown(count.results))
                for each in self.outcomes
                for count in each.counts
            ],
        )
        yield Table("reviewers", ("reviewer", "tags accepted"), list(self.reviewers))

    def _tags(self) -> Table:
        return Table(
            "tags",
            (
                *("outcome", "framework", "skill code", "skill", "emphasis", "level"),
                *("from", "until"),
                *("proposed by", "proposed on", "accepted by", "accepted on", "comment"),
            ),
            [
                (
                    each.outcome.code,
                    tag.skill.framework.title,
                    tag.skill.code,
                    tag.skill.name,
                    tag.emphasis,
                    tag.level,
                    tag.holds_from or "",
                    tag.holds_until or "",
                    name_of(tag.proposed_by),
                    timezone.localdate(tag.proposed_at).isoformat(),
                    name_of(tag.reviewed_by),
                    timezone.localdate(tag.reviewed_at).isoformat() if tag.reviewed_at else "",
                    tag.comment,
                )
                for each in self.outcomes
                for tag in each.tags
            ],
        )


def gather(
    programme: Programme,
    *,
    term: Term | None = None,
    outcome: LearningOutcome | None = None,
) -> Pack:
    """All that there is for the programme's outcomes (or one of them) as of the term, or today.

    Numbers of fewer than ten learners are left out, as everywhere.
    """
    day = term.starts_on if term else terms.reading_day()
    opportunities = list(programmes.courses(programme, on=day))
    held = programme_coverage.outcomes(opportunities, day=day)
    if outcome is not None:
        held = held.filter(pk=outcome.pk)
    in_order = list(held.select_related("opportunity").order_by("opportunity__code", "code"))
    keys = {each.pk for each in in_order}
    tags = _tags(programme_coverage.tags(opportunities, day=day).filter(outcome__in=keys))
    said = programme_coverage.statements(keys, day=day)
    work = programme_coverage.work_by_outcome(keys, until=day, within=term)
    counts: dict[int, list[TermCount]] = defaultdict(list)
    for count in evidence.counts(keys, until=day, within=term):
        counts[count.outcome].append(count)
    return Pack(
        programme,
        day,
        term,
        [
            Outcome(each, said[each.pk], tags[each.pk], work[each.pk], counts[each.pk])
            for each in in_order
        ],
    )


def shown(number: int | None) -> int | str:
    """The number, or that it is one of a few."""
    return FEW if number is None else number


def name_of(person: User | None) -> str:
    """What somebody is called, or their user name."""
    return (person.get_full_name() or person.get_username()) if person else ""


def _tags(held: Any) -> Mapping[int, list[SkillTag]]:
    found: dict[int, list[SkillTag]] = defaultdict(list)
    related = held.select_related("skill__framework", "proposed_by", "reviewed_by")
    with_evidence = related.prefetch_related("evidence")
    for tag in with_evidence.order_by("skill__framework", "skill__code", "pk"):
        found[tag.outcome_id].append(tag)
    return found
