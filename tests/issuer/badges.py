"""Statements for tests: what the registrar would say, without a registrar."""

import dataclasses
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from issuer.models import Achievement, Batch, Chunk
from issuer.services import achievements, batches, credentials, institutions, signing
from issuer.services.wordings import Place, Statement, Wording
from issuer.vc import openbadges
from issuer.vc.shapes import Kind

GRADES = ("Pass", "Distinction")
AWARDED = datetime(2026, 6, 30, tzinfo=UTC)


def publish_achievement() -> Achievement:
    """A module of a college, with its final result."""

    def describe(url: str) -> openbadges.Achievement:
        return openbadges.Achievement(
            id=url,
            name="Module BBB, 2013 J",
            description="A module of twenty credits in the social sciences.",
            criteria=openbadges.Criteria(narrative="Pass every assessment of the module."),
            achievement_type="Course",
            result_description=(
                openbadges.ResultDescription(
                    id=f"{url}#final",
                    name="Final result",
                    result_type="LetterGrade",
                    allowed_value=GRADES,
                ),
            ),
        )

    return achievements.publish(describe, image="<svg xmlns='http://www.w3.org/2000/svg'/>")


def credential_id(batch: Batch, position: int) -> uuid.UUID:
    """The id that the registrar would have drawn: the same each time it is asked."""
    return uuid.uuid5(batch.pk, str(position))


PLACES = (
    Place("/id", Kind.TOKEN, prefix="urn:uuid:"),
    Place("/credentialSubject/identifier/0/identityHash", Kind.TEXT),
    Place("/credentialSubject/identifier/0/salt", Kind.TEXT),
    Place("/credentialSubject/result/0/value", Kind.TEXT),
)


def wording(achievement: Achievement) -> Wording:
    """What every badge of an achievement says, unsigned."""
    url = achievement.url
    sample = openbadges.AchievementCredential(
        id=f"urn:uuid:{achievement.pk}",
        issuer=institutions.profile(institutions.get()),
        credential_subject=openbadges.AchievementSubject(
            identifier=(
                openbadges.IdentityObject.salted("a learner", identity_type="sourcedId", salt="s"),
            ),
            achievement=openbadges.Achievement.from_json(achievement.document),
            result=(openbadges.Result(result_description=f"{url}#final", value=GRADES[0]),),
        ),
        name=str(achievement),
        valid_from=AWARDED,
        awarded_date=AWARDED,
    ).as_credential()
    return Wording(sample, PLACES)


def values(batch: Batch, position: int) -> tuple[str, ...]:
    """What the badge of one learner says."""
    salt = f"salt-{position}"
    return (
        str(credential_id(batch, position)),
        openbadges.hash_identity(f"learner-{position}", salt),
        salt,
        GRADES[position % 6 == 0],
    )


def statements(
    chunk: Chunk, achievement: Achievement, *, status_purpose: str = "revocation"
) -> list[Statement]:
    """What is to be said at every position of a chunk."""
    said = wording(achievement)
    return [
        Statement(
            credential_id=credential_id(chunk.batch, position),
            position=position,
            achievement=achievement,
            wording=said,
            values=values(chunk.batch, position),
            status_purpose=status_purpose,
        )
        for position in range(chunk.first, chunk.last + 1)
    ]


def reworded(statement: Statement, change: Callable[[dict[str, Any]], object]) -> Statement:
    """The statement with a document of its own, which the change has altered."""
    document = statement.said()
    change(document)
    return dataclasses.replace(statement, document=document, wording=None, values=())


def request_all(batch: Batch, achievement: Achievement, **options: str) -> None:
    """Freeze every chunk of an approved batch, as the registrar's task does."""
    while chunk := batches.claim(Chunk.State.APPROVED, batch=batch):
        credentials.request(chunk, statements(chunk, achievement, **options))


def sign_all(batch: Batch) -> None:
    """Sign every requested chunk, as the signer's task does."""
    while chunk := batches.claim(Chunk.State.REQUESTED, batch=batch):
        signing.sign(chunk)
    batches.close_if_done(batch)


def issue(batch: Batch, achievement: Achievement, **options: str) -> None:
    """Freeze and sign a whole batch."""
    request_all(batch, achievement, **options)
    sign_all(batch)
