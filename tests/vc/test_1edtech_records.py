"""Every form of a record (CLR 2.0) that can be made here passes the checklist of 1EdTech."""

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from issuer.vc import baking, clr, did, openbadges, vocabularies
from issuer.vc.baking.carriers import CLR
from issuer.vc.data_integrity import proofs
from issuer.vc.data_integrity.cryptosuites import ecdsa_rdfc_2019
from tests.validator_1edtech import Outcome, Report, inspect_clr

from .conftest import INDEX, NOW, _badge, _signed
from .stated_values import of, signed_endorsement
from .test_1edtech_checklist import COLLEGE, P256, assert_valid, current, in_a_set, inspect
from .test_baking import PNG, SVG
from .test_clr import COURSE, PROGRAM, association, record, subject
from .test_vc_jwt import of_learner

pytestmark = [pytest.mark.usefixtures("shared_data"), pytest.mark.thorough]

Document = dict[str, Any]


def inspected(source: Any, *revoked: int) -> Report:
    return inspect(source, inspect_clr, *revoked)


def second_course() -> Document:
    badge = _badge(id="urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c58")
    badge["credentialSubject"]["achievement"]["id"] = f"{COURSE}/2"
    return COLLEGE.sign(badge)


def signed_record(*inner: Document, **members: Any) -> Document:
    return COLLEGE.sign(record(*(inner or (_signed(),)), **members))


def with_proof_of(document: Document, suite: str) -> Document:
    """A second proof, after the one that every validator knows."""
    config = proofs.proof_config(
        verification_method=did.method_id(COLLEGE.did, P256.public_multibase),
        created=NOW - timedelta(hours=1),
        cryptosuite=suite,
    )
    return proofs.append_proof(document, config, signer=P256)


def of_two_courses() -> Document:
    ends = ((COURSE, PROGRAM), (f"{COURSE}/2", PROGRAM))
    associations = [association(source_id=source, target_id=target) for source, target in ends]
    associations.append(
        association(association_type="precedes", source_id=COURSE, target_id=f"{COURSE}/2")
    )
    learner = subject(_signed(), second_course(), association=tuple(associations))
    return COLLEGE.sign(record(credential_subject=learner))


def of_every_association() -> Document:
    kinds = vocabularies.ASSOCIATION_TYPES
    associations = tuple(association(association_type=kind) for kind in sorted(kinds))
    learner = subject(_signed(), association=associations)
    return COLLEGE.sign(record(credential_subject=learner))


def of_somebody_named() -> Document:
    ada = openbadges.IdentityObject.salted(
        "ada@college.example", identity_type="emailAddress", salt="Kosher"
    )
    learner = subject(_signed(), id=None, identifier=(ada,))
    return COLLEGE.sign(record(credential_subject=learner))


def with_everything() -> Document:
    return signed_record(
        partial=True,
        description="All that was earned.",
        image=openbadges.Image("https://college.example/record.png", "A record"),
        awarded_date=NOW - timedelta(days=2),
        valid_until=NOW + timedelta(days=365),
        credential_status=_badge()["credentialStatus"],
        endorsement=(signed_endorsement(),),
        evidence=(openbadges.Evidence(name="Minutes of the board"),),
    )


def without_associations() -> Document:
    learner = subject(_signed(), achievement=(), association=())
    return COLLEGE.sign(record(credential_subject=learner, partial=None))


def record_in_a_record() -> Document:
    inner = signed_record()
    return signed_record(inner, id="urn:uuid:0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c59")


FORMS: dict[str, Callable[[], Any]] = {
    "one credential": signed_record,
    "as text": lambda: json.dumps(signed_record()),
    "no associations": without_associations,
    "two credentials and how they belong together": of_two_courses,
    "every kind of association": of_every_association,
    "somebody known by a hash": of_somebody_named,
    "every member": with_everything,
    "a record in a record": record_in_a_record,
    "a credential with two proofs": lambda: signed_record(in_a_set()),
    "a set of proofs": lambda: with_proof_of(signed_record(), ecdsa_rdfc_2019.NAME),
    "PNG": lambda: baking.bake(PNG, json.dumps(signed_record()), carrier=CLR),
    "SVG": lambda: baking.bake(SVG, json.dumps(signed_record()), carrier=CLR),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_a_record_passes(form: str) -> None:
    assert_valid(inspected(FORMS[form]()))


def test_the_credentials_inside_are_inspected_for_themselves() -> None:
    probes = {item.probe for item in inspected(of_two_courses()).items}
    for index in (0, 1):
        assert f"verifiableCredential[{index}]/EmbeddedProofProbe" in probes
    assert {"AssociationsProbe", "EmbeddedCredentialsProbe", "EmbeddedProofProbe"} <= probes


def test_a_credential_of_a_learner_with_an_id_passes_inside_too() -> None:
    assert_valid(inspected(signed_record(COLLEGE.sign(of_learner()))))


@pytest.mark.parametrize("revoke", ["every member", "one credential"])
def test_a_revocation_is_seen_of_the_record_and_of_what_is_inside(revoke: str) -> None:
    report = inspected(FORMS[revoke](), INDEX)
    assert report.outcome is Outcome.FATAL
    assert any(item.probe.endswith("RevocationListProbe") for item in report.faults)


@pytest.mark.parametrize(
    ("change", "probe"),
    [
        (lambda node: node["association"][0].update(targetId="urn:x:1"), "AssociationsProbe"),
        (lambda node: node["achievement"].clear(), "AssociationsProbe"),
        (lambda node: node["verifiableCredential"][0].pop("proof"), "EmbeddedCredentialsProbe"),
        (lambda node: node["verifiableCredential"].clear(), "EmbeddedCredentialsProbe"),
    ],
)
def test_what_the_builder_refuses_is_caught_even_when_signed(
    change: Callable[[Document], object], probe: str
) -> None:
    unsigned = record(copy.deepcopy(_signed()))
    change(unsigned["credentialSubject"])
    report = inspected(COLLEGE.sign(unsigned))
    assert probe in {item.probe for item in report.faults}


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(of(clr.ClrCredential))
def test_whatever_a_record_states_it_passes(value: clr.ClrCredential) -> None:
    assert_valid(inspected(current(value)))
