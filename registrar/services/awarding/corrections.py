"""Correct in one act: a name, an address, a result, a typo; supersede what was issued by it.

Credentials that said what was wrong are superseded: each is revoked, and a new one with a new id
takes its place, linked to it, as soon as it is signed.
Where a name or an address was wrong it says otherwise the same: results, wording and day of the
award stay. Where the credential itself was wrong it says what holds today.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from issuer.errors import BadAddress, ReasonMissing, SamePerson, WrongState
from issuer.models import Credential
from issuer.services import batches, credentials, ledger
from registrar.errors import NotAllowed, NothingToCorrect
from registrar.models import Award, CorrectedAward, Correction, CredentialTemplate, Learner
from registrar.services.awarding import (
    award_chains,
    award_mails,
    awards_again,
    composition,
    correction_policies,
    learner_mails,
    successions,
)
from registrar.services.college import roles

MAKE = "registrar.make_correction"
CONFIRM = "registrar.confirm_correction"
FIELDS = ("given_name", "family_name", "email")
State = Correction.State

# By field: what a source says, and what stands there instead.
Sticky = dict[str, tuple[str, str]]

_NAMES = ("given_name", "family_name")
_RENEWED = "it was renewed and holds until its end; revoke it if nobody should see it"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a correction does to one award: `why` it is superseded, or `why` it stays."""

    award: Award
    is_superseded: bool
    why: str


def effects(learner: Learner, changes: Mapping[str, str]) -> list[Effect]:
    """Which credentials of the learner say what is to be changed, and which stay, and why."""
    standing = list(_standing(learner))
    renewed = learner.awards.exclude(pk__in=[award.pk for award in standing]).with_state()
    still_valid = renewed.filter(state=Credential.State.VALID).select_related("revision")
    return [
        *(_effect(award, learner, changes) for award in standing),
        *(Effect(award, False, _RENEWED) for award in still_valid),
    ]


@transaction.atomic
def correct_learner(
    learner: Learner,
    *,
    by: User,
    reason: str,
    leads_on: bool = True,
    tells_learner: bool = True,
    **changes: str,
) -> Correction:
    """Put a learner's name or address right, and supersede the credentials that say it wrong.

    `changes` are new values of FIELDS; the same value as before is none. Done at once where one
    person is enough, else it waits for a second one. Raises NothingToCorrect, BadAddress,
    ReasonMissing, NotAllowed, and WrongState while another correction of the learner waits or one
    of the credentials is still being issued, and where a new one could not be issued.
    """
    learner = _hold(learner.pk)
    changes = _settled(learner, changes)
    if not changes:
        raise NothingToCorrect
    if _is_being_issued(learner, changes):
        raise WrongState("A credential that says it wrong is being issued. Try again in a minute.")
    superseded = [each.award for each in effects(learner, changes) if each.is_superseded]
    return _begin(
        learner,
        superseded,
        by=by,
        reason=reason,
        leads_on=leads_on,
        tells_learner=tells_learner,
        changes=changes,
    )


@transaction.atomic
def correct_award(award: Award, *, by: User, reason: str, leads_on: bool = True) -> Correction:
    """Supersede one credential by one that says what holds today: results, wording, name.

    Raises WrongState if it is not in force or was renewed, and if the award rule is no longer met:
    then the award is to be withdrawn; and what `correct_learner` raises.
    """
    learner = _hold(award.learner_id)
    effect = _effect_on(award, learner)
    if not effect.is_superseded:
        raise WrongState(f"It cannot be corrected: {effect.why}.")
    return _begin(learner, [award], by=by, reason=reason, leads_on=leads_on, as_of_today=True)


@transaction.atomic
def confirm(correction: Correction, *, by: User, reason: str = "") -> Correction:
    """Carry out what a colleague asked for. Raises SamePerson, WrongState and NotAllowed."""
    correction = _locked(correction)
    _demand_to_decide(correction, by=by)
    return _make(correction, by=by, reason=reason)


