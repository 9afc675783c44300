import copy
import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from issuer.vc import classes, clr, endorsements, openbadges
from issuer.vc.errors import ForbiddenValue, MalformedDocument, OutOfBounds
from issuer.vc.lint import COMPOSED_ELSEWHERE, lint
from issuer.vc.stated import Stated

from . import stated_values
from .conftest import DID, College

CREDENTIALS = {
    openbadges.AchievementCredential: "ob-v3p0/ob_v3p0_achievementcredential_schema.json",
    endorsements.EndorsementCredential: "ob-v3p0/ob_v3p0_endorsementcredential_schema.json",
    clr.ClrCredential: "clr-v2p0/clr_v2p0_clrcredential_schema.json",
}
slowly = settings(
    # Shrinking whole credentials takes minutes; what fails is printed as it is.
    phases=[Phase.generate],
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("class_", stated_values.CLASSES, ids=lambda class_: class_.__name__)
@slowly
@given(data=st.data())
def test_what_is_written_is_of_its_class_and_read_back(
    class_: type[Stated], data: st.DataObject
) -> None:
    written = data.draw(stated_values.of(class_)).as_json()
    assert list(classes.problems(written, class_, "")) == []
    read = class_.from_json(json.loads(json.dumps(written)))
    assert read.as_json() == written
    assert class_.from_json(read.as_json()) == read


@pytest.mark.parametrize("class_", CREDENTIALS, ids=lambda class_: class_.__name__)
@slowly
@given(data=st.data())
def test_whatever_is_built_satisfies_the_published_schema_and_the_lint(
    shared_data: Path, class_: Any, data: st.DataObject
) -> None:
    issued = data.draw(stated_values.of(class_))
    document = issued.as_credential() | {"issuer": openbadges.Profile(id=DID).as_json()}
    assert lint(document, issuer_did=DID, profile=COMPOSED_ELSEWHERE) == []
    for found in (document, College().sign(document)):
        assert [error.message for error in schema(shared_data, class_).iter_errors(found)] == []


@cache
def schema(shared_data: Path, class_: Any) -> Any:
    text = (shared_data / "schemas" / CREDENTIALS[class_]).read_text()
    return jsonschema.Draft201909Validator(
        json.loads(text), format_checker=jsonschema.Draft201909Validator.FORMAT_CHECKER
    )


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", 4),
        ("name", " "),
        ("name", {"@value": "Name", "@language": "en"}),
        ("id", "the second"),
        ("criteria", {"narrative": "Pass."}),
        ("tag", "numbers"),
        ("tag", (4,)),
        ("image", "https://college.example/logo.png"),
        ("in_language", "English"),
        ("credits_available", "3"),
        ("credits_available", True),
        ("credits_available", float("inf")),
        ("credits_available", Decimal("NaN")),
        ("credits_available", Decimal("Infinity")),
        ("credits_available", -0.0),
        ("credits_available", 0.1 + 0.2),
        ("endorsement_jwt", ("no token",)),
        ("endorsement", ({"type": ["EndorsementCredential"]},)),
        ("endorsement", ("eyJ.e30.c2ln",)),
    ],
)
def test_a_value_of_another_kind_is_refused(member: str, value: Any) -> None:
    fields = {
        "id": "https://college.example/1",
        "name": "Name",
        "description": "Words.",
        "criteria": openbadges.Criteria(narrative="Pass."),
    }
    openbadges.Achievement(**fields)
    with pytest.raises(ForbiddenValue):
        openbadges.Achievement(**(fields | {member: value}))


@pytest.mark.parametrize("missing", ["proof", "@context", "type"])
def test_an_endorsement_is_embedded_signed_and_whole(missing: str) -> None:
    signed = stated_values.signed_endorsement()
    openbadges.Profile(id=DID, endorsement=(signed,))
    cut = {name: value for name, value in signed.items() if name != missing}
    with pytest.raises(ForbiddenValue):
        openbadges.Profile(id=DID, endorsement=(cut,))
    with pytest.raises(ForbiddenValue):
        openbadges.Profile(id=DID, endorsement=({**signed, "type": ["VerifiableCredential"]},))
    with pytest.raises(ForbiddenValue):
        openbadges.Profile(id=DID, endorsement=({**signed, "type": 7},))


def test_what_is_embedded_is_embedded_as_it_is() -> None:
    signed = stated_values.signed_endorsement()
    before = copy.deepcopy(signed)
    written = openbadges.Profile(id=DID, endorsement=(signed,)).as_json()
    assert written["endorsement"] == [before]


def test_what_is_deeper_than_documents_may_be_is_not_read() -> None:
    deep: dict[str, Any] = {"id": DID, "type": ["Profile"]}
    for _ in range(40):
        deep = {"id": DID, "type": ["Profile"], "parentOrg": deep}
    with pytest.raises(OutOfBounds):
        openbadges.Profile.from_json(deep)


@pytest.mark.parametrize(
    ("class_", "document"),
    [
        (openbadges.Profile, {"id": DID, "type": ["Profile"], "dateOfBirth": "1815"}),
        (openbadges.Profile, {"id": DID, "type": ["Profile"], "endorsement": ["eyJ"]}),
        (openbadges.GeoCoordinates, {"type": "GeoCoordinates", "latitude": 1}),
        (openbadges.GeoCoordinates, {"type": "GeoCoordinates", "latitude": 1, "longitude": "2"}),
        (openbadges.Criteria, {"type": ["Criteria"], "narrative": "Pass."}),
        (openbadges.RefreshService, {"type": ["A"], "id": "https://a.example"}),
        (openbadges.Achievement, {"type": ["Achievement"], "criteria": {"narrative": 4}}),
    ],
)
def test_what_no_class_writes_is_not_read(class_: type[Stated], document: Any) -> None:
    with pytest.raises(MalformedDocument):
        class_.from_json(document)


def test_one_type_schema_or_policy_may_stand_alone_where_that_is_allowed() -> None:
    subject = {"type": "EndorsementSubject", "id": DID}
    assert list(classes.problems(subject, endorsements.EndorsementSubject, "", compact=True)) == []
    (found,) = classes.problems(subject, endorsements.EndorsementSubject, "")
    assert (found.code, found.pointer) == ("wrong_type", "/type")
    lone = {"credentialSchema": {"id": DID, "type": "A"}, "evidence": {"type": ["Evidence"]}}
    pointers = {
        (finding.code, finding.pointer)
        for finding in classes.problems(lone, openbadges.AchievementCredential, "", compact=True)
    }
    assert ("wrong_kind", "/evidence") in pointers
    assert not any(pointer.startswith("/credentialSchema") for _, pointer in pointers)
