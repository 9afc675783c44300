"""Mappings: what a course claims in a term. The chairs' queue, and the page of one."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.generic import TemplateView

from issuer.errors import Refusal
from issuer.pages import (
    Act,
    DeskAdmin,
    Page,
    StateFilter,
    ThingPage,
    Verb,
    column,
    person_column,
    state_tag,
    thing_url,
)
from issuer.services import clock
from registrar.admin.choosing import is_key
from registrar.models import Mapping, OrganizationUnit, SkillTag, Term
from registrar.services.college import roles
from registrar.services.teaching import mappings, outlines, policies, submissions

MAPPINGS_PER_PAGE = 50


class QueueForm(forms.Form):
    """Which of the waiting ones to show."""

    q = forms.CharField(required=False)
    unit = forms.ModelChoiceField(
        OrganizationUnit.objects.none(), required=False, empty_label="All units"
    )
    term = forms.ModelChoiceField(
        Term.objects.filter(children=None), required=False, empty_label="All terms"
    )
    overdue = forms.BooleanField(required=False, label="Overdue")
    mine = forms.BooleanField(required=False, label="Mine")

    def __init__(self, *args: Any, units: QuerySet[OrganizationUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit: Any = self.fields["unit"]
        unit.queryset = units


def _queue(person: User) -> QuerySet[Mapping]:
    """All that wait where the person reviews, the oldest first."""
    units = roles.reach(person, mappings.REVIEW)
    proposed = SkillTag.objects.proposed().select_related("skill", "outcome")
    return (
        Mapping.objects.waiting()
        .filter(opportunity__unit__in=units)
        .select_related("opportunity__unit", "term", "owner", "submitted_by")
        .prefetch_related(
            Prefetch("tags", proposed, to_attr="proposals"),
            Prefetch(
                "endings", SkillTag.objects.select_related("skill", "outcome"), to_attr="to_end"
            ),
        )
    )


class ReviewPage(Page, TemplateView):
    """Mappings that wait for review: accept many in one act, or send them back."""

    permission_required = mappings.REVIEW
    template_name = "registrar/desk/mappings_review.html"
    title = "Review courses"

    def get_form(self) -> QueueForm:
        """What was asked for."""
        return QueueForm(self.request.GET, units=roles.reach(self.user, mappings.REVIEW))

    def shown(self, form: QueueForm) -> QuerySet[Mapping]:
        """Those that match."""
        found, asked = _queue(self.user), form.cleaned_data if form.is_valid() else {}
        if unit := asked.get("unit"):
            found = found.filter(opportunity__unit__in=roles.below([unit.pk]))
        if term := asked.get("term"):
            found = found.filter(term=term)
        if asked.get("overdue"):
            found = found.filter(pk__in=_overdue().values("pk"))
        if asked.get("mine"):
            found = found.filter(owner=self.user)
        if text := self.get_words():
            found = found.filter(
                Q(opportunity__code__icontains=text)
                | Q(opportunity__title__icontains=text)
                | Q(owner__last_name__icontains=text)
                | Q(submitted_by__last_name__icontains=text)
            )
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.get_form()
        page = Paginator(self.shown(form), MAPPINGS_PER_PAGE).get_page(self.request.GET.get("page"))
        keys = [each.pk for each in page.object_list]
        here = Mapping.objects.filter(pk__in=keys)
        query = self.request.GET.copy()
        query["all"] = "yes"
        return super().get_context_data(
            form=form,
            page=page,
            is_filtered=any(self.request.GET.get(name) for name in form.fields),
            own=set(here.of_author(self.user).values_list("pk", flat=True)),
            overdue=set(_overdue().filter(pk__in=keys).values_list("pk", flat=True)),
            policy=policies.current(),
            all_chosen="all" in self.request.GET,
            choose_all=query.urlencode(),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Review all that were chosen; what cannot be reviewed is named, the others go through."""
        act, comment = request.POST.get("act", ""), request.POST.get("comment", "").strip()
        if act not in ("accept", "send_back"):
            raise Http404
        keys = [key for key in request.POST.getlist("mapping") if is_key(key)]
        refusal = _gap(act, keys, comment)
        if refusal:
            context = self.get_context_data(refusal=refusal, comment=comment, chosen=keys)
            return self.render_to_response(context, status=422)
        chosen = list(_queue(self.user).filter(pk__in=keys))
        if act == "accept":
            reviewed = submissions.accept_all(chosen, by=self.user, comment=comment)
        else:
            reviewed = submissions.send_all_back(chosen, by=self.user, comment=comment)
        for mapping, error in reviewed.refused:
            messages.error(request, f"{mapping}: {error}")
        if done := len(reviewed.done):
            verb = "accepted" if act == "accept" else "sent back"
            messages.success(request, f"{done} {'course' if done == 1 else 'courses'} {verb}.")
        if len(chosen) < len(set(keys)):
            messages.warning(request, "Somebody else has reviewed some of them already.")
        return redirect(request.get_full_path())


