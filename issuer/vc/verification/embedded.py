"""Credentials and endorsements that stand inside of a credential, each secured by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from issuer.vc import credential, json_pointers, walk
from issuer.vc.errors import OutOfBounds
from issuer.vc.verification.report import Check, Failed, made
from issuer.vc.verification.shown import Thing, thing

MAX_DEPTH = 64


class Role(StrEnum):
    """As what something is embedded."""

    CREDENTIAL = "credential"
    ENDORSEMENT = "endorsement"


# Open Badges 3.0 and CLR 2.0: the members that hold what is signed by itself.
_ROLES = {
    "verifiableCredential": Role.CREDENTIAL,
    "endorsement": Role.ENDORSEMENT,
    "endorsementJwt": Role.ENDORSEMENT,
}
_NOT_STATED = frozenset({"@context", "proof"})


@dataclass(frozen=True)
class Embedded:
    """Something embedded: where (a JSON Pointer), as what, and what was found there."""

    pointer: str
    role: Role
    content: object


def find(document: dict[str, Any]) -> Iterator[Embedded]:
    """Yield what is embedded at any depth, in order; what is inside of it is for another call.

    Open Badges 3.0, "endorsement" and "endorsementJwt" of credential, achievement and
    profile; CLR 2.0, "verifiableCredential". Raises OutOfBounds for what is nested too deeply.
    """
    return _find(document, "", 0)


def _find(value: object, pointer: str, depth: int) -> Iterator[Embedded]:
    if depth > MAX_DEPTH:
        raise OutOfBounds(f"The document is nested more than {MAX_DEPTH} deep.")
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from _find(item, f"{pointer}/{index}", depth + 1)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name in _ROLES:
                for where, content in walk.each(value, name, pointer):
                    yield Embedded(where, _ROLES[name], content)
            elif isinstance(member, dict | list) and name not in _NOT_STATED:
                where = f"{pointer}/{json_pointers.escape(str(name))}"
                yield from _find(member, where, depth + 1)


def endorsed(endorsement: dict[str, Any] | None, holder: dict[str, Any]) -> Check:
    """Check that what stands as an endorsement is one, of something in what holds it.

    Else an endorsement of somebody else could be put on show (Open Badges 3.0,
    "EndorsementSubject": its id is that of what is endorsed).
    """

    def look() -> str:
        if endorsement is None or thing(endorsement) is not Thing.ENDORSEMENT:
            raise Failed("What stands as an endorsement is none.")
        about = credential.subject_id(endorsement)
        if not isinstance(about, str) or about not in set(_ids(holder)):
            raise Failed("The endorsement is about something else than what it is attached to.")
        return f"The endorsement is about {about}, which it is attached to."

    return made("endorsed", look)


def _ids(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _ids(item)
    elif isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value["id"]
        for name, member in value.items():
            if name not in _NOT_STATED and name not in _ROLES:
                yield from _ids(member)
