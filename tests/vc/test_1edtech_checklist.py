"""Every form of a badge that can be made here passes the checklist of 1EdTech's validator."""

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from issuer.vc import baking, did, endorsements, keys, openbadges
from issuer.vc.data_integrity import base_proofs, mandatory_pointers, proofs
from issuer.vc.data_integrity.cryptosuites import ecdsa_rdfc_2019
from issuer.vc.jose import vc_jwt
from issuer.vc.keys import PublicKey
from issuer.vc.openbadges import IssuedCredential
from tests.validator_1edtech import (
    Outcome,
    Report,
    inspect_badge,
    inspect_endorsement,
    inspect_status_list,
)

from .conftest import DID, INDEX, LIST_URL, NOW, College, _badge
from .stated_values import of, signed_endorsement
from .test_baking import PNG, SVG
from .test_vc_jwt import of_learner
from .tokens import public_key, signer

pytestmark = [pytest.mark.usefixtures("shared_data"), pytest.mark.thorough]

Document = dict[str, Any]

HOME = "https://college.example/"
JWK_URL = "https://college.example/keys/2026"
COLLEGE = College()
P256 = signer(keys.P256)
RSA = signer(keys.RSA)


def inspect(source: Any, inspector: Any = inspect_badge, *revoked: int) -> Report:
    """Inspect it with what the college publishes: its page, DID document, keys and status list."""
    COLLEGE.publish_list(*revoked)
    methods = [
        did.VerificationMethod(key=PublicKey.from_multikey(COLLEGE.signer.public_multibase)),
        did.VerificationMethod(key=public_key(P256)),
        did.VerificationMethod(key=public_key(P256), form=did.JSON_WEB_KEY),
    ]
    published = {
        HOME: "<html>",
        f"{HOME}.well-known/did.json": did.did_document(DID, methods),
        LIST_URL: COLLEGE.lists[LIST_URL],
        JWK_URL: public_key(RSA).jwk,
    }
    report: Report = inspector(source, fetch=published.__getitem__, now=NOW)
    return report


def assert_valid(report: Report) -> None:
    assert report.outcome is Outcome.VALID, "\n".join(map(str, report.faults))
    assert report.faults == []


def in_a_set() -> Document:
    """The proof that every validator knows comes first."""
    signed = COLLEGE.sign(_badge())
    method = did.method_id(DID, P256.public_multibase)
    config = proofs.proof_config(
        verification_method=method,
        created=NOW - timedelta(hours=1),
        cryptosuite=ecdsa_rdfc_2019.NAME,
    )
    return proofs.append_proof(signed, config, signer=P256)


def shown(*pointers: str) -> Document:
    badge = _badge()
    base = base_proofs.add(
        badge,
        signer=P256,
        verification_method=did.method_id(DID, P256.public_multibase),
        created=NOW - timedelta(hours=1),
        mandatory_pointers=mandatory_pointers.of_open_badge(badge),
    )
    return base_proofs.derive(base, selective_pointers=pointers)


def es256() -> str:
    key_id = did.method_id(DID, public_key(P256).thumbprint)
    return vc_jwt.sign(of_learner(), signer=P256, key_id=key_id)


def least() -> Document:
    return openbadges.AchievementCredential(
        id="urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c57",
        name="Statistics 1",
        issuer=openbadges.Profile(id=DID),
        valid_from=NOW,
        credential_subject=openbadges.AchievementSubject(
            id="mailto:ada@college.example",
            achievement=openbadges.Achievement(
                id="https://college.example/achievements/statistics-1",
                name="Statistics 1",
                description="Sums.",
                criteria=openbadges.Criteria(narrative="Pass."),
            ),
        ),
    ).as_credential()


