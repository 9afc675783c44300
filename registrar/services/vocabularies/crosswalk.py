"""Links between frameworks at the registrar's desk: who may, and that the ledger has it."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from issuer.services import ledger
from issuer.services.clients import Actor, Client
from registrar.services.college import roles
from skills.models import Association
from skills.services import crosswalk
from skills.services.crosswalk import Moved, Proposal, Proposed

PROPOSE = "skills.propose_association"
REVIEW = "skills.review_association"


@transaction.atomic
def propose(proposals: Iterable[Proposal], *, by: Actor) -> Proposed:
    """Propose links as skills.services.crosswalk.propose does, each with an entry of its own."""
    person = by if isinstance(by, User) else None
    if person is not None:
        roles.demand(person, PROPOSE)
    client = by.name if isinstance(by, Client) else ""
    proposed = crosswalk.propose(proposals, by=person, client=client)
    for link in proposed.new:
        _note("proposed", link, by=by, reason=link.reason)
    return proposed


@transaction.atomic
def accept(associations: Iterable[Association], *, by: User, comment: str = "") -> Moved:
    """Accept links that somebody else proposed; what cannot be is left, with the reason."""
    roles.demand(by, REVIEW)
    return _noted("accepted", crosswalk.accept(associations, by=by, comment=comment), by, comment)


@transaction.atomic
def reject(associations: Iterable[Association], *, by: User, comment: str) -> Moved:
    """Reject links that somebody else proposed. Raises NoReason without a comment."""
    roles.demand(by, REVIEW)
    return _noted("rejected", crosswalk.reject(associations, by=by, comment=comment), by, comment)


@transaction.atomic
def withdraw(associations: Iterable[Association], *, by: User, reason: str = "") -> Moved:
    """Take back one's own proposals; who may review may also end what was accepted."""
    links = list(associations)
    roles.demand(by, REVIEW if _is_any_accepted(links) else PROPOSE)
    moved = crosswalk.withdraw(links, by=by, reason=reason)
    # Asked again of the rows that are locked: one may have been accepted since it was read.
    if _is_any_accepted(moved.done):
        roles.demand(by, REVIEW)
    return _noted("withdrawn", moved, by, reason)


def _is_any_accepted(links: Iterable[Association]) -> bool:
    return any(link.state == Association.State.ACCEPTED for link in links)


def _noted(act: str, moved: Moved, by: User, reason: str) -> Moved:
    for link in moved.done:
        _note(act, link, by=by, reason=reason)
    return moved


def _note(act: str, link: Association, *, by: Actor, reason: str) -> None:
    details: dict[str, Any] = {"kind": link.kind, "origin": link.origin_id}
    if link.destination_id is not None:
        details["destination"] = link.destination_id
    else:
        details["destination_uri"] = link.destination_uri
    ledger.append(f"association.{act}", link, by=by, reason=reason, details=details)
