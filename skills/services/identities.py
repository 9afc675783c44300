"""Which UUID and which address a framework or skill has here."""

import re
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings

from skills.models import Framework, Skill
from skills.writers import ends

_AT_THE_END: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE
)


def of_framework(identifier: str) -> UUID:
    """The framework's own UUID, unless another one has it; or else one that its identifier makes.

    The same framework may be known by a UUID in CASE and by a CTID of that UUID in CTDL-ASN.
    """
    others = Framework.objects.exclude(identifier=identifier)
    candidates = _candidates(_own(identifier), identifier)
    return next(each for each in candidates if not others.filter(uuid=each).exists())


def of_skills(framework: str, identifiers: Iterable[str]) -> dict[str, UUID]:
    """A UUID for each new skill of a framework.

    It is the one that the identifier is, or ends in, unless another skill has it: the same item
    may be in two frameworks. Then it is one that both identifiers make.
    """
    found: dict[str, UUID] = {}
    waiting = {
        identifier: _candidates(_own(identifier), f"{framework}\n{identifier}")
        for identifier in identifiers
    }
    given: set[UUID] = set()
    while waiting:
        asked = {identifier: next(candidates) for identifier, candidates in waiting.items()}
        taken = set(Skill.objects.filter(uuid__in=asked.values()).values_list("uuid", flat=True))
        for identifier, uuid in asked.items():
            if uuid not in taken and uuid not in given:
                given.add(uuid)
                found[identifier] = uuid
                del waiting[identifier]
    return found


def address(uuid: UUID) -> str:
    """Where everybody finds the skill here."""
    return f"{settings.BASE_URL}/skills/{uuid}"


def framework_address(uuid: UUID) -> str:
    """Where everybody finds the framework here."""
    return f"{settings.BASE_URL}/frameworks/{uuid}"


def public_address(skill: Skill) -> str:
    """What credentials lead to: our page for what is our own or has no page elsewhere.

    Our pages answer for retired skills too; a foreign one is its publisher's to keep.
    """
    if skill.framework.is_own or not is_web(skill.uri):
        return address(skill.uuid)
    return skill.uri


def published(identifier: str, uuid: UUID) -> str:
    """What others know it by: its source's UUID or CTID, else the UUID that it has here."""
    return identifier.lower() if ends.uuid_in(identifier) else str(uuid)


def of_cf_item(skill: Skill) -> str:
    """The identifier of the CASE item that we publish it as."""
    return ends.uuid_in(skill.identifier) or str(skill.uuid)


def is_web(uri: str) -> bool:
    """Whether one can follow it."""
    return uri.startswith(("https://", "http://"))


def _candidates(own: UUID | None, name: str) -> Iterator[UUID]:
    """The UUIDs that something may have, the best first: its own, then such as its name makes."""
    if own is not None:
        yield own
    yield uuid5(NAMESPACE_URL, name)
    # A file may claim even what a name makes as an identifier of its own.
    for number in count(2):
        yield uuid5(NAMESPACE_URL, f"{name}\n{number}")


def _own(identifier: str) -> UUID | None:
    found = _AT_THE_END.search(identifier)
    return UUID(found[0]) if found else None
