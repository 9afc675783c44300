"""Propose a change of a template without the right to draft; take it up, or decline it."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from issuer.errors import ReasonMissing, WrongState
from issuer.services import ledger
from registrar.models import CredentialTemplate, Revision, TemplateProposal
from registrar.services.college import roles
from registrar.services.drafting import templates

PROPOSE = "registrar.propose_revision"
DRAFT = "registrar.draft_revision"

State = TemplateProposal.State


def open_to(person: User) -> QuerySet[CredentialTemplate]:
    """The templates of the units in which they may propose."""
    return CredentialTemplate.objects.named().filter(unit__in=roles.reach(person, PROPOSE))


@transaction.atomic
def propose(
    template: CredentialTemplate,
    *,
    by: User,
    reason: str,
    description: str = "",
    criteria: str = "",
) -> TemplateProposal:
    """Ask for other words, or for whatever the reason says. Raises ReasonMissing without one."""
    roles.demand(by, PROPOSE, unit=template.unit)
    if not reason.strip():
        raise ReasonMissing
    proposal = TemplateProposal.objects.create(
        template=template,
        by=by,
        reason=reason.strip(),
        description=description.strip(),
        criteria=criteria.strip(),
    )
    ledger.append("templateproposal.made", proposal, by=by)
    return proposal


@transaction.atomic
def take_up(proposal: TemplateProposal, *, by: User) -> Revision:
    """Begin the next revision with the proposed words; whoever proposed them cannot approve it.

    Raises WrongState while another revision of the template is in work.
    """
    revision = templates.revise(proposal.template, by=by)
    words: dict[str, Any] = {"description": proposal.description, "criteria": proposal.criteria}
    templates.edit(revision, by=by, **{name: said for name, said in words.items() if said})
    _decide(proposal, State.TAKEN_UP, by=by, revision=revision)
    ledger.append(
        "templateproposal.taken_up", proposal, by=by, details={"revision": str(revision.pk)}
    )
    return revision


@transaction.atomic
def decline(proposal: TemplateProposal, *, by: User, reason: str) -> TemplateProposal:
    """Leave the template as it is, and say why."""
    roles.demand(by, DRAFT, unit=proposal.template.unit)
    if not reason.strip():
        raise ReasonMissing
    _decide(proposal, State.DECLINED, by=by, answer=reason.strip())
    ledger.append("templateproposal.declined", proposal, by=by, reason=reason)
    return proposal


def _decide(proposal: TemplateProposal, state: str, *, by: User, **fields: object) -> None:
    waiting = TemplateProposal.objects.filter(pk=proposal.pk, state=State.WAITING)
    if not waiting.update(state=state, decided_by=by, decided_at=Now(), **fields):
        raise WrongState
    proposal.refresh_from_db()
