"""Try a rule on past terms before it holds: whom it would award, and who changes."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from issuer.services import ledger
from registrar import rules
from registrar.errors import Incomplete
from registrar.models import Enrolment, Learner, Offering, Revision, Simulation, Term
from registrar.rules import Rule
from registrar.services.college import roles
from registrar.services.deciding import eligibility, facts, rule_names
from registrar.services.deciding.eligibility import Candidate, Judged

PERMISSION: Final = "registrar.evaluate_award"
# Up to so many enrolments it is done while somebody waits for the page.
AT_ONCE: Final = 5_000
# After so long somebody else begins anew, and after so long nobody does.
FORGOTTEN: Final = timedelta(minutes=5)
GIVEN_UP: Final = timedelta(hours=1)
GROUPS: Final = ("met", "not_met", "gained", "lost")

_Pair = tuple[int, int | None]


@transaction.atomic
def ask(
    revision: Revision,
    *,
    by: User,
    terms: Collection[Term] = (),
    offerings: Collection[Offering] = (),
) -> Simulation:
    """Begin to try a revision's rule on these terms and classes, or on everything there is.

    It is compared with the approved revision's rule, where that is another one. Raises Incomplete
    where the revision has no rule, and InvalidRule.
    """
    roles.demand(by, PERMISSION, unit=revision.template.unit)
    if revision.rule is None:
        raise Incomplete(["an award rule"])
    rule = rules.parse(revision.rule)
    former = _former(revision)
    before = Simulation.objects.filter(revision=revision, asked_by=by)
    before.exclude(found={}).update(found={})
    made = Simulation.objects.create(
        revision=revision,
        rule=revision.rule,
        former=former,
        asked_by=by,
        asked_at=timezone.now(),
        steps=len(rule.leaves()) + (len(_rule(former).leaves()) if former else 0) + 1,
    )
    made.terms.set(terms)
    made.offerings.set(offerings)
    ledger.append("revision.simulated", revision, by=by, details={"simulation": str(made.pk)})
    return made


def is_small(simulation: Simulation) -> bool:
    """Whether there are so few enrolments that nobody waits long."""
    about = _about([_rule(simulation), *_rules_of(simulation.former)], at="offering__opportunity__")
    taken = Enrolment.objects.filter(about, retired_at=None)
    offerings = chosen(simulation)
    if offerings is not None:
        taken = taken.filter(offering__in=offerings)
    return len(taken.values_list("pk")[: AT_ONCE + 1]) <= AT_ONCE


def run(simulation: Simulation) -> Simulation:
    """Do what was asked for, and keep what came out; done already, it changes nothing."""
    if simulation.finished_at is not None:
        return simulation
    offerings = chosen(simulation)
    rule = _rule(simulation)
    judged = eligibility.judge(rule, offerings=offerings, after_each=_counting(simulation))
    gained: set[_Pair] = set()
    lost: set[_Pair] = set()
    if simulation.former is not None:
        former_rule = _rule(simulation.former)
        before = eligibility.judge(
            former_rule, offerings=offerings, after_each=_counting(simulation)
        )
        by_class = None not in (rule.subject(), former_rule.subject())
        now_met, then_met = _pairs(judged, by_class), _pairs(before, by_class)
        gained, lost = now_met - then_met, then_met - now_met
    found: dict[str, list[_Pair]] = {
        "met": [(each.learner_id, each.offering_id) for each in judged.met],
        "not_met": [(each.learner_id, None) for each in judged.not_met],
        "gained": list(gained),
        "lost": list(lost),
    }
    places = _places({learner for pairs in found.values() for learner, _ in pairs})
    for pairs in found.values():
        pairs.sort(key=lambda pair: (places[pair[0]], pair[1] or 0))
    Simulation.objects.filter(pk=simulation.pk, finished_at=None).update(
        finished_at=timezone.now(),
        done=simulation.steps,
        learners=judged.learners,
        found=found,
        **{group: len(pairs) for group, pairs in found.items()},
    )
    simulation.refresh_from_db()
    return simulation


def unfinished() -> QuerySet[Simulation]:
    """Those that nobody has finished."""
    return Simulation.objects.filter(finished_at=None)


def forgotten() -> QuerySet[Simulation]:
    """Those that should be finished by now; one that failed for an hour fails for ever."""
    now = timezone.now()
    return unfinished().filter(asked_at__range=(now - GIVEN_UP, now - FORGOTTEN))


def candidates(simulation: Simulation, pairs: Sequence[_Pair]) -> list[Candidate]:
    """Some of those who were found, each with the reasons that there are today."""
    rule = _rule(simulation)
    known = facts.gather(
        rule, offerings=chosen(simulation), learners={learner for learner, _ in pairs}
    )
    decisions = rules.evaluate(rule, known)
    return [Candidate(learner, offering, "", decisions[learner]) for learner, offering in pairs]


def chosen(simulation: Simulation) -> list[Offering] | None:
    """The classes that it looks at; None for all."""
    terms = list(simulation.terms.all())
    offerings = list(simulation.offerings.values_list("pk", flat=True))
    if not terms and not offerings:
        return None
    about = [_rule(simulation), *_rules_of(simulation.former)]
    in_terms = Q(term__in=terms) | Q(term__parent__in=terms)
    in_terms &= _about(about, at="opportunity__")
    return list(Offering.objects.filter(in_terms | Q(pk__in=offerings)).distinct())


def offerings_for(revision: Revision) -> QuerySet[Offering]:
    """The classes that the rule of a revision, or of the approved one, can be about."""
    about = _about([*_rules_of(revision), *_rules_of(_former(revision))], at="opportunity__")
    found = Offering.objects.filter(about).select_related("term").distinct()
    return found.order_by("-term__starts_on", "title", "pk")


def _former(revision: Revision) -> Revision | None:
    approved = revision.template.revisions.filter(state=Revision.State.APPROVED, rule__isnull=False)
    former = approved.exclude(pk=revision.pk).first()
    return former if former is not None and former.rule != revision.rule else None


def _rule(thing: Simulation | Revision) -> Rule:
    return rules.parse(thing.rule)


def _rules_of(revision: Revision | None) -> list[Rule]:
    """Its rule, where there is one that can be understood."""
    if revision is None or revision.rule is None:
        return []
    try:
        return [rules.parse(revision.rule)]
    except rules.InvalidRule:
        return []


def _about(named: Iterable[Rule], *, at: str) -> Q:
    found = Q(pk__in=[])
    for rule in named:
        codes = rule_names.targets(rule, "outcome")
        found |= rule_names.any_opportunity(rule, at=at) | Q(**{f"{at}outcomes__code__in": codes})
    return found


def _pairs(judged: Judged, by_class: bool) -> set[_Pair]:
    return {(each.learner_id, each.offering_id if by_class else None) for each in judged.met}


def _places(learners: set[int]) -> dict[int, int]:
    """Where each stands by name."""
    in_order = Learner.objects.filter(pk__in=learners).order_by("family_name", "given_name", "pk")
    return {pk: place for place, pk in enumerate(in_order.values_list("pk", flat=True))}


def _counting(simulation: Simulation) -> Any:
    row = Simulation.objects.filter(pk=simulation.pk, finished_at=None, done__lt=simulation.steps)
    return lambda: row.update(done=F("done") + 1)
