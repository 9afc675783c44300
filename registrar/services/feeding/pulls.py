"""Pulls: what a feed's server is asked for, page by page, until it lies here as one roster.

A pull goes on where it stopped, whoever was killed: each page is a file before the row says that
it has come, and the same page again is the same file.
"""

import math
import shutil
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from issuer.services import clock
from registrar.errors import FeedRefused, NotServed, SourceRefuses, SourceSilent
from registrar.models import Feed, NightRun, Pull, RosterImport
from registrar.readers.archive import Limits
from registrar.services.college import uploads
from registrar.services.feeding import feed_secrets, pull_formats, pulled_pages, sftp_pulls
from registrar.sources.paged_rest import Conversation, Server

State = Pull.State

# Seconds for which a worker asks before it lets others have their turn; a page that is being read
# then may take as long again, and a task ends after 120.
TURN: Final = 40
LEASE: Final = timedelta(seconds=150)
# Rows a page, at first; a server that is slow is asked for fewer.
MOST_ROWS: Final = 5_000
_FEWEST_ROWS: Final = 100
# So many turns without a single page, and the server counts as dead for this night.
PATIENCE: Final = 3
# Bytes that the pages of a pull may take: what is read of a roster at most, and as much again, for
# pages overlap by up to a half.
MOST_ROOM: Final = 2 * Limits().total_bytes
# Pages older than that are read again: they are no one state of the system any more.
FRESH: Final = timedelta(hours=20)
# Clocks differ, and what was being written when we asked may bear an earlier time.
_BEFORE: Final = timedelta(hours=1)


def carry_on(feed: Feed, run: NightRun) -> Pull:
    """Begin the pull of this night, take up one that was broken off, or go on with the one begun.

    It asks for TURN seconds at most. Not in a transaction: what has come is kept at once.
    """
    pull = feed.pulls.filter(run=run).first() or _taken_up(feed, run) or _begun(feed, run)
    if pull.state == State.RUNNING and _leased(pull):
        _turn(pull)
        pull.refresh_from_db()
    return pull


def look(feed: Feed) -> dict[str, int | None]:
    """How many rows of each collection the server has now; None where it does not say.

    Collections that it does not have are left out. Raises SourceSilent, SourceRefuses and
    FeedRefused.
    """
    if feed.kind == Feed.Kind.SFTP:
        return sftp_pulls.look(feed)
    conversation = Conversation(_server(feed))
    conversation.sign_in()
    found: dict[str, int | None] = {}
    for collection in pull_formats.of(feed).collections:
        try:
            page = conversation.page(collection, offset=0, limit=1)
        except NotServed:
            continue
        found[collection] = page.total if page.things or page.total else 0
    return found


def rehearse(feed: Feed) -> Pull:
    """What a pull begun now would bring, without a row of it; whoever asks discards what has come.

    It is asked for without a break, which may take minutes. Raises SourceSilent, SourceRefuses and
    FeedRefused.
    """
    pull = Pull(feed=feed, folder=str(uploads.new_folder()), since=_since(feed))
    try:
        if feed.kind == Feed.Kind.SFTP:
            sftp_pulls.take(pull)
            _done(pull)
        else:
            _turn_pages(pull, seconds=math.inf)
    except BaseException:
        _discard(pull)
        raise
    return pull


def give_up(pull: Pull, why: str) -> None:
    """Leave it for this night; the next one may take it up."""
    said = {"state": State.BROKEN, "error": why, "leased_until": None, "ended_at": clock.now()}
    _say(pull, said)
    Pull.objects.filter(pk=pull.pk).exclude(state=State.DONE).update(**said)


def may_go_on(run: NightRun) -> bool:
    """Whether a pull of the night is under way that may be gone on with at once."""
    return run.pulls.filter(state=State.RUNNING, failures=0, leased_until=None).exists()


# Beginning


def _taken_up(feed: Feed, run: NightRun) -> Pull | None:
    """The pull that an earlier night left unfinished, now of this night; None if it is too old."""
    left = feed.pulls.first()
    if left is None or left.state == State.DONE:
        return None
    is_fresh = left.began_at > clock.now() - FRESH and Path(left.folder).is_dir()
    if not is_fresh:
        give_up(left, "It was broken off too long ago.")
        _discard(left)
        return None
    again = {"run": run, "state": State.RUNNING, "failures": 0, "error": "", "ended_at": None}
    Pull.objects.filter(pk=left.pk).update(**again)
    left.refresh_from_db()
    return left


def _begun(feed: Feed, run: NightRun) -> Pull:
    folder = uploads.new_folder()
    since = _since(feed)
    try:
        with transaction.atomic():
            return Pull.objects.create(feed=feed, run=run, folder=str(folder), since=since)
    except IntegrityError:  # another worker has begun it at this moment
        shutil.rmtree(folder, ignore_errors=True)
        return Pull.objects.get(feed=feed, run=run)


