"""Corrections: one act puts a name, an address or a credential right, and nothing is edited."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from issuer.errors import BadAddress, ReasonMissing, SamePerson, WrongState
from issuer.models import (
    Batch,
    Chunk,
    Credential,
    LedgerEntry,
    Mail,
    Release,
    SigningKey,
    StatusChange,
    StatusList,
)
from issuer.pages import thing_url
from issuer.services import audit, batches, clients, credentials, status
from registrar.errors import NotAllowed, NothingToCorrect
from registrar.models import Award, Correction, Learner, Revision
from registrar.services.awarding import (
    award_mails,
    awards,
    awards_again,
    composition,
    correction_policies,
    corrections,
    successions,
    withdrawal_mails,
    withdrawals,
)
from registrar.services.drafting import templates
from tests import groundwork
from tests.cast import College, Sealed, award_ada, issue, member_of_staff
from tests.desk.reading import text
from tests.issuer import badges

pytestmark = pytest.mark.django_db

WHY = "The deed was shown."


@groundwork.laid
def issued_by_name(
    sealed: Sealed, college: College, draft: Revision, ada: Learner, clara: User, dev: User
) -> Credential:
    """Ada's credential, which carries her name."""
    suspension = StatusList.Purpose.SUSPENSION
    templates.edit(draft, by=clara, includes_name=True, status_purpose=suspension)
    revision = templates.approve(templates.submit(draft, by=clara), by=dev)
    college.enrol(ada)
    college.grade(ada, "Pass")
    award = award_ada(revision, sealed, clara, dev)
    return Credential.objects.get(pk=award.credential_id)


@pytest.fixture
def named(key: SigningKey, issued_by_name: Credential) -> Credential:
    """The same, and the key it was signed with is in the keystore."""
    return issued_by_name


def rename(learner: Learner, by: User, **options: Any) -> Correction:
    return corrections.correct_learner(
        learner, by=by, reason=WHY, **{"family_name": "King", **options}
    )


def batch_page(person: User, batch: Batch) -> str:
    client = Client()
    client.force_login(person)
    return text(client.get(thing_url(batch)))


def document(credential: Any) -> dict[str, Any]:
    return json.loads(Credential.objects.get(pk=credential).document)


def test_a_new_name_replaces_what_carries_the_old_one_and_says_otherwise_the_same(
    named: Credential, ada: Learner, clara: User
) -> None:
    former = Award.objects.get()
    correction = rename(ada, clara)
    assert correction.state == "made" and correction.batch is not None
    issue(correction.batch)
    newer = Award.objects.get(replaces=former)
    old, new = document(former.credential_id), document(newer.credential_id)
    names = [said["credentialSubject"]["identifier"][1]["identityHash"] for said in (old, new)]
    assert names == ["Ada Byron", "Ada King"]
    assert new["id"] != old["id"]
    assert new["awardedDate"] == old["awardedDate"]
    assert new["credentialSubject"]["achievement"] == old["credentialSubject"]["achievement"]
    assert new["credentialSubject"]["result"] == old["credentialSubject"]["result"]
    assert status.state_of(named) == Credential.State.REVOKED
    change = StatusChange.objects.get()
    assert (change.act, change.superseded_by) == ("superseded", newer.credential_id)
    assert status.state_of(Credential.objects.get(pk=newer.credential_id)) == "valid"
    assert audit.check().ok


def test_when_a_batch_is_undone_what_was_corrected_of_it_is_taken_back_as_well(
    named: Credential, ada: Learner, clara: User
) -> None:
    for name in ("King", "Lovelace"):
        issue(rename(ada, clara, family_name=name).batch)
    newest = Award.objects.latest("pk")
    assert [each.pk for each in withdrawals.corrected_since(named.batch)] == [newest.credential_id]
    assert withdrawal_mails.outlook(named.batch).mails == 1
    reason = "It was another class."
    assert withdrawals.revoke_all(named.batch, by=clara, reason=reason, tells_learners=True) == 1
    assert status.state_of(Credential.objects.get(pk=newest.credential_id)) == "revoked"
    assert (withdrawal_mails.write_some(), withdrawal_mails.write_some()) == (1, 0)
    assert reason in Mail.objects.latest("pk").text
    with pytest.raises(WrongState):
        withdrawals.revoke_all(named.batch, by=clara, reason=reason)


