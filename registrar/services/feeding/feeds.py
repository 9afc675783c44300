"""Feeds: which folders the night looks into and which servers it asks, and what has come."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from issuer.services import ledger
from registrar.errors import FeedRefused
from registrar.models import Feed, RosterImport
from registrar.services.college import roles, uploads
from registrar.services.feeding import feed_secrets, pulls
from registrar.sources import sftp

Kind = Feed.Kind
# Those of which a server is asked.
SERVERS: Final = tuple(kind for kind in Kind if kind not in (Kind.FOLDER, Kind.API))

RIGHT: Final = "registrar.import_roster"
# A path of plain names; nothing leads out of FEED_DIR.
_PLAIN = re.compile(r"[\w][\w .-]*(/[\w][\w .-]*)*")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_PORTS = {"https": 443, "sftp": 22}
# What systems call a file that is still being written.
_UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")


@dataclass(frozen=True, slots=True)
class Dropped:
    """What lies in a feed's folder, when it came there, and when it was read, if it was.

    It is settled when nothing was written to it for FEED_SETTLES_SECONDS.
    """

    path: Path
    came_at: datetime
    read_at: datetime | None
    is_settled: bool


@transaction.atomic
def add(
    name: str, folder: str = "", *, by: User, kind: str = Kind.FOLDER, secret: str = "", **said: Any
) -> Feed:
    """Let the night look into a folder of FEED_DIR, or ask a server. FeedRefused and NotAllowed.

    Or take note of a system that sends rows itself: what is agreed holds for them as for rosters.
    A server's address is https, or one of FEED_ORIGINS; its secret is kept sealed.
    """
    roles.demand_for_all(by, RIGHT)
    feed = Feed(name=name.strip(), kind=kind, folder=folder.strip(), **said)
    if feed.shares_numbers and not feed.source.strip():
        raise FeedRefused("Name the system whose learner numbers are the college's own.")
    if kind == Kind.FOLDER:
        feed.folder = feed.folder.strip("/")
        _check_folder(feed)
    elif kind == Kind.API:
        feed.is_expected_daily = False
        if not (feed.name and feed.source.strip()):
            raise FeedRefused("Name the feed, and the source that its rows are sent under.")
    else:
        _check_server(feed, secret)
        feed.sealed_secret = feed_secrets.seal(feed, secret)
    try:
        with transaction.atomic():
            feed.save(force_insert=True)
    except IntegrityError:
        raise FeedRefused("Another feed has this name or this folder.") from None
    ledger.append("feed.added", feed, by=by, details={"from": feed.folder or feed.address})
    return feed


@transaction.atomic
def change_secret(feed: Feed, secret: str, *, by: User, ends_on: date | None = None) -> None:
    """Use another secret from now on, until its last day. Raises FeedRefused and NotAllowed."""
    roles.demand_for_all(by, RIGHT)
    _check_server(feed, secret)
    sealed = feed_secrets.seal(feed, secret)
    Feed.objects.filter(pk=feed.pk).update(sealed_secret=sealed, secret_ends_on=ends_on)
    ledger.append("feed.secret_changed", feed, by=by)
    feed.refresh_from_db()


def try_connection(feed: Feed, *, by: User) -> dict[str, int | None]:
    """Ask the server how many rows of what it has, and take nothing; None where it doesn't say.

    Raises NotAllowed, and SourceSilent, SourceRefuses or FeedRefused for what went wrong.
    """
    roles.demand_for_all(by, RIGHT)
    return pulls.look(feed)


def _check_folder(feed: Feed) -> None:
    if not feed.name or not _PLAIN.fullmatch(feed.folder) or ".." in feed.folder.split("/"):
        raise FeedRefused("Name the feed, and a folder such as banner/nightly, without dots.")


def _check_server(feed: Feed, secret: str) -> None:
    if not (feed.name and feed.account and secret):
        raise FeedRefused("Name the feed, the id and the secret that its server knows us by.")
    if feed.kind == Kind.SFTP:
        _check_sftp(feed, secret)
        return
    for address in (feed.address, feed.token_address):
        parts = urlsplit(address)
        if not parts.hostname or parts.query or not _is_open("https", parts):
            raise FeedRefused(
                f"“{address[:100]}” is no https address. One inside your own network has to stand "
                "in FEED_ORIGINS."
            )


def _check_sftp(feed: Feed, secret: str) -> None:
    parts = urlsplit(feed.address)
    if not parts.hostname or parts.path or parts.username or not _is_open("sftp", parts):
        raise FeedRefused(
            "Write the server as sftp://files.example.edu. One with another port, or inside your "
            "own network, has to stand in FEED_ORIGINS."
        )
    if not _FINGERPRINT.fullmatch(feed.host_key):
        raise FeedRefused(
            "Give the fingerprint of the server's key, SHA256: and 43 signs, as its operator has "
            "it. Without it nobody could tell the server from another."
        )
    sftp.check_key(secret)


def _is_open(scheme: str, parts: SplitResult) -> bool:
    """Whether an address may be asked: any public one, or one that the operator has named."""
    try:
        port = parts.port
    except ValueError:
        return False
    named = f"{parts.scheme}://{parts.netloc}".lower() in settings.FEED_ORIGINS
    return named or (parts.scheme == scheme and port in (None, _PORTS[scheme]))


@transaction.atomic
def retire(feed: Feed, *, by: User, reason: str) -> Feed:
    """Let the night no longer look there."""
    roles.demand_for_all(by, RIGHT)
    Feed.objects.filter(pk=feed.pk, retired_at=None).update(retired_at=Now())
    ledger.append("feed.retired", feed, by=by, reason=reason)
    feed.refresh_from_db()
    return feed


def folder_of_all() -> Path:
    """Where the folders of feeds lie: FEED_DIR."""
    return Path(settings.FEED_DIR).absolute()


def folder_of(feed: Feed) -> Path:
    """Where a system drops its rosters."""
    return folder_of_all() / feed.folder


def newest(feed: Feed) -> Dropped | None:
    """The newest roster in the feed's folder; None while there is none.

    Links that lead out of the folder are passed over. Raises FeedRefused when there is no such
    folder.
    """
    folder = folder_of(feed)
    try:
        inside = folder.resolve()
        found = [each for each in folder.iterdir() if _is_whole(each, inside=inside)]
        ordered = sorted(found, key=lambda each: (each.stat().st_mtime, each.name))
    except OSError as error:
        raise FeedRefused(
            f"The folder {folder} cannot be read: {error.strerror}. Make it, or correct the feed."
        ) from None
    if not ordered:
        return None
    path = ordered[-1]
    known = RosterImport.objects.filter(
        sha256=uploads.digest(path), stored_at=str(path.resolve())
    ).exclude(state=RosterImport.State.DISCARDED)
    read = known.order_by("read_at").last()
    came_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Dropped(path, came_at, read.read_at if read else None, _is_settled(path))


def _is_settled(path: Path) -> bool:
    try:
        files = list(path.iterdir()) if path.is_dir() else [path]
        written_at = [each.stat().st_mtime for each in files]
    except OSError:  # it goes while we look
        return False
    # A clock that is ahead must not hold it up for ever.
    return all(abs(time.time() - at) >= settings.FEED_SETTLES_SECONDS for at in written_at)


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
