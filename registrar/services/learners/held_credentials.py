"""What a learner holds here: what we issued, and others' credentials that they keep with us.

Others' credentials are verified before they are kept, and stay what they are: nothing that we
decide or say of the learner rests on them.
"""

import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.db import transaction
from django.db.models import CharField, DateTimeField, F, QuerySet
from django.db.models.functions import Cast
from oauth2_provider.models import AbstractApplication

from issuer.models import Credential, Release, SecuredDocument, StatusChange
from issuer.services import clock, ledger, verification
from issuer.vc import classes, credential, reading, timestamps
from issuer.vc.clr import ClrCredential
from issuer.vc.errors import VcError
from issuer.vc.json_text import holds_nul, parse_json
from issuer.vc.openbadges import AchievementCredential
from issuer.vc.verification.inspection import Inspection
from issuer.vc.verification.report import Check, Outcome
from issuer.vc.verification.shown import Thing, Wrapping
from registrar.errors import NotHosted
from registrar.models import Award, HostedCredential, Learner
from registrar.services.college import patience

Kind = HostedCredential.Kind
MAX_BYTES: Final = 512 * 1024
MOST: Final = 500
# Within a quarter of an hour, for a learner: each is verified, which takes its time.
AT_ONCE: Final = 100

_THINGS: Final = {Kind.BADGE: Thing.BADGE, Kind.RECORD: Thing.RECORD}
_CLASSES: Final = {Kind.BADGE: AchievementCredential, Kind.RECORD: ClrCredential}
_CALLED: Final = {Kind.BADGE: "an Open Badge", Kind.RECORD: "a CLR"}


class Became(StrEnum):
    """What became of a credential that was brought."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what a learner holds: documents as they were signed, and how many there are."""

    total: int
    documents: list[str]
    tokens: list[str]


def page(learner: Learner, kind: Kind, *, since: datetime | None, limit: int, offset: int) -> Page:
    """What the learner holds of a kind, what came first first.

    `since` asks for what came after that moment. What we issued comes when it is released; what
    another has taken the place of is not shown any more.
    """
    found = _hosted(learner, kind, since)
    if kind == Kind.BADGE:
        found = _issued(learner, since).union(found, all=True)
    found = found.order_by("at", "key")
    rows = list(found[offset : offset + limit])
    bodies = _bodies(rows)
    # What the learner has removed meanwhile is not there any more.
    texts = [bodies[row["key"]] for row in rows if row["key"] in bodies]
    return Page(
        total=found.count(),
        documents=[text for text, is_token in texts if not is_token],
        tokens=[text for text, is_token in texts if is_token],
    )


def bring(
    learner: Learner, content: bytes, *, kind: Kind, is_token: bool, by: AbstractApplication
) -> tuple[str, Became]:
    """Keep a credential for the learner, in the place of an older one of its issuer and id.

    It is kept only if everything about it can be checked and is right, and unless it is about
    somebody else. The same again, and an older one, change nothing; nor does one of ours, which
    is there already. Raises NotHosted, which says why, and TooManyAttempts.
    """
    patience.demand("bring", str(learner.pk), address="", at_name=AT_ONCE, from_address=sys.maxsize)
    patience.count("bring", str(learner.pk), address="")
    if len(content) > MAX_BYTES:
        raise NotHosted(f"The credential has more than {MAX_BYTES:,} bytes.")
    text = _text(content, is_token)
    inspected = verification.verify(text.encode(), person=learner.email or learner.number)
    document = _require_sound(inspected, kind, is_token)
    document_id, issuer_id = str(document["id"]), inspected.issuer_id
    if verification.is_ours(inspected) and (award := _award(document_id)):
        if award.learner_id != learner.pk:
            raise NotHosted("It was issued to somebody else.")
        return text, Became.UNCHANGED
    fresh = HostedCredential(
        learner=learner,
        kind=kind,
        name=(reading.read(document).name or document_id)[:300],
        document_id=document_id[:500],
        issuer_id=issuer_id[:500],
        text=text,
        is_token=is_token,
        is_about_learner=_recipient(inspected).outcome == Outcome.PASSED,
        valid_from=_valid_from(document),
        brought_by_id=by.pk,
        received_at=clock.now(),
    )
    return text, _keep(fresh)


def issued(learner: Learner) -> "QuerySet[Any]":
    """The credentials that we released to the learner, the newest first, each with its `state`.

    What another has taken the place of is not among them.
    """
    found = Credential.objects.filter(pk__in=_released(learner).values("credential"))
    with_all = found.select_related("release", "achievement", "shape").with_state()
    return with_all.order_by("-release__released_at", "pk")


def kept(learner: Learner) -> QuerySet[HostedCredential]:
    """Others' credentials that are kept here for the learner, the newest first."""
    return HostedCredential.objects.filter(learner=learner).order_by("-received_at", "-pk")


@transaction.atomic
def remove(hosted: HostedCredential) -> None:
    """Keep a credential of others no longer, as the learner wishes."""
    _enter("credential.removed", hosted)
    hosted.delete()


# What there is


