"""Word awards as unsigned Open Badges credentials."""

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import cast
from uuid import UUID

from django.db.models import Max, Min

from issuer.errors import WrongState
from issuer.models import Achievement
from issuer.services import institutions
from issuer.services.credentials import Statement
from issuer.vc import openbadges
from issuer.vc.errors import VcError
from registrar.models import Award, Enrolment, Learner
from registrar.models.learners import full_name

Stay = tuple[date | None, date | None]


def compose(awards: Sequence[Award]) -> list[Statement]:
    """Return one statement for each award, in their order.

    It holds what was decided and, of the learner, an identifier that only those recognise who
    know it; the name only where the template says so. Salts are drawn afresh, so composing
    again makes other documents: it is done once, and what was composed is stored.
    """
    composer = _Composer(awards)
    return [composer.statement(award) for award in awards]


def compose_possible(awards: Sequence[Award]) -> tuple[list[Statement], dict[int, str]]:
    """Compose what can be composed; of the others tell why not, by their positions."""
    composer = _Composer(awards)
    statements: list[Statement] = []
    refused: dict[int, str] = {}
    for award in awards:
        try:
            statements.append(composer.statement(award))
        except (VcError, WrongState) as error:
            refused[award.position] = str(error)
    return statements, refused


class _Composer:
    """What statements have in common, read once for all of them."""

    def __init__(self, awards: Sequence[Award]) -> None:
        self._issuer = institutions.profile(institutions.get())
        self._stays = _stays(awards)
        self._achievements: dict[UUID, openbadges.Achievement] = {}

    def statement(self, award: Award) -> Statement:
        """What is to be said for one award; raises VcError and WrongState."""
        published = _published(award)
        stay = self._stays.get((award.offering_id, award.learner_id), (None, None))
        return Statement(
            credential_id=_drawn_id(award),
            position=award.position,
            achievement=published,
            status_purpose=award.revision.status_purpose,
            document=openbadges.AchievementCredential(
                id=_drawn_id(award).urn,
                issuer=self._issuer,
                credential_subject=_subject(award, self._achievement(published), stay),
                name=award.revision.name,
                valid_from=award.decided_at.astimezone(UTC).replace(microsecond=0),
                awarded_date=_midnight(award.awarded_on),
            ).as_credential(),
        )

    def _achievement(self, published: Achievement) -> openbadges.Achievement:
        if published.pk not in self._achievements:
            read = openbadges.Achievement.from_json(published.document)
            self._achievements[published.pk] = read
        return self._achievements[published.pk]


def _subject(
    award: Award, achievement: openbadges.Achievement, stay: Stay
) -> openbadges.AchievementSubject:
    revision, learner, offering = award.revision, award.learner, award.offering
    identifiers = [_recognisable(learner)]
    # Not `learner.name`: that falls back to the number, which is nobody's to read.
    name = full_name(learner.given_name, learner.family_name)
    if revision.includes_name and name:
        identifiers.append(openbadges.IdentityObject.plain(name, identity_type="name"))
    begins_on, ends_on = stay
    return openbadges.AchievementSubject(
        achievement=achievement,
        identifier=tuple(identifiers),
        activity_start_date=_midnight(begins_on),
        activity_end_date=_midnight(ends_on),
        credits_earned=revision.credits,
        result=tuple(
            openbadges.Result(result_description=result["description"], value=result["value"])
            for result in award.results
        ),
        term=offering.term.title if offering and offering.term else None,
    )


def _recognisable(learner: Learner) -> openbadges.IdentityObject:
    salt = secrets.token_urlsafe(16)
    if learner.email:
        address = learner.email.strip().lower()
        return openbadges.IdentityObject.salted(address, identity_type="emailAddress", salt=salt)
    if learner.number:
        return openbadges.IdentityObject.salted(
            learner.number, identity_type="ext:learnerNumber", salt=salt
        )
    return openbadges.IdentityObject.salted(
        learner.sourced_id, identity_type="sourcedId", salt=salt
    )


def _stays(awards: Sequence[Award]) -> dict[tuple[int | None, int], Stay]:
    """From when to when each learner took part in the offering of their award."""
    rows = (
        Enrolment.objects.filter(
            offering__in={award.offering_id for award in awards if award.offering_id},
            learner__in={award.learner_id for award in awards},
            retired_at=None,
        )
        .values_list("offering", "learner")
        .annotate(Min("begins_on"), Max("ends_on"))
        .order_by()
    )
    return {(offering, learner): (begin, end) for offering, learner, begin, end in rows}


def _published(award: Award) -> Achievement:
    achievement = award.revision.achievement
    if achievement is None:
        raise WrongState("Awards are made by approved revisions, which are published.")
    return achievement


def _drawn_id(award: Award) -> UUID:
    # Never None, but django-stubs can't see the default behind the foreign key.
    return cast(UUID, award.credential_id)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)
