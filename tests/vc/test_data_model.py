"""Data Model 2.0, requirement by requirement, as the lint holds it for any credential.

What the model asks of presentations, envelopes and verifiers is tested where those are.
"""

import copy
from typing import Any

import pytest

from issuer.vc import contexts
from issuer.vc.lint import COMPOSED_ELSEWHERE, CONFORMANCE, lint

DID = "did:key:z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi"
V2, EXAMPLES = contexts.CREDENTIALS_V2, contexts.EXAMPLES_V2
TERMS = {
    "Status": "https://a.example/terms#Status",
    "Schema": "https://a.example/terms#Schema",
    "Service": "https://a.example/terms#Service",
    "Policy": "https://a.example/terms#Policy",
    "Proof": "https://a.example/terms#Proof",
}


class Gone:
    """Stands for a member that is left out."""

    def __repr__(self) -> str:
        return "gone"


GONE = Gone()
NOT_URLS: list[Any] = [
    "no url",
    "https ://a.example/1",
    "",
    7,
    None,
    [],
    ["https://a.example/1"],
    {},
]

Change = dict[str, Any]


def credential(**changes: Any) -> dict[str, Any]:
    members = {
        "@context": [V2, TERMS],
        "type": ["VerifiableCredential"],
        "issuer": DID,
        "credentialSubject": {"id": "did:example:subject"},
    }
    members |= copy.deepcopy(changes)
    return {name: value for name, value in members.items() if value is not GONE}


def at(value: Any) -> Change:
    return {"@context": value}


def digest(**members: Any) -> Change:
    return {"relatedResource": [{"id": V2, **members}]}


def part(member: str, type_: str, **members: Any) -> list[Change]:
    """One, and several."""
    one = {"id": "https://a.example/1", "type": type_, **members}
    other = {**one, "id": "https://a.example/2"}
    return [{member: one}, {member: [one]}, {member: [one, other]}]


def no_type(member: str) -> list[Change]:
    one = {"id": "https://a.example/1"}
    return [
        {member: one},
        {member: [one]},
        *({member: {**one, "type": type_}} for type_ in (2, [], None, [7], "", ["Undefined"])),
        {member: "https://a.example/1"},
        {member: ["Policy"]},
    ]


SHA_256 = "WZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ"
SHA_384 = "l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"
JULY_256 = "JKGMkOmFbVJhEfKTduMC2XCyvRAYLjOVmZWwIH1wQ7k"
JULY_384 = "NSOcNpmdIVUxIJGvGUoe22FjTWrXiaXlsZ8q6912LdnR3KraQO2n75Ica4wK4Qeg"
EXAMPLES_384 = "zNNbQTWCSUSi0bbz7dbua+RcENv7C6FvlmYJ1Y+I727HsPOHdzwELMYO9Mz68M26"
STRANGE = "https://a.example/page"

TEXTS: list[Any] = [
    "Text",
    {"@value": "Text", "@language": "en"},
    {"@value": "Text", "@language": "en", "@direction": "ltr"},
    [{"@value": "Text", "@language": "en"}, {"@value": "Texte", "@language": "fr"}],
]
NOT_TEXTS: list[Any] = [
    7,
    None,
    {"en": "Text"},
    {"@value": "Text", "@language": "en", "url": "did:example:1"},
    {"@language": "en"},
    {"@value": 7},
    {"@value": "Text", "@language": 7},
    {"@value": "Text", "@language": "en", "@direction": "down"},
    [{"@value": "Text"}, 7],
]