@transaction.atomic
def decline(correction: Correction, *, by: User, reason: str) -> Correction:
    """Refuse what a colleague asked for; nothing is changed. Raises ReasonMissing, too."""
    correction = _locked(correction)
    _demand_to_decide(correction, by=by)
    if not reason.strip():
        raise ReasonMissing
    Correction.objects.filter(pk=correction.pk).update(
        state=State.DECLINED, decided_by=by, decided_at=Now(), decision_reason=reason
    )
    ledger.append("correction.declined", correction, by=by, reason=reason)
    correction.refresh_from_db()
    return correction


def may_correct(user: User, award: Award | None = None) -> bool:
    """Whether this person may correct the credential of an award, or learners."""
    if award is None:
        return roles.may_for_all(user, MAKE)
    return user.has_perm(MAKE, award.template.unit)


def may_decide(user: User, correction: Correction) -> bool:
    """Whether `confirm` and `decline` would let this person do so."""
    if correction.state != State.WAITING or correction.by_id == user.pk:
        return False
    try:
        _demand_to_decide(correction, by=user)
    except NotAllowed:
        return False
    return True


def sticky(
    source: str, *, besides: Mapping[str, Learner] = MappingProxyType({})
) -> dict[str, Sticky]:
    """By sourcedId and field: what a source says that was corrected here, and what we say instead.

    Until the source says something else, the correction holds. `besides` are learners by the
    sourcedIds under which they are about to be the source's.
    """
    ids = {learner.pk: sourced_id for sourced_id, learner in besides.items()}
    made = Correction.objects.made().filter(Q(learner__source=source) | Q(learner__in=ids))
    return _sticky(made, ids)


def holding(learner: Learner) -> dict[str, str]:
    """By field what the source says of a learner where a correction of ours holds against it."""
    made = Correction.objects.made().filter(learner=learner)
    found = _sticky(made, {}).get(learner.sourced_id, {})
    return {
        field: says
        for field, (says, now) in found.items()
        if says != now and getattr(learner, field) == now
    }


def _sticky(made: "QuerySet[Correction]", ids: Mapping[int, str]) -> dict[str, Sticky]:
    found: dict[str, Sticky] = {}
    for correction in made.exclude(was={}).select_related("learner").order_by("decided_at"):
        learner = correction.learner
        kept = found.setdefault(ids.get(learner.pk, learner.sourced_id), {})
        for field, was in correction.was.items():
            says, held = kept.get(field, (was, was))
            kept[field] = (says if held == was else was, getattr(correction, field))
    return found


def kept(said: Mapping[str, str], corrected: Sticky) -> dict[str, str]:
    """What a source says of a learner, with what was corrected here in the place of the same."""
    found = dict(said)
    for field, (was, now) in corrected.items():
        if found[field] == was:
            found[field] = now
    return found


# What a correction does


def _standing(learner: Learner) -> "QuerySet[Any]":
    """The learner's awards that count, each with its state."""
    held = learner.awards.standing().with_state()
    return held.select_related("revision", "template__unit", "offering").order_by("-decided_at")


def _effect_on(award: Award, learner: Learner) -> Effect:
    """Whether one award can be corrected."""
    found = learner.awards.filter(pk=award.pk)
    known = found.with_state().get()
    if known.state == Credential.State.VALID and not found.standing().exists():
        return Effect(award, False, _RENEWED)
    return _effect(known, learner, None)


def _effect(award: Any, learner: Learner, changes: Mapping[str, str] | None) -> Effect:
    """With no changes: whether the award, of which the state is known, can be corrected at all."""
    state = award.state
    if state == Credential.State.SUSPENDED:
        return Effect(award, False, "it is suspended; reinstate it first")
    if state != Credential.State.VALID:
        words = {Credential.State.REQUESTED: "it is still being issued"}
        return Effect(award, False, words.get(state, f"it is {state}"))
    if changes is None:
        return Effect(award, True, "")
    if _carries_name(award, changes):
        return Effect(award, True, "it carries the name")
    if "email" in changes and learner.email:
        return Effect(award, True, "it is recognised by the e-mail address")
    if "email" in changes:
        return Effect(award, True, "it will be recognised by the e-mail address")
    return Effect(award, False, "it does not carry the name")


