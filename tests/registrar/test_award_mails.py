"""Learners are told by mail of what a rule awards and of what is withdrawn: each once."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from issuer.models import Batch, Credential, Institution, Mail, SigningKey
from issuer.services import batches, outbox
from issuer.services.clients import Client
from registrar.models import Award, Learner, Revision
from registrar.readers.rows import Given
from registrar.services.awarding import (
    award_mails,
    awards,
    corrections,
    withdrawal_mails,
    withdrawals,
)
from registrar.services.awarding.award_mails import Standing
from registrar.services.drafting import templates
from registrar.services.feeding import nights, upserts
from tests.cast import College, issue
from tests.registrar.test_awards import automatic
from tests.registrar.test_nights import TODAY, whole_night

pytestmark = pytest.mark.django_db


def prepared(revision: Revision, *, by: User, tells_learners: bool | None = None) -> Batch:
    found = awards.evaluate(revision, at=timezone.now())
    batch = awards.prepare(found, by=by, tells_learners=tells_learners)
    assert batch is not None
    return batch


def telling(revision: Revision, *, clara: User, dev: User) -> Revision:
    """The next revision of the template, which tells learners."""
    second = templates.revise(revision.template, by=clara)
    templates.edit(second, by=clara, tells_learners=True)
    return templates.approve(templates.submit(second, by=clara), by=dev)


def test_learners_are_told_as_the_template_says_unless_it_is_chosen_otherwise(
    key: SigningKey,
    college: College,
    cells: Revision,
    ada: Learner,
    ben: Learner,
    clara: User,
    dev: User,
) -> None:
    college.grade(ada, "Pass")
    assert award_mails.standing(prepared(cells, by=clara)) is None
    revision = telling(cells, clara=clara, dev=dev)
    college.grade(ben, "Pass")
    batch = prepared(revision, by=clara)
    assert award_mails.standing(batch) == Standing(to_come=1, no_address=0, states={})
    assert not award_mails.are_left()
    issue(awards.approve(batch, by=dev))
    assert award_mails.write_some() == 1
    assert award_mails.write_some() == 0
    assert Mail.objects.get().to == ben.email
    assert award_mails.standing(batch) == Standing(to_come=0, no_address=0, states={"queued": 1})


@pytest.mark.parametrize("change", ["by its system", "by hand", "to none"])
def test_a_mail_that_waits_goes_to_the_address_that_the_learner_has_by_then(
    change: str,
    key: SigningKey,
    college: College,
    cells: Revision,
    ada: Learner,
    ben: Learner,
    clara: User,
    dev: User,
    settings: Any,
    mailoutbox: list[Any],
) -> None:
    revision = telling(cells, clara=clara, dev=dev)
    for learner in (ada, ben):
        college.grade(learner, "Pass")
    batch = prepared(revision, by=clara)
    issue(awards.approve(batch, by=dev))
    assert award_mails.write_some() == 2
    if change == "by hand":
        corrections.correct_learner(ada, by=clara, reason="Moved.", email="new@college.example")
    else:
        email = "new@college.example" if change == "by its system" else None
        row = Given(0, {"sourced_id": ada.sourced_id, "email": email})
        upserts.apply("learners", [row], source=ada.source, by=Client("sis", "SIS"))
    settings.SENDS_MAIL = True
    outbox.send_due(seconds=5)
    told = {address for mail in mailoutbox for address in mail.recipients()}
    reached = [ben.email] if change == "to none" else ["new@college.example", ben.email]
    assert sorted(re.findall(r"[\w.]+@[\w.]+", " ".join(told))) == sorted(reached)
    held = Mail.objects.filter(to=ada.email)
    assert {mail.state for mail in held} == {"failed"}
    assert all("The address was changed" in mail.answer for mail in held)
    assert outbox.open_failures().count() == (change == "to none")
    missing = {"failed": 1} if change == "to none" else {}
    standing = award_mails.standing(batch)
    assert standing is not None
    assert standing.states == {"sent": len(reached)} | missing


def test_a_batch_may_tell_nobody_though_its_template_would(
    college: College, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    college.grade(ada, "Pass")
    revision = telling(cells, clara=clara, dev=dev)
    assert award_mails.standing(prepared(revision, by=clara, tells_learners=False)) is None


def test_what_awards_by_itself_at_night_tells_each_learner_once(
    key: SigningKey, college: College, cells: Revision, ada: Learner, clara: User, dev: User
) -> None:
    automatic(telling(cells, clara=clara, dev=dev), clara=clara, dev=dev)
    college.grade(ada, "Pass")
    broken_off = nights.carry_on(nights.begin(TODAY))
    for batch in nights.being_issued(broken_off):
        issue(batch)
    assert award_mails.write_some() == 1
    whole_night()
    whole_night()
    assert award_mails.write_some() == 0
    assert Mail.objects.filter(why="credential.issued").get().to == ada.email


def test_whose_credential_is_suspended_is_told_when_it_is_reinstated(
    adas_licence: Credential, clara: User
) -> None:
    batch = adas_licence.batch
    award_mails.announce(batch)
    withdrawals.suspend(adas_licence, by=clara, reason="In doubt.")
    batches.close_if_done(batch)
    batch.refresh_from_db()
    assert (award_mails.write_some(), award_mails.are_left()) == (0, True)
    assert award_mails.standing(batch) == Standing(to_come=1, no_address=0, states={})
    withdrawals.reinstate(adas_licence, by=clara, reason="It is right.")
    assert (award_mails.write_some(), award_mails.write_some()) == (1, 0)
    assert not award_mails.are_left() and Mail.objects.get().why == "credential.issued"


def test_of_a_batch_that_is_revoked_its_learners_are_told_why_and_whom_to_ask(
    key: SigningKey,
    college: College,
    cells: Revision,
    ada: Learner,
    ben: Learner,
    clara: User,
    dev: User,
) -> None:
    Institution.objects.update(email="office@college.example")
    zoe = Learner.objects.create(source="sis", sourced_id="stu-3", given_name="Zoe")
    for learner in (ada, ben, zoe):
        college.grade(learner, "Pass")
    batch = prepared(cells, by=clara)
    issue(awards.approve(batch, by=dev))
    batch.refresh_from_db()
    withdrawals.withdraw(Award.objects.get(learner=ben), by=clara, reason="Bens is another story.")
    would = withdrawal_mails.outlook(batch, reason="The wrong term was chosen.")
    assert (would.mails, would.no_address) == (1, 1)
    reason = "The wrong term was chosen."
    assert withdrawals.revoke_all(batch, by=clara, reason=reason, tells_learners=True) == 2
    assert [withdrawal_mails.write_some() for _ in range(3)] == [1, 0, 0]
    mail = Mail.objects.get()
    assert (mail.to, mail.text) == (ada.email, would.sample)
    assert "Ada Byron" in mail.text and cells.name in mail.text
    assert reason in mail.text and "office@college.example" in mail.text
    assert withdrawal_mails.states(batch) == {"queued": 1}
    assert not withdrawal_mails.are_left()
