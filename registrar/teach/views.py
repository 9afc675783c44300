"""Own courses and activities, each with where it stands; one course as it is in a term."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.views.generic import DetailView, TemplateView

from registrar.errors import TermSettled
from registrar.models import (
    Comment,
    LearningOpportunity,
    LearningOutcome,
    Mapping,
    Offering,
    SkillTag,
    Term,
)
from registrar.services.college import roles, terms
from registrar.services.marking import marks
from registrar.services.teaching import outlines, policies, standings, tagging
from registrar.services.teaching.outlines import Line, Outline
from registrar.teach import evidence
from skills.models import Skill
from skills.services import search
from skills.services.suggestions import Suggestion

# As many as fit on a phone below the box without scrolling far.
CHOICES_SHOWN = 8
TERMS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class TagShown:
    """A tag, and what is said of it as a form: as it is kept, or as it was typed and refused."""

    tag: SkillTag
    emphasis: str
    level: str
    evidence: list[evidence.Row]


@dataclass(frozen=True, slots=True)
class LineShown:
    """An outcome with its tags, and those that were rejected and not proposed again."""

    line: Line
    tags: list[TagShown]
    rejected: list[SkillTag]
    is_next: bool


class OwnCoursesMixin(PermissionRequiredMixin):
    """A person sees what they teach or look after, and activities of the units of their role.

    An advocate sees what colleagues teach, too.
    """

    permission_required = tagging.PROPOSE
    request: Any

    @property
    def person(self) -> User:
        """Who is signed in: nobody else gets as far as a view."""
        return cast(User, self.request.user)

    def own(self) -> QuerySet[LearningOpportunity]:
        """Their courses and activities: also one whose mapping was handed to them."""
        units = roles.reach(self.person, self.permission_required)
        return self._those(
            Q(offerings__teachers=self.person)
            | Q(kind=LearningOpportunity.Kind.ACTIVITY, unit__in=units)
            | Q(mappings__owner=self.person, unit__in=units)
        )

    def of_colleagues(self) -> QuerySet[LearningOpportunity]:
        """What others teach and they may propose for."""
        units = roles.reach(self.person, tagging.PROPOSE_FOR_COLLEAGUE)
        own = self.own().values("pk")
        taught = Q(offerings__teachers__isnull=False, unit__in=units)
        return self._those(taught & ~Q(pk__in=own))

    def within_reach(self) -> QuerySet[LearningOpportunity]:
        """Both."""
        found = Q(pk__in=self.own().values("pk")) | Q(pk__in=self.of_colleagues().values("pk"))
        return self._those(found)

    def _those(self, which: Q) -> QuerySet[LearningOpportunity]:
        found = LearningOpportunity.objects.filter(which, retired_at=None)
        return found.select_related("unit").distinct()

    def get_term(self) -> Term | None:
        """The term that was asked for, or else the one that is edited now."""
        asked = self.request.POST.get("term") or self.request.GET.get("term")
        return Term.objects.filter(pk=number(asked)).first() or terms.to_edit()


class CoursesView(OwnCoursesMixin, TemplateView):
    """My courses, each with where it stands in a term: this one, or the next by `?term=ID`.

    `?colleagues=1` shows those for which one may propose as an advocate.
    """

    template_name = "teach/courses.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What is taught in the term first."""
        term, is_for_colleagues = self.get_term(), "colleagues" in self.request.GET
        courses = self.of_colleagues() if is_for_colleagues else self.own()
        found = standings.of(list(courses.order_by("-kind", "code")), term, person=self.person)
        return super().get_context_data(
            term=term,
            terms=list(_this_and_next()),
            standings=sorted(found, key=lambda each: not each.is_taught),
            is_for_colleagues=is_for_colleagues,
            has_colleagues=self.of_colleagues().exists(),
            **kwargs,
        )


