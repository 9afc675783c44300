"""Renew what ends: a new credential is issued, and the old one holds until its end.

A learner earns it again where the rule is met in classes after the one that led to it, or somebody
decides so by hand. The new award names the one that it renews.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.utils import dateformat

from issuer.errors import ReasonMissing, WrongState
from issuer.models import Batch, Credential
from issuer.services import batches, clock, ledger
from registrar import rules
from registrar.models import Award, CredentialTemplate, Offering, Revision, Term
from registrar.models.awards import OVER
from registrar.services.awarding import award_chains, award_mails, award_results, awards
from registrar.services.college import roles
from registrar.services.deciding import eligibility
from registrar.services.deciding.eligibility import Candidate

RENEW: Final = "issuer.prepare_batch"
# Nobody renews earlier than so many days before the end.
EARLIEST: Final = 730

# Makes the awards that renew some, by the revision by which one awards today.
_Made = Callable[[Revision, list[Award]], list[Award]]


def expiring(*, days: int, at: datetime | None = None) -> "QuerySet[Any]":
    """The awards whose credential is valid and ends within so many days, each with `ends_at`.

    Left out is who was awarded the same later, and that is in force or about to be issued.
    """
    return _ending(days, at or clock.now(), no_longer_count=OVER)


def listed(*, days: int) -> "QuerySet[Any]":
    """These and those whose renewal was only prepared, each with its batch as `prepared_in`."""
    found = _ending(days, clock.now(), no_longer_count=(*OVER, Batch.State.PREPARED))
    prepared = _later().filter(batch__state=Batch.State.PREPARED)
    return found.annotate(prepared_in=Subquery(prepared.values("batch")[:1]))


def earned_again(found: Iterable[Award]) -> dict[int, Candidate]:
    """Of these awards those whose rule is met again, by their keys, and by what.

    Only classes count whose term begins after the one that led to the award has ended; of a rule
    about several things, after the day of the award.
    """
    by_template: dict[Any, list[Award]] = defaultdict(list)
    for award in found:
        by_template[award.template_id].append(award)
    approved = Revision.objects.filter(
        state=Revision.State.APPROVED, rule__isnull=False, template__in=by_template
    )
    again: dict[int, Candidate] = {}
    for revision in approved:
        again |= _met_again(revision, by_template[revision.template_id])
    return again


@transaction.atomic
def renew_by_rule(chosen: Collection[int], *, by: User) -> Batch:
    """Renew those of these awards that are earned again, as a batch for a second person to approve.

    Raises WrongState if there is none, and if a new one would end before the old one.
    """

    def made(revision: Revision, found: list[Award]) -> list[Award]:
        again = earned_again(found)
        found = [award for award in found if award.pk in again]
        today = clock.day_of(clock.now())
        _demand_that_none_ends_earlier(found, revision.last_day(today))
        followers = award_chains.Followers(found)
        return [
            followers.of(
                award,
                revision=revision,
                renewal=Award.Renewal.RULE,
                awarded_on=today,
                decided_by=by,
                occasion=again[award.pk].occasion or award.occasion,
                offering_id=again[award.pk].offering_id,
                results=list(again[award.pk].results),
                reasons=again[award.pk].reasons,
            )
            for award in found
        ]

    return _renew(chosen, made, by=by, reason="Earned again by the rule.")


@transaction.atomic
def renew_by_hand(
    chosen: Collection[int],
    *,
    by: User,
    reason: str,
    evidence_link: str = "",
    valid_until: date | None = None,
) -> Batch:
    """Renew these awards, whatever their rule says, as a batch for a second person to approve.

    The reason says what bears it out. Where the template lets evidence stand in the credential, it
    and the link do. Raises ReasonMissing; WrongState if none of them can be renewed any longer,
    where neither the template nor `valid_until` says when the new one ends, and if one would end
    before the old one.
    """
    if not reason.strip():
        raise ReasonMissing
    today = clock.day_of(clock.now())
    if valid_until is not None and valid_until < today:
        raise WrongState("The day until which it is to be valid has passed.")

    def made(revision: Revision, found: list[Award]) -> list[Award]:
        if valid_until is None and revision.valid_for is None:
            raise WrongState(f"Say until when: {revision.name} states no end of its own.")
        _demand_that_none_ends_earlier(found, valid_until or revision.last_day(today))
        followers = award_chains.Followers(found)
        return [
            followers.of(
                award,
                revision=revision,
                renewal=Award.Renewal.HAND,
                awarded_on=today,
                decided_by=by,
                valid_until=valid_until,
                evidence=_evidence(revision, reason, evidence_link),
                results=award_results.allowed(award, revision),
                reasons=[f"Renewed: {reason}"],
            )
            for award in found
        ]

    return _renew(chosen, made, by=by, reason=reason)


def _ending(days: int, now: datetime, *, no_longer_count: Collection[str]) -> "QuerySet[Any]":
    """Those that end, without whom a later award serves whose state is none of these."""
    ending = Credential.objects.in_state(Credential.State.VALID).filter(
        valid_until__gte=now, valid_until__lt=now + timedelta(days=days)
    )
    serving = _later().with_state().exclude(state__in=no_longer_count)
    return (
        Award.objects.filter(~Exists(serving), credential_id__in=ending.values("pk"))
        .annotate(ends_at=F("credential__valid_until"))
        .select_related("learner", "revision", "template__unit", "offering__term")
    )


def _later() -> Any:
    """What was awarded of the same to the same learner later."""
    return Award.objects.filter(
        pk__gt=OuterRef("pk"), template=OuterRef("template"), learner=OuterRef("learner")
    )


def _renew(chosen: Collection[int], made_of: _Made, *, by: User, reason: str) -> Batch:
    made: list[Award] = []
    says: set[bool] = set()
    templates = CredentialTemplate.objects.filter(awards__in=chosen).distinct().order_by("pk")
    for template in templates.select_related("unit"):
        roles.demand(by, RENEW, unit=template.unit)
        revision = template.revisions.filter(state=Revision.State.APPROVED).first()
        if revision is None:
            raise WrongState(f"No revision of {template} is approved, so it cannot be renewed.")
        awards.hold(revision)
        due = expiring(days=EARLIEST).filter(pk__in=chosen, template=template)
        if renewed := made_of(revision, list(due.order_by("pk"))):
            made += renewed
            says.add(revision.tells_learners)
    if not made:
        raise WrongState("None of them is to be renewed: it was done meanwhile, or is not earned.")
    if len(says) > 1:
        raise WrongState(
            "By some of their templates learners are told by mail, by others not. Renew the "
            "credentials of one template after the other."
        )
    return _prepare(made, by=by, reason=reason, tells_learners=says.pop())


def _prepare(made: list[Award], *, by: User, reason: str, tells_learners: bool) -> Batch:
    batch_id = uuid4()
    for position, award in enumerate(made):
        award.batch_id, award.position = batch_id, position
    Award.objects.bulk_create(made)
    names = {award.revision.name for award in made}
    name = names.pop() if len(names) == 1 else f"{len(made)} credentials"
    batch = batches.open(f"Renewal of {name}"[:200], count=len(made), by=by, id=batch_id)
    if tells_learners:
        award_mails.announce(batch)
    ledger.append("award.renewed", batch, by=by, reason=reason, details={"count": len(made)})
    return batch


def _demand_that_none_ends_earlier(found: Iterable[Any], until: date | None) -> None:
    later = [day for award in found if until and (day := clock.day_of(award.ends_at)) > until]
    if until is None or not later:
        return
    told = dateformat.format(until, settings.DATE_FORMAT)
    latest = dateformat.format(max(later), settings.DATE_FORMAT)
    raise WrongState(
        f"Renewed until {told}, {len(later)} would end before the credential that is renewed, "
        f"the last of which holds until {latest}. Say a later day."
    )


def _evidence(revision: Revision, reason: str, link: str) -> list[dict[str, str]]:
    if revision.evidence_rule == Revision.Evidence.NONE:
        return []
    said = {"id": link.strip(), "narrative": reason.strip()}
    return [{name: text for name, text in said.items() if text}]


def _met_again(revision: Revision, found: Iterable[Award]) -> dict[int, Candidate]:
    """The rule is asked once for each term from which on it is to be met, if it is understood."""
    try:
        rule = rules.parse(revision.rule)
    except rules.InvalidRule:
        return {}
    taken = awards.taken(revision.template_id)
    begins = sorted(set(Term.objects.values_list("starts_on", flat=True)))
    by_begin: dict[date, list[Award]] = defaultdict(list)
    for award in found:
        # What begins first after that day, if anything does: all days before it ask for the same.
        for begin in begins[bisect_right(begins, _led_up_to(award)) :][:1]:
            by_begin[begin].append(award)
    again: dict[int, Candidate] = {}
    for begin, since in by_begin.items():
        offerings = list(Offering.objects.filter(term__starts_on__gte=begin))
        judged = eligibility.judge(
            rule,
            offerings=offerings,
            learners={award.learner_id for award in since},
            results=award_results.of(revision, offerings),
        )
        # What was withdrawn for a class does not come back by another one's renewal.
        met = {
            each.learner_id: each
            for each in judged.met
            if not each.occasion or (each.learner_id, each.occasion) not in taken
        }
        again |= {award.pk: met[award.learner_id] for award in since if award.learner_id in met}
    return again


def _led_up_to(award: Award) -> date:
    """The last day of what led to it."""
    term = award.offering.term if award.offering else None
    return term.ends_on if term else award.awarded_on
