"""Word awards as unsigned Open Badges credentials."""

import secrets
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Max, Min, QuerySet

from issuer.errors import WrongState
from issuer.models import Achievement
from issuer.services import clock, institutions
from issuer.services.wordings import Place, Statement, Wording
from issuer.vc import openbadges, timestamps
from issuer.vc.errors import VcError
from issuer.vc.shapes import Kind
from registrar.models import Award, Enrolment, Offering, Revision
from registrar.models.learners import full_name
from registrar.services.deciding import result_levels
from registrar.services.drafting import publication

Stay = tuple[date | None, date | None]

_SUBJECT = "/credentialSubject"

SAMPLE_NAME = "Sample Learner"
SAMPLE_EMAIL = "sample@learner.example"


class _Row(NamedTuple):
    """Of an award and its learner what a credential is made of."""

    position: int
    credential_id: UUID
    revision_id: int
    offering_id: int | None
    learner_id: int
    results: list[dict[str, str]]
    decided_at: datetime
    awarded_on: date
    valid_until: date | None
    evidence: list[dict[str, str]]
    learner__given_name: str
    learner__family_name: str
    learner__email: str
    learner__number: str
    learner__sourced_id: str


class _Said(NamedTuple):
    """What is said of one learner; None is left out."""

    credential_id: UUID
    awarded_on: date
    valid_from: datetime
    valid_until: datetime | None
    evidence: list[dict[str, str]]
    identity: str
    identity_type: str
    salt: str
    name: str | None
    begins_on: date | None
    ends_on: date | None
    term: str | None
    results: list[dict[str, str]]


def compose(awards: QuerySet[Award]) -> list[Statement]:
    """Return one statement for each award, in their order.

    It holds what was decided and, of the learner, an identifier that only those recognise who
    know it; the name only where the template says so. Salts are drawn afresh, so composing
    again makes other documents: it is done once, and what was composed is stored.
    """
    rows = _read(awards)
    composer = _Composer(rows)
    return [composer.statement(row) for row in rows]


def compose_possible(awards: QuerySet[Award]) -> tuple[list[Statement], dict[int, str]]:
    """Compose what can be composed; of the others tell why not, by their positions."""
    rows = _read(awards)
    composer = _Composer(rows)
    statements: list[Statement] = []
    refused: dict[int, str] = {}
    for row in rows:
        try:
            statements.append(composer.statement(row))
        except (VcError, WrongState) as error:
            refused[row.position] = str(error)
    return statements, refused


def sample(revision: Revision) -> dict[str, Any]:
    """What a credential of this revision says of a learner who does not exist, unsigned.

    The learner has the results that are needed. Raises VcError while it cannot be composed.
    """
    now = clock.now()
    today = clock.day_of(now)
    said = _Said(
        credential_id=UUID(int=0),
        awarded_on=today,
        valid_from=now,
        valid_until=_end_of(revision.last_day(today)),
        evidence=_sample_evidence(revision),
        identity=SAMPLE_EMAIL,
        identity_type="emailAddress",
        salt=secrets.token_urlsafe(16),
        name=SAMPLE_NAME if revision.includes_name else None,
        begins_on=None,
        ends_on=None,
        term=None,
        results=[_sample_result(each) for each in revision.result_descriptions],
    )
    return _Composer(())._document(said, revision, publication.preview(revision))


def _sample_evidence(revision: Revision) -> list[dict[str, str]]:
    if revision.evidence_rule != Revision.Evidence.REQUIRED:
        return []
    return [{"narrative": "Here stands what bears it out."}]


def _sample_result(described: dict[str, Any]) -> dict[str, str]:
    """The best allowed result, or the one that is needed."""
    best = (result_levels.words(described) or ("1",))[-1]
    value = str(described.get("required_value") or described.get("value_max") or best)
    return _result(described["id"], value, described)


def _result(description: str, value: str, described: dict[str, Any] | None) -> dict[str, str]:
    """A result, with the address of the level that it is, where it is one of a rubric."""
    level = result_levels.address(described, value) if described else None
    said = {"description": description, "value": value}
    return said | {"level": level} if level else said