FORMS: dict[str, Callable[[], Any]] = {
    "eddsa-rdfc-2022": lambda: COLLEGE.sign(_badge()),
    "as text": lambda: json.dumps(COLLEGE.sign(_badge())),
    "the least": lambda: COLLEGE.sign(least()),
    "a set of proofs": in_a_set,
    "ecdsa-sd-2023, all shown": lambda: shown(""),
    "ecdsa-sd-2023, the least shown": shown,
    "ecdsa-sd-2023, one result shown": lambda: shown(
        "/credentialSubject/result/0", "/credentialSubject/achievement/resultDescription/0"
    ),
    "VC-JWT, ES256, kid in the DID document": es256,
    "VC-JWT, ES256, jwk": lambda: vc_jwt.sign(
        of_learner(), signer=P256, public_key=public_key(P256)
    ),
    "VC-JWT, RS256, kid": lambda: vc_jwt.sign(of_learner(), signer=RSA, key_id=JWK_URL),
    "VC-JWT, RS256, jwk": lambda: vc_jwt.sign(of_learner(), signer=RSA, public_key=RSA.public_key),
    "VC-JWT around a proof": lambda: vc_jwt.sign(
        COLLEGE.sign(of_learner()), signer=RSA, key_id=JWK_URL
    ),
    "PNG with JSON": lambda: baking.bake(PNG, json.dumps(COLLEGE.sign(_badge()))),
    "PNG with VC-JWT": lambda: baking.bake(PNG, es256()),
    "SVG with JSON": lambda: baking.bake(SVG, json.dumps(COLLEGE.sign(_badge()))),
    "SVG with VC-JWT": lambda: baking.bake(SVG, es256()),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_a_badge_passes(form: str) -> None:
    assert_valid(inspect(FORMS[form]()))


def test_a_result_shown_without_its_description_is_caught() -> None:
    assert inspect(shown("/credentialSubject/result/0")).of("ReferencesProbe") is Outcome.ERROR


@pytest.mark.parametrize("form", [form for form in FORMS if form != "the least"])
def test_a_revocation_is_seen_in_every_form_that_has_a_status(form: str) -> None:
    report = inspect(FORMS[form](), inspect_badge, INDEX)
    assert report.of("RevocationListProbe") is Outcome.FATAL


def test_a_badge_that_may_be_suspended_passes() -> None:
    status = {**_badge()["credentialStatus"], "statusPurpose": "suspension"}
    assert_valid(inspect(COLLEGE.sign(_badge(credential_status=status))))


def test_an_endorsement_passes_alone_and_inside_of_a_badge() -> None:
    endorsement = signed_endorsement()
    assert_valid(inspect(endorsement, inspect_endorsement))
    issuer = openbadges.Profile(id=DID, name="Example College", endorsement=(endorsement,))
    report = inspect(COLLEGE.sign(_badge(issuer=issuer)))
    assert_valid(report)
    assert report.items[-1].probe.startswith("endorsement[0]/")


def test_a_status_list_passes() -> None:
    COLLEGE.publish_list(INDEX)
    assert_valid(inspect(COLLEGE.lists[LIST_URL], inspect_status_list))


def test_a_badge_of_a_did_key_passes() -> None:
    issuer = f"did:key:{COLLEGE.signer.public_multibase}"
    method = did.method_id(issuer, COLLEGE.signer.public_multibase)
    profile = openbadges.Profile(id=issuer, name="Example College")
    assert_valid(inspect(COLLEGE.sign(_badge(issuer=profile), verification_method=method)))


def current(value: IssuedCredential) -> Document:
    """The credential as ours of today, without JWS, which no key of ours has signed."""
    ours = dataclasses.replace(
        value,
        issuer=dataclasses.replace(value.issuer, id=DID, url=HOME),
        valid_from=NOW - timedelta(days=1),
    )
    without: Document = json.loads(
        json.dumps(ours.as_credential()),
        object_hook=lambda node: {k: v for k, v in node.items() if k != "endorsementJwt"},
    )
    return COLLEGE.sign(without)


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(of(openbadges.AchievementCredential))
def test_whatever_a_badge_states_it_passes(value: openbadges.AchievementCredential) -> None:
    assert_valid(inspect(current(value)))


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(of(endorsements.EndorsementCredential))
def test_whatever_an_endorsement_states_it_passes(
    value: endorsements.EndorsementCredential,
) -> None:
    assert_valid(inspect(current(value), inspect_endorsement))
