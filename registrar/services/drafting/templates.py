"""Draft what a credential says, have a second person approve it, and publish it."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from issuer.errors import ReasonMissing, SamePerson, WrongState
from issuer.services import achievements, events, ledger
from issuer.services.clients import Actor
from registrar.errors import CodeTaken, Gap, Incomplete, NoApprover, NotAllowed
from registrar.models import (
    Comment,
    CredentialTemplate,
    OrganizationUnit,
    Revision,
    RevisionSkill,
    TemplateProposal,
)
from registrar.services.college import api_clients, event_types, people, roles
from registrar.services.drafting import credential_facts, publication, readiness
from skills.models import Skill

State = Revision.State
_APPROVE = "registrar.approve_revision"
# Why something cannot be done with a revision in this state, and what can.
_STANDS = {
    State.DRAFT: "It is a draft. Submit it first.",
    State.SUBMITTED: "It is submitted. Whoever wrote it takes it back at the desk, or whoever may "
    "approve it sends it back; then it can be changed.",
    State.APPROVED: "It is approved, and stays as it is. Begin the next revision instead.",
    State.RETIRED: "It is retired, and stays as it is. Begin the next revision instead.",
}
_WRITING = tuple(f"revision.{act}" for act in ("drafted", "edited", "submitted"))

# What a revision says in plain words, and systems read and write as people do.
COMMON_WORDING = (
    "name",
    "description",
    "criteria",
    "kind",
    "achievement_type",
    "human_code",
    "language",
    "credit",
    "credits",
    "credit_unit",
    "level",
    "hours",
    "assessment",
    "is_supervised",
    "identity_checked",
    "evidence_rule",
    "valid_for",
    "renewal",
    "not_stated_because",
    "includes_name",
    "status_purpose",
    "awarding",
    "tells_learners",
)
WORDING = (
    *COMMON_WORDING,
    "note",
    "image",
    "image_alternative",
    "result_descriptions",
    "pilot_unit",
    "rule",
)


@transaction.atomic
def draft(
    slug: str,
    *,
    unit: OrganizationUnit,
    by: Actor,
    skills: Iterable[Skill] = (),
    levels: Mapping[int, str] | None = None,
    **wording: Any,
) -> Revision:
    """Begin a new template; its first revision is a draft. `wording` are the fields in WORDING.

    `levels` say how far a skill is attested, by the skill's key. A system may draft, too, and never
    approve. A kind without an achievement
    type gets the type that is proposed for it. A result description without an id gets one, which
    it keeps in all later revisions. Raises CodeTaken if there is a template of that short name.
    """
    _demand_to_draft(unit, by=by)
    try:
        with transaction.atomic():
            template = CredentialTemplate.objects.create(slug=slug, unit=unit)
    except IntegrityError:
        raise CodeTaken("There is a template of this short name. Choose another.") from None
    revision = Revision.objects.create(
        template=template, number=1, **_written_by(by), **_settled(wording)
    )
    _attest(revision, skills, levels or {})
    _note("drafted", revision, by=by)
    return revision


@transaction.atomic
def revise(template: CredentialTemplate, *, by: Actor) -> Revision:
    """Begin the next revision as a copy of the newest one.

    Raises WrongState while another revision is being drafted or waits for approval.
    """
    _demand_to_draft(template.unit, by=by)
    # Locked, because two revisions begun at the same moment would get the same number.
    CredentialTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
    if template.revisions.filter(state__in=[State.DRAFT, State.SUBMITTED]).exists():
        raise WrongState("There is a revision in work already. Finish that one first.")
    newest = template.revisions.latest("number")
    wording = {field: getattr(newest, field) for field in WORDING}
    revision = Revision.objects.create(
        template=template, number=newest.number + 1, **_written_by(by), **wording
    )
    _attest(
        revision, publication.skills(newest), dict(newest.attested.values_list("skill", "level"))
    )
    _note("drafted", revision, by=by)
    return revision


@transaction.atomic
def promote(template: CredentialTemplate, *, by: User) -> Revision:
    """Begin the revision after a pilot: a draft that says the same, for the whole college.

    Raises WrongState if the newest revision is no pilot.
    """
    revision = revise(template, by=by)
    if revision.pilot_unit is None:
        raise WrongState("Its newest revision is no pilot.")
    return edit(revision, by=by, pilot_unit=None)


@transaction.atomic
def edit(
    revision: Revision,
    *,
    by: Actor,
    skills: Iterable[Skill] | None = None,
    levels: Mapping[int, str] | None = None,
    **wording: Any,
) -> Revision:
    """Change a draft. Raises WrongState once it has been submitted.

    Whoever has edited a draft counts as one of its authors and cannot approve it.
    """
    _demand_to_draft(revision.template.unit, by=by)
    # The state is set to itself, so that an edit without wording is refused like any other.
    changed = Revision.objects.filter(pk=revision.pk, state=State.DRAFT).update(
        state=State.DRAFT, **_settled(wording)
    )
    if not changed:
        raise _wrong_state(revision)
    if skills is not None:
        _attest(revision, skills, levels or {})
    revision.refresh_from_db()
    _note("edited", revision, by=by)
    return revision


def hold(revision: Revision) -> None:
    """Let nobody else change a revision until the commit. To be called in a transaction."""
    Revision.objects.select_for_update().get(pk=revision.pk)


@transaction.atomic
def submit(revision: Revision, *, by: Actor) -> Revision:
    """Hand a draft in for approval. Raises Incomplete, which names all that is missing.

    Where nobody could approve it, that is missing, too; where it is all, NoApprover is raised.
    """
    _demand_to_draft(revision.template.unit, by=by)
    _move(revision, State.DRAFT, State.SUBMITTED, submitted_at=Now())
    gaps, nobody = readiness.missing(revision), lacks_approver(revision, by=by)
    if gaps or nobody:
        raise (Incomplete if gaps else NoApprover)([*gaps, *nobody])
    _note("submitted", revision, by=by)
    return revision


@transaction.atomic
def send_back(revision: Revision, *, by: User, reason: str) -> Revision:
    """Make a submitted revision a draft again, and tell its author why."""
    roles.demand(by, _APPROVE, unit=revision.template.unit)
    if not reason.strip():
        raise ReasonMissing
    _move(revision, State.SUBMITTED, State.DRAFT, submitted_at=None)
    _note("sent_back", revision, by=by, reason=reason)
    return revision


@transaction.atomic
def take_back(revision: Revision, *, by: User) -> Revision:
    """Make a submitted revision a draft again: one's own, as long as nobody has decided on it."""
    _demand_to_draft(revision.template.unit, by=by)
    if not has_written(by, revision):
        raise NotAllowed("Only who wrote it takes it back. Whoever may approve it sends it back.")
    _move(revision, State.SUBMITTED, State.DRAFT, submitted_at=None)
    _note("taken_back", revision, by=by)
    return revision


