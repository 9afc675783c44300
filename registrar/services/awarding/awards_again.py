"""Award once more: what was revoked or declined, has expired, or could not be issued."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from issuer.errors import ReasonMissing, WrongState
from issuer.models import Batch, Chunk
from issuer.models.batches import failed_row
from issuer.services import batches, clock, ledger
from registrar.models import Award, CredentialTemplate, Revision
from registrar.models.awards import OVER
from registrar.services.awarding import award_chains, award_mails, award_results, awards
from registrar.services.awarding.awards import Key


@transaction.atomic
def award(award: Award, *, by: User, reason: str) -> Batch:
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
def award_failed(batch: Batch, *, by: User, reason: str) -> Batch:
    """Award once more, as one new batch, everyone whose credential this batch could not issue.

    Each as `award` does it; learners are told by mail if those of this batch were to be. Left
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
def award_all(former: Iterable[Award], *, by: User, reason: str) -> Batch:
    """Award several of one template once more, as one batch, each as `award` does it.

    Left out is who has not earned it today. Raises what `award` raises.
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


def failed(batch: Batch) -> QuerySet[Award]:
    """Whose credential the batch could not issue, unless they were awarded again since."""
    return Award.objects.filter(failed_row(), batch=batch).unreplaced()


def open_failures() -> QuerySet[Chunk]:
    """The failed rows of all batches, without those whose award was replaced by a newer one."""
    award = Award.objects.filter(batch=OuterRef("batch"), position=OuterRef("first"))
    is_replaced = Exists(award) & ~Exists(award.unreplaced())
    # Of what a system composed by itself, that system is told.
    return Chunk.objects.filter(~is_replaced, state=Chunk.State.FAILED, batch__client="")


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
    awards.begin(revision, by=by)
    return revision


def _as_of_today(former: Iterable[Award], revision: Revision, *, by: User) -> list[Award]:
    """The next generation of awards, not stored yet; without those who no longer meet the rule."""
    former = list(former)
    known = _known_today(former, revision)
    followers = award_chains.Followers(former)
    today = clock.day_of(clock.now())
    return [
        followers.of(
            award,
            revision=revision,
            awarded_on=today,
            valid_until=award.valid_until,
            evidence=award.evidence,
            decided_by=by,
            **known[key],
        )
        for award in former
        if (key := (award.learner_id, award.occasion)) in known
    ]


def _known_today(former: Collection[Award], revision: Revision) -> dict[Key, dict[str, Any]]:
    """What the awards would carry today, and why; nothing for those who no longer meet the rule."""
    if revision.rule is None:
        return {
            (award.learner_id, award.occasion): {
                "results": award_results.allowed(award, revision),
                "reasons": award.reasons,
            }
            for award in former
        }
    offerings = {award.offering for award in former}
    known = {offering for offering in offerings if offering}
    evaluation = awards.evaluate(
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
