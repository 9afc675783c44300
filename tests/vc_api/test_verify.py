"""Systems verify what anybody shows them, and derive what a holder shows."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from issuer.models import Credential, SecuredDocument, StatusList
from issuer.services import clock, publishing, status
from issuer.vc import contexts
from issuer.vc.data_integrity import base_proofs, proofs
from issuer.vc.jose import jose_envelope
from issuer.vc.signers import Ed25519Signer, P256Signer, Signer
from tests.vc_api.conftest import composed, issue, post

pytestmark = pytest.mark.django_db

PATHS = ("credentials/verify", "presentations/verify", "credentials/derive", "credentials/status")
HOLDER = Ed25519Signer(b"\x41" * 32)
Document = dict[str, Any]


@pytest.fixture
def checker(with_scopes: Callable[..., APIClient]) -> APIClient:
    """A system that may verify and nothing else."""
    return with_scopes("vc.verify")


@pytest.fixture
def signed(adas_credential: Credential) -> Document:
    """Ada's credential."""
    return json.loads(SecuredDocument.objects.get().body)


def verify(client: APIClient, document: Any, **options: Any) -> Any:
    body = {"verifiableCredential": document, "options": options}
    return post(client, "credentials/verify", body)


def problem_types(found: Document) -> list[str]:
    return [each["type"].partition("#")[2] for each in found["problemDetails"]]


def name_of(signer: Signer) -> str:
    return f"did:key:{signer.public_multibase}"


