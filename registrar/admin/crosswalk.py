"""The crosswalk: two frameworks side by side, links that wait for review, suggestions, files."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic import TemplateView

from issuer.errors import Refusal
from issuer.models import Institution
from issuer.pages import (
    Act,
    DeskAdmin,
    Link,
    Page,
    StateFilter,
    ThingPage,
    Verb,
    column,
    list_link,
    person_column,
    state_tag,
)
from registrar import tasks
from registrar.admin.choosing import is_key
from registrar.admin.crosswalk_review import ReviewPage
from registrar.services.vocabularies import crosswalk as desk
from skills.errors import SkillsError
from skills.models import Association, Comparison, Framework, Skill
from skills.services import crosswalk, crosswalk_files, likeness, search, side_by_side
from skills.services.crosswalk import KINDS, Moved, Proposal
from skills.writers import case, crosswalk_csv

SKILLS_PER_PAGE = 25
FOUND = 12
State = Association.State
_SIDES = ("left", "right")


class FrameworksForm(forms.Form):
    """Which two frameworks are looked at, and what of the left one."""

    left = forms.ModelChoiceField(Framework.objects.none(), empty_label=None)
    right = forms.ModelChoiceField(Framework.objects.none(), empty_label=None)
    show = forms.ChoiceField(
        choices=[
            (side_by_side.ALL, "All skills"),
            (side_by_side.OPEN, "Those without a link"),
            (side_by_side.LINKED, "Those with a link"),
        ],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for side in _SIDES:
            cast(forms.ModelChoiceField, self.fields[side]).queryset = with_skills()


def with_skills() -> QuerySet[Framework]:
    """The frameworks that have any: a crosswalk that was imported has none."""
    return Framework.objects.filter(Exists(Skill.objects.filter(framework=OuterRef("pk"))))


class CrosswalkPage(Page, TemplateView):
    """Skills of one framework with their links to another; links are proposed here one by one."""

    permission_required = "skills.view_association"
    template_name = "registrar/desk/crosswalk.html"
    title = "Two frameworks side by side"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Association),)

    @cached_property
    def asked(self) -> FrameworksForm:
        """The frameworks that are asked for; the first two where none are."""
        given = self.request.GET.copy()
        if not {"left", "right"} & given.keys():
            first = with_skills()[:2]
            given.update({side: str(each.pk) for side, each in zip(_SIDES, first, strict=False)})
        return FrameworksForm(given)

    @cached_property
    def sides(self) -> tuple[Framework, Framework] | None:
        """The two, where there are two."""
        chosen = self.asked.cleaned_data if self.asked.is_valid() else {}
        left, right = chosen.get("left"), chosen.get("right")
        return (left, right) if left and right and left != right else None

    def query(self, **more: Any) -> str:
        """The address's query for the same view, with something else chosen."""
        left, right = self.sides or (None, None)
        said = {"left": left and left.pk, "right": right and right.pk, **self.chosen(), **more}
        return urlencode({name: value for name, value in said.items() if value})

    def chosen(self) -> dict[str, Any]:
        """What else is chosen, as it stands in the address."""
        names = ("q", "show", "page", "skill")
        return {name: self.request.GET.get(name, "") for name in names}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = self._shown(*self.sides) if self.sides else {}
        return super().get_context_data(
            form=self.asked,
            sides=self.sides,
            text=self.get_words(),
            query=self.query(skill="", page=""),
            kept=self.query(skill=""),
            may_propose=self.user.has_perm(desk.PROPOSE),
            may_review=self.user.has_perm(desk.REVIEW),
            may_import=self.user.has_perm("skills.import_framework"),
            kinds=KINDS,
            **shown,
            **kwargs,
        )

    def _shown(self, left: Framework, right: Framework) -> dict[str, Any]:
        seen = side_by_side.look(
            left, right, show=self.asked.cleaned_data["show"], text=self.get_words()
        )
        page = Paginator(seen.skills, SKILLS_PER_PAGE).get_page(self.request.GET.get("page"))
        selected = self._selected(left)
        return {
            "page": page,
            "rows": seen.rows(page.object_list),
            "holding": seen.holding,
            "waiting": seen.waiting,
            "without": seen.without,
            "selected": selected,
            "suggestions": _suggested_for(selected, left, right),
        }

    def _selected(self, left: Framework) -> Skill | None:
        key = self.request.GET.get("skill", "")
        if not is_key(key):
            return None
        return Skill.objects.filter(pk=key, framework=left).select_related("framework").first()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Propose the one link; or find a skill for it, where no script does."""
        if not self.user.has_perm(desk.PROPOSE):
            raise PermissionDenied
        if self.sides is None or (origin := self._selected(self.sides[0])) is None:
            raise Http404
        given = request.POST
        if "find" in given:
            return self._found(given.get("q", ""), self.sides[1])
        if given.get("turned"):
            proposal = self._turned(origin)
        else:
            proposal = Proposal(
                origin=origin,
                kind=given.get("kind", ""),
                destination=_skill(given.get("destination", "")),
                destination_uri=given.get("address", ""),
                reason=given.get("reason", ""),
            )
        try:
            found = desk.propose([proposal] if proposal else [], by=self.user)
        except SkillsError as error:
            return self._again(refusal=str(error), status=422)
        if found.new:
            messages.success(request, "Proposed. A second person reviews it.")
        else:
            messages.info(request, "Such a link is there already.")
        return redirect(f"{request.path}?{self.query()}")

    def _found(self, words: str, right: Framework) -> HttpResponse:
        found = search.find(words, limit=FOUND, frameworks=[right])
        return self._again(words=words, found=found)

    def _again(self, *, status: int = 200, **context: Any) -> HttpResponse:
        """The page with all that was typed and chosen."""
        given = self.request.POST
        chosen = _skill(given.get("destination", ""))
        shown = self.get_context_data(given=given, chosen=[chosen] if chosen else [], **context)
        return self.render_to_response(shown, status=status)

    def _turned(self, origin: Skill) -> Proposal | None:
        """The link from the other framework's skill to this one."""
        given = self.request.POST
        other = _skill(given.get("destination", ""))
        if other is None:
            return Proposal(origin=origin, kind=given.get("kind", ""))
        return Proposal(
            origin=other,
            kind=given.get("kind", ""),
            destination=origin,
            reason=given.get("reason", ""),
        )


