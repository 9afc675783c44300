"""Uploads: files that wait between being looked at and being applied."""

import hashlib
import shutil
import tempfile
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from issuer.errors import WrongState
from issuer.services import ledger
from registrar.errors import ImportRefused

_PREFIX = "credential-issuer-upload-"
_NAME = "upload"


def keep(file: File) -> Path:
    """Store an upload where only this service can read it, in a folder of its own.

    The name that it came with is for records only: a file system may find it too long.
    """
    path = place(new_folder())
    with path.open("wb") as target:
        for part in file.chunks():
            target.write(part)
    return path


def new_folder() -> Path:
    """A folder for one upload, or for what becomes one; it is removed like all others."""
    return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=settings.UPLOAD_DIR)).resolve()


def place(folder: Path) -> Path:
    """Where the upload lies in its folder."""
    return folder / _NAME


def discard(path: Path | str) -> None:
    """Remove an upload that is no longer needed; files that came otherwise stay."""
    folder = Path(path).parent
    is_ours = folder.parent.resolve() == Path(settings.UPLOAD_DIR).resolve()
    if is_ours and folder.name.startswith(_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def put_aside(kept: Any, *, act: str, by: User | None) -> None:
    """Discard what an upload would change, for good, and remove it; `act` stands in the ledger.

    Raises WrongState where it waits no longer.
    """
    waiting = type(kept).objects.filter(pk=kept.pk, state=kept.State.PLANNED)
    if not waiting.update(state=kept.State.DISCARDED):
        raise WrongState
    kept.refresh_from_db()
    ledger.append(act, kept, by=by or "system")
    transaction.on_commit(partial(discard, kept.stored_at))


def expiry(*, at: datetime | None = None) -> datetime:
    """The moment before which an upload must have come to be no longer waited for."""
    return (at or timezone.now()) - timedelta(hours=settings.UPLOAD_KEEP_HOURS)


def sweep(*, needed: Collection[str], at: datetime | None = None) -> int:
    """Remove uploads that wait for too long; how many. Those at the paths `needed` stay."""
    before = expiry(at=at).timestamp()
    old = [
        folder
        for folder in Path(settings.UPLOAD_DIR).glob(f"{_PREFIX}*")
        if _came_before(folder, before) and str(place(folder.resolve())) not in needed
    ]
    for folder in old:
        discard(place(folder))
    return len(old)


def digest(path: Path) -> str:
    """A SHA-256 of a file, or of the names and contents of the files in a folder.

    Raises ImportRefused when there is nothing to read.
    """
    try:
        if path.is_dir():
            files = sorted(found for found in path.iterdir() if found.is_file())
            listing = "".join(f"{_sha256(found)} {found.name}\n" for found in files)
            return hashlib.sha256(listing.encode()).hexdigest()
        return _sha256(path)
    except OSError:
        raise ImportRefused(f"There is no {path.name} that can be read.") from None


def _came_before(folder: Path, moment: float) -> bool:
    try:
        return folder.stat().st_mtime < moment
    except OSError:  # another worker has just removed it, or it is a link of somebody else's
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
