from dataclasses import replace
from datetime import date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from issuer.vc import reading

from . import stated_values
from .any_json import any_json
from .conftest import DID

IN_LISTS = (
    *("criteria", "image", "credentialSubject", "name", "description", "narrative", "value"),
    *("identityType", "identityHash", "humanCode", "targetName", "achievementType", "term"),
)


def test_the_facts_of_a_badge_are_read(badge: dict[str, Any]) -> None:
    found = reading.read(badge)
    assert found.name == "Statistics 1 «Στατιστική»"
    assert found.kind_in_words == "Course"
    assert found.learner == "Ada Lovelace"
    assert (found.issuer, found.issuer_id) == ("Example College", DID)
    assert found.issuer_known_by == "college.example"
    assert found.issuer_url == "https://college.example/"
    assert found.awarded_on == date(2026, 6, 13)
    assert found.ends_at == datetime.fromisoformat(found.valid_until)
    assert replace(found, valid_until="next year").ends_at is None
    assert (found.term, found.credits, found.code) == ("Spring 2026", "2.5", "ST-101")
    assert [skill.name for skill in found.skills] == [f"Skill {number}" for number in range(4)]
    assert [(line.name, line.value) for line in found.results] == [
        ("Final grade", "A-"),
        ("Examination", "88.5"),
    ]
    assert found.image == "https://college.example/bell.png"
    assert found.credentials == []


def test_an_endorsement_is_read() -> None:
    found = reading.read(stated_values.signed_endorsement())
    assert (found.name, found.description) == ("Endorsement", "**Sound.**")


def test_words_in_several_languages_are_read_as_the_first_of_them() -> None:
    words = [{"@value": "Kurs", "@language": "de"}, {"@value": "Course", "@language": "en"}]
    found = reading.read({"name": words, "description": words[1], "issuer": {"name": words}})
    assert (found.name, found.description, found.issuer) == ("Kurs", "Course", "Kurs")
    assert reading.read({"name": [], "issuer": {"name": [7]}}).name == ""


