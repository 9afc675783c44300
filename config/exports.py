"""Every list of the desk as a CSV file: all that its search and filters leave."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from config import cells
from issuer.pages import DeskAdmin
from skills.writers.cells import lines

ROWS_AT_ONCE = 1000


@require_safe
def export(request: HttpRequest, app_label: str, model_name: str) -> HttpResponseBase:
    """The list of a model with the same parameters as on its page, for whoever may see it."""
    try:
        model_admin = admin.site.get_model_admin(apps.get_model(app_label, model_name))
    except (LookupError, NotRegistered):
        raise Http404 from None
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return redirect(f"admin:{app_label}_{model_name}_changelist")
    day = timezone.localdate().isoformat()
    return StreamingHttpResponse(
        lines(_header(model_admin), _rows(model_admin, changelist.queryset)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{model_name}-{day}.csv"'},
    )


def _columns(model_admin: Any) -> tuple[str, ...]:
    return (*model_admin.list_display, *getattr(model_admin, "only_in_files", ()))


def _header(model_admin: Any) -> list[str]:
    return [
        str(label_for_field(name, model_admin.model, model_admin)) for name in _columns(model_admin)
    ]


def _rows(model_admin: Any, queryset: Any) -> Iterator[list[Any]]:
    columns = _columns(model_admin)
    left = queryset.iterator(chunk_size=ROWS_AT_ONCE)
    while rows := list(islice(left, ROWS_AT_ONCE)):
        if isinstance(model_admin, DeskAdmin):
            model_admin.complete(rows)
        for row in rows:
            yield [cells.value(name, row, model_admin) for name in columns]
