"""A small CASE package to spoil."""

from typing import Any

DOCUMENT = "d0000000-0000-4000-8000-000000000000"
ITEMS = [f"10000000-0000-4000-8000-00000000000{n}" for n in range(3)]
LINKS = [f"a0000000-0000-4000-8000-00000000000{n}" for n in range(3)]
ELSEWHERE = "e0000000-0000-4000-8000-000000000000"
CHANGED = "2026-01-01T00:00:00Z"


def end(identifier: str) -> dict[str, str]:
    return {"title": "x", "identifier": identifier, "uri": f"https://a.example/{identifier}"}


def association(number: int, origin: str, destination: str) -> dict[str, Any]:
    identifier = f"a0000000-0000-4000-8000-{number:012}"
    return {
        "identifier": identifier,
        "uri": f"https://a.example/CFAssociations/{identifier}",
        "associationType": "isChildOf",
        "originNodeURI": end(origin),
        "destinationNodeURI": end(destination),
        "lastChangeDateTime": CHANGED,
    }


def item(number: int) -> dict[str, Any]:
    identifier = f"10000000-0000-4000-8000-{number:012}"
    return {
        "identifier": identifier,
        "uri": f"https://a.example/CFItems/{identifier}",
        "fullStatement": f"Statement {number}",
        "lastChangeDateTime": CHANGED,
    }


def package() -> dict[str, Any]:
    """Item 0 is at the top, items 1 and 2 are its children."""
    return {
        "CFDocument": {
            "identifier": DOCUMENT,
            "uri": f"https://a.example/CFDocuments/{DOCUMENT}",
            "creator": "Quillhaven College",
            "title": "Practical skills",
            "lastChangeDateTime": CHANGED,
        },
        "CFItems": [item(0), item(1), item(2)],
        "CFAssociations": [
            association(0, ITEMS[0], DOCUMENT),
            association(1, ITEMS[1], ITEMS[0]),
            association(2, ITEMS[2], ITEMS[0]),
        ],
    }


def object_(kind: str, number: int, **members: Any) -> dict[str, Any]:
    """An object of any other kind: a rubric, a criterion, a definition."""
    identifier = f"c{kind}000000-0000-4000-8000-{number:012}"
    return {
        "identifier": identifier,
        "uri": f"https://a.example/{identifier}",
        "lastChangeDateTime": CHANGED,
        **members,
    }


def full_package() -> dict[str, Any]:
    """A package of CASE 1.1 with everything that the published schema lets it have."""
    document = package()
    document["CFDocument"] |= {
        "caseVersion": "1.1",
        "frameworkType": "Curriculum",
        "subject": ["Care"],
        "subjectURI": [end(object_("4", 1)["identifier"])],
        "licenseURI": end(object_("5", 1)["identifier"]),
        "notes": "For the first year.",
        "extensions": {"cfx:colour": "red"},
    }
    document["CFItems"][1] |= {
        "alternativeLabel": "Outcome one",
        "listEnumeration": "a",
        "subject": ["Care"],
        "CFItemType": "Skill",
        "CFItemTypeURI": {**end(object_("6", 1)["identifier"]), "title": "Skill"},
        "licenseURI": end(object_("5", 1)["identifier"]),
        "extensions": {"cfx:hours": 12},
    }
    document["CFAssociations"][1] |= {
        "notes": "By the committee.",
        "CFAssociationGroupingURI": end(object_("7", 1)["identifier"]),
        "extensions": {"cfx:seen": True},
    }
    document["CFAssociations"][1]["originNodeURI"]["targetType"] = "CASE"
    document["CFDefinitions"] = {
        "CFConcepts": [object_("3", 1, title="Safety", hierarchyCode="1", keywords="a|b")],
        "CFSubjects": [object_("4", 1, title="Care", hierarchyCode="2", description="Nursing")],
        "CFLicenses": [object_("5", 1, title="CC BY 4.0", licenseText="Name the author.")],
        "CFItemTypes": [
            object_("6", 1, title="Skill", description="x", hierarchyCode="1", typeCode="SK")
        ],
        "CFAssociationGroupings": [object_("7", 1, title="By year")],
        "extensions": {"cfx:of": "definitions"},
    }
    document["CFRubrics"] = [rubric()]
    document["extensions"] = {"cfx:of": "package"}
    return document


def rubric() -> dict[str, Any]:
    level = object_("2", 1, description="Without help", quality="Good", score=2.5, position=1)
    level |= {"feedback": "Well done", "extensions": [{"cfx:a": 1}]}
    criterion = object_("1", 1, category="Hygiene", description="Washes hands", weight=0.5)
    criterion |= {
        "position": 1,
        "CFItemURI": end(ITEMS[1]),
        "rubricId": object_("0", 1)["identifier"],
        "CFRubricCriterionLevels": [level, object_("2", 2, quality="Poor", score=0)],
    }
    return object_("0", 1, title="Ward", description="On the ward", CFRubricCriteria=[criterion])
