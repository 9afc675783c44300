"""What the public suite of the data model 2.0 asks of an issuer, requirement by requirement.

How the lint holds each in depth is tested in tests/vc/test_data_model.py; here it is shown that
it holds at the addresses that the suite calls, whatever form the instance issues.
"""

from typing import Any

import pytest

from issuer.vc.signers import Ed25519Signer
from tests.conformance.conftest import (
    EXAMPLES,
    V2,
    Document,
    Suites,
    credential,
    name_of,
    refused,
    verified,
)

FORMS = ["eddsa-rdfc-2022", "enveloped"]
SUBJECT = {"id": "did:example:subject"}
OTHER_SUBJECT = {"id": "did:example:other:subject"}
NOT_A_URL = "https ://not-a-url/1"
URLS = ["did:example:status", "urn:uuid:9c9a36f8-518f-4976-a934-6649502d0008", "https://a.example"]
IN_SEVERAL_LANGUAGES = [
    {"@value": "Dog", "@language": "en"},
    {"@value": "Chien", "@language": "fr"},
]
FINAL = {
    "digestSRI": "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU",
    "digestMultibase": "uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ",
}
OF_JULY_2024 = {
    "digestSRI": "sha384-NSOcNpmdIVUxIJGvGUoe22FjTWrXiaXlsZ8q6912LdnR3KraQO2n75Ica4wK4Qeg",
    "digestMultibase": "uJKGMkOmFbVJhEfKTduMC2XCyvRAYLjOVmZWwIH1wQ7k",
}
PARTS = ["credentialStatus", "termsOfUse", "evidence", "refreshService", "credentialSchema"]


def own(*terms: str) -> list[Any]:
    """The contexts of a credential that defines terms of its own."""
    return [V2, {term: f"https://a.example/#{term}" for term in terms}]


def typed(*types: str, **members: Any) -> Document:
    return credential(type=["VerifiableCredential", *types], **members)


def related(*resources: Any) -> Document:
    return credential(relatedResource=list(resources))


def part(member: str, value: Any) -> Document:
    return credential(**{"@context": own("Part"), member: value})


def parts_accepted(member: str) -> list[Document]:
    found = [{"id": url, "type": "Part"} for url in URLS]
    cases = [part(member, one) for one in found] + [part(member, found)]
    cases.append(part(member, {"id": URLS[0], "type": "https://a.example/#Part"}))
    if member != "credentialSchema":
        cases += [part(member, {"type": "Part"}), part(member, [{"type": "Part"}] * 2)]
    return cases


def parts_refused(member: str) -> list[Document]:
    values: list[Any] = [
        {"id": URLS[0]},
        [{"id": URLS[0]}, {"id": URLS[1], "type": "Part"}],
        {"id": URLS[:2], "type": "Part"},
        {"id": NOT_A_URL, "type": "Part"},
        {"id": 4, "type": "Part"},
        {"id": URLS[0], "type": 2},
        {"id": URLS[0], "type": "Undefined"},
    ]
    if member == "credentialSchema":
        values.append({"type": "Part"})
    return [part(member, value) for value in values]


def language(member: str, value: Any) -> list[Document]:
    return [credential(**{member: value}), credential(issuer={"id": URLS[0], member: value})]