def _overdue() -> QuerySet[Mapping]:
    days = policies.current().review_days
    return Mapping.objects.overdue(clock.now(), after=timedelta(days=days)).order_by()


def _gap(act: str, chosen: list[str], comment: str) -> str:
    if not chosen:
        return "Choose at least one course."
    if act == "send_back" and not comment:
        return "Say why. Whoever submitted them reads it."
    return ""


def _accept(mapping: Mapping, reason: str, by: User) -> str:
    submissions.accept(mapping, by=by, comment=reason)
    return f"Accepted. It holds from {mapping.term} on."


def _send_back(mapping: Mapping, reason: str, by: User) -> str:
    submissions.send_back(mapping, by=by, comment=reason)
    return "Sent back, with your comment."


def _comment(mapping: Mapping, reason: str, by: User) -> str:
    mappings.comment(mapping, reason, by=by)
    return "Sent."


class MappingPage(ThingPage):
    """One mapping beside what held before, its thread, and the decision."""

    model = Mapping
    permission_required = "registrar.view_mapping"
    template_name = "registrar/desk/mapping.html"
    acts = {
        "accept": Act(mappings.REVIEW, _accept, needs_reason=False),
        "send_back": Act(mappings.REVIEW, _send_back),
        "comment": Act(mappings.REVIEW, _comment),
    }

    def get_queryset(self) -> QuerySet[Mapping]:
        return Mapping.objects.select_related(
            "opportunity__unit", "term", "owner", "submitted_by", "reviewed_by"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mapping, unit = self.object, self.object.opportunity.unit
        may_review = self.user.has_perm(mappings.REVIEW, unit)
        waits = mapping.state == Mapping.State.SUBMITTED
        is_own = Mapping.objects.filter(pk=mapping.pk).of_author(self.user).exists()
        may_hand_over = self.user.has_perm(mappings.PROPOSE, unit)
        return super().get_context_data(
            outline=outlines.outline(mapping.opportunity, mapping.term),
            compared=outlines.compare(mapping),
            comments=mapping.comments.select_related("by", "tag__skill", "tag__outcome"),
            is_own=is_own and waits and may_review,
            may_decide=waits and may_review and not is_own,
            may_comment=may_review,
            owners=_owners(mapping)
            if may_hand_over and mapping.state != Mapping.State.ACCEPTED
            else None,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("act") == "hand_over":
            return self._hand_over(self.get_object())
        return super().post(request, *args, **kwargs)

    def _hand_over(self, mapping: Mapping) -> HttpResponse:
        self.object = mapping
        if not self.user.has_perm(mappings.PROPOSE, mapping.opportunity.unit):
            raise PermissionDenied
        key = self.request.POST.get("owner", "")
        owner = get_object_or_404(_owners(mapping), pk=key if is_key(key) else 0)
        try:
            mappings.hand_over(mapping, owner, by=self.user)
        except Refusal as error:
            return self._refuse("hand_over", "", str(error), status=409)
        messages.success(self.request, f"{owner.get_full_name() or owner} owns it now.")
        return redirect(thing_url(mapping))


def _owners(mapping: Mapping) -> QuerySet[User]:
    """Who may own it: those who may propose there."""
    return roles.holders(mappings.PROPOSE, mapping.opportunity.unit).order_by("last_name", "pk")


class MappingStates(StateFilter):
    """What was submitted waits for a review."""

    words: ClassVar[dict[str, str]] = {Mapping.State.SUBMITTED: "Waits for review"}


@admin.register(Mapping)
class MappingAdmin(DeskAdmin):
    """Every mapping: whose it is, and how far it is."""

    title = "Courses by term"
    lede = "What the outcomes of a course or activity claim in a term, and where that stands."
    empty = "Faculty begin them on their own pages."
    verbs = (Verb("Review courses", "admin:registrar_mapping_review", mappings.REVIEW),)
    thing_page = MappingPage
    list_display = (
        "course",
        "term",
        "condition",
        person_column("owner"),
        column("submitted_at", "submitted"),
        column("reviewed_at", "reviewed"),
    )
    list_filter = (("state", MappingStates), "term")
    list_select_related = ("opportunity", "term", "owner")
    search_fields = ("opportunity__code", "opportunity__title", "owner__last_name")
    search_help_text = "Course, activity or owner"

    def own_urls(self) -> list[Any]:
        return [self.hang("review/", ReviewPage, "review")]

    @admin.display(description="course or activity", ordering="opportunity__code")
    def course(self, mapping: Mapping) -> str:
        return str(mapping.opportunity)

    @admin.display(description="state", ordering="state")
    def condition(self, mapping: Mapping) -> str:
        return state_tag(mapping.state, MappingStates.words.get(mapping.state, ""))
