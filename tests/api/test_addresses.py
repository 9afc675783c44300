"""Where a learner finds a credential is told to a client that may know it, and to no other."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.models import Credential, Release
from registrar.models import Learner, Revision
from registrar.services.awarding import award_files, awards
from registrar.services.college import api_clients
from tests.cast import signed_in
from tests.registrar.test_award_files import ada_row, sheet

pytestmark = pytest.mark.django_db

READS = "awards.read credentials.read"


@pytest.fixture
def portal(root: User) -> APIClient:
    """Shows learners their credentials."""
    scopes = [*READS.split(), "credentials.addresses"]
    application, _ = api_clients.add("Portal", by=root, scopes=scopes)
    client = signed_in(application)
    AccessToken.objects.update(scope=" ".join(scopes))
    return client


def addresses(system: APIClient, credential: Credential) -> list[Any]:
    """What is told of it: alone, in lists, and of its award."""
    (listed,) = system.get("/api/v1/credentials").json()["results"]
    one = system.get(f"/api/v1/credentials/{credential.pk}").json()
    assert (one["page"], one["document"]) == (listed["page"], listed["document"])
    (award,) = system.get(f"/api/v1/awards?credential={credential.pk}").json()["results"]
    assert (award["credential_page"], award["credential_document"]) == (
        one["page"],
        one["document"],
    )
    return [one["page"], one["document"]]


def test_a_client_that_may_learns_the_page_and_the_document_of_a_credential(
    portal: APIClient, adas_credential: Credential, client: Client
) -> None:
    page, document = addresses(portal, adas_credential)
    assert page == Release.objects.get().url
    shown = client.get(page)
    assert (shown.status_code, shown["Cache-Control"]) == (200, "no-store, private")
    had = client.get(document)
    assert had["Content-Type"] == "application/vc+ld+json"
    assert (had.json()["id"], "proof" in had.json()) == (adas_credential.reference, True)
    only = portal.get(f"/api/v1/credentials/{adas_credential.pk}?fields=page").json()
    assert only == {"id": str(adas_credential.pk), "page": page}


def test_a_client_that_may_only_read_learns_no_address(
    portal: APIClient, adas_credential: Credential
) -> None:
    told = addresses(portal, adas_credential)
    AccessToken.objects.update(scope=READS)
    assert addresses(portal, adas_credential) == [None, None]
    secret = Release.objects.get().address
    for path in ("credentials", "awards", f"credentials/{adas_credential.pk}", "records", "status"):
        AccessToken.objects.update(scope=f"{READS} learners.read")
        assert secret not in portal.get(f"/api/v1/{path}").content.decode()
    assert secret in told[0]


def test_nobody_gets_the_scope_who_was_not_given_it(root: User) -> None:
    application, _ = api_clients.add("Student information system", by=root)
    assert "credentials.addresses" not in api_clients.scopes_of(application)


def test_before_a_credential_is_released_it_has_no_address(
    portal: APIClient, workshop: Revision, ada: Learner, clara: User, dev: User
) -> None:
    kept = award_files.take(
        sheet(ada_row()), template=workshop.template, by=clara, file_name="people.csv"
    )
    awards.approve(award_files.prepare(award_files.look(kept), by=clara), by=dev)
    (award,) = portal.get("/api/v1/awards").json()["results"]
    assert (award["credential_page"], award["credential_document"]) == (None, None)