# Requirement -> (what must be issued, what must be refused).
ISSUING: dict[str, tuple[list[Document], list[Document]]] = {
    "contexts: there are some, and the data model's comes first": (
        [credential(), credential(**{"@context": [V2, EXAMPLES]})],
        [
            credential(**{"@context": value})
            for value in (None, [], [EXAMPLES], [EXAMPLES, V2], V2, 4, [4], {"@vocab": "urn:x:"})
        ],
    ),
    "contexts: all others are URLs and objects": (
        [typed("Own", **{"@context": own("Own")})],
        [
            credential(**{"@context": [V2, value]})
            for value in (NOT_A_URL, 123192875, None, [], True, "https://example.com")
        ],
    ),
    "identifiers: an id is a single URL": (
        [credential(id=url) for url in URLS],
        [
            *({**credential(), "id": value} for value in (None, URLS, [], "no-url", NOT_A_URL, 7)),
            credential(credentialSubject={"id": URLS}),
            credential(credentialSubject={"id": NOT_A_URL}),
        ],
    ),
    "types: there is one, and VerifiableCredential among them": (
        [typed(), typed("Own", **{"@context": [V2, EXAMPLES]})],
        [
            credential(type=value)
            for value in (None, [], "Own", ["https://a.example/#Own"], 4, [4], {})
        ],
    ),
    "types: each is a URL or a term that is mapped to one": (
        [
            typed("https://a.example/#Own"),
            typed("Own", **{"@context": own("Own")}),
        ],
        [
            typed("Own"),
            typed("Own", **{"@context": [V2, {"@vocab": None}]}),
            typed("Own", **{"@context": [V2, {"Own": "https ://not-a-url#Own"}]}),
        ],
    ),
    "types: their order does not matter": (
        [
            credential(type=["https://a.example/#1", "https://a.example/#2", last])
            for last in ["VerifiableCredential"]
        ]
        + [credential(type=["https://a.example/#1", "VerifiableCredential", URLS[1]])],
        [],
    ),
    **{
        f"{member}: one or several, each with a type": (
            parts_accepted(member),
            parts_refused(member),
        )
        for member in PARTS
    },
    "names and descriptions: text, or text with its language and direction": (
        [
            case
            for member in ("name", "description")
            for value in (
                "Statistics",
                {"@value": "Statistics", "@language": "en"},
                {"@value": "Statistics", "@language": "en", "@direction": "ltr"},
                IN_SEVERAL_LANGUAGES,
            )
            for case in language(member, value)
        ],
        [
            case
            for member in ("name", "description")
            for value in (
                {"@value": "Statistics", "@language": "en", "url": "did:example:issuer"},
                {"@language": "en"},
                7,
            )
            for case in language(member, value)
        ],
    ),
    "issuer: a URL, or an object whose id is one": (
        [credential(issuer={"id": url}) for url in URLS],
        [
            {**credential(), "issuer": value}
            for value in (None, "fake-issuer", {"id": None}, {"id": "fake-issuer"}, {}, [], 4, True)
        ]
        + [credential(issuer=None)],
    ),
    "credential subject: one or several, and something is said of each": (
        [
            credential(credentialSubject=[SUBJECT, OTHER_SUBJECT]),
            credential(**{"@context": [V2, EXAMPLES], "credentialSubject": {"gpa": "4"}}),
        ],
        [
            {**credential(), "credentialSubject": value}
            for value in ({}, [], [SUBJECT, {}], [{}], None, "did:example:1", ["x"], 4, [None, 4])
        ]
        + [credential(credentialSubject=None)],
    ),
    "validity period: dates with a zone, near and far": (
        [
            credential(validFrom="2023-02-26T01:02:58.447Z"),
            credential(validFrom="2023-02-25T19:10:39-06:00"),
            credential(validFrom="9999-02-25T19:10:39Z"),
            credential(validFrom="2023-02-26T01:20:00Z", validUntil="2023-02-26T01:20:18.477Z"),
            credential(validUntil="2043-02-26T19:20:18-06:00"),
        ],
        [
            credential(**{name: value})
            for name in ("validFrom", "validUntil")
            for value in (
                "Sat 25 Feb 2023 07:16:31 PM CST",
                "Sun, 26 Feb 2023 01:22:14 +0000",
                "2023-02-26",
                "2023-02-26T01:02:58",
                1677373378,
            )
        ],
    ),
    "validity period: it begins before it ends": (
        [credential(validFrom="2025-06-15T11:00:00Z", validUntil="2027-06-15T11:00:00Z")],
        [credential(validFrom="2027-06-15T11:00:00Z", validUntil="2025-06-15T11:00:00Z")],
    ),
    "contexts: protected terms are never redefined": (
        [],
        [
            credential(**{"@context": [V2, {"VerifiableCredential": "https://a.example/#Bad"}]}),
            typed(
                "Own",
                **{"@context": [V2, {"@protected": True, **own("Own")[1]}, {"Own": "urn:x:Bad"}]},
            ),
        ],
    ),
    "related resources: each is an object with a URL and a digest that is right": (
        [related({"id": V2, **digests}) for digests in (FINAL, OF_JULY_2024)]
        + [
            related({"id": V2, "mediaType": "application/ld+json", name: digests[name]})
            for digests in (FINAL, OF_JULY_2024)
            for name in digests
        ]
        + [related({"id": "https://a.example/strange.json", **FINAL}, {"id": V2, **FINAL})],
        [
            related(V2, EXAMPLES),
            related({"url": V2, **FINAL}),
            related(FINAL),
            related({"id": V2}, {"id": EXAMPLES}),
            related({"id": V2, **FINAL}, {"id": V2, **OF_JULY_2024}),
            related({"id": V2, "digestSRI": FINAL["digestSRI"].replace("l/H", "h/L")}),
            related({"id": V2, "digestMultibase": FINAL["digestMultibase"].replace("WZ", "ZW")}),
            related({"id": "https://a.example/1", "digestSRI": "sha256-ca3d163bab055381827226"}),
            related({"id": "https://a.example/1", "digestMultibase": "uZTQ0MjM1NiAgcmVwb3J0"}),
        ],
    ),
    "data is never lost": (
        [
            credential(
                **{
                    "@context": [V2, EXAMPLES],
                    "credentialSubject": {**SUBJECT, "anything": "is an example"},
                }
            )
        ],
        [
            credential(anything="is undefined"),
            credential(credentialSubject={**SUBJECT, "anything": "is undefined"}),
            credential(credentialSubject={**SUBJECT, "type": "Undefined"}),
        ],
    ),
}