def test_when_a_batch_is_suspended_what_was_corrected_of_it_is_suspended_and_reinstated_as_well(
    named: Credential, ada: Learner, clara: User
) -> None:
    issue(rename(ada, clara).batch)
    newest = Award.objects.with_state().filter(pk=Award.objects.latest("pk").pk)
    assert "Suspend 1 credential" in batch_page(clara, named.batch)
    assert withdrawals.suspend_all(named.batch, by=clara, reason="We look into it.") == 1
    assert newest.get().state == "suspended"
    with pytest.raises(WrongState, match="None of them"):
        withdrawals.suspend_all(named.batch, by=clara, reason="We look into it.")
    assert "Reinstate 1 credential" in batch_page(clara, named.batch)
    assert withdrawals.reinstate_all(named.batch, by=clara, reason="All well.") == 1
    assert newest.get().state == "valid"
    with pytest.raises(WrongState, match="None of them"):
        withdrawals.reinstate_all(named.batch, by=clara, reason="All well.")


def test_the_old_address_says_that_it_was_replaced_and_does_not_show_the_old_name(
    named: Credential, ada: Learner, clara: User
) -> None:
    old = Release.objects.get()
    correction = rename(ada, clara)
    issue(correction.batch)
    new = Release.objects.exclude(pk=old.pk).get()
    for query in ("", "?as=svg", "/download", "/download?as=svg"):
        page = Client().get(f"/credentials/{old.address}{query}", HTTP_ACCEPT="application/json")
        if page.status_code != 404:
            assert (page.status_code, "Byron" in page.text, new.url in page.text) == (
                410,
                False,
                True,
            )
    assert "Byron" not in Client().get(f"/credentials/{new.address}").text


def test_the_old_address_does_not_lead_on_where_nobody_is_to_learn_the_new_name(
    named: Credential, ada: Learner, clara: User
) -> None:
    old = Release.objects.get()
    issue(rename(ada, clara, leads_on=False).batch)
    page = Client().get(f"/credentials/{old.address}").text
    assert "was replaced" in page
    assert Release.objects.exclude(pk=old.pk).get().url not in page


def test_what_does_not_carry_the_name_stays_and_is_said_to_stay(
    adas_credential: Credential, ada: Learner, clara: User
) -> None:
    (effect,) = corrections.effects(ada, {"family_name": "King"})
    assert (effect.is_superseded, effect.why) == (False, "it does not carry the name")
    correction = rename(ada, clara)
    assert (correction.batch, Award.objects.count()) == (None, 1)
    ada.refresh_from_db()
    assert ada.name == "Ada King"


def test_a_new_address_replaces_what_is_recognised_by_the_old_one(
    adas_credential: Credential, ada: Learner, clara: User
) -> None:
    correction = corrections.correct_learner(ada, by=clara, reason=WHY, email="ada@king.example")
    issue(correction.batch)
    newer = Award.objects.get(replaces__isnull=False)
    assert document(newer.credential_id)["credentialSubject"]["identifier"][0]["identityType"] == (
        "emailAddress"
    )


def test_a_wrong_result_is_corrected_in_the_credential(
    college: College, adas_credential: Credential, clara: User
) -> None:
    award = Award.objects.get()
    college.supersede(award.learner.results.get(), "Pass")
    issue(corrections.correct_award(award, by=clara, reason="Taken down wrongly.").batch)
    newer = Award.objects.get(replaces=award)
    assert [result["value"] for result in newer.results] == ["Pass"]
    assert newer.occasion == award.occasion