def _since(feed: Feed) -> datetime | None:
    """From when on changes are asked for; None where everything is.

    What came before counts once it was applied, or where nothing had come.
    """
    applied = RosterImport.objects.filter(state=RosterImport.State.APPLIED).values("stored_at")
    taken_in = feed.pulls.filter(
        Q(stored_at="") | Q(stored_at__in=applied), state=State.DONE
    ).order_by("-began_at")
    whole, last = taken_in.filter(since=None).first(), taken_in.first()
    if whole is None or last is None:
        return None
    if whole.began_at <= clock.now() - timedelta(days=feed.full_every):
        return None
    return last.began_at - _BEFORE


def _leased(pull: Pull) -> bool:
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    mine = Pull.objects.filter(free, pk=pull.pk, state=State.RUNNING)
    return bool(mine.update(leased_until=timezone.now() + LEASE))


# A turn


def _turn(pull: Pull) -> None:
    try:
        if pull.feed.kind == Feed.Kind.SFTP:
            sftp_pulls.take(pull)
            _done(pull)
        else:
            _turn_pages(pull)
    except SourceSilent as error:
        failures = pull.failures + 1
        _end_turn(pull, failures=failures, error=str(error))
        if failures >= PATIENCE:
            give_up(pull, str(error))
    except (SourceRefuses, FeedRefused) as error:
        give_up(pull, str(error))
    except OSError as error:
        give_up(pull, f"What came cannot be kept: {error.strerror}.")


def _turn_pages(pull: Pull, *, seconds: float = TURN) -> None:
    end = time.monotonic() + seconds
    conversation = Conversation(_server(pull.feed))
    taken = pulled_pages.room_taken(pull)
    while (position := _position(pull)) is not None:
        if taken > MOST_ROOM:
            raise SourceRefuses(
                f"It sends more than {MOST_ROOM:,} bytes, and no roster is so long."
            )
        taken += _take_page(pull, conversation, **position)
        if time.monotonic() > end:
            _end_turn(pull)
            return
    _finish(pull)


def _done(pull: Pull) -> None:
    """Nothing is left to be asked; without a roster its folder is not needed."""
    if not pull.stored_at:
        _discard(pull)
    said = {name: getattr(pull, name) for name in ("position", "rows", "notes", "stored_at")}
    _end_turn(pull, state=State.DONE, ended_at=clock.now(), error="", failures=0, **said)


def _end_turn(pull: Pull, **said: Any) -> None:
    _say(pull, said)
    Pull.objects.filter(pk=pull.pk).update(leased_until=None, **said)


def _say(pull: Pull, said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        setattr(pull, name, value)


def _position(pull: Pull) -> dict[str, Any] | None:
    """Which page comes next; None after the last."""
    if pull.position.get("is_at_end"):
        return None
    first = {"collection": pull_formats.of(pull.feed).collections[0], "offset": 0}
    return first | pull.position


def _take_page(pull: Pull, conversation: Conversation, *, collection: str, offset: int) -> int:
    """Keep the next page, and say which comes then; how many bytes it takes."""
    spoken = pull_formats.of(pull.feed)
    limit = max(MOST_ROWS >> (2 * pull.failures), _FEWEST_ROWS)
    since = None if collection in spoken.whole else pull.since
    try:
        page = conversation.page(collection, offset=offset, limit=limit, since=since)
    except NotServed as error:
        pull.notes.append(str(error))
        _go_on(pull, spoken.after(collection))
        return 0
    if offset > Limits().rows:
        raise SourceRefuses(f"{collection}: there is no end of them.")
    taken = pulled_pages.keep(pull, collection, offset, page.things)
    if pulled_pages.is_first_again(pull, collection, offset):
        raise SourceRefuses(f"{collection}: the first page comes again and again, and no other.")
    pull.rows[collection] = max(pull.rows.get(collection, 0), offset + len(page.things))
    if page.next_offset is None:
        _go_on(pull, spoken.after(collection))
    else:
        _go_on(pull, {"collection": collection, "offset": page.next_offset})
    return taken


def _go_on(pull: Pull, position: dict[str, Any]) -> None:
    pull.position, pull.failures = position, 0
    Pull.objects.filter(pk=pull.pk).update(
        position=position,
        rows=pull.rows,
        notes=pull.notes,
        failures=0,
        error="",
        leased_until=timezone.now() + LEASE,
    )


# The whole


def _finish(pull: Pull) -> None:
    """Make one roster of the pages; none where nothing has come."""
    folder = Path(pull.folder)
    spoken = pull_formats.of(pull.feed)
    if any(count for name, count in pull.rows.items() if not (pull.since and name in spoken.whole)):
        pulled_pages.bundle(pull)
        pull.stored_at = str(uploads.place(folder))
        for page in folder.glob("*-*"):
            page.unlink()
    elif pull.since is None:
        give_up(pull, "The server was asked for all that it has, and has nothing.")
        _discard(pull)
        return
    _done(pull)


def _discard(pull: Pull) -> None:
    uploads.discard(uploads.place(Path(pull.folder)))


def _server(feed: Feed) -> Server:
    return Server(
        dialect=pull_formats.of(feed).dialect,
        address=feed.address,
        token_address=feed.token_address,
        client_id=feed.account,
        secret=feed_secrets.open_for(feed),
        scopes=feed.scopes,
        trusted=settings.FEED_ORIGINS,
    )
