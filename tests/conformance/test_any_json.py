"""Whatever is sent, the answer is one of those that were agreed on, and never a 500."""

import copy
import functools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuer.vc.signers import Ed25519Signer
from tests.conformance.conftest import (
    EXAMPLES,
    V1,
    V2,
    Document,
    Suites,
    credential,
    name_of,
    older,
    proved,
)
from tests.conformance.test_enveloping import presented as enveloped_presentation

HOLDER = Ed25519Signer(b"\x21" * 32)
ANSWERS = {200, 201, 400}
TELLING = [
    V1,
    V2,
    EXAMPLES,
    "@context",
    "@id",
    "@type",
    "@value",
    "@vocab",
    "@base",
    "@graph",
    "@list",
    "@none",
    "VerifiableCredential",
    "VerifiablePresentation",
    "EnvelopedVerifiableCredential",
    "DataIntegrityProof",
    "Ed25519Signature2020",
    "ecdsa-sd-2023",
    "BitstringStatusListEntry",
    "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj",
    "did:web:localhost%3A1",
    "data:application/vc+jwt,e30.e30.e30",
    "2026-06-15T11:00:00Z",
    "9999-99-99T99:99:99Z",
    "\ud800",
    "\0",
    "_:b0",
    "https://a.example/\u00e9 x",
]
NAMES = [
    "credential",
    "verifiableCredential",
    "verifiablePresentation",
    "options",
    "checks",
    "mandatoryPointers",
    "selectivePointers",
    "challenge",
    "domain",
    "expectedProofPurpose",
    "@context",
    "id",
    "type",
    "issuer",
    "holder",
    "credentialSubject",
    "credentialStatus",
    "credentialSchema",
    "relatedResource",
    "digestSRI",
    "digestMultibase",
    "evidence",
    "name",
    "validFrom",
    "validUntil",
    "issuanceDate",
    "proof",
    "previousProof",
    "proofValue",
    "cryptosuite",
    "verificationMethod",
    "created",
    "statusListIndex",
    "statusSize",
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(TELLING),
    st.text(max_size=12),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=12,
)
PATHS = [
    "/conformance/eddsa-rdfc-2022/credentials/issue",
    "/conformance/ecdsa-jcs-2019-p384/credentials/issue",
    "/conformance/ecdsa-sd-2023-p256/credentials/issue",
    "/conformance/bitstring/credentials/issue",
    "/conformance/enveloped/credentials/issue",
    "/conformance/vc-api/credentials/verify",
    "/conformance/ecdsa-sd-2023-p256/credentials/derive",
    "/conformance/presentations/verify",
]


def signed() -> Document:
    return proved(credential(issuer=name_of(HOLDER)), HOLDER)


def presentation() -> Document:
    document = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": name_of(HOLDER),
        "verifiableCredential": [signed(), credential(issuer=name_of(HOLDER))],
    }
    return proved(document, HOLDER, proofPurpose="authentication")


# A good request for each path; parts of it are replaced by anything.
GOOD: dict[str, Document] = {
    PATHS[0]: {
        "credential": credential(
            relatedResource=[{"id": V2, "digestSRI": "sha384-x"}],
            credentialStatus={"id": "urn:x:1", "type": "https://a.example/#S"},
            validFrom="2026-06-15T11:00:00Z",
            name=[{"@value": "x", "@language": "en"}],
        )
    },
    PATHS[1]: {"credential": older(), "options": {}},
    PATHS[2]: {"credential": credential(), "options": {"mandatoryPointers": ["/issuer"]}},
    PATHS[3]: {"credential": credential()},
    PATHS[4]: {"credential": credential()},
    PATHS[5]: {"verifiableCredential": signed(), "options": {"checks": ["proof"]}},
    PATHS[6]: {"verifiableCredential": signed(), "options": {"selectivePointers": ["/issuer"]}},
    PATHS[7]: {"verifiablePresentation": presentation(), "options": {"challenge": "c"}},
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for name, member in value.items():
            found += places(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += places(item, (*path, index))
    return found


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, Any]:
    path = draw(st.sampled_from(PATHS))
    body = copy.deepcopy(GOOD[path])
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(places(body)))
        holder: Any = body
        for step in way:
            holder = holder[step]
        kind = draw(st.sampled_from(["replace", "remove", "add"]))
        if kind == "replace":
            holder[last] = draw(values)
        elif kind == "remove":
            del holder[last]
        elif isinstance(holder, dict):
            holder[draw(st.sampled_from(NAMES))] = draw(values)
        else:
            holder.append(draw(values))
        if not body:
            break
    return path, body


def answered(suites: Suites, path: str, body: Any) -> None:
    answer = suites.post(path, body)
    assert answer.status_code in ANSWERS
    if answer.status_code == 400:
        found = answer.json()
        assert found["verified"] is False
        assert found["errors"]


# Nothing is kept from one example to the next.
many = functools.partial(settings, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(path=st.sampled_from(PATHS), body=values)
@many(max_examples=60)
def test_any_json_is_answered(suites: Suites, path: str, body: Any) -> None:
    answered(suites, path, body)


@given(mutant=mutants())
@many(max_examples=150)
def test_a_request_with_anything_in_it_is_answered(suites: Suites, mutant: tuple[str, Any]) -> None:
    answered(suites, *mutant)


@given(place=st.sampled_from(["@context", "type", "id", "x"]), inside=values)
@many(max_examples=40)
def test_an_envelope_with_anything_in_it_is_answered(
    suites: Suites, place: str, inside: Any
) -> None:
    envelope = {**enveloped_presentation(), place: inside}
    answered(suites, PATHS[7], {"verifiablePresentation": envelope})


@pytest.mark.parametrize("path", PATHS)
def test_what_is_too_deep_or_too_large_is_refused(suites: Suites, path: str) -> None:
    deep: Any = {}
    for _ in range(200):
        deep = {"credentialSubject": [deep]}
    wide = {"@context": [V2], "credentialSubject": [{"id": f"urn:x:{n}"} for n in range(20_000)]}
    for document in (deep, wide):
        for name in ("credential", "verifiableCredential", "verifiablePresentation"):
            assert suites.post(path, {name: document}).status_code in (400, 413)
