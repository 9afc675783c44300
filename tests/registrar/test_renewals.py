"""What ends: learners are reminded in time, and renewed by the rule or by hand."""

from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from issuer.errors import WrongState
from issuer.models import Batch, Credential, Mail
from registrar.models import Award, Learner, Reminder, Revision
from registrar.services.awarding import (
    award_chains,
    award_files,
    award_mails,
    awards,
    learner_choices,
    reminders,
    renewals,
)
from registrar.services.awarding.chosen_awards import Common
from registrar.services.awarding.learner_choices import Choice
from registrar.services.drafting import templates
from tests.cast import College, issue
from tests.registrar.test_nights import whole_night

pytestmark = pytest.mark.django_db


def state_of(award: Award) -> str:
    return Award.objects.with_state().get(pk=award.pk).state


def issued(batch: Batch | None, *, by: User) -> list[Award]:
    assert batch is not None
    issue(awards.approve(batch, by=by))
    return list(Award.objects.filter(batch=batch).order_by("position"))


def end_of(award: Award) -> datetime:
    end = Credential.objects.get(pk=award.credential_id).valid_until
    assert end is not None
    return end


def test_learners_are_reminded_once_at_each_stage(adas_yearly: Award, ada: Learner) -> None:
    end = end_of(adas_yearly)

    def told(days: int) -> int:
        before = Reminder.objects.count()
        while reminders.remind_some(at=end - timedelta(days=days)):
            pass
        return Reminder.objects.count() - before

    # Of what has passed while nobody was told, only the last.
    assert [told(days) for days in (91, 80, 70, 0, 0)] == [0, 1, 0, 1, 0]
    assert set(Reminder.objects.values_list("days", flat=True)) == {90, 7}
    first = Mail.objects.filter(to=ada.email).earliest("written_at")
    assert "By passing BIO 101 again." in first.text and "in 80 days" in first.text
    last = Mail.objects.filter(to=ada.email).latest("written_at")
    assert "That is today." in last.text
    assert whole_night().steps.get(name="remind").counts["mails"] == 0


def test_the_college_settles_when_learners_are_reminded(adas_yearly: Award, clara: User) -> None:
    for stages in ([], [0], [5000], [1, 2, 3, 4, 5, 6, 7]):
        with pytest.raises(WrongState):
            reminders.settle(stages=stages, tells_learners=True, by=clara, reason="Why not.")
    reminders.settle(stages=[14, 60], tells_learners=False, by=clara, reason="We write letters.")
    assert reminders.current().stages == [60, 14]
    assert reminders.remind_some(at=end_of(adas_yearly) - timedelta(days=20)) == 0


def test_who_earns_it_again_in_a_later_class_is_renewed_and_the_old_one_holds_until_its_end(
    college: College, adas_yearly: Award, ada: Learner, clara: User, dev: User
) -> None:
    assert renewals.earned_again([adas_yearly]) == {}
    with pytest.raises(WrongState, match="None of them"):
        renewals.renew_by_rule({adas_yearly.pk}, by=clara)
    autumn = college.term_named("26A", starts_on=date(2026, 9, 1), ends_on=date(2026, 12, 18))
    college.term = autumn
    later = college.offer(college.course, "bio-101-26A")
    college.grade(ada, "Distinction", on=college.assess(later, "Module result"))
    (renewed,) = issued(renewals.renew_by_rule({adas_yearly.pk}, by=clara), by=dev)
    assert (renewed.replaces, renewed.renewal, renewed.offering) == (adas_yearly, "rule", later)
    assert renewed.results[0]["value"] == "Distinction"
    assert (state_of(adas_yearly), state_of(renewed)) == ("valid", "valid")
    assert [step.act for step in award_chains.of(adas_yearly)] == [
        *("awarded", "approved"),
        *("renewed", "approved"),
    ]
    assert {award.pk for award in renewals.expiring(days=730)} == {renewed.pk}


def test_a_renewal_by_hand_says_what_bears_it_out_and_may_be_declined_first(
    college: College, yearly: Revision, adas_yearly: Award, clara: User, dev: User
) -> None:
    reason = "Twelve hours of further training."
    declined = renewals.renew_by_hand({adas_yearly.pk}, by=clara, reason=reason)
    assert not renewals.expiring(days=730).exists()
    awards.decline(declined, by=dev, reason="Not shown.")
    lacks = Choice(lacks=yearly.template.slug)
    assert not learner_choices.find(lacks).filter(pk=adas_yearly.learner_id).exists()
    link = "https://training.example/1"
    again = renewals.renew_by_hand({adas_yearly.pk}, by=clara, reason=reason, evidence_link=link)
    (renewed,) = issued(again, by=dev)
    assert renewed.evidence == [{"id": link, "narrative": reason}]
    assert Credential.objects.get(pk=renewed.credential_id).shape is not None
    assert (renewed.generation, renewed.renewal) == (3, "hand")
    assert state_of(adas_yearly) == "valid"
    (result,) = Award.objects.get(pk=adas_yearly.pk).learner.results.all()
    college.supersede(result, "Fail")
    assert awards.evaluate(yearly, at=timezone.now()).lapsed == ()


def test_what_is_renewed_at_once_is_told_to_all_of_its_learners_or_to_none(
    workshop: Revision, adas_yearly: Award, ada: Learner, clara: User, dev: User
) -> None:
    telling = templates.revise(workshop.template, by=clara)
    templates.edit(telling, by=clara, tells_learners=True, valid_for=12)
    templates.approve(templates.submit(telling, by=clara), by=dev)
    kept = award_files.choose(
        Choice(learners=(ada.pk,)), template=workshop.template, by=clara, common=Common()
    )
    (other,) = issued(award_files.prepare(award_files.look(kept), by=clara), by=dev)
    both = {adas_yearly.pk, other.pk}
    with pytest.raises(WrongState, match="by others not"):
        renewals.renew_by_hand(both, by=clara, reason="Training.")
    batch = renewals.renew_by_hand({other.pk}, by=clara, reason="Training.")
    assert award_mails.is_announced(batch)


def test_where_the_template_states_no_end_a_renewal_by_hand_does(
    yearly: Revision, adas_yearly: Award, clara: User, dev: User
) -> None:
    endless = templates.revise(yearly.template, by=clara)
    templates.edit(endless, by=clara, valid_for=None)
    templates.approve(templates.submit(endless, by=clara), by=dev)
    with pytest.raises(WrongState, match="until when"):
        renewals.renew_by_hand({adas_yearly.pk}, by=clara, reason="Training.")
    with pytest.raises(WrongState, match="passed"):
        renewals.renew_by_hand(
            {adas_yearly.pk}, by=clara, reason="T.", valid_until=date(2020, 1, 1)
        )
    until = timezone.localdate() + timedelta(days=800)
    batch = renewals.renew_by_hand(
        {adas_yearly.pk}, by=clara, reason="Training.", valid_until=until
    )
    (renewed,) = issued(batch, by=dev)
    assert end_of(renewed).date() == until


def test_a_renewal_does_not_end_before_what_it_renews(adas_yearly: Award, clara: User) -> None:
    before = end_of(adas_yearly).date() - timedelta(days=1)
    with pytest.raises(WrongState, match="would end before"):
        renewals.renew_by_hand({adas_yearly.pk}, by=clara, reason="T.", valid_until=before)
    assert Award.objects.get() == adas_yearly