class CourseView(OwnCoursesMixin, DetailView):
    """One course in a term: its outcomes, what is tagged to them and where that stands.

    `?term=ID` shows another term. `?outcome=ID` opens an outcome: `&q=words` shows what is found
    where no script runs, `&skill=ID` what has been chosen so far, `&suggest=1` what its own words
    suggest. `?next` leads to the first outcome without a skill, `?next=ID` to the first after
    that one, and to submitting when there is none; `?tag=ID` opens what bears a tag out.
    """

    template_name = "teach/course.html"
    context_object_name = "course"
    object: LearningOpportunity

    def get_queryset(self) -> QuerySet[LearningOpportunity]:
        """Those within reach: anybody else's is not found."""
        return self.within_reach()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Outcomes with their tags, and the choices for the outcome that was asked for."""
        course, asked, term = self.object, self.request.GET, self.get_term()
        outline = outlines.outline(course, term)
        later = _later(course, term)
        is_settled = later != term
        focus = _focus(outline.lines, asked)
        context = {
            "term": term,
            "terms": list(_terms_of(course, term))[-TERMS_SHOWN:],
            "outline": outline,
            "is_settled": is_settled,
            "later": later if is_settled else None,
            "may_edit": not is_settled and (not outline.mapping or outline.mapping.is_with_faculty),
            "is_confirmed": bool(outline.missing)
            and any(self.person in each.confirmed_by for each in outline.sections),
            "is_taught_by_others": _is_taught_by_others(outline, self.person),
            "left_open": _left_open(course, term),
            "comments": _comments(outline),
            "sent_back_with": _sent_back_with(outline),
            "marking": marks.seen(self.person).filter(_held_in(term), opportunity=course),
            "emphases": SkillTag.Emphasis.choices,
            "policy": policies.current(),
            "colleagues": self._colleagues(term),
            "opened_tag": number(asked.get("tag")),
            "opened": number(asked.get("outcome")),
            "words": asked.get("q", ""),
            "found": search.find(asked.get("q", ""), limit=CHOICES_SHOWN, is_for_choosing=True),
            "chosen": Skill.objects.filter(pk__in=map(number, asked.getlist("skill"))),
            "suggested": self._suggested(asked) if "suggest" in asked else None,
        }
        context |= kwargs
        shown = _tags_shown(course, term, outline, typed=context.get("typed", {}))
        lines = _lines(course, outline, shown, next_one=context.get("refused_at", focus))
        return super().get_context_data(lines=lines, focus=focus, **context)

    def _suggested(self, asked: QueryDict) -> list[Suggestion]:
        opened = self.object.outcomes.filter(pk=number(asked.get("outcome"))).first()
        return tagging.suggest(opened) if opened else []

    def _colleagues(self, term: Term | None) -> list[User]:
        """For whom one may propose here, who teaches it in the term first.

        None for who teaches it or is no advocate.
        """
        if not self.person.has_perm(tagging.PROPOSE_FOR_COLLEAGUE, self.object.unit):
            return []
        those = User.objects.order_by("last_name", "pk").distinct()
        teachers = list(those.filter(offerings__opportunity=self.object))
        now = those.filter(offerings__opportunity=self.object, offerings__term=term)
        first = set(now.values_list("pk", flat=True))
        if self.person in teachers:
            return []
        return sorted(teachers, key=lambda each: each.pk not in first)


def number(text: str | None) -> int:
    """A row id from a form; anything else finds nothing."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 18 else 0


def _this_and_next() -> Iterable[Term]:
    now = terms.to_edit()
    if now is not None:
        yield now
        if (later := terms.following(now)) is not None:
            yield later


def _terms_of(course: LearningOpportunity, shown: Term | None) -> QuerySet[Term]:
    """Those of its offerings and mappings, this one and the next."""
    also = [each.pk for each in (*_this_and_next(), *([shown] if shown else []))]
    known = (
        Q(pk__in=Offering.objects.filter(opportunity=course).values("term"))
        | Q(pk__in=Mapping.objects.filter(opportunity=course).values("term"))
        | Q(pk__in=also)
    )
    return Term.objects.filter(known, children=None)


