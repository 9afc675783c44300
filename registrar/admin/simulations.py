"""Rules tried on past terms: whom they would award, and who changes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views.generic import View

from issuer.pages import (
    DeskAdmin,
    FormPage,
    Link,
    Page,
    ThingPage,
    column,
    list_link,
    number_column,
    person_column,
    thing_url,
)
from registrar import tasks
from registrar.admin.downloads import as_long_csv
from registrar.models import CredentialTemplate, Learner, Offering, Revision, Simulation, Term
from registrar.services.deciding import rule_names, simulations
from registrar.services.deciding.eligibility import Candidate

ROWS_PER_PAGE: Final = 50
# So many classes are offered to choose from; of more one chooses the terms.
CLASSES_OFFERED: Final = 60
# So many learners are looked at together for a file.
ROWS_AT_ONCE: Final = 1_000
HEADER: Final = ("number", "given name", "family name", "class", "reasons")


class ChoiceForm(forms.Form):
    """In which terms or classes the rule is tried."""

    terms = forms.ModelMultipleChoiceField(
        Term.objects.none(),
        required=False,
        label="Terms",
        widget=forms.CheckboxSelectMultiple,
        help_text="All of their classes.",
    )
    offerings = forms.ModelMultipleChoiceField(
        Offering.objects.none(),
        required=False,
        label="Classes",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, offered: QuerySet[Offering], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_these = Term.objects.filter(offerings__in=offered.order_by()).distinct()
        self.fields["terms"].queryset = of_these.order_by("-starts_on")  # type: ignore[attr-defined]
        self.fields["offerings"].queryset = offered  # type: ignore[attr-defined]
        if len(offered[: CLASSES_OFFERED + 1]) > CLASSES_OFFERED:
            del self.fields["offerings"]


class AskPage(FormPage):
    """Choose where to try the rule of a revision; those that were tried stand below."""

    permission_required = simulations.PERMISSION
    template_name = "registrar/desk/simulate.html"
    form_class = ChoiceForm
    title = "Try the rule"

    @cached_property
    def revision(self) -> Revision:
        """The revision with a rule."""
        revisions = Revision.objects.select_related("template__unit")
        return get_object_or_404(revisions, pk=self.kwargs["object_id"], rule__isnull=False)

    def get_trail(self) -> Iterable[Link]:
        return (list_link(CredentialTemplate), Link(str(self.revision), thing_url(self.revision)))

    def get_form_kwargs(self) -> dict[str, Any]:
        offered = simulations.offerings_for(self.revision)
        return super().get_form_kwargs() | {"offered": offered}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        made = self.revision.simulations.select_related("asked_by").defer("found")
        return super().get_context_data(
            rule=rule_names.in_words(self.revision.rule),
            made=[{"thing": each, "where": where(each)} for each in made[:20]],
            **kwargs,
        )

    def carry_out(self, form: ChoiceForm) -> str:
        said = form.cleaned_data
        simulation = simulations.ask(
            self.revision,
            by=self.user,
            terms=said["terms"],
            offerings=said.get("offerings", ()),
        )
        if simulations.is_small(simulation):
            simulations.run(simulation)
        else:
            tasks.simulate_soon(simulation)
        return thing_url(simulation)


def where(simulation: Simulation) -> str:
    """The terms and classes on which it was tried."""
    named = [*map(str, simulation.terms.all()), *map(str, simulation.offerings.all())]
    return ", ".join(named) or "everything there is"


class SimulationPage(ThingPage):
    """What came out: numbers that lead to their people, each with the reasons."""

    model = Simulation
    permission_required = "registrar.view_simulation"
    template_name = "registrar/desk/simulation.html"

    def get_queryset(self) -> QuerySet[Simulation]:
        return Simulation.objects.select_related("revision__template", "former", "asked_by")

    def get_title(self) -> str:
        return f"{self.object.revision.name}, tried on {where(self.object)}"

    def get_trail(self) -> Iterable[Link]:
        revision = self.object.revision
        return (list_link(Simulation), Link(str(revision), thing_url(revision)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        simulation = self.object
        shown = _group(self.request, simulation)
        text = self.get_words()
        pairs = _matching(simulation.found.get(shown, []), text)
        page = Paginator(pairs, ROWS_PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            rule=rule_names.in_words(simulation.rule),
            former_rule=rule_names.in_words(simulation.former.rule) if simulation.former else "",
            shown=shown,
            text=text,
            page=page,
            rows=_rows(simulations.candidates(simulation, list(page.object_list))),
            is_emptied=simulation.finished_at is not None and not simulation.found,
            **kwargs,
        )


class SimulationCsv(Page, View):
    """Everybody of one group, each with the reasons."""

    permission_required = "registrar.view_simulation"

    def get(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        simulation = get_object_or_404(Simulation, pk=object_id)
        shown = _group(request, simulation)
        pairs = _matching(simulation.found.get(shown, []), self.get_words())
        return as_long_csv(f"{shown.replace('_', '-')}.csv", HEADER, _lines(simulation, pairs))


def _group(request: HttpRequest, simulation: Simulation) -> str:
    """The people to show: those who were asked for, else those who change, else who meet it."""
    asked = request.GET.get("show", "")
    changed = [group for group in ("lost", "gained") if simulation.found.get(group)]
    return asked if asked in simulations.GROUPS else [*changed, "met"][0]


def _matching(pairs: Sequence[Any], text: str) -> Sequence[Any]:
    if not text:
        return pairs
    keys = set(Learner.objects.matching(text).values_list("pk", flat=True))
    return [pair for pair in pairs if pair[0] in keys]


def _lines(simulation: Simulation, pairs: Sequence[Any]) -> Iterator[Sequence[str]]:
    for first in range(0, len(pairs), ROWS_AT_ONCE):
        some = pairs[first : first + ROWS_AT_ONCE]
        for row in _rows(simulations.candidates(simulation, some)):
            learner, offering = row["learner"], row["offering"]
            yield (
                learner.number,
                learner.given_name,
                learner.family_name,
                offering.title if offering else "",
                "; ".join(row["reasons"]),
            )


def _rows(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    learners = Learner.objects.in_bulk([each.learner_id for each in candidates])
    offerings = Offering.objects.in_bulk(
        [each.offering_id for each in candidates if each.offering_id]
    )
    return [
        {
            "learner": learners[each.learner_id],
            "offering": offerings.get(each.offering_id),
            "reasons": each.reasons,
        }
        for each in candidates
    ]


@admin.register(Simulation)
class SimulationAdmin(DeskAdmin):
    """Rules that were tried, the newest first."""

    title = "Rules tried"
    lede = "What a rule would have done in some terms. It awards nobody."
    empty = "Open a revision with a rule, and try it."
    list_display = (
        "what",
        number_column("learners", "looked at"),
        number_column("met", "would be awarded"),
        number_column("gained", "newly"),
        number_column("lost", "no longer"),
        person_column("asked_by", "by"),
        column("asked_at", "when"),
    )
    list_filter = ("revision__template",)
    list_select_related = ("revision", "asked_by")
    search_fields = ("revision__name",)
    search_help_text = "Name of a credential"
    thing_page = SimulationPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[Simulation]:
        return super().get_queryset(request).defer("found")

    def own_urls(self) -> list:
        return [self.hang("<uuid:object_id>/csv/", SimulationCsv, "csv")]

    @admin.display(description="rule of", ordering="revision__name")
    def what(self, simulation: Simulation) -> str:
        return str(simulation.revision)