def presented(*credentials: Document, **options: Any) -> Document:
    config = proofs.proof_config(
        verification_method=f"{name_of(HOLDER)}#{HOLDER.public_multibase}",
        created=clock.now().replace(microsecond=0),
        purpose="authentication",
        cryptosuite="eddsa-rdfc-2022",
        **options,
    )
    presentation = {
        "@context": [contexts.CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": name_of(HOLDER),
        "verifiableCredential": list(credentials),
    }
    return proofs.append_proof(presentation, config, signer=HOLDER)


def test_a_sound_credential_is_verified_with_its_results(
    checker: APIClient, signed: Document
) -> None:
    answer = verify(checker, signed)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert found["verified"] is True
    assert found["problemDetails"] == []
    assert "credential" not in found
    results = found["results"]
    assert results["proof"] == [{"verified": True, "input": signed["proof"]}]
    entry = {"value": 0, "verified": True, "input": signed["credentialStatus"]}
    assert results["credentialStatus"] == [entry]
    assert results["validFrom"] == {"verified": True, "input": signed["validFrom"]}
    checks = {check["id"]: check["outcome"] for check in results["checks"]}
    assert checks.items() >= {"signature": "passed", "status": "passed"}.items()


def test_one_asks_for_what_the_answer_holds(checker: APIClient, signed: Document) -> None:
    answer = verify(
        checker, signed, returnResults=False, returnProblemDetails=False, returnCredential=True
    )
    assert answer.json() == {"verified": True, "credential": signed}


def test_an_invalid_credential_is_an_answer_too(checker: APIClient, signed: Document) -> None:
    signed["name"] = "Something better"
    answer = verify(checker, signed)
    assert answer.status_code == 200
    assert answer.json()["verified"] is False
    problem, *_ = answer.json()["problemDetails"]
    assert problem["type"].endswith("#CRYPTOGRAPHIC_SECURITY_ERROR")
    assert answer.json()["results"]["proof"][0]["verified"] is False


def test_what_cannot_be_checked_is_not_verified(checker: APIClient, signed: Document) -> None:
    signed["credentialStatus"]["statusListCredential"] = "https://nowhere.invalid/list"
    found = verify(checker, signed).json()
    assert found["verified"] is False
    entry = {"verified": False, "input": signed["credentialStatus"]}
    assert found["results"]["credentialStatus"] == [entry]
    assert "STATUS_VERIFICATION_ERROR" in problem_types(found)


def test_each_status_is_told_with_what_its_list_states(
    checker: APIClient, signed: Document, adas_credential: Credential, root: User
) -> None:
    status.revoke(adas_credential, reason="Awarded by mistake.", by=root)
    publishing.publish(StatusList.objects.get())
    entry = {"value": 1, "verified": False, "input": signed["credentialStatus"]}
    found = verify(checker, signed).json()
    assert found["results"]["credentialStatus"] == [entry]
    assert problem_types(found) == ["CREDENTIAL_STATUS_ERROR"]


def test_a_presentation_is_verified_with_all_that_is_in_it(
    checker: APIClient, signed: Document
) -> None:
    asked = {"challenge": "c-1", "domain": "employer.example"}
    whole = presented(signed, **asked)
    body = {"verifiablePresentation": whole, "options": {**asked, "returnPresentation": True}}
    answer = post(checker, "presentations/verify", body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["verified"] is True, answer.json()
    assert answer.json()["presentation"] == whole
    body["options"] = {**asked, "challenge": "c-2"}
    assert post(checker, "presentations/verify", body).json()["verified"] is False
    changed = presented(signed | {"name": "Something better"}, **asked)
    body = {"verifiablePresentation": changed, "options": asked}
    problem, *_ = post(checker, "presentations/verify", body).json()["problemDetails"]
    assert problem["pointer"] == "/verifiableCredential/0"


def test_a_proof_that_nobody_looked_at_is_not_called_verified(
    checker: APIClient, signed: Document
) -> None:
    witness = {**signed["proof"], "verificationMethod": "did:web:witness.example#key"}
    found = verify(checker, signed | {"proof": [witness, signed["proof"]]}).json()
    assert found["verified"] is True, found
    assert [each["verified"] for each in found["results"]["proof"]] == [False, True]


def test_a_proof_inside_a_token_is_not_called_verified(checker: APIClient) -> None:
    signer = P256Signer(b"\x07" * 32)
    document = composed(issuer=name_of(signer)) | {"proof": {"type": "DataIntegrityProof"}}
    method = f"{name_of(signer)}#{signer.public_multibase}"
    token = jose_envelope.secure_credential(document, signer=signer, key_id=method)
    found = verify(checker, jose_envelope.envelop_credential(token)).json()
    assert found["verified"] is True, found
    assert "proof" not in found["results"]


def test_neither_is_taken_for_the_other(checker: APIClient, signed: Document) -> None:
    assert verify(checker, presented(signed)).status_code == 400
    body = {"verifiablePresentation": signed}
    assert post(checker, "presentations/verify", body).status_code == 400


def with_base_proof(*mandatory_pointers: str) -> Document:
    signer = P256Signer(b"\x07" * 32)
    return base_proofs.add(
        composed(issuer=name_of(signer)),
        signer=signer,
        verification_method=f"{name_of(signer)}#{signer.public_multibase}",
        created=clock.now().replace(microsecond=0),
        mandatory_pointers=mandatory_pointers,
    )


def test_a_holder_shows_a_part(checker: APIClient) -> None:
    body: Document = {"verifiableCredential": with_base_proof("/issuer")}
    answer = post(
        checker,
        "credentials/derive",
        body | {"options": {"selectivePointers": ["/credentialSubject/name"]}},
    )
    assert answer.status_code == 201, answer.content
    derived = answer.json()["verifiableCredential"]
    assert derived["credentialSubject"]["name"] == "Ada" and "name" not in derived
    assert verify(checker, derived).json()["verified"] is True
    pointless = body | {"options": {"selectivePointers": ["/nowhere"]}}
    assert post(checker, "credentials/derive", pointless).status_code == 400


def test_what_is_no_credential_without_what_is_left_out_is_not_derived(checker: APIClient) -> None:
    body = {
        "verifiableCredential": with_base_proof("/validFrom"),
        "options": {"selectivePointers": ["/name"]},
    }
    answer = post(checker, "credentials/derive", body)
    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.json()["errors"]] == [
        "/issuer",
        "/credentialSubject",
    ]
    assert "add /credentialSubject" in answer.json()["detail"]


HOSTILE: list[Any] = [
    b"",
    b"{",
    b"[]",
    b"\xff",
    {},
    *(
        {name: value}
        for name in ("verifiableCredential", "verifiablePresentation")
        for value in (
            None,
            "text",
            7,
            [],
            [{}],
        )
    ),
    {"verifiableCredential": {}, "more": 1},
    {"verifiableCredential": {}, "options": []},
    {"verifiableCredential": {}, "options": {"unheardOf": 1}},
    {"verifiableCredential": {}, "options": {"returnResults": "yes"}},
    {"verifiableCredential": {}, "options": {"selectivePointers": "x"}},
    {"verifiablePresentation": {}, "options": {"challenge": 7}},
    {"credentialId": 7},
    {"credentialId": "x", "credentialStatus": [], "status": True},
    {"credentialId": "x", "credentialStatus": {}, "status": "yes", "indexAllocator": "x"},
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_malformed_requests_are_refused(with_scopes: Callable[..., APIClient], body: Any) -> None:
    system = with_scopes("vc.verify", "vc.status")
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    for path in PATHS:
        refused = system.post(f"/vc-api/{path}", content, content_type="application/json")
        assert refused.status_code == 400, (path, refused.content)
        assert refused["Content-Type"] == "application/problem+json"


def test_who_sends_members_that_are_not_known_is_told_which_are(checker: APIClient) -> None:
    answer = post(checker, "credentials/verify", {"credential": {}})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("credential is not known here. The request has: ")
    assert "verifiableCredential, options.returnResults" in answer.json()["detail"]
    several = post(checker, "credentials/derive", {"@context": [], "id": "x"})
    assert several.json()["detail"] == (
        "@context, id are not known here. The request has: verifiableCredential, "
        "options.selectivePointers."
    )
    told = [each["detail"] for each in several.json()["errors"]]
    assert told == ["@context is not known here.", "id is not known here."]
    wrong = post(checker, "credentials/status", {"credentialId": 1})
    assert wrong.status_code in (400, 403) and ".;" not in wrong.json()["detail"]


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", ""])
def test_what_is_not_said_to_be_json_is_not_read(
    with_scopes: Callable[..., APIClient], kind: str
) -> None:
    system = with_scopes("vc.verify", "vc.status")
    for path in PATHS:
        refused = system.generic("POST", f"/vc-api/{path}", b"{}", content_type=kind)
        assert refused.status_code == 415, (path, refused.content)
        assert system.get(f"/vc-api/{path}").status_code == 405


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"type": 7},
        {"type": ["VerifiableCredential"], "proof": None},
        {"@context": "x", "type": ["EnvelopedVerifiableCredential"], "id": "data:x"},
        {"@context": [contexts.CREDENTIALS_V2], "type": "VerifiableCredential", "proof": [[]]},
        composed(proof={"type": "DataIntegrityProof"}, credentialStatus=7, credentialSchema="x"),
        composed(validFrom=[], validUntil={}, issuer="\0"),
    ],
    ids=range(7),
)
def test_hostile_documents_are_not_verified(checker: APIClient, document: Document) -> None:
    answer = verify(checker, document)
    assert answer.status_code == 200, answer.content
    assert answer.json()["verified"] is False
    assert answer.json()["problemDetails"]
    body = {"verifiableCredential": document}
    assert post(checker, "credentials/derive", body).status_code == 400
    body = {"verifiablePresentation": document | {"type": ["VerifiablePresentation"]}}
    answer = post(checker, "presentations/verify", body)
    assert answer.status_code == 200 and answer.json()["verified"] is False


@pytest.mark.parametrize("path", PATHS)
def test_strangers_and_systems_without_the_scope_are_kept_out(
    path: str, client: Client, sis: APIClient, with_scopes: Callable[..., APIClient]
) -> None:
    assert client.post(f"/vc-api/{path}", {}, "application/json").status_code == 401
    others = {"vc.issue", "vc.verify", "vc.status"} - (
        {"vc.status"} if path.endswith("status") else {"vc.verify"}
    )
    for system in (sis, with_scopes(*others)):
        assert post(system, path, {}).status_code == 403
    assert client.get(f"/vc-api/{path}").status_code == 401
    assert client.get("/vc-api/nothing").json()["status"] == 404


def test_who_may_only_verify_issues_nothing(checker: APIClient) -> None:
    assert issue(checker, composed()).status_code == 403
