"""Pages that answer with a secret: it is shown this once, never sent again, and kept by nobody."""

from typing import Any, NamedTuple

from django.http import HttpResponse
from django.template.response import TemplateResponse

from issuer.pages import FormPage, Link


class Shown(NamedTuple):
    """What was made: its name and facts, what to do with them, and where to go on."""

    name: str
    facts: dict[str, str]
    sentence: str
    ways: tuple[Link, ...]


class ShownOncePage(FormPage):
    """A form whose answer shows what was made of it."""

    def make(self, form: Any) -> Shown:
        """Do what the form says."""
        raise NotImplementedError

    def answer(self, form: Any) -> HttpResponse:
        context = self.get_context_data(form=form, made=self.make(form))
        response = TemplateResponse(self.request, "registrar/desk/shown_once.html", context)
        response["Cache-Control"] = "no-store"
        return response
