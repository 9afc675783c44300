"""Award learners by what is on record of them: choose, look who fits, say what they are awarded."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from issuer.pages import FormPage, Link, Page, list_link, thing_url
from registrar import tasks
from registrar.admin.award_file_forms import DuplicatesChoice, MailChoice
from registrar.admin.downloads import as_long_csv
from registrar.models import (
    AwardFile,
    CredentialTemplate,
    Learner,
    LearningOpportunity,
    LearningOutcome,
    Offering,
    Programme,
    Revision,
    Term,
)
from registrar.models.catalog import named
from registrar.services.awarding import award_files, learner_choices
from registrar.services.awarding.chosen_awards import Common
from registrar.services.awarding.learner_choices import Choice
from registrar.services.college import roles
from registrar.services.deciding import rule_choices
from registrar.services.marking import participation

SHOWN: Final = 50
# So many classes are offered to choose from; of more one says the course and the term.
CLASSES_OFFERED: Final = 200
PERMISSIONS: Final = (award_files.PERMISSION, "registrar.view_learner")
HEADER: Final = ("number", "given name", "family name", "e-mail address")
# Fields of the form that say whom, and those that say what they are awarded.
WHOM: Final = (
    "opportunity",
    "term",
    "offering",
    "programme",
    "outcome",
    "results",
    "holds",
    "lacks",
    "listed",
)
WHAT: Final = (
    "template",
    "awarded_on",
    "valid_until",
    "evidence_text",
    "evidence_link",
    "why",
    "duplicates",
    "sends_mail",
)
# What rule choices call what may be typed here.
_OPTIONS: Final = {"opportunity": ("course", "activity"), "outcome": ("outcome",)}


class _One(forms.ModelChoiceField):
    """One of these rows, or any."""

    def __init__(self, rows: QuerySet[Any], *, label: str, empty_label: str = "Any") -> None:
        super().__init__(rows, label=label, empty_label=empty_label, required=False)


class _Named(_One):
    """A template by the name of its credentials."""

    def label_from_instance(self, obj: CredentialTemplate) -> str:
        return obj.name


class _Day(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(required=False, **kwargs)


class ChooseForm(forms.Form):
    """Whom, by what is on record; and once one has seen who fits, what they are awarded."""

    opportunity = forms.CharField(
        max_length=300, required=False, label="Take part in the course or activity"
    )
    term = _One(Term.objects.order_by("-starts_on"), label="In the term")
    offering = _One(Offering.objects.none(), label="In the class")
    programme = _One(
        Programme.objects.filter(retired_at=None),
        label="In a course of the programme",
    )
    outcome = forms.CharField(max_length=300, required=False, label="Were judged in the outcome")
    results = forms.CharField(
        required=False,
        label="Have one of these results there",
        widget=forms.Textarea(attrs={"rows": 2, "class": "short", "dir": "auto"}),
        help_text="One on each line, as it is recorded.",
    )
    holds = _Named(CredentialTemplate.objects.none(), label="Hold the credential")
    lacks = _Named(CredentialTemplate.objects.none(), label="Do not hold the credential")
    listed = forms.CharField(
        required=False,
        label="Are on this list",
        widget=forms.Textarea(attrs={"rows": 3, "class": "short", "dir": "auto"}),
        help_text="A learner number or e-mail address on each line.",
    )
    template = _Named(
        CredentialTemplate.objects.none(), label="What is awarded", empty_label="Choose"
    )
    awarded_on = _Day(label="Award date", help_text="Today, if nothing is written.")
    valid_until = _Day(
        label="Valid until", help_text="As its template says, if nothing is written."
    )
    evidence_text = forms.CharField(
        required=False,
        label="Evidence in words",
        widget=forms.Textarea(attrs={"rows": 2, "class": "short", "dir": "auto"}),
        help_text="Stands in each credential.",
    )
    evidence_link = forms.CharField(
        required=False, label="Link to evidence", help_text="Stands in each credential."
    )
    why = forms.CharField(
        max_length=500,
        required=False,
        label="Why they are awarded it",
        widget=forms.Textarea(attrs={"rows": 2, "class": "short", "dir": "auto"}),
        help_text="For colleagues, beside each award; not published.",
    )
    duplicates = DuplicatesChoice(required=False)
    sends_mail = MailChoice()

    def __init__(self, *args: Any, templates: QuerySet[CredentialTemplate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems: tuple[Any, ...] = ()
        self.choice = Choice()
        self._offer("template", templates)
        for name in ("holds", "lacks"):
            self._offer(name, CredentialTemplate.objects.named())
        classes = self._classes()
        self._offer("offering", classes)
        if not 0 < len(classes[: CLASSES_OFFERED + 1]) <= CLASSES_OFFERED:
            del self.fields["offering"]

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        cast(forms.ModelChoiceField, self.fields[name]).queryset = rows

    def _classes(self) -> QuerySet[Offering]:
        """Those of the course and term that are said already; none as long as neither is."""
        course, term = (str(self[name].value() or "").strip() for name in ("opportunity", "term"))
        found = Offering.objects.select_related("term")
        if course:
            found = found.filter(named(course, at="opportunity__"))
        if term.isascii() and term.isdecimal() and len(term) < 10:
            found = found.filter(term=int(term))
        elif not course:
            return found.none()
        return found

    def clean_opportunity(self) -> str:
        """Nobody takes part in what there is not."""
        said: str = self.cleaned_data["opportunity"].strip()
        if said and not LearningOpportunity.objects.filter(named(said)).exists():
            raise forms.ValidationError("There is no such course or activity. Write its code.")
        return said

    def clean_outcome(self) -> str:
        """Nobody is judged in what there is not."""
        said: str = self.cleaned_data["outcome"].strip()
        if said and not LearningOutcome.objects.filter(code=said).exists():
            raise forms.ValidationError("There is no such outcome. Write its code.")
        return said

    def clean(self) -> dict[str, Any]:
        """Make one choice of it all. A list on which nobody is known chooses nobody."""
        said = super().clean() or {}
        listed = said.get("listed", "")
        people, self.problems = participation.find_learners(listed)
        if listed and not people:
            self.add_error("listed", "None of these is the number or address of a learner.")
        term, offering, programme = (said.get(name) for name in ("term", "offering", "programme"))
        holds, lacks = said.get("holds"), said.get("lacks")
        self.choice = Choice(
            term=term.key if term else "",
            opportunity=said.get("opportunity", ""),
            offering=offering.pk if offering else None,
            programme=programme.pk if programme else None,
            outcome=said.get("outcome", ""),
            results=tuple(filter(None, map(str.strip, said.get("results", "").splitlines()))),
            holds=holds.slug if holds else "",
            lacks=lacks.slug if lacks else "",
            learners=tuple(each.pk for each in people),
        )
        if self.choice.is_blank and not self.errors:
            raise forms.ValidationError("Say whom you mean: nothing is asked for yet.")
        if "do" in self.data and self.data["do"] == "award" and not said.get("template"):
            self.add_error("template", "Choose what is awarded.")
        return said


class ChoosePage(FormPage):
    """Say whom, see who fits, and have a file of awards made of them."""

    permission_required = PERMISSIONS
    template_name = "registrar/desk/award_choose.html"
    title = "Award chosen learners"
    form_class = ChooseForm

    def get_trail(self) -> Iterable[Link]:
        return (list_link(AwardFile),)

    @cached_property
    def templates(self) -> QuerySet[CredentialTemplate]:
        """What the person may award."""
        units = roles.reach(self.user, award_files.PERMISSION)
        approved = CredentialTemplate.objects.filter(
            unit__in=units, revisions__state=Revision.State.APPROVED
        )
        return approved.named()

    def get_form_kwargs(self) -> dict[str, Any]:
        found = super().get_form_kwargs() | {"templates": self.templates}
        if "data" in found and "template" not in found["data"]:
            # What is awarded is asked only once somebody fits.
            found["data"] = found["data"].copy()
            found["data"]["template"] = self.request.GET.get("template", "")
        return found

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET
        return {name: asked[name] for name in (*WHOM, "template") if name in asked}

    def form_valid(self, form: ChooseForm) -> HttpResponse:
        do = self.request.POST.get("do")
        if do == "award":
            return super().form_valid(form)
        if do == "csv":
            found = learner_choices.find(form.choice)
            return as_long_csv("learners.csv", HEADER, _lines(found))  # type: ignore[return-value]
        return self.render_to_response(self.get_context_data(form=form))

    def carry_out(self, form: ChooseForm) -> str:
        said = form.cleaned_data
        names = ("awarded_on", "valid_until", "evidence_link", "evidence_text", "why")
        kept = award_files.choose(
            form.choice,
            template=said["template"],
            by=self.user,
            common=Common(**{name: said[name] for name in names}),
            duplicates=said["duplicates"] or AwardFile.Duplicates.SKIP,
            sends_mail=said["sends_mail"],
        )
        tasks.read_soon(kept)
        return thing_url(kept)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form: ChooseForm = context["form"]
        is_asked = form.is_bound and not form.choice.is_blank and not set(form.errors) & set(WHOM)
        found = learner_choices.find(form.choice) if is_asked else Learner.objects.none()
        return context | {
            "whom": [form[name] for name in WHOM if name in form.fields],
            "what": [form[name] for name in WHAT],
            "typed": list(_OPTIONS),
            "is_asked": is_asked,
            "told": learner_choices.in_words(form.choice) if is_asked else "",
            "count": found.count(),
            "found": found[:SHOWN],
            "results_there": learner_choices.words(form.choice) if is_asked else [],
        }


def _lines(found: QuerySet[Learner]) -> Iterator[Iterable[str]]:
    yield from found.values_list("number", "given_name", "family_name", "email").iterator()


class ChooseOptions(Page, TemplateView):
    """Courses, activities and outcomes, while somebody types their names."""

    permission_required = PERMISSIONS
    template_name = "registrar/desk/rule_options.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        of = asked.get("of", "")
        words = asked.get(of, "")[:200]
        found = [
            each
            for kind in _OPTIONS.get(of, ())
            for each in rule_choices.find(kind, words, beside={})
        ]
        return {"found": found[: rule_choices.FOUND]}
