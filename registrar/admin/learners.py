"""Learners: looked at here, brought by rosters."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html

from issuer.models import Credential, Mail
from issuer.pages import DeskAdmin, ThingPage, Verb, column, number_column
from issuer.paging import how_many
from registrar.admin.corrections import CorrectPage
from registrar.admin.stacks import StandingPage
from registrar.admin.why import PERMISSION as WHY
from registrar.admin.why import AskAboutLearnerPage, WhyPage, to_ask_about
from registrar.models import Award, Enrolment, Learner, Result, SamePerson
from registrar.services.awarding import corrections
from registrar.services.deciding import stacks

MAILS = 20


class LearnerPage(ThingPage):
    """One learner: where they learn, what came out, what they were awarded."""

    model = Learner
    permission_required = "registrar.view_learner"
    template_name = "registrar/desk/learner.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        results = Result.objects.filter(learner=self.object).select_related("line_item", "outcome")
        enrolments = (
            Enrolment.objects.filter(learner=self.object)
            .select_related("offering__opportunity", "offering__term")
            .prefetch_related(
                Prefetch("offering__line_items__results", results, to_attr="of_learner")
            )
            .order_by("-offering__term__starts_on", "offering__code")
        )
        return super().get_context_data(
            enrolments=enrolments,
            awards=self._awards(),
            corrections=self.object.corrections.select_related("by"),
            mails=self._mails(),
            also_known=self.object.also_known.filter(state=SamePerson.State.JOINED),
            holding=[
                (field.replace("_", " "), says)
                for field, says in corrections.holding(self.object).items()
            ],
            may_correct=corrections.may_correct(self.user),
            standings=stacks.begun(self.object) if self.user.has_perm(stacks.PERMISSION) else (),
            to_ask_about=to_ask_about() if self.user.has_perm(WHY) else (),
            **kwargs,
        )

    def _awards(self) -> list[Any]:
        """All awards, the newest first, each with those before and behind it, if there are."""
        ends = Credential.objects.filter(pk=OuterRef("credential_id")).values("valid_until")
        found = self.object.awards.with_neighbours().with_state().annotate(ends_at=Subquery(ends))
        awards = found.select_related("revision", "batch", "offering").order_by("-decided_at")
        by_key = {award.pk: award for award in awards}
        for award in awards:
            award.former, award.newer = by_key.get(award.former), by_key.get(award.newer)
        return list(awards)

    def _mails(self) -> "QuerySet[Mail]":
        """What was written to the learner's address, the newest first."""
        if not self.object.email or not self.user.has_perm("issuer.view_mail"):
            return Mail.objects.none()
        return Mail.objects.filter(to__iexact=self.object.email)[:MAILS]


@admin.register(Learner)
class LearnerAdmin(DeskAdmin):
    """Everybody who learns here."""

    lede = "Learners come with the roster."
    empty = "Apply a roster: its learners appear here."
    verbs = (Verb("Read a roster", "admin:registrar_rosterimport_read", "registrar.import_roster"),)
    list_display = (
        "full_name",
        column("number", "number"),
        "email",
        number_column("enrolment_total", "enrolments"),
        number_column("award_total", "awards"),
    )
    sortable_by = ("full_name", "number", "email")
    search_fields = (
        *("given_name__unaccented", "family_name__unaccented"),
        *("number", "email", "sourced_id"),
    )
    search_help_text = "Name, number or e-mail address"
    thing_page = LearnerPage

    def own_urls(self) -> list[URLPattern]:
        return [
            self.hang("<int:object_id>/correct/", CorrectPage, "correct"),
            self.hang("<int:object_id>/progress/<uuid:template_id>/", StandingPage, "progress"),
            self.hang("<int:object_id>/why/", AskAboutLearnerPage, "ask"),
            self.hang("<int:object_id>/why/<int:revision_id>/", WhyPage, "why"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Learner]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                enrolment_total=how_many(Enrolment.objects.filter(retired_at=None), "learner"),
                award_total=how_many(Award.objects.all(), "learner"),
            )
        )

    @admin.display(description="name", ordering="family_name")
    def full_name(self, learner: Learner) -> str:
        return format_html("<bdi>{}</bdi>", learner.name)
