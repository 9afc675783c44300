"""In which state the credentials of some awards are, asked once for all of them."""

from collections.abc import Iterable

from issuer.models import Batch, SecuredDocument, StatusChange, StatusList
from registrar.models import Award
from registrar.services import awards

_LAST: dict[str, str] = {
    StatusList.Purpose.REVOCATION: "revoked",
    StatusList.Purpose.SUSPENSION: "suspended",
}


def credential_states(made: Iterable[Award]) -> dict[int, str]:
    """By award: prepared, declined, failed, requested, valid, suspended or revoked."""
    made = list(made)
    credentials = [award.credential_id for award in made]
    signed = set(
        SecuredDocument.objects.filter(
            verifiable_credential__credential__in=credentials
        ).values_list("verifiable_credential__credential", flat=True)
    )
    withdrawn: dict[object, str] = {}
    changes = StatusChange.objects.filter(verifiable_credential__credential__in=credentials)
    for credential, purpose, value in changes.order_by("pk").values_list(
        "verifiable_credential__credential",
        "verifiable_credential__status_list__purpose",
        "value",
    ):
        if withdrawn.get(credential) == "revoked":
            continue
        withdrawn[credential] = _LAST[purpose] if value else "valid"
    failed = set(
        awards.failed().filter(pk__in=[award.pk for award in made]).values_list("pk", flat=True)
    )
    return {
        award.pk: "failed" if award.pk in failed else _state(award, signed, withdrawn)
        for award in made
    }


def _state(award: Award, signed: set, withdrawn: dict[object, str]) -> str:
    if award.batch.state in (Batch.State.PREPARED, Batch.State.DECLINED):
        return award.batch.state
    if award.credential_id in withdrawn:
        return withdrawn[award.credential_id]
    return "valid" if award.credential_id in signed else "requested"
