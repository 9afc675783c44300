"""Bitstring Status List 1.0: the entries by which a credential can be withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from issuer.vc import status_list, walk
from issuer.vc.errors import Finding, VcError

SECTION = "Bitstring Status List 1.0, BitstringStatusListEntry"


def entries(document: dict[str, Any]) -> Iterator[Finding]:
    """Every entry of this kind can be read, and names its list (section "Entry")."""
    for pointer, entry in walk.each_object(document, "credentialStatus"):
        if status_list.ENTRY_TYPE in walk.types(entry):
            for member, message in status_list.entry_problems(entry):
                yield Finding("wrong_value", f"{pointer}/{member}", message, SECTION)


def college_entry(document: dict[str, Any]) -> Iterator[Finding]:
    """The one entry is as the college makes it: for revocation or suspension, with its own id."""
    entry = document.get("credentialStatus")
    if not isinstance(entry, dict):
        return
    if entry.get("type") != status_list.ENTRY_TYPE:
        message = f'This must be "{status_list.ENTRY_TYPE}".'
        yield Finding("wrong_type", "/credentialStatus/type", message, SECTION)
    if entry.get("statusPurpose") not in (status_list.REVOCATION, status_list.SUSPENSION):
        message = "The purpose must be revocation or suspension."
        yield Finding("wrong_value", "/credentialStatus/statusPurpose", message, SECTION)
    try:
        status_list.parse_index(entry.get("statusListIndex"))
    except VcError as error:
        yield Finding("wrong_value", "/credentialStatus/statusListIndex", str(error), SECTION)
    if entry.get("id") != f"{entry.get('statusListCredential')}#{entry.get('statusListIndex')}":
        message = "The id must be the list's address with the index as fragment."
        yield Finding("wrong_value", "/credentialStatus/id", message, SECTION)


def no_list(document: dict[str, Any]) -> Iterator[Finding]:
    """It is no status list: with one, who may issue could undo what was withdrawn."""
    for pointer, value in walk.objects(document):
        if {status_list.CREDENTIAL_TYPE, status_list.LIST_TYPE} & set(walk.types(value)):
            message = "Status lists are published by the service itself, and composed by nobody."
            yield Finding("status_list", f"{pointer}/type", message, SECTION)
