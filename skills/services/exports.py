"""What is held of frameworks, as the records that writers take: the mirror of `holdings`."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.db import connections, router, transaction
from django.db.models import Count, Max, Q, QuerySet

from skills.models import Association, Framework, Rubric, Skill
from skills.readers import moments, naming, texts
from skills.readers.records import (
    AssociationRecord,
    CriterionRecord,
    DefinitionRecord,
    FrameworkRecord,
    Kind,
    LevelRecord,
    RubricRecord,
    SkillRecord,
)
from skills.services import identities
from skills.writers import case, ends
from skills.writers.source import Source

# A larger file waits on disk, not in memory.
_IN_MEMORY: Final = 4 << 20
_TOGETHER: Final = 2_000
# Counted up when writers come to write the same otherwise.
_EDITION_OF_WRITERS: Final = 2

_ENDS: Final = ("origin__framework", "destination__framework")
# What is not said of an association's ends; read for thousands of them it would take half the time.
_NOT_OF_ENDS: Final = tuple(
    f"{end}__{name}"
    for end in ("origin", "destination")
    for name in ("other_labels", "keywords", "education_levels", "notes", "details")
)
_End = tuple[str, str, str]
_Record = TypeVar("_Record", CriterionRecord, LevelRecord, DefinitionRecord)


class HeldFramework:
    """A framework as it is held now, to be written; each part is read anew when it is asked for.

    What is part of it are its own associations, and the crosswalks from its skills that were
    accepted here. Skills that are retired say so.
    """

    def __init__(self, framework: Framework) -> None:
        self._row = framework

    @property
    def framework(self) -> FrameworkRecord:
        """The framework itself."""
        return framework(self._row)

    @property
    def skills(self) -> Iterator[SkillRecord]:
        """Its skills in the order in which they came."""
        rows = self._row.skills.order_by("pk").iterator(chunk_size=_TOGETHER)
        return (skill(row) for row in rows)

    @property
    def associations(self) -> Iterator[AssociationRecord]:
        """What leads from its skills."""
        rows = associations_of(self._row).order_by("pk").iterator(chunk_size=_TOGETHER)
        return (association(row, self._row) for row in rows)

    @property
    def rubrics(self) -> Iterator[RubricRecord]:
        """By what its skills are judged."""
        rows = self._row.rubrics.filter(retired_at=None).order_by("pk")
        return (rubric(row) for row in rows.iterator(chunk_size=_TOGETHER))

    @property
    def definitions(self) -> Iterable[DefinitionRecord]:
        """The words that it is described with."""
        return definitions(self._row)


def own() -> QuerySet[Framework]:
    """The frameworks that are the college's to publish. Those of others are theirs."""
    return Framework.objects.filter(is_own=True).order_by("pk")


def file_of(framework: Framework, write: Callable[[Source], Iterator[str]]) -> IO[bytes]:
    """The framework in a file, as it is at one moment, whoever imports meanwhile.

    It is written as a whole before anybody is given it, so that nobody gets half of one, and no
    slow reader keeps the database waiting.
    """
    file = cast(IO[bytes], SpooledTemporaryFile(max_size=_IN_MEMORY))
    with _one_moment():
        for piece in write(HeldFramework(framework)):
            file.write(piece.encode())
    file.seek(0)
    return file


def state(framework: Framework) -> str:
    """Another text whenever files of the framework would be other ones."""
    said = {
        "writers": _EDITION_OF_WRITERS,
        "here": settings.BASE_URL,
        "framework": str(framework.uuid),
        "editions": framework.editions.aggregate(last=Max("pk")),
        "imports": framework.imports.aggregate(last=Max("pk")),
        "crosswalks": Association.objects.filter(
            framework=None, origin__framework=framework, state=Association.State.ACCEPTED
        ).aggregate(Count("pk"), Max("reviewed_at"), Max("retired_at")),
    }
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:32]


# What is looked up


