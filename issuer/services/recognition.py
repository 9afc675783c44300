"""Recognition: which of our shapes makes a document that somebody shows."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings

from issuer.models import Credential, Shape
from issuer.vc import canonical, credential, walk
from issuer.vc.errors import VcError
from issuer.vc.shapes import Shape as Compiled
from issuer.vc.shapes import checking
from issuer.vc.shapes.checking import Recognised

log = logging.getLogger(__name__)

Document = dict[str, Any]

# Shapes of one achievement that are tried: as many as learners differ in what is said of them.
MAX_TRIED = 8
MAX_ACHIEVEMENTS = 256


# Finds the stored shape of the credential with this id.
LookUp = Callable[[uuid.UUID], Shape | None]

# Shapes by their achievement, the one that was met last first.
_MET: dict[str, tuple[Compiled, ...]] = {}


def recognise(document: Document, *, look_up: LookUp) -> Recognised | None:
    """Find our shape that makes the document, without its proofs, byte for byte; None if none does.

    For a document that names us as its issuer the shapes of its achievement that were met are
    tried, at most MAX_TRIED; then the stored one of the credential that bears its id. Nothing that
    is sent is believed: not its id, as whichever shape of ours makes the document states what it
    states; and not how it was written, as what was read of it, members in their order, is written
    anew to be compared.

    A shape that was not met yet counts only if what it makes is what canonicalising says.
    """
    try:
        if credential.issuer_id(document) != settings.ISSUER_DID:
            return None
        unsecured = credential.unsecured(document)
        unsigned = checking.written(unsecured)
    except (VcError, ValueError, TypeError, RecursionError):
        return None
    achievement = _achievement(document)
    met = _MET.get(achievement, ())
    for number, shape in enumerate(met):
        if found := checking.recognise(shape, unsigned):
            if number:
                _meet(achievement, shape)
            return found
    stored = _stored(document, look_up)
    if stored is None:
        return None
    recognised = checking.recognise(stored.compiled, unsigned)
    if recognised is None or not _is_right(recognised, unsecured):
        return None
    _meet(achievement, recognised.shape)
    return recognised


def look_up(credential_id: uuid.UUID) -> Shape | None:
    """The stored shape of the credential with this id, None if there is none."""
    found = Credential.objects.filter(pk=credential_id).select_related("shape").first()
    return found.shape if found else None


def _stored(document: Document, look_up: LookUp) -> Shape | None:
    try:
        return look_up(uuid.UUID(str(document.get("id")).removeprefix("urn:uuid:")))
    except ValueError:
        return None


def _is_right(found: Recognised, unsecured: Document) -> bool:
    try:
        if found.canonical() == canonical.canonize(unsecured):
            return True
    except VcError:
        log.exception("a shape makes what can't be canonicalised")
        return False
    log.error("a shape deviates from the full pipeline: %s", found.values)
    return False


def _meet(achievement: str, shape: Compiled) -> None:
    if achievement not in _MET and len(_MET) >= MAX_ACHIEVEMENTS:
        _MET.clear()
    others = (each for each in _MET.get(achievement, ()) if each is not shape)
    _MET[achievement] = (shape, *others)[:MAX_TRIED]


def _achievement(document: Document) -> str:
    for _, subject in walk.each_object(document, "credentialSubject"):
        for _, achievement in walk.each_object(subject, "achievement"):
            return str(achievement.get("id"))
    return ""
