"""Uploads wait to be applied, and are removed when nobody comes back for them."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.utils import timezone

from issuer.errors import WrongState
from issuer.models import LedgerEntry
from registrar import tasks
from registrar.models import RosterImport
from registrar.services.college import uploads
from registrar.services.feeding import rosters
from tests.registrar.test_oneroster_csv import Roster, zipped


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where uploads wait, for a week."""
    path = tmp_path / "uploads"
    path.mkdir()
    settings.UPLOAD_DIR = str(path)
    settings.UPLOAD_KEEP_HOURS = 7 * 24
    return path


@pytest.fixture
def bundle(tmp_path: Path) -> bytes:
    return zipped(tmp_path, Roster().files()).read_bytes()


def grow_old(path: Path, days: int = 8) -> None:
    then = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(path.parent, (then, then))


def test_what_lies_elsewhere_is_never_removed(tmp_path: Path, folder: Path) -> None:
    mine = tmp_path / uploads.keep(ContentFile(b"x")).parent.name / "upload"
    mine.parent.mkdir()
    mine.write_bytes(b"x")
    (folder / "upload-of-another-service").mkdir()
    for path in (mine, folder / "upload-of-another-service" / "upload"):
        grow_old(path)
        uploads.discard(path)
    assert uploads.sweep(needed=()) == 0
    assert mine.exists() and (folder / "upload-of-another-service").exists()


def test_a_link_to_nothing_keeps_nobody_from_sweeping(folder: Path) -> None:
    upload = uploads.keep(ContentFile(b"x"))
    grow_old(upload)
    upload.parent.with_name(f"{upload.parent.name}-gone").symlink_to("nowhere")
    assert uploads.sweep(needed=()) == 1


def test_an_upload_is_removed_when_it_has_waited_for_too_long(folder: Path) -> None:
    old, newer, needed = (uploads.keep(ContentFile(b"x")) for _ in range(3))
    for path in (old, needed):
        grow_old(path)
    grow_old(newer, days=6)
    assert uploads.sweep(needed={str(needed.resolve())}) == 1
    assert (old.exists(), newer.exists(), needed.exists()) == (False, True, True)
    assert uploads.sweep(needed=(), at=timezone.now() + timedelta(days=9)) == 2
    assert list(folder.iterdir()) == []


def test_a_roster_that_nobody_applies_is_discarded_in_time(
    clara: User, bundle: bytes, django_capture_on_commit_callbacks: Any
) -> None:
    late, recent, applied = (
        rosters.read(uploads.keep(ContentFile(bundle)), by=clara) for _ in range(3)
    )
    rosters.apply(applied, by=clara)
    for each in (late, applied):
        grow_old(Path(each.stored_at))
    RosterImport.objects.exclude(pk=recent.pk).update(read_at=timezone.now() - timedelta(days=8))
    grow_old(Path(recent.stored_at))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep_uploads()
    states = dict(RosterImport.objects.values_list("pk", "state"))
    assert states == {late.pk: "discarded", recent.pk: "planned", applied.pk: "applied"}
    assert not Path(late.stored_at).exists()
    assert Path(recent.stored_at).exists()
    entry = LedgerEntry.objects.get(act="roster.discarded")
    assert (entry.actor, entry.subject) == ("system", f"registrar.rosterimport:{late.pk}")
    for act in (rosters.apply, rosters.discard):
        with pytest.raises(WrongState):
            act(late, by=clara)


def test_files_that_a_command_was_given_stay_where_they_are(
    clara: User, tmp_path: Path, bundle: bytes, django_capture_on_commit_callbacks: Any
) -> None:
    path = tmp_path / "bundle.zip"
    read = rosters.read(path, by=None)
    with django_capture_on_commit_callbacks(execute=True):
        rosters.discard(read, by=None)
        rosters.apply(rosters.read(path, by=None), by=None)
    assert path.exists()
