import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from issuer.vc import canonical, clr, contexts, openbadges, reading, signers
from issuer.vc.data_integrity.cryptosuites import eddsa_rdfc_2022
from issuer.vc.errors import ForbiddenValue
from issuer.vc.lint import COMPOSED_ELSEWHERE, lint

from .conftest import DID, NOW, College, _badge
from .test_lint import GONE, put

LEARNER = "did:key:z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi"
COURSE = "https://college.example/achievements/statistics-1"
PROGRAM = "https://college.example/achievements/statistics"


def association(**members: Any) -> clr.Association:
    return clr.Association(
        **{
            "association_type": "isChildOf",
            "source_id": COURSE,
            "target_id": PROGRAM,
            **members,
        }
    )


def subject(*signed: dict[str, Any], **members: Any) -> clr.ClrSubject:
    program = openbadges.Achievement(
        id=PROGRAM,
        name="Statistics",
        description="Two years.",
        criteria=openbadges.Criteria(narrative="Pass all courses."),
    )
    return clr.ClrSubject(
        **{
            "id": LEARNER,
            "verifiable_credential": signed,
            "achievement": (program,),
            "association": (association(),),
            **members,
        }
    )


def record(*signed: dict[str, Any], **members: Any) -> dict[str, Any]:
    return clr.ClrCredential(
        **{
            "id": "urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c56",
            "name": "Transcript 2026",
            "issuer": openbadges.Profile(id=DID, name="Example College"),
            "valid_from": NOW - timedelta(days=1),
            "partial": False,
            "credential_subject": members.get("credential_subject") or subject(*signed),
            **members,
        }
    ).as_credential()


def test_a_record_has_its_contexts_in_order_and_its_credentials_unchanged(
    signed: dict[str, Any],
) -> None:
    before = copy.deepcopy(signed)
    found = record(signed)
    assert found["@context"] == [
        contexts.CREDENTIALS_V2,
        contexts.CLR,
        contexts.OPEN_BADGES,
        contexts.OB_EXTENSIONS,
    ]
    assert found["type"] == ["VerifiableCredential", "ClrCredential"]
    assert found["partial"] is False
    assert found["credentialSubject"]["verifiableCredential"] == [before]
    assert lint(found, issuer_did=DID, profile=COMPOSED_ELSEWHERE) == []


def test_a_record_and_the_credential_inside_it_are_each_signed(
    college: College, signed: dict[str, Any]
) -> None:
    secured = college.sign(record(signed))
    assert college.verify(secured).verdict == "valid"
    (inner,) = secured["credentialSubject"]["verifiableCredential"]
    assert college.verify(inner).verdict == "valid"
    inner["credentialSubject"]["result"][0]["value"] = "A"
    assert college.verify(secured).verdict == "invalid"
    assert college.verify(inner).verdict == "invalid"


def test_a_record_inside_a_record_is_part_of_it(college: College, signed: dict[str, Any]) -> None:
    inner = college.sign(record(signed))
    outer = record(inner, id="urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c57")
    assert lint(outer, issuer_did=DID, profile=COMPOSED_ELSEWHERE) == []
    assert set(clr.achievement_ids([outer])) == {PROGRAM, COURSE}
    nameless = {"credentialSubject": [{"achievement": [{"id": COURSE}, {"id": 7}, "x"]}, "x"]}
    assert list(clr.achievement_ids([nameless, "eyJ.e30.c2ln"])) == [COURSE]


def test_a_record_of_forty_courses_is_fit_to_be_signed(college: College) -> None:
    courses = []
    for number in range(40):
        badge = _badge(id=f"urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b{number:04d}")
        badge["credentialSubject"]["id"] = LEARNER
        badge["credentialSubject"]["achievement"]["id"] += f"/{number}"
        courses.append(college.sign(badge))
    found = record(credential_subject=subject(*courses, association=()))
    assert lint(found, issuer_did=DID, profile=COMPOSED_ELSEWHERE) == []


