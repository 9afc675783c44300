"""What strangers find: and what they must not find."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from issuer.models import Credential, Release, SecuredDocument, StatusList, StatusListPublication
from issuer.services import clock, institutions, publishing, status
from issuer.vc.data_integrity import proofs
from issuer.vc.signers import Ed25519Signer

pytestmark = pytest.mark.django_db

JSON = {"accept": "application/vc+ld+json"}


@pytest.fixture
def adas(adas_credential: Credential) -> Release:
    """Ada's credential, issued and released."""
    return adas_credential.release


def body_of(release: Release) -> dict[str, Any]:
    return json.loads(
        SecuredDocument.objects.get(verifiable_credential__credential=release.pk).body
    )


def revoke(release: Release, by: Any) -> None:
    status.revoke(release.credential, reason="Awarded by mistake.", by=by)
    publishing.publish(StatusList.objects.get())


def check(client: Client, text: str) -> str:
    answer = client.post("/verify", {"text": text})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_did_document_lists_the_key_and_any_site_may_read_it(client, key) -> None:
    answer = client.get("/.well-known/did.json")
    document = answer.json()
    assert document["id"] == settings.ISSUER_DID
    assert document["assertionMethod"] == [key.verification_method]
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "max-age=300" in answer["Cache-Control"]


def test_what_was_fetched_before_is_not_sent_again(client, key) -> None:
    first = client.get("/.well-known/did.json")
    again = client.get("/.well-known/did.json", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert again["Access-Control-Allow-Origin"] == "*"


def test_what_is_published_is_the_same_for_everybody_and_may_be_kept(client, adas, root) -> None:
    client.force_login(root)
    achievement = f"/achievements/{adas.credential.achievement_id}"
    for path, varies in (
        ("/.well-known/did.json", None),
        (StatusList.objects.get().url.removeprefix(settings.BASE_URL), None),
        (achievement, "Accept"),
        (achievement + "/image.svg", None),
    ):
        answer = client.get(path)
        assert answer.get("Vary") == varies
        assert not answer.cookies
        assert re.fullmatch(r"public, max-age=\d+", answer["Cache-Control"])
        again = client.get(path, headers={"if-none-match": answer["ETag"]})
        assert again.status_code == 304 and not again.content
        assert again.get("Vary") == varies
        assert again["Cache-Control"] == answer["Cache-Control"]


def test_the_status_list_is_served_signed_at_the_address_in_the_credential(client, adas) -> None:
    address = body_of(adas)["credentialStatus"]["statusListCredential"]
    answer = client.get(address.removeprefix(settings.BASE_URL))
    status_list = json.loads(answer.content)
    assert status_list["id"] == address
    assert status_list["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
    assert "public" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=" + "0-," * 1_000,
        "bytes=0-0",
        "bytes=-1",
        "bytes=9999999-",
        "bytes=5-1",
        "lines=1-2",
        "x",
    ],
)
def test_whoever_asks_for_parts_of_what_is_published_gets_all_of_it_once(
    client, adas, asked
) -> None:
    """RFC 9110, section 14.2: a server may ignore Range; in parts it could be sent many times."""
    list_path = StatusList.objects.get().url.removeprefix(settings.BASE_URL)
    for path in (
        list_path,
        "/.well-known/did.json",
        f"/achievements/{adas.credential.achievement_id}",
    ):
        whole = client.get(path)
        answer = client.get(path, headers={"range": asked, "if-range": whole["ETag"]})
        assert (answer.status_code, answer.content) == (200, whole.content), path


def test_the_status_list_is_served_as_it_was_at_any_time(client, adas, root) -> None:
    address = body_of(adas)["credentialStatus"]["statusListCredential"]
    path = address.removeprefix(settings.BASE_URL)
    revoke(adas, root)
    first, second = StatusListPublication.objects.order_by("version")

    def asked(then: datetime) -> Any:
        return client.get(path, {"timestamp": then.isoformat()})

    assert asked(first.published_at).content.decode() == first.body
    assert asked(second.published_at).content.decode() == second.body
    assert client.get(path).content.decode() == second.body
    a_day = timedelta(days=1)
    with pgtrigger.ignore():
        StatusListPublication.objects.filter(pk=first.pk).update(
            published_at=first.published_at - 9 * a_day, valid_until=first.valid_until - 9 * a_day
        )
    assert asked(first.published_at - 9 * a_day).content.decode() == first.body
    nobody_signed, before_all = first.published_at - 5 * a_day, first.published_at - 10 * a_day
    for then in (nobody_signed, before_all, second.published_at + a_day):
        answer = asked(then)
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("#STATUS_RETRIEVAL_ERROR")
    for wrong in ("yesterday", "2026-01-01", "0001-01-01T00:00:00+14:00", ""):
        assert client.get(path, {"timestamp": wrong}).status_code == 400


