"""Pages with a form in which skills are chosen, with a script and without."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from issuer.pages import FormPage
from skills.services import search

FOUND = 12


def is_key(text: str) -> bool:
    """Whether a row may have this key, as a form or an address names it."""
    return text.isascii() and text.isdecimal() and len(text) < 19


class ChoosingPage(FormPage):
    """Keeps what the form says; or finds skills for it, where no script does."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with what was found and all that was typed, if that is what the button asks."""
        if "find" not in request.POST:
            return super().post(request, *args, **kwargs)
        form = self.get_form()
        form.errors.clear()  # nobody has asked yet whether it is right
        words = request.POST.get("q", "")
        found = search.find(words, limit=FOUND, is_for_choosing=True)
        return self.render_to_response(self.get_context_data(form=form, words=words, found=found))