def lacks_approver(revision: Revision, *, by: Actor | None = None) -> list[Gap]:
    """What stands in the way where nobody could approve it; else nothing.

    Whoever had a hand in it cannot, nor who submits it, `by`.
    """
    unit = revision.template.unit
    able = roles.able(_APPROVE, unit)
    if any(not (_is_meant(each, by) or has_written(each, revision)) for each in able):
        return []
    needs, remedy = "an approver", f"Have an administrator make somebody approver of {unit}"
    if roles.holders(_APPROVE, unit):
        needs += " who had no hand in it: everybody who could approve it has"
        remedy += " who has no part in this."
    elif unit.parent_id is not None:
        needs += f": nobody is one for {unit}, nor for what it is a part of"
        remedy += ", or of what it is a part of."
    elif unit == people.institution():
        needs += f": nobody is one for {unit}"
        remedy += "."
    else:
        needs += f": nobody is one for {unit}, and it is part of nothing"
        remedy += ", or say what it is a part of."
    return [Gap("/organisation", NoApprover.code, needs, remedy)]


def _is_meant(person: User, by: Actor | None) -> bool:
    """Whether a person acts, or could sign in as the system that does."""
    if by is None or isinstance(by, User):
        return person == by
    return api_clients.could_sign_in_as(person, of=[by.id])


def approve(revision: Revision, *, by: User) -> Revision:
    """Approve what a colleague wrote, and publish it as an Open Badges Achievement.

    1. Refuse everyone who drafted, edited or submitted it, whatever their rights.
    2. Publish the Achievement.
    3. Retire the revision that was approved before; its awards keep it.
    4. Approve this one. From now on it never changes.

    Raises SamePerson for 1, and enters the try in the ledger: not to be called in a transaction
    that ends with it.
    """
    try:
        return _approve(revision, by=by)
    except SamePerson as refused:
        note_refusal(revision, by=by, reason=str(refused))
        raise


def note_refusal(revision: Revision, *, by: User, reason: str) -> None:
    """Enter in the ledger that an author tried to approve what they wrote; nobody else's try."""
    if has_written(by, revision):
        _note("approval_refused", revision, by=by, reason=reason)


def has_written(person: User, revision: Revision) -> bool:
    """Whether they have drafted, edited or submitted it, or proposed what it says.

    What a system wrote, whoever was shown the system's secret or gave it keys can have written.
    """
    return revision.pk in written_by(person, among=[revision])


def written_by(person: User, *, among: Iterable[Revision]) -> set[int]:
    """Those of these revisions, by key, that `has_written` says of them."""
    by_name = {ledger.name_of(each): each for each in among}
    touched = api_clients.acted_on(person, subjects=by_name.keys(), acts=_WRITING)
    proposed = TemplateProposal.objects.filter(by=person, revision__in=by_name.values())
    return {
        *(each.pk for each in by_name.values() if each.author_id == person.pk),
        *(by_name[name].pk for name in touched),
        *proposed.values_list("revision", flat=True),
    }