def test_what_is_no_longer_earned_is_withdrawn_not_corrected(
    college: College, adas_credential: Credential, clara: User
) -> None:
    award = Award.objects.get()
    college.supersede(award.learner.results.get(), "Fail")
    with pytest.raises(WrongState, match="withdraw"):
        corrections.correct_award(award, by=clara, reason=WHY)
    assert status.state_of(adas_credential) == Credential.State.VALID


def test_what_is_revoked_or_suspended_is_not_replaced(
    adas_licence: Credential, ada: Learner, clara: User
) -> None:
    award = Award.objects.get()
    withdrawals.suspend(adas_licence, by=clara, reason="In doubt.")
    with pytest.raises(WrongState, match="reinstate"):
        corrections.correct_award(award, by=clara, reason=WHY)
    withdrawals.revoke(adas_licence, by=clara, reason="Forged.")
    with pytest.raises(WrongState, match="revoked"):
        corrections.correct_award(award, by=clara, reason=WHY)
    assert corrections.correct_learner(ada, by=clara, reason=WHY, email="a@b.example").batch is None


def test_a_second_person_confirms_where_the_college_wants_it(
    named: Credential, ada: Learner, clara: User, dev: User
) -> None:
    correction_policies.settle(True, by=clara, reason="The auditors ask for it.")
    correction = rename(ada, clara)
    assert (correction.state, status.state_of(named)) == ("waiting", Credential.State.VALID)
    with pytest.raises(SamePerson):
        corrections.confirm(correction, by=clara)
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.filter(pk=correction.pk).update(
            state="made", decided_by=clara, decided_at=timezone.now()
        )
    with pytest.raises(WrongState, match="Another correction"):
        rename(ada, clara)
    made = corrections.confirm(correction, by=dev)
    assert made.batch is not None
    assert (made.batch.prepared_by, made.batch.decided_by) == (clara, dev)
    assert not made.batch.decided_alone
    with pytest.raises(WrongState):
        corrections.confirm(correction, by=dev)


def test_what_says_it_wrong_and_is_being_issued_comes_first(
    named: Credential, ada: Learner, clara: User, dev: User
) -> None:
    status.revoke(named, reason="Lost.", by=clara)
    batch = awards_again.award(Award.objects.get(), by=clara, reason="Found.")
    chunk = batches.claim(Chunk.State.APPROVED, batch=awards.approve(batch, by=dev))
    assert chunk is not None
    credentials.request(chunk, composition.compose(Award.objects.filter(batch=batch)))
    with pytest.raises(WrongState, match="being issued"):
        rename(ada, clara)
    badges.sign_all(batch)
    assert len(rename(ada, clara).awards.all()) == 1


def test_what_was_issued_while_a_correction_waited_is_not_forgotten(
    key: SigningKey, named: Credential, ada: Learner, clara: User, dev: User
) -> None:
    correction_policies.settle(True, by=clara, reason="The auditors ask for it.")
    status.revoke(named, reason="Lost.", by=clara)
    correction = rename(ada, clara)
    assert not correction.awards.exists()
    issue(
        awards.approve(awards_again.award(Award.objects.get(), by=clara, reason="Found."), by=dev)
    )
    with pytest.raises(WrongState, match="ask again"):
        corrections.confirm(correction, by=dev)
    ada.refresh_from_db()
    assert ada.family_name == "Byron"
    corrections.decline(correction, by=dev, reason="Ask again.")
    made = corrections.confirm(rename(ada, clara), by=dev)
    assert len(made.awards.all()) == 1


def test_nothing_is_revoked_where_the_new_credential_cannot_be_issued(
    named: Credential, ada: Learner, clara: User
) -> None:
    with pytest.raises(WrongState, match="could not be issued"):
        rename(ada, clara, family_name="Ki\x07ng")
    ada.refresh_from_db()
    assert (ada.family_name, status.state_of(named)) == ("Byron", Credential.State.VALID)
    assert not Award.objects.filter(replaces__isnull=False).exists()


