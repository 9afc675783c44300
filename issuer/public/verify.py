"""Anyone checks whatever they were shown: paste it, or choose the file."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from issuer.public import answers, sheets
from issuer.services import verification
from issuer.vc.baking import png
from issuer.vc.jose import jws

# No image with a credential is larger; what is text is bounded once more where it is read.
MAX_BYTES = png.MAX_BYTES


class CredentialForm(forms.Form):
    """Something to check, as text or as a file, and perhaps the person that it should be about."""

    text = forms.CharField(
        label="Paste the credential",
        required=False,
        max_length=jws.MAX_CHARACTERS,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 6, "class": "code", "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    file = forms.FileField(
        label="Or choose its file",
        help_text="Any file with a credential in it: .json, .jwt, or a PNG or SVG image.",
        required=False,
        allow_empty_file=True,
    )
    person = forms.CharField(
        label="Check that it is about this person",
        help_text="Their e-mail address, or the name, number or id by which the issuer knows them. "
        "It is compared with what the credential says, and not kept.",
        required=False,
        max_length=320,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )

    def clean_file(self) -> UploadedFile | None:
        """Refuse a file that no credential would be."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError("The file is larger than 5 MB. A credential is smaller.")
        return file

    def clean(self) -> dict[str, object]:
        """Ask for exactly one of the two."""
        given = super().clean() or {}
        if not self.errors and bool(given.get("text")) == (given.get("file") is not None):
            raise forms.ValidationError("Paste a credential or choose its file: one of the two.")
        return given

    @property
    def content(self) -> bytes:
        """The bytes to verify."""
        file: UploadedFile | None = self.cleaned_data.get("file")
        return file.read() if file else str(self.cleaned_data["text"]).encode("utf-8", "replace")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Show the form, or what was found. Nothing that is sent is kept."""
    is_asked = request.method == "POST"
    form = CredentialForm(request.POST, request.FILES) if is_asked else CredentialForm()
    page: dict[str, object] = {"form": form}
    status = 200
    if is_asked and form.is_valid():
        found = verification.verify(form.content, person=form.cleaned_data["person"])
        page["sheet"] = sheets.lay_out(found)
        page["form"] = CredentialForm()  # for the next one
    elif is_asked:
        status = 422
    return answers.kept_by_nobody(render(request, "issuer/verify.html", page, status=status))
