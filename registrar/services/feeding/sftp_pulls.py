"""Pulls from SFTP servers: the newest whole zip of a folder, unless it was taken before."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from registrar.models import Feed, Pull
from registrar.readers.archive import Limits
from registrar.services.college import uploads
from registrar.services.feeding import feed_secrets
from registrar.sources import sftp
from registrar.sources.sftp import Account, File

PORT: Final = 22


def take(pull: Pull) -> None:
    """Fill in the pull, unsaved: the file that was taken, or the one that is still the newest.

    Raises SourceSilent, SourceRefuses and FeedRefused.
    """
    before = pull.feed.pulls.filter(state=Pull.State.DONE).exclude(position={}).first()
    known = File(**before.position) if before else None
    place = uploads.place(Path(pull.folder))
    found, pull.notes = sftp.take_newest(
        account(pull.feed), place, known=known, max_bytes=Limits().total_bytes
    )
    if found is not None:
        pull.stored_at = str(place)
        pull.rows = {"files": 1, "bytes": found.size}
    newest = found or known
    if newest is not None:
        pull.position = {
            "name": newest.name,
            "size": newest.size,
            "written_at": newest.written_at,
        }


def look(feed: Feed) -> dict[str, int | None]:
    """How many zips the folder has, and the size of the newest in bytes."""
    files = sftp.listing(account(feed))
    newest = {f"bytes in {file.name}": file.size for file in files[:1]}
    return {"zips": len(files), **newest}


def account(feed: Feed) -> Account:
    """How the server is entered. Raises FeedRefused where the secret does not open."""
    parts = urlsplit(feed.address)
    return Account(
        host=parts.hostname or "",
        port=parts.port or PORT,
        user=feed.account,
        secret=feed_secrets.open_for(feed),
        fingerprint=feed.host_key,
        folder=feed.folder,
        is_trusted=f"sftp://{parts.netloc}".lower() in settings.FEED_ORIGINS,
    )
