"""Anyone checks any credential: paste it, or choose the file."""

import json

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from issuer.public import answers
from issuer.services import verification
from issuer.vc import reading

# Far above any credential with an image inside, far below what would hurt.
MAX_BYTES = 1024 * 1024


class CredentialForm(forms.Form):
    """One credential, as text or as a file."""

    text = forms.CharField(
        label="Paste the credential",
        required=False,
        max_length=MAX_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(label="Or choose its file", required=False)

    def clean_file(self) -> UploadedFile | None:
        """Refuse a file that no credential would be."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError("The file is larger than 1 MB. A credential is smaller.")
        return file

    def clean(self) -> dict[str, object]:
        """Ask for exactly one of the two."""
        given = super().clean() or {}
        if not self.errors and bool(given.get("text")) == bool(given.get("file")):
            raise forms.ValidationError("Paste a credential or choose its file: one of the two.")
        return given

    @property
    def document(self) -> bytes:
        """The bytes to verify."""
        file: UploadedFile | None = self.cleaned_data.get("file")
        return file.read() if file else str(self.cleaned_data["text"]).encode("utf-8", "replace")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Show the form, or the report on what was sent. Nothing that is sent is kept."""
    is_asked = request.method == "POST"
    form = CredentialForm(request.POST, request.FILES) if is_asked else CredentialForm()
    page: dict[str, object] = {"form": form}
    status = 200
    if is_asked:
        if form.is_valid():
            document = form.document
            page["report"] = verification.verify(document)
            page["facts"] = facts = _facts(document)
            page["is_ours"] = facts is not None and facts.issuer_id == settings.ISSUER_DID
            page["form"] = CredentialForm()  # for the next one
        else:
            status = 422
    return answers.kept_by_nobody(render(request, "issuer/verify.html", page, status=status))


def _facts(document: bytes) -> reading.Reading | None:
    """What it claims, where it is JSON at all; the report says whether it may be believed."""
    try:
        parsed = json.loads(document)
    except (ValueError, RecursionError):
        return None
    return reading.read(parsed) if isinstance(parsed, dict) else None