# Requirement, what it accepts, what it refuses.
REQUIREMENTS: dict[str, tuple[list[Change], list[Change]]] = {
    "contexts: a credential has @context": ([{}], [at(GONE), at(None), at([]), at({})]),
    "contexts: the first is the base context": (
        [at([V2])],
        [at(V2), at([EXAMPLES]), at([EXAMPLES, V2]), at(contexts.CREDENTIALS_V1), at([TERMS, V2])],
    ),
    "contexts: the others are URLs or objects, processable as contexts": (
        [at([V2, EXAMPLES]), at([V2, {"Term": "https://a.example/terms#Term"}])],
        [
            at([V2, "https ://a.example/1"]),
            at([V2, "https://a.example/unknown"]),
            at([V2, 123]),
            at([V2, None]),
            at([V2, ["https://a.example/1"]]),
            at([V2, V2]),
            at([V2, {"@base": "https://a.example/"}]),
            at([V2, {"@import": "https://a.example/terms"}]),
            at([V2, {"Term": 7}]),
            at([V2, {"Term": {"@id": "https://a.example/t", "@context": "https://a.example/c"}}]),
        ],
    ),
    "contexts: no protected term is defined anew": (
        [at([V2, {"Term": "urn:x:1"}, {"Term": "urn:x:2"}])],
        [
            at([V2, {"VerifiableCredential": "https://a.example/#Bad"}]),
            at([V2, {"@protected": True, "Term": "urn:x:1"}, {"Term": "urn:x:2"}]),
            at([V2, {"name": "https://a.example/#name"}]),
        ],
    ),
    "identifiers: id is a single URL": (
        [{"id": "urn:uuid:5b5f9e7e-0f4b-4ec6-8d37-000000000001"}, {"id": "did:example:1"}],
        [{"id": value} for value in NOT_URLS],
    ),
    "identifiers: the id of a subject is a single URL": (
        [{"credentialSubject": {"id": "https://a.example/1"}}],
        [{"credentialSubject": {"id": value}} for value in NOT_URLS],
    ),
    "types: a credential has a type": ([{}], [{"type": GONE}, {"type": None}, {"type": []}]),
    "types: each is a term or an absolute URL": (
        [
            {"type": ["VerifiableCredential", "https://a.example/#Type"]},
            {"type": ["VerifiableCredential", "Policy"]},
            {"type": ["VerifiableCredential", "Relationship"], "@context": [V2, EXAMPLES]},
        ],
        [
            {"type": ["VerifiableCredential", 7]},
            {"type": ["VerifiableCredential", None]},
            {"type": ["VerifiableCredential", "Undefined"]},
            {
                "@context": [V2, {"Type": "https ://a.example/#Type"}],
                "type": ["VerifiableCredential", "Type"],
            },
            {"@context": [V2, {"Type": "type"}], "type": ["VerifiableCredential", "Type"]},
        ],
    ),
    "types: their order does not matter": (
        [
            {"type": ["https://a.example/#B", "https://a.example/#A", "VerifiableCredential"]},
            {"type": ["https://a.example/#A", "VerifiableCredential", "https://a.example/#B"]},
            {"type": "VerifiableCredential"},
        ],
        [{"type": ["VerifiableCredential", "VerifiableCredential"]}],
    ),
    "types: a credential is a VerifiableCredential": (
        [{"type": ["VerifiableCredential", "Policy"]}],
        [{"type": ["Policy"]}, {"type": "Policy"}, {"type": "https://a.example/#Type"}],
    ),
    "types: a status has one": (part("credentialStatus", "Status"), no_type("credentialStatus")),
    "types: terms of use have one": (part("termsOfUse", "Policy"), no_type("termsOfUse")),
    "types: evidence has one": (part("evidence", "Proof"), no_type("evidence")),
    "types: a refresh service has one": (
        part("refreshService", "Service"),
        no_type("refreshService"),
    ),
    "types: a schema has one": (part("credentialSchema", "Schema"), no_type("credentialSchema")),
    "names: name is text or a language value object": (
        [{}, *({"name": text} for text in TEXTS)],
        [{"name": text} for text in NOT_TEXTS],
    ),
    "names: description is text or a language value object": (
        [{"description": text} for text in TEXTS],
        [{"description": text} for text in NOT_TEXTS],
    ),
    "names: the issuer's name is text or a language value object": (
        [{"issuer": {"id": DID}}, *({"issuer": {"id": DID, "name": text}} for text in TEXTS)],
        [{"issuer": {"id": DID, "name": text}} for text in NOT_TEXTS],
    ),
    "names: the issuer's description is text or a language value object": (
        [{"issuer": {"id": DID, "description": text}} for text in TEXTS],
        [{"issuer": {"id": DID, "description": text}} for text in NOT_TEXTS],
    ),
    "issuer: a credential has one": ([{}], [{"issuer": GONE}]),
    "issuer: it is a URL or an object with an id that is one": (
        [{"issuer": DID}, {"issuer": {"id": DID, "name": "College"}}],
        [
            *({"issuer": value} for value in NOT_URLS),
            *({"issuer": {"id": value}} for value in NOT_URLS),
        ],
    ),
    "subject: a credential has one": (
        [{}],
        [{"credentialSubject": GONE}, {"credentialSubject": None}, {"credentialSubject": []}],
    ),
    "subject: each is an object of which something is said": (
        [
            {"credentialSubject": [{"id": "did:example:1"}, {"id": "did:example:2"}]},
            {"credentialSubject": {"name": "Ada"}},
        ],
        [
            {"credentialSubject": {}},
            {"credentialSubject": [{"id": "did:example:1"}, {}]},
            {"credentialSubject": "did:example:1"},
            {"credentialSubject": [["did:example:1"]]},
        ],
    ),
    "validity: validFrom is a dateTimeStamp": (
        [
            {"validFrom": "2023-02-26T01:02:58.447Z"},
            {"validFrom": "2023-02-25T19:21:29-06:00"},
            {"validFrom": "9999-12-31T23:59:59Z"},
        ],
        [
            {"validFrom": value}
            for value in ("2023-02-26", "2023-02-26T01:02:58", "Sat 25 Feb 2023", 2023, None, [])
        ],
    ),
    "validity: validUntil is a dateTimeStamp": (
        [
            {"validUntil": "2023-02-26T01:02:58Z"},
            {"validUntil": "2023-02-26T01:02:58.447Z"},
            {"validUntil": "2023-02-25T19:21:29-06:00"},
        ],
        [
            {"validUntil": value}
            for value in ("2023-02-26", "2023-02-26T25:02:58Z", "tomorrow", 2023, None, {})
        ],
    ),
    "validity: validFrom is the same as validUntil or earlier": (
        [
            {"validFrom": "2023-02-26T01:21:23Z", "validUntil": "2023-02-26T01:21:23Z"},
            {"validFrom": "2023-02-26T01:21:23Z", "validUntil": "2033-02-26T01:21:23Z"},
        ],
        [{"validFrom": "2027-01-01T00:00:00Z", "validUntil": "2025-01-01T00:00:00Z"}],
    ),
    "validity: validUntil is the same as validFrom or later, whatever the zones": (
        [{"validFrom": "2023-02-26T01:21:23Z", "validUntil": "2023-02-25T19:21:29-06:00"}],
        [{"validFrom": "2023-02-26T01:21:23Z", "validUntil": "2023-02-26T01:21:23+06:00"}],
    ),
    "status: its type is required": (
        [{"credentialStatus": {"type": "Status"}}],
        [{"credentialStatus": {"id": "https://a.example/1"}}, {"credentialStatus": [{}]}],
    ),
    "status: its id, if it has one, is a single URL": (
        [{"credentialStatus": {"type": "Status"}}, *part("credentialStatus", "Status")],
        [{"credentialStatus": {"id": value, "type": "Status"}} for value in NOT_URLS],
    ),
    "status: its type is a term or an absolute URL": (
        [{"credentialStatus": {"type": ["Status", "https://a.example/#Type"]}}],
        no_type("credentialStatus"),
    ),
    "schemas: there is one or several": (part("credentialSchema", "Schema"), []),
    "schemas: several may stand side by side": (
        [
            {
                "credentialSchema": [
                    {"id": "https://a.example/1", "type": "Schema"},
                    {"id": "https://a.example/2", "type": "https://a.example/#OtherSchema"},
                ]
            }
        ],
        [{"credentialSchema": [{"id": "https://a.example/1", "type": "Schema"}, "other"]}],
    ),
    "schemas: each has a type, and a URL as id": (
        [{"credentialSchema": {"id": "did:example:schemas/1", "type": "https://a.example/#S"}}],
        [
            {"credentialSchema": {"type": "Schema"}},
            *({"credentialSchema": {"id": value, "type": "Schema"}} for value in NOT_URLS),
        ],
    ),
    "related resources: each is an object": (
        [
            digest(digestSRI=f"sha384-{SHA_384}"),
            digest(digestMultibase=f"u{SHA_256}", mediaType="application/ld+json"),
            digest(digestSRI=f"sha384-{SHA_384}", digestMultibase=f"u{SHA_256}"),
            {"relatedResource": digest(digestMultibase=f"u{SHA_256}")["relatedResource"][0]},
        ],
        [{"relatedResource": V2}, {"relatedResource": [V2]}, {"relatedResource": [7]}],
    ),
    "related resources: each has a URL as id": (
        [],
        [
            {"relatedResource": [{"digestMultibase": f"u{SHA_256}"}]},
            *(digest(id=value, digestMultibase=f"u{SHA_256}") for value in NOT_URLS),
        ],
    ),
    "related resources: no two have one id": (
        [
            {
                "relatedResource": [
                    {"id": V2, "digestMultibase": f"u{SHA_256}"},
                    {"id": STRANGE, "digestMultibase": f"u{SHA_256}"},
                ]
            }
        ],
        [
            {
                "relatedResource": [
                    {"id": V2, "digestMultibase": f"u{SHA_256}"},
                    {"id": V2, "digestSRI": f"sha384-{SHA_384}"},
                ]
            }
        ],
    ),
    "related resources: each has a digest": (
        [],
        [
            digest(),
            digest(mediaType="text/plain"),
            digest(digestSRI=""),
            digest(digestMultibase=7),
            digest(digestSRI=["sha384-", 7]),
        ],
    ),
    "related resources: the digest is the one of the resource": (
        [
            digest(digestSRI=f"sha384-{SHA_384} sha384-{JULY_384}"),
            digest(digestSRI=[f"sha384-M{SHA_384}"]),
            digest(digestMultibase=f"u{JULY_256}"),
            digest(digestMultibase="uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA"),
            digest(id=EXAMPLES, digestSRI=f"sha384-M{EXAMPLES_384}"),
            digest(id=STRANGE, digestSRI=f"sha384-{SHA_384}"),
            digest(id=STRANGE, digestMultibase="z6r4sCFxH9bPTtYdwpEQ5J7CXW8a7Nf8nPFcwrGYYZmA"),
        ],
        [
            digest(digestSRI=f"sha384-{EXAMPLES_384}"),
            digest(digestSRI=f"sha384-{SHA_384} sha384-{EXAMPLES_384}"),
            digest(digestSRI=f"sha256-{SHA_384}"),
            digest(digestSRI=f"md5-{SHA_384}"),
            digest(digestMultibase=f"u{SHA_256[::-1]}"),
            digest(digestMultibase=f"f{SHA_256}"),
            digest(digestMultibase="uZTQ0MjM1NiAgcmVwb3J0"),
            digest(digestMultibase="z0OIl"),
            digest(id=STRANGE, digestSRI="sha256-ca3d163bab055381827226140568f3be"),
        ],
    ),
    "refreshing: there is one service or several": (part("refreshService", "Service"), []),
    "refreshing: each has a type": (
        [{"refreshService": {"type": "https://a.example/#Service"}}],
        no_type("refreshService"),
    ),
    "terms of use: there is one policy or several": (part("termsOfUse", "Policy"), []),
    "terms of use: each has a type, and perhaps an id": (
        [{"termsOfUse": [{"type": "Policy"}, {"type": "Policy"}]}],
        [
            *no_type("termsOfUse"),
            *({"termsOfUse": {"id": value, "type": "Policy"}} for value in NOT_URLS),
        ],
    ),
    "evidence: it is one object or several": (
        [{"evidence": [{"type": "Proof"}, {"type": "Proof"}]}, *part("evidence", "Proof")],
        [{"evidence": "seen"}, {"evidence": ["seen"]}],
    ),
    "reserved properties: each value has a type": (
        [*part("confidenceMethod", "Proof"), *part("renderMethod", "Proof")],
        [*no_type("confidenceMethod"), *no_type("renderMethod")],
    ),
    "conformance: what is not defined is not signed": (
        [{"@context": [V2, EXAMPLES], "anything": "is an example"}],
        [
            {"anything": "is undefined"},
            {"credentialSubject": {"id": "did:example:1", "type": "Undefined"}},
            {"credentialSubject": {"id": "did:example:1", "anything": {"goes": "on"}}},
        ],
    ),
}


def cases(of: int) -> list[Any]:
    return [
        pytest.param(change, id=f"{name} ({number})")
        for name, sides in REQUIREMENTS.items()
        for number, change in enumerate(sides[of], 1)
    ]


@pytest.mark.parametrize("change", cases(0))
def test_the_data_model_accepts(change: Change) -> None:
    assert lint(credential(**change), issuer_did=DID, profile=CONFORMANCE) == []


@pytest.mark.parametrize("change", cases(1))
def test_the_data_model_refuses(change: Change) -> None:
    findings = lint(credential(**change), issuer_did=DID, profile=CONFORMANCE)
    assert findings
    assert all(finding.message and finding.section for finding in findings)
    assert len({(finding.code, finding.pointer) for finding in findings}) == len(findings)


@pytest.mark.parametrize("change", cases(1))
def test_what_the_data_model_refuses_is_refused_of_the_college_too(change: Change) -> None:
    document = credential(**{"@context": [V2], **change})
    assert lint(document, issuer_did=DID, profile=COMPOSED_ELSEWHERE)
