"""What a course or activity claims in a term, by its outcomes, and how that differs from before."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from django.db.models import QuerySet
from django.utils import timezone

from issuer.errors import Refusal
from registrar.models import (
    LearningOpportunity,
    LearningOutcome,
    Mapping,
    OutcomeWording,
    SkillTag,
    TaggingPolicy,
    Term,
)
from registrar.models.spans import Moment
from registrar.services.teaching import policies, submissions, tagging
from registrar.services.teaching.submissions import Section

_ALL = ("skill__framework", "proposed_by", "for_person", "reviewed_by", "outcome__opportunity")


@dataclass(frozen=True)
class Line:
    """An outcome in the words of the term, with the tags that hold then and those proposed.

    `is_new` and `is_reworded` say that it did not hold, or not in these words, the term before.
    `breaches` is what keeps its proposals from being submitted.
    """

    outcome: LearningOutcome
    statement: str
    is_new: bool = False
    is_reworded: bool = False
    tags: list[SkillTag] = field(default_factory=list)
    breaches: list[Refusal] = field(default_factory=list)

    @property
    def proposed(self) -> list[SkillTag]:
        """Those that wait for review."""
        return [tag for tag in self.tags if tag.state == SkillTag.State.PROPOSED]

    @property
    def held(self) -> list[SkillTag]:
        """Those that hold."""
        return [tag for tag in self.tags if tag.state == SkillTag.State.ACCEPTED]


@dataclass(frozen=True)
class Outline:
    """What a course or activity claims in a term; `mapping` is None before somebody begins it."""

    mapping: Mapping | None
    lines: list[Line]
    sections: list[Section]
    missing: list[str]

    @property
    def total(self) -> int:
        """How many outcomes there are."""
        return len(self.lines)

    @property
    def new(self) -> int:
        """How many of them did not hold the term before."""
        return sum(line.is_new for line in self.lines)

    @property
    def carried(self) -> int:
        """How many of them did."""
        return self.total - self.new

    @property
    def tagged(self) -> int:
        """How many have a skill that holds or is proposed."""
        return sum(bool(line.tags) for line in self.lines)

    @property
    def untagged(self) -> int:
        """How many have none."""
        return self.total - self.tagged

    @cached_property
    def proposed(self) -> int:
        """How many tags wait for review."""
        return sum(len(line.proposed) for line in self.lines)

    @property
    def changes_anything(self) -> bool:
        """Whether something is to be reviewed: a proposal, or a tag that is to end."""
        ending = any(tag.ending_id for line in self.lines for tag in line.held)
        return bool(self.proposed) or ending


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the tags of a mapping differ from those that held before; of a change both tags."""

    kept: list[SkillTag]
    new: list[SkillTag]
    changed: list[tuple[SkillTag, SkillTag]]
    ended: list[SkillTag]


def outline(opportunity: LearningOpportunity, term: Term | None) -> Outline:
    """What it claims in the term: what holds then, and what is proposed for it.

    Where there are no terms, what holds today and what is proposed.
    """
    mapping = Mapping.objects.filter(opportunity=opportunity, term=term).first() if term else None
    tags: dict[int, list[SkillTag]] = defaultdict(list)
    for tag in _tags(opportunity, term, mapping):
        tags[tag.outcome_id].append(tag)
    return Outline(
        mapping=mapping,
        lines=lines_of(opportunity.outcomes.all(), term or timezone.localdate(), tags),
        sections=submissions.sections(opportunity, term) if term else [],
        missing=submissions.missing(mapping) if mapping else [],
    )


def lines_of(
    outcomes: QuerySet[LearningOutcome], moment: Moment, tags: dict[int, list[SkillTag]]
) -> list[Line]:
    """Those of the outcomes that held then, in the words that held then, with these tags."""
    found = OutcomeWording.objects.as_of(moment).filter(outcome__in=outcomes)
    wordings = sorted(found.select_related("outcome"), key=lambda each: each.outcome.place)
    day = moment.starts_on if isinstance(moment, Term) else moment
    policy = policies.current()
    return [
        Line(
            outcome=wording.outcome,
            statement=wording.statement,
            is_new=wording.outcome.holds_from == day,
            is_reworded=wording.holds_from == day != wording.outcome.holds_from,
            tags=tags.get(wording.outcome_id, []),
            breaches=list(_breaches(tags.get(wording.outcome_id, []), policy)),
        )
        for wording in wordings
    ]


def compare(mapping: Mapping) -> Comparison:
    """Compare what the mapping claims with what held on the day before its term."""
    before = SkillTag.objects.as_of(mapping.term.starts_on - timedelta(days=1))
    former = {
        (tag.outcome_id, tag.skill_id): tag
        for tag in _whole(before.filter(outcome__opportunity=mapping.opportunity))
    }
    now = {
        (tag.outcome_id, tag.skill_id): tag
        for tag in _tags(mapping.opportunity, mapping.term, mapping)
        if tag.ending_id is None
    }
    common = [(former[key], now[key]) for key in now if key in former]
    return Comparison(
        kept=[tag for old, tag in common if old == tag],
        new=[tag for key, tag in now.items() if key not in former],
        changed=[(old, tag) for old, tag in common if old != tag],
        ended=[tag for key, tag in former.items() if key not in now],
    )


def _tags(
    opportunity: LearningOpportunity, term: Term | None, mapping: Mapping | None
) -> Iterable[SkillTag]:
    """Those that hold in the term, then those that are proposed for it."""
    own = SkillTag.objects.filter(outcome__opportunity=opportunity)
    yield from _whole(own.as_of(term or timezone.localdate()))
    if mapping is not None or term is None:
        yield from _whole(own.proposed().filter(mapping=mapping))


def _whole(tags: QuerySet[SkillTag]) -> list[SkillTag]:
    found = tags.select_related(*_ALL).prefetch_related("evidence")
    return sorted(found, key=lambda tag: (tag.outcome.place, tag.pk))


def _breaches(tags: Iterable[SkillTag], policy: TaggingPolicy) -> Iterable[Refusal]:
    for tag in tags:
        if tag.state == SkillTag.State.PROPOSED:
            try:
                tagging.refuse_unready(tag, policy=policy)
            except Refusal as refusal:
                yield refusal
