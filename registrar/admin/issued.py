"""What was issued: totals as bars and as numbers, each leading to the awards that it counts."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import dateformat
from django.utils.http import urlencode
from django.views.generic import TemplateView

from issuer.pages import Link, Page, list_link
from issuer.vc import reading
from registrar.admin.downloads import as_csv
from registrar.models import Award
from registrar.services.reporting import issued
from registrar.services.reporting.issued import Total

HEADINGS = {"kind": "By kind", "unit": "By unit", "term": "By term", "month": "By month"}
BLANK = "none"
BAR_WIDTH = 400


class Bar(NamedTuple):
    """A total, how long its bar is, and the list of what it counts."""

    name: str
    number: int
    length: int
    url: str


class IssuedPage(Page, TemplateView):
    """Totals of all credentials that were ever issued."""

    permission_required = "registrar.view_award"
    template_name = "registrar/desk/issued.html"
    title = "What was issued"

    def get_trail(self) -> Iterable[Link]:
        return (list_link(Award),)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        charts = [(heading, _bars(by)) for by, heading in HEADINGS.items()]
        total = sum(bar.number for bar in charts[0][1])
        return super().get_context_data(charts=charts, total=total, bar_width=BAR_WIDTH, **kwargs)


class IssuedCsv(IssuedPage):
    """The same totals as one table."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = [
            (heading.removeprefix("By "), name_of(by, total), total.count)
            for by, heading in HEADINGS.items()
            for total in issued.totals(by)
        ]
        return as_csv("issued.csv", ["by", "which", "credentials"], rows)


def _bars(by: str) -> list[Bar]:
    totals = issued.totals(by)
    most = max((total.count for total in totals), default=1)
    awards = reverse("admin:registrar_award_changelist")
    return [
        Bar(
            name=name_of(by, total),
            number=total.count,
            length=max(2, BAR_WIDTH * total.count // most),
            url=f"{awards}?{urlencode({by: total.key or BLANK})}",
        )
        for total in totals
    ]


def name_of(by: str, total: Total) -> str:
    """What a total is about, in words."""
    if by == "month" and total.key:
        return dateformat.format(date.fromisoformat(total.key[:10]), "F Y")
    if by == "kind":
        return reading.kind_in_words(total.name)
    return total.name


class _Counted(admin.SimpleListFilter):
    """The awards that a total counts; shown only when one comes from there."""

    by = ""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        if not (asked := self.value()):
            return []
        names = {total.key or BLANK: name_of(self.by, total) for total in issued.totals(self.by)}
        return [(asked, names.get(asked, asked))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not (asked := self.value()):
            return queryset
        counted = issued.of(self.by, "" if asked == BLANK else asked)
        return queryset.filter(pk__in=counted.values("pk"))


def _counted(by: str) -> type[admin.SimpleListFilter]:
    return type(f"Counted_{by}", (_Counted,), {"by": by, "title": by, "parameter_name": by})


FILTERS = tuple(map(_counted, issued.BY))