def written_as(person: User, revision: Revision) -> str:
    """The system, by its name, for which alone `has_written` says so of them; else nothing."""
    proposed = TemplateProposal.objects.filter(by=person, revision=revision)
    if revision.author_id == person.pk or proposed.exists():
        return ""
    return api_clients.acted_as(person, subject=ledger.name_of(revision), acts=_WRITING)


def to_decide(person: User) -> QuerySet[Revision]:
    """What waits for somebody like this person: what they may approve, and have not written."""
    submitted = Revision.objects.filter(
        state=State.SUBMITTED, template__unit__in=roles.reach(person, _APPROVE)
    )
    return submitted.exclude(pk__in=written_by(person, among=submitted))


@transaction.atomic
def _approve(revision: Revision, *, by: User) -> Revision:
    roles.demand(by, _APPROVE, unit=revision.template.unit)
    # Locked, because what is published must be what is approved.
    revision = Revision.objects.select_for_update().get(pk=revision.pk)
    if has_written(by, revision):
        raise SamePerson("Whoever wrote it cannot approve it. Ask a second person.")
    if revision.state != State.SUBMITTED:
        raise _wrong_state(revision)
    if gaps := readiness.missing(revision):
        raise Incomplete(gaps)
    achievement = achievements.publish(
        lambda url: publication.achievement(revision, url), image=publication.seal(revision)
    )
    for former in revision.template.revisions.filter(state=State.APPROVED):
        _move(former, State.APPROVED, State.RETIRED, retired_at=Now())
        _note("retired", former, by=by, reason=f"Revision {revision.number} takes its place")
    _move(
        revision,
        State.SUBMITTED,
        State.APPROVED,
        approved_by=by,
        approved_at=Now(),
        achievement=achievement,
    )
    _tell(event_types.TEMPLATE_APPROVED, revision)
    _note("approved", revision, by=by, details={"achievement": str(achievement.pk)})
    return revision


@transaction.atomic
def comment(revision: Revision, text: str, *, by: User) -> Comment:
    """Write to whoever drafts or approves it. Raises ReasonMissing for nothing to say."""
    roles.demand(by, "registrar.view_revision")
    if not text.strip():
        raise ReasonMissing("Write something first.")
    said = Comment.objects.create(revision=revision, text=text.strip(), by=by)
    _note("commented", revision, by=by)
    return said


@transaction.atomic
def retire(revision: Revision, *, by: User, reason: str) -> Revision:
    """Stop awarding by an approved revision. What was awarded by it stays as it is."""
    roles.demand(by, _APPROVE, unit=revision.template.unit)
    if not reason.strip():
        raise ReasonMissing
    _move(revision, State.APPROVED, State.RETIRED, retired_at=Now())
    _tell(event_types.TEMPLATE_RETIRED, revision)
    _note("retired", revision, by=by, reason=reason)
    return revision


def _tell(type: events.EventType, revision: Revision) -> None:
    events.tell(type, lambda: events.thing(revision.template_id, at="/api/v1/templates"))


def _demand_to_draft(unit: OrganizationUnit, *, by: Actor) -> None:
    """Of a system the scope was asked."""
    if isinstance(by, User):
        roles.demand(by, "registrar.draft_revision", unit=unit)


def _written_by(by: Actor) -> dict[str, Any]:
    if isinstance(by, User):
        return {"author": by}
    return {"author": people.nobody(), "client": by.name}


def _settled(wording: dict[str, Any]) -> dict[str, Any]:
    unknown = set(wording) - set(WORDING)
    if unknown:
        raise TypeError(f"A revision has no {', '.join(sorted(unknown))}.")
    if wording.get("kind") and not wording.get("achievement_type"):
        wording["achievement_type"] = credential_facts.PROPOSED_TYPES[wording["kind"]]
    if "result_descriptions" in wording:
        wording["result_descriptions"] = [
            {**described, "id": described.get("id") or uuid.uuid4().urn}
            for described in wording["result_descriptions"]
        ]
    return wording


def _attest(revision: Revision, skills: Iterable[Skill], levels: Mapping[int, str]) -> None:
    revision.attested.all().delete()
    RevisionSkill.objects.bulk_create(
        RevisionSkill(revision=revision, skill=skill, level=levels.get(skill.pk, ""))
        for skill in dict.fromkeys(skills)
    )


def _move(revision: Revision, old: str, new: str, **fields: Any) -> None:
    moved = Revision.objects.filter(pk=revision.pk, state=old).update(state=new, **fields)
    if not moved:
        raise _wrong_state(revision)
    revision.refresh_from_db()


def _wrong_state(revision: Revision) -> WrongState:
    """In which state it is by now, and what can be done."""
    now = Revision.objects.values_list("state", flat=True).get(pk=revision.pk)
    return WrongState(_STANDS[State(now)])


def _note(
    act: str,
    revision: Revision,
    *,
    by: Actor,
    reason: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    named = {"template": str(revision.template_id), "number": revision.number}
    ledger.append(
        f"revision.{act}", revision, by=by, reason=reason, details=named | (details or {})
    )
