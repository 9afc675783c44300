"""Evaluate who has earned a credential and why, and decide to award it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import dateformat

from issuer.errors import NotIssued, ReasonMissing, WrongState
from issuer.models import Batch, Chunk, Credential, StatusChange
from issuer.models.batches import failed_row
from issuer.services import batches, clock, ledger, status
from issuer.vc import openbadges
from registrar import rules
from registrar.models import (
    Award,
    Correction,
    CredentialTemplate,
    Offering,
    OrganizationUnit,
    Revision,
)
from registrar.models.awards import OVER
from registrar.services import (
    award_chains,
    award_mails,
    eligibility,
    facts,
    result_levels,
    roles,
    successions,
    withdrawal_mails,
)
from registrar.services.eligibility import Candidate, Result

_RIGHTS_TO_HALT = ("issuer.approve_batch", "issuer.prepare_batch")

# What may be awarded once: the learner, and the occasion.
_Key = tuple[int, str]


@dataclass(frozen=True)
class Evaluation:
    """Who is to be awarded by a revision, who was already, and who has not earned it.

    Of a rule about one course, activity or outcome somebody may be awarded several times: once
    for each class in which the rule was met. `lapsed` are former awards of which the rule is no
    longer met, mostly because a result was corrected; it is for a person to withdraw them.
    """

    revision: Revision
    at: datetime
    awards: tuple[Candidate, ...]
    already: tuple[Candidate, ...]
    not_met: tuple[Candidate, ...]
    lapsed: tuple[Award, ...] = ()

    @cached_property
    def by_learner(self) -> Mapping[int, list[Candidate]]:
        """All candidates, to tell somebody why or why not."""
        found: dict[int, list[Candidate]] = {}
        for candidate in (*self.awards, *self.already, *self.not_met):
            found.setdefault(candidate.learner_id, []).append(candidate)
        return found

    @property
    def learners(self) -> int:
        """How many people were looked at."""
        return len(self.by_learner)


def evaluate(
    revision: Revision, *, at: datetime, offerings: Collection[Offering] | None = None
) -> Evaluation:
    """Find out who has earned the credential, all learners at once, and write nothing.

    The number of queries depends on the rule alone. A rule about a single course, activity or
    outcome must be met in one offering of it; with `offerings` only those are looked at. A
    revision without a rule awards nobody.
    """
    if revision.rule is None:
        return Evaluation(revision, at, (), (), ())
    judged = eligibility.judge(
        rules.parse(revision.rule), offerings=offerings, results=results_of(revision, offerings)
    )
    if revision.pilot_unit_id:
        judged = eligibility.within(judged, roles.below([revision.pilot_unit_id]))
    is_taken = _taken(revision.template_id)
    awards: list[Candidate] = []
    already: list[Candidate] = []
    for candidate in judged.met:
        (already if is_taken(candidate) else awards).append(candidate)
    lapsed = _lapsed(revision, already, offerings)
    return Evaluation(revision, at, tuple(awards), tuple(already), judged.not_met, lapsed)


@transaction.atomic
def prepare(
    evaluation: Evaluation, *, by: User, name: str = "", tells_learners: bool | None = None
) -> Batch | None:
    """Award everyone who has earned it, as a batch for a second person to approve.

    Whoever was awarded since the evaluation is left out; if nobody is left there is no batch.
    Learners are told by mail as `tells_learners` has it, without it as the revision says. Raises
    WrongState unless the revision is the approved one.
    """
    _begin(evaluation.revision, by=by)
    batch = _award(evaluation, by=by, name=name)
    says = evaluation.revision.tells_learners if tells_learners is None else tells_learners
    if batch is not None and says:
        award_mails.announce(batch)
    return batch


@transaction.atomic
def prepare_automatically(evaluation: Evaluation) -> Batch | None:
    """Award everyone who has earned it, as a batch that is approved already.

    Its author and its approver stand for it: that it awards by itself, and whether learners are
    told by mail, was approved with the revision. Raises WrongState unless the revision is the
    approved one and awards by itself.
    """
    hold(evaluation.revision)
    revision = Revision.objects.select_related("author", "approved_by").get(
        pk=evaluation.revision.pk
    )
    if revision.awarding != Revision.Awarding.AUTOMATIC or revision.approved_by is None:
        raise WrongState("This revision does not award by itself.")
    batch = _award(evaluation, by=revision.author)
    if batch is None:
        return None
    if revision.tells_learners:
        award_mails.announce(batch)
    reason = f"It awards by itself, as approved with revision {revision.number}."
    return batches.approve(batch, by=revision.approved_by, reason=reason)


def _award(evaluation: Evaluation, *, by: User, name: str = "") -> Batch | None:
    revision = evaluation.revision
    numbers = _generations(revision.template_id)
    is_taken = _taken(revision.template_id)
    candidates = [each for each in evaluation.awards if not is_taken(each)]
    if not candidates:
        return None
    day = clock.day_of(evaluation.at)
    # Drawn ahead, so that the batch is opened last: its ledger entry makes all others wait.
    batch_id = uuid4()
    Award.objects.bulk_create(
        Award(
            revision=revision,
            template_id=revision.template_id,
            learner_id=candidate.learner_id,
            occasion=candidate.occasion,
            offering_id=candidate.offering_id,
            generation=numbers.get((candidate.learner_id, candidate.occasion), 0) + 1,
            awarded_on=day,
            results=list(candidate.results),
            reasons=candidate.reasons,
            decided_by=by,
            batch_id=batch_id,
            position=position,
        )
        for position, candidate in enumerate(candidates)
    )
    title = (name or f"{revision.name}, {dateformat.format(day, settings.DATE_FORMAT)}")[:200]
    batch = batches.open(title, count=len(candidates), by=by, id=batch_id)
    details = {"batch": str(batch.pk), "count": batch.count}
    ledger.append("award.decided", revision, by=by, details=details)
    return batch


@transaction.atomic
def award_again(award: Award, *, by: User, reason: str) -> Batch:
    """Award once more what was revoked or declined, has expired, or could not be issued.

    It says what is known today, in the words of the revision that is approved today, which also
    says whether the learner is told by mail. Raises ReasonMissing, and WrongState while a
    credential for the same occasion is in force, if there is a newer award, and if the rule is no
    longer met.
    """
    if not reason.strip():
        raise ReasonMissing
    revision = _begin_again(award.template, by=by)
    _demand_that_none_is_in_force([award])
    made = _as_of_today([award], revision, by=by)
    if not made:
        raise WrongState("The award rule is no longer met, so this cannot be awarded again.")
    batch = _prepare_again(made, name=revision.name, by=by, tells_learners=revision.tells_learners)
    details = {"batch": str(batch.pk), "replaces": award.pk}
    ledger.append("award.decided_again", made[0], by=by, reason=reason, details=details)
    return batch


@transaction.atomic
def award_failed_again(batch: Batch, *, by: User, reason: str) -> Batch:
    """Award once more, as one new batch, everyone whose credential this batch could not issue.

    Each as `award_again` does it; learners are told by mail if those of this batch were to be. Left
    out is who was awarded again already, and who has not earned it today. Raises ReasonMissing, and
    WrongState if nobody is left.
    """
    if not reason.strip():
        raise ReasonMissing
    made: list[Award] = []
    templates = CredentialTemplate.objects.filter(awards__batch=batch).distinct()
    for template in templates.order_by("pk"):
        revision = _begin_again(template, by=by)
        lost = failed(batch).filter(template=template).select_related("offering")
        made += _as_of_today(lost, revision, by=by)
    if not made:
        raise WrongState("Of those who failed here, nobody is left who has earned it today.")
    tells_learners = award_mails.is_announced(batch)
    again = _prepare_again(made, name=batch.name, by=by, tells_learners=tells_learners)
    details = {"batch": str(again.pk), "count": again.count}
    ledger.append("award.decided_again", batch, by=by, reason=reason, details=details)
    return again


@transaction.atomic
def award_all_again(former: Iterable[Award], *, by: User, reason: str) -> Batch:
    """Award several of one template once more, as one batch, each as `award_again` does it.

    Left out is who has not earned it today. Raises what `award_again` raises.
    """
    if not reason.strip():
        raise ReasonMissing
    former = list(former)
    revision = _begin_again(former[0].template, by=by)
    _demand_that_none_is_in_force(former)
    made = _as_of_today(former, revision, by=by)
    if not made:
        raise WrongState("Of those who were chosen, nobody has earned it today.")
    batch = _prepare_again(made, name=revision.name, by=by, tells_learners=revision.tells_learners)
    details = {"batch": str(batch.pk), "count": batch.count}
    ledger.append("award.decided_again", batch, by=by, reason=reason, details=details)
    return batch


def as_of_today(award: Award, *, by: User) -> list[Award]:
    """What would take the place of an award, not stored: one, or none if the rule is not met now.

    Raises WrongState when no revision of the template is approved.
    """
    return _as_of_today([award], _begin_again(award.template, by=by), by=by)


def hold(revision: Revision) -> None:
    """Let nobody else award by this template until the commit; WrongState unless it is approved.

    To be called in a transaction.
    """
    # Locked, because two who prepare at the same moment would award the same people twice.
    CredentialTemplate.objects.select_for_update().get(pk=revision.template_id)
    if not Revision.objects.filter(pk=revision.pk, state=Revision.State.APPROVED).exists():
        raise WrongState("This revision is not approved (any longer), so nothing is awarded by it.")


def taken(template_id: Any) -> set[_Key]:
    """Who was awarded by a template, and on which occasion; what was declined does not count."""
    made = Award.objects.filter(template=template_id).not_declined()
    return set(made.values_list("learner", "occasion"))


def _taken(template_id: Any) -> Callable[[Candidate], bool]:
    """Whether somebody was awarded on that occasion, or holds one that tells of no occasion."""
    occasions = taken(template_id)
    untold = Award.objects.filter(template=template_id, occasion="").with_state()
    holders = set(untold.exclude(state__in=OVER).values_list("learner", flat=True))
    return lambda each: (each.learner_id, each.occasion) in occasions or each.learner_id in holders


def results_of(
    revision: Revision, offerings: Collection[Offering] | None
) -> Callable[[int, int | None], tuple[Result, ...]]:
    """What credentials of a revision carry of a learner and an offering, read once for all."""
    return _Results(revision, offerings).of


def allowed_results(award: Award, revision: Revision) -> list[Result]:
    """What an award carries, without what the revision does not describe or allow."""
    described = {each["id"]: each for each in revision.result_descriptions}
    return [
        result
        for result in award.results
        if (each := described.get(result["description"])) and not _problem(each, result["value"])
    ]


def failed(batch: Batch) -> QuerySet[Award]:
    """Whose credential the batch could not issue, unless they were awarded again since."""
    return Award.objects.filter(failed_row(), batch=batch).unreplaced()


def open_failures() -> QuerySet[Chunk]:
    """The failed rows of all batches, without those whose award was replaced by a newer one."""
    award = Award.objects.filter(batch=OuterRef("batch"), position=OuterRef("first"))
    is_replaced = Exists(award) & ~Exists(award.unreplaced())
    # Of what a system composed by itself, that system is told.
    return Chunk.objects.filter(~is_replaced, state=Chunk.State.FAILED, batch__client="")


@transaction.atomic
def withdraw(award: Award, *, by: User, reason: str) -> StatusChange:
    """Take an award back for good: its credential is revoked.

    Raises what `issuer.services.status.revoke` raises; to withdraw again changes nothing.
    """
    roles.demand(by, "issuer.revoke_credential", unit=award.template.unit)
    credential = _credential(award)
    if credential is None:
        raise NotIssued
    return status.revoke(credential, reason=reason, by=by)


@transaction.atomic
def revoke(credential: Credential, *, by: User, reason: str) -> StatusChange:
    """Withdraw the award behind a credential, or revoke what a system composed by itself.

    The latter concerns the whole institution. Raises NotIssued when nobody here has issued it,
    and what `withdraw` raises.
    """
    _demand_to_take_back(credential, by=by)
    return status.revoke(credential, reason=reason, by=by)


@transaction.atomic
def suspend(credential: Credential, *, by: User, reason: str) -> StatusChange:
    """Suspend a credential until it is reinstated, with the right to revoke it.

    Raises NotIssued as `revoke` does, and what `issuer.services.status.suspend` raises.
    """
    _demand_to_take_back(credential, by=by)
    return status.suspend(credential, reason=reason, by=by)


@transaction.atomic
def reinstate(credential: Credential, *, by: User, reason: str) -> StatusChange:
    """Lift the suspension of a credential, with the right to revoke it.

    Raises NotIssued as `revoke` does, and what `issuer.services.status.reinstate` raises.
    """
    _demand_to_take_back(credential, by=by)
    return status.reinstate(credential, reason=reason, by=by)


@transaction.atomic
def revoke_all(batch: Batch, *, by: User, reason: str, tells_learners: bool = False) -> int:
    """Withdraw every award of an issued batch that is in force, at once; how many those are.

    What was corrected since is withdrawn with it. With `tells_learners` each of these learners gets
    a mail with the reason. Raises what `issuer.services.status.revoke_all` raises.
    """
    _demand_to_take_back_all(batch, by=by)
    corrected = corrected_since(batch)
    count = len(corrected)
    if not corrected or status.to_revoke(batch).exists():
        count += status.revoke_all(batch, reason=reason, by=by)
    for credential in corrected:
        status.revoke(credential, reason=reason, by=by)
    if tells_learners:
        withdrawal_mails.announce(batch, reason=reason)
    return count


def corrected_since(batch: Batch) -> list[Credential]:
    """The credentials in force that took the place of some of the batch as these were corrected."""
    standing = award_chains.corrected_in_force(batch)
    found = Credential.objects.filter(
        pk__in=standing.values("credential_id"), verifiable_credentials__isnull=False
    )
    return list(found.distinct())


@transaction.atomic
def suspend_all(batch: Batch, *, by: User, reason: str) -> int:
    """Suspend every credential of an issued batch that can be, at once; how many those are.

    Raises what `revoke_all` raises.
    """
    _demand_to_take_back_all(batch, by=by)
    return status.suspend_all(batch, reason=reason, by=by)


@transaction.atomic
def reinstate_all(batch: Batch, *, by: User, reason: str) -> int:
    """Lift every suspension in a batch, at once; how many those are.

    Raises what `revoke_all` raises.
    """
    _demand_to_take_back_all(batch, by=by)
    return status.reinstate_all(batch, reason=reason, by=by)


def may_revoke_all(user: User, batch: Batch) -> bool:
    """Whether `revoke_all`, `suspend_all` and `reinstate_all` would let this person do so."""
    units = _units(batch)
    return bool(units) and all(user.has_perm("issuer.revoke_credential", unit) for unit in units)


def may_revoke(user: User, credential: Credential, award: Award | None) -> bool:
    """Whether `revoke` would let this person do so."""
    if award is not None:
        return user.has_perm("issuer.revoke_credential", award.template.unit)
    return credential.achievement_id is None and roles.may_for_all(user, "issuer.revoke_credential")


@transaction.atomic
def approve(
    batch: Batch, *, by: User, reason: str = "", begins_at: datetime | None = None
) -> Batch:
    """Approve a batch of awards that a colleague prepared, for the workers to issue.

    They begin at once or at `begins_at`. Each credential in force that it replaces is superseded
    when the new one is signed. Raises WrongState if a rule by which somebody is awarded is no
    longer met, mostly because a result was corrected since; and what
    `issuer.services.batches.approve` raises.
    """
    _demand_to_decide(batch, by=by)
    if batch.state == Batch.State.PREPARED and (fallen := _no_longer_hold(batch)):
        raise WrongState(
            f"{fallen} of the awards no longer hold: decline the batch and prepare it again."
        )
    approved = batches.approve(batch, by=by, reason=reason, begins_at=begins_at)
    successions.decide_for(batch, by=by)
    return approved


@transaction.atomic
def decline(batch: Batch, *, by: User, reason: str) -> Batch:
    """Refuse a batch of awards that a colleague prepared: nobody in it counts as awarded."""
    _demand_to_decide(batch, by=by)
    return batches.decline(batch, by=by, reason=reason)


@transaction.atomic
def pause(batch: Batch, *, by: User, reason: str = "") -> Batch:
    """Let a batch rest that is being issued, with the right to prepare or to approve such."""
    _demand_to_halt(batch, by=by)
    return batches.pause(batch, by=by, reason=reason)


@transaction.atomic
def resume(batch: Batch, *, by: User, reason: str = "") -> Batch:
    """Let the workers go on with it, with the same right."""
    _demand_to_halt(batch, by=by)
    return batches.resume(batch, by=by, reason=reason)


@transaction.atomic
def cancel(batch: Batch, *, by: User, reason: str) -> int:
    """Give up what of the batch is not frozen yet, with the same right; it may be awarded again.

    Raises what `issuer.services.batches.cancel` raises.
    """
    _demand_to_halt(batch, by=by)
    return batches.cancel(batch, by=by, reason=reason)


def may_halt(user: User, batch: Batch) -> bool:
    """Whether `pause`, `resume` and `cancel` would let this person do so."""
    units = _units(batch)
    return bool(units) and any(
        all(user.has_perm(right, unit) for unit in units) for right in _RIGHTS_TO_HALT
    )


class _Results:
    """The values that credentials of a revision carry, read once for all learners."""

    def __init__(self, revision: Revision, offerings: Collection[Offering] | None) -> None:
        self._known: list[tuple[Mapping[Any, str], Mapping[str, Result]]] = []
        for described in revision.result_descriptions:
            values = facts.values(described, offerings=offerings)
            self._known.append((values, _sayable(described, set(values.values()))))

    def of(self, learner: int, offering: int | None) -> tuple[Result, ...]:
        """What there is, without values that their description does not allow."""
        key = (learner, offering)
        found = (sayable.get(values.get(key, "")) for values, sayable in self._known)
        return tuple(result for result in found if result)


def _sayable(described: dict[str, Any], values: Iterable[str]) -> dict[str, Result]:
    """Of each value that the description allows the result; those who have it share one."""
    return {
        value: {"description": described["id"], "value": value}
        for value in values
        if not _problem(described, value)
    }


def _problem(described: dict[str, Any], value: str) -> str | None:
    return openbadges.value_problem(
        value,
        allowed=result_levels.words(described),
        lowest=described.get("value_min"),
        highest=described.get("value_max"),
    )


def _generations(template_id: Any) -> dict[_Key, int]:
    """How often each was awarded by a template on each occasion, declined or not."""
    made = Award.objects.filter(template=template_id).order_by()
    newest = made.values_list("learner", "occasion").annotate(Max("generation"))
    return {(learner, occasion): generation for learner, occasion, generation in newest}


def _lapsed(
    revision: Revision, already: Iterable[Candidate], offerings: Collection[Offering] | None
) -> tuple[Award, ...]:
    of_template = Award.objects.filter(template=revision.template_id, learner__retired_at=None)
    made = _by_rule(of_template.standing())
    if offerings is not None:
        made = made.filter(offering__in=offerings)
    held = {(candidate.learner_id, candidate.occasion) for candidate in already}
    return tuple(award for award in made if (award.learner_id, award.occasion) not in held)


def _by_rule(made: QuerySet[Award]) -> QuerySet[Award]:
    """Without those whom a file names, those renewed by hand, and what corrects a name in such."""
    by_hand = Q(file_row__isnull=False) | Q(renewal=Award.Renewal.HAND)
    says_the_same = Correction.objects.filter(batch=OuterRef("batch"), as_of_today=False)
    of_such = Award.objects.filter(by_hand).before(OuterRef("pk"))
    return made.exclude(by_hand).exclude(Exists(says_the_same), Exists(of_such))


def _begin(revision: Revision, *, by: User) -> None:
    template = CredentialTemplate.objects.select_related("unit").get(pk=revision.template_id)
    roles.demand(by, "issuer.prepare_batch", unit=template.unit)
    hold(revision)


def _demand_to_decide(batch: Batch, *, by: User) -> None:
    for unit in _units(batch):
        roles.demand(by, "issuer.approve_batch", unit=unit)


def _demand_to_halt(batch: Batch, *, by: User) -> None:
    if may_halt(by, batch):
        return
    for unit in _units(batch):
        roles.demand(by, _RIGHTS_TO_HALT[0], unit=unit)
    raise NotIssued("No award stands behind this batch, so it can't be halted here.")


def _units(batch: Batch) -> list[OrganizationUnit]:
    """Whose credentials are in the batch."""
    return list(OrganizationUnit.objects.filter(templates__awards__batch=batch).distinct())


def _demand_to_take_back(credential: Credential, *, by: User) -> None:
    award = Award.objects.filter(credential_id=credential.pk).first()
    if award is not None:
        roles.demand(by, "issuer.revoke_credential", unit=award.template.unit)
        return
    if credential.achievement_id is not None:
        raise NotIssued("No award stands behind this credential, so nobody here can change it.")
    roles.demand_for_all(by, "issuer.revoke_credential")


def _demand_to_take_back_all(batch: Batch, *, by: User) -> None:
    units = _units(batch)
    if not units:
        raise NotIssued("No award stands behind this batch, so it cannot be revoked as a whole.")
    for unit in units:
        roles.demand(by, "issuer.revoke_credential", unit=unit)


def _no_longer_hold(batch: Batch) -> int:
    """How many awards of a waiting batch have a rule that is not met today."""
    fallen = 0
    for revision in Revision.objects.filter(awards__batch=batch, rule__isnull=False).distinct():
        made = _by_rule(Award.objects.filter(batch=batch, revision=revision))
        made = made.select_related("offering")
        decided = {(each.learner_id, each.occasion): each.offering for each in made}
        known = {offering.pk: offering for offering in decided.values() if offering}
        offerings = None if None in decided.values() else list(known.values())
        evaluation = evaluate(revision, at=datetime.now(UTC), offerings=offerings)
        held = {(each.learner_id, each.occasion) for each in evaluation.already}
        fallen += len(decided.keys() - held)
    return fallen


def _credential(award: Award) -> Credential | None:
    """The credential, which exists from the moment the batch is approved and worked on."""
    return Credential.objects.filter(pk=cast(UUID, award.credential_id)).first()


def _demand_that_none_is_in_force(former: Collection[Award]) -> None:
    """To be asked under the lock of the template: nobody gets two credentials for one occasion."""
    found = Award.objects.filter(pk__in=[award.pk for award in former])
    same = Award.objects.filter(
        template=OuterRef("template"), learner=OuterRef("learner"), occasion=OuterRef("occasion")
    )
    newer = same.not_declined().filter(generation__gt=OuterRef("generation"))
    if found.unreplaced().exclude(Exists(newer)).count() < len(former):
        raise WrongState("This award was replaced before. Look at the newer one.")
    if found.filter(Exists(same.with_state().exclude(state__in=OVER))).exists():
        raise WrongState("A credential for this is still in force. Revoke it first.")


def _begin_again(template: CredentialTemplate, *, by: User) -> Revision:
    """The revision by which one awards today; nobody else awards by its template meanwhile."""
    revision = template.revisions.filter(state=Revision.State.APPROVED).first()
    if revision is None:
        raise WrongState("No revision of this template is approved, so nothing can be awarded.")
    _begin(revision, by=by)
    return revision


def _as_of_today(former: Iterable[Award], revision: Revision, *, by: User) -> list[Award]:
    """The next generation of awards, not stored yet; without those who no longer meet the rule."""
    former = list(former)
    known = _known_today(former, revision)
    followers = award_chains.Followers(former)
    return [
        followers.of(
            award,
            revision=revision,
            awarded_on=clock.day_of(clock.now()),
            valid_until=award.valid_until,
            evidence=award.evidence,
            decided_by=by,
            **known[key],
        )
        for award in former
        if (key := (award.learner_id, award.occasion)) in known
    ]


def _known_today(former: Collection[Award], revision: Revision) -> dict[_Key, dict[str, Any]]:
    """What the awards would carry today, and why; nothing for those who no longer meet the rule."""
    if revision.rule is None:
        return {
            (award.learner_id, award.occasion): {
                "results": allowed_results(award, revision),
                "reasons": award.reasons,
            }
            for award in former
        }
    offerings = {award.offering for award in former}
    known = {offering for offering in offerings if offering}
    evaluation = evaluate(
        revision, at=datetime.now(UTC), offerings=known if known == offerings else None
    )
    return {
        (each.learner_id, each.occasion): {"results": list(each.results), "reasons": each.reasons}
        for each in (*evaluation.already, *evaluation.awards)
    }


def _prepare_again(made: list[Award], *, name: str, by: User, tells_learners: bool) -> Batch:
    batch_id = uuid4()
    for position, award in enumerate(made):
        award.batch_id, award.position = batch_id, position
    Award.objects.bulk_create(made)
    batch = batches.open(f"{name[:190]}, again", count=len(made), by=by, id=batch_id)
    if tells_learners:
        award_mails.announce(batch)
    return batch
