"""A small graph of CTDL-ASN to bend."""

from typing import Any

REGISTRY = "https://credentialengineregistry.org/resources/"
CTIDS = [f"ce-10000000-0000-4000-8000-00000000000{n}" for n in range(4)]
FRAMEWORK = "ce-d0000000-0000-4000-8000-000000000000"
ELSEWHERE = "ce-e0000000-0000-4000-8000-000000000000"


def competency(number: int, **properties: Any) -> dict[str, Any]:
    return {
        "@id": REGISTRY + CTIDS[number],
        "@type": "ceasn:Competency",
        "ceterms:ctid": CTIDS[number],
        "ceasn:competencyText": {"en-US": f"Statement {number}"},
        "ceasn:isPartOf": REGISTRY + FRAMEWORK,
        **{f"ceasn:{name}": value for name, value in properties.items()},
    }


def document() -> dict[str, Any]:
    """Competencies 0 and 3 are at the top, 1 and 2 are children of 0."""
    return {
        "@context": "https://credreg.net/ctdlasn/schema/context/json",
        "@id": "https://credentialengineregistry.org/graph/" + FRAMEWORK,
        "@graph": [
            {
                "@id": REGISTRY + FRAMEWORK,
                "@type": "ceasn:CompetencyFramework",
                "ceterms:ctid": FRAMEWORK,
                "ceasn:name": {"en-US": "Practical skills", "es": "Habilidades"},
                "ceasn:description": {"en-US": "What our graduates can do."},
                "ceasn:inLanguage": ["en-US"],
                "ceasn:publisher": [REGISTRY + ELSEWHERE],
                "ceasn:publisherName": {"en-US": ["Quillhaven College"]},
                "ceasn:source": ["https://a.example/skills"],
                "ceasn:dateModified": "2026-02-01T10:00:00Z",
                "ceasn:dateValidFrom": "2026-01-01",
                "ceasn:publicationStatusType": "publicationStatus:Published",
                "ceasn:hasTopChild": [REGISTRY + CTIDS[3], REGISTRY + CTIDS[0]],
                "ceasn:license": "https://creativecommons.org/licenses/by/4.0/",
            },
            competency(
                0,
                hasChild=[REGISTRY + CTIDS[2], REGISTRY + CTIDS[1]],
                isTopChildOf=REGISTRY + FRAMEWORK,
                competencyLabel={"en-US": "Safety"},
                codedNotation="S.1",
                competencyCategory={"en-US": "Knowledge"},
                conceptKeyword={"en-US": ["gloves", "hygiene"]},
                comment={"en-US": ["First.", "Second."]},
                dateModified="2026-03-04",
                weight="0.5",
            ),
            competency(1, isChildOf=[REGISTRY + CTIDS[0]]),
            competency(2, isChildOf=[REGISTRY + CTIDS[0]]),
            competency(3),
        ],
    }
