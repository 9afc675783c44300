"""One search over the desk: the first rows of each list, as that list finds them."""

from typing import Any, NamedTuple

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from config import cells
from issuer.pages import DeskAdmin, thing_url
from issuer.paging import BoundedPaginator

# In the order in which one mostly looks for them.
SEARCHED = (
    "registrar.Learner",
    "issuer.Credential",
    "registrar.CredentialTemplate",
    "issuer.Batch",
    "registrar.Course",
    "registrar.Activity",
    "registrar.Programme",
    "skills.Skill",
    "auth.User",
)
ROWS = 6
COLUMNS = 3


class Row(NamedTuple):
    """A thing that was found: what it is called, what else its list says, and its page."""

    name: str
    more: str
    url: str


class Group(NamedTuple):
    """What one list has; `number` may be the most that it counts."""

    name: str
    number: int
    is_cut: bool
    rows: list[Row]
    url: str


@require_safe
def found(request: HttpRequest) -> HttpResponse:
    """What was found, by kind; the one thing itself where there is only one."""
    words = request.GET.get("q", "").strip()
    groups = [group for name in SEARCHED if words and (group := _group(name, words, request))]
    only = [row for group in groups for row in group.rows]
    if len(only) == 1:
        return redirect(only[0].url)
    context = {
        **admin.site.each_context(request),
        "title": "Search",
        "words": words,
        "groups": groups,
    }
    return render(request, "admin/search.html", context)


def _group(name: str, words: str, request: HttpRequest) -> Group | None:
    model_admin: Any = admin.site.get_model_admin(apps.get_model(name))
    if not model_admin.has_view_permission(request):
        return None
    rows, _ = model_admin.get_search_results(request, model_admin.get_queryset(request), words)
    ordered = rows.order_by(*(model_admin.get_ordering(request) or rows.model._meta.ordering))
    paginator = BoundedPaginator(ordered.distinct(), ROWS)
    if not paginator.count:
        return None
    first = list(paginator.page(1))
    if isinstance(model_admin, DeskAdmin):
        model_admin.complete(first)
    title = model_admin.get_title() if isinstance(model_admin, DeskAdmin) else name
    url = reverse(f"admin:{rows.model._meta.app_label}_{rows.model._meta.model_name}_changelist")
    return Group(
        name=title,
        number=paginator.count,
        is_cut=paginator.is_cut,
        rows=[_row(row, model_admin) for row in first],
        url=f"{url}?{urlencode({'q': words})}",
    )


def _row(row: Any, model_admin: Any) -> Row:
    first, *others = [
        str(cells.value(name, row, model_admin)) for name in model_admin.list_display[:COLUMNS]
    ]
    return Row(first or str(row), ", ".join(filter(None, others)), thing_url(row))
