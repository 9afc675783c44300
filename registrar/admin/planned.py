"""Pages on which one sees what would change before it is saved."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat

from issuer.pages import FormPage
from registrar.errors import PlanOutdated


class PlannedPage(FormPage):
    """A form that first answers with its plan, and saves that plan when it is sent back.

    The template extends desk/planned.html, which sends back what tells the plan from another.
    """

    def plan(self, said: dict[str, Any]) -> Any:
        """What would change. Raises Refusal."""
        raise NotImplementedError

    def save(self, said: dict[str, Any], *, fingerprint: str) -> str:
        """Make the changes of the plan of that fingerprint; say what was done.

        Raises PlanOutdated where the plan is another by now, and Refusal.
        """
        raise NotImplementedError

    def answer(self, form: Any) -> HttpResponse:
        said, seen = form.cleaned_data, self.request.POST.get("fingerprint", "")
        try:
            # A file that is chosen once more may have other rows than those that were seen.
            if not seen or said.get("file"):
                return self._show(form, self.plan(said))
            done = self.save(said, fingerprint=seen)
        except PlanOutdated as error:
            return self._show(form, self.plan(said), refusal=str(error), status=409)
        messages.success(self.request, done)
        return redirect(self.get_success_url())

    def _show(self, form: Any, plan: Any, *, refusal: str = "", status: int = 200) -> HttpResponse:
        context = self.get_context_data(form=self.once_more(form), plan=plan, refusal=refusal)
        return self.render_to_response(context, status=status)

    def once_more(self, form: Any) -> Any:
        """The form under the plan, with all that was said."""
        return form


class SheetForm(forms.Form):
    """A sheet as a file or typed. Either way it goes on as text, under `lines`."""

    # What may stand in a form.
    most_bytes: ClassVar[int] = 1 << 20
    # What to do with a larger one.
    too_large: ClassVar[str] = ""

    file = forms.FileField(required=False, widget=forms.ClearableFileInput)
    lines = forms.CharField(
        required=False,
        label="Or the same here",
        widget=forms.Textarea(
            attrs={"rows": 12, "dir": "auto", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_file(self) -> str:
        """The text of the file, if there is one."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is None:
            return ""
        if (size := file.size or 0) > self.most_bytes:
            raise forms.ValidationError(
                f"The file has {filesizeformat(size)}; at most {filesizeformat(self.most_bytes)} "
                f"can be read here. {self.too_large}"
            )
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                f"Byte {error.start} is not UTF-8. Save the file again as UTF-8."
            ) from None

    def clean_lines(self) -> str:
        """What was typed, if a form may hold so much."""
        lines: str = self.cleaned_data["lines"]
        if len(lines) > self.most_bytes:
            raise forms.ValidationError(
                f"At most {filesizeformat(self.most_bytes)} can be read here. {self.too_large}"
            )
        return lines

    def clean(self) -> dict[str, Any]:
        """Keep the one text under `lines`, to be shown and sent again."""
        said = super().clean() or self.cleaned_data
        text = said.get("file") or said.get("lines", "")
        # A browser sends every line's end in its own way.
        said["lines"] = text.replace("\r\n", "\n")
        if not said["lines"].strip() and not self.errors:
            self.add_error("file", "Choose a file, or write it below.")
        return said


class SheetPage(PlannedPage):
    """A sheet, as a file or typed: a browser never sends a file twice, so it goes on as text."""

    says_optional = "no"

    def once_more(self, form: SheetForm) -> SheetForm:
        return type(form)(initial=form.cleaned_data | {"file": None})
