"""Pages on which what colleagues proposed is accepted or rejected, one or many at once."""

from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView

from issuer.pages import Page
from registrar.admin.choosing import is_key

PER_PAGE = 50


class ReviewingPage(Page, TemplateView):
    """What waits; the template extends desk/reviewing.html.

    `thing` is the word for one of them, and the name of its box; `fields` are searched, `searched`
    says so.
    """

    thing: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    searched: ClassVar[str]

    def waiting(self) -> QuerySet[Any]:
        """Those that wait, the oldest first."""
        raise NotImplementedError

    def own(self) -> Q:
        """Which of them the person proposed, so that somebody else reviews them."""
        return Q(proposed_by=self.user)

    def review(self, act: str, keys: list[str], comment: str) -> None:
        """Accept or reject those that were chosen, and say what came of it."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        waiting, text = self.waiting(), self.get_words()
        others = waiting.exclude(self.own())
        for word in text.split():
            others = others.filter(
                reduce(or_, (Q(**{f"{field}__icontains": word}) for field in self.fields))
            )
        return super().get_context_data(
            page=Paginator(others, PER_PAGE).get_page(self.request.GET.get("page")),
            text=text,
            searched=self.searched,
            own_count=waiting.filter(self.own()).count(),
            all_chosen="all" in self.request.GET,
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Review all that were chosen; what cannot be reviewed is named, the others go through."""
        act = request.POST.get("act", "")
        if act not in ("accept", "reject"):
            raise Http404
        comment = request.POST.get("comment", "").strip()
        chosen = [key for key in request.POST.getlist(self.thing) if is_key(key)]
        if refusal := self._gap(act, chosen, comment):
            context = self.get_context_data(refusal=refusal, comment=comment, chosen=chosen)
            return self.render_to_response(context, status=422)
        self.review(act, chosen, comment)
        return redirect(request.path)

    def _gap(self, act: str, chosen: list[str], comment: str) -> str:
        if not chosen:
            return f"Choose at least one {self.thing}."
        if act == "reject" and not comment:
            return f"Say why. Whoever proposed the {self.thing}s reads it."
        return ""