def test_nobody_who_asks_for_a_status_makes_the_database_send_the_half_megabyte(
    client, adas
) -> None:
    body = body_of(adas)
    address = body["credentialStatus"]["statusListCredential"]
    with CaptureQueriesContext(connection) as queries:
        client.get(address.removeprefix(settings.BASE_URL))
        client.get(adas.url.removeprefix(settings.BASE_URL))
        check(client, json.dumps(body))
    assert any("issuer_statuslistpublication" in query["sql"] for query in queries)
    assert not any("permutation" in query["sql"] for query in queries)


def test_the_achievement_of_a_credential_has_a_page_and_a_json(client, adas) -> None:
    achievement = body_of(adas)["credentialSubject"]["achievement"]
    path = achievement["id"].removeprefix(settings.BASE_URL)
    for json_type in ("application/json", "application/ld+json"):
        found = client.get(path, headers={"accept": json_type})
        assert found["Content-Type"] == json_type
        # On its own it needs the contexts that it has from the credential around it there.
        assert found.json() == {"@context": body_of(adas)["@context"], **achievement}
    page = client.get(path).content.decode()
    assert "Knows what a cell is made of." in page
    assert "Observe" in page


def test_the_image_of_an_achievement_can_only_be_looked_at(client, adas) -> None:
    address = body_of(adas)["credentialSubject"]["achievement"]["image"]["id"]
    answer = client.get(address.removeprefix(settings.BASE_URL))
    assert answer["Content-Type"] == "image/svg+xml"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_whoever_holds_the_address_reads_the_credential_and_nobody_keeps_it(client, adas) -> None:
    path = adas.url.removeprefix(settings.BASE_URL)
    page = client.get(path)
    assert "This credential is valid." in page.content.decode()
    assert client.get(path, headers=JSON).json() == body_of(adas)
    file = client.get(path + "/download")
    assert json.loads(file.content) == body_of(adas)
    for answer in (page, client.get(path, headers=JSON), file):
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "../credentials", "%00"])
def test_a_guessed_address_finds_nothing(client, adas, wrong) -> None:
    assert client.get(f"/credentials/{wrong}").status_code == 404


def test_a_credential_is_not_found_by_its_id(client, adas) -> None:
    assert client.get(f"/credentials/{adas.pk}").status_code == 404


def test_the_page_of_a_revoked_credential_says_so(client, adas, clara) -> None:
    revoke(adas, by=clara)
    page = client.get(adas.url.removeprefix(settings.BASE_URL)).content.decode()
    assert "This credential is not valid." in page
    assert "revoked" in page.lower()


def test_anyone_can_check_a_credential_by_pasting_it_or_as_a_file(client, adas) -> None:
    text = json.dumps(body_of(adas))
    assert "This credential is valid." in check(client, text)
    file = SimpleUploadedFile("badge.json", text.encode())
    assert "This credential is valid." in client.post("/verify", {"file": file}).content.decode()


def forged(document: dict[str, Any]) -> dict[str, Any]:
    """The same, under the same names, but signed by a stranger with a key of their own."""
    signer = Ed25519Signer(b"\x0b" * 32)
    did = f"did:key:{signer.public_multibase}"
    unsigned = {
        member: value
        for member, value in document.items()
        if member not in ("proof", "credentialStatus")
    }
    return proofs.add_proof(
        {**unsigned, "issuer": {**document["issuer"], "id": did}},
        signer=signer,
        verification_method=f"{did}#{signer.public_multibase}",
        created=clock.now(),
    )


def test_a_stranger_who_takes_our_name_is_not_taken_for_us(client, adas) -> None:
    ours = check(client, json.dumps(body_of(adas)))
    assert "Issued by this institution" in ours
    assert settings.ISSUER_DID.removeprefix("did:web:").replace("%3A", ":") in ours
    page = check(client, json.dumps(forged(body_of(adas))))
    assert "Small College" in page
    assert "This credential is valid." not in page
    assert "verdict-valid" not in page
    assert "Issued by somebody else: we checked the signature, not who they are." in page
    assert "a key that nobody vouches for" in page


