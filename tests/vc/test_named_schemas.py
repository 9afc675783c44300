"""A badge or record has the form of the schema that it names, no more and no less."""

import copy
from typing import Any

import pytest

from issuer.vc import openbadges
from issuer.vc.verification import named_schemas
from issuer.vc.verification.named_schemas import MAX_FAULTS

from . import shows
from .conftest import _badge, _signed
from .test_clr import record

Document = dict[str, Any]
SCHEMAS = "https://purl.imsglobal.org/spec"


def judge(document: Document) -> tuple[str, str]:
    check = named_schemas.check(document)
    assert check is not None
    assert check.id == "schema"
    return check.outcome, check.detail


def naming(address: str, type_: Any = openbadges.SCHEMA_TYPE, **changes: Any) -> Document:
    return {**_badge(), "credentialSchema": [{"id": address, "type": type_}], **changes}


@pytest.mark.parametrize(
    "document",
    [_signed(), record(_signed()), shows.endorsement(shows.ACHIEVEMENT)],
    ids=["badge", "record", "endorsement"],
)
def test_what_we_make_has_the_form_of_its_schema(document: Document) -> None:
    outcome, detail = judge(document)
    assert outcome == "passed", detail
    assert "has the form" in detail


@pytest.mark.parametrize(
    "address",
    [
        f"{SCHEMAS}/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json",
        f"{SCHEMAS}/ob/v3p0/schema/json-ld/ob_v3p0_achievementcredential_schema.json",
        f"{SCHEMAS}/ob/v3p0/schema/json/ob_v3p0_anyachievementcredential_schema.json",
        "https://imsglobal.github.io/openbadges-specification/ob_v3p0_achievementcredential_schema.json",
    ],
)
def test_the_schema_is_known_by_all_its_addresses(address: str) -> None:
    assert judge(naming(address))[0] == "passed"
    assert judge(naming(address, credentialSubject={}))[0] == "failed"
    assert named_schemas.unknown(naming(address)) == []


@pytest.mark.parametrize(
    ("address", "type_"),
    [
        ("https://a.example/schema.json", openbadges.SCHEMA_TYPE),
        (f"{SCHEMAS}/ob/v3p0/schema/json/ob_v3p0_profile_schema.json", openbadges.SCHEMA_TYPE),
        (openbadges.SCHEMA["id"], "JsonSchema"),
        (openbadges.SCHEMA["id"], None),
    ],
)
def test_a_schema_that_is_not_known_is_neither_passed_nor_failed(address: str, type_: Any) -> None:
    assert named_schemas.check(naming(address, type_)) is None
    assert named_schemas.unknown(naming(address, type_)) == [address]


def test_without_a_schema_there_is_nothing_to_check() -> None:
    for named in ({}, {"credentialSchema": "text"}, {"credentialSchema": [7]}):
        document = {name: each for name, each in _badge().items() if name != "credentialSchema"}
        assert named_schemas.check({**document, **named}) is None
        assert named_schemas.unknown({**document, **named}) == []


def test_one_of_several_schemas_may_be_known() -> None:
    document = naming("https://a.example/schema.json")
    document["credentialSchema"].append(dict(openbadges.SCHEMA))
    assert judge(document)[0] == "passed"
    assert named_schemas.unknown(document) == ["https://a.example/schema.json"]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["type"], ["VerifiableCredential"], "/type: OpenBadgeCredential is missing."),
        (["credentialSubject", "achievement", "criteria"], None, "/criteria is missing."),
        (["credentialSubject"], [_badge()["credentialSubject"]], "must be one, not a list"),
        (["credentialSubject", "achievement"], "Statistics", "one Achievement object"),
        (["credentialSubject", "creditsEarned"], "3", "another form"),
        (["credentialSubject", "creditsEarned"], True, "another form"),
        (["credentialSubject", "achievement", "id"], 7, "another form"),
        (["credentialSubject", "achievement", "achievementType"], "Cake", "no term"),
        (["name"], {"en": "Statistics"}, "/name: This must be text."),
        (["validFrom"], "yesterday", "/validFrom: 'yesterday'"),
        (["issuer"], "did:key:z6Mk", "one Profile object"),
    ],
)
def test_another_form_is_refused_and_said_where(path: list[str], value: Any, said: str) -> None:
    document = copy.deepcopy(_badge())
    holder = document
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    if value is None:
        del holder[path[-1]]
    outcome, detail = judge(document)
    assert outcome == "failed"
    assert said in detail


def test_no_more_is_asked_than_the_published_schema_asks() -> None:
    document = copy.deepcopy(_badge())
    document["type"] = ["VerifiableCredential", "AchievementCredential"]
    document["issuer"]["url"] = "https://universität.example/"
    document["issuer"]["type"] = "Profile"
    subject = document["credentialSubject"]
    subject["achievement"] |= {"tag": "numbers", "description": "", "more": {}}
    subject["achievement"]["alignment"][0]["targetUrl"] = "a place with blanks"
    subject["creditsEarned"] = 1 / 3
    # The schemas allow one, W3C any number of statuses.
    document["credentialStatus"] = [document["credentialStatus"]] * 2
    outcome, detail = judge(document)
    assert outcome == "passed", detail


def test_dates_of_version_1_1_are_the_ones_of_2_0() -> None:
    document = _badge()
    document["issuanceDate"] = document.pop("validFrom")
    document["expirationDate"] = document.pop("validUntil")
    assert judge(document)[0] == "passed"


def test_of_many_faults_some_are_told() -> None:
    document = {**_badge(), "credentialSubject": {}, "issuer": {}}
    outcome, detail = judge(document)
    assert outcome == "failed"
    assert detail.count("missing") == MAX_FAULTS
    assert "more." in detail