def _later(course: LearningOpportunity, term: Term | None) -> Term | None:
    """The term for which one edits who looks at this one: it, or a later one if it is settled."""
    try:
        return terms.for_tags(course, term)
    except TermSettled:
        pass
    try:
        return terms.for_tags(course)
    except TermSettled:
        return None


def _held_in(term: Term | None) -> Q:
    """Offerings of the term, and those that run on whatever the term."""
    return Q(term=term) | Q(term=None)


def _is_taught_by_others(outline: Outline, person: User) -> bool:
    taught = [each for each in outline.sections if each.teachers]
    return bool(taught) and not any(person in each.teachers for each in taught)


def _left_open(course: LearningOpportunity, term: Term | None) -> QuerySet[Mapping]:
    """What was begun for other terms and never accepted."""
    begun = course.mappings.exclude(state=Mapping.State.ACCEPTED).exclude(term=term)
    proposed = SkillTag.objects.proposed().values("mapping")
    return begun.filter(pk__in=proposed).select_related("term")


def _comments(outline: Outline) -> QuerySet[Comment]:
    found = Comment.objects.filter(mapping=outline.mapping, mapping__isnull=False)
    return found.select_related("by", "tag__skill", "tag__outcome")


def _sent_back_with(outline: Outline) -> Comment | None:
    """What whoever sent it back wrote last."""
    mapping = outline.mapping
    if mapping is None or mapping.state != Mapping.State.RETURNED:
        return None
    return _comments(outline).filter(by=mapping.reviewed_by).last()


def _tags_shown(
    course: LearningOpportunity,
    term: Term | None,
    outline: Outline,
    *,
    typed: dict[int, QueryDict],
) -> dict[int, TagShown]:
    """By tag, the form of each; `typed` is what was filled into some of them and refused."""
    rows = evidence.rows(course, term, outline)
    return {
        tag.pk: _as_typed(tag, typed[tag.pk], rows[tag.pk])
        if tag.pk in typed
        else TagShown(tag, tag.emphasis, tag.level, rows[tag.pk])
        for line in outline.lines
        for tag in line.tags
    }


def _as_typed(tag: SkillTag, form: QueryDict, rows: list[evidence.Row]) -> TagShown:
    emphasis = form.get("emphasis", tag.emphasis)
    return TagShown(tag, emphasis, form.get("level", ""), evidence.typed(form, rows) or rows)


def _lines(
    course: LearningOpportunity, outline: Outline, shown: dict[int, TagShown], *, next_one: Any
) -> list[LineShown]:
    rejected = _rejected(course, outline)
    return [
        LineShown(
            line,
            [shown[tag.pk] for tag in line.tags],
            rejected.get(line.outcome.pk, []),
            is_next=line.outcome.pk == next_one,
        )
        for line in outline.lines
    ]


def _rejected(course: LearningOpportunity, outline: Outline) -> dict[int, list[SkillTag]]:
    """By outcome, what was rejected for the term and not proposed again."""
    stand = {(tag.outcome_id, tag.skill_id) for line in outline.lines for tag in line.tags}
    tags = SkillTag.objects.filter(
        outcome__opportunity=course, state=SkillTag.State.REJECTED, mapping=outline.mapping
    )
    found: dict[int, list[SkillTag]] = {}
    for tag in tags.select_related("skill__framework"):
        if (tag.outcome_id, tag.skill_id) not in stand:
            found.setdefault(tag.outcome_id, []).append(tag)
    return found


def _focus(lines: list[Line], asked: QueryDict) -> int | None:
    """The outcome to go on with, 0 for none left, None where nobody asked."""
    if "next" not in asked:
        return None
    after = number(asked.get("next"))
    keys = [line.outcome.pk for line in lines]
    start = keys.index(after) + 1 if after in keys else 0
    left = [line.outcome for line in lines[start:] + lines[:start] if not line.tags]
    return _first(left)


def _first(outcomes: list[LearningOutcome]) -> int:
    return outcomes[0].pk if outcomes else 0
