"""Pages on which a file is uploaded, to be looked at before anything changes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import CharField, Model
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat

from issuer.errors import Refusal
from issuer.pages import FormPage, Link, list_link
from registrar.services.college import uploads
from skills.errors import SkillsError


class UploadForm(forms.Form):
    """One file, of a size that one may upload."""

    file = forms.FileField(error_messages={"required": "Choose a file."})

    def __init__(self, *args: Any, label: str, hint: str, accept: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = label
        self.fields["file"].help_text = hint
        self.fields["file"].widget.attrs["accept"] = accept

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


class UploadPage(FormPage):
    """Upload a file. Nothing changes before its plan has been looked at and applied.

    `listed` is what the file brings, for the trail; the field `kept_in` of a model holds the name
    that it came with.
    """

    form_class = UploadForm
    verb = "Read it"
    listed: type[Model]
    kept_in: tuple[type[Model], str]
    label = ""
    hint = ""
    accept = ""

    def read(self, path: Path, name: str) -> str:
        """Read the file that was uploaded, and return where to go and look at it.

        Raises Refusal or SkillsError for a file that cannot be read.
        """
        raise NotImplementedError

    def get_trail(self) -> Iterable[Link]:
        return (list_link(self.listed),)

    def get_form_kwargs(self) -> dict[str, Any]:
        said = {"label": self.label, "hint": self.hint, "accept": self.accept}
        return super().get_form_kwargs() | said

    def form_valid(self, form: UploadForm) -> HttpResponse:
        file = form.cleaned_data["file"]
        path = uploads.keep(file)
        try:
            return redirect(self.read(path, self._given_name(file)))
        except (Refusal, SkillsError) as error:
            uploads.discard(path)
            form.add_error("file", str(error))
            problems = getattr(error, "problems", ())
            context = self.get_context_data(form=form, problems=problems)
            return self.render_to_response(context, status=422)

    def _given_name(self, file: UploadedFile) -> str:
        model, field = self.kept_in
        length = cast(CharField, model._meta.get_field(field)).max_length
        return (file.name or "upload")[:length]
