"""What a programme covers: a table that is a heat map, what is behind it, and its terms."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from issuer.pages import Link, Page, list_link, thing_url
from registrar.admin import heat_map
from registrar.admin.choosing import is_key
from registrar.admin.downloads import as_csv
from registrar.models import LearningOpportunity, Programme, Term
from registrar.services.college import terms
from registrar.services.reporting import programme_coverage
from registrar.services.reporting.programme_coverage import MARKS, Coverage
from skills.models import Framework, Skill

HEADER: Final = ("course", "title", "skill code", "skill", "outcomes", *MARKS)


class ChoiceForm(forms.Form):
    """Which framework, as of when, and what of it."""

    framework = forms.ModelChoiceField(Framework.objects.all(), required=False, empty_label=None)
    term = forms.ModelChoiceField(
        Term.objects.filter(children=None).order_by("-starts_on"),
        required=False,
        empty_label="As of today",
    )
    mark = forms.ChoiceField(
        choices=[("", "Taught, practised, assessed, evidenced"), *((m, m.title()) for m in MARKS)],
        required=False,
        label="What",
    )


class ProgrammePart(Page, TemplateView):
    """A page about a programme, by a framework and as of a term."""

    permission_required = "registrar.view_coverage"

    @cached_property
    def programme(self) -> Programme:
        """The programme it is about."""
        found = Programme.objects.select_related("unit")
        return get_object_or_404(found, pk=self.kwargs["object_id"])

    @cached_property
    def form(self) -> ChoiceForm:
        """What was chosen, with what holds where nothing was."""
        sent = self.request.GET.copy()
        first = Framework.objects.first()
        if first is not None:
            sent.setdefault("framework", str(first.pk))
        return ChoiceForm(sent)

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """The framework, the term and the mark; nothing for what is not there."""
        self.form.is_valid()
        return self.form.cleaned_data

    @property
    def framework(self) -> Framework | None:
        """The framework whose skills are looked at."""
        framework: Framework | None = self.chosen.get("framework") or Framework.objects.first()
        return framework

    @property
    def day(self) -> date:
        """The first day of the term that was chosen, or what holds now."""
        term: Term | None = self.chosen.get("term")
        return term.starts_on if term else terms.reading_day()

    @property
    def when(self) -> str:
        """As of when, in words."""
        term: Term | None = self.chosen.get("term")
        return term.title if term else "today"

    def get_trail(self) -> Iterable[Link]:
        programme = self.programme
        return (list_link(Programme), Link(str(programme), thing_url(programme)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            thing=self.programme,
            form=self.form,
            framework=self.framework,
            query=self.request.GET.urlencode(),
            when=self.when,
            **kwargs,
        )


class CoveragePart(ProgrammePart):
    """A page or file made of the table."""

    @cached_property
    def table(self) -> Coverage | None:
        """The table, where there is a framework."""
        if self.framework is None:
            return None
        return programme_coverage.table(self.programme, self.framework, day=self.day)

    @property
    def mark(self) -> str:
        """The one thing to look at, or nothing for all."""
        mark: str = self.chosen.get("mark", "")
        return mark

    @property
    def heading(self) -> str:
        """What table and picture show."""
        what = f", {self.mark} only" if self.mark else ""
        return f"{self.programme} by {self.framework}, as of {self.when}{what}"

    def summary(self, table: Coverage) -> str:
        """The table in one sentence."""
        covered = len(table.skills) - (0 if table.is_cut else len(table.gaps))
        return (
            f"{len(table.opportunities)} courses and activities with "
            f"{sum(table.outcomes.values())} outcomes; {covered} skills covered, "
            f"{len(table.gaps)} not."
        )


class ProgrammeCoveragePage(CoveragePart):
    """Courses by skills; each number leads to what is behind it."""

    template_name = "registrar/desk/programme_coverage.html"
    title = "Which skills the programme covers"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        table = self.table
        return super().get_context_data(
            table=table,
            mark=self.mark,
            standing=programme_coverage.standing(self.programme, day=self.day),
            summary=self.summary(table) if table else "",
            heading=self.heading,
            **kwargs,
        )


class ProgrammeCoverageDownload(CoveragePart):
    """The same table as CSV: a line for each covered cell and each gap."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        lines = _lines(self.table) if self.table else ()
        return as_csv(f"coverage-{self.programme.pk}.csv", HEADER, lines)


def _lines(table: Coverage) -> Iterator[list[Any]]:
    for row in table.rows:
        for cell in row.cells:
            if cell.outcomes:
                counts = [cell.counts[mark] for mark in MARKS]
                what, skill = row.opportunity, cell.skill
                yield [what.code, what.title, skill.code, skill.name, cell.outcomes, *counts]
    for skill in table.gaps:
        yield ["", "not covered", skill.code, skill.name, *[0] * (1 + len(MARKS))]


class ProgrammeCoveragePicture(CoveragePart):
    """The same table as a picture, to be looked at or taken along."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.table is None:
            return HttpResponse(status=404)
        svg = heat_map.draw(
            self.table, mark=self.mark, heading=self.heading, summary=self.summary(self.table)
        )
        answer = HttpResponse(svg, content_type="image/svg+xml")
        if "download" in request.GET:
            name = f"coverage-{self.programme.pk}.svg"
            answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


class BehindPage(ProgrammePart):
    """What is behind a number: the outcomes, their tags, the work that shows them, the results."""

    template_name = "registrar/desk/programme_behind.html"

    @cached_property
    def skill(self) -> Skill:
        """The skill of the column."""
        return get_object_or_404(
            Skill.objects.select_related("framework"), pk=self.kwargs["skill_id"]
        )

    @cached_property
    def opportunity(self) -> LearningOpportunity | None:
        """The course of the row; none for the whole programme."""
        asked = self.request.GET.get("course", "")
        if not asked:
            return None
        key = asked if is_key(asked) else None
        return get_object_or_404(LearningOpportunity, pk=key)

    def get_title(self) -> str:
        return self.skill.name

    def get_trail(self) -> Iterable[Link]:
        address = reverse("admin:registrar_programme_coverage", args=[self.programme.pk])
        return (*super().get_trail(), Link("Coverage", f"{address}?{self.kept()}"))

    def kept(self) -> str:
        """The choice, to go back with."""
        kept = self.request.GET.copy()
        kept.pop("course", None)
        return kept.urlencode()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            skill=self.skill,
            opportunity=self.opportunity,
            lines=programme_coverage.behind(
                self.programme, self.skill, day=self.day, opportunity=self.opportunity
            ),
            **kwargs,
        )


class CurriculumPage(ProgrammePart):
    """Which courses do what for each skill, term by term."""

    template_name = "registrar/desk/programme_map.html"
    title = "Curriculum map"

    def get_map(self) -> programme_coverage.CurriculumMap | None:
        """The map, where there is a framework."""
        if self.framework is None:
            return None
        return programme_coverage.curriculum_map(self.programme, self.framework)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(map=self.get_map(), **kwargs)


class CurriculumDownload(CurriculumPage):
    """The same map as CSV: a line for each skill, term and course."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        header = ["skill code", "skill", "term", "course", "title", "outcomes", *MARKS]
        return as_csv(f"curriculum-{self.programme.pk}.csv", header, self._lines())

    def _lines(self) -> Iterator[list[Any]]:
        found = self.get_map()
        if found is None:
            return
        for skill, columns in found.rows:
            for term, places in zip(found.terms, columns, strict=True):
                for place in places:
                    counts = [place.counts[name] for name in ("outcomes", *MARKS)]
                    what = place.opportunity
                    yield [skill.code, skill.name, term.title, what.code, what.title, *counts]
