"""The ledger: every act, and whether the chain of entries is whole."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.views.generic import TemplateView

from issuer import tasks
from issuer.models import LedgerCheck, LedgerEntry
from issuer.pages import (
    DeskAdmin,
    Link,
    Page,
    ThingPage,
    Verb,
    column,
    list_link,
    subjects_in_words,
)
from issuer.services import ledger_checks
from issuer.templatetags.tags import act_in_words


class EntryPage(ThingPage):
    """One entry, with what links it to the one before."""

    model = LedgerEntry
    permission_required = "issuer.view_ledgerentry"
    template_name = "issuer/desk/ledger_entry.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        (subject,) = subjects_in_words([self.object.subject]).values()
        return super().get_context_data(subject=subject, **kwargs)

    def get_title(self) -> str:
        return f"{act_in_words(self.object.act)} (entry {self.object.sequence})"


class CheckPage(Page, TemplateView):
    """What the last check of the whole chain has found; asks for another one."""

    permission_required = "issuer.view_ledgerentry"
    template_name = "issuer/desk/ledger_check.html"
    title = "Is the ledger whole?"

    def get_trail(self) -> tuple[Link, ...]:
        return (list_link(LedgerEntry),)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        over = LedgerCheck.objects.exclude(state=LedgerCheck.State.RUNNING)
        check = over.select_related("asked_by").first()
        return super().get_context_data(
            check=check,
            running=LedgerCheck.objects.filter(state=LedgerCheck.State.RUNNING).first(),
            wrong=LedgerEntry.objects.filter(pk=check.first_bad or 0).first() if check else None,
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Have the whole ledger checked."""
        tasks.check_ledger_soon(ledger_checks.ask(by=self.user))
        return redirect("admin:issuer_ledgerentry_check")


class About(admin.SimpleListFilter):
    """What kind of thing an act was done to, by how its name begins."""

    title = "about"
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [
            ("credential", "Credentials"),
            ("award", "Awards"),
            ("batch", "Batches"),
            ("revision", "Templates"),
            ("mapping", "Mappings"),
            ("skilltag", "Skill tags"),
            ("roster", "Rosters"),
            ("framework", "Frameworks"),
            ("key", "Keys"),
            ("status_list", "Status lists"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(act__startswith=self.value()) if self.value() else queryset


@admin.register(LedgerEntry)
class LedgerEntryAdmin(DeskAdmin):
    """Who did what, when and why."""

    title = "Ledger"
    lede = "Every act, the newest first. Nothing here can be changed or removed."
    empty = "The first act writes the first entry."
    verbs = (
        Verb(
            "Check the whole ledger",
            "admin:issuer_ledgerentry_check",
            "issuer.view_ledgerentry",
        ),
    )
    list_display = ("what", column("at", "when"), column("actor", "who"), "on", "why")
    list_filter = (About,)
    search_fields = ("actor", "subject", "reason", "act")
    search_help_text = "Who, what, on which thing, why"
    thing_page = EntryPage

    def own_urls(self) -> list:
        return [self.hang("check/", CheckPage, "check")]

    def complete(self, rows: Sequence[Any]) -> None:
        """Look up what the entries are about, all of them at once."""
        about = subjects_in_words(entry.subject for entry in rows)
        for entry in rows:
            entry.about = about[entry.subject]

    @admin.display(description="on", ordering="subject")
    def on(self, entry: Any) -> str:
        words, url = entry.about
        return format_html('<a href="{}" dir="auto">{}</a>', url, words) if url else words

    @admin.display(ordering="reason", empty_value="")
    def why(self, entry: LedgerEntry) -> str | None:
        return entry.reason or None

    @admin.display(description="act", ordering="act")
    def what(self, entry: LedgerEntry) -> str:
        return act_in_words(entry.act)
