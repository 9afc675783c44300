"""Wordings: what all credentials of one kind say, and how one of them differs from the others."""

import copy
import hashlib
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings

from issuer.models import Achievement, Shape, StatusList
from issuer.models.status import list_url
from issuer.vc import status_list as bitstring
from issuer.vc import timestamps
from issuer.vc.errors import VcError
from issuer.vc.json_text import write_json
from issuer.vc.shapes import Hole, Kind, trials

log = logging.getLogger(__name__)

Document = dict[str, Any]

# Names of the holes that every shape ends with.
STATUS = (("status list", Kind.TOKEN), ("status index", Kind.TOKEN))


@dataclass(frozen=True)
class Place:
    """Where credentials of one wording differ.

    `pointer` leads to a member of the sample (RFC 6901, names and indexes without escapes), whose
    text is `prefix` and then the value.
    """

    pointer: str
    kind: Kind
    prefix: str = ""


@dataclass(frozen=True, eq=False)
class Wording:
    """A sample, without status entry and proof, and the places at which others differ from it."""

    sample: Document
    places: tuple[Place, ...]

    def filled(self, values: Sequence[str]) -> Document:
        """The document that says the values, one for each place in their order."""
        document = copy.deepcopy(self.sample)
        for place, value in zip(self.places, values, strict=True):
            _put(document, place.pointer, place.prefix + value)
        return document


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What is to be said at one position of a batch, without status entry and proof.

    Either a `document` of its own, or a `wording` that many share and the `values` for its
    places. What was composed elsewhere has no achievement, and may bear an `id` of its own.
    `status_purpose` tells whether it can be revoked, or suspended.
    """

    credential_id: uuid.UUID
    position: int
    achievement: Achievement | None
    document: Document | None = None
    wording: Wording | None = None
    values: tuple[str, ...] = ()
    composed_id: str = ""
    status_purpose: str = StatusList.Purpose.REVOCATION

    def member(self, name: str) -> Any:
        """What the document says at its top under this name, None if nothing."""
        if self.wording is None:
            return (self.document or {}).get(name)
        for place, value in zip(self.wording.places, self.values, strict=True):
            if place.pointer == f"/{name}":
                return place.prefix + value
        return self.wording.sample.get(name)

    def said(self) -> Document:
        """The document as a whole."""
        if self.document is not None:
            return self.document
        if self.wording is None:
            raise ValueError("A statement has a document or a wording.")
        return self.wording.filled(self.values)


def shape_of(wording: Wording, purpose: str) -> Shape | None:
    """The stored shape of credentials of this wording, whose status entries have this purpose.

    The same wording has the same shape, whoever asks first stores it. None if no shape can say
    it, or if the shape makes something else than the full pipeline, which is tried at the first
    use in each process.
    """
    kinds = [place.kind for place in wording.places] + [kind for _, kind in STATUS]
    *sentinels, name, index = _sentinels(wording, kinds)
    document = wording.filled(sentinels)
    document["credentialStatus"] = _open_entry(name, index, purpose)
    holes = [
        Hole(place.pointer, place.kind, sentinel)
        for place, sentinel in zip(wording.places, sentinels, strict=True)
    ]
    holes += [
        Hole(each, kind, sentinel)
        for (each, kind), sentinel in zip(STATUS, (name, index), strict=True)
    ]
    text = write_json(document)
    listed = write_json([[hole.name, hole.kind, hole.sentinel] for hole in holes])
    if not _holds(text, listed):
        return None
    digest = hashlib.sha256(f"{text}\n{listed}".encode()).digest()
    said = {"document": text, "holes": listed}
    shape, _ = Shape.objects.get_or_create(digest=digest, defaults=said)
    return shape


def fit(shape: Shape, statement: Statement) -> bool:
    """Tell whether the shape can say this statement; what it can't is to be said as a whole."""
    try:
        shape.compiled.write([*statement.values, "0", "0"])
    except VcError:
        return False
    return True


@lru_cache(maxsize=256)
def _holds(document: str, holes: str) -> bool:
    """Whether a shape that isn't stored yet makes what the full pipeline makes."""
    shape = Shape(document=document, holes=holes)
    try:
        compiled = shape.compiled
        trials.check(compiled, trials.hostile(compiled, settings.SHAPE_TRIALS))
    except VcError:
        log.exception("a wording has no shape: its credentials are signed as a whole")
        return False
    return True


def _open_entry(name: str, index: str, purpose: str) -> Document:
    """A status entry with sentinels for the list's name and the index."""
    url = list_url(name)
    made = bitstring.entry(list_url=url, index=0, purpose=purpose)
    return made | {"id": f"{url}#{index}", "statusListIndex": index}


def _sentinels(wording: Wording, kinds: Sequence[Kind]) -> list[str]:
    """What stands in the holes: the same for each who asks, and nothing that an author wrote.

    They follow from the whole document, the id of its achievement among it, which is drawn when
    the texts are approved; `shapes` refuses a document in which one stands by accident.
    """
    blank = write_json(wording.filled([""] * len(wording.places)))
    seeds = (hashlib.sha256(f"{number} {blank}".encode()) for number in range(len(kinds)))
    return [_sentinel(kind, seed.digest()) for seed, kind in zip(seeds, kinds, strict=True)]


def _sentinel(kind: Kind, seed: bytes) -> str:
    """One that can stand where such values do."""
    if kind is Kind.DATETIME:
        return _moment(seed)
    return f"urn:uuid:{seed.hex()[:32]}" if kind is Kind.IRI else seed.hex()


def _moment(seed: bytes) -> str:
    """A moment after all that is stated in earnest, so that what is to end later does."""
    seconds = int.from_bytes(seed[:8]) % 10**11
    return timestamps.write(datetime(3000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))


def _put(document: Document, pointer: str, value: str) -> None:
    *path, last = pointer.split("/")[1:]
    found: Any = document
    for step in path:
        found = found[int(step)] if isinstance(found, list) else found[step]
    found[int(last) if isinstance(found, list) else last] = value
