"""Verifiers that we did not write accept what the college issues, and see a revocation.

So does the checklist of 1EdTech's validator, which we wrote without our own code.
"""

import json
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from issuer.models import Credential, SecuredDocument, SigningKey, StatusList
from issuer.services import credentials, keys, publishing, status
from registrar.models import Learner, Revision
from registrar.services.awarding import awards
from tests.cast import SIS, College, issue
from tests.interop.other_verifiers import VERIFIERS, Document, Published, refused
from tests.validator_1edtech import Outcome, inspect_badge, inspect_status_list, public_keys

pytestmark = pytest.mark.thorough

NAMES = [
    ("Zoë", "O'Brien-Núñez"),
    ("محمد", "الأحمد"),
    ("さくら", "佐々木"),
    ("Budiarti", "-"),
    ("Þórdís", "Ævarsdóttir"),
    ("🙂", 'quote " backslash \\ tab'),
]


@pytest.fixture
def issued(
    key: SigningKey, college: College, cells: Revision, clara: User, dev: User
) -> list[Document]:
    """One credential for each of these names, from results to signatures."""
    for number, (given_name, family_name) in enumerate(NAMES):
        learner = Learner.objects.create(
            source=SIS,
            sourced_id=str(number),
            number=str(number),
            given_name=given_name,
            family_name=family_name,
            email=f"{number}@college.example" if number % 2 else "",
        )
        college.enrol(learner)
        college.grade(learner, "Distinction" if number % 3 else "Pass")
    batch = awards.prepare(awards.evaluate(cells, at=timezone.now()), by=clara)
    assert batch is not None
    issue(awards.approve(batch, by=dev))
    bodies = [secured.body for secured in SecuredDocument.objects.whole()]
    return [json.loads(body) for body in bodies]


def published() -> Published:
    lists = {}
    for status_list in StatusList.objects.all():
        newest = status.newest_publication(status_list)
        assert newest is not None
        lists[status_list.url] = json.loads(newest.body)
    return Published(keys.did_document(settings.ISSUER_DID), lists)


@pytest.mark.parametrize("name", VERIFIERS)
def test_it_accepts_all_and_then_refuses_the_one_that_was_revoked(
    name: str, issued: list[Document], clara: User
) -> None:
    assert len(issued) == len(NAMES)
    assert refused(VERIFIERS[name], issued, published()) == []

    revoked = issued[2]["id"]
    status.revoke(credentials.find(revoked), reason="Awarded by mistake.", by=clara)
    publishing.publish(StatusList.objects.get())
    assert refused(VERIFIERS[name], issued, published()) == [revoked]


@pytest.mark.parametrize("name", VERIFIERS)
def test_it_refuses_what_is_suspended_and_accepts_it_again_when_it_is_reinstated(
    name: str, adas_licence: Credential, clara: User
) -> None:
    body = SecuredDocument.objects.get(verifiable_credential__credential=adas_licence).body
    licence = json.loads(body)
    assert licence["credentialStatus"]["statusPurpose"] == "suspension"
    for change, expected in (
        (None, []),
        (status.suspend, [adas_licence.urn]),
        (status.reinstate, []),
        (status.revoke, [adas_licence.urn]),
    ):
        if change is not None:
            change(adas_licence, reason="Under review.", by=clara)
        publishing.publish(StatusList.objects.get())
        assert refused(VERIFIERS[name], [licence], published()) == expected


@pytest.mark.parametrize("name", VERIFIERS)
def test_it_refuses_a_credential_in_which_a_word_was_changed(
    name: str, issued: list[Document]
) -> None:
    changed: Any = issued[0]
    changed["credentialSubject"]["achievement"]["name"] += "!"
    with pytest.raises(Exception, match=r"(?i)proof|signature|verif"):
        refused(VERIFIERS[name], [changed], published())


@pytest.mark.usefixtures("shared_data")
def test_all_of_it_passes_the_checklist_of_1edtech(issued: list[Document]) -> None:
    lists = published().status_lists
    pages = {
        public_keys.address_of(settings.ISSUER_DID): published().did,
        issued[0]["issuer"]["url"]: "<html>",
        **lists,
    }
    inspections = [(inspect_badge, each) for each in issued]
    inspections += [(inspect_status_list, each) for each in lists.values()]
    assert len(inspections) == len(NAMES) + 1
    for inspect, document in inspections:
        report = inspect(document, fetch=pages.__getitem__, now=timezone.now())
        assert report.outcome is Outcome.VALID, report
        assert report.faults == []