def cases(of: int) -> list[Any]:
    return [
        pytest.param(document, id=f"{requirement} ({number})")
        for requirement, sides in ISSUING.items()
        for number, document in enumerate(sides[of], 1)
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("document", cases(0))
def test_what_the_data_model_allows_is_issued(
    suites: Suites, form: str, document: Document
) -> None:
    issued = suites.issued(form, document)
    if form == "enveloped":
        assert issued["type"] == "EnvelopedVerifiableCredential"
        return
    assert {name: issued[name] for name in document if name != "issuer"} == {
        name: value for name, value in document.items() if name != "issuer"
    }
    assert issued["proof"]["type"] == "DataIntegrityProof"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("document", cases(1))
def test_what_the_data_model_forbids_is_refused(
    suites: Suites, form: str, document: Document
) -> None:
    refused(suites.issue(form, document))


@pytest.mark.parametrize("form", FORMS)
def test_the_issuer_is_the_instance_whoever_is_stated(suites: Suites, form: str) -> None:
    if form == "enveloped":
        verified(suites.verify(suites.issued(form, credential())))
        return
    bare = suites.issued(form, credential())
    named = suites.issued(form, credential(issuer={"id": "did:example:issuer", "name": "Us"}))
    assert bare["issuer"] == suites.issuer(form)
    assert named["issuer"] == {"id": suites.issuer(form), "name": "Us"}


@pytest.mark.parametrize("form", FORMS)
def test_what_an_instance_issues_is_verified_with_the_proof_alone_and_in_full(
    suites: Suites, form: str
) -> None:
    issued = suites.issued(form, credential())
    verified(suites.verify(issued))
    verified(suites.verify(issued, checks=[]))
    body = {"verifiableCredential": issued}
    verified(suites.post("/conformance/vc-api/credentials/verify", body))


def test_every_problem_is_told_at_once(suites: Suites) -> None:
    document = credential(id="no-url", evidence={"id": "urn:x:1"}, validFrom="yesterday")
    problems = refused(suites.issue("eddsa-rdfc-2022", document))
    pointers = {problem["pointer"] for problem in problems}
    assert {"/id", "/evidence/type", "/validFrom"} <= pointers


def test_what_is_signed_already_is_not_issued_again(suites: Suites) -> None:
    issued = suites.issued("eddsa-rdfc-2022", credential())
    refused(suites.issue("eddsa-rdfc-2022", issued))


@pytest.mark.parametrize(
    "document", [{"type": ["Other"]}, {}, credential(), credential(proof=[])], ids=str
)
def test_what_is_no_credential_is_not_verified(suites: Suites, document: Document) -> None:
    refused(suites.verify(document))


def test_a_stranger_s_key_is_not_the_issuer_s(suites: Suites) -> None:
    issued = suites.issued("eddsa-rdfc-2022", credential())
    stranger = name_of(Ed25519Signer(b"\x05" * 32))
    refused(suites.verify({**issued, "issuer": stranger}))
