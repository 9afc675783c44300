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
from django.db import connection, transaction
from django.test import Client

from issuer.errors import NotIssued, ReasonMissing, RevocationLost, WrongState
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
from issuer.services import batches, clock, signing, status, verification
from issuer.vc import status_list as bitstring
from issuer.vc import timestamps
from issuer.vc.verify import Outcome, Verdict
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
    signing.publish(only_list())
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
        batch=approved(1), position=0, achievement=achievement, document="{}"
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
    publication = signing.publish(only_list())
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
    kept = json.loads(signing.publish(only_list()).body)["credentialSubject"]["ttl"] / 1000
    assert cached is not None
    assert rounds + int(cached[1]) + kept <= settings.STATUS_LIST_TTL


def test_where_changes_show_at_once_no_cache_keeps_a_list(
    issued: list[Credential], client: Client, settings: Any
) -> None:
    settings.STATUS_PUBLISH_AT_ONCE = True
    path = only_list().url.removeprefix(settings.BASE_URL)
    assert "max-age=0" in client.get(path)["Cache-Control"]


def test_versions_only_grow(issued: list[Credential]) -> None:
    versions = [signing.publish(only_list()).version for _ in range(3)]
    assert versions == [2, 3, 4]


def test_of_two_that_publish_at_once_one_edition_stands(
    transactional_db: None, issued: list[Credential]
) -> None:
    def publish(_: int) -> bool:
        try:
            signing.publish(only_list())
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
    signing.publish(only_list())
    assert status.lists_to_publish() == []
    settings.STATUS_LIST_VALIDITY *= 3
    assert status.lists_to_publish() == [only_list()]
    signing.publish(only_list())
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
    signing.publish(only_list())
    with without_triggers():
        form = late.verifiable_credentials.get()
        StatusChange.objects.create(
            pk=-1, verifiable_credential=form, value=True, reason="Slow", by=registrar
        )
    assert status.lists_to_publish() == [only_list()]


def test_a_published_revocation_is_never_taken_back(
    issued: list[Credential], registrar: User
) -> None:
    status.revoke(issued[0], reason="Awarded by mistake", by=registrar)
    signing.publish(only_list())
    with without_triggers():
        StatusListPublication.objects.update(last_change=None)
        StatusChange.objects.all().delete()
    with pytest.raises(RevocationLost):
        signing.publish(only_list())
    assert verdict(issued[0]) is Verdict.INVALID


def test_a_lifted_suspension_is_published_as_lifted(
    issued: list[Credential], registrar: User
) -> None:
    StatusList.objects.update(purpose=StatusList.Purpose.SUSPENSION)
    credential = issued[0]
    form = credential.verifiable_credentials.get()
    for value, state in ((True, "suspended"), (False, "valid")):
        StatusChange.objects.create(
            verifiable_credential=form, value=value, reason="Under review", by=registrar
        )
        assert status.state_of(credential) == state
        bits = status.published_bits(signing.publish(only_list()))
        assert bitstring.get(bits, form.status_index) is value