@pytest.mark.parametrize(
    "members",
    [
        {"verifiable_credential": ()},
        {"verifiable_credential": ("eyJ.e30.c2ln",)},
        {"verifiable_credential": (_badge(),)},
        {"id": None},
        {"association": (association(target_id="https://college.example/nowhere"),)},
        {"association": (association(source_id="https://college.example/nowhere"),)},
        {"achievement": ()},
    ],
)
def test_what_the_specification_forbids_is_refused(
    signed: dict[str, Any], members: dict[str, Any]
) -> None:
    with pytest.raises(ForbiddenValue):
        subject(signed, **members)


@pytest.mark.parametrize(
    "members",
    [{"association_type": "ext:isTwinOf"}, {"source_id": "course"}, {"target_id": ""}],
)
def test_an_association_has_a_known_type_and_two_ends(members: dict[str, Any]) -> None:
    with pytest.raises(ForbiddenValue):
        association(**members)


@pytest.mark.parametrize(
    ("pointer", "value", "code", "found_at"),
    [
        ("/@context/1", contexts.OPEN_BADGES, "wrong_contexts", "/@context"),
        ("/type", ["VerifiableCredential", "ClrCredential", "Undefined"], "data_loss", ""),
        ("/name", GONE, "missing", None),
        ("/issuer", DID, "wrong_kind", None),
        ("/partial", "no", "wrong_value", None),
        ("/credentialSubject/id", GONE, "missing", "/credentialSubject"),
        ("/credentialSubject/type", ["AchievementSubject"], "wrong_type", None),
        ("/credentialSubject", [], "empty", None),
        ("/credentialSubject/verifiableCredential", GONE, "missing", None),
        ("/credentialSubject/verifiableCredential", [], "empty", None),
        ("/credentialSubject/verifiableCredential/0", "eyJ.e30.c2ln", "wrong_kind", None),
        ("/credentialSubject/verifiableCredential/0/proof", GONE, "wrong_value", "*"),
        ("/credentialSubject/verifiableCredential/0/@context/0", DID, "wrong_contexts", "*"),
        ("/credentialSubject/achievement/0/criteria", {}, "missing", None),
        ("/credentialSubject/association/0/type", ["Association"], "wrong_type", None),
        ("/credentialSubject/association/0/associationType", "isTwinOf", "wrong_value", None),
        ("/credentialSubject/association/0/sourceId", "urn:x:1", "dangling", None),
        ("/credentialSubject/association/0/targetId", "urn:x:1", "dangling", None),
        ("/credentialSchema/0/id", "https://a.example/schema", "wrong_value", "/credentialSchema"),
    ],
)
def test_what_is_wrong_with_a_record_is_found_where_it_is(
    signed: dict[str, Any], pointer: str, value: Any, code: str, found_at: str | None
) -> None:
    findings = lint(put(record(signed), pointer, value), issuer_did=DID, profile=COMPOSED_ELSEWHERE)
    where = pointer if found_at is None else found_at
    assert code in {each.code for each in findings if where in ("*", each.pointer)}, findings


@pytest.mark.parametrize("name", ["clr20_complex", "clr20_simple-noproof"])
def test_the_published_samples_are_readable(shared_data: Path, name: str) -> None:
    document = json.loads((shared_data / f"samples/{name}.json").read_text())
    found = reading.read(document)
    assert found.name == document["name"]
    assert found.issuer == document["issuer"]["name"]
    assert found.valid_from == document["issuanceDate"]
    inner = document["credentialSubject"]["verifiableCredential"]
    assert [each.name for each in found.credentials] == [
        each["credentialSubject"]["achievement"]["name"] for each in inner
    ]