def test_a_changed_credential_is_not_valid(client, adas) -> None:
    document = body_of(adas)
    document["credentialSubject"]["result"][0]["value"] = "Pass"
    assert "This credential is not valid." in check(client, json.dumps(document))


def test_a_revoked_credential_is_not_valid_for_anyone(client, adas, clara) -> None:
    revoke(adas, by=clara)
    assert "This credential is not valid." in check(client, json.dumps(body_of(adas)))


def published_list(release: Release) -> dict[str, Any]:
    (status_list,) = {form.status_list for form in release.credential.verifiable_credentials.all()}
    edition = status.newest_publication(status_list)
    assert edition is not None
    return json.loads(edition.body)


def test_a_status_list_is_said_to_be_one_and_whose_and_what_for(client, adas) -> None:
    page = check(client, json.dumps(published_list(adas)))
    assert "This status list is valid. Issued by this institution." in page
    assert "A status list of <bdi>Small College</bdi>, not a credential of a learner." in page
    assert "which credentials were revoked" in page
    assert "A credential without a name" not in page


def test_a_status_list_of_somebody_else_is_not_taken_for_ours(client, adas) -> None:
    theirs = published_list(adas) | {"issuer": {"id": "did:web:other.example", "name": "Other"}}
    theirs["credentialSubject"]["statusPurpose"] = ["suspension"]
    page = check(client, json.dumps(theirs))
    assert "This status list is not valid." in page
    assert 'A status list of <bdi>Other</bdi>, <bdi dir="ltr">other.example</bdi>' in page
    assert "which credentials are suspended" in page
    del theirs["issuer"]
    assert "A status list of an issuer that it does not name" in check(client, json.dumps(theirs))


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        '{"type": ["BitstringStatusListCredential", 7], "credentialSubject": {"statusPurpose": 7}}',
        '{"type": ["BitstringStatusListCredential"], "issuer": "\\ud800"}',
        "null",
        '{"a": 1, "a": 2}',
        '{"proof": {"verificationMethod": "did:web:127.0.0.1"}}',
        "[" * 100_000,
        '{"issuer": "javascript:alert(1)", "credentialSubject": {"achievement": 7}}',
        '{"name": "\\ud800"}',
        '{"n": 1e999}',
        "9" * 5_000,
    ],
)
def test_whatever_is_sent_gets_an_answer_that_is_never_valid(client, key, text) -> None:
    page = check(client, text)
    assert "This credential is valid." not in page
    assert not re.search(r"""(href|src)=["']?javascript:""", page)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "one of the two"),
        ({"text": "{}", "file": SimpleUploadedFile("x", b"{}")}, "one of the two"),
        ({"file": SimpleUploadedFile("x", b"x" * (5 * 1024 * 1024 + 1))}, "larger than 5 MB"),
    ],
)
def test_a_form_that_cannot_be_checked_says_what_to_do(client, db, form, said) -> None:
    answer = client.post("/verify", form)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_strangers_are_shown_the_way_and_nothing_else(client, adas) -> None:
    page = client.get("/").content.decode()
    assert "Check a credential" in page
    assert "Ada" not in page
    for path in ("/admin/", "/teach/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


def test_every_answer_carries_a_strict_content_security_policy(client, db) -> None:
    for path in ("/", "/verify", "/admin/login/"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


def test_the_logo_is_where_the_profile_in_credentials_points(client, root) -> None:
    institution = institutions.set_up(
        by=root,
        name="Small College",
        url="https://college.example",
        logo="<svg xmlns='http://www.w3.org/2000/svg'/>",
        street_address="1 Main Street",
        country_code="US",
    )
    profile = institutions.profile(institution).as_json()
    assert profile["address"] == {
        "type": ["Address"],
        "addressCountryCode": "US",
        "streetAddress": "1 Main Street",
    }
    answer = client.get(profile["image"]["id"].removeprefix(settings.BASE_URL))
    assert answer.content.decode() == institution.logo
    assert "sandbox" in answer["Content-Security-Policy"]


def test_without_a_logo_there_is_none(client, db) -> None:
    assert client.get("/logo.svg").status_code == 404
