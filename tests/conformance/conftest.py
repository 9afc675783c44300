"""A public test suite: it calls the conformance profile anonymously, from outside."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client

from issuer.vc import contexts
from issuer.vc import did as dids
from issuer.vc.data_integrity import proofs
from issuer.vc.signers import Signer
from issuer.vc_api.messages import PROBLEM

Document = dict[str, Any]
V1, V2 = contexts.CREDENTIALS_V1, contexts.CREDENTIALS_V2
EXAMPLES = contexts.EXAMPLES_V2
MADE = "2026-06-15T11:00:00Z"


def pytest_itemcollected(item: pytest.Item) -> None:
    """What the public suites ask belongs to the whole run, not between edits."""
    item.add_marker(pytest.mark.thorough)


@dataclass
class Suites:
    """Calls the instances; what an instance is called, the list of them tells."""

    client: Client

    def listed(self) -> dict[str, dict[str, str]]:
        """The instances by name."""
        answer = self.client.get("/conformance/", secure=True)
        return {each["suite"]: each for each in answer.json()["instances"]}

    def issuer(self, suite: str) -> str:
        """The did:key of an instance."""
        return self.listed()[suite]["issuer"]

    def post(self, path: str, body: Any) -> HttpResponse:
        """Send any JSON."""
        return self.client.post(
            path, json.dumps(body), content_type="application/json", secure=True
        )

    def issue(self, suite: str, document: Any, **options: Any) -> HttpResponse:
        """Have a credential issued."""
        path = f"/conformance/{suite}/credentials/issue"
        return self.post(path, {"credential": document, "options": options})

    def issued(self, suite: str, document: Document, **options: Any) -> Document:
        """The credential, which must have been issued with the status 201."""
        answer = self.issue(suite, document, **options)
        assert answer.status_code == 201, answer.content
        (name,) = answer.json()
        assert name == "verifiableCredential"
        return answer.json()[name]

    def derive(self, document: Any, *pointers: str) -> HttpResponse:
        """Have a credential derived."""
        path = "/conformance/ecdsa-sd-2023-p256/credentials/derive"
        options = {"selectivePointers": list(pointers)}
        return self.post(path, {"verifiableCredential": document, "options": options})

    def verify(self, document: Any, suite: str = "vc-api", **options: Any) -> HttpResponse:
        """Have a credential verified, the proof alone unless it is said otherwise."""
        path = f"/conformance/{suite}/credentials/verify"
        options = options or {"checks": ["proof"]}
        return self.post(path, {"verifiableCredential": document, "options": options})

    def verify_presentation(self, document: Any, **options: Any) -> HttpResponse:
        """Have a presentation verified, as the suites do: with an empty list of checks."""
        body = {"verifiablePresentation": document, "options": options or {"checks": []}}
        return self.post("/conformance/presentations/verify", body)

    def status_list(self, url: str) -> Document:
        """The list at an address; it must be sent as JSON."""
        parts = urlsplit(url)
        assert parts.scheme == "https"
        answer = self.client.get(parts.path, secure=True)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/json"
        return answer.json()


@pytest.fixture
def suites(db: None, settings: Any) -> Suites:
    """Public suites at work, while the profile is on."""
    settings.CONFORMANCE = True
    return Suites(Client())


def credential(**members: Any) -> Document:
    """The smallest credential there is, with these members; None leaves one out."""
    whole = {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject"},
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def older(**members: Any) -> Document:
    """The same by version 1.1 of the data model."""
    return credential(**{"@context": [V1], "issuanceDate": "2026-06-15T11:00:00Z", **members})


def verified(answer: HttpResponse) -> Document:
    """The result of a verification, which must have gone well."""
    assert answer.status_code == 200, answer.content
    assert answer.json()["verified"] is True
    assert answer.json()["errors"] == []
    return answer.json()


def refused(answer: HttpResponse) -> list[Document]:
    """The problems of an answer, which must be a refusal with a whole result in its body."""
    assert answer.status_code == 400, answer.content
    body = answer.json()
    assert body["verified"] is False
    assert body["errors"]
    for error in body["errors"]:
        assert error["type"].startswith("https://www.w3.org/")
        assert error["title"] and error["detail"]
    if answer["Content-Type"] == PROBLEM:
        assert (body["status"], body["type"]) == (400, body["errors"][0]["type"])
    return body["errors"]


def name_of(signer: Signer) -> str:
    """The did:key of a key."""
    return f"did:key:{signer.public_multibase}"


def proved(document: Document, signer: Signer, **options: Any) -> Document:
    """The document with a proof by somebody else than us."""
    suite = "eddsa-rdfc-2022" if signer.kind == "Ed25519" else "ecdsa-rdfc-2019"
    chosen = {"created": MADE, "cryptosuite": suite, "proofPurpose": dids.ASSERTION, **options}
    config = {
        "type": proofs.PROOF_TYPE,
        "verificationMethod": dids.method_id(name_of(signer), signer.public_multibase),
        **{name: value for name, value in chosen.items() if value is not None},
    }
    return proofs.append_proof(document, config, signer=signer)
