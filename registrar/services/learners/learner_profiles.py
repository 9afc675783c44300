"""A learner as an Open Badges Profile: what the record says, and what they add themselves."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

from issuer.services import ledger
from issuer.vc import classes, openbadges
from issuer.vc.json_text import holds_nul
from registrar.errors import ProfileRefused
from registrar.models import LearnerAccount

# Names and addresses come from the record; who wants to change them asks the college.
OF_THE_RECORD: Final = ("id", "type", "name", "givenName", "familyName", "email")
OWN: Final = (
    "url",
    "phone",
    "description",
    "image",
    "address",
    "additionalName",
    "patronymicName",
    "honorificPrefix",
    "honorificSuffix",
    "familyNamePrefix",
)
CONTEXT: Final = "@context"


def profile(account: LearnerAccount) -> dict[str, Any]:
    """The learner's profile."""
    learner = account.learner
    names = {
        "name": learner.name,
        "givenName": learner.given_name,
        "familyName": learner.family_name,
        "email": learner.email,
    }
    return {
        CONTEXT: [*openbadges.CONTEXTS[:2]],
        "id": f"urn:uuid:{account.pk}",
        "type": ["Profile"],
        **{name: value for name, value in names.items() if value},
        **account.stated,
    }


@transaction.atomic
def update(account: LearnerAccount, said: Mapping[str, Any]) -> bool:
    """Let what the learner adds be this and nothing else; whether that changes anything.

    What the record says may be repeated and not changed. Raises ProfileRefused, which names what
    cannot be taken.
    """
    held = LearnerAccount.objects.select_for_update(of=("self",)).select_related("learner")
    account = held.get(pk=account.pk)
    recorded = profile(account)
    for name in OF_THE_RECORD:
        if name in said and _one(said[name]) != _one(recorded.get(name)):
            raise ProfileRefused(f"{name} comes from the college's record. Ask the college.")
    if unknown := sorted(set(said) - {CONTEXT, *OF_THE_RECORD, *OWN}):
        raise ProfileRefused(f"{', '.join(unknown)}: this is not kept here.")
    stated = {name: said[name] for name in OWN if name in said}
    whole = {"id": recorded["id"], "type": recorded["type"], **stated}
    if faults := list(classes.problems(whole, openbadges.Profile, "")):
        raise ProfileRefused(f"{faults[0].pointer}: {faults[0].message}")
    if holds_nul(stated):
        raise ProfileRefused("A text holds a NUL character. Leave it out.")
    if stated == account.stated:
        return False
    LearnerAccount.objects.filter(pk=account.pk).update(stated=stated)
    ledger.append(
        "learner.profile_changed",
        account.learner,
        by="learner",
        details={"members": sorted(stated)},
    )
    return True


def _one(value: object) -> object:
    """A single value, with or without its array."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
