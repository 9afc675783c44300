"""Take credentials back: withdraw, suspend and reinstate them, one or a batch as a whole."""

from typing import cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from issuer.errors import NotIssued, WrongState
from issuer.models import Batch, Credential, StatusChange, StatusList
from issuer.services import status
from registrar.models import Award, Correction, Succession
from registrar.models.awards import OVER
from registrar.services.awarding import award_chains, awards, withdrawal_mails
from registrar.services.college import roles


@transaction.atomic
def withdraw(award: Award, *, by: User, reason: str) -> StatusChange:
    """Take an award back for good: its credential is revoked.

    What a correction is about to put in its place is withdrawn with it. Raises WrongState where
    that is not composed yet, and what `issuer.services.status.revoke` raises; to withdraw again
    changes nothing.
    """
    roles.demand(by, "issuer.revoke_credential", unit=award.template.unit)
    credential = _credential(award)
    if credential is None:
        raise NotIssued
    return _take_back(credential, by=by, reason=reason)


@transaction.atomic
def revoke(credential: Credential, *, by: User, reason: str) -> StatusChange:
    """Withdraw the award behind a credential, or revoke what a system composed by itself.

    The latter concerns the whole institution. Raises NotIssued when nobody here has issued it,
    and what `withdraw` raises.
    """
    _demand_to_take_back(credential, by=by)
    return _take_back(credential, by=by, reason=reason)


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
    a mail with the reason. Raises WrongState while a correction is not composed yet, and what
    `issuer.services.status.revoke_all` raises.
    """
    _demand_to_take_back_all(batch, by=by)
    corrected = _composed(award_chains.corrected_in_force(batch))
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
    return list(_with_a_form(standing))


@transaction.atomic
def suspend_all(batch: Batch, *, by: User, reason: str) -> int:
    """Suspend every credential of an issued batch that can be, at once; how many those are.

    What was corrected since is suspended with it, now or as soon as it is signed. Raises what
    `issuer.services.status.suspend_all` raises.
    """
    _demand_to_take_back_all(batch, by=by)
    corrected = corrected_to_suspend(batch)
    count = len(corrected)
    if not corrected or status.to_suspend(batch).exists():
        count += status.suspend_all(batch, reason=reason, by=by)
    for credential in corrected:
        status.suspend(credential, reason=reason, by=by)
    return count


@transaction.atomic
def reinstate_all(batch: Batch, *, by: User, reason: str) -> int:
    """Lift every suspension in a batch, and of what was corrected since; how many those are.

    Raises what `issuer.services.status.reinstate_all` raises.
    """
    _demand_to_take_back_all(batch, by=by)
    corrected = corrected_to_reinstate(batch)
    count = len(corrected)
    if not corrected or status.to_reinstate(batch).exists():
        count += status.reinstate_all(batch, reason=reason, by=by)
    for credential in corrected:
        status.reinstate(credential, reason=reason, by=by)
    return count


def corrected_to_suspend(batch: Batch) -> list[Credential]:
    """What took the place of some of the batch as these were corrected, and can be suspended."""
    return _corrected_that_can_be_lifted(batch, Credential.State.VALID)


def corrected_to_reinstate(batch: Batch) -> list[Credential]:
    """What took the place of some of the batch as these were corrected, and is suspended."""
    return _corrected_that_can_be_lifted(batch, Credential.State.SUSPENDED)


def may_revoke_all(user: User, batch: Batch) -> bool:
    """Whether `revoke_all`, `suspend_all` and `reinstate_all` would let this person do so."""
    units = awards.units_of(batch)
    return bool(units) and all(user.has_perm("issuer.revoke_credential", unit) for unit in units)


def may_revoke(user: User, credential: Credential, award: Award | None) -> bool:
    """Whether `revoke` would let this person do so."""
    if award is not None:
        return user.has_perm("issuer.revoke_credential", award.template.unit)
    return credential.achievement_id is None and roles.may_for_all(user, "issuer.revoke_credential")


def _take_back(credential: Credential, *, by: User, reason: str) -> StatusChange:
    """Revoke a credential, and what a correction that is being signed would put in its place."""
    pending = Succession.objects.filter(
        former__credential_id=credential.pk,
        award__batch__in=Correction.objects.exclude(batch=None).values("batch"),
        settled_at=None,
    )
    awarded = Award.objects.filter(pk__in=pending.values("award")).with_state()
    for successor in _composed(awarded.exclude(state__in=OVER)):
        status.revoke(successor, reason=reason, by=by)
    return status.revoke(credential, reason=reason, by=by)


def _composed(corrected: "QuerySet[Award]") -> list[Credential]:
    """The credentials of these awards; those without one could not be taken back."""
    credentials = list(_with_a_form(corrected))
    if len(credentials) < corrected.count():
        raise WrongState("A correction of it is being signed: wait until it is done.")
    return credentials


def _corrected_that_can_be_lifted(batch: Batch, state: Credential.State) -> list[Credential]:
    corrected = award_chains.corrected(batch).with_state().filter(state=state)
    lifted = StatusList.Purpose.SUSPENSION
    found = _with_a_form(corrected).filter(verifiable_credentials__status_list__purpose=lifted)
    return list(found)


def _with_a_form(of: "QuerySet[Award]") -> QuerySet[Credential]:
    """The credentials of these awards that can be revoked, signed or about to be."""
    found = Credential.objects.filter(
        pk__in=of.values("credential_id"), verifiable_credentials__isnull=False
    )
    return found.distinct()


def _demand_to_take_back(credential: Credential, *, by: User) -> None:
    award = Award.objects.filter(credential_id=credential.pk).first()
    if award is not None:
        roles.demand(by, "issuer.revoke_credential", unit=award.template.unit)
        return
    if credential.achievement_id is not None:
        raise NotIssued("No award stands behind this credential, so nobody here can change it.")
    roles.demand_for_all(by, "issuer.revoke_credential")


def _demand_to_take_back_all(batch: Batch, *, by: User) -> None:
    units = awards.units_of(batch)
    if not units:
        raise NotIssued("No award stands behind this batch, so it cannot be revoked as a whole.")
    for unit in units:
        roles.demand(by, "issuer.revoke_credential", unit=unit)


def _credential(award: Award) -> Credential | None:
    """The credential, which exists from the moment the batch is approved and worked on."""
    return Credential.objects.filter(pk=cast(UUID, award.credential_id)).first()