def _released(learner: Learner) -> QuerySet[Release]:
    superseded = StatusChange.objects.filter(superseded_by__isnull=False)
    return Release.objects.filter(
        credential__in=Award.objects.filter(learner=learner).values("credential")
    ).exclude(credential__in=superseded.values("verifiable_credential__credential"))


def _issued(learner: Learner, since: datetime | None) -> QuerySet[Any, dict[str, Any]]:
    found = _released(learner)
    if since is not None:
        found = found.filter(released_at__gt=since)
    return _columns(found, "released_at", "credential_id")


def _hosted(learner: Learner, kind: Kind, since: datetime | None) -> QuerySet[Any, dict[str, Any]]:
    found = HostedCredential.objects.filter(learner=learner, kind=kind)
    if since is not None:
        found = found.filter(received_at__gt=since)
    return _columns(found, "received_at", "pk")


def _columns(found: QuerySet[Any], at: str, key: str) -> QuerySet[Any, dict[str, Any]]:
    """The same columns of what we issued and of what others did, so that they can be one list."""
    return (
        found.order_by()
        .annotate(at=Cast(F(at), DateTimeField()), key=Cast(F(key), CharField()))
        .values("at", "key")
    )


def _bodies(rows: list[dict[str, Any]]) -> dict[str, tuple[str, bool]]:
    keys = [row["key"] for row in rows]
    hosted = HostedCredential.objects.in_bulk([key for key in keys if key.isdigit()])
    found = {str(each.pk): (each.text, each.is_token) for each in hosted.values()}
    issued = SecuredDocument.objects.whole().filter(
        verifiable_credential__credential__in=[key for key in keys if not key.isdigit()]
    )
    for secured in issued:
        key = str(secured.verifiable_credential.credential_id)
        found[key] = (secured.body, False)
    return found


# What is brought


def _text(content: bytes, is_token: bool) -> str:
    try:
        text = content.decode().strip()
        if not is_token:
            parse_json(content)
    except (UnicodeDecodeError, VcError) as error:
        reason = str(error) if isinstance(error, VcError) else "It is not UTF-8."
        raise NotHosted(f"The credential cannot be read. {reason}") from None
    return text


def _require_sound(inspected: Inspection, kind: Kind, is_token: bool) -> Mapping[str, Any]:
    document = inspected.document
    if document is None or inspected.thing is not _THINGS[kind]:
        raise NotHosted(f"It is not {_CALLED[kind]}.")
    if inspected.wrappings != ((Wrapping.TOKEN,) if is_token else ()):
        raise NotHosted("It is neither JSON nor a token as it says to be.")
    for check in _checks(inspected):
        is_open = check.id == "recipient" and check.outcome == Outcome.COULD_NOT_CHECK
        if check.outcome != Outcome.PASSED and not is_open:
            raise NotHosted(f"It cannot be relied on ({check.id}): {check.detail}")
    if faults := list(classes.problems(document, _CLASSES[kind], "", compact=True)):
        raise NotHosted(f"It is not {_CALLED[kind]}: {faults[0].pointer} {faults[0].message}")
    if holds_nul(document):
        raise NotHosted("A text in it holds a NUL character, which cannot be kept.")
    if not credential.is_uri(document.get("id")):
        raise NotHosted("It has no id by which it could be replaced.")
    return document


def _checks(inspected: Inspection) -> Iterator[Check]:
    """Its own checks and those of all that it contains."""
    yield from inspected.checks
    for inner in inspected.contains:
        yield from _checks(inner)


def _recipient(inspected: Inspection) -> Check:
    return inspected.check("recipient")


def _award(document_id: str) -> Award | None:
    try:
        pk = uuid.UUID(document_id.removeprefix("urn:uuid:"))
    except ValueError:
        return None
    return Award.objects.filter(credential_id=pk).first()


def _valid_from(document: Mapping[str, Any]) -> datetime | None:
    try:
        return timestamps.read(document.get("validFrom"))
    except VcError:
        return None


@transaction.atomic
def _keep(fresh: HostedCredential) -> Became:
    # Locked, so that of two who bring the same one replaces the other.
    Learner.objects.select_for_update(no_key=True).get(pk=fresh.learner_id)
    all_held = HostedCredential.objects.filter(learner=fresh.learner)
    held = all_held.filter(issuer_id=fresh.issuer_id, document_id=fresh.document_id).first()
    if held is None:
        if all_held.count() >= MOST:
            raise NotHosted(f"No more than {MOST} credentials are kept for a learner.")
        fresh.save(force_insert=True)
        _enter("credential.hosted", fresh)
        return Became.CREATED
    is_older = held.valid_from and fresh.valid_from and fresh.valid_from < held.valid_from
    if held.text == fresh.text or is_older:
        return Became.UNCHANGED
    fresh.pk = held.pk
    fresh.save(force_update=True)
    _enter("credential.hosted_anew", fresh)
    return Became.REPLACED


def _enter(act: str, hosted: HostedCredential) -> None:
    details = {"kind": str(hosted.kind), "client": str(hosted.brought_by_id)}
    ledger.append(act, hosted, by="learner", details=details)
