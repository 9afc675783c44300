"""Uploaded files: where they wait between being looked at and being applied."""

import shutil
import tempfile
from pathlib import Path

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
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
    """Store an upload where only this service can read it, under its own name."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=settings.UPLOAD_DIR))
    path = folder / (Path(file.name or "").name or "upload")
    with path.open("wb") as target:
        for part in file.chunks():
            target.write(part)
    return path


def discard(path: Path | str) -> None:
    """Remove an upload that is no longer needed; files that came otherwise stay."""
    folder = Path(path).parent
    if folder.name.startswith(_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