def _carries_name(award: Award, changes: Mapping[str, str]) -> bool:
    return award.revision.includes_name and bool(set(changes) & set(_NAMES))


def _is_being_issued(learner: Learner, changes: Mapping[str, str]) -> bool:
    """Whether something is composed that says it wrong, and not signed, so that it must come first.

    What is approved and not composed will say what the record says by then.
    """
    requested = _standing(learner).filter(state=Credential.State.REQUESTED)
    composed = requested.filter(credential_id__in=Credential.objects.values("pk"))
    return any("email" in changes or _carries_name(award, changes) for award in composed)


def _settled(learner: Learner, changes: Mapping[str, str]) -> dict[str, str]:
    unknown = set(changes) - set(FIELDS)
    if unknown:
        raise TypeError(f"A learner's {', '.join(sorted(unknown))} is not corrected here.")
    tidy = {field: " ".join(value.split()) for field, value in changes.items()}
    if not any(tidy.get(name, getattr(learner, name)) for name in _NAMES):
        raise NothingToCorrect("A learner has at least one name.")
    if tidy.get("email"):
        try:
            validate_email(tidy["email"])
        except ValidationError:
            raise BadAddress from None
    return {field: value for field, value in tidy.items() if value != getattr(learner, field)}


def _begin(
    learner: Learner,
    superseded: Sequence[Award],
    *,
    by: User,
    reason: str,
    leads_on: bool,
    tells_learner: bool = True,
    as_of_today: bool = False,
    changes: Mapping[str, str] = MappingProxyType({}),
) -> Correction:
    _demand(MAKE, superseded, as_of_today, by=by)
    if not reason.strip():
        raise ReasonMissing
    if learner.corrections.waiting().exists():
        raise WrongState("Another correction of this learner waits for a second person.")
    correction = Correction.objects.create(
        learner=learner,
        leads_on=leads_on,
        tells_learner=tells_learner,
        as_of_today=as_of_today,
        reason=reason,
        needs_second=correction_policies.current().needs_second,
        by=by,
        **changes,
    )
    CorrectedAward.objects.bulk_create(
        CorrectedAward(correction=correction, award=award) for award in superseded
    )
    _hold_templates(superseded)
    # Neither the old nor the new name: the ledger is kept for ever.
    details = {"fields": sorted(changes), "credentials": len(superseded)}
    ledger.append("correction.asked", correction, by=by, reason=reason, details=details)
    return correction if correction.needs_second else _make(correction, by=by, reason=reason)


def _hold(learner: int) -> Learner:
    """The learner, whom nobody else corrects until the commit."""
    return Learner.objects.select_for_update(no_key=True).get(pk=learner)


def _hold_templates(awarded: Iterable[Award]) -> None:
    """Let nobody else award by these templates until the commit.

    To be called before anything is entered in the ledger: who awards holds the template first.
    """
    templates = CredentialTemplate.objects.filter(pk__in={each.template_id for each in awarded})
    list(templates.select_for_update(no_key=True).order_by("pk"))


