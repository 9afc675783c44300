"""In which state the credentials of some awards are, asked once for all of them."""

from collections.abc import Iterable

from issuer.models import Batch, SecuredDocument, StatusChange, StatusList
from registrar.models import Award

_LAST: dict[str, str] = {
    StatusList.Purpose.REVOCATION: "revoked",
    StatusList.Purpose.SUSPENSION: "suspended",
}


def credential_states(awards: Iterable[Award]) -> dict[int, str]:
    """By award: prepared, declined, requested, valid, suspended or revoked."""
    awards = list(awards)
    credentials = [award.credential_id for award in awards]
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
    return {award.pk: _state(award, signed, withdrawn) for award in awards}


def _state(award: Award, signed: set, withdrawn: dict[object, str]) -> str:
    if award.batch.state in (Batch.State.PREPARED, Batch.State.DECLINED):
        return award.batch.state
    if award.credential_id in withdrawn:
        return withdrawn[award.credential_id]
    return "valid" if award.credential_id in signed else "requested"
