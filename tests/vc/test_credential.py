from typing import Any

import pytest

from issuer.vc import credential
from issuer.vc.errors import MalformedDocument

OBJECT: dict[str, Any] = {"id": "urn:uuid:1"}


@pytest.mark.parametrize(
    "uri",
    [
        "urn:uuid:1",
        "https://a.example/?q=1#f",
        "did:web:a.example%3A8443",
        "data:image/png;base64,AA==",
    ],
)
def test_an_absolute_address_is_one(uri: str) -> None:
    assert credential.is_uri(uri)


@pytest.mark.parametrize(
    "value",
    ["", "page", "/page", "https ://a.example", "https:", "a b:c", "urn:ü", "urn:%zz", 7, None],
)
def test_what_is_no_absolute_address_is_none(value: Any) -> None:
    assert not credential.is_uri(value)


@pytest.mark.parametrize(
    ("read", "member"),
    [
        (credential.proofs, "proof"),
        (credential.statuses, "credentialStatus"),
        (credential.presented, "verifiableCredential"),
    ],
)
def test_objects_are_read_whether_there_is_none_one_or_many(read: Any, member: str) -> None:
    assert read({}) == []
    assert read({member: OBJECT}) == [OBJECT]
    assert read({member: [OBJECT, OBJECT]}) == [OBJECT, OBJECT]
    for wrong in (None, "text", [OBJECT, "text"]):
        with pytest.raises(MalformedDocument):
            read({member: wrong})


def test_who_issues_and_who_presents_is_read_from_text_or_object() -> None:
    for stated in ("did:key:z6Mk", {"id": "did:key:z6Mk"}):
        assert credential.issuer_id({"issuer": stated}) == "did:key:z6Mk"
        assert credential.holder_id({"holder": stated}) == "did:key:z6Mk"
    assert credential.holder_id({}) is None
    for wrong in (None, 7, "college", {}, {"id": 7}):
        with pytest.raises(MalformedDocument):
            credential.issuer_id({"issuer": wrong})


def test_the_one_subject_is_read() -> None:
    assert credential.subject_id({"credentialSubject": OBJECT}) == "urn:uuid:1"
    assert credential.subject_id({"credentialSubject": [OBJECT]}) == "urn:uuid:1"
    for subject in ([], [OBJECT, OBJECT], "urn:uuid:1", {}):
        assert credential.subject_id({"credentialSubject": subject}) is None


def test_types_are_texts() -> None:
    assert credential.types({"type": "A"}) == ["A"]
    assert credential.types({"type": ["A", "B"]}) == ["A", "B"]
    assert credential.types({}) == credential.types("A") == []
    with pytest.raises(MalformedDocument):
        credential.types({"type": ["A", 7]})


def test_what_is_secured_is_the_document_without_its_proofs() -> None:
    assert credential.unsecured({**OBJECT, "proof": {}}) == OBJECT
