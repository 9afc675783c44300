"""Documents of many shapes: whatever a badge of ours may hold or leave out, with holes in it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from issuer.vc import openbadges, status_list, timestamps
from issuer.vc.shapes import Hole, Kind, Shape
from tests.bench import reference

_SITE = "https://college.example"
_ACHIEVEMENT = f"{_SITE}/achievements/statistics-1"
_AUTHORED = (
    'Called "%s" \\ {0} $1',
    "two\nlines\tand a tab",
    "統計 Στατιστική إحصاء 👩🏽\u200d🎓",
    "x" + "0" * 32 + "0000:",
    "_:c14n0 <urn:x> .",
    "\u2028\ufeff\u00a0",
    "plain",
)


class _Sheet:
    """Holes that are drawn as they are needed."""

    def __init__(self) -> None:
        self.holes: list[Hole] = []

    def __call__(self, kind: Kind) -> Any:
        self.holes.append(Hole.draw(f"{kind}{len(self.holes)}", kind))
        return self.holes[-1].sentinel

    def period(self) -> list[str]:
        """Two moments, the earlier first: both hold for the documents that shapes are made of."""
        return sorted((self(Kind.DATETIME), self(Kind.DATETIME)))


def draw(dice: random.Random) -> Shape:
    """A shape that a college might have, with texts that are out for trouble."""
    sheet = _Sheet()

    def maybe(make: Callable[[], Any]) -> Any:
        return make() if dice.random() < 0.5 else None

    begins, ends = sheet.period()
    kinds = [
        dice.choice(("described", "scored", "plain")) for _ in range(dice.choice((0, 1, 2, 5)))
    ]
    subject = openbadges.AchievementSubject(
        id=maybe(lambda: dice.choice(_SUBJECTS)(sheet)),
        identifier=tuple(_identity(sheet) for _ in range(dice.choice((1, 1, 2)))),
        achievement=_achievement(dice),
        credits_earned=maybe(lambda: sheet(Kind.NUMBER)),
        term=maybe(lambda: sheet(Kind.TEXT)),
        narrative=maybe(lambda: sheet(Kind.TEXT)),
        role=maybe(lambda: sheet(Kind.TEXT)),
        license_number=maybe(lambda: sheet(Kind.TOKEN)),
        activity_start_date=maybe(lambda: timestamps.read(sheet(Kind.DATETIME))),
        result=tuple(_result(kind) for kind in kinds),
    )
    document = openbadges.AchievementCredential(
        id=f"urn:uuid:{sheet(Kind.TOKEN)}",
        name=dice.choice(_AUTHORED),
        issuer=openbadges.Profile(id=reference.DID, name=dice.choice(_AUTHORED)),
        valid_from=timestamps.read(begins),
        valid_until=timestamps.read(ends),
        awarded_date=maybe(lambda: timestamps.read(sheet(Kind.DATETIME))),
        credential_subject=subject,
        evidence=tuple(_evidence(sheet) for _ in range(dice.choice((0, 0, 1, 2)))),
        credential_status=maybe(lambda: _status(sheet)),
    ).as_credential()
    for result in document["credentialSubject"].get("result", ()):
        result["value"] = sheet(Kind.TEXT)
    return Shape.compile(document, sheet.holes)


def of_results(count: int, *, is_described: bool) -> Shape:
    """A badge of somebody without an id, whose results differ in their value at most."""
    sheet = _Sheet()
    document = reference.document({hole.name: hole.sentinel for hole in reference.HOLES})
    subject = document["credentialSubject"]
    described = {"resultDescription": subject["result"][0]["resultDescription"]}
    subject["result"] = [
        {"type": ["Result"], **(described if is_described else {}), "value": sheet(Kind.TEXT)}
        for _ in range(count)
    ]
    return Shape.compile(document, sheet.holes)


TRICKY_HOLES = (*reference.HOLES, Hole.draw("first", Kind.TEXT), Hole.draw("second", Kind.TEXT))


def tricky() -> dict[str, Any]:
    """The reference document with two results more that may be alike, and an author's jokes."""
    document = reference.document({hole.name: hole.sentinel for hole in TRICKY_HOLES})
    document["name"] = _AUTHORED[3]
    results = document["credentialSubject"]["result"]
    results += [{"type": ["Result"], "value": hole.sentinel} for hole in TRICKY_HOLES[-2:]]
    return document


def scaled() -> dict[str, Any]:
    """The same with two scales of the same grades: their items are alike, whoever the learner."""
    document = tricky()
    grade, score = document["credentialSubject"]["achievement"]["resultDescription"]
    score["allowedValue"] = grade["allowedValue"]
    return document


def tagged() -> dict[str, Any]:
    """What has no shape: the order of the tags depends on what they are."""
    document = tricky()
    tags = [hole.sentinel for hole in TRICKY_HOLES[-2:]]
    document["credentialSubject"]["achievement"]["tag"] = tags
    return document


_SUBJECTS: tuple[Callable[[_Sheet], Any], ...] = (
    lambda sheet: sheet(Kind.IRI),
    lambda sheet: f"urn:uuid:{sheet(Kind.TOKEN)}",
    lambda sheet: f"did:web:college.example:{sheet(Kind.TOKEN)}",
    lambda sheet: f"{_SITE}/people/{sheet(Kind.TOKEN)}#{sheet(Kind.TOKEN)}",
)


def _identity(sheet: _Sheet) -> openbadges.IdentityObject:
    return openbadges.IdentityObject(
        hashed=True,
        identity_hash=f"sha256${sheet(Kind.TOKEN)}",
        identity_type="emailAddress",
        salt=sheet(Kind.TEXT),
    )


def _result(kind: str) -> openbadges.Result:
    if kind == "plain":
        return openbadges.Result(value="0")
    described = "grade" if kind == "described" else "score"
    return openbadges.Result(result_description=f"{_ACHIEVEMENT}#{described}", value="0")


def _evidence(sheet: _Sheet) -> openbadges.Evidence:
    return openbadges.Evidence(
        id=f"{_SITE}/evidence/{sheet(Kind.TOKEN)}", name="Project", narrative=sheet(Kind.TEXT)
    )


def _status(sheet: _Sheet) -> dict[str, Any]:
    url = f"{_SITE}/status/{sheet(Kind.TOKEN)}"
    entry = status_list.entry(list_url=url, index=0, purpose="revocation")
    index = sheet(Kind.TOKEN)
    return {**entry, "id": f"{url}#{index}", "statusListIndex": index}


def _achievement(dice: random.Random) -> openbadges.Achievement:
    scale = tuple(str(grade) for grade in range(dice.choice((0, 3, 12))))
    return openbadges.Achievement(
        id=_ACHIEVEMENT,
        name=dice.choice(_AUTHORED),
        description=dice.choice(_AUTHORED),
        criteria=openbadges.Criteria(narrative=dice.choice(_AUTHORED)),
        tag=tuple(dict.fromkeys(dice.choices(_AUTHORED, k=dice.randrange(4)))),
        alignment=tuple(
            openbadges.Alignment(target_name=f"Skill {n}", target_url=f"{_SITE}/skills/{n // 2}")
            for n in range(dice.choice((0, 1, 4, 30)))
        ),
        result_description=tuple(
            openbadges.ResultDescription(
                id=f"{_ACHIEVEMENT}#{name}",
                name=dice.choice(_AUTHORED),
                result_type="LetterGrade",
                allowed_value=scale if name == "grade" or dice.random() < 0.3 else (),
            )
            for name in ("grade", "score")
        ),
    )
