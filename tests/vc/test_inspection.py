"""Whatever is shown is inspected with all that is inside of it; no part is worse than the whole."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import baking, keys
from issuer.vc.data_integrity import proofs
from issuer.vc.jose import jose_envelope, sd_jwt_vc, token_status_list
from issuer.vc.verification import embedded, inspection
from issuer.vc.verification.inspection import Inspection
from issuer.vc.verification.shown import Thing

from . import shows, tokens
from .any_json import any_json
from .conftest import NOW, College, _badge, _signed
from .shows import ACHIEVEMENT, Document, inspect, outcomes, record

VALID, INVALID, UNKNOWN = "valid", "invalid", "unknown"
FIVE = ["structure", "issuer", "signature", "dates", "status"]
CLAIM = token_status_list.reference(uri=shows.TOKEN_LIST, index=7)


def tampered(document: Document) -> Document:
    changed = copy.deepcopy(document)
    changed["credentialSubject"]["result"][0]["value"] = "A"
    return changed


def places(found: Inspection) -> dict[str, str]:
    return {inner.place: inner.verdict for inner in found.contains}


SOUND = {
    "json": json.dumps(_signed()),
    "vc-jwt": shows.badge_as_vc_jwt(),
    "vc+jwt": shows.badge_as_vc_jose(),
    "envelope": json.dumps(jose_envelope.envelop_credential(shows.badge_as_vc_jose())),
    "png": baking.bake(shows.PNG, json.dumps(_signed())),
    "svg": baking.bake(shows.SVG, shows.badge_as_vc_jwt()),
}


@pytest.mark.parametrize("form", SOUND)
def test_a_sound_badge_is_valid_in_every_form(form: str) -> None:
    found = inspect(SOUND[form])
    assert (found.thing, found.verdict, outcomes(found)) == (Thing.BADGE, VALID, {})
    assert [check.id for check in found.checks] == [*FIVE, "schema"]
    assert found.is_signed
    assert found.issuer_id.startswith("did:")


def test_bytes_and_what_was_read_of_them_are_the_same() -> None:
    assert inspect(_signed()) == inspect(json.dumps(_signed()))


def test_an_sd_jwt_is_looked_up_in_its_status_list() -> None:
    token = shows.sd_jwt(status=CLAIM)
    assert inspect(token, status=shows.status_token()).verdict == VALID
    assert outcomes(inspect(token, status=shows.status_token(7))) == {"status": "failed"}
    assert inspect(token).verdict == UNKNOWN
    assert inspect(token).issuer_id == shows.ISSUER


def test_a_holder_who_says_to_have_signed_an_sd_jwt_must_have() -> None:
    holder, mallory = tokens.signer(keys.ED25519), tokens.signer(keys.P384)
    confirmed = {"cnf": {"jwk": tokens.public_key(holder).jwk}}
    whole, other = shows.sd_jwt(**confirmed), shows.sd_jwt(**confirmed)
    occasion = {"audience": "https://employer.example", "nonce": "n-1", "issued": NOW}
    bound = sd_jwt_vc.bind(whole, signer=holder, **occasion)
    found = inspect(bound)
    assert found.verdict == VALID
    assert any("show it again" in remark for remark in found.remarks)
    binding = bound.rpartition("~")[2]
    assert outcomes(inspect(other + binding))["signature"] == "failed"
    by_another = sd_jwt_vc.bind(whole, signer=mallory, **occasion)
    assert outcomes(inspect(by_another))["signature"] == "failed"
    nobodys = sd_jwt_vc.bind(shows.sd_jwt(), signer=holder, **occasion)
    assert outcomes(inspect(nobodys))["signature"] == "failed"


def test_of_what_cannot_be_read_nothing_else_is_asked() -> None:
    found = inspect(b"%PDF-", person="ada@college.example")
    assert (found.thing, found.verdict, found.contains) == (Thing.NOTHING, INVALID, ())
    assert [check.id for check in found.checks] == FIVE
    assert (found.issuer_id, found.is_signed) == ("", False)
    assert inspect("https://college.example/badge").verdict == UNKNOWN


# What is inside


def test_each_credential_of_a_record_has_a_report_of_its_own() -> None:
    found = inspect(record(_signed(), shows.signed(shows.badge())))
    assert (found.thing, found.verdict) == (Thing.RECORD, VALID)
    assert places(found) == {
        "/credentialSubject/verifiableCredential/0": VALID,
        "/credentialSubject/verifiableCredential/1": VALID,
    }
    assert [check.id for check in found.contains[0].checks] == [*FIVE, "schema"]


def test_a_record_with_one_bad_credential_is_not_valid() -> None:
    found = inspect(record(_signed(), tampered(_signed())))
    assert (found.report.verdict, found.verdict) == (VALID, INVALID)
    assert list(places(found).values()) == [VALID, INVALID]


@pytest.mark.parametrize("written", ["true", [True]])
def test_a_record_cannot_be_made_to_look_whole(written: Any) -> None:
    """Each is true to a signature over statements, and neither to who reads the JSON."""
    found = record(_signed(), partial=True)
    assert inspect(found).verdict == VALID
    changed = {**found, "partial": written}
    proofs.verify_proof(changed, public_key=shows.public_key(shows.TOKENS).multikey)
    assert inspect(changed).check("structure").outcome == "failed"


def test_a_record_is_about_one_subject_in_one_piece() -> None:
    found = record(_signed())
    subject = found["credentialSubject"]
    bare = {name: subject[name] for name in ("id", "type")}
    changed = {**found, "credentialSubject": [bare, subject]}
    proofs.verify_proof(changed, public_key=shows.public_key(shows.TOKENS).multikey)
    assert inspect(changed).check("structure").outcome == "failed"


def test_a_record_with_a_credential_that_cannot_be_checked_is_unknown() -> None:
    stranger = {**_signed(), "issuer": {"id": "did:web:elsewhere.example", "type": ["Profile"]}}
    method = stranger["proof"]["verificationMethod"].partition("#")[2]
    stranger["proof"] = {
        **stranger["proof"],
        "verificationMethod": f"did:web:elsewhere.example#{method}",
    }
    assert inspect(record(_signed(), stranger)).verdict == UNKNOWN


def test_a_record_in_a_record_is_looked_into() -> None:
    (inner,) = inspect(record(record(tampered(_signed())))).contains
    assert (inner.thing, inner.report.verdict, inner.verdict) == (Thing.RECORD, VALID, INVALID)


def with_endorsement(where: str, *endorsements: Any, token: bool = False) -> Document:
    document = shows.badge()
    subject = document["credentialSubject"]
    holder = {
        "credential": document,
        "achievement": subject["achievement"],
        "profile": document["issuer"],
    }[where]
    holder["endorsementJwt" if token else "endorsement"] = list(endorsements)
    return shows.signed(document)


@pytest.mark.parametrize("where", ["credential", "achievement", "profile"])
@pytest.mark.parametrize("token", [False, True])
def test_endorsements_at_any_place_have_reports_of_their_own(where: str, token: bool) -> None:
    endorse = shows.endorsement_token if token else shows.endorsement
    found = inspect(with_endorsement(where, endorse(ACHIEVEMENT), token=token))
    assert (found.verdict, outcomes(found)) == (VALID, {})
    (inner,) = found.contains
    assert inner.thing is Thing.ENDORSEMENT
    assert [check.id for check in inner.checks] == [*FIVE, "schema", "endorsed"]
    assert inner.place.endswith("/endorsementJwt/0" if token else "/endorsement/0")


@pytest.mark.parametrize(
    ("endorsement", "expected"),
    [
        (shows.endorsement(ACHIEVEMENT, secure=False), {"signature": "failed"}),
        (shows.endorsement("urn:uuid:1"), {"endorsed": "failed"}),
        (tampered(_signed()), {"signature": "failed", "endorsed": "failed"}),
        (_signed(), {"endorsed": "failed"}),
    ],
    ids=["unsigned", "of another", "tampered", "a badge"],
)
def test_what_stands_as_an_endorsement_and_is_none_is_a_fault(
    endorsement: Document, expected: dict[str, str]
) -> None:
    found = inspect(with_endorsement("achievement", endorsement))
    assert found.verdict == INVALID
    assert outcomes(found.contains[0]).items() >= expected.items()


def test_an_endorsement_that_is_neither_object_nor_token_is_a_fault() -> None:
    document = {"type": "OpenBadgeCredential", "endorsement": ["https://a.example", 7]}
    contained = inspect(document).contains
    assert [inner.thing for inner in contained] == [Thing.NOTHING] * 2
    assert all(outcomes(inner)["endorsed"] == "failed" for inner in contained)


def test_only_so_much_is_looked_at_inside() -> None:
    document = {"type": "ClrCredential", "endorsement": [{}] * (inspection.MAX_PARTS + 1)}
    found = inspect(document)
    assert len(found.contains) == inspection.MAX_PARTS
    assert outcomes(found)["contents"] == "could_not_check"


def test_of_what_is_nested_too_deeply_the_inside_is_left() -> None:
    document: Document = {}
    for _ in range(embedded.MAX_DEPTH + 1):
        document = {"a/b": document}
    assert outcomes(inspect(document))["contents"] == "failed"


def test_places_are_json_pointers() -> None:
    (inner,) = inspect({"a/b~": {"endorsement": {}}}).contains
    assert inner.place == "/a~1b~0/endorsement"


# Presentations


def test_a_presentation_is_as_good_as_what_it_presents() -> None:
    good = inspect(shows.presented(shows.presentation(_signed(), shows.signed(shows.badge()))))
    assert (good.thing, good.verdict) == (Thing.PRESENTATION, VALID)
    assert [check.id for check in good.checks] == ["structure", "holder", "signature"]
    assert list(places(good)) == ["/verifiableCredential/0", "/verifiableCredential/1"]
    assert "copy" in good.remarks[0]
    bad = inspect(shows.presented(shows.presentation(_signed(), record(tampered(_signed())))))
    assert (bad.report.verdict, list(places(bad).values())) == (VALID, [VALID, INVALID])
    assert bad.verdict == INVALID


def test_a_presentation_opens_its_envelopes() -> None:
    envelope = jose_envelope.envelop_credential(shows.badge_as_vc_jose())
    found = inspect(shows.presented(shows.presentation(envelope)))
    assert (found.verdict, found.contains[0].thing) == (VALID, Thing.BADGE)


def test_a_presentation_whose_form_is_not_accepted_shows_nothing() -> None:
    found = inspect({**shows.presentation(_signed()), "type": ["VerifiablePresentation", 7]})
    assert found.verdict == INVALID


def test_a_presentation_may_be_a_token_of_its_holder() -> None:
    token = shows.presentation_token(shows.badge_as_vc_jwt(), shows.sd_jwt())
    found = inspect(token)
    assert (found.thing, found.verdict, outcomes(found)) == (Thing.PRESENTATION, VALID, {})
    assert [check.id for check in found.checks] == ["structure", "holder", "signature", "dates"]
    assert len(found.contains) == 2


def test_a_token_that_the_holder_did_not_sign_presents_nothing() -> None:
    token = shows.presentation_token(shows.badge_as_vc_jwt())
    head, payload, signature = token.split(".")
    assert outcomes(inspect(f"{head}.{payload}.{signature[:-4]}AAAA")) == {"signature": "failed"}
    college = shows.presentation_token(shows.badge_as_vc_jwt(), holder=College().did)
    assert outcomes(inspect(college)) == {"holder": "failed", "signature": "could_not_check"}
    assert outcomes(inspect(shows.presentation_token(holder="nobody")))["structure"] == "failed"
    unnamed = inspect(shows.presentation_token(holder=None))
    assert unnamed.check("holder").detail == "The presentation names no holder."


# What was not looked at


def test_a_newer_edition_and_further_subjects_are_remarked() -> None:
    document = {
        "type": ["VerifiableCredential"],
        "refreshService": {"id": "https://a.example", "type": "1EdTechCredentialRefresh"},
        "credentialSubject": [{"id": "urn:uuid:1"}, {"id": "urn:uuid:2"}],
        "credentialSchema": {"id": "https://a.example/schema", "type": "JsonSchema"},
    }
    schema, edition, subjects = inspect(document).remarks
    assert "https://a.example/schema" in schema
    assert "newer edition" in edition
    assert "2 subjects" in subjects


def test_whether_it_is_about_somebody_is_asked_of_what_is_about_people() -> None:
    document = record(_badge_of("ada@college.example"))
    found = inspect(document, person="Ada@college.example ")
    assert outcomes(found) == {"recipient": "could_not_check"}
    assert found.contains[0].check("recipient").outcome == "passed"
    assert inspect(_signed(), person="ben@college.example").verdict == INVALID
    endorsement = inspect(shows.endorsement(ACHIEVEMENT), person="ada@college.example")
    assert "recipient" not in [check.id for check in endorsement.checks]


def _badge_of(_: str) -> Document:
    return College().sign(_badge())


# Anything at all


JSON = any_json(
    *(
        "@context type id issuer credentialSubject verifiableCredential endorsement "
        "endorsementJwt credentialSchema identifier identityHash salt hashed vct"
    ).split()
)


@given(
    st.dictionaries(
        st.sampled_from(["type", "credentialSubject", "endorsement", "credentialSchema"]), JSON
    ),
    st.sampled_from(["VerifiablePresentation", "ClrCredential", "EnvelopedVerifiableCredential"]),
)
@settings(max_examples=200)
def test_nothing_that_is_sent_raises_or_is_valid(document: Document, type_: str) -> None:
    found = inspect({"type": type_, **document}, person="ada")
    assert found.verdict != VALID
