"""Entries are handed out once, revocations stay, and verifiers are given fresh lists."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from issuer.errors import (
    NotIssued,
    NotSuspendable,
    NotSuspended,
    ReasonMissing,
    RevocationLost,
    WithdrawnForGood,
    WrongState,
)
from issuer.models import (
    Achievement,
    Batch,
    Credential,
    LedgerEntry,
    SecuredDocument,
    SigningKey,
    StatusChange,
    StatusList,
    StatusListPublication,
    VerifiableCredential,
)
from issuer.services import audit, batches, clock, publishing, status, verification
from issuer.vc import status_list as bitstring
from issuer.vc import timestamps
from issuer.vc.verification.verify import Outcome, Verdict
from tests.issuer import badges
from tests.issuer.superuser import without_triggers

FORMAT = VerifiableCredential.Format.EDDSA_RDFC_2022


@pytest.fixture
def issued(
    approved: Callable[..., Batch], achievement: Achievement, key: SigningKey
) -> list[Credential]:
    """Two credentials, signed and released."""
    batch = approved(2)
    badges.issue(batch, achievement)
    return list(Credential.objects.filter(batch=batch))


def only_list() -> StatusList:
    """The list that is filling."""
    return StatusList.objects.get()


def verdict(credential: Credential) -> Verdict:
    """What a verifier says who follows the link in the credential."""
    secured = SecuredDocument.objects.get(verifiable_credential__credential=credential)
    return verification.verify(secured.body.encode()).verdict


# Entries


def test_entries_are_all_different_and_in_no_order(db: None) -> None:
    taken = [entry.index for _ in range(3) for entry in status.allocate(400, format=FORMAT)]
    assert len(set(taken)) == 1200
    assert only_list().taken == 1200
    assert all(0 <= index < bitstring.MIN_SIZE for index in taken)
    # Of 1,199 neighbours about half go up; 100 off that is beyond any chance.
    rising = sum(before < after for before, after in pairwise(taken))
    assert 500 < rising < 700


def test_a_list_holds_every_index_once(db: None) -> None:
    status.allocate(1, format=FORMAT)
    found = only_list()
    indexes = memoryview(bytes(found.permutation)).cast("I")
    swapped = {int.from_bytes(index.to_bytes(4, "little")) for index in indexes}
    assert swapped == set(range(found.size))


def test_when_a_list_is_full_the_next_one_opens_within_the_same_request(db: None) -> None:
    status.allocate(1, format=FORMAT)
    StatusList.objects.update(taken=bitstring.MIN_SIZE - 3)
    entries = status.allocate(5, format=FORMAT)
    full, new = StatusList.objects.order_by("created_at", "pk")
    assert [entry.status_list_id for entry in entries] == [full.pk] * 3 + [new.pk] * 2
    assert (full.taken, new.taken) == (bitstring.MIN_SIZE, 2)
    assert len({(entry.status_list_id, entry.index) for entry in entries}) == 5


def test_entries_for_nobody_open_no_list(db: None) -> None:
    assert status.allocate(0, format=FORMAT) == []
    assert not StatusList.objects.exists()


def test_a_request_that_fails_takes_no_entry(db: None) -> None:
    status.allocate(1, format=FORMAT)
    with pytest.raises(RuntimeError), transaction.atomic():
        status.allocate(10, format=FORMAT)
        raise RuntimeError
    assert only_list().taken == 1


@pytest.mark.thorough
def test_many_who_allocate_at_once_share_nothing_across_a_boundary(
    transactional_db: None,
) -> None:
    status.allocate(1, format=FORMAT)
    StatusList.objects.update(taken=bitstring.MIN_SIZE - 30)

    def allocate(_: int) -> list[status.Entry]:
        try:
            return [entry for _ in range(5) for entry in status.allocate(4, format=FORMAT)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        entries = [entry for some in pool.map(allocate, range(4)) for entry in some]
    assert len(set(entries)) == 80
    assert sorted(StatusList.objects.values_list("taken", flat=True)) == [50, bitstring.MIN_SIZE]


def test_whoever_publishes_a_list_need_not_wait_for_whoever_takes_entries_of_it(
    transactional_db: None,
) -> None:
    status.allocate(1, format=FORMAT)

    def refer() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                cursor.execute("SELECT 1 FROM issuer_statuslist FOR KEY SHARE")
        finally:
            connection.close()

    # As a row that refers to the list asks at its commit, when it has the ledger's lock already.
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        status.allocate(1, format=FORMAT)
        pool.submit(refer).result()


# Revoking


def test_a_revoked_credential_is_invalid_once_the_list_is_published(
    issued: list[Credential], registrar: User
) -> None:
    revoked, other = issued
    assert verdict(revoked) is Verdict.VALID
    status.revoke(revoked, reason="Awarded by mistake", by=registrar)
    assert status.state_of(revoked) == "revoked"
    assert status.state_of(other) == "valid"
    assert verdict(revoked) is Verdict.VALID
    publishing.publish(only_list())
    assert verdict(revoked) is Verdict.INVALID
    assert verdict(other) is Verdict.VALID


def test_revoking_again_changes_nothing(issued: list[Credential], registrar: User) -> None:
    first = status.revoke(issued[0], reason="Awarded by mistake", by=registrar)
    again = status.revoke(issued[0], reason="To be sure", by=registrar)
    assert again == first and again.reason == "Awarded by mistake"
    assert StatusChange.objects.count() == 1
    entry = LedgerEntry.objects.get(act="credential.revoked")
    assert (entry.user, entry.reason) == (registrar, "Awarded by mistake")


def test_two_who_revoke_at_once_make_one_change(
    transactional_db: None, issued: list[Credential], registrar: User
) -> None:
    def revoke(number: int) -> StatusChange:
        try:
            return status.revoke(issued[0], reason=f"Reason {number}", by=registrar)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(revoke, range(4)))) == 1
    assert StatusChange.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_revoking_takes_a_reason(reason: str, issued: list[Credential], registrar: User) -> None:
    with pytest.raises(ReasonMissing):
        status.revoke(issued[0], reason=reason, by=registrar)
    assert not StatusChange.objects.exists()


def test_what_was_never_requested_cannot_be_revoked(
    approved: Callable[..., Batch], achievement: Achievement, registrar: User
) -> None:
    bare = Credential.objects.create(
        batch=approved(1), position=0, achievement=achievement, text="{}"
    )
    with pytest.raises(NotIssued):
        status.revoke(bare, reason="Awarded by mistake", by=registrar)


def test_a_credential_revoked_before_it_is_signed_is_born_revoked(
    approved: Callable[..., Batch], achievement: Achievement, key: SigningKey, registrar: User
) -> None:
    batch = approved(1)
    badges.request_all(batch, achievement)
    credential = Credential.objects.get()
    status.revoke(credential, reason="The grade was corrected", by=registrar)
    badges.sign_all(batch)
    assert batches.progress(batch).signed == 1
    assert verdict(credential) is Verdict.INVALID


# Publishing


def test_a_list_is_published_before_the_first_credential_that_refers_to_it(
    issued: list[Credential],
) -> None:
    acts = list(LedgerEntry.objects.order_by("sequence").values_list("act", flat=True))
    assert acts.index("status_list.published") < acts.index("credentials.signed")


def test_a_publication_says_how_long_it_holds(issued: list[Credential], settings: Any) -> None:
    settings.STATUS_LIST_TTL, settings.STATUS_LIST_VALIDITY = 120, 3600
    before = clock.now().replace(microsecond=0)
    publication = publishing.publish(only_list())
    document = json.loads(publication.body)
    assert timestamps.read(document["validUntil"]) == publication.valid_until
    assert publication.valid_until - timestamps.read(document["validFrom"]) == timedelta(hours=1)
    assert publication.published_at >= before
    assert document["credentialSubject"]["ttl"] == 45_000
    assert document["id"] == only_list().url
    report = verification.verify(publication.body.encode())
    assert report.check("signature").outcome is Outcome.PASSED


def test_a_revocation_is_seen_within_the_promised_time(
    issued: list[Credential], client: Client, settings: Any
) -> None:
    rounds = settings.CELERY_BEAT_SCHEDULE["publish status lists"]["schedule"]
    path = only_list().url.removeprefix(settings.BASE_URL)
    cached = re.search(r"max-age=(\d+)", client.get(path)["Cache-Control"])
    kept = json.loads(publishing.publish(only_list()).body)["credentialSubject"]["ttl"] / 1000
    assert cached is not None
    assert rounds + int(cached[1]) + kept <= settings.STATUS_LIST_TTL


def test_where_changes_show_at_once_no_cache_keeps_a_list(
    issued: list[Credential], client: Client, settings: Any
) -> None:
    settings.STATUS_PUBLISH_AT_ONCE = True
    path = only_list().url.removeprefix(settings.BASE_URL)
    assert "max-age=0" in client.get(path)["Cache-Control"]


def test_versions_only_grow(issued: list[Credential]) -> None:
    versions = [publishing.publish(only_list()).version for _ in range(3)]
    assert versions == [2, 3, 4]


def test_of_two_that_publish_at_once_one_edition_stands(
    transactional_db: None, issued: list[Credential]
) -> None:
    def publish(_: int) -> bool:
        try:
            publishing.publish(only_list())
        except WrongState:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(publish, range(3)))
    versions = StatusListPublication.objects.values_list("version", flat=True)
    assert sorted(versions) == list(range(1, 2 + sum(done)))


def test_a_list_is_due_when_it_changed_or_half_its_validity_has_passed(
    issued: list[Credential], registrar: User, settings: Any
) -> None:
    assert status.lists_to_publish() == []
    status.revoke(issued[0], reason="Awarded by mistake", by=registrar)
    assert status.lists_to_publish() == [only_list()]
    publishing.publish(only_list())
    assert status.lists_to_publish() == []
    settings.STATUS_LIST_VALIDITY *= 3
    assert status.lists_to_publish() == [only_list()]
    publishing.publish(only_list())
    assert status.lists_to_publish() == []


def test_a_list_that_was_never_published_is_due(
    approved: Callable[..., Batch], achievement: Achievement, key: SigningKey
) -> None:
    badges.request_all(approved(1), achievement)
    assert status.lists_to_publish() == [only_list()]


def test_a_change_with_a_lower_number_than_one_published_is_still_due(
    issued: list[Credential], registrar: User
) -> None:
    late, early = issued
    status.revoke(early, reason="Awarded by mistake", by=registrar)
    publishing.publish(only_list())
    with without_triggers():
        form = late.verifiable_credentials.get()
        StatusChange.objects.create(
            pk=-1,
            verifiable_credential=form,
            value=True,
            is_final=True,
            reason="Slow",
            by=registrar,
        )
    assert status.lists_to_publish() == [only_list()]


def test_a_published_revocation_is_never_taken_back(
    issued: list[Credential], registrar: User
) -> None:
    status.revoke(issued[0], reason="Awarded by mistake", by=registrar)
    publishing.publish(only_list())
    with without_triggers():
        StatusListPublication.objects.update(last_change=None)
        StatusChange.objects.all().delete()
    with pytest.raises(RevocationLost):
        publishing.publish(only_list())
    assert verdict(issued[0]) is Verdict.INVALID


# Suspending


@pytest.fixture
def licences(
    approved: Callable[..., Batch], achievement: Achievement, key: SigningKey
) -> list[Credential]:
    """Two credentials that can be suspended, signed and released."""
    batch = approved(2)
    badges.issue(batch, achievement, status_purpose="suspension")
    return list(Credential.objects.filter(batch=batch))


def test_each_purpose_has_a_list_of_its_own_and_entries_come_in_the_order_asked(
    db: None,
) -> None:
    purposes = ["suspension", "revocation", "suspension", "suspension"]
    entries = status.allocate_each(purposes, format=FORMAT)
    lists = {found.pk: found for found in StatusList.objects.all()}
    assert [lists[entry.status_list_id].purpose for entry in entries] == purposes
    assert len(lists) == len({found.url for found in lists.values()}) == 2
    assert sorted(found.taken for found in lists.values()) == [1, 3]
    assert status.allocate_each([], format=FORMAT) == []


def test_a_suspended_credential_is_invalid_until_it_is_reinstated(
    licences: list[Credential], registrar: User
) -> None:
    suspended, other = licences
    status.suspend(suspended, reason="Under review", by=registrar)
    assert (status.state_of(suspended), status.state_of(other)) == ("suspended", "valid")
    publishing.publish(only_list())
    assert verdict(suspended) is Verdict.INVALID
    assert verdict(other) is Verdict.VALID
    status.reinstate(suspended, reason="Reviewed", by=registrar)
    assert status.state_of(suspended) == "valid"
    assert status.lists_to_publish() == [only_list()]
    publishing.publish(only_list())
    assert verdict(suspended) is Verdict.VALID
    acts = LedgerEntry.objects.filter(subject=f"issuer.credential:{suspended.pk}")
    assert [(entry.act, entry.reason) for entry in acts.order_by("sequence")] == [
        ("credential.suspended", "Under review"),
        ("credential.reinstated", "Reviewed"),
    ]


def test_a_verifier_is_told_in_words_that_it_is_suspended(
    licences: list[Credential], registrar: User
) -> None:
    status.suspend(licences[0], reason="Under review", by=registrar)
    publishing.publish(only_list())
    body = SecuredDocument.objects.get(verifiable_credential__credential=licences[0]).body
    said = verification.verify(body.encode()).check("status").detail
    assert said == "The issuer has suspended the credential, which may change again."


def test_a_suspension_list_says_what_it_is_for_how_long_it_holds_and_what_changed(
    licences: list[Credential], registrar: User, client: Client, settings: Any
) -> None:
    settings.STATUS_PUBLISH_AT_ONCE = False
    path = only_list().url.removeprefix(settings.BASE_URL)
    answer = client.get(path)
    document = json.loads(answer.content)
    subject = document["credentialSubject"]
    assert subject["statusPurpose"] == "suspension"
    kept = re.search(r"max-age=(\d+)", answer["Cache-Control"])
    assert kept and subject["ttl"] == int(kept[1]) * 1000
    left = timestamps.read(document["validUntil"]) - timestamps.read(document["validFrom"])
    assert left.total_seconds() == settings.STATUS_LIST_VALIDITY
    assert client.get(path, headers={"if-none-match": answer["ETag"]}).status_code == 304
    status.suspend(licences[0], reason="Under review", by=registrar)
    publishing.publish(only_list())
    changed = client.get(path, headers={"if-none-match": answer["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != answer["ETag"]


def test_suspending_again_changes_nothing_and_what_is_in_force_is_not_reinstated(
    licences: list[Credential], registrar: User
) -> None:
    with pytest.raises(NotSuspended):
        status.reinstate(licences[0], reason="Reviewed", by=registrar)
    first = status.suspend(licences[0], reason="Under review", by=registrar)
    assert status.suspend(licences[0], reason="To be sure", by=registrar) == first
    status.reinstate(licences[0], reason="Reviewed", by=registrar)
    with pytest.raises(NotSuspended):
        status.reinstate(licences[0], reason="Reviewed", by=registrar)
    assert status.suspend(licences[0], reason="Once more", by=registrar) != first
    assert [change.act for change in StatusChange.objects.all()] == [
        "suspended",
        "reinstated",
        "suspended",
    ]


@pytest.mark.parametrize("change", [status.suspend, status.reinstate])
def test_what_can_be_revoked_cannot_be_suspended(
    change: Callable[..., StatusChange], issued: list[Credential], registrar: User
) -> None:
    with pytest.raises(NotSuspendable, match="can be revoked, not suspended"):
        change(issued[0], reason="Under review", by=registrar)
    with pytest.raises(ReasonMissing):
        change(issued[0], reason=" ", by=registrar)
    assert not StatusChange.objects.exists()


def test_what_can_be_suspended_is_withdrawn_for_good_by_a_suspension_that_nobody_lifts(
    licences: list[Credential], registrar: User
) -> None:
    credential = licences[0]
    status.suspend(credential, reason="Under review", by=registrar)
    final = status.revoke(credential, reason="Struck off", by=registrar)
    assert (final.value, final.is_final) == (True, True)
    assert status.revoke(credential, reason="To be sure", by=registrar) == final
    assert status.state_of(credential) == "revoked"
    for change in (status.suspend, status.reinstate):
        with pytest.raises(WithdrawnForGood):
            change(credential, reason="Reviewed", by=registrar)
    publishing.publish(only_list())
    assert verdict(credential) is Verdict.INVALID


def test_the_database_lifts_nothing_that_was_withdrawn_for_good(
    licences: list[Credential], registrar: User
) -> None:
    change = status.revoke(licences[0], reason="Struck off", by=registrar)
    form: Any = change.verifiable_credential
    with pytest.raises(DatabaseError, match="withdrawn for good"), transaction.atomic():
        StatusChange.objects.create(
            verifiable_credential=form, value=False, reason="Lifted", by=registrar
        )
    other = licences[1].verifiable_credentials.get()
    with pytest.raises(IntegrityError, match="for_good_sets_the_bit"), transaction.atomic():
        StatusChange.objects.create(
            verifiable_credential=other, value=False, is_final=True, reason="So", by=registrar
        )


def test_two_who_suspend_at_once_make_one_change(
    transactional_db: None, licences: list[Credential], registrar: User
) -> None:
    def suspend(number: int) -> StatusChange:
        try:
            return status.suspend(licences[0], reason=f"Reason {number}", by=registrar)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(suspend, range(4)))) == 1
    assert StatusChange.objects.count() == 1


# A whole batch


def test_a_whole_batch_is_revoked_at_once_with_one_entry_and_one_edition(
    issued: list[Credential], registrar: User
) -> None:
    batch = issued[0].batch
    status.revoke(issued[1], reason="Awarded by mistake", by=registrar)
    assert status.revoke_all(batch, reason="The exam was void", by=registrar) == 1
    entry = LedgerEntry.objects.get(act="credentials.revoked")
    assert (entry.reason, entry.details) == ("The exam was void", {"count": 1, "positions": "0"})
    assert {status.state_of(each) for each in issued} == {"revoked"}
    assert StatusChange.objects.get(reason="Awarded by mistake")
    publishing.publish(only_list())
    assert {verdict(each) for each in issued} == {Verdict.INVALID}
    with pytest.raises(WrongState, match="revoked already"):
        status.revoke_all(batch, reason="Once more", by=registrar)


def test_a_batch_is_revoked_with_a_reason_and_after_it_was_issued(
    approved: Callable[..., Batch], achievement: Achievement, key: SigningKey, registrar: User
) -> None:
    batch = approved(1)
    badges.request_all(batch, achievement)
    with pytest.raises(ReasonMissing):
        status.revoke_all(batch, reason="", by=registrar)
    with pytest.raises(WrongState, match="has been issued"):
        status.revoke_all(batch, reason="The exam was void", by=registrar)
    assert not StatusChange.objects.exists()


def test_who_revokes_a_batch_and_who_revokes_one_of_it_do_not_do_it_twice(
    transactional_db: None, issued: list[Credential], registrar: User
) -> None:
    batch = issued[0].batch

    def revoke(number: int) -> None:
        try:
            if number % 2:
                status.revoke(issued[number // 2], reason="One", by=registrar)
            else:
                status.revoke_all(batch, reason="All", by=registrar)
        except WrongState:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(revoke, range(4)))
    assert StatusChange.objects.count() == 2
    assert audit.check().ok
