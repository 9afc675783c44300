"""What the public suites of the VC API ask of an issuer and a verifier, and how they call them."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from issuer.vc_api.messages import PROBLEM
from tests.conformance.conftest import (
    V1,
    Document,
    Suites,
    credential,
    older,
    refused,
    verified,
)

SUITES = [
    "eddsa-rdfc-2022",
    "eddsa-jcs-2022",
    "ecdsa-rdfc-2019-p256",
    "ecdsa-rdfc-2019-p384",
    "ecdsa-jcs-2019-p256",
    "ecdsa-jcs-2019-p384",
    "ecdsa-sd-2023-p256",
    "bitstring",
    "vc-api",
    "enveloped",
]
ISSUE = "/conformance/vc-api/credentials/issue"


# How they call


def test_the_list_tells_where_each_instance_is_called(suites: Suites) -> None:
    listed = suites.listed()
    assert list(listed) == SUITES
    for name, instance in listed.items():
        base = f"https://testserver/conformance/{name}/credentials/"
        assert instance["issuer"].startswith("did:key:z")
        assert (instance["issue"], instance["verify"]) == (f"{base}issue", f"{base}verify")
        assert ("derive" in instance) == (name == "ecdsa-sd-2023-p256")
    assert len({instance["issuer"] for instance in listed.values()}) == len(SUITES)


def test_nothing_is_there_without_the_profile(suites: Suites, settings: Any) -> None:
    settings.CONFORMANCE = False
    assert suites.client.get("/conformance/", secure=True).status_code == 404
    assert suites.issue("vc-api", older()).status_code == 404
    assert suites.verify(older()).status_code == 404
    assert suites.derive(older()).status_code == 404
    assert suites.verify_presentation({}).status_code == 404
    assert suites.client.get("/conformance/bitstring/status/list").status_code == 404


def test_an_instance_that_there_is_not_is_not_found(suites: Suites) -> None:
    assert suites.issue("bbs-2023", older()).status_code == 404
    assert suites.verify(older(), "bbs-2023").status_code == 404


def test_nobody_has_to_sign_in_and_no_form_is_needed(suites: Suites) -> None:
    strict = Suites(Client(enforce_csrf_checks=True))
    assert strict.issue("vc-api", older()).status_code == 201


@pytest.mark.parametrize("path", ["issue", "verify"])
def test_reading_is_no_call(suites: Suites, path: str) -> None:
    answer = suites.client.get(f"/conformance/vc-api/credentials/{path}", secure=True)
    assert answer.status_code == 405


# The issuer


def send(suites: Suites, body: Any) -> HttpResponse:
    return suites.post(ISSUE, body)


def test_a_credential_of_version_1_1_is_issued_with_201(suites: Suites) -> None:
    document = older(id="urn:uuid:9c9a36f8-518f-4976-a934-6649502d0008")
    issued = suites.issued("vc-api", document)
    assert {"@context", "type", "id", "issuer", "credentialSubject", "proof"} <= set(issued)
    verified(suites.verify(issued, checks=[]))


@pytest.mark.parametrize("options", [{}, None, {"type": "Ed25519Signature2020", "any": [1]}])
def test_any_options_are_taken(suites: Suites, options: Any) -> None:
    assert send(suites, {"credential": older(), "options": options}).status_code == 201


def test_no_options_are_needed(suites: Suites) -> None:
    assert send(suites, {"credential": older()}).status_code == 201


def test_a_credential_may_expire(suites: Suites) -> None:
    suites.issued("vc-api", older(expirationDate="2043-06-15T11:00:00Z"))


@pytest.mark.parametrize(
    "body",
    [
        {"verifiableCredential": older()},
        {"credential": older(), "other": 1},
        {"credential": None},
        {"credential": "eyJ"},
        {"credential": [older()]},
        {"credential": older(), "options": 7},
        {},
        [],
        None,
        "text",
        7,
    ],
    ids=str,
)
def test_a_request_without_a_credential_is_refused(suites: Suites, body: Any) -> None:
    refused(send(suites, body))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"credential": NaN}', b'{"a": 1, "a": 2}', b"[" * 5000]
)
def test_what_is_no_json_is_refused(suites: Suites, body: bytes) -> None:
    answer = suites.client.post(ISSUE, body, content_type="application/json", secure=True)
    assert answer["Content-Type"] == PROBLEM
    refused(answer)


WRONG: dict[str, list[Any]] = {
    "@context": [4, False, None, [], [4], [False], [None], [[]], [{"foo": True}, 4], "text", {}],
    "type": [4, True, None, [], [2], [None], [[]], {}, "VerifiableCredentials"],
    "issuer": [None, True, 4, [], {}, "foo", {"id": "foo"}],
    "credentialSubject": [None, True, 4, [], "did:example:1234", [None, True, 4], ["x"]],
}


@pytest.mark.parametrize("member", WRONG)
def test_a_credential_without_one_of_its_members_is_refused(suites: Suites, member: str) -> None:
    for whole in (older(), credential()):
        refused(suites.issue("vc-api", {k: v for k, v in whole.items() if k != member}))


@pytest.mark.parametrize(
    ("member", "value"),
    [(member, value) for member, values in WRONG.items() for value in values],
    ids=str,
)
def test_a_member_of_the_wrong_kind_is_refused(suites: Suites, member: str, value: Any) -> None:
    for whole in (older(), credential()):
        refused(suites.issue("vc-api", {**whole, member: value}))


@pytest.mark.parametrize(
    "members",
    [
        {"issuanceDate": None},
        {"issuanceDate": "yesterday"},
        {"expirationDate": "2020-06-15T11:00:00Z"},
        {"credentialStatus": {"type": "https://a.example/#S"}},
        {"@context": [V1, "https://www.w3.org/ns/credentials/v2"]},
    ],
    ids=str,
)
def test_what_version_1_1_forbids_is_refused(suites: Suites, members: Document) -> None:
    refused(suites.issue("vc-api", older(**members)))


# The verifier


@pytest.fixture(scope="module")
def signed(shared_data: Path) -> Document:
    """A published credential with a proof of the type Ed25519Signature2020."""
    path = shared_data / "vectors/w3c-eddsa/Ed25519Signature2020/signedEdSig.json"
    return json.loads(path.read_text())


def test_a_proof_of_the_older_kind_is_verified(suites: Suites, signed: Document) -> None:
    assert signed["proof"]["type"] == "Ed25519Signature2020"
    assert signed["issuer"].startswith("https://")
    verified(suites.verify(signed))
    verified(suites.verify(signed, checks=[]))


@pytest.mark.parametrize("member", ["@context", "type", "issuer", "credentialSubject", "proof"])
def test_a_signed_credential_without_one_of_its_members_is_refused(
    suites: Suites, signed: Document, member: str
) -> None:
    refused(suites.verify({k: v for k, v in signed.items() if k != member}))


@pytest.mark.parametrize(
    "member", ["type", "created", "verificationMethod", "proofValue", "proofPurpose"]
)
def test_a_proof_of_the_older_kind_without_one_of_its_members_is_refused(
    suites: Suites, signed: Document, member: str
) -> None:
    changed = copy.deepcopy(signed)
    del changed["proof"][member]
    refused(suites.verify(changed))


WRONG_TO_VERIFY: dict[str, list[Any]] = {
    "@context": ["string", {}, None, 10, True, [[]], [{}], [None], [10], [True]],
    "type": ["string", {}, None, 10, True, [[]], [{}], [None], [10], [True]],
    "issuer": [[], None, 10, True],
    "credentialSubject": ["string", None, 10, True, []],
    "proof": ["string", None, 10, True, []],
}


@pytest.mark.parametrize(
    ("member", "value"),
    [(member, value) for member, values in WRONG_TO_VERIFY.items() for value in values],
    ids=str,
)
def test_a_signed_member_of_the_wrong_kind_is_refused(
    suites: Suites, signed: Document, member: str, value: Any
) -> None:
    refused(suites.verify({**signed, member: value}))


@pytest.mark.parametrize("checks", [["nonsense"], ["credentialSchema"], ["credentialStatus"]])
def test_the_proof_is_looked_at_whatever_is_asked_for(
    suites: Suites, signed: Document, checks: list[str]
) -> None:
    verified(suites.verify(signed, checks=checks))
    refused(suites.verify({**signed, "name": "Changed"}, checks=checks))


@pytest.mark.parametrize(
    "options", [{"checks": "proof"}, {"checks": [1]}, {"challenge": 7}, {"domain": []}], ids=str
)
def test_options_of_the_wrong_kind_are_refused(
    suites: Suites, signed: Document, options: Document
) -> None:
    refused(suites.verify(signed, **options))


def test_a_result_names_every_check(suites: Suites, signed: Document) -> None:
    body = verified(suites.verify(signed, checks=[]))
    assert body["checks"] == ["structure", "issuer", "signature", "dates", "status"]
    assert {each["outcome"] for each in body["results"]} == {"passed"}
    assert (body["warnings"], body["problemDetails"]) == ([], [])
    answer = suites.verify({**signed, "name": "Changed"}, checks=[])
    refused(answer)
    outcomes = {each["id"]: each["outcome"] for each in answer.json()["results"]}
    assert outcomes["signature"] == "failed"