class _Composer:
    """What statements have in common, read once for all of them."""

    def __init__(self, rows: Collection[_Row]) -> None:
        self._institution = institutions.get()
        self._issuer = institutions.profile(self._institution)
        self._stays = _stays(rows)
        self._terms = _terms(rows)
        self._revisions = Revision.objects.select_related("achievement").in_bulk(
            {row.revision_id for row in rows}
        )
        self._described = {
            pk: {each["id"]: each for each in revision.result_descriptions}
            for pk, revision in self._revisions.items()
        }
        self._achievements: dict[UUID, openbadges.Achievement] = {}
        self._wordings: dict[object, Wording] = {}

    def statement(self, row: _Row) -> Statement:
        """What is to be said for one award; raises VcError and WrongState."""
        revision = self._revisions[row.revision_id]
        published = _published(revision)
        said = self._said(row, revision)
        document, wording = None, None
        if _contradicts_itself(said):
            # Lint is to say so, which looks at each document that is not of a wording.
            document = self._document(said, revision, self._achievement(published))
        else:
            wording = self._wording(said, revision, published)
        return Statement(
            credential_id=row.credential_id,
            position=row.position,
            achievement=published,
            status_purpose=revision.status_purpose,
            document=document,
            wording=wording,
            values=_values(said) if wording else (),
        )

    def _said(self, row: _Row, revision: Revision) -> _Said:
        begins_on, ends_on = self._stays.get((row.offering_id, row.learner_id), (None, None))
        identity, identity_type = _recognisable(row)
        # Not the learner's `name`: that falls back to the number, which is nobody's to read.
        name = full_name(row.learner__given_name, row.learner__family_name)
        return _Said(
            credential_id=row.credential_id,
            awarded_on=row.awarded_on,
            valid_from=row.decided_at,
            valid_until=_end_of(row.valid_until or revision.last_day(row.awarded_on)),
            evidence=row.evidence,
            identity=identity,
            identity_type=identity_type,
            salt=secrets.token_urlsafe(16),
            name=name if revision.includes_name and name else None,
            begins_on=begins_on,
            ends_on=ends_on,
            term=self._terms.get(row.offering_id),
            results=self._results(row, revision),
        )

    def _results(self, row: _Row, revision: Revision) -> list[dict[str, str]]:
        # One that nobody described is refused later, with its reason.
        described = self._described[revision.pk]
        return [
            _result(result["description"], result["value"], described.get(result["description"]))
            for result in row.results
        ]

    def _wording(self, said: _Said, revision: Revision, published: Achievement) -> Wording:
        key = (
            revision.pk,
            said.identity_type,
            said.name is None,
            said.begins_on is None,
            said.ends_on is None,
            said.term,
            said.valid_until is None,
            *(tuple(sorted(each)) for each in said.evidence),
            *((result["description"], result.get("level")) for result in said.results),
        )
        if key not in self._wordings:
            document = self._document(said, revision, self._achievement(published))
            self._wordings[key] = Wording(document, tuple(_places(said)))
        return self._wordings[key]

    def _document(
        self, said: _Said, revision: Revision, achievement: openbadges.Achievement
    ) -> dict[str, Any]:
        """The whole credential, by builders that refuse what the specification forbids."""
        identifiers = [
            openbadges.IdentityObject.salted(
                said.identity, identity_type=said.identity_type, salt=said.salt
            )
        ]
        if said.name is not None:
            identifiers.append(openbadges.IdentityObject.plain(said.name, identity_type="name"))
        return openbadges.AchievementCredential(
            id=said.credential_id.urn,
            issuer=self._issuer,
            credential_subject=openbadges.AchievementSubject(
                achievement=achievement,
                identifier=tuple(identifiers),
                activity_start_date=_midnight(said.begins_on),
                activity_end_date=_midnight(said.ends_on),
                credits_earned=publication.credits_earned(revision),
                result=tuple(
                    openbadges.Result(
                        result_description=result["description"],
                        value=result["value"],
                        achieved_level=result.get("level"),
                    )
                    for result in said.results
                ),
                term=said.term,
            ),
            name=publication.name(revision, is_sandbox=self._institution.is_sandbox),
            valid_from=said.valid_from.astimezone(UTC).replace(microsecond=0),
            valid_until=said.valid_until,
            awarded_date=_midnight(said.awarded_on),
            evidence=tuple(
                openbadges.Evidence(id=each.get("id"), narrative=each.get("narrative"))
                for each in said.evidence
            ),
        ).as_credential()

    def _achievement(self, published: Achievement) -> openbadges.Achievement:
        if published.pk not in self._achievements:
            read = openbadges.Achievement.from_json(published.document)
            self._achievements[published.pk] = read
        return self._achievements[published.pk]


