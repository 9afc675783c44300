"""What the public suite of Bitstring Status List asks of an issuer and of its lists."""

import gzip

import pytest

from issuer.vc import multibase, status_list
from tests.conformance.conftest import V2, Document, Suites, credential, refused, verified

INSTANCE = "bitstring"
SUBJECT = {"id": "did:key:z6MkhTNL7i2etLerDK8Acz5t528giE5KA4p75T6ka1E1D74r"}


@pytest.fixture
def issued(suites: Suites) -> Document:
    return suites.issued(INSTANCE, credential(credentialSubject=SUBJECT))


def test_the_issuer_adds_a_status_and_leaves_the_subject_as_it_was(issued: Document) -> None:
    assert issued["credentialSubject"] == SUBJECT
    assert issued["type"] == ["VerifiableCredential"]
    status = issued["credentialStatus"]
    assert set(status) == {
        "id",
        "type",
        "statusPurpose",
        "statusListIndex",
        "statusListCredential",
    }
    assert status["type"] == "BitstringStatusListEntry"
    assert status["statusPurpose"] == "revocation"
    assert status["id"] != status["statusListCredential"]
    assert str(int(status["statusListIndex"])) == status["statusListIndex"]
    assert 0 <= int(status["statusListIndex"]) < status_list.MIN_SIZE


def test_the_list_is_a_credential_at_the_address_that_is_stated(
    suites: Suites, issued: Document
) -> None:
    url = issued["credentialStatus"]["statusListCredential"]
    listed = suites.status_list(url)
    assert listed["@context"] == [V2]
    assert (listed["id"], listed["issuer"]) == (url, suites.issuer(INSTANCE))
    assert listed["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert listed["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
    subject = listed["credentialSubject"]
    assert set(subject) == {"id", "type", "statusPurpose", "encodedList"}
    assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", "revocation")
    verified(suites.verify(listed, INSTANCE, checks=[]))


def test_the_list_is_compressed_bits_in_base64url_and_large_enough(
    suites: Suites, issued: Document
) -> None:
    listed = suites.status_list(issued["credentialStatus"]["statusListCredential"])
    encoded = listed["credentialSubject"]["encodedList"]
    assert encoded.startswith("u") and "=" not in encoded
    bits = gzip.decompress(multibase.decode_base64url(encoded))
    assert len(bits) >= 16 * 1024
    assert not any(bits)


@pytest.mark.parametrize("checks", [["proof"], ["proof", "credentialStatus"], []], ids=str)
def test_the_status_is_looked_up(suites: Suites, issued: Document, checks: list[str]) -> None:
    verified(suites.verify(issued, INSTANCE, checks=checks))


@pytest.mark.parametrize(
    "members",
    [
        {"statusListIndex": "131072"},
        {"statusListIndex": 7},
        {"statusListIndex": "-1"},
        {"statusPurpose": "suspension"},
        {"statusPurpose": ["revocation"]},
        {"statusListCredential": "https://elsewhere.example/list"},
        {"type": "StatusList2021Entry"},
    ],
    ids=str,
)
def test_a_status_that_can_not_be_looked_up_is_never_valid(
    suites: Suites, members: Document
) -> None:
    stated = suites.issued(INSTANCE, credential())["credentialStatus"]
    document = credential(credentialStatus={**stated, **members})
    answer = suites.issue("eddsa-rdfc-2022", document)
    if answer.status_code == 201:
        signed = answer.json()["verifiableCredential"]
        refused(suites.verify(signed, checks=["proof", "credentialStatus"]))
    else:
        refused(answer)


def test_an_entry_in_an_undefined_place_is_refused(suites: Suites) -> None:
    entry = {
        "type": "BitstringStatusListEntry",
        "statusListIndex": True,
        "statusListCredential": "https://example.com",
    }
    refused(suites.issue(INSTANCE, {**credential(), "statusEntry": entry}))
    refused(suites.issue("eddsa-rdfc-2022", credential(credentialStatus=entry)))


def test_other_instances_have_no_list(suites: Suites) -> None:
    assert suites.client.get("/conformance/vc-api/status/list", secure=True).status_code == 404
