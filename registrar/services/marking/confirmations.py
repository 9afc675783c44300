"""Ask somebody outside what a learner can do, such as the supervisor of an internship."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone

from issuer.errors import ReasonMissing, WrongState
from issuer.models import Institution
from issuer.services import clock, ledger, outbox
from registrar.errors import AnsweredAlready, AskedThemselves, Incomplete, LinkExpired, TakesNoPart
from registrar.models import (
    Confirmation,
    ConfirmedOutcome,
    Learner,
    LearningOpportunity,
    LearningOutcome,
    LineItem,
    Offering,
    Result,
    Term,
)
from registrar.services.college import roles, sources
from registrar.services.marking import marks, results
from registrar.services.marking.results import Entry

State = Confirmation.State
Answer = ConfirmedOutcome.Answer

# Where such results come from, as their own rows and award rules know them.
SOURCE: Final = "outside confirmation"
CONFIRMED: Final = "Confirmed"
_ACTOR: Final = "outside"
_ASK: Final = "registrar.ask_confirmation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """Somebody outside who has seen a learner at work."""

    name: str
    organization: str
    email: str


def offering_of(
    activity: LearningOpportunity, learner: Learner, *, term: Term | None = None
) -> Offering:
    """The offering of an activity (in that term) in which the learner takes part, the latest.

    Raises TakesNoPart if there is none.
    """
    found = activity.offerings.filter(enrolments__learner=learner, enrolments__retired_at=None)
    if term is not None:
        found = found.filter(term=term)
    offering = found.order_by(F("term__starts_on").desc(nulls_last=True), "-pk").first()
    if offering is None:
        raise TakesNoPart
    return offering


def askable(opportunity: LearningOpportunity) -> QuerySet[LearningOutcome]:
    """Its outcomes that hold today or will."""
    living = LearningOutcome.objects.living(timezone.localdate())
    return living.filter(opportunity=opportunity).order_by("code")


@transaction.atomic
def ask(
    offering: Offering,
    learner: Learner,
    outcomes: Iterable[LearningOutcome],
    *,
    of: Supervisor,
    by: User,
) -> Confirmation:
    """Ask whether the learner has reached these outcomes, by a mail with a link for them alone.

    The words of the outcomes are kept as they will be shown. A question to the same person about
    the same that is still open is withdrawn. Who may mark there may ask, too. Raises NotAllowed,
    TakesNoPart, AskedThemselves for an address of the learner's or one's own, Incomplete without an
    outcome, and BadAddress.
    """
    _refuse_strangers(offering, by)
    _refuse_themselves(of.email, learner, by)
    if not offering.enrolments.filter(learner=learner, retired_at=None).exists():
        raise TakesNoPart
    asked = [each for each in outcomes if each.opportunity_id == offering.opportunity_id]
    if not asked:
        raise Incomplete(["an outcome to confirm"])
    sources.hold(f"confirmation:{offering.pk}:{learner.pk}")
    _withdraw_open(offering, learner, of.email)
    confirmation = Confirmation.objects.create(
        offering=offering,
        learner=learner,
        name=of.name,
        organization=of.organization,
        email=of.email,
        asked_by=by,
        expires_at=clock.now() + timedelta(days=settings.CONFIRMATION_DAYS),
    )
    ConfirmedOutcome.objects.bulk_create(
        ConfirmedOutcome(confirmation=confirmation, outcome=each, statement=each.statement)
        for each in asked
    )
    _write(confirmation)
    details = {"outcomes": [each.pk for each in asked]}
    ledger.append("confirmation.asked", confirmation, by=by, details=details)
    return confirmation


def ask_again(confirmation: Confirmation, *, by: User) -> Confirmation:
    """Ask the same of the same person once more, with a new link; an open one ends.

    Raises what `ask` raises.
    """
    living = askable(confirmation.offering.opportunity)
    outcomes = living.filter(confirmations__confirmation=confirmation)
    supervisor = Supervisor(
        name=confirmation.name, organization=confirmation.organization, email=confirmation.email
    )
    return ask(confirmation.offering, confirmation.learner, outcomes, of=supervisor, by=by)


@transaction.atomic
def answer(
    confirmation: Confirmation, answers: Mapping[int, bool], *, comment: str = ""
) -> Confirmation:
    """Record what was answered: yes or no for each outcome, by the id of its row.

    Each yes becomes a result of the learner for that outcome; a no is kept and is none. To be
    called for whoever followed the sealed link. Raises AnsweredAlready, LinkExpired, and Incomplete
    if an outcome has no answer.
    """
    # Locked, so that of two answers at once the second finds the first.
    confirmation = Confirmation.objects.select_for_update().get(pk=confirmation.pk)
    now = clock.now()
    if confirmation.state != State.ASKED:
        raise AnsweredAlready
    if now > confirmation.expires_at:
        raise LinkExpired
    rows = list(confirmation.outcomes.select_related("outcome"))
    if missing := [row.statement for row in rows if row.pk not in answers]:
        raise Incomplete(missing)
    confirmed = [row for row in rows if answers[row.pk]]
    _record(confirmation, confirmed, now)
    confirmation.outcomes.filter(answer="").update(answer=Answer.NO)
    Confirmation.objects.filter(pk=confirmation.pk).update(
        state=State.ANSWERED, answered_at=now, comment=comment.strip()
    )
    confirmation.refresh_from_db()
    counts = {"yes": len(confirmed), "no": len(rows) - len(confirmed)}
    ledger.append("confirmation.answered", confirmation, by=_ACTOR, details=counts)
    return confirmation


@transaction.atomic
def withdraw(confirmation: Confirmation, *, by: User, reason: str = "") -> None:
    """Take a question back that was not answered: its link leads nowhere from now on.

    Raises WrongState if it was answered or withdrawn.
    """
    _refuse_strangers(confirmation.offering, by)
    open_one = Confirmation.objects.filter(pk=confirmation.pk, state=State.ASKED)
    if not open_one.update(state=State.WITHDRAWN):
        raise WrongState
    ledger.append("confirmation.withdrawn", confirmation, by=by, reason=reason)


@transaction.atomic
def retract(confirmation: Confirmation, *, by: User, reason: str) -> None:
    """Take an answer for worthless: what was recorded of it counts no longer.

    Credentials that rest on it are not touched. Raises ReasonMissing, and WrongState if there is no
    answer.
    """
    roles.demand(by, _ASK, unit=confirmation.offering.opportunity.unit)
    if not reason.strip():
        raise ReasonMissing
    answered = Confirmation.objects.filter(pk=confirmation.pk, state=State.ANSWERED)
    if not answered.update(state=State.RETRACTED):
        raise WrongState
    recorded = Result.objects.filter(
        confirmed_outcome__confirmation=confirmation, superseded_at=None
    )
    results.withdraw(list(recorded.values_list("pk", flat=True)), at=timezone.now())
    ledger.append("confirmation.retracted", confirmation, by=by, reason=reason)


def overdue() -> QuerySet[Confirmation]:
    """The questions whose time is over and that nobody has answered."""
    return Confirmation.objects.filter(state=State.ASKED, expires_at__lt=Now())


def path_of(confirmation: Confirmation) -> str:
    """The page on which it is answered; whoever is to open it needs it sealed."""
    return f"/confirm/{confirmation.pk}"


def _refuse_strangers(offering: Offering, by: User) -> None:
    if not marks.own(by).filter(pk=offering.pk).exists():
        roles.demand(by, _ASK, unit=offering.opportunity.unit)


def _refuse_themselves(email: str, learner: Learner, by: User) -> None:
    if email.lower() in {learner.email.lower(), by.email.lower()} - {""}:
        raise AskedThemselves


def _withdraw_open(offering: Offering, learner: Learner, email: str) -> None:
    Confirmation.objects.filter(
        offering=offering, learner=learner, email__iexact=email, state=State.ASKED
    ).update(state=State.WITHDRAWN)


def _write(confirmation: Confirmation) -> None:
    institution = Institution.objects.first()
    name = institution.name if institution else "The college"
    words = {
        "confirmation": confirmation,
        "activity": confirmation.offering.opportunity.title,
        "learner": confirmation.learner.name,
        "institution": name,
        "asker": confirmation.asked_by.get_full_name(),
    }
    outbox.write(
        to=confirmation.email,
        to_name=confirmation.name,
        subject=f"{name} asks you to confirm what a learner has done with you",
        text=render_to_string("registrar/mail/confirmation.txt", words),
        why="confirmation.asked",
        about=confirmation,
        link=path_of(confirmation),
    )


def _record(confirmation: Confirmation, rows: list[ConfirmedOutcome], now: datetime) -> None:
    """Make a result of each of these rows, and let the row name it."""
    if not rows:
        return
    line_item = _line_item(confirmation.offering)
    entries = {
        f"{confirmation.pk}:{row.outcome_id}": Entry(
            source=SOURCE,
            sourced_id=f"{confirmation.pk}:{row.outcome_id}",
            line_item=line_item.pk,
            learner=confirmation.learner_id,
            outcome=row.outcome_id,
            status="fully graded",
            text=CONFIRMED,
            dated=timezone.localdate(now),
        )
        for row in rows
    }
    results.record(entries.values(), by=None, at=now)
    recorded = Result.objects.filter(source=SOURCE, sourced_id__in=entries)
    made = dict(recorded.values_list("outcome_id", "pk"))
    line_item.outcomes.add(*made)
    for row in rows:
        confirmation.outcomes.filter(pk=row.pk).update(
            answer=Answer.YES, result_id=made[row.outcome_id]
        )


def _line_item(offering: Offering) -> LineItem:
    line_item, _ = LineItem.objects.get_or_create(
        source=SOURCE,
        sourced_id=f"offering:{offering.pk}",
        defaults={"offering": offering, "title": "Outside confirmation", "category": SOURCE},
    )
    return line_item
