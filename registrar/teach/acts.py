"""What is posted from the pages of faculty: propose, bear out, confirm, answer."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from issuer.errors import Refusal
from registrar.errors import ShareTooSmall
from registrar.models import LearningOutcome, Mapping, SkillTag
from registrar.services.teaching import mappings, submissions, tagging
from registrar.teach import evidence
from registrar.teach.views import CourseView, number
from skills.models import Skill
from skills.services.suggestions import Suggestion

_LEVEL_LENGTH = 100


class ActView(CourseView):
    """Something that is done on a course's page; what is refused is said there, at its place."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it and go back to the page."""
        self.object = self.get_object()
        return self.act()

    def act(self) -> HttpResponse:
        """Do what was asked for."""
        raise NotImplementedError

    def back(self, **query: Any) -> HttpResponse:
        """To the course's page, in the same term."""
        term = self.get_term() if "term" in self.request.POST else None
        asked = query | ({"term": term.pk} if term else {})
        where = reverse("teach:course", args=[self.object.pk])
        if asked:
            where += "?" + urlencode(asked, doseq=True)
        return redirect(f"{where}#outcome-{query['outcome']}" if "outcome" in query else where)

    def refuse(self, refusal: Refusal, **context: Any) -> HttpResponse:
        """The same page, with the reason; nothing that was chosen is lost."""
        context = self.get_context_data(refusal=refusal, **context)
        return self.render_to_response(context, status=409)

    def get_outcome(self) -> LearningOutcome:
        """The outcome that the form names."""
        return get_object_or_404(self.object.outcomes, pk=number(self.request.POST.get("outcome")))

    def get_suggestions(self, outcome: LearningOutcome) -> dict[int, tuple[int, Suggestion]]:
        """By skill, the suggestions that were shown, each with its place."""
        shown = set(map(number, self.request.POST.getlist("shown")))
        if not shown:
            return {}
        found = enumerate(tagging.suggest(outcome), 1)
        return {each.skill.pk: (at, each) for at, each in found if each.skill.pk in shown}


class ProposeView(ActView):
    """Propose the chosen skills; or find some first, or have some suggested."""

    def act(self) -> HttpResponse:
        """Propose each and go on to the next outcome, or to what an assessed skill still lacks."""
        outcome, form = self.get_outcome(), self.request.POST
        chosen = list(dict.fromkeys(map(number, form.getlist("skill"))))
        if "find" in form:
            return self.back(outcome=outcome.pk, q=form.get("q", ""), skill=chosen)
        if "suggest" in form:
            return self.back(outcome=outcome.pk, suggest=1, skill=chosen)
        skills = [get_object_or_404(Skill, pk=key) for key in chosen]
        if not skills:
            refusal = Refusal("Choose at least one skill.")
            return self.refuse(refusal, refused_at=outcome.pk, opened=outcome.pk)
        suggestions = self.get_suggestions(outcome)
        lacking = None
        for at, skill in enumerate(skills):
            try:
                tag = self._propose(outcome, skill, *suggestions.get(skill.pk, (None, None)))
            except Refusal as refusal:
                return self.refuse(
                    refusal, refused_at=outcome.pk, opened=outcome.pk, chosen=skills[at:]
                )
            lacking = lacking or _lacking(tag)
        return self.back(tag=lacking.pk) if lacking else self.back(next=outcome.pk)

    def _propose(
        self,
        outcome: LearningOutcome,
        skill: Skill,
        place: int | None,
        suggestion: Suggestion | None,
    ) -> SkillTag:
        there_was = tagging.standing(outcome, skill)
        tag = tagging.choose(
            outcome,
            skill,
            emphasis=_emphasis(self.request.POST.get("emphasis")) or SkillTag.Emphasis.TAUGHT,
            by=self.person,
            term=self.get_term(),
            for_person=self._colleague(),
            suggestion=suggestion,
            place=place,
        )
        if there_was is None:
            messages.success(self.request, f"Proposed “{tag.skill.name}” for {outcome.code}.")
        else:
            messages.info(self.request, _as_it_stands(tag))
        return tag

    def _colleague(self) -> User | None:
        key = number(self.request.POST.get("for_person"))
        return User.objects.filter(pk=key, offerings__opportunity=self.object).first()


