"""What the public suite of ECDSA asks for ecdsa-sd-2023: base proofs, and what is derived."""

import base64
import copy
from collections.abc import Callable
from typing import Any

import cbor2
import pytest

from issuer.vc import did, multibase, timestamps
from issuer.vc.data_integrity import base_proofs
from issuer.vc.signers import P256Signer
from tests.conformance.conftest import (
    MADE,
    V1,
    V2,
    Document,
    Suites,
    credential,
    name_of,
    older,
    refused,
    verified,
)

INSTANCE = "ecdsa-sd-2023-p256"
OWN = {
    "@protected": True,
    "Race": {
        "@id": "urn:example:Race",
        "@context": {
            "@protected": True,
            "id": "@id",
            "type": "@type",
            "boat": "urn:example:boat",
            "sails": {
                "@id": "urn:example:sails",
                "@context": {"@protected": True, "size": "urn:example:size"},
            },
        },
    },
    "races": {"@id": "urn:example:races", "@type": "@id"},
}
RACES = [
    {"type": "Race", "boat": "Earth 1", "sails": [{"size": 5.5}, {"size": 7}, {"size": 7.8}]},
    {"type": "Race", "boat": "Mars 1", "sails": [{"size": 4.9}, {"size": 6.1}]},
]
SUBJECT = {"name": "Jane Doe", "races": RACES}
UNSIGNED = {
    "2.0": credential(**{"@context": [V2, OWN]}, credentialSubject=SUBJECT),
    "1.1": older(
        **{"@context": [V1, {**OWN, "name": "https://schema.org/name"}]}, credentialSubject=SUBJECT
    ),
}
MANDATORY = {"2.0": ["/issuer"], "1.1": ["/issuer", "/issuanceDate"]}
POINTERS = [
    "/credentialSubject/races/0/boat",
    "/credentialSubject/races/0/sails/0",
    "/credentialSubject/races/0/sails/1",
    "/credentialSubject/races/1/boat",
    "/credentialSubject/races/1/sails/1",
]
HOLDER = P256Signer(b"\x71" * 32)
versions = pytest.mark.parametrize("version", UNSIGNED)


def with_base_proof(suites: Suites, version: str = "2.0") -> Document:
    pointers = MANDATORY[version]
    return suites.issued(INSTANCE, UNSIGNED[version], mandatoryPointers=pointers)


def derived(suites: Suites, document: Document, *pointers: str) -> Document:
    answer = suites.derive(document, *pointers)
    assert answer.status_code == 201, answer.content
    return answer.json()["verifiableCredential"]


def opened(proof_value: str) -> tuple[bytes, Any]:
    """The three bytes at the beginning, and what is written in CBOR after them."""
    value = multibase.decode_base64url(proof_value)
    return value[:3], cbor2.loads(value[3:])


def closed(header: bytes, components: Any) -> str:
    text = base64.urlsafe_b64encode(header + cbor2.dumps(components))
    return "u" + text.rstrip(b"=").decode()


# Base proofs


@versions
def test_a_base_proof_is_written_as_the_suite_inspects_it(suites: Suites, version: str) -> None:
    proof = with_base_proof(suites, version)["proof"]
    assert proof["cryptosuite"] == "ecdsa-sd-2023"
    assert proof["proofValue"].startswith("u2V0A")
    header, (signature, key, hmac_key, signatures, pointers) = opened(proof["proofValue"])
    assert header == bytes.fromhex("d95d00")
    assert (len(signature), len(key), len(hmac_key)) == (64, 35, 32)
    assert signatures and {len(each) for each in signatures} == {64}
    assert pointers == MANDATORY[version]
    # No tags: byte strings are byte strings.
    assert {type(each) for each in (signature, key, hmac_key, *signatures)} == {bytes}


@pytest.mark.parametrize("options", [{}, {"mandatoryPointers": []}], ids=str)
def test_nothing_need_be_mandatory(suites: Suites, options: Document) -> None:
    issued = suites.issued(INSTANCE, UNSIGNED["2.0"], **options)
    assert opened(issued["proof"]["proofValue"])[1][4] == []


@pytest.mark.parametrize(
    "pointers",
    [
        ["/non/existent/path"],
        ["/credentialSubject/invalidPointer"],
        ["/issuer", "/credentialSubject/races/2"],
        ["issuer"],
        [7],
        "/issuer",
        {"0": "/issuer"},
    ],
    ids=str,
)
def test_a_mandatory_pointer_to_nothing_is_refused(suites: Suites, pointers: Any) -> None:
    refused(suites.issue(INSTANCE, UNSIGNED["2.0"], mandatoryPointers=pointers))


@versions
def test_a_base_proof_is_not_for_verifiers(suites: Suites, version: str) -> None:
    refused(suites.verify(with_base_proof(suites, version), INSTANCE))


# What is derived

SELECTIONS = {
    "everything": POINTERS,
    "less than whole arrays": POINTERS[2:4],
    "without the first of an array": POINTERS[3:],
    "one value": ["/credentialSubject/name"],
}