class SuggestedPage(CrosswalkPage):
    """Pairs of skills that read alike: nothing but suggestions until somebody proposes them."""

    template_name = "registrar/desk/crosswalk_suggested.html"
    title = "Skills that read alike"

    def get_trail(self) -> Iterable[Link]:
        side_by_side = reverse("admin:skills_association_between")
        return (list_link(Association), Link("Side by side", f"{side_by_side}?{self.query()}"))

    def _shown(self, left: Framework, right: Framework) -> dict[str, Any]:
        comparison = _comparison(left, right)
        if comparison is None or comparison.compared_at is None:
            return {"comparison": comparison}
        pairs = likeness.unjudged(comparison)
        page = Paginator(pairs, SKILLS_PER_PAGE).get_page(self.request.GET.get("page"))
        return {
            "comparison": comparison,
            "page": page,
            "rows": likeness.alike(page.object_list),
            "all_chosen": "all" in self.request.GET,
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        """Compare the two, or propose the pairs that were chosen."""
        act = request.POST.get("act", "")
        if self.sides is None or act not in ("compare", "propose"):
            raise Http404
        if not self.user.has_perm(desk.PROPOSE):
            raise PermissionDenied
        if act == "compare":
            self._compare(*self.sides)
            return redirect(f"{request.path}?{self.query(page='')}")
        chosen = self._chosen(*self.sides)
        if not chosen:
            context = self.get_context_data(refusal="Choose at least one pair.")
            return self.render_to_response(context, status=422)
        try:
            found = desk.propose(chosen, by=self.user)
        except SkillsError as error:
            context = self.get_context_data(refusal=str(error))
            return self.render_to_response(context, status=422)
        count = len(found.new)
        links = "link waits" if count == 1 else "links wait"
        messages.success(request, f"{count} {links} for a second person.")
        return redirect(f"{request.path}?{self.query(page='')}")

    def _compare(self, left: Framework, right: Framework) -> None:
        asked = likeness.ask(left, right, by=self.user)
        if likeness.is_quick(left, right):
            likeness.compare(asked)
        else:
            tasks.compare_soon(asked)

    def _chosen(self, left: Framework, right: Framework) -> list[Proposal]:
        comparison = _comparison(left, right)
        named = set(self.request.POST.getlist("pair"))
        pairs = likeness.unjudged(comparison) if comparison else []
        taken = [pair for pair in pairs if f"{pair.origin}-{pair.destination}" in named]
        return [
            Proposal(
                origin=one.origin,
                kind=self.request.POST.get("kind", ""),
                destination=one.destination,
                reason=one.why,
                likeness=one.likeness,
            )
            for one in likeness.alike(taken[: crosswalk.MOST_AT_ONCE])
        ]


class DownloadPage(CrosswalkPage):
    """The links that hold between the two, as a sheet or as CASE."""

    formats = {
        "csv": (crosswalk_csv.write, "text/csv; charset=utf-8"),
        "json": (case.write, "application/json"),
    }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.sides is None or kwargs["suffix"] not in self.formats:
            raise Http404
        write, media_type = self.formats[kwargs["suffix"]]
        institution = Institution.objects.first()
        package = crosswalk_files.package(
            *self.sides, creator=institution.name if institution else ""
        )
        name = f"crosswalk-{self.sides[0].pk}-{self.sides[1].pk}.{kwargs['suffix']}"
        return StreamingHttpResponse(
            write(package),
            content_type=media_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


# One link


def _done(moved: Moved, said: str) -> str:
    for _, error in moved.left:
        raise Refusal(str(error)) from error
    return said


def _accept(link: Association, reason: str, by: User) -> str:
    return _done(desk.accept([link], by=by, comment=reason), "Accepted. It holds from now on.")


def _reject(link: Association, reason: str, by: User) -> str:
    return _done(desk.reject([link], by=by, comment=reason), "Rejected.")


def _withdraw(link: Association, reason: str, by: User) -> str:
    return _done(desk.withdraw([link], by=by, reason=reason), "Withdrawn. It holds no more.")


class LinkPage(ThingPage):
    """One link: what it says, who proposed it and why, and the decision about it."""

    model = Association
    permission_required = "skills.view_association"
    template_name = "registrar/desk/link.html"
    acts = {
        "accept": Act(desk.REVIEW, _accept, needs_reason=False),
        "reject": Act(desk.REVIEW, _reject),
        "withdraw": Act(desk.PROPOSE, _withdraw, needs_reason=False),
        "end": Act(desk.REVIEW, _withdraw),
    }

    def get_queryset(self) -> QuerySet[Association]:
        return Association.objects.select_related(
            "framework",
            "origin__framework",
            "destination__framework",
            "proposed_by",
            "reviewed_by",
        )

    def get_title(self) -> str:
        return f"{self.object.origin_title or self.object.origin_uri}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        link, user = self.object, self.user
        is_here = link.framework_id is None and link.retired_at is None
        waits = is_here and link.state == State.PROPOSED
        is_own = link.proposed_by_id == user.pk
        may_review = user.has_perm(desk.REVIEW)
        return super().get_context_data(
            said=KINDS.get(link.kind, link.kind),
            is_own=waits and is_own,
            may_decide=waits and not is_own and may_review,
            may_withdraw=(waits and is_own and user.has_perm(desk.PROPOSE)),
            may_end=is_here and link.state == State.ACCEPTED and may_review,
            **kwargs,
        )


class KindFilter(admin.AllValuesFieldListFilter):
    """Kinds of links in the words of the list."""

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            kind = str(choice["display"])
            yield choice | {"display": KINDS.get(kind, kind)}


@admin.register(Association)
class AssociationAdmin(DeskAdmin):
    """Links that were proposed here, and what became of them."""

    title = "Crosswalk"
    lede = (
        "How skills of different frameworks are linked. One person proposes a link, another "
        "accepts it; imported crosswalks hold at once and name their source."
    )
    empty = "Put two frameworks side by side and propose links, or import a crosswalk."
    verbs = (
        Verb(
            "Two frameworks side by side",
            "admin:skills_association_between",
            "skills.view_association",
        ),
        Verb("Review links", "admin:skills_association_review", "skills.review_association"),
        Verb("Import a crosswalk", "admin:skills_framework_import", "skills.import_framework"),
    )
    list_display = (
        column("origin_title", "skill"),
        "said",
        column("destination_title", "linked with"),
        "condition",
        person_column("proposed_by"),
        column("began_at", "proposed"),
    )
    list_filter = (("state", StateFilter), ("kind", KindFilter))
    list_select_related = ("proposed_by",)
    search_fields = ("origin_title", "destination_title", "destination_uri")
    search_help_text = "Skill"
    thing_page = LinkPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[Association]:
        return super().get_queryset(request).filter(framework=None)

    def own_urls(self) -> list:
        return [
            self.hang("between/", CrosswalkPage, "between"),
            self.hang("between/suggested/", SuggestedPage, "suggested"),
            self.hang("between/crosswalk.<str:suffix>", DownloadPage, "download"),
            self.hang("review/", ReviewPage, "review"),
        ]

    @admin.display(description="how", ordering="kind")
    def said(self, link: Association) -> str:
        return KINDS.get(link.kind, link.kind)

    @admin.display(description="state", ordering="state")
    def condition(self, link: Association) -> str:
        return state_tag("withdrawn" if link.retired_at else link.state)


# What a page shows


def _suggested_for(skill: Skill | None, left: Framework, right: Framework) -> list[likeness.Alike]:
    comparison = _comparison(left, right)
    if skill is None or comparison is None:
        return []
    return likeness.alike(likeness.unjudged(comparison, origin=skill))


def _comparison(left: Framework, right: Framework) -> Comparison | None:
    return Comparison.objects.filter(left=left, right=right).select_related("left", "right").first()


def _skill(key: str) -> Skill | None:
    return Skill.objects.select_related("framework").filter(pk=key).first() if is_key(key) else None