class TurnDownView(ActView):
    """Say that a suggestion does not fit."""

    def act(self) -> HttpResponse:
        """Keep it, and show the other suggestions."""
        outcome, form = self.get_outcome(), self.request.POST
        key = number(form.get("turn_down"))
        if key in (shown := self.get_suggestions(outcome)):
            place, suggestion = shown[key]
            tagging.turn_down(outcome, suggestion, place=place, by=self.person)
        chosen = [each for each in map(number, form.getlist("skill")) if each != key]
        return self.back(outcome=outcome.pk, suggest=1, skill=chosen)


class TagView(ActView):
    """Change a tag and what bears it out; take it back or let it end; stand by it."""

    def act(self) -> HttpResponse:
        """Do one of these and go on from the tag's outcome."""
        tags = SkillTag.objects.select_related("outcome__opportunity", "skill")
        tag = get_object_or_404(tags, pk=self.kwargs["tag"], outcome__opportunity=self.object)
        asked = self.request.POST.get("act", "")
        act = self._acts().get(asked)
        if act is None:
            raise Http404
        try:
            tag = act(tag)
        except Refusal as refusal:
            typed = {tag.pk: self.request.POST} if asked == "change" else {}
            return self.refuse(refusal, refused_at=tag.outcome_id, opened_tag=tag.pk, typed=typed)
        return self.back(next=tag.outcome_id)

    def _acts(self) -> dict[str, Callable[[SkillTag], SkillTag]]:
        return {
            "change": self._change,
            "withdraw": lambda tag: tagging.withdraw(tag, by=self.person),
            "end": lambda tag: tagging.end(tag, by=self.person, term=self.get_term()),
            "keep": lambda tag: tagging.keep(tag, by=self.person),
            "confirm": lambda tag: tagging.confirm(tag, by=self.person),
        }

    def _change(self, tag: SkillTag) -> SkillTag:
        form = self.request.POST
        return tagging.change(
            tag,
            by=self.person,
            term=self.get_term(),
            emphasis=_emphasis(form.get("emphasis")),
            level=form.get("level", "").strip()[:_LEVEL_LENGTH],
            evidence=evidence.pieces(form, self.object),
        )


class ConfirmView(ActView):
    """Stand by what the course claims in the term: submitted, or carried on if nothing is new."""

    def act(self) -> HttpResponse:
        """Confirm in one click, from the list or from the page."""
        term = self.get_term()
        if term is None:
            raise Http404
        try:
            mapping = submissions.carry(self.object, term, by=self.person)
        except Refusal as refusal:
            return self.refuse(refusal, refused_at=0)
        messages.success(self.request, _confirmed(mapping))
        if "list" in self.request.POST:
            return redirect(f"{reverse('teach:courses')}?term={term.pk}")
        return self.back()


class CommentView(ActView):
    """Write to whoever reviews, or answer them."""

    def act(self) -> HttpResponse:
        """Add a line to the thread."""
        mapping = get_object_or_404(Mapping, opportunity=self.object, term=self.get_term())
        try:
            mappings.comment(mapping, self.request.POST.get("text", ""), by=self.person)
        except Refusal as refusal:
            return self.refuse(refusal, refused_at="comment")
        return self.back()


def _emphasis(text: str | None) -> str | None:
    return text if text in SkillTag.Emphasis.values else None


def _lacking(tag: SkillTag) -> SkillTag | None:
    """The tag, if work and its share have still to be said."""
    try:
        tagging.refuse_unready(tag)
    except ShareTooSmall:
        return tag
    except Refusal:
        pass
    return None


def _as_it_stands(tag: SkillTag) -> str:
    what = f"“{tag.skill.name}”"
    where = f"for {tag.outcome.code}, as {tag.get_emphasis_display().lower()}"
    if tag.state == SkillTag.State.ACCEPTED:
        return f"{what} is accepted already {where}."
    return f"{what} is proposed already {where}. A chair will review it."


def _confirmed(mapping: Mapping) -> str:
    what = f"{mapping.opportunity.code}, {mapping.term}"
    if mapping.state == Mapping.State.SUBMITTED:
        return f"{what}: submitted. A chair reviews it."
    if mapping.state == Mapping.State.ACCEPTED:
        return f"{what}: confirmed. Nothing is new, so nobody has to review it."
    return f"{what}: you have confirmed. Still missing: {' '.join(submissions.missing(mapping))}"