def _places(said: _Said) -> Iterator[Place]:
    """Where documents of one wording differ, in the order of `_values`."""
    yield Place("/id", Kind.TOKEN, prefix="urn:uuid:")
    yield Place("/awardedDate", Kind.DATETIME)
    yield Place("/validFrom", Kind.DATETIME)
    if said.valid_until is not None:
        yield Place("/validUntil", Kind.DATETIME)
    for number, each in enumerate(said.evidence):
        for member in sorted(each):
            kind = Kind.IRI if member == "id" else Kind.TEXT
            yield Place(f"/evidence/{number}/{member}", kind)
    yield Place(f"{_SUBJECT}/identifier/0/identityHash", Kind.TEXT)
    yield Place(f"{_SUBJECT}/identifier/0/salt", Kind.TEXT)
    if said.name is not None:
        yield Place(f"{_SUBJECT}/identifier/1/identityHash", Kind.TEXT)
    if said.begins_on is not None:
        yield Place(f"{_SUBJECT}/activityStartDate", Kind.DATETIME)
    if said.ends_on is not None:
        yield Place(f"{_SUBJECT}/activityEndDate", Kind.DATETIME)
    for number in range(len(said.results)):
        yield Place(f"{_SUBJECT}/result/{number}/value", Kind.TEXT)


def _values(said: _Said) -> tuple[str, ...]:
    """What stands in the places of `_places`."""
    days = (day for day in (said.begins_on, said.ends_on) if day is not None)
    return (
        str(said.credential_id),
        _written(said.awarded_on),
        timestamps.write(said.valid_from),
        *((timestamps.write(said.valid_until),) if said.valid_until is not None else ()),
        *(each[member] for each in said.evidence for member in sorted(each)),
        openbadges.hash_identity(said.identity, said.salt),
        said.salt,
        *((said.name,) if said.name is not None else ()),
        *map(_written, days),
        *(result["value"] for result in said.results),
    )


def _recognisable(row: _Row) -> tuple[str, str]:
    """By what those who know the learner recognise them, and what kind of identifier that is."""
    if row.learner__email:
        return row.learner__email.strip().lower(), "emailAddress"
    if row.learner__number:
        return row.learner__number, "ext:learnerNumber"
    return row.learner__sourced_id, "sourcedId"


def _read(awards: QuerySet[Award]) -> list[_Row]:
    rows = awards.order_by("batch", "position").values_list(*_Row._fields)
    return [_Row._make(row) for row in rows]


def _stays(rows: Collection[_Row]) -> dict[tuple[int | None, int], Stay]:
    """From when to when each learner took part in the offering of their award."""
    found = (
        Enrolment.objects.filter(
            offering__in={row.offering_id for row in rows if row.offering_id},
            learner__in={row.learner_id for row in rows},
            retired_at=None,
        )
        .values_list("offering", "learner")
        .annotate(Min("begins_on"), Max("ends_on"))
        .order_by()
    )
    return {(offering, learner): (begin, end) for offering, learner, begin, end in found}


def _terms(rows: Collection[_Row]) -> dict[int | None, str]:
    """In which term each offering is held."""
    offerings = Offering.objects.filter(pk__in={row.offering_id for row in rows})
    return dict(offerings.filter(term__isnull=False).values_list("pk", "term__title"))


def _published(revision: Revision) -> Achievement:
    if revision.achievement is None:
        raise WrongState("Awards are made by approved revisions, which are published.")
    return revision.achievement


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _end_of(day: date | None) -> datetime | None:
    return None if day is None else clock.end_of(day)


def _contradicts_itself(said: _Said) -> bool:
    """Whether it ends before it begins: of the term, or of the credential's validity."""
    if said.valid_until is not None and said.valid_until <= said.valid_from:
        return True
    return bool(said.begins_on and said.ends_on and said.begins_on > said.ends_on)


@lru_cache(maxsize=1024)
def _written(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