def test_the_old_credential_holds_until_the_new_one_is_signed(
    named: Credential, ada: Learner, clara: User
) -> None:
    chunk = batches.claim(Chunk.State.APPROVED, batch=rename(ada, clara).batch)
    assert chunk is not None
    made = Award.objects.filter(batch=chunk.batch)
    credentials.request(chunk, composition.compose(made))
    assert (successions.settle_some(), status.state_of(named)) == (0, Credential.State.VALID)
    badges.sign_all(chunk.batch)
    assert (successions.settle_some(), successions.settle_some()) == (1, 0)
    assert status.state_of(named) == Credential.State.REVOKED
    assert made.with_state().get().state == Credential.State.VALID


def test_what_is_revoked_by_another_door_before_its_correction_is_signed_takes_that_along(
    named: Credential, ada: Learner, clara: User
) -> None:
    correction = rename(ada, clara)
    status.revoke(named, reason="Forged.", by=clients.Client(id="sis", name="SIS"))
    issue(correction.batch)
    assert [each.state for each in Award.objects.with_state()] == ["revoked", "revoked"]
    assert [change.reason for change in StatusChange.objects.order_by("pk")] == [
        "Forged.",
        "As what it corrects was revoked: Forged.",
    ]


def test_what_is_suspended_before_its_correction_is_signed_leaves_nothing_in_force(
    named: Credential, ada: Learner, clara: User
) -> None:
    correction = rename(ada, clara)
    status.suspend(named, reason="We look into it.", by=clara)
    issue(correction.batch)
    made = Award.objects.with_state().get(batch=correction.batch)
    assert (status.state_of(named), made.state) == ("revoked", "suspended")
    status.reinstate(Credential.objects.get(pk=made.credential_id), reason="All well.", by=clara)
    assert Award.objects.with_state().get(pk=made.pk).state == "valid"


@pytest.mark.parametrize("as_a_batch", [False, True])
def test_what_is_withdrawn_while_its_correction_is_signed_takes_the_correction_along(
    named: Credential, ada: Learner, clara: User, as_a_batch: bool
) -> None:
    def take_back() -> None:
        if as_a_batch:
            withdrawals.revoke_all(named.batch, by=clara, reason="Forged.")
        else:
            withdrawals.withdraw(Award.objects.get(credential=named), by=clara, reason="Forged.")

    batch = rename(ada, clara).batch
    with pytest.raises(WrongState, match="being signed"):
        take_back()
    assert status.state_of(named) == Credential.State.VALID
    chunk = batches.claim(Chunk.State.APPROVED, batch=batch)
    assert chunk is not None
    made = Award.objects.filter(batch=chunk.batch)
    credentials.request(chunk, composition.compose(made))
    take_back()
    badges.sign_all(chunk.batch)
    assert (successions.settle_some(), successions.settle_some()) == (1, 0)
    assert [each.state for each in Award.objects.with_state()] == ["revoked", "revoked"]
    assert not successions.are_due()


def test_a_correction_that_was_cancelled_keeps_nothing_from_being_withdrawn(
    named: Credential, ada: Learner, clara: User
) -> None:
    batch = rename(ada, clara).batch
    assert batch is not None
    batches.cancel(batch, by=clara, reason="It was right.")
    withdrawals.revoke(named, by=clara, reason="Forged.")
    assert status.state_of(named) == Credential.State.REVOKED


def test_a_revision_approved_meanwhile_does_not_change_what_is_corrected(
    named: Credential, ada: Learner, clara: User, dev: User
) -> None:
    correction_policies.settle(True, by=clara, reason="The auditors ask for it.")
    correction = rename(ada, clara)
    former = Award.objects.get(credential=named)
    later = templates.revise(former.template, by=clara)
    templates.approve(templates.submit(later, by=clara), by=dev)
    made = corrections.confirm(correction, by=dev)
    assert made.batch is not None
    issue(made.batch)
    award = Award.objects.with_state().get(batch=made.batch)
    assert (award.revision, award.state) == (former.revision, "valid")