# The published test vector of 1EdTech. Its document is written anew from its canonical statements.
ISSUER = {
    "id": "https://example.edu/issuers/565049",
    "type": "Profile",
    "name": "Example University",
}
KEY = "z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi"
SEED = bytes.fromhex("6241a409e6707bb640a0140a8a32bc3d193c33a661747284d6adfa4ed4180be4")
INNER_PROOF = (
    "z45QnLySMt2mWuW787G6cf3SLkP97ZkMZxLeXH5yaaTQPCtTup4GCV95tU8HEnQJSyGCokSj3AvUhmJtvveTmN4Vu"
)
OUTER_PROOF = (
    "zF52sU1nfPAjcwCqtgxPNSor6SJnAzRBwZW5VNQXPt8xXCHkd39sgqj32DnMjhFCzbyHsLkhQ8HpBqQTkMgXy329"
)
METHOD = f"{ISSUER['id']}#{KEY}"


def vector_achievement(number: int, name: str) -> dict[str, Any]:
    identifier = f"{name}-56cb-11ec-bf63-0242ac130002"
    return {
        "id": f"urn:uuid:{identifier}",
        "type": "Achievement",
        "creator": {"id": ISSUER["id"], "type": "Profile"},
        "name": f"Achievement {number}",
        "criteria": {"id": f"https://example.edu/achievements/{identifier}/criteria"},
        "description": f"Achievement {number}",
        "image": {"id": "https://example.edu/achievements/sample.png", "type": "Image"},
    }


def vector_members(types: list[str], name: str, schema: str) -> dict[str, Any]:
    return {
        "type": ["VerifiableCredential", *types],
        "issuer": ISSUER,
        "validFrom": "2010-01-01T00:00:00Z",
        "name": name,
        "credentialSchema": [{"id": schema, "type": openbadges.SCHEMA_TYPE}],
    }


def vector_proof(context: list[str], document: dict[str, Any]) -> dict[str, Any]:
    config = {
        "type": "DataIntegrityProof",
        "created": "2010-01-01T19:23:24Z",
        "verificationMethod": METHOD,
        "cryptosuite": "eddsa-rdfc-2022",
        "proofPurpose": "assertionMethod",
    }
    signer = signers.Ed25519Signer(SEED)
    value = eddsa_rdfc_2022.sign(document, {"@context": context, **config}, signer=signer)
    return {**config, "proofValue": value}


def test_the_published_vector_is_canonicalised_and_signed_byte_for_byte(shared_data: Path) -> None:
    learner = "did:example:ebfeb1f712ebc6f1c276e12ec21"
    first = vector_achievement(1, "a7467ef6")
    second = vector_achievement(2, "dd887f0a")
    inner: dict[str, Any] = {
        "@context": list(openbadges.CONTEXTS),
        "id": "urn:uuid:91537dba-56cb-11ec-bf63-0242ac130002",
        **vector_members(
            ["AchievementCredential"], "Example University Degree", openbadges.SCHEMA["id"]
        ),
        "credentialSubject": {
            "id": learner,
            "type": "AchievementSubject",
            "achievement": first,
        },
    }
    proof = vector_proof(inner["@context"], inner)
    assert proof["proofValue"] == INNER_PROOF
    outer = {
        "@context": list(clr.CONTEXTS),
        "id": "http://example.edu/credentials/3732",
        **vector_members(["ClrCredential"], "Sample Transcript", clr.SCHEMA_ID),
        "credentialSubject": {
            "id": learner,
            "type": "ClrSubject",
            "verifiableCredential": [{**inner, "proof": [proof]}],
            "achievement": [first, second],
            "association": [
                {
                    "type": "Association",
                    "associationType": "isParentOf",
                    "sourceId": first["id"],
                    "targetId": second["id"],
                }
            ],
        },
    }
    folder = shared_data / "vectors/1edtech/clrv2p0"
    published = (folder / "document-canon.txt").read_text().rstrip("\n")
    assert canonical.canonize(outer).decode().rstrip("\n") == published
    assert vector_proof(outer["@context"], outer)["proofValue"] == OUTER_PROOF
    assert (
        lint(outer, issuer_did=ISSUER["id"], profile=COMPOSED_ELSEWHERE)[0].code == "wrong_issuer"
    )
