"""Requests to change a status: read them strictly, and see that they mean the entry there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from issuer.models import Credential
from issuer.vc import status_list
from issuer.vc_api import messages
from issuer.vc_api.messages import Message, Refused, problem

_MEMBERS = ("credentialId", "credentialStatus", "status")
_ENTRY = ("type", "statusPurpose", "id", "statusListIndex", "statusListCredential")
_REQUIRED = ("type", "statusPurpose")


@dataclass(frozen=True)
class StatusRequest:
    """Set or lift the status of the credential of this id, in the entry described like this."""

    credential_id: str
    entry: dict[str, str]
    value: bool


def read(request: HttpRequest) -> StatusRequest:
    """Read the request; raises Refused with everything that is wrong."""
    message = messages.read(request, members=_MEMBERS, options=())
    if wrong := _wrong_members(message):
        raise Refused(*wrong)
    members = message.members
    return StatusRequest(members["credentialId"], members["credentialStatus"], members["status"])


def require_entry(credential: Credential, asked: dict[str, str]) -> None:
    """See that the credential has such an entry; raises Refused for all members that differ."""
    wrong = [_wrong("The credential has no status entry.", "/credentialStatus")]
    forms = credential.verifiable_credentials.select_related("status_list")
    for form in forms.defer("status_list__permutation"):
        entry = status_list.entry(
            list_url=form.status_list.url,
            index=form.status_index,
            purpose=form.status_list.purpose,
        )
        wrong = [
            _wrong(f"The credential's own entry has another {name}.", f"/credentialStatus/{name}")
            for name, value in asked.items()
            if entry[name] != value
        ]
        if not wrong:
            return
    raise Refused(*wrong)


def _wrong_members(message: Message) -> list[dict[str, Any]]:
    members, wrong = message.members, []
    if not isinstance(members.get("credentialId"), str):
        wrong.append(_wrong("credentialId is not a text.", "/credentialId"))
    if not isinstance(members.get("status"), bool):
        wrong.append(_wrong("status is neither true nor false.", "/status"))
    entry = members.get("credentialStatus")
    if not isinstance(entry, dict):
        return [*wrong, _wrong("credentialStatus is not an object.", "/credentialStatus")]
    unknown = [f"credentialStatus.{name}" for name in entry if name not in _ENTRY]
    wrong += map(messages.unknown_option, unknown)
    if "options" in members:
        wrong.append(messages.unknown_option("options"))
    wrong += [
        _wrong(f"{name} is not a text.", f"/credentialStatus/{name}")
        for name in _ENTRY
        if (name in entry or name in _REQUIRED) and not isinstance(entry.get(name), str)
    ]
    return wrong


def _wrong(said: str, pointer: str) -> dict[str, Any]:
    return problem("MALFORMED_VALUE_ERROR", said, pointer=pointer)
