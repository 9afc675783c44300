"""The document that signing is measured with, and learners who have nothing in common.

Rich, as credentials go: 97 statements, 11 of its objects without an id, 4.7 kB when signed.
"""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from issuer.vc import openbadges, status_list, timestamps
from issuer.vc.shapes import Hole, Kind, Shape

DID = "did:web:college.example"
CREATED = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
_SITE = "https://college.example"
ACHIEVEMENT = f"{_SITE}/achievements/0190a0a0-7a3c-7c3e-9d2a-6f2f3d1b0c55"
_TERMS = ("Spring", "Autumn", "Été", "春学期")
_SCALE = ("Fail", "Pass", "Merit", "Distinction")

HOLES = (
    Hole.draw("id", Kind.TOKEN),
    Hole.draw("learner", Kind.IRI),
    Hole.draw("identity_hash", Kind.TOKEN),
    Hole.draw("salt", Kind.TOKEN),
    # Before any that is drawn.
    Hole("valid_from", Kind.DATETIME, "2999-11-28T13:09:57Z"),
    Hole.draw("valid_until", Kind.DATETIME),
    Hole.draw("term", Kind.TEXT),
    Hole.draw("narrative", Kind.TEXT),
    Hole.draw("credits", Kind.NUMBER),
    Hole.draw("grade", Kind.TEXT),
    Hole.draw("score", Kind.TOKEN),
    Hole.draw("list", Kind.TOKEN),
    Hole.draw("index", Kind.TOKEN),
)


def shape() -> Shape:
    """The reference document, compiled."""
    return Shape.compile(document({hole.name: hole.sentinel for hole in HOLES}), HOLES)


def documents(count: int, seed: int = 0) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """So many learners, and of each the values and the whole document."""
    dice = random.Random(seed)
    values = [_learner(dice) for _ in range(count)]
    return [(tuple(each.values()), document(each)) for each in values]


def _learner(dice: random.Random) -> dict[str, Any]:
    begins = CREATED - timedelta(seconds=dice.randrange(10**7))
    name = "".join(dice.choices("abcdefghijklmnopqrstuvwxyzäöüßéñçøåλйж", k=9)).capitalize()
    return {
        "id": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "learner": f"did:example:{dice.getrandbits(128):032x}",
        "identity_hash": f"{dice.getrandbits(256):064x}",
        "salt": f"{dice.getrandbits(128):032x}",
        "valid_from": timestamps.write(begins),
        "valid_until": timestamps.write(begins + timedelta(days=dice.randrange(400, 4000))),
        "term": f"{dice.choice(_TERMS)} {dice.randrange(2000, 2030)}",
        "narrative": f"{name} finished the project in week {dice.randrange(1, 14)} of the course.",
        "credits": dice.randrange(1, 60) / 2,
        "grade": dice.choice(_SCALE[1:]),
        "score": str(dice.randrange(400, 1000) / 10),
        "list": f"{dice.getrandbits(128):032x}",
        "index": str(dice.randrange(131_072)),
    }


def document(values: dict[str, Any]) -> dict[str, Any]:
    """The unsigned document with these values, by our own builders."""
    made = openbadges.AchievementCredential(
        id=f"urn:uuid:{values['id']}",
        name="Introduction to Statistics",
        issuer=openbadges.Profile(
            id=DID,
            name="Example College",
            image=openbadges.Image(f"{_SITE}/logo.png"),
        ),
        valid_from=timestamps.read(values["valid_from"]),
        valid_until=timestamps.read(values["valid_until"]),
        credential_subject=openbadges.AchievementSubject(
            id=values["learner"],
            identifier=(
                openbadges.IdentityObject(
                    hashed=True,
                    identity_hash=f"sha256${values['identity_hash']}",
                    identity_type="emailAddress",
                    salt=values["salt"],
                ),
            ),
            achievement=_achievement(),
            credits_earned=values["credits"],
            narrative=values["narrative"],
            term=values["term"],
            result=(
                openbadges.Result(result_description=f"{ACHIEVEMENT}#grade", value="Pass"),
                openbadges.Result(result_description=f"{ACHIEVEMENT}#score", value="50"),
            ),
        ),
        credential_status=status_list.entry(
            list_url=f"{_SITE}/status/{values['list']}", index=0, purpose="revocation"
        ),
    ).as_credential()
    # A sentinel is no grade that the achievement allows, and no number.
    grade, score = made["credentialSubject"]["result"]
    grade["value"], score["value"] = values["grade"], values["score"]
    entry = made["credentialStatus"]
    entry["id"] = f"{entry['statusListCredential']}#{values['index']}"
    entry["statusListIndex"] = values["index"]
    return made


def _achievement() -> openbadges.Achievement:
    return openbadges.Achievement(
        id=ACHIEVEMENT,
        name="Introduction to Statistics",
        description=(
            "Describes data with means, medians and spread, draws samples, tests hypotheses and "
            "says how far answers can be trusted. Four weeks, two hours a day: the first is for "
            "tables and pictures, the second for chance and how to reckon with it, the third for "
            "surveys that were made and surveys that should have been, the fourth for a project "
            "of one's own, from the question to the report. Nothing but arithmetic is presupposed; "
            "whoever has forgotten it finds a refresher in the library. Taught in small groups, "
            "with a computer for each, in the rooms beside the observatory; those who work may "
            "come in the evening."
        ),
        criteria=openbadges.Criteria(
            id=f"{ACHIEVEMENT}/criteria",
            narrative=(
                "**Pass** the examination (two hours, open book, a calculator is provided) with "
                "half of the points or more, and hand in a project of one's own, in which data "
                "were gathered, described and tested, with a report of five to ten pages that "
                "another student has read and commented on."
            ),
        ),
        achievement_type="Course",
        credits_available=5,
        tag=("numbers", "sampling", "統計"),
        image=openbadges.Image(f"{ACHIEVEMENT}/image.png"),
        alignment=tuple(
            openbadges.Alignment(
                target_name=name,
                target_url=f"https://skills.example/items/{number}",
                target_code=f"S-{number}",
                target_framework="Skills of the college",
                target_type="CFItem",
            )
            for number, name in enumerate(
                ("Describing data", "Drawing samples", "Testing hypotheses", "Reporting doubt")
            )
        ),
        result_description=(
            openbadges.ResultDescription(
                id=f"{ACHIEVEMENT}#grade",
                name="Final grade",
                result_type="LetterGrade",
                allowed_value=_SCALE,
                required_value="Pass",
            ),
            openbadges.ResultDescription(
                id=f"{ACHIEVEMENT}#score",
                name="Examination",
                result_type="Percent",
                value_min="0",
                value_max="100",
            ),
        ),
    )
