"""Why one learner has earned a credential, or why not, in words that they may read."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from issuer.pages import Link, Page, list_link, thing_url
from registrar import rules
from registrar.admin.choosing import is_key
from registrar.models import Award, CredentialTemplate, Learner, Offering, Revision
from registrar.services.deciding import eligibility, rule_names

PERMISSION: Final = "registrar.view_award"
LEARNERS_FOUND: Final = 50


def why_url(learner: Learner, revision: Revision) -> str:
    """The page that says of this learner why they meet the rule of this revision, or why not."""
    return reverse("admin:registrar_learner_why", args=[learner.pk, revision.pk])


def to_ask_about() -> QuerySet[Revision]:
    """The revisions that people are awarded by."""
    approved = Revision.objects.filter(state=Revision.State.APPROVED, rule__isnull=False)
    return approved.order_by("name", "pk")


class WhyPage(Page, TemplateView):
    """One learner and one rule, condition by condition."""

    permission_required = PERMISSION
    template_name = "registrar/desk/why.html"

    @cached_property
    def learner(self) -> Learner:
        """Who it is about."""
        return get_object_or_404(Learner, pk=self.kwargs["object_id"])

    @cached_property
    def revision(self) -> Revision:
        """Whose rule it is."""
        revisions = Revision.objects.select_related("template")
        return get_object_or_404(revisions, pk=self.kwargs["revision_id"], rule__isnull=False)

    def get_title(self) -> str:
        return f"{self.revision.name}: why, or why not"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Learner), Link(self.learner.name, thing_url(self.learner)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        awards = Award.objects.filter(learner=self.learner, template=self.revision.template_id)
        return super().get_context_data(
            learner=self.learner,
            revision=self.revision,
            rule=rule_names.in_words(self.revision.rule),
            explained=_explained(self.revision, self.learner),
            awards=awards.with_state().select_related("revision", "offering").order_by("pk"),
            others=to_ask_about().exclude(pk=self.revision.pk),
            **kwargs,
        )


class AskAboutLearnerPage(Page, TemplateView):
    """Leads from a learner's page to the credential that was chosen there."""

    permission_required = PERMISSION

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        learner = get_object_or_404(Learner, pk=kwargs["object_id"])
        chosen = request.GET.get("revision", "")
        known = to_ask_about().filter(pk=chosen) if is_key(chosen) else to_ask_about().none()
        revision = known.first()
        return redirect(why_url(learner, revision) if revision else thing_url(learner))


class AskAboutTemplatePage(Page, TemplateView):
    """Leads from a template to the learner who is searched for."""

    permission_required = PERMISSION
    template_name = "registrar/desk/why_who.html"

    @cached_property
    def revision(self) -> Revision:
        """The approved one."""
        found = to_ask_about().select_related("template")
        return get_object_or_404(found, template=self.kwargs["object_id"])

    def get_title(self) -> str:
        return f"{self.revision.name}: why, or why not"

    def get_trail(self) -> Iterable[Link]:
        template = self.revision.template
        return (list_link(CredentialTemplate), Link(template.name, thing_url(template)))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = self._found()
        if len(found) == 1:
            return redirect(why_url(found[0], self.revision))
        context = self.get_context_data(
            revision=self.revision,
            rule=rule_names.in_words(self.revision.rule),
            text=self.get_words(),
            found=[{"learner": each, "url": why_url(each, self.revision)} for each in found],
            is_cut=len(found) == LEARNERS_FOUND,
        )
        return self.render_to_response(context)

    def _found(self) -> list[Learner]:
        text = self.get_words()
        if not text:
            return []
        exactly = Learner.objects.filter(number=text, retired_at=None)
        if len(one := list(exactly[:2])) == 1:
            return one
        return list(Learner.objects.matching(text).filter(retired_at=None)[:LEARNERS_FOUND])


def _explained(revision: Revision, learner: Learner) -> list[dict[str, Any]]:
    try:
        found = eligibility.explain(rules.parse(revision.rule), learner)
    except rules.InvalidRule:
        return []
    offerings = Offering.objects.in_bulk([each.offering_id for each in found if each.offering_id])
    return [{"said": each, "offering": offerings.get(each.offering_id or 0)} for each in found]
