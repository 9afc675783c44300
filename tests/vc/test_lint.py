import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuer.vc import lint, walk
from issuer.vc.errors import LintFailed

from .any_json import any_json
from .conftest import DID, College

SUBJECT = "/credentialSubject"
ACHIEVEMENT = "/credentialSubject/achievement"


class Gone:
    """Stands for a member that is left out."""

    def __repr__(self) -> str:
        return "gone"


GONE = Gone()


def put(document: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    *steps, last = [int(step) if step.isdigit() else step for step in pointer.split("/")[1:]]
    place: Any = changed
    for step in steps:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return changed


def test_a_badge_of_ours_is_fit_to_be_signed(badge: dict[str, Any]) -> None:
    assert lint.lint(badge, issuer_did=DID) == []
    lint.require(badge, issuer_did=DID)


@pytest.mark.parametrize(
    ("pointer", "value", "code", "found_at"),
    [
        ("/@context", GONE, "wrong_contexts", None),
        ("/@context/2", "https://a.example/terms.json", "wrong_contexts", "/@context"),
        ("/@context/0", {"gpa": "urn:x:gpa"}, "wrong_contexts", "/@context"),
        (f"{ACHIEVEMENT}/@context", [], "inner_context", None),
        ("/type", ["VerifiableCredential"], "wrong_type", None),
        ("/type", "OpenBadgeCredential", "wrong_type", None),
        ("/proof", [], "signed_already", None),
        ("/id", GONE, "missing", None),
        ("/id", "1234", "wrong_value", None),
        ("/id", "https://a.example/a b", "wrong_value", None),
        ("/name", GONE, "missing", None),
        ("/name", " ", "wrong_value", None),
        ("/name", {"en": "Name"}, "wrong_value", None),
        ("/name", {"@value": "Name", "@language": "en"}, "wrong_value", None),
        ("/name", "a\x00b", "bad_character", None),
        ("/name", "a\x7fb", "bad_character", None),
        ("/name", "a\ufffeb", "bad_character", None),
        ("/name", "a\U0001ffffb", "bad_character", None),
        ("/name", "a\ud800b", "bad_character", None),
        ("/description", None, "null", None),
        ("/evidence", [], "empty", None),
        ("/issuer", DID, "wrong_kind", None),
        ("/issuer/id", "did:web:other.example", "wrong_issuer", None),
        ("/issuer/type", ["Organisation"], "wrong_type", None),
        ("/issuer/url", "college.example", "wrong_value", None),
        ("/image", "https://a.example/a.png", "wrong_kind", None),
        ("/validFrom", GONE, "missing", None),
        ("/validFrom", "2026-06-14", "wrong_value", None),
        ("/validFrom", "2026-06-14T12:00:00", "wrong_value", None),
        ("/validUntil", "2020-01-01T00:00:00Z", "wrong_order", None),
        (f"{SUBJECT}/activityEndDate", "2020-01-01T00:00:00Z", "wrong_order", None),
        (f"{SUBJECT}/activityEndDate", "2026-05-29", "wrong_value", None),
        ("/credentialSubject", [], "wrong_kind", None),
        (f"{SUBJECT}/type", ["Person"], "wrong_type", None),
        (f"{SUBJECT}/identifier", GONE, "missing", SUBJECT),
        (f"{SUBJECT}/identifier/0/type", ["IdentityObject"], "wrong_type", None),
        (f"{SUBJECT}/identifier/0/hashed", "true", "wrong_value", None),
        (f"{SUBJECT}/identifier/0/identityType", "nickname", "wrong_value", None),
        (f"{SUBJECT}/creditsEarned", "3", "wrong_value", None),
        (f"{SUBJECT}/creditsEarned", True, "wrong_value", None),
        (f"{SUBJECT}/creditsEarned", float("nan"), "wrong_value", None),
        (f"{SUBJECT}/creditsEarned", 1234567.123456789, "wrong_value", None),
        (f"{SUBJECT}/creditsEarned", 10**15, "wrong_value", None),
        (ACHIEVEMENT, GONE, "missing", None),
        (ACHIEVEMENT, [{}], "wrong_kind", None),
        (f"{ACHIEVEMENT}/criteria", GONE, "missing", None),
        (f"{ACHIEVEMENT}/criteria", {}, "missing", None),
        (f"{ACHIEVEMENT}/description", GONE, "missing", None),
        (f"{ACHIEVEMENT}/achievementType", "Medal", "wrong_value", None),
        (f"{ACHIEVEMENT}/tag", "numbers", "wrong_kind", None),
        (f"{ACHIEVEMENT}/name", "a\u202eb", "misleading_text", None),
        (f"{ACHIEVEMENT}/alignment/1/targetName", "a\u2066b", "misleading_text", None),
        (f"{ACHIEVEMENT}/alignment/1/targetName", "a\u200bb", "misleading_text", None),
        (f"{ACHIEVEMENT}/alignment/1/targetUrl", "skill", "wrong_value", None),
        (f"{ACHIEVEMENT}/alignment/1/targetName", GONE, "missing", None),
        (f"{ACHIEVEMENT}/alignment/1/targetType", "Skill", "wrong_value", None),
        (f"{ACHIEVEMENT}/alignment/1/type", ["Skill"], "wrong_type", None),
        (f"{ACHIEVEMENT}/resultDescription/0/type", ["Result"], "wrong_type", None),
        (f"{ACHIEVEMENT}/resultDescription/0/resultType", "Mark", "wrong_value", None),
        (f"{ACHIEVEMENT}/resultDescription/0/requiredValue", "Z", "not_allowed", None),
        (
            f"{ACHIEVEMENT}/resultDescription/0/requiredLevel",
            "urn:x:9",
            "dangling",
            None,
        ),
        (f"{ACHIEVEMENT}/resultDescription/1/valueMax", "50", "not_allowed", "*"),
        (f"{SUBJECT}/result/0/resultDescription", "urn:uuid:9", "dangling", None),
        (f"{SUBJECT}/result/0/resultDescription", GONE, None, None),
        (f"{SUBJECT}/result/0/value", "Z", "not_allowed", None),
        (f"{SUBJECT}/result/0/achievedLevel", "urn:uuid:9", "dangling", None),
        (f"{SUBJECT}/result/0/status", "ext:Passed", "wrong_value", None),
        (f"{SUBJECT}/result/0/type", "Result", "wrong_type", None),
        ("/credentialSchema", GONE, "wrong_value", None),
        ("/credentialStatus", [{}], "wrong_kind", None),
        ("/credentialStatus/statusListIndex", 94567, "wrong_value", None),
        ("/credentialStatus/statusListIndex", "-1", "wrong_value", None),
        ("/credentialStatus/statusPurpose", "refresh", "wrong_value", None),
        (
            "/credentialStatus/id",
            "https://college.example/status/7",
            "wrong_value",
            None,
        ),
        ("/credentialStatus/type", "StatusList2021Entry", "wrong_type", None),
        ("/issuer/image/id", "https://college.example/bell.png", "same_id", "*"),
        (
            f"{ACHIEVEMENT}/criteria/id",
            "https://college.example/bell.png",
            "same_id",
            "*",
        ),
        ("/gpa", 4, "data_loss", ""),
        (f"{SUBJECT}/gpa", 4, "data_loss", ""),
        ("/https:~1~1schema.org~1name", "Name", "not_compacted", ""),
        ("/evidence/0/type", ["Evidence", "Undefined"], "data_loss", ""),
        ("/name", "x" * 400_000, "out_of_bounds", ""),
    ],
)
def test_one_thing_wrong_is_found_where_it_is(
    badge: dict[str, Any],
    pointer: str,
    value: Any,
    code: str | None,
    found_at: str | None,
) -> None:
    changed = put(badge, pointer.replace("~1", "\0"), value)
    changed = {name.replace("\0", "/"): member for name, member in changed.items()}
    findings = lint.lint(changed, issuer_did=DID)
    if code is None:
        assert findings == []
        return
    where = pointer if found_at is None else found_at
    assert code in {
        finding.code for finding in findings if where == "*" or finding.pointer == where
    }, findings
    assert all(finding.message and finding.section for finding in findings)


def test_all_that_is_wrong_is_found_in_one_pass(badge: dict[str, Any]) -> None:
    for pointer, value in [
        ("/type", []),
        ("/validFrom", "soon"),
        (f"{SUBJECT}/result/1/value", "101"),
        ("/issuer/id", "did:web:other.example"),
        ("/gpa", 4),
    ]:
        badge = put(badge, pointer, value)
    found = {finding.code for finding in lint.lint(badge, issuer_did=DID)}
    assert {
        "wrong_type",
        "wrong_value",
        "not_allowed",
        "wrong_issuer",
        "data_loss",
    } <= found


def test_what_must_not_be_signed_raises_with_its_findings(
    badge: dict[str, Any],
) -> None:
    with pytest.raises(LintFailed, match="/name") as raised:
        lint.require(put(badge, "/name", GONE), issuer_did=DID)
    assert [finding.code for finding in raised.value.findings] == ["missing"]


def test_a_signed_badge_is_not_fit_to_be_signed_again(
    college: College, signed: dict[str, Any]
) -> None:
    assert [finding.code for finding in lint.lint(signed, issuer_did=DID)] == ["signed_already"]


@pytest.mark.parametrize("document", [None, [], "text", 7])
def test_what_is_no_object_has_one_finding(document: Any) -> None:
    assert [finding.code for finding in lint.lint(document, issuer_did=DID)] == [
        "malformed_document"
    ]


JSON = any_json("id", "type", "value", "name")


@settings(max_examples=100)
@given(data=st.data())
def test_any_value_anywhere_gives_findings_and_no_other_error(
    data: st.DataObject,
) -> None:
    from .conftest import _badge

    document: Any = _badge()
    pointers = [pointer for pointer, _ in walk.members(document)]
    changed = put(document, data.draw(st.sampled_from(pointers)), data.draw(JSON))
    lint.lint(changed, issuer_did=DID)
