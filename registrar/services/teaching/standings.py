"""Where courses and activities stand in a term, many at once, for whoever looks after them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, F, Q
from django.utils import timezone

from registrar.models import (
    LearningOpportunity,
    Mapping,
    MappingConfirmation,
    Offering,
    OutcomeWording,
    SkillTag,
    Term,
)
from registrar.models.spans import Moment, day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far one is: how many outcomes, how many of them new or tagged, and who is next."""

    opportunity: LearningOpportunity
    mapping: Mapping | None
    total: int
    new: int
    tagged: int
    proposed: int
    is_taught: bool
    is_confirmed: bool

    @property
    def carried(self) -> int:
        """How many outcomes held the term before, too."""
        return self.total - self.new

    @property
    def untagged(self) -> int:
        """How many have no skill."""
        return self.total - self.tagged

    @property
    def is_with_faculty(self) -> bool:
        """Whether those who teach it can change it."""
        return self.mapping is None or self.mapping.is_with_faculty

    @property
    def may_be_tagged(self) -> bool:
        """Whether skills can be proposed for outcomes that have none."""
        return self.is_with_faculty and bool(self.untagged)

    @property
    def may_be_confirmed(self) -> bool:
        """Whether the person has something to stand by."""
        return self.is_with_faculty and not self.is_confirmed and bool(self.tagged)


def of(
    opportunities: Sequence[LearningOpportunity], term: Term | None, *, person: User
) -> list[Standing]:
    """Each as it is in the term, in their order; where there are no terms, as it is today.

    `is_taught` and `is_confirmed` are about the person.
    """
    moment: Moment = term or timezone.localdate()
    outcomes = _outcomes(opportunities, moment)
    tags = _tags(opportunities, term, moment)
    of_term = Mapping.objects.filter(opportunity__in=opportunities, term=term)
    mappings = {each.opportunity_id: each for each in of_term} if term else {}
    confirmed = set(
        MappingConfirmation.objects.filter(
            mapping__in=mappings.values(), by=person, at__gte=F("mapping__changed_at")
        ).values_list("mapping", flat=True)
    )
    taught = set(
        Offering.objects.filter(teachers=person, term=term).values_list("opportunity", flat=True)
    )
    return [
        Standing(
            opportunity=each,
            mapping=(mapping := mappings.get(each.pk)),
            **outcomes.get(each.pk, {"total": 0, "new": 0}),
            **tags.get(each.pk, {"tagged": 0, "proposed": 0}),
            is_taught=each.pk in taught,
            is_confirmed=mapping is not None and mapping.pk in confirmed,
        )
        for each in opportunities
    ]


def _outcomes(
    opportunities: Sequence[LearningOpportunity], moment: Moment
) -> dict[int, dict[str, int]]:
    held = OutcomeWording.objects.as_of(moment).filter(outcome__opportunity__in=opportunities)
    new = Q(outcome__holds_from=day_of(moment))
    counted = held.order_by().values_list("outcome__opportunity")
    found = counted.annotate(Count("pk"), new=Count("pk", filter=new))
    return {key: {"total": total, "new": new} for key, total, new in found}


def _tags(
    opportunities: Sequence[LearningOpportunity], term: Term | None, moment: Moment
) -> dict[int, dict[str, int]]:
    is_proposed = Q(state=SkillTag.State.PROPOSED)
    of_term = Q(mapping__term=term) if term else Q(mapping=None)
    held = SkillTag.objects.as_of(moment).values("pk")
    tags = SkillTag.objects.filter(
        Q(pk__in=held) | (is_proposed & of_term), outcome__opportunity__in=opportunities
    )
    counted = tags.order_by().values_list("outcome__opportunity")
    found = counted.annotate(
        tagged=Count("outcome", distinct=True), proposed=Count("pk", filter=is_proposed)
    )
    return {key: {"tagged": tagged, "proposed": proposed} for key, tagged, proposed in found}
