"""Uploaded files: where they wait between being looked at and being applied."""

import shutil
import tempfile
from pathlib import Path
from typing import cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import CharField, Model
from django.template.defaultfilters import filesizeformat

_PREFIX = "upload-"


class UploadForm(forms.Form):
    """One file, of a size that one may upload."""

    file = forms.FileField(error_messages={"required": "Choose a file."})

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large before anything reads it."""
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise ValidationError(
                f"The file has {filesizeformat(file.size)}; at most "
                f"{filesizeformat(settings.UPLOAD_MAX_BYTES)} can be uploaded here. Load it with "
                "the command on the server."
            )
        return file


def keep(file: UploadedFile) -> Path:
    """Store an upload where only this service can read it, in a folder of its own.

    The name that it came with is for records only: a file system may find it too long.
    """
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=settings.UPLOAD_DIR))
    path = folder / "upload"
    with path.open("wb") as target:
        for part in file.chunks():
            target.write(part)
    return path


def given_name(file: UploadedFile, *, field: str, of: type[Model]) -> str:
    """The name that an upload came with, cut to what the field of a record holds."""
    length = cast(CharField, of._meta.get_field(field)).max_length
    return (file.name or "upload")[:length]


def discard(path: Path | str) -> None:
    """Remove an upload that is no longer needed; files that came otherwise stay."""
    folder = Path(path).parent
    if folder.name.startswith(_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
