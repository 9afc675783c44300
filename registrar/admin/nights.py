"""The nights: what was fetched, applied, awarded and issued, and what was refused."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils import timezone
from django.views.generic import TemplateView

from issuer.errors import Refusal
from issuer.pages import (
    DeskAdmin,
    Link,
    Page,
    ThingPage,
    Verb,
    column,
    list_link,
    number_column,
    state_tag,
    thing_url,
)
from registrar import tasks
from registrar.models import NightRun, NightStep
from registrar.services.feeding import night_rehearsals, night_steps, nights


class NightPage(ThingPage):
    """One night, step by step."""

    model = NightRun
    permission_required = "registrar.view_nightrun"
    template_name = "registrar/desk/night.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        steps = self.object.steps.select_related("roster__applied_by", "batch")
        return super().get_context_data(
            steps=steps,
            waiting=steps.waiting().count(),
            issued=sum(step.counts.get("issued", 0) for step in steps),
            **kwargs,
        )


class BeginPage(Page, TemplateView):
    """Look at what a night would do now, and begin one."""

    permission_required = nights.BEGIN
    template_name = "registrar/desk/night_begin.html"
    title = "Run a night now"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(NightRun),)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rehearsed = self.request.GET.get("look") == "1"
        steps = night_rehearsals.rehearse(asks_for_all=False) if rehearsed else []
        return super().get_context_data(
            steps=steps,
            rehearsed=rehearsed,
            has_servers=any(feed.is_pulled for feed in night_steps.feeds_now()),
            running=nights.unfinished(),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Begin it; a worker carries it on."""
        try:
            run = nights.begin(timezone.localdate(), by=self.user)
        except Refusal as error:
            messages.error(request, str(error))
            return redirect("admin:registrar_nightrun_begin")
        tasks.night_soon()
        messages.success(request, "The night has begun. This page tells how far it is.")
        return redirect(thing_url(run))


@admin.register(NightRun)
class NightRunAdmin(DeskAdmin):
    """Each night, the newest first."""

    title = "Nights"
    lede = (
        "Every night the service fetches what its feeds have, applies it, awards by templates that "
        "award by themselves, and issues. What it refuses waits here for a person."
    )
    empty = "The first night has not come yet. A registrar can run one to see what it does."
    verbs = (
        Verb("Run a night now", "admin:registrar_nightrun_begin", nights.BEGIN),
        Verb("Feeds", "admin:registrar_feed_changelist", "registrar.view_feed"),
    )
    list_display = (
        "__str__",
        "condition",
        number_column("held", "held or failed"),
        column("began_at", "began"),
        column("ended_at", "ended"),
    )
    thing_page = NightPage

    def own_urls(self) -> list[URLPattern]:
        return [self.hang("begin/", BeginPage, "begin")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[NightRun]:
        steps = NightStep.objects.filter(run=OuterRef("pk")).waiting()
        return (
            super()
            .get_queryset(request)
            .annotate(
                held=Count("steps", filter=~Q(steps__state=NightStep.State.DONE)),
                waits=Exists(steps),
                # A later night has fetched again; a roster waits until somebody acts.
                roster_waits=Exists(steps.filter(roster__isnull=False, state=NightStep.State.HELD)),
                newest=Subquery(NightRun.objects.values("pk")[:1]),
            )
        )

    @admin.display(description="state", ordering="state")
    def condition(self, run: Any) -> str:
        waits = run.roster_waits or (run.waits and run.pk == run.newest)
        if run.state == NightRun.State.DONE and waits:
            return state_tag("held")
        return state_tag("night" if run.state == NightRun.State.RUNNING else "done")
