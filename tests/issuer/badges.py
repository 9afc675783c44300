"""Statements for tests: what the registrar would say, without a registrar."""

import uuid
from datetime import UTC, datetime
from typing import Any

from issuer.models import Achievement, Batch, Chunk
from issuer.services import achievements, batches, credentials, institutions, signing
from issuer.services.credentials import Statement
from issuer.vc import openbadges

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


def document(
    batch: Batch, position: int, described: openbadges.Achievement, issuer: openbadges.Profile
) -> dict[str, Any]:
    """The badge of one learner, unsigned."""
    return openbadges.AchievementCredential(
        id=f"urn:uuid:{credential_id(batch, position)}",
        issuer=issuer,
        credential_subject=openbadges.AchievementSubject(
            identifier=(
                openbadges.IdentityObject.salted(
                    f"learner-{position}", identity_type="sourcedId", salt=f"salt-{position}"
                ),
            ),
            achievement=described,
            result=(
                openbadges.Result(
                    result_description=f"{described.id}#final", value=GRADES[position % 6 == 0]
                ),
            ),
        ),
        name=described.name,
        valid_from=AWARDED,
        awarded_date=AWARDED,
    ).as_credential()


def statements(
    chunk: Chunk, achievement: Achievement, *, status_purpose: str = "revocation"
) -> list[Statement]:
    """What is to be said at every position of a chunk."""
    described = openbadges.Achievement.from_json(achievement.document)
    issuer = institutions.profile(institutions.get())
    return [
        Statement(
            credential_id=credential_id(chunk.batch, position),
            position=position,
            achievement=achievement,
            document=document(chunk.batch, position, described, issuer),
            status_purpose=status_purpose,
        )
        for position in range(chunk.first, chunk.last + 1)
    ]


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