@versions
@pytest.mark.parametrize("pointers", SELECTIONS.values(), ids=list(SELECTIONS))
def test_what_is_derived_is_verified(suites: Suites, version: str, pointers: list[str]) -> None:
    shown = derived(suites, with_base_proof(suites, version), *pointers)
    verified(suites.verify(shown, INSTANCE))
    verified(suites.verify(shown, INSTANCE, checks=[]))
    header, (signature, key, signatures, labels, mandatory) = opened(shown["proof"]["proofValue"])
    assert header == bytes.fromhex("d95d01")
    assert (len(signature), len(key)) == (64, 35)
    assert {len(each) for each in signatures} <= {64}
    assert {len(each) for each in labels.values()} <= {32}
    assert mandatory == sorted(mandatory)


def test_only_what_is_mandatory_or_selected_is_shown(suites: Suites) -> None:
    base = with_base_proof(suites)
    shown = derived(suites, base, "/credentialSubject/races/0/sails/1")
    assert shown["issuer"] == base["issuer"]
    assert shown["credentialSubject"] == {
        "races": [{"type": "Race", "sails": [{"size": 7}]}],
    }


@pytest.mark.parametrize("pointers", [["/credentialSubject/nothing"], ["name"], []], ids=str)
def test_a_selective_pointer_to_nothing_is_refused(suites: Suites, pointers: list[str]) -> None:
    issued = suites.issued(INSTANCE, UNSIGNED["2.0"])
    refused(suites.derive(issued, *pointers))


def test_what_others_signed_for_a_holder_can_be_derived(suites: Suites) -> None:
    signed = base_proofs.add(
        {**UNSIGNED["2.0"], "issuer": name_of(HOLDER)},
        signer=HOLDER,
        verification_method=did.method_id(name_of(HOLDER), HOLDER.public_multibase),
        created=timestamps.read(MADE),
        mandatory_pointers=["/issuer"],
    )
    refused(suites.verify(signed))
    verified(suites.verify(derived(suites, signed, *POINTERS)))


@pytest.mark.parametrize("document", [credential(), {}, "eyJ", None, [], {"proof": {}}], ids=str)
def test_what_has_no_base_proof_can_not_be_derived(suites: Suites, document: Any) -> None:
    refused(suites.derive(document, "/issuer"))


def test_only_the_selective_instance_derives(suites: Suites) -> None:
    path = "/conformance/eddsa-rdfc-2022/credentials/derive"
    assert suites.post(path, {"verifiableCredential": credential()}).status_code == 404


def changed_components(change: Callable[[list[Any]], Any]) -> Callable[[str], str]:
    def changed(proof_value: str) -> str:
        header, components = opened(proof_value)
        change(components)
        return closed(header, components)

    return changed


BROKEN: dict[str, Callable[[str], Any]] = {
    "no header of the base": lambda value: value[1:],
    "another base": lambda value: "z" + value[1:],
    "one letter": lambda value: "a",
    "null": lambda value: None,
    "three letters missing": lambda value: value[:1] + value[4:],
    "the header of a base proof": lambda value: "u2V0A" + value[5:],
    "four components": changed_components(lambda parts: parts.pop()),
    "six components": changed_components(lambda parts: parts.append([])),
    "a short signature": changed_components(lambda parts: parts.__setitem__(0, parts[0][:-1])),
    "a long key": changed_components(lambda parts: parts.__setitem__(1, parts[1] + b"\0")),
    "one signature less": changed_components(lambda parts: parts[2].pop()),
    "a signature that is text": changed_components(lambda parts: parts[2].append("text")),
    "a label that is text": changed_components(lambda parts: parts[3].__setitem__(0, "text")),
    "labels that are a list": changed_components(lambda parts: parts.__setitem__(3, [])),
    "an index that is text": changed_components(lambda parts: parts[4].__setitem__(0, "0")),
    "a tag": changed_components(lambda parts: parts.__setitem__(0, cbor2.CBORTag(64, parts[0]))),
    "not CBOR": lambda value: closed(bytes.fromhex("d95d01"), []) + "AAAA",
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=list(BROKEN))
def test_a_derived_proof_is_refused_that_has(suites: Suites, change: Callable[[str], Any]) -> None:
    shown = derived(suites, with_base_proof(suites), *POINTERS)
    shown["proof"]["proofValue"] = change(shown["proof"]["proofValue"])
    refused(suites.verify(shown, INSTANCE))


CHANGES: dict[str, Callable[[Document], Any]] = {
    "the subject got an id": lambda shown: shown["credentialSubject"].update(id="urn:invalid"),
    "a value changed": lambda shown: shown["credentialSubject"]["races"][0].update(boat="Other"),
    "a value was left out": lambda shown: shown["credentialSubject"]["races"][0].pop("boat"),
    "the issuer is another": lambda shown: shown.update(issuer=name_of(HOLDER)),
    "a term was added": lambda shown: shown.update(undefined="x"),
    "the suite is unknown": lambda shown: shown["proof"].update(cryptosuite="invalid-suite"),
    "the purpose is another": lambda shown: shown["proof"].update(proofPurpose="authentication"),
    "the time is another": lambda shown: shown["proof"].update(created="2026-06-15T11:00:01Z"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_derived_credential_is_refused_when(
    suites: Suites, change: Callable[[Document], Any]
) -> None:
    shown = derived(suites, with_base_proof(suites), *POINTERS)
    verified(suites.verify(copy.deepcopy(shown), INSTANCE))
    change(shown)
    refused(suites.verify(shown, INSTANCE))
