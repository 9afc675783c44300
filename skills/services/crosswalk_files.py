"""A crosswalk of two frameworks as a framework of links alone, to be written and read elsewhere."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from skills.models import Association, Framework
from skills.readers import crosswalk_csv, identifiers, naming
from skills.readers.records import AssociationRecord, FrameworkRecord, Package
from skills.services import crosswalk

_TITLE: Final = 500


def package(left: Framework, right: Framework, *, creator: str = "") -> Package:
    """The links between the two that hold now, either way, each once whoever says it.

    The crosswalk is known by where it was made and by its frameworks, whichever comes first: the
    same every time, so that whoever took it in once is given what changed. What such a file
    brought back here is no source of another one.
    """
    first, second = sorted((left, right), key=lambda each: each.identifier)
    identifier = identifiers.made_of(
        "crosswalk", settings.BASE_URL, first.identifier, second.identifier
    )
    links = crosswalk.between(left, right).filter(state=Association.State.ACCEPTED)
    # Our own sayings first, and so the one that is told of.
    others = links.exclude(framework__identifier=identifier).order_by(
        F("framework").asc(nulls_first=True), "pk"
    )
    said: dict[tuple[str, str, str], AssociationRecord] = {}
    for one in map(_record, others):
        said.setdefault((one.type, one.origin_uri, one.destination_uri), one)
    found = list(_with_identifiers_of_their_own(said.values()))
    framework = FrameworkRecord(
        identifier=identifier,
        uri=naming.address_of(identifier),
        title=f"Crosswalk: {first.title} / {second.title}"[:_TITLE],
        creator=creator,
        changed_at=max(
            (record.changed_at for record in found if record.changed_at), default=timezone.now()
        ),
    )
    return Package(framework=framework, associations=found)


def _with_identifiers_of_their_own(
    records: Iterable[AssociationRecord],
) -> Iterator[AssociationRecord]:
    """Two sources may call different links the same."""
    taken: set[str] = set()
    for one in records:
        if one.identifier in taken:
            ends = one.origin_uri, one.destination_uri
            one = replace(one, identifier=identifiers.of_association("", one.type, *ends))
        taken.add(one.identifier)
        yield one


def _record(link: Association) -> AssociationRecord:
    ends = {
        crosswalk_csv.ORIGIN_FRAMEWORK: link.origin,
        crosswalk_csv.DESTINATION_FRAMEWORK: link.destination,
    }
    return AssociationRecord(
        identifier=link.identifier,
        uri=link.uri,
        type=link.kind,
        type_word=link.kind_at_source,
        origin=link.origin.identifier if link.origin else link.origin_uri,
        origin_uri=link.origin_uri,
        origin_title=link.origin.name if link.origin else link.origin_title,
        destination=link.destination.identifier if link.destination else link.destination_uri,
        destination_uri=link.destination_uri,
        destination_title=link.destination.name if link.destination else link.destination_title,
        notes=link.notes or link.reason,
        changed_at=link.reviewed_at or link.changed_on_source or link.began_at,
        details={name: end.framework.title for name, end in ends.items() if end},
    )