def test_what_is_declined_changes_nothing(
    named: Credential, ada: Learner, clara: User, dev: User
) -> None:
    correction_policies.settle(True, by=clara, reason="The auditors ask for it.")
    correction = rename(ada, clara)
    with pytest.raises(ReasonMissing):
        corrections.decline(correction, by=dev, reason=" ")
    corrections.decline(correction, by=dev, reason="No deed in the file.")
    ada.refresh_from_db()
    assert (ada.family_name, Award.objects.count()) == ("Byron", 1)
    assert rename(ada, clara).state == "waiting"


def test_a_correction_needs_a_reason_a_change_and_the_right(
    college: College, adas_credential: Credential, ada: Learner, clara: User, root: User
) -> None:
    arts = member_of_staff(root, "art-registrar", "registrar", college.arts)
    with pytest.raises(ReasonMissing):
        corrections.correct_learner(ada, by=clara, reason="", family_name="King")
    with pytest.raises(NothingToCorrect):
        corrections.correct_learner(ada, by=clara, reason=WHY, family_name=" Byron ")
    with pytest.raises(NothingToCorrect):
        corrections.correct_learner(ada, by=clara, reason=WHY, family_name="", given_name="")
    with pytest.raises(BadAddress):
        corrections.correct_learner(ada, by=clara, reason=WHY, email="ada@")
    with pytest.raises(NotAllowed):
        rename(ada, arts)
    with pytest.raises(NotAllowed):
        corrections.correct_award(Award.objects.get(), by=arts, reason=WHY)
    assert not Correction.objects.exists()


def test_what_was_corrected_stays_until_the_source_says_something_else(
    ada: Learner, clara: User
) -> None:
    def says(family_name: str) -> str:
        said = {"given_name": "Ada", "family_name": family_name, "email": ada.email}
        corrected = corrections.sticky(ada.source)[ada.sourced_id]
        return corrections.kept(said, corrected)["family_name"]

    rename(ada, clara)
    assert (says("Byron"), says("King"), says("Lovelace")) == ("King", "King", "Lovelace")
    rename(ada, clara, family_name="Noel")
    assert (says("Byron"), says("Lovelace")) == ("Noel", "Lovelace")
    Learner.objects.filter(pk=ada.pk).update(family_name="Lovelace")
    rename(ada, clara, family_name="Milbanke")
    assert (says("Lovelace"), says("Byron")) == ("Milbanke", "Byron")


def test_the_ledger_names_neither_the_old_name_nor_the_new_one(
    named: Credential, ada: Learner, clara: User
) -> None:
    issue(rename(ada, clara).batch)
    for entry in LedgerEntry.objects.filter(subject__startswith="registrar.correction"):
        assert "King" not in str(entry.details) and "Byron" not in str(entry.details)
    assert LedgerEntry.objects.filter(act="credential.superseded").count() == 1


def test_a_correction_that_was_made_does_not_change(
    named: Credential, ada: Learner, clara: User
) -> None:
    correction = rename(ada, clara)
    for change in ({"state": "declined"}, {"reason": "x"}, {"family_name": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Correction.objects.filter(pk=correction.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        correction.delete()
    assert Batch.objects.get(pk=correction.batch_id).decided_alone


def test_the_learner_is_told_where_the_new_credential_is(
    named: Credential, ada: Learner, clara: User
) -> None:
    Learner.objects.filter(pk=ada.pk).update(email="ada@college.example")
    correction = rename(ada, clara)
    assert award_mails.write_some() == 0
    issue(correction.batch)
    assert (award_mails.write_some(), award_mails.write_some()) == (1, 0)
    mail = Mail.objects.get()
    assert (mail.to, mail.to_name) == ("ada@college.example", "Ada King")
    assert Release.objects.latest("released_at").url in mail.text
    assert "takes the place of an older one" in mail.text
    assert not award_mails.are_left()


def test_nobody_is_told_where_it_was_not_wished(
    named: Credential, ada: Learner, clara: User
) -> None:
    issue(rename(ada, clara, tells_learner=False).batch)
    assert award_mails.write_some() == 0
