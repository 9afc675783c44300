"""Marking by hand: the learners of an offering by its outcomes, by keyboard alone if one likes."""

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import DetailView, View
from django.views.generic.detail import SingleObjectMixin

from issuer.errors import Refusal
from registrar.models import Offering, Result
from registrar.services.marking import marks
from registrar.services.marking.marks import Cell, Said

# More than the cells of one page.
_MOST = 1_000
_REFUSALS_SHOWN = 10


class OfferingMixin(PermissionRequiredMixin):
    """An offering that somebody may look at; whoever may not does not find it."""

    permission_required = marks.MARK
    request: HttpRequest

    @property
    def person(self) -> User:
        """Who is signed in: nobody else gets as far as a view."""
        return cast(User, self.request.user)

    def get_queryset(self) -> QuerySet[Offering]:
        """Those whose marks they may see."""
        return marks.seen(self.person)


class MarksView(OfferingMixin, DetailView):
    """The grid. `?show=all` shows everybody, `?after=ID` those who follow that learner."""

    template_name = "teach/marks.html"
    context_object_name = "offering"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ten learners at a time, and what has been said of them."""
        asked = self.request.GET
        is_everybody = asked.get("show") == "all"
        return super().get_context_data(
            grid=marks.grid(
                self.object, is_everybody=is_everybody, after=_number(asked.get("after", ""))
            ),
            is_everybody=is_everybody,
            may_mark=marks.own(self.person).filter(pk=self.object.pk).exists(),
            kinds=Result.Assessment.choices,
            kind=marks.latest_kind(self.object),
            after=asked.get("after", ""),
            **kwargs,
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep all marks of the page, as a browser without scripts sends them."""
        offering = self.get_object()
        try:
            marked = marks.mark(
                offering,
                _all_said(request),
                by=self.person,
                assessment=request.POST.get("assessment", ""),
            )
        except Refusal as error:
            messages.error(request, str(error))
        else:
            _tell(request, marked)
        return redirect(request.get_full_path())


def _tell(request: HttpRequest, marked: marks.Marked) -> None:
    said = ngettext("%(number)d mark saved.", "%(number)d marks saved.", marked.done)
    if marked.done or not marked.refused:
        messages.success(request, said % {"number": marked.done})
    for each, refusal in marked.refused[:_REFUSALS_SHOWN]:
        messages.error(request, f"{each.level[:80]}: {refusal}")


class MarkView(OfferingMixin, SingleObjectMixin, View):
    """One cell of the grid, as htmx sends it: keep the mark, or undo the last change of it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, learner: int, outcome: int) -> HttpResponse:
        """Answer with what to say beside the mark; after an undo with the whole cell."""
        offering = self.get_object()
        problem = ""
        is_undo = "undo" in request.POST
        try:
            if is_undo:
                marks.undo(offering, learner=learner, outcome=outcome, by=self.person)
            else:
                problem = self._mark(offering, learner, outcome)
        except Refusal as error:
            problem = str(error)
        cell = marks.cell(offering, learner=learner, outcome=outcome)
        if cell is None:
            raise Http404
        return self._answer(offering, cell, problem, is_whole=is_undo and not problem)

    def _mark(self, offering: Offering, learner: int, outcome: int) -> str:
        said = _said(self.request, learner, outcome)
        kind = self.request.POST.get("assessment", "")
        marked = marks.mark(offering, [said], by=self.person, assessment=kind)
        return "".join(str(refusal) for _, refusal in marked.refused)

    def _answer(
        self, offering: Offering, cell: Cell, problem: str, *, is_whole: bool
    ) -> HttpResponse:
        name = "teach/mark.html" if is_whole else "teach/mark_said.html"
        context = {
            "offering": offering,
            "cell": cell,
            "problem": problem,
            "is_answer": True,
            "may_mark": True,
            "status": problem or _in_words(cell),
        }
        return render(self.request, name, context)


def _in_words(cell: Cell) -> str:
    what = cell.mark.text if cell.mark else _("not marked")
    return f"{cell.column.outcome.code}, {cell.learner.name}: {what}."


def _all_said(request: HttpRequest) -> Iterator[Said]:
    """Every mark of the form that differs from what its page showed."""
    for name in list(request.POST)[:_MOST]:
        kind, _, rest = name.partition("-")
        learner, _, outcome = rest.partition("-")
        ids = _number(learner), _number(outcome)
        if kind != "level" or None in ids:
            continue
        said = _said(request, ids[0] or 0, ids[1] or 0)
        if said.level != request.POST.get(f"was-{rest}", ""):
            yield said


def _said(request: HttpRequest, learner: int, outcome: int) -> Said:
    name = f"{learner}-{outcome}"
    return Said(
        learner=learner,
        outcome=outcome,
        level=request.POST.get(f"level-{name}", ""),
        seen=_number(request.POST.get(f"seen-{name}", "")),
    )


def _number(text: str) -> int | None:
    """A row id from a form, if it is one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None
