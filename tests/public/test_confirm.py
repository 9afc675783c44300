"""A supervisor without an account confirms outcomes through a link, and it counts."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issuer.errors import WrongState
from issuer.models import LedgerEntry, Mail
from issuer.services import links, outbox
from registrar import rules
from registrar.errors import AskedThemselves, Incomplete, NotAllowed, TakesNoPart
from registrar.models import (
    Confirmation,
    Learner,
    LearningOpportunity,
    LearningOutcome,
    Offering,
    Result,
)
from registrar.services.deciding import facts
from registrar.services.marking import confirmations, participation
from registrar.services.marking.confirmations import Supervisor
from registrar.services.marking.participation import Participation, State
from registrar.services.teaching import catalog
from tests.cast import College, member_of_staff

pytestmark = pytest.mark.django_db

MARIA = Supervisor(
    name="María de la Ó", organization="Harbour Clinic", email="maria@harbour.example"
)
RULE = {"outcome": {"outcome": "INTERN-1", "one_of": ["Confirmed"]}}


@pytest.fixture
def internship(college: College, clara: User) -> LearningOpportunity:
    activity = catalog.add_activity(
        "internship", title="Internship", unit=college.science, by=clara
    )
    statements = {"INTERN-1": "Takes blood so that it does not hurt.", "INTERN-2": "Is on time."}
    catalog.record_outcomes(activity, statements, by=clara)
    return activity


@pytest.fixture
def offering(internship: LearningOpportunity, ben: Learner, clara: User) -> Offering:
    part = Participation(learner=ben, state=State.IN_PROGRESS)
    participation.record(internship, [part], by=clara)
    return confirmations.offering_of(internship, ben)


@pytest.fixture
def ask(offering: Offering, ben: Learner, clara: User) -> Callable[..., Confirmation]:
    """Clara asks Maria about Ben."""

    def asking(**other: Any) -> Confirmation:
        said: dict[str, Any] = {"of": MARIA, "by": clara} | other
        outcomes = LearningOutcome.objects.filter(opportunity=offering.opportunity)
        return confirmations.ask(offering, ben, outcomes.order_by("code"), **said)

    return asking


@pytest.fixture
def asked(ask: Callable[..., Confirmation]) -> Confirmation:
    return ask()


def link_to(confirmation: Confirmation) -> str:
    return links.seal(confirmations.path_of(confirmation)).removeprefix(settings.BASE_URL)


def said(confirmation: Confirmation, *answers: str, comment: str = "") -> dict[str, str]:
    rows = confirmation.outcomes.all()
    named = {f"outcome-{row.pk}": each for row, each in zip(rows, answers, strict=True)}
    return named | {"comment": comment}


def text(answer: Any) -> str:
    return answer.content.decode()


def test_the_mail_carries_the_link_and_nobody_but_its_recipient_sees_it(
    asked: Confirmation, settings: Any, mailoutbox: Any
) -> None:
    settings.SENDS_MAIL = True
    outbox.send_due(seconds=5)
    (mail,) = mailoutbox
    assert mail.to == ["María de la Ó <maria@harbour.example>"]
    assert "بن العلي" in mail.body
    assert "بن" not in mail.subject
    assert links.seal(confirmations.path_of(asked)) in mail.body
    assert "until " in mail.body
    assert "UTC" in mail.body
    assert "&" not in mail.body
    stored = Mail.objects.get(about=f"registrar.confirmation:{asked.pk}")
    assert links.seal(confirmations.path_of(asked)).rpartition("/")[2] not in stored.text
    entry = LedgerEntry.objects.get(act="confirmation.asked")
    assert "maria" not in str(entry.details).lower()


def test_the_page_shows_exactly_what_is_confirmed_about_whom_and_keeps_no_track(
    asked: Confirmation, client: Client
) -> None:
    LearningOutcome.objects.filter(code="INTERN-1").update(statement="Something else.")
    answer = client.get(link_to(asked))
    page = text(answer)
    for words in (
        "بن العلي",
        "Takes blood so that it does not hurt.",
        "Is on time.",
        "María de la Ó",
        "Harbour Clinic",
        "Internship",
    ):
        assert words in page
    assert "Something else." not in page
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert not re.findall(r'(?:src|href)="https?://(?!college\.example)', page)
    assert Confirmation.objects.get().state == "asked"  # to look is not to answer


def test_what_is_confirmed_is_a_result_that_an_award_rule_finds(
    asked: Confirmation, client: Client, ben: Learner
) -> None:
    rule = rules.parse(RULE)
    assert not _granted(rule, ben)
    answer = client.post(link_to(asked), said(asked, "yes", "no", comment="Late thrice."))
    assert answer.status_code == 302
    result = Result.objects.get(source=confirmations.SOURCE)
    assert (result.learner, result.outcome.code, result.text) == (ben, "INTERN-1", "Confirmed")
    assert result.sourced_id == f"{asked.pk}:{result.outcome_id}"
    assert result.confirmed_outcome.confirmation == asked
    assert result.dated == timezone.localdate()
    assert _granted(rule, ben)
    asked.refresh_from_db()
    assert (asked.state, asked.comment) == ("answered", "Late thrice.")
    assert list(asked.outcomes.values_list("answer", flat=True)) == ["yes", "no"]
    entry = LedgerEntry.objects.get(act="confirmation.answered")
    assert (entry.actor, entry.details) == ("outside", {"yes": 1, "no": 1})
    assert "Late" not in str(entry.reason)


def _granted(rule: Any, learner: Learner) -> bool:
    return rules.evaluate(rule, facts.gather(rule))[learner.pk].granted


def test_a_link_works_once_and_tells_nothing_afterwards(
    asked: Confirmation, client: Client
) -> None:
    client.post(link_to(asked), said(asked, "yes", "yes"))
    page = text(client.get(link_to(asked)))
    assert "Your answer is recorded" in page
    assert "بن" not in page
    again = client.post(link_to(asked), said(asked, "no", "no"))
    assert "Your answer is recorded" in text(again)
    assert Result.objects.filter(source=confirmations.SOURCE).count() == 2


def test_no_is_kept_and_is_no_result(asked: Confirmation, client: Client) -> None:
    client.post(link_to(asked), said(asked, "no", "no", comment="I do not know this person."))
    assert not Result.objects.filter(source=confirmations.SOURCE).exists()
    asked.refresh_from_db()
    assert (asked.state, asked.comment) == ("answered", "I do not know this person.")


def test_an_outcome_without_an_answer_is_asked_for_and_all_that_was_said_stays(
    asked: Confirmation, client: Client
) -> None:
    form = said(asked, "yes", "maybe", comment="Well.")
    answer = client.post(link_to(asked), form)
    page = text(answer)
    assert answer.status_code == 422
    assert "Nothing is recorded yet" in page
    assert "Well." in page
    assert page.count("checked") == 1
    with pytest.raises(Incomplete):
        confirmations.answer(asked, {})
    assert Confirmation.objects.get().state == "asked"


def test_a_link_that_has_run_out_was_bent_or_withdrawn_opens_nothing(
    ask: Callable[..., Confirmation], client: Client, clara: User, settings: Any, time_machine: Any
) -> None:
    asked = ask()
    link = link_to(asked)
    other = ask(of=Supervisor(name="Lee", organization="Lab", email="lee@lab.example"))
    for bent in (link[:-1], link[:-1] + ("A" if link[-1] != "A" else "B")):
        assert client.get(bent).status_code == 404
    assert client.get(link.replace(str(asked.pk), str(other.pk))).status_code == 404
    confirmations.withdraw(other, by=clara)
    gone = client.get(link_to(other))
    assert gone.status_code == 410
    assert "بن" not in text(gone)
    assert client.post(link_to(other), said(other, "yes", "yes")).status_code == 410
    time_machine.move_to(timezone.now() + timedelta(days=settings.CONFIRMATION_DAYS, minutes=1))
    late = client.get(link)
    assert late.status_code == 410
    assert "The time to answer is over" in text(late)


def test_what_the_database_refuses(asked: Confirmation, client: Client) -> None:
    rows = asked.outcomes
    client.post(link_to(asked), said(asked, "yes", "no"))
    for change in (
        lambda: Confirmation.objects.update(state="asked", answered_at=None),
        lambda: Confirmation.objects.update(comment="Other"),
        lambda: Confirmation.objects.update(email="other@harbour.example"),
        lambda: rows.filter(answer="no").update(answer="yes"),
        lambda: rows.update(statement="Other"),
        lambda: rows.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_who_may_ask_whom_about_whom(
    ask: Callable[..., Confirmation],
    offering: Offering,
    ada: Learner,
    ben: Learner,
    college: College,
    root: User,
    clara: User,
) -> None:
    with pytest.raises(NotAllowed):
        ask(by=member_of_staff(root, "art", "faculty", college.arts))
    with pytest.raises(AskedThemselves):
        ask(of=Supervisor(name="Me", organization="-", email=ben.email.upper()))
    User.objects.filter(pk=clara.pk).update(email="clara@college.example")
    clara.refresh_from_db()
    with pytest.raises(AskedThemselves):
        ask(of=Supervisor(name="Me", organization="-", email="Clara@college.example"))
    outcomes = LearningOutcome.objects.filter(opportunity=offering.opportunity)
    with pytest.raises(TakesNoPart):
        confirmations.ask(offering, ada, outcomes, of=MARIA, by=clara)
    with pytest.raises(Incomplete):
        confirmations.ask(offering, ben, [], of=MARIA, by=clara)


def test_who_is_asked_again_has_one_link_that_works(
    asked: Confirmation, client: Client, clara: User
) -> None:
    again = confirmations.ask_again(asked, by=clara)
    assert client.get(link_to(asked)).status_code == 410
    assert client.get(link_to(again)).status_code == 200
    assert list(again.outcomes.values_list("statement")) == list(
        asked.outcomes.values_list("statement")
    )


def test_a_worthless_answer_is_retracted_and_counts_no_more(
    asked: Confirmation, client: Client, clara: User, ben: Learner
) -> None:
    client.post(link_to(asked), said(asked, "yes", "yes"))
    confirmations.retract(asked, by=clara, reason="It was Ben's brother.")
    assert not _granted(rules.parse(RULE), ben)
    assert not Result.objects.current().filter(source=confirmations.SOURCE).exists()
    with pytest.raises(WrongState):
        confirmations.retract(asked, by=clara, reason="Again")


# At the desk


def test_a_confirmation_is_asked_for_at_the_desk_and_followed_there(
    offering: Offering, clara: User, client: Client
) -> None:
    client.force_login(clara, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:registrar_activity_confirm", args=[offering.opportunity_id])
    assert "Takes blood so that it does not hurt." in text(client.get(page))
    outcome = LearningOutcome.objects.get(code="INTERN-1")
    form = {
        "learner": "1002",
        "outcomes": [outcome.pk],
        "name": MARIA.name,
        "organization": MARIA.organization,
        "email": MARIA.email,
    }
    wrong = text(client.post(page, form | {"learner": "1001", "email": "no"}))
    assert "No learner has this number" in wrong
    assert "Enter a valid email address." in wrong
    assert 'value="Harbour Clinic"' in wrong
    address = client.post(page, form)["Location"]
    asked = Confirmation.objects.get()
    shown = text(client.get(address))
    assert "Waits for an answer" in shown
    assert "Waits to be sent" in shown
    confirmations.answer(asked, {row.pk: True for row in asked.outcomes.all()}, comment="Good.")
    shown = text(client.get(address))
    result = Result.objects.get(source=confirmations.SOURCE)
    assert reverse("admin:registrar_result_change", args=[result.pk]) in shown
    assert "Good." in shown
    assert client.post(address, {"act": "withdraw"}).status_code == 409
    client.post(address, {"act": "retract", "reason": "Invented.", "confirmed": "on"})
    asked.refresh_from_db()
    assert asked.state == "retracted"
    listed = text(client.get(reverse("admin:registrar_confirmation_changelist"), {"q": "harbour"}))
    assert "Answer retracted" in listed


def test_whoever_teaches_the_activity_asks_from_their_own_place(
    offering: Offering, college: College, ben: Learner, fay: User, root: User, client: Client
) -> None:
    client.force_login(fay, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("teach:ask", args=[offering.pk])
    assert page in text(client.get(reverse("teach:course", args=[offering.opportunity_id])))
    form = {
        "learner": ben.pk,
        "outcomes": [each.pk for each in confirmations.askable(offering.opportunity)],
        "name": MARIA.name,
        "organization": MARIA.organization,
        "email": MARIA.email,
    }
    wrong = text(client.post(page, form | {"learner": "", "email": ben.email}))
    assert "This field is required." in wrong
    assert 'value="Harbour Clinic"' in wrong
    answer = client.post(page, form | {"email": ben.email})
    assert str(AskedThemselves()) in text(answer)
    shown = text(client.post(page, form, follow=True))
    assert "María de la Ó is asked by mail." in shown
    assert "no answer yet" in shown
    asked = Confirmation.objects.get()
    first, second = asked.outcomes.all()
    confirmations.answer(asked, {first.pk: True, second.pk: False}, comment="Good hands.")
    shown = text(client.get(page))
    assert "INTERN-1: yes" in shown
    assert "INTERN-2: no" in shown
    assert "Good hands." in shown
    # Neither whoever teaches elsewhere nor a course is found.
    assert client.get(reverse("teach:ask", args=[college.offering.pk])).status_code == 404
    other = member_of_staff(root, "art", "faculty", college.arts)
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(page).status_code == 404
