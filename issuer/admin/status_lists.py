"""Status lists and their published editions."""

from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest

from issuer.models import StatusChange, StatusList
from issuer.pages import DeskAdmin, ThingPage, column, number_column

EDITIONS_SHOWN = 20


class StatusListPage(ThingPage):
    """One list: how full it is, what changed, what was published when."""

    model = StatusList
    permission_required = "issuer.view_statuslist"
    template_name = "issuer/desk/status_list.html"

    def get_queryset(self) -> QuerySet[StatusList]:
        return StatusList.objects.defer("permutation")

    def get_title(self) -> str:
        return f"{self.object.get_purpose_display()} list {self.object.name}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        changes = StatusChange.objects.filter(verifiable_credential__status_list=self.object)
        return super().get_context_data(
            editions=self.object.publications.defer("body")[:EDITIONS_SHOWN],
            change_count=changes.count(),
            newest_change=changes.order_by("-pk").first(),
            **kwargs,
        )


@admin.register(StatusList)
class StatusListAdmin(DeskAdmin):
    """What verifiers fetch to see whether a credential still holds."""

    lede = "What verifiers fetch to see whether a credential still holds: one bit for each."
    empty = "The first batch opens the first list."
    list_display = (
        "name",
        "purpose",
        "format",
        number_column("taken", "entries handed out"),
        number_column("size", "entries in all"),
        column("newest", "last published"),
    )
    list_filter = ("purpose",)
    thing_page = StatusListPage

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusList]:
        newest = Max("publications__published_at")
        return super().get_queryset(request).defer("permutation").annotate(newest=newest)