def _make(correction: Correction, *, by: User, reason: str) -> Correction:
    """Change the record, and let new credentials take the place of those that said it wrong."""
    learner = _hold(correction.learner_id)
    _hold_templates(correction.awards.all())
    was = _change(learner, correction.changes)
    former = list(
        _standing(learner).filter(pk__in=correction.corrected.values("award")).order_by("pk")
    )
    if len(former) != correction.corrected.count() or any(
        award.state != Credential.State.VALID for award in former
    ):
        raise WrongState("One of the credentials is no longer in force. Look again.")
    if correction.changes and _others(correction, learner):
        raise WrongState("Another credential says it wrong by now. Decline this, and ask again.")
    made = _succeeding(former, correction)
    batch = None
    if made:
        batch = batches.open(
            _title(made),
            count=len(made),
            by=correction.by,
            id=made[0].batch_id,
        )
    Correction.objects.filter(pk=correction.pk).update(
        state=State.MADE,
        was=was,
        decided_by=by,
        decided_at=Now(),
        decision_reason=reason if correction.needs_second else "",
        batch=batch,
    )
    correction.refresh_from_db()
    if batch is not None and correction.needs_second:
        batches.approve(batch, by=by, reason=reason)
    elif batch is not None:
        batches.approve_alone(batch, by=by, reason=correction.reason)
    _demand_that_they_can_be_issued(made)
    successions.decide(
        zip(former, made, strict=True),
        by=by,
        reason=f"Superseded: {correction.reason}",
        leads_on=correction.leads_on,
    )
    if batch is not None and correction.tells_learner:
        award_mails.announce(batch)
    ledger.append("correction.made", correction, by=by, reason=reason)
    return correction


def _change(learner: Learner, changes: Mapping[str, str]) -> dict[str, str]:
    """Change the record; what it said before."""
    was = {field: getattr(learner, field) for field in changes}
    if "email" in changes:
        learner_mails.move({learner.pk: changes["email"]})
    if changes:
        Learner.objects.filter(pk=learner.pk).update(**changes)
    return was


def _demand_that_they_can_be_issued(made: Collection[Award]) -> None:
    """Nothing is corrected by what the issuer would refuse."""
    found = Award.objects.filter(pk__in=[award.pk for award in made])
    statements, refused = composition.compose_possible(found)
    problems = [*refused.values(), *map(credentials.why_refused, statements)]
    if why := "; ".join(filter(None, problems)):
        raise WrongState(f"The new credential could not be issued: {why}")


def _others(correction: Correction, learner: Learner) -> bool:
    """Whether more is to be superseded than when it was asked for."""
    known = set(correction.corrected.values_list("award", flat=True))
    found = effects(learner, correction.changes)
    return _is_being_issued(learner, correction.changes) or any(
        each.is_superseded and each.award.pk not in known for each in found
    )


def _title(made: Sequence[Award]) -> str:
    if len(made) > 1:
        return f"Correction of {len(made)} credentials"
    return f"Correction, {made[0].revision.name}"[:200]


def _succeeding(former: Collection[Award], correction: Correction) -> list[Award]:
    """Store the awards that take the place of the former ones, in one batch to come."""
    batch = uuid4()
    if correction.as_of_today:
        today = [awards_again.as_of_today(award, by=correction.by) for award in former]
        made = [each for found in today for each in found]
        if len(made) < len(former):
            raise WrongState("The award rule is no longer met: withdraw the award instead.")
    else:
        followers = award_chains.Followers(former)
        made = [
            followers.of(
                award,
                revision=award.revision,
                awarded_on=award.awarded_on,
                valid_until=award.valid_until,
                evidence=award.evidence,
                results=award.results,
                reasons=award.reasons,
                decided_by=correction.by,
            )
            for award in former
        ]
    for position, award in enumerate(made):
        award.batch_id, award.position = batch, position
    Award.objects.bulk_create(made)
    return made


# Who decides


def _locked(correction: Correction) -> Correction:
    found = Correction.objects.select_for_update().get(pk=correction.pk)
    if found.state != State.WAITING:
        raise WrongState
    return found


def _demand_to_decide(correction: Correction, *, by: User) -> None:
    if by.pk == correction.by_id:
        raise SamePerson
    _demand(CONFIRM, correction.awards.all(), correction.as_of_today, by=by)


def _demand(right: str, of: Iterable[Award], is_of_an_award: bool, *, by: User) -> None:
    """A learner's record concerns the whole institution, a credential the unit of its template."""
    if not is_of_an_award:
        roles.demand_for_all(by, right)
    for award in of:
        roles.demand(by, right, unit=award.template.unit)