def skill_with(uuid: UUID) -> Skill | None:
    """The skill of an own framework that has this UUID, here or at its source."""
    rows = Skill.objects.select_related("framework").filter(framework__is_own=True)
    named = [str(uuid), f"ce-{uuid}"]
    return rows.filter(uuid=uuid).first() or rows.filter(identifier__in=named).first()


def association_with(uuid: UUID) -> tuple[Association, Framework] | None:
    """The association that has this UUID, and the own framework that says it."""
    rows = Association.objects.current().select_related(*_ENDS, "framework")
    of_ours = Q(framework__is_own=True) | Q(framework=None, origin__framework__is_own=True)
    found = rows.filter(of_ours, identifier=str(uuid)).first()
    return (found, _said_by(found)) if found else None


def associations_with(skill: Skill) -> Iterator[AssociationRecord]:
    """What leads from the skill or to it, as own frameworks and accepted crosswalks say."""
    rows = Association.objects.current().select_related(*_ENDS, "framework")
    of_ours = Q(framework__is_own=True) | Q(framework=None)
    found = rows.filter(of_ours, Q(origin=skill) | Q(destination=skill)).order_by("pk")
    return (association(row, row.framework or skill.framework) for row in found)


def rubric_with(uuid: UUID) -> Rubric | None:
    """The rubric of an own framework that has this UUID."""
    rows = Rubric.objects.filter(framework__is_own=True, retired_at=None)
    return rows.select_related("framework").filter(identifier=str(uuid)).first()


def definitions_like(kind: str, uuid: UUID) -> list[DefinitionRecord]:
    """The definition of that kind and UUID in own frameworks, and those below it by their codes."""
    for row in own():
        known = [one for one in definitions(row) if one.kind == kind]
        for found in known:
            if case.uuid_of(found.identifier) == str(uuid):
                below = f"{found.code}."
                return [found, *(one for one in known if found.code and one.code.startswith(below))]
    return []


# Records


def framework(row: Framework) -> FrameworkRecord:
    """The framework, changed when its newest edition says so that was not read from a file."""
    latest = row.editions.order_by("-number").first()
    changed_at = row.changed_on_source
    if latest and (changed_at is None or latest.made_by_id is None):
        changed_at = max(latest.at, changed_at or latest.at)
    return FrameworkRecord(
        identifier=identities.published(row.identifier, row.uuid),
        uri=_framework_address(row),
        title=row.title,
        creator=row.creator,
        publisher=row.publisher,
        description=row.description,
        type=row.type,
        version=row.version,
        language=row.language,
        official_url=row.official_url,
        adoption_status=row.adoption_status,
        case_version=row.case_version,
        notes=row.notes,
        subjects=tuple(row.subjects),
        changed_at=changed_at,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        details=row.details,
    )


def skill(row: Skill) -> SkillRecord:
    """The skill; one that is retired ends on the day that it was retired, at the latest."""
    changed_at, ends_on = row.changed_on_source or row.worded_at, row.ends_on
    if row.retired_at is not None:
        changed_at = max(changed_at, row.retired_at)
        ends_on = min(ends_on or row.retired_at.date(), row.retired_at.date())
    return SkillRecord(
        identifier=identities.published(row.identifier, row.uuid),
        uri=_address(row),
        statement=row.statement,
        label=row.label,
        other_labels=tuple(row.other_labels),
        code=row.code,
        kind=cast(Kind, row.kind),
        kind_word=row.kind_at_source,
        keywords=tuple(row.keywords),
        language=row.language,
        education_levels=tuple(row.education_levels),
        notes=row.notes,
        is_retired=row.retired_at is not None,
        changed_at=changed_at,
        starts_on=row.starts_on,
        ends_on=ends_on,
        details=row.details,
    )


def associations_of(framework: Framework) -> QuerySet[Association]:
    """The framework's associations that hold, and the accepted crosswalks from its skills."""
    said = Q(framework=framework) | Q(framework=None, origin__framework=framework)
    rows = Association.objects.current().filter(said).select_related("origin", "destination")
    return rows.defer(*_NOT_OF_ENDS)