def test_what_stands_in_a_list_of_one_is_read_all_the_same(badge: dict[str, Any]) -> None:
    """JSON-LD takes both for the same, so a signature does not tell them apart."""

    def listed(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            value = {inner: listed(member, inner) for inner, member in value.items()}
        elif isinstance(value, list):
            return [listed(item) for item in value]
        return [value] if name in IN_LISTS else value

    assert reading.read(listed(badge)) == reading.read(badge)


def test_version_1_1_and_the_first_of_several_subjects_are_read() -> None:
    found = reading.read(
        {
            "issuanceDate": "2020-01-01T00:00:00Z",
            "expirationDate": "2030-01-01T00:00:00Z",
            "issuer": "did:key:z6Mk",
            "credentialSubject": [{"term": "Spring"}, {"term": "Autumn"}],
        }
    )
    assert (found.valid_from, found.valid_until, found.term) == (
        "2020-01-01T00:00:00Z",
        "2030-01-01T00:00:00Z",
        "Spring",
    )
    assert found.issuer_known_by == "a key that nobody vouches for"


def test_an_issuer_of_another_kind_is_known_by_its_address() -> None:
    assert reading.read({"issuer": "https://a.example/1"}).issuer_known_by == "https://a.example/1"
    assert reading.read({"issuer": "did:ion:1"}).issuer_known_by == "did:ion:1"
    known_by = reading.read({"issuer": "did:web:a.example%3A8443:school"}).issuer_known_by
    assert known_by == "a.example:8443/school"


def test_addresses_that_run_code_are_no_links() -> None:
    found = reading.read(
        {
            "issuer": {"url": "javascript:alert(1)"},
            "credentialSubject": {
                "achievement": {
                    "id": "urn:uuid:1",
                    "achievementType": "ext:MicroCredential",
                    "alignment": [{"targetName": "Skill", "targetUrl": "data:text/html,x"}, {}],
                },
                "identifier": [{"identityType": "name", "hashed": True, "identityHash": "x"}],
                "result": [{"status": "Completed"}, {}],
            },
        }
    )
    assert (found.issuer_url, found.achievement, found.learner) == ("", "", "")
    assert [skill.url for skill in found.skills] == [""]
    assert [(line.name, line.value) for line in found.results] == [("Result", "Completed")]
    assert found.kind_in_words == "Microcredential"
    assert found.awarded_on is None


def test_records_inside_records_are_read_a_few_deep() -> None:
    deep: dict[str, Any] = {"name": "innermost"}
    for _ in range(5_000):
        deep = {"name": "record", "credentialSubject": {"verifiableCredential": [deep]}}
    levels, found = 0, reading.read(deep)
    while found.credentials:
        levels, found = levels + 1, found.credentials[0]
    assert levels == reading.MAX_DEPTH


def test_a_result_may_be_a_level_of_a_rubric_or_a_status() -> None:
    achievement = {
        "resultDescription": {
            "id": "urn:uuid:1",
            "name": "Rubric",
            "rubricCriterionLevel": [
                {"id": "urn:uuid:2", "name": "Mastered", "description": "Alone, each time."}
            ],
        }
    }
    results = [
        {"resultDescription": "urn:uuid:1", "achievedLevel": "urn:uuid:2"},
        {"resultDescription": "urn:uuid:1", "achievedLevel": "urn:uuid:9"},
        {"status": "InProgress"},
    ]
    subject = {"achievement": achievement, "result": results}
    found = reading.read({"credentialSubject": subject})
    assert [(line.name, line.value, line.meaning) for line in found.results] == [
        ("Rubric", "Mastered", "Alone, each time."),
        ("Result", "In progress", ""),
    ]
    assert found.claims == []


def test_evidence_is_read_with_links_that_are_safe_only() -> None:
    evidence = [
        {"id": "https://college.example/work", "name": "Work", "narrative": "It rained."},
        {"id": "javascript:alert(1)", "description": "More"},
        {"type": "Evidence"},
    ]
    assert reading.read({"evidence": evidence}).evidence == [
        reading.EvidenceLine("Work", "https://college.example/work", "It rained."),
        reading.EvidenceLine("More", "", ""),
    ]


def test_achievements_of_a_record_stand_to_each_other_by_their_names() -> None:
    inner = {"credentialSubject": {"achievement": {"id": "urn:uuid:1", "name": "Course"}}}
    found = reading.read(
        {
            "partial": True,
            "credentialSubject": {
                "verifiableCredential": [inner, "token"],
                "achievement": [{"id": "urn:uuid:2", "name": "Program"}],
                "association": [
                    {
                        "sourceId": "urn:uuid:1",
                        "associationType": "isPartOf",
                        "targetId": "urn:uuid:2",
                    },
                    {
                        "sourceId": "urn:uuid:1",
                        "associationType": "precedes",
                        "targetId": "urn:uuid:3",
                    },
                    {"sourceId": "urn:uuid:1"},
                ],
            },
        }
    )
    assert found.associations == [
        reading.AssociationLine("Course", "Is part of", "Program"),
        reading.AssociationLine("Course", "Precedes", "urn:uuid:3"),
    ]
    assert found.is_partial
    assert found.claims == []


def test_of_another_credential_the_plain_claims_are_read() -> None:
    found = reading.read(
        {
            "name": "Permit",
            "credentialSubject": {
                "id": "did:example:ada",
                "givenName": "Ada",
                "over_18": True,
                "minor": False,
                "points": 3,
                "tags": ["a", "b"],
                "word": {"@value": "permis", "@language": "fr"},
                "degree": {"type": "Degree", "name": "BSc", "deeper": {"lost": "x"}},
                "nothing": None,
            },
        }
    )
    assert [(line.name, line.value) for line in found.claims] == [
        ("Given name", "Ada"),
        ("Over 18", "Yes"),
        ("Minor", "No"),
        ("Points", "3"),
        ("Tags", "a, b"),
        ("Word", "permis"),
        ("Degree: Name", "BSc"),
    ]
    many = {str(number): "x" for number in range(reading.MAX_CLAIMS + 1)}
    assert len(reading.read({"credentialSubject": many}).claims) == reading.MAX_CLAIMS


def test_what_an_sd_jwt_discloses_is_read() -> None:
    claims = {
        "iss": "https://college.example",
        "vct": "https://college.example/course",
        "iat": 1_770_000_000,
        "exp": "soon",
        "given_name": "Ana",
        "family_name": "Núñez",
        "course": {"title": "Statistics"},
    }
    found = reading.read(claims)
    assert (found.name, found.learner) == ("https://college.example/course", "Ana Núñez")
    assert (found.awarded, found.valid_from, found.valid_until) == ("2026-02-02T02:40:00Z", "", "")
    assert found.issuer_known_by == "https://college.example"
    assert [(line.name, line.value) for line in found.claims] == [("Course: Title", "Statistics")]
    assert reading.read({**claims, "name": "Ana"}).learner == "Ana"


def test_who_presents_is_read() -> None:
    assert reading.read({"holder": "did:key:z6Mk"}).holder == "did:key:z6Mk"
    assert reading.read({"holder": {"id": "did:key:z6Mk"}}).holder == "did:key:z6Mk"


JSON = any_json(
    *(
        "name issuer credentialSubject achievement identifier result alignment @value "
        "verifiableCredential validFrom resultDescription id association vct"
    ).split()
)


@given(
    st.dictionaries(
        st.sampled_from(["name", "issuer", "credentialSubject", "evidence", "vct"]), JSON
    )
)
def test_whatever_somebody_wrote_can_be_read(document: dict[str, Any]) -> None:
    found = reading.read(document)
    assert isinstance(found.name, str)
    assert isinstance(found.issuer_known_by, str)
