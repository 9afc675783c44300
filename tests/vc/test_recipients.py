"""Whom a credential is about is compared with whom somebody has in mind."""

from typing import Any

import pytest

from issuer.vc import openbadges
from issuer.vc.verification import recipients

DID = "did:key:z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi"


def hashed(value: str, kind: str, salt: str = "s") -> dict[str, Any]:
    return openbadges.IdentityObject.salted(value, identity_type=kind, salt=salt).as_json()


def plain(value: str, kind: str) -> dict[str, Any]:
    return openbadges.IdentityObject.plain(value, identity_type=kind).as_json()


def compare(person: str, *identifiers: Any, **subject: Any) -> tuple[str, str]:
    document = {"credentialSubject": {"identifier": list(identifiers), **subject}}
    found = recipients.check(document, person)
    assert found.id == "recipient"
    return found.outcome, found.detail


@pytest.mark.parametrize(
    ("person", "stated"),
    [
        (" Ada@College.example ", hashed("ada@college.example", "emailAddress")),
        ("mailto:ada@college.example", hashed("ada@college.example", "emailAddress", "")),
        ("ada@college.example", plain("Ada@College.example", "emailAddress")),
        ("S-0815", hashed("S-0815", "sisSourcedId")),
        ("S-0815", plain("S-0815", "sisSourcedId")),
        ("ada lovelace", plain("Ada Lovelace", "name")),
        ("Ana Nu\u0301n\u0303ez", plain("Ana Núñez", "name")),
    ],
)
def test_who_is_meant_is_recognised(person: str, stated: dict[str, Any]) -> None:
    outcome, detail = compare(person, plain("Somebody", "name"), stated)
    assert outcome == "passed"
    assert detail.startswith("It is about this person")


def test_an_id_is_compared_letter_by_letter() -> None:
    assert compare(DID, id=DID)[0] == "passed"
    assert compare(DID.lower(), id=DID)[0] == "failed"
    assert compare("ada@college.example", id="mailto:ada@college.example")[0] == "passed"


@pytest.mark.parametrize(
    ("person", "stated"),
    [
        ("ben@college.example", hashed("ada@college.example", "emailAddress")),
        ("Ben", plain("Ada", "name")),
        ("s-0815", plain("S-0815", "sisSourcedId")),
    ],
)
def test_somebody_else_is_not(person: str, stated: dict[str, Any]) -> None:
    assert compare(person, stated)[0] == "failed"


def test_where_there_is_nothing_to_compare_nothing_is_known() -> None:
    outcome, detail = compare("ada@college.example", plain("Ada", "name"), id=DID)
    assert outcome == "could_not_check"
    assert detail.startswith("It names its holder by id and name only.")
    outcome, detail = compare("Ada", hashed("a@b.example", "emailAddress"))
    assert outcome == "could_not_check"
    assert detail.startswith("It names its holder by e-mail address only.")
    assert compare("Ada Byron", hashed("S-0815", "sisSourcedId"))[0] == "could_not_check"
    assert compare("Ada", {"identityHash": 7}, {"identityHash": "x", "salt": 7}, "x") == (
        "could_not_check",
        "It does not say whom it is about.",
    )


def test_what_an_sd_jwt_discloses_of_its_holder_counts() -> None:
    claims = {"vct": "course", "name": "Ada", "email": "ada@college.example", "sub": DID}
    for person in ("ada", "Ada@college.example", DID):
        assert recipients.check(claims, person).outcome == "passed"
    assert recipients.check({"name": "Ada"}, "Ada").outcome == "could_not_check"


def test_halves_of_characters_are_somebody_else() -> None:
    broken = {"hashed": True, "identityHash": "x", "identityType": "name", "salt": "\ud800"}
    assert compare("\udfff", broken)[0] == "failed"