def association(row: Association, framework: Framework) -> AssociationRecord:
    """An association of the framework with what its ends are called here."""
    origin, origin_uri, origin_title = _end(row.origin, row.origin_uri, row.origin_title, framework)
    destination, destination_uri, destination_title = _end(
        row.destination, row.destination_uri, row.destination_title, framework
    )
    return AssociationRecord(
        identifier=row.identifier,
        uri=_part_address(row.uri, "CFAssociations", row.identifier),
        type=row.kind,
        type_word=row.kind_at_source,
        origin=origin,
        origin_uri=origin_uri,
        origin_title=origin_title,
        destination=destination,
        destination_uri=destination_uri,
        destination_title=destination_title,
        sequence=row.sequence,
        grouping=row.grouping,
        notes=row.notes,
        changed_at=row.changed_on_source or row.reviewed_at or row.began_at,
        details=row.details,
    )


def rubric(row: Rubric) -> RubricRecord:
    """The rubric; its criteria name skills as the skills are identified."""
    named = {one["skill"] for one in row.criteria if one["skill"]}
    rows = Skill.objects.filter(framework=row.framework_id, identifier__in=named)
    known = {each.identifier: each for each in rows}
    return RubricRecord(
        identifier=row.identifier,
        uri=_part_address(row.uri, "CFRubrics", row.identifier),
        title=row.title,
        description=row.description,
        criteria=tuple(_criterion(one, known) for one in row.criteria),
        changed_at=row.changed_on_source or row.began_at,
        details=row.details,
    )


def definitions(row: Framework) -> list[DefinitionRecord]:
    """The words that the framework is described with."""
    return [_record(DefinitionRecord, one) for one in row.definitions]


def _criterion(said: Mapping[str, Any], known: Mapping[str, Skill]) -> CriterionRecord:
    levels = tuple(_record(LevelRecord, one) for one in said["levels"])
    there = known.get(said["skill"])
    own = {} if there is None else {"skill": identities.published(there.identifier, there.uuid)}
    return _record(CriterionRecord, {**said, **own, "levels": levels})


def _record(kind: type[_Record], said: Mapping[str, Any]) -> _Record:
    """A record as `holdings` kept it in JSON."""
    known = {each.name for each in fields(kind)}
    members = {name: value for name, value in said.items() if name in known}
    changed_at = members.get("changed_at")
    return kind(**{**members, "changed_at": _moment(changed_at)})


def _moment(kept: str | None) -> datetime | None:
    return moments.parsed(kept) if kept else None


def _end(skill: Skill | None, uri: str, title: str, framework: Framework) -> _End:
    if skill is not None:
        return identities.published(skill.identifier, skill.uuid), _address(skill), skill.name
    if uri in (framework.uri, framework.identifier):
        identifier = identities.published(framework.identifier, framework.uuid)
        return identifier, _framework_address(framework), framework.title
    address = uri if texts.is_address(uri) else naming.address_of(uri)
    return ends.uuid_in(uri[-36:]) or uri[:200], address, title


def _framework_address(framework: Framework) -> str:
    uri = framework.uri
    return uri if identities.is_web(uri) else identities.framework_address(framework.uuid)


def _address(skill: Skill) -> str:
    return skill.uri if identities.is_web(skill.uri) else identities.address(skill.uuid)


def _part_address(uri: str, collection: str, identifier: str) -> str:
    """The address of what has no page: its source's, else that of its CASE object here."""
    if identities.is_web(uri):
        return uri
    return f"{settings.BASE_URL}/ims/case/v1p1/{collection}/{case.uuid_of(identifier)}"


def _said_by(row: Association) -> Framework:
    if row.framework is not None:
        return row.framework
    if row.origin is None:
        raise ValueError("A crosswalk leads from a skill.")
    return row.origin.framework


@contextmanager
def _one_moment() -> Iterator[None]:
    """Whatever is read inside is of one moment; within a transaction, of what that one sees."""
    alias = router.db_for_read(Framework)
    connection = connections[alias]
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(using=alias):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
