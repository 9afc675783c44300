"""Feeds: which folders the night looks into, and what has come there."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from issuer.services import ledger
from registrar.errors import FeedRefused
from registrar.models import Feed, RosterImport
from registrar.services import roles, rosters

RIGHT: Final = "registrar.import_roster"
# A path of plain names; nothing leads out of FEED_DIR.
_PLAIN = re.compile(r"[\w][\w .-]*(/[\w][\w .-]*)*")
# What systems call a file that is still being written.
_UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")


@dataclass(frozen=True, slots=True)
class Dropped:
    """What lies in a feed's folder, and when it was read, if it was."""

    path: Path
    read_at: datetime | None


@transaction.atomic
def add(name: str, folder: str, *, by: User, **said: Any) -> Feed:
    """Let the night look into a folder of FEED_DIR. Raises FeedRefused and NotAllowed."""
    roles.demand_for_all(by, RIGHT)
    name, folder = name.strip(), folder.strip().strip("/")
    if not name or not _PLAIN.fullmatch(folder) or ".." in folder.split("/"):
        raise FeedRefused("Name the feed, and a folder such as banner/nightly, without dots.")
    try:
        with transaction.atomic():
            feed = Feed.objects.create(name=name, folder=folder, **said)
    except IntegrityError:
        raise FeedRefused("Another feed has this name or this folder.") from None
    ledger.append("feed.added", feed, by=by, details={"folder": folder})
    return feed


@transaction.atomic
def retire(feed: Feed, *, by: User, reason: str) -> Feed:
    """Let the night no longer look there."""
    roles.demand_for_all(by, RIGHT)
    Feed.objects.filter(pk=feed.pk, retired_at=None).update(retired_at=Now())
    ledger.append("feed.retired", feed, by=by, reason=reason)
    feed.refresh_from_db()
    return feed


def newest(feed: Feed) -> Dropped | None:
    """The newest roster in the feed's folder; None while there is none.

    Links that lead out of the folder are passed over. Raises FeedRefused when there is no such
    folder.
    """
    folder = Path(settings.FEED_DIR) / feed.folder
    try:
        inside = folder.resolve()
        found = [each for each in folder.iterdir() if _is_whole(each, inside=inside)]
        ordered = sorted(found, key=lambda each: (each.stat().st_mtime, each.name))
    except OSError as error:
        raise FeedRefused(
            f"The folder {feed.folder} cannot be read: {error.strerror}. Make it, or correct the "
            "feed."
        ) from None
    if not ordered:
        return None
    path = ordered[-1]
    known = RosterImport.objects.filter(
        sha256=rosters.digest(path), stored_at=str(path.resolve())
    ).exclude(state=RosterImport.State.DISCARDED)
    read = known.order_by("read_at").last()
    return Dropped(path, read.read_at if read else None)


def _is_whole(path: Path, *, inside: Path) -> bool:
    if path.name.startswith(".") or path.name.lower().endswith(_UNFINISHED):
        return False
    if path.is_dir():
        return all(_lies(each, inside) for each in (path, *path.iterdir()))
    # A pipe that is called .zip would never end.
    return path.is_file() and path.suffix.lower() == ".zip" and _lies(path, inside)


def _lies(path: Path, inside: Path) -> bool:
    """Whether it lies there itself: who drops rosters must not have other files read."""
    try:
        return path.resolve().is_relative_to(inside)
    except RuntimeError:  # a link that leads to itself
        return False
